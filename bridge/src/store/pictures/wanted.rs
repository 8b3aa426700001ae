//! Whose picture WhatsApp is to be asked for, and how fast: who looks through a list of thousands must not make the account look
//! like one that collects faces. Kept in memory only; what was not asked for before the end is asked for at the next look.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use ownline_model::ids::ContactId;
use tokio::{sync::Notify, time::Instant};

use crate::store::lock;

/// So many may be asked for at once: what a first screenful shows.
const AT_ONCE: u32 = 20;
/// And then one in so long: four a minute.
const EVERY: Duration = Duration::from_secs(15);
/// So many may wait. Beyond it those go that were looked at longest ago.
const WAITING_MAX: usize = 100;
/// Pauses before another try; after the last one it is left alone.
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

#[derive(Debug, Default)]
pub(crate) struct Wanted {
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// First who was looked at last.
    waiting: VecDeque<Wish>,
    /// Who is asked for now.
    working: Option<ContactId>,
    pace: Pace,
}

#[derive(Debug)]
struct Wish {
    contact: ContactId,
    tries: usize,
    not_before: Option<Instant>,
}

impl Wanted {
    /// Somebody looks at this contact, whose picture is unknown or old.
    pub(in crate::store) fn want(&self, contact: ContactId) {
        let mut state = lock(&self.state);
        if state.working != Some(contact) {
            state.first(contact);
        }
        self.woken.notify_one();
    }

    /// The picture is another one since this moment: whatever is being asked for now may be the old one.
    pub(in crate::store) fn want_anew(&self, contact: ContactId) {
        lock(&self.state).first(contact);
        self.woken.notify_one();
    }

    /// Whose turn it is, once it is somebody's. A turn that is dropped comes again.
    pub(crate) async fn next(self: Arc<Self>) -> Turn {
        loop {
            let look = lock(&self.state).look(Instant::now());
            match look {
                Look::Go(wish) => return Turn { wanted: Arc::clone(&self), wish: Some(wish) },
                Look::Wait(until) => {
                    // A new wish may be due before those that wait.
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = self.woken.notified() => {}
                    }
                }
                Look::Nothing => self.woken.notified().await,
            }
        }
    }

    #[cfg(test)]
    pub(in crate::store) fn waiting(&self) -> Vec<ContactId> {
        lock(&self.state).waiting.iter().map(|wish| wish.contact).collect()
    }
}

enum Look {
    Go(Wish),
    Wait(Instant),
    Nothing,
}

impl State {
    fn first(&mut self, contact: ContactId) {
        let known = self.waiting.iter().position(|wish| wish.contact == contact);
        let known = known.and_then(|place| self.waiting.remove(place));
        self.waiting.push_front(known.unwrap_or(Wish { contact, tries: 0, not_before: None }));
        self.waiting.truncate(WAITING_MAX);
    }

    fn look(&mut self, now: Instant) -> Look {
        let due = self.waiting.iter().position(|wish| wish.not_before.is_none_or(|at| at <= now));
        let Some(due) = due else {
            let first = self.waiting.iter().filter_map(|wish| wish.not_before).min();
            return first.map_or(Look::Nothing, Look::Wait);
        };
        if let Err(until) = self.pace.turn(now) {
            return Look::Wait(until);
        }
        match self.waiting.remove(due) {
            Some(wish) => {
                self.working = Some(wish.contact);
                Look::Go(wish)
            }
            None => Look::Nothing,
        }
    }
}

/// The right to ask WhatsApp once.
#[derive(Debug)]
pub(crate) struct Turn {
    wanted: Arc<Wanted>,
    wish: Option<Wish>,
}

impl Turn {
    pub(crate) fn contact(&self) -> Option<ContactId> {
        self.wish.as_ref().map(|wish| wish.contact)
    }

    /// It came to an end, a good one or not.
    pub(crate) fn done(mut self) {
        self.wish = None;
    }

    /// It did not work out, and may later. `false`: it was tried often enough.
    pub(crate) fn again(&mut self) -> bool {
        let Some(mut wish) = self.wish.take() else { return false };
        let Some(pause) = PAUSES.get(wish.tries) else { return false };
        wish.tries += 1;
        wish.not_before = Some(Instant::now() + *pause);
        let mut state = lock(&self.wanted.state);
        if !state.waiting.iter().any(|other| other.contact == wish.contact) {
            state.waiting.push_back(wish);
            state.waiting.truncate(WAITING_MAX);
        }
        true
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = lock(&self.wanted.state);
        state.working = None;
        // The connection ended in the middle of it: with the next one it is this one's turn again.
        if let Some(wish) = self.wish.take()
            && !state.waiting.iter().any(|other| other.contact == wish.contact)
        {
            state.waiting.push_front(wish);
        }
    }
}

/// [`AT_ONCE`], then one [`EVERY`] so long; what is not used comes back at that pace.
#[derive(Debug, Default)]
struct Pace {
    spent: u32,
    /// From when on what was spent comes back.
    since: Option<Instant>,
}

impl Pace {
    /// Takes a turn. `Err`: when there is one again.
    fn turn(&mut self, now: Instant) -> Result<(), Instant> {
        let mut since = *self.since.get_or_insert(now);
        let back = (now.saturating_duration_since(since).as_millis() / EVERY.as_millis()) as u32;
        if back >= self.spent {
            (self.spent, since) = (0, now);
        } else {
            self.spent -= back;
            since += EVERY * back;
        }
        self.since = Some(since);
        if self.spent >= AT_ONCE {
            return Err(since + EVERY);
        }
        self.spent += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contacts<const N: usize>() -> [ContactId; N] {
        std::array::from_fn(|_| ContactId::fresh())
    }

    fn gone(state: &mut State, now: Instant) -> Option<ContactId> {
        match state.look(now) {
            Look::Go(wish) => Some(wish.contact),
            Look::Wait(_) | Look::Nothing => None,
        }
    }

    #[test]
    fn after_a_screenful_there_are_four_a_minute() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let took = (0..100).filter(|_| pace.turn(start).is_ok()).count();
        assert_eq!(took, 20);
        assert_eq!(pace.turn(at(1)), Err(at(15)));
        assert_eq!(pace.turn(at(14)), Err(at(15)));
        // Somebody who looks on for an hour: one in 15 s, and no more.
        let took: Vec<u64> = (15..=3600).filter(|second| pace.turn(at(*second)).is_ok()).collect();
        assert_eq!(took.len(), 240);
        assert!(took.windows(2).all(|pair| pair[1] - pair[0] == 15));
    }

    #[test]
    fn what_is_not_used_comes_back_and_never_more_than_a_screenful() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let took = |pace: &mut Pace, seconds| {
            (0..100).filter(|_| pace.turn(start + Duration::from_secs(seconds)).is_ok()).count()
        };
        assert_eq!(took(&mut pace, 0), 20);
        assert_eq!(took(&mut pace, 60), 4);
        assert_eq!(took(&mut pace, 60 + 24 * 3600), 20);
        assert_eq!(took(&mut pace, 60 + 24 * 3600), 0);
    }

    #[test]
    fn who_was_looked_at_last_comes_first_and_nobody_twice() {
        let (wanted, [a, b, c]) = (Wanted::default(), contacts());
        for contact in [a, b, a, c, b] {
            wanted.want(contact);
        }
        assert_eq!(wanted.waiting(), [b, c, a]);
        let now = Instant::now();
        assert_eq!(gone(&mut lock(&wanted.state), now), Some(b));
        wanted.want(b);
        assert_eq!(wanted.waiting(), [c, a], "it is being asked for");
        wanted.want_anew(b);
        assert_eq!(wanted.waiting(), [b, c, a], "what is being asked for may be the old one");
    }

    #[test]
    fn a_long_look_through_a_list_does_not_pile_up() {
        let wanted = Wanted::default();
        let seen: Vec<ContactId> = (0..1000).map(|_| ContactId::fresh()).collect();
        for contact in &seen {
            wanted.want(*contact);
        }
        let waiting = wanted.waiting();
        assert_eq!((waiting.len(), waiting[0]), (WAITING_MAX, seen[999]));
    }

    #[tokio::test]
    async fn a_turn_that_breaks_off_comes_again_and_one_that_fails_after_a_pause() {
        let (wanted, [a, b]) = (Arc::new(Wanted::default()), contacts());
        wanted.want(a);
        let turn = Arc::clone(&wanted).next().await;
        assert_eq!(turn.contact(), Some(a));
        drop(turn);
        assert_eq!(wanted.waiting(), [a], "the connection had ended");
        assert!(Arc::clone(&wanted).next().await.again());
        wanted.want(b);
        wanted.want(a);
        let now = Instant::now();
        let mut state = lock(&wanted.state);
        assert_eq!(gone(&mut state, now), Some(b), "looking again is no way round the pause");
        assert_eq!(gone(&mut state, now), None);
        let turn = |state: &mut State, after| match state.look(now + after) {
            Look::Go(wish) => Some(Turn { wanted: Arc::clone(&wanted), wish: Some(wish) }),
            Look::Wait(_) | Look::Nothing => None,
        };
        let mut second = turn(&mut state, PAUSES[0]).expect("the pause is over");
        drop(state);
        assert!(second.again());
        let mut third = turn(&mut lock(&wanted.state), PAUSES[0] + PAUSES[1]).expect("the pause is over");
        assert!(!third.again(), "often enough");
        assert!(wanted.waiting().is_empty());
    }
}
