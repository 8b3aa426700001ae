//! Counts the confirmations of one bulk load.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use tokio::sync::Notify;

use super::account::lock;

#[derive(Debug, Default)]
struct Counts {
    /// When it was sent and how many devices have yet to confirm it.
    pending: HashMap<Box<str>, (Instant, usize)>,
    delivered: u32,
    first: Option<Instant>,
    last: Option<Instant>,
    /// Milliseconds from send to confirmation.
    latencies: Vec<u32>,
}

#[derive(Debug)]
pub struct Watch {
    /// Whose devices count.
    pub number: u64,
    counts: Mutex<Counts>,
    /// Rung at each confirmation.
    pub progress: Notify,
}

/// What came of a load.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub delivered: u32,
    pub first: Option<Instant>,
    pub last: Option<Instant>,
    pub p50_ms: u64,
    pub p95_ms: u64,
}

impl Watch {
    pub fn new(number: u64) -> Self {
        Self { number, counts: Mutex::default(), progress: Notify::new() }
    }

    pub fn expect<'a>(&self, ids: impl Iterator<Item = &'a str>, devices: usize) {
        let now = Instant::now();
        lock(&self.counts).pending.extend(ids.map(|id| (id.into(), (now, devices))));
    }

    pub fn confirmed<'a>(&self, ids: impl Iterator<Item = &'a str>) {
        let now = Instant::now();
        {
            let mut counts = lock(&self.counts);
            for id in ids {
                let Some((sent, left)) = counts.pending.get_mut(id) else { continue };
                *left -= 1;
                if *left == 0 {
                    let latency = u32::try_from(now.duration_since(*sent).as_millis()).unwrap_or(u32::MAX);
                    counts.pending.remove(id);
                    counts.delivered += 1;
                    counts.latencies.push(latency);
                    counts.first.get_or_insert(now);
                    counts.last = Some(now);
                }
            }
        }
        self.progress.notify_waiters();
    }

    pub fn outstanding(&self) -> usize {
        lock(&self.counts).pending.len()
    }

    pub fn tally(&self) -> Tally {
        let mut counts = lock(&self.counts);
        counts.latencies.sort_unstable();
        let at = |hundredths: usize| {
            let index = (counts.latencies.len() * hundredths / 100).min(counts.latencies.len().saturating_sub(1));
            counts.latencies.get(index).copied().map_or(0, u64::from)
        };
        let (p50_ms, p95_ms) = (at(50), at(95));
        Tally { delivered: counts.delivered, first: counts.first, last: counts.last, p50_ms, p95_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_when_every_device_has_it() {
        let watch = Watch::new(1);
        watch.expect(["A", "B"].into_iter(), 2);
        watch.confirmed(["A", "other"].into_iter());
        assert_eq!(watch.tally().delivered, 0);
        watch.confirmed(["A"].into_iter());
        assert_eq!((watch.tally().delivered, watch.outstanding()), (1, 1));
    }
}
