//! Files that nothing needs any more.

use std::{collections::HashSet, time::Duration};

use tokio::{sync::broadcast::error::RecvError, time::MissedTickBehavior};

use super::{Result, Store, StoreError, table};
use crate::{store::change::Change, time::now};

/// A file that no message has taken is kept for a day.
const UNUSED_FOR_MS: i64 = 24 * 60 * 60 * 1000;
const EVERY: Duration = Duration::from_hours(1);

impl Store {
    /// Tidies at once, whenever files were dropped, and now and then. Runs until dropped.
    pub(crate) async fn keep_files_tidy(self) {
        let mut changes = self.changes();
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                change = changes.recv() => match change {
                    Ok(Change::FilesDropped) | Err(RecvError::Lagged(_)) => {}
                    Ok(_) => continue,
                    Err(RecvError::Closed) => return,
                },
            }
            match self.tidy_files().await {
                Ok(()) => {}
                Err(StoreError::Closed) => return,
                Err(error) => tracing::warn!(%error, "files that nothing needs could not be removed"),
            }
        }
    }

    /// Removes files that no row names, and those that were handed over and never used. Harmless at any time.
    pub async fn tidy_files(&self) -> Result<()> {
        let folder = self.folder().clone();
        let before = now().0 - UNUSED_FOR_MS;
        self.write(move |tx| table::local_file::forget_unused(tx, before)).await?;
        let listed = folder.clone();
        let found = blocking(move || listed.names()).await?;
        let named: HashSet<String> = self.read(table::local_file::names).await?.into_iter().collect();
        let removed = blocking(move || Ok(folder.tidy(&found, &named))).await?;
        if removed > 0 {
            tracing::info!(removed, "files that nothing needs were removed");
        }
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)??)
}
