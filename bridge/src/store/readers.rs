//! A few connections for reading. In WAL mode they never wait for the writer.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{Result, StoreError, db, soundness::Watch};
use crate::keys::DatabaseKey;

const CONNECTIONS: usize = 3;

#[derive(Clone)]
pub(super) struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    soundness: Watch,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    pub(super) fn open(path: &Path, key: &DatabaseKey, soundness: Watch) -> Result<Self> {
        let free = (0..CONNECTIONS).map(|_| db::open_reader(path, key)).collect::<Result<Vec<_>>>()?;
        Ok(Self { free: Arc::new(Mutex::new(free)), permits: Arc::new(Semaphore::new(CONNECTIONS)), soundness })
    }

    /// Runs a query on a thread where blocking is allowed. All of its statements see one moment of the database.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let free = Arc::clone(&self.free);
        let soundness = self.soundness.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let connection = lock(&free).pop().ok_or(StoreError::Closed)?;
            let result = (|| {
                connection.execute_batch("BEGIN")?;
                let result = query(&connection);
                connection.execute_batch("ROLLBACK")?;
                result
            })();
            if let Err(error) = &result {
                soundness.failed(&connection, error);
            }
            lock(&free).push(connection);
            result
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }

    /// Closes the connections, so that the file is free.
    pub(super) fn close(&self) {
        self.permits.close();
        lock(&self.free).clear();
    }
}

fn lock(free: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    free.lock().unwrap_or_else(PoisonError::into_inner)
}
