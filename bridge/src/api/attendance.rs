//! Which windows say that the agent sits before them. A window that vanished without a word counts for a while only.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::store::Store;

/// A window says it again each minute.
const COUNTS_FOR: Duration = Duration::from_secs(150);
/// More windows than anybody has.
const WINDOWS_MAX: usize = 64;

#[derive(Debug, Clone)]
pub(crate) struct Attendance {
    store: Store,
    windows: Arc<Mutex<BTreeMap<String, Instant>>>,
}

impl Attendance {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, windows: Arc::default() }
    }

    pub(crate) fn note(&self, window: String, present: bool) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        windows.retain(|_, until| *until > now);
        if !present {
            windows.remove(&window);
        } else if windows.len() < WINDOWS_MAX || windows.contains_key(&window) {
            windows.insert(window, now + COUNTS_FOR);
        }
        self.store.set_present_until(windows.values().max().copied());
    }
}
