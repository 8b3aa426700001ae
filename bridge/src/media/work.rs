//! Work on files: a few at once, each tried again after a growing pause, looked for whenever something may have changed.

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinSet,
    time::Instant,
};
use uuid::Uuid;

use crate::store::{StoreError, change::Change};

/// At once, of each kind of work.
const WIDTH: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

pub(crate) trait Job: Send + Sync + 'static {
    /// The same work has the same key.
    fn key(&self) -> Uuid;
    fn run(&self) -> impl Future<Output = End> + Send;
    /// It has come to nothing [`tries`](Self::tries) times.
    fn give_up(&self, why: String) -> impl Future<Output = ()> + Send;
    /// After so many attempts it is given up; `None`: never.
    fn tries(&self) -> Option<u32>;
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Well or badly, but for good: it is not on the list any more.
    Done,
    /// It may work later.
    Later(String),
}

#[derive(Debug, Default)]
struct Resting(HashMap<Uuid, (u32, Instant)>);

impl Resting {
    /// Counts an attempt that came to nothing.
    fn rest(&mut self, key: Uuid, now: Instant) -> u32 {
        let (tries, until) = self.0.entry(key).or_insert((0, now));
        *tries += 1;
        *until = now + FIRST_PAUSE.saturating_mul(1 << (*tries - 1).min(10)).min(LONGEST_PAUSE);
        *tries
    }

    fn admits(&self, key: Uuid, now: Instant) -> bool {
        self.0.get(&key).is_none_or(|(_, until)| *until <= now)
    }

    fn next_moment(&self, now: Instant) -> Option<Instant> {
        self.0.values().map(|(_, until)| *until).filter(|until| *until > now).min()
    }
}

/// Works off what `look` finds, until dropped. Work that is under way is dropped with it, and found again by the next run.
pub(crate) async fn work_off<J, F>(
    mut look: impl FnMut() -> F + Send,
    mut changes: Receiver<Change>,
    wakes: fn(&Change) -> bool,
) where
    J: Job,
    F: Future<Output = Result<Vec<J>, StoreError>> + Send,
{
    let mut resting = Resting::default();
    let mut running: JoinSet<(Uuid, Option<u32>)> = JoinSet::new();
    let mut busy: HashMap<Uuid, tokio::task::Id> = HashMap::new();
    let mut stale = true;
    loop {
        if stale && running.len() < WIDTH {
            stale = false;
            let jobs = match look().await {
                Ok(jobs) => jobs,
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, "the work on files could not be read");
                    Vec::new()
                }
            };
            let now = Instant::now();
            for job in jobs {
                let key = job.key();
                if running.len() == WIDTH || busy.contains_key(&key) || !resting.admits(key, now) {
                    continue;
                }
                let tries = resting.0.get(&key).map_or(0, |(tries, _)| *tries);
                let task = running.spawn(async move { attempt(job, tries).await });
                busy.insert(key, task.id());
            }
        }
        let moment = resting.next_moment(Instant::now());
        tokio::select! {
            change = changes.recv() => match change {
                Ok(change) => stale |= wakes(&change),
                Err(RecvError::Lagged(_)) => stale = true,
                Err(RecvError::Closed) => return,
            },
            Some(ended) = running.join_next_with_id(), if !running.is_empty() => {
                stale = true;
                match ended {
                    Ok((_, (key, again))) => {
                        busy.remove(&key);
                        if again.is_some() {
                            resting.rest(key, Instant::now());
                        } else {
                            resting.0.remove(&key);
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "work on a file ended badly");
                        let panicked = busy.iter().find(|(_, id)| **id == error.id()).map(|(key, _)| *key);
                        if let Some(key) = panicked {
                            busy.remove(&key);
                            resting.rest(key, Instant::now());
                        }
                    }
                }
            }
            () = until(moment) => stale = true,
        }
    }
}

/// Answers whether it has to be tried again.
async fn attempt<J: Job>(job: J, tried: u32) -> (Uuid, Option<u32>) {
    let key = job.key();
    match job.run().await {
        End::Done => (key, None),
        End::Later(why) if job.tries().is_some_and(|most| tried + 1 >= most) => {
            tracing::warn!(why, "work on a file was given up");
            job.give_up(why).await;
            (key, None)
        }
        End::Later(why) => {
            tracing::info!(why, "work on a file goes on later");
            (key, Some(tried + 1))
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::sync::{broadcast, mpsc};

    use super::*;

    struct Errand {
        key: Uuid,
        /// Attempts that come to nothing before one goes well.
        fails: u32,
        tried: Arc<AtomicU32>,
        told: mpsc::UnboundedSender<&'static str>,
    }

    impl Job for Errand {
        fn key(&self) -> Uuid {
            self.key
        }

        async fn run(&self) -> End {
            if self.tried.fetch_add(1, Ordering::Relaxed) < self.fails {
                return End::Later("not yet".to_owned());
            }
            let _ = self.told.send("done");
            End::Done
        }

        async fn give_up(&self, _why: String) {
            let _ = self.told.send("given up");
        }

        fn tries(&self) -> Option<u32> {
            Some(4)
        }
    }

    async fn outcome(fails: u32) -> (&'static str, u32) {
        let (_changes, receiver) = broadcast::channel(4);
        let (told, mut hear) = mpsc::unbounded_channel();
        let tried = Arc::new(AtomicU32::new(0));
        let (key, count) = (Uuid::now_v7(), Arc::clone(&tried));
        let look = move || {
            let errand = Errand { key, fails, tried: Arc::clone(&count), told: told.clone() };
            async move { Ok(vec![errand]) }
        };
        tokio::select! {
            () = work_off(look, receiver, |_| true) => panic!("it ended"),
            heard = hear.recv() => (heard.expect("told"), tried.load(Ordering::Relaxed)),
        }
    }

    #[tokio::test]
    async fn tried_again_until_it_works_or_is_given_up() {
        assert_eq!(outcome(0).await, ("done", 1));
        assert_eq!(outcome(3).await, ("done", 4));
        assert_eq!(outcome(9).await, ("given up", 4));
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let (mut resting, key, now) = (Resting::default(), Uuid::now_v7(), Instant::now());
        for (tries, pause) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            assert_eq!(resting.rest(key, now), tries);
            assert_eq!(resting.next_moment(now), Some(now + Duration::from_secs(pause)));
        }
        for _ in 0..50 {
            resting.rest(key, now);
        }
        assert_eq!(resting.next_moment(now), Some(now + LONGEST_PAUSE));
        assert!(!resting.admits(key, now) && resting.admits(key, now + LONGEST_PAUSE));
    }
}
