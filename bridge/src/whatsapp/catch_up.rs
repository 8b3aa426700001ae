//! What the phone changes while an earlier change of its is being fetched.
//!
//! The library takes the answer under way for one that knows of both, which it need not, and asks no more. So we ask.

use std::sync::{Arc, Weak};

use whatsapp_rust::{
    Client,
    sync_task::MajorSyncTask,
    wacore::{
        runtime::Runtime as _,
        types::events::{Event, EventHandler, EventInterest, EventKind},
    },
};

use super::runtime::OwnedRuntime;

pub(super) struct CatchUp {
    client: Weak<Client>,
    runtime: OwnedRuntime,
}

impl CatchUp {
    pub(super) const fn new(client: Weak<Client>, runtime: OwnedRuntime) -> Self {
        Self { client, runtime }
    }
}

impl EventHandler for CatchUp {
    fn handle_event(&self, event: Arc<Event>) {
        let Event::AppStateSyncFailed(failed) = &*event else { return };
        let skipped: Vec<_> = failed.skipped.iter().filter_map(|name| name.parse().ok()).collect();
        let Some(client) = self.client.upgrade() else { return };
        // What fails here is tried again by the library itself.
        self.runtime.spawn_detached(Box::pin(async move {
            for name in skipped {
                client.process_sync_task(MajorSyncTask::AppStateSync { name, full_sync: false }).await;
            }
        }));
    }

    fn interest(&self) -> EventInterest {
        EventInterest::of(&[EventKind::AppStateSyncFailed])
    }
}
