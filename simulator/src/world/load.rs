//! Bulk: customers write to one account, all at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use waproto::whatsapp::Message;

use super::body::number;
use super::{Load, LoadReport, Result, World, WorldError};
use crate::network::account::{Kind, lock};
use crate::network::watch::Watch;
use crate::people::{Person, Said, new_message_id};

const TIMEOUT: Duration = Duration::from_mins(10);
/// Messages that one customer encrypts and writes in one go.
const BATCH: usize = 64;
/// Unconfirmed messages beyond which customers wait for the receiver.
const OUTSTANDING: usize = 20_000;
/// Customers made for a load have these numbers; no country has them.
const FIRST_NUMBER: u64 = 999_000_000_001;

/// So many files go around among the pictures of a load, each of about so many bytes.
const PICTURES: usize = 32;
const PICTURE_BYTES: u64 = 30_000;

/// Stops counting, also when whoever asked for the load has gone.
struct Counting<'a> {
    world: &'a World,
    watch: &'a Arc<Watch>,
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        lock(&self.world.0.network.watches).retain(|other| !Arc::ptr_eq(other, self.watch));
    }
}

impl World {
    /// Sends in bulk and returns when all is delivered: confirmed by every linked device of the recipient.
    pub async fn load(&self, load: Load) -> Result<LoadReport> {
        let to = number(&load.to)?;
        let account = self.0.network.account(to).ok_or_else(|| WorldError::NoSuchAccount(load.to.clone()))?;
        if load.customers == 0 || load.messages < load.customers {
            return Err(WorldError::BadRequest(
                "at least one customer, and one message for each, are needed".to_owned(),
            ));
        }
        let devices = account.companions().len();
        if devices == 0 {
            return Err(WorldError::BadRequest(format!("{to} has no linked device that could confirm anything")));
        }
        let start = Instant::now();
        let customers = self.load_customers(load.customers).await?;
        let pictures = pictures(&load, to, &customers).await?;
        let prepared = start.elapsed();
        let watch = Arc::new(Watch::new(to));
        lock(&self.0.network.watches).push(Arc::clone(&watch));
        let _counting = Counting { world: self, watch: &watch };
        let timeout = load.timeout_ms.map_or(TIMEOUT, Duration::from_millis);
        let outcome = tokio::time::timeout(timeout, drive(&load, to, devices, customers, pictures, &watch)).await;
        let tally = watch.tally();
        let Ok(outcome) = outcome else {
            let state = format!("{} of {} after {} s", tally.delivered, load.messages, timeout.as_secs());
            return Err(WorldError::LoadTimeout(state));
        };
        let (began, sent) = outcome?;
        let since = |at: Option<Instant>| at.map_or(0, |at| millis(at.duration_since(start)));
        let span = tally.last.map_or(0.0, |last| last.duration_since(began).as_secs_f64());
        Ok(LoadReport {
            customers: load.customers,
            messages: load.messages,
            delivered: tally.delivered,
            prepared_ms: millis(prepared),
            sent_ms: millis(sent.duration_since(start)),
            delivered_ms: since(tally.last),
            first_ms: since(tally.first),
            last_ms: since(tally.last),
            p50_ms: tally.p50_ms,
            p95_ms: tally.p95_ms,
            per_second: if span > 0.0 { f64::from(tally.delivered) / span } else { 0.0 },
        })
    }

    async fn load_customers(&self, count: u32) -> Result<Vec<Arc<Person>>> {
        let mut customers = Vec::with_capacity(count as usize);
        for index in 0..u64::from(count) {
            let number = FIRST_NUMBER + index;
            if let Some(person) = self.0.people.get(number) {
                customers.push(person);
                continue;
            }
            let name = format!("Load customer {}", index + 1);
            customers.push(self.create(&number.to_string(), &name, None, Kind::Customer, false).await?);
        }
        Ok(customers)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Lets everybody write, and waits for the last confirmation. Answers when the first was about to be sent and when the last
/// had been.
async fn drive(
    load: &Load,
    to: u64,
    devices: usize,
    customers: Vec<Arc<Person>>,
    pictures: Arc<[Message]>,
    watch: &Arc<Watch>,
) -> Result<(Instant, Instant)> {
    let began = Instant::now();
    let count = customers.len();
    let mut writing = JoinSet::new();
    for (index, person) in customers.into_iter().enumerate() {
        let share = load.messages as usize / count + usize::from(index < load.messages as usize % count);
        let pace = load.rate.map(|rate| Pace { began, first: index, step: count, rate });
        let share = Share { messages: share, pictures: Arc::clone(&pictures), media_percent: load.media_percent };
        writing.spawn(write(person, to, devices, share, pace, Arc::clone(watch)));
    }
    while let Some(outcome) = writing.join_next().await {
        outcome.map_err(|_| WorldError::Closing)??;
    }
    let sent = Instant::now();
    loop {
        let progress = watch.progress.notified();
        if watch.outstanding() == 0 {
            return Ok((began, sent));
        }
        progress.await;
    }
}

/// When a customer's messages are due, so that all customers together keep the rate.
struct Pace {
    began: Instant,
    first: usize,
    step: usize,
    rate: f64,
}

impl Pace {
    async fn wait(&self, message: usize) {
        let due = (self.first + message * self.step) as f64 / self.rate;
        tokio::time::sleep_until((self.began + Duration::from_secs_f64(due)).into()).await;
    }
}

/// What one customer writes.
struct Share {
    messages: usize,
    /// Empty when there are to be none.
    pictures: Arc<[Message]>,
    media_percent: f64,
}

impl Share {
    /// Pictures are spread evenly over the texts.
    fn message(&self, index: usize) -> Message {
        let until = |index: usize| (index as f64 * self.media_percent / 100.0) as usize;
        if until(index + 1) > until(index)
            && let Some(picture) = self.pictures.get(until(index) % self.pictures.len().max(1))
        {
            return picture.clone();
        }
        let text = format!("Load message {} of {}", index + 1, self.messages);
        Message { conversation: Some(text), ..Default::default() }
    }
}

/// The pictures of a load, uploaded beforehand: what is measured is how they are delivered.
async fn pictures(load: &Load, to: u64, customers: &[Arc<Person>]) -> Result<Arc<[Message]>> {
    let mut pictures = Vec::new();
    if load.media_percent > 0.0 {
        for (seed, customer) in (1..=PICTURES as u64).zip(customers.iter().cycle()) {
            pictures.push(customer.picture(to, seed, PICTURE_BYTES).await?);
        }
    }
    Ok(pictures.into())
}

async fn write(
    person: Arc<Person>,
    to: u64,
    devices: usize,
    share: Share,
    pace: Option<Pace>,
    watch: Arc<Watch>,
) -> Result<()> {
    let mut written = 0;
    while written < share.messages {
        let batch = if let Some(pace) = &pace {
            pace.wait(written).await;
            1
        } else {
            (share.messages - written).min(BATCH)
        };
        loop {
            let progress = watch.progress.notified();
            if watch.outstanding() < OUTSTANDING {
                break;
            }
            progress.await;
        }
        let messages: Vec<Said> =
            (written..written + batch).map(|index| Said::new(new_message_id(), &share.message(index))).collect();
        watch.expect(messages.iter().map(|said| said.id.as_str()), devices);
        person.say_all(to, messages).await?;
        written += batch;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_as_many_as_wanted() {
        let picture = Message::default();
        for (percent, wanted) in [(0.0, 0), (5.0, 50), (33.3, 333), (100.0, 1000)] {
            let pictures = Arc::from(vec![picture.clone(); if percent > 0.0 { 3 } else { 0 }]);
            let share = Share { messages: 1000, pictures, media_percent: percent };
            let found = (0..1000).filter(|index| share.message(*index).conversation.is_none()).count();
            assert_eq!(found, wanted, "{percent} %");
        }
    }
}
