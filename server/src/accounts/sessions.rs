//! Sessions that have ended while their access tokens may still be within their time.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use ownline_model::time::UtcMillis;
use uuid::Uuid;

#[derive(Debug, Default)]
pub(crate) struct Ended(RwLock<HashMap<Uuid, UtcMillis>>);

impl Ended {
    /// Notes sessions that ended at `at`, and forgets those whose last access token is past.
    pub(crate) fn add(&self, sessions: impl IntoIterator<Item = Uuid>, at: UtcMillis, forget_before: UtcMillis) {
        let mut ended = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, at| *at >= forget_before);
        ended.extend(sessions.into_iter().map(|id| (id, at)));
    }

    pub(crate) fn contains(&self, session: Uuid) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session)
    }
}
