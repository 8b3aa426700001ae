//! The state folder: one SQLite file with one writer, which commits whatever has gathered while it wrote the batch before.
//! Memory is the truth while the simulator runs; the file is what a restart begins with. Transcripts alone are read from it.

mod load;
mod op;
mod schema;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub use load::{AccountRow, DeviceRow, QueueRow, SavedState, SenderKeyRow};
pub use op::{MediaRow, MessageRow, Op};

/// Batches that wait for the writer. Whoever comes behind waits too.
const BACKLOG: usize = 1024;

#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("{0}")]
    Database(String),
    #[error("the state folder is in use by another simulator")]
    Locked,
    #[error("the state was written by a newer simulator (version {0})")]
    TooNew(i64),
    #[error("the writer has ended")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

type Done = oneshot::Sender<Result<(), StoreError>>;

struct Batch {
    ops: Vec<Op>,
    done: Option<Done>,
    /// The last batch: the writer ends behind it.
    last: bool,
}

/// Handle of the state file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    writer: mpsc::Sender<Batch>,
    reader: Arc<Mutex<Connection>>,
}

/// A place in the writer's backlog: sending through it does not wait, so that it may happen under a lock.
#[derive(Debug)]
pub struct Permit<'a>(mpsc::Permit<'a, Batch>);

impl Permit<'_> {
    pub fn send(self, ops: Vec<Op>) {
        self.0.send(Batch { ops, done: None, last: false });
    }
}

impl Store {
    /// Opens or makes the state in `folder` and starts the writer thread, which ends after [`Store::close`].
    pub fn open(folder: &Path) -> Result<(Self, SavedState, std::thread::JoinHandle<()>), StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Database(format!("{}: {error}", folder.display())))?;
        let lock = std::fs::File::create(folder.join("lock"))
            .map_err(|error| StoreError::Database(format!("{}: {error}", folder.display())))?;
        lock.try_lock().map_err(|_| StoreError::Locked)?;
        let path = folder.join("state.db");
        let connection = schema::open(&path)?;
        let saved = load::load(&connection)?;
        let reader = schema::open_reader(&path)?;
        let (writer, batches) = mpsc::channel(BACKLOG);
        let thread = std::thread::Builder::new()
            .name("state-writer".to_owned())
            .spawn(move || {
                writer::run(connection, batches);
                drop(lock);
            })
            .map_err(|error| StoreError::Database(error.to_string()))?;
        Ok((Self { writer, reader: Arc::new(Mutex::new(reader)) }, saved, thread))
    }

    pub async fn reserve(&self) -> Result<Permit<'_>, StoreError> {
        self.writer.reserve().await.map(Permit).map_err(|_| StoreError::Closed)
    }

    /// Hands `ops` over without waiting for the disk.
    pub async fn post(&self, ops: Vec<Op>) -> Result<(), StoreError> {
        self.writer.send(Batch { ops, done: None, last: false }).await.map_err(|_| StoreError::Closed)
    }

    /// Returns when `ops`, and everything handed over before them, are committed.
    pub async fn write(&self, ops: Vec<Op>) -> Result<(), StoreError> {
        let (done, committed) = oneshot::channel();
        self.writer.send(Batch { ops, done: Some(done), last: false }).await.map_err(|_| StoreError::Closed)?;
        committed.await.map_err(|_| StoreError::Closed)?
    }

    pub async fn flush(&self) -> Result<(), StoreError> {
        self.write(Vec::new()).await
    }

    /// Writes what waits and ends the writer. Nothing is taken afterwards.
    pub async fn close(&self) -> Result<(), StoreError> {
        let (done, committed) = oneshot::channel();
        let batch = Batch { ops: Vec::new(), done: Some(done), last: true };
        self.writer.send(batch).await.map_err(|_| StoreError::Closed)?;
        committed.await.map_err(|_| StoreError::Closed)?
    }

    /// As [`Store::post`], for a caller outside the runtime's tasks, at the very beginning.
    pub fn post_first(&self, ops: Vec<Op>) -> Result<(), StoreError> {
        self.writer.try_send(Batch { ops, done: None, last: false }).map_err(|_| StoreError::Closed)
    }

    /// One account as it is now in the file.
    pub async fn account(&self, number: u64) -> Result<Option<AccountRow>, StoreError> {
        let saved = self.read(move |connection| Ok(load::load(connection))).await??;
        Ok(saved.accounts.into_iter().find(|account| account.number == number))
    }

    /// Runs a query beside the writer, after everything handed over before it was committed.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.flush().await?;
        let reader = Arc::clone(&self.reader);
        tokio::task::spawn_blocking(move || {
            let connection = reader.lock().unwrap_or_else(PoisonError::into_inner);
            query(&connection).map_err(StoreError::from)
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }
}
