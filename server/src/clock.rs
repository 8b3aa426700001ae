//! The time, from one place, so that tests can move it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ownline_model::time::UtcMillis;

#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    pub fn now(&self) -> UtcMillis {
        UtcMillis(jiff::Timestamp::now().as_millisecond()).plus_millis(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Moves this clock, and nothing else's.
    pub fn advance(&self, millis: i64) {
        self.ahead_ms.fetch_add(millis, Ordering::Relaxed);
    }
}
