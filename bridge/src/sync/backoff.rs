//! Pauses between attempts: doubled each time, with jitter, so that a team does not come back in step.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(30);
/// Where only an update helps.
pub(super) const LONG: Duration = Duration::from_mins(10);

#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempt: u32,
}

impl Backoff {
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    pub(super) fn next(&mut self) -> Duration {
        self.attempt += 1;
        let longest = FIRST.saturating_mul(1 << self.attempt.min(10)).min(MOST);
        longest.mul_f64(rand::random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..40).map(|_| backoff.next()).collect();
        assert!(pauses[0] <= Duration::from_secs(1));
        assert!(pauses.iter().all(|pause| *pause <= MOST));
        assert!(pauses[39] >= MOST / 2);
    }
}
