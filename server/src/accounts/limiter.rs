//! How often someone may fail. An attempt takes from the bucket before it is tried, and success gives it back, so that
//! many at once gain nothing.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use ownline_model::{
    problem::{Problem, ProblemCode},
    time::UtcMillis,
};

use crate::desk::Refusal;

/// Failures in a row before one has to wait.
const BURST: f64 = 10.0;
/// Keys remembered at most; those that have recovered go first.
const KEYS_MAX: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Account(String),
    Address(IpAddr),
}

impl Key {
    /// A network of IPv6 addresses is one person's.
    pub(crate) fn address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self::Address(IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into())),
            v4 @ IpAddr::V4(_) => Self::Address(v4),
        }
    }

    /// Milliseconds until one more attempt is allowed.
    const fn refill_ms(&self) -> f64 {
        match self {
            Self::Account(_) => 60_000.0,
            Self::Address(_) => 20_000.0,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: UtcMillis,
}

#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<HashMap<Key, Bucket>>);

impl Limiter {
    /// Takes one attempt from every key, or none and says how long to wait.
    pub(crate) fn attempt(&self, keys: &[Key], now: UtcMillis) -> Result<(), Refusal> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS_MAX {
            buckets.retain(|key, bucket| refilled(key, *bucket, now).left < BURST);
        }
        let mut wait_ms = 0.0_f64;
        for key in keys {
            let left = buckets.get(key).map_or(BURST, |bucket| refilled(key, *bucket, now).left);
            if left < 1.0 {
                wait_ms = wait_ms.max((1.0 - left) * key.refill_ms());
            }
        }
        if wait_ms > 0.0 {
            let mut problem = Problem::new(ProblemCode::RateLimited);
            problem.retry_after = Some((wait_ms / 1000.0).ceil().max(1.0) as u32);
            return Err(Refusal::Problem(Box::new(problem)));
        }
        for key in keys {
            let bucket = buckets.entry(key.clone()).or_insert(Bucket { left: BURST, at: now });
            *bucket = refilled(key, *bucket, now);
            bucket.left -= 1.0;
        }
        Ok(())
    }

    /// The attempt was good: it does not count.
    pub(crate) fn give_back(&self, keys: &[Key]) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some(bucket) = buckets.get_mut(key) {
                bucket.left = (bucket.left + 1.0).min(BURST);
            }
        }
    }
}

fn refilled(key: &Key, bucket: Bucket, now: UtcMillis) -> Bucket {
    let gained = now.since(bucket.at).max(0) as f64 / key.refill_ms();
    Bucket { left: (bucket.left + gained).min(BURST), at: now }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> [Key; 1] {
        [Key::Account("ana@example.org".into())]
    }

    #[test]
    fn the_eleventh_failure_waits_and_time_heals() {
        let limiter = Limiter::default();
        for _ in 0..10 {
            limiter.attempt(&ana(), UtcMillis(0)).expect("allowed");
        }
        let Err(Refusal::Problem(problem)) = limiter.attempt(&ana(), UtcMillis(0)) else { panic!("allowed") };
        assert_eq!((problem.code, problem.retry_after), (ProblemCode::RateLimited, Some(60)));
        limiter.attempt(&ana(), UtcMillis(60_000)).expect("a minute later");
        assert!(limiter.attempt(&ana(), UtcMillis(60_000)).is_err());
    }

    #[test]
    fn success_does_not_count() {
        let limiter = Limiter::default();
        for _ in 0..100 {
            limiter.attempt(&ana(), UtcMillis(0)).expect("allowed");
            limiter.give_back(&ana());
        }
    }

    #[test]
    fn a_refused_attempt_takes_from_nobody() {
        let limiter = Limiter::default();
        let address = Key::address("203.0.113.9".parse().expect("address"));
        for _ in 0..10 {
            limiter.attempt(&ana(), UtcMillis(0)).expect("allowed");
        }
        for _ in 0..20 {
            assert!(limiter.attempt(&[ana()[0].clone(), address.clone()], UtcMillis(0)).is_err());
        }
        limiter.attempt(&[address], UtcMillis(0)).expect("the address is not to blame");
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let key = |text: &str| Key::address(text.parse().expect("address"));
        assert_eq!(key("2001:db8::1"), key("2001:db8::2"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:203.0.113.9"), key("203.0.113.9"));
    }
}
