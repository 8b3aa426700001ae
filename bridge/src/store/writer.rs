//! The one thread that writes. Work that waits is done in one transaction (a commit costs a disk flush, however much is in
//! it), each piece in a savepoint of its own, so that one failing leaves the others alone. Callers hear of success only
//! after the commit.

use std::{ops::Deref, sync::Arc, time::Duration};

use ownline_model::event::Event;
use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::{
    Result, StoreError,
    change::Change,
    db::BUSY_FOR,
    soundness::{self, Watch},
};
use crate::failpoint;

/// Pieces of work that may wait. Beyond it, callers wait.
const QUEUE: usize = 1024;
/// Pieces of work in one commit.
const BATCH: usize = 256;
/// A write-ahead log so long begins anew, and the writer waits for the readers of the moment. By itself it begins anew only
/// in a moment without any reader.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
const READERS_END_WITHIN: Duration = Duration::from_secs(1);
/// Commits between two looks at the log.
const LOOK_EVERY: u32 = 64;
/// How long a thread is kept at most.
const NOW: Duration = Duration::from_secs(5);

/// A transaction in the making, and the changes to tell once it is committed.
pub(super) struct Tx<'a> {
    connection: &'a Connection,
    changes: Vec<Change>,
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Tx<'_> {
    pub(super) fn tell(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Does something without telling what changed.
    pub(super) fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let told = self.changes.len();
        let outcome = work(self);
        self.changes.truncate(told);
        outcome
    }

    pub(super) fn tell_event(&mut self, event: Event) {
        self.changes.push(Change::Event(Arc::new(event)));
    }
}

/// Tells the caller, given whether the commit went well.
type Tell = Box<dyn FnOnce(Result<(), &str>) + Send>;

struct Finished {
    changes: Vec<Change>,
    answer: Tell,
    /// It met damage in the file.
    met_damage: bool,
}

/// Given no connection, it only tells its caller why.
type Work = Box<dyn FnOnce(Result<&Connection, String>) -> Finished + Send>;

#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Work>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// Starts the thread. It ends, with everything queued committed, when the last `Writer` is dropped.
    pub(super) fn start(
        connection: Connection,
        changes: broadcast::Sender<Change>,
        soundness: Watch,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (queue, work) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, work, &changes, &soundness))?;
        Ok((Self { queue }, thread))
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        // A caller that went away does not need the answer; what it asked for is done.
        let answer = move |outcome| drop(answer.send(outcome));
        let work = Box::new(move |connection: Result<&Connection, String>| in_savepoint(connection, work, answer));
        self.queue.send(work).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// The same for a caller that cannot await: it keeps its thread.
    pub(super) fn write_now<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        let answer = move |outcome| drop(answer.send(outcome));
        let work = Box::new(move |connection: Result<&Connection, String>| in_savepoint(connection, work, answer));
        self.queue.try_send(work).map_err(|error| StoreError::Commit(error.to_string()))?;
        answered.recv_timeout(NOW).map_err(|error| StoreError::Commit(error.to_string()))?
    }
}

fn in_savepoint<T, F, A>(connection: Result<&Connection, String>, work: F, answer: A) -> Finished
where
    T: Send + 'static,
    F: FnOnce(&mut Tx<'_>) -> Result<T>,
    A: FnOnce(Result<T>) + Send + 'static,
{
    let outcome = (|| {
        let connection = connection.as_ref().map_err(|cause| StoreError::Commit(cause.clone()))?;
        connection.execute_batch("SAVEPOINT piece")?;
        let mut tx = Tx { connection, changes: Vec::new() };
        match work(&mut tx) {
            Ok(value) => {
                let changes = tx.changes;
                connection.execute_batch("RELEASE piece")?;
                Ok((value, changes))
            }
            Err(error) => {
                connection.execute_batch("ROLLBACK TO piece; RELEASE piece")?;
                Err(error)
            }
        }
    })();
    let met_damage = connection
        .is_ok_and(|connection| outcome.as_ref().is_err_and(|error| soundness::shows_damage(connection, error)));
    let (outcome, changes) = match outcome {
        Ok((value, changes)) => (Ok(value), changes),
        Err(error) => (Err(error), Vec::new()),
    };
    let answer = Box::new(move |committed: Result<(), &str>| {
        let outcome = match committed {
            Ok(()) => outcome,
            Err(cause) => outcome.and_then(|_| Err(StoreError::Commit(cause.to_owned()))),
        };
        answer(outcome);
    });
    Finished { changes, answer, met_damage }
}

fn run(
    connection: &Connection,
    mut queue: mpsc::Receiver<Work>,
    changes: &broadcast::Sender<Change>,
    soundness: &Watch,
) {
    // What looking through the whole file at the start has left in memory.
    let _ = connection.execute_batch("PRAGMA shrink_memory");
    let mut commits = 0_u32;
    while let Some(first) = queue.blocking_recv() {
        if let Err(cause) = connection.execute_batch("BEGIN IMMEDIATE") {
            let text = cause.to_string();
            soundness.failed(connection, &cause.into());
            (first(Err(text.clone())).answer)(Err(&text));
            continue;
        }
        let mut finished = vec![first(Ok(connection))];
        // Some failures (a full disk) undo the whole transaction; what comes then must not run outside of one.
        while finished.len() < BATCH && !connection.is_autocommit() {
            let Ok(next) = queue.try_recv() else { break };
            finished.push(next(Ok(connection)));
        }
        failpoint::here("committing");
        let committed = connection.execute_batch("COMMIT").map_err(|cause| {
            let _ = connection.execute_batch("ROLLBACK");
            let text = cause.to_string();
            soundness.failed(connection, &cause.into());
            text
        });
        if let Err(cause) = &committed {
            tracing::error!(%cause, "the store could not commit");
        }
        for piece in finished {
            if piece.met_damage {
                soundness.set_damaged();
            }
            // Who asked for it may rely on everybody having been told.
            if committed.is_ok() {
                for change in piece.changes {
                    // Nobody listening is fine.
                    let _ = changes.send(change);
                }
            }
            (piece.answer)(committed.as_ref().copied().map_err(String::as_str));
        }
        commits = commits.wrapping_add(1);
        if commits.is_multiple_of(LOOK_EVERY) {
            keep_log_short(connection);
        }
    }
    // Folds the write-ahead log into the file, so that a clean end leaves one file.
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
}

/// A log that only grows fills the disk and makes each read slower. Where readers do not end in time, the next look tries
/// again.
fn keep_log_short(connection: &Connection) {
    let size = |path: &str| std::fs::metadata(format!("{path}-wal")).map_or(0, |log| log.len());
    if connection.path().map_or(0, size) <= LOG_BYTES_MAX {
        return;
    }
    let fold = || -> rusqlite::Result<bool> {
        connection.busy_timeout(READERS_END_WITHIN)?;
        let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        connection.busy_timeout(BUSY_FOR)?;
        busy
    };
    match fold() {
        Ok(busy) => tracing::debug!(busy, "the store's log was folded in"),
        Err(error) => tracing::warn!(%error, "the store's log could not be folded in"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_readers_kept_growing_is_folded_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let connection = Connection::open(&path).expect("open");
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (body BLOB)")
            .expect("a table");
        let log = || std::fs::metadata(path.with_file_name("file-wal")).expect("a log").len();
        let fill = |bytes: i64| {
            connection.execute("INSERT INTO t VALUES (zeroblob(?))", [bytes]).expect("filled");
        };
        fill(1024);
        let short = log();
        keep_log_short(&connection);
        assert_eq!(log(), short, "short enough");
        fill(i64::try_from(LOG_BYTES_MAX).expect("a number"));
        keep_log_short(&connection);
        assert_eq!(log(), 0);
    }
}
