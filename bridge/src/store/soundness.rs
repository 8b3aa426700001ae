//! Whether the file can be relied on. SQLCipher signs each page, so damage shows at the latest when a page is read; from then
//! on that connection answers nothing any more.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Result, Store, StoreError, db};
use crate::keys::DatabaseKey;

/// Steps between two looks at whether the program ends.
const STEPS: i32 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Soundness {
    /// Left in order, new, or looked through.
    Sound,
    /// The program was killed. A kill does not hurt the file, a power cut on a disk that lies about its flushes may.
    Unproven,
    Damaged,
}

/// What all that work on the file find out about it.
#[derive(Debug, Clone)]
pub(super) struct Watch(watch::Sender<Soundness>);

impl Watch {
    pub(super) fn new(soundness: Soundness) -> Self {
        Self(watch::Sender::new(soundness))
    }

    pub(super) fn get(&self) -> Soundness {
        *self.0.borrow()
    }

    /// An error in the work of this connection: does it come from the file?
    pub(super) fn failed(&self, connection: &Connection, error: &StoreError) {
        if shows_damage(connection, error) {
            self.set_damaged();
        }
    }

    pub(super) fn set_damaged(&self) {
        self.0.send_if_modified(|soundness| {
            let news = *soundness != Soundness::Damaged;
            if news {
                tracing::error!(code = "store_damaged", "the store file is damaged");
            }
            *soundness = Soundness::Damaged;
            news
        });
    }

    fn set_sound(&self) {
        self.0.send_if_modified(|soundness| {
            let news = *soundness == Soundness::Unproven;
            if news {
                *soundness = Soundness::Sound;
            }
            news
        });
    }
}

/// A page that is not what was written reads as a damaged tree, and afterwards as an error that names nothing: whoever still
/// can read the schema has met another error.
pub(super) fn shows_damage(connection: &Connection, error: &StoreError) -> bool {
    db::is_damage(error)
        || (is_unnamed(error)
            && connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).is_err())
}

/// `SQLITE_ERROR`: a damaged page, or a statement that is wrong.
pub(super) fn is_unnamed(error: &StoreError) -> bool {
    matches!(error, StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::Unknown)
}

/// Looks through the whole file.
pub(super) fn look_through(connection: &Connection) -> Result<()> {
    let damaged = |cause: String| {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Err(rusqlite::Error::SqliteFailure(code, Some(cause)).into())
    };
    match connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)) {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => damaged(verdict),
        Err(error) => {
            let error = StoreError::from(error);
            if is_unnamed(&error) { damaged(error.to_string()) } else { Err(error) }
        }
    }
}

impl Store {
    /// Looks through a file that no orderly end has left, while others work with it.
    pub async fn look_through(self, cancel: CancellationToken) {
        if self.inner.soundness.get() != Soundness::Unproven {
            return;
        }
        let (path, key) = self.inner.file.clone();
        let looking = tokio::task::spawn_blocking(move || look_beside(&path, &key, cancel));
        match looking.await {
            Ok(Ok(())) => self.inner.soundness.set_sound(),
            Ok(Err(error)) if db::is_damage(&error) => {
                tracing::error!(%error, "the store file was looked through");
                self.inner.soundness.set_damaged();
            }
            // The next start looks again.
            Ok(Err(error)) => tracing::info!(%error, "the store file was not looked through to its end"),
            Err(_) => {}
        }
    }

    /// Returns once the file has turned out to be damaged. Then it is to be closed, and opened with [`Look::Through`].
    ///
    /// [`Look::Through`]: super::Look::Through
    pub async fn damaged(&self) {
        let mut soundness = self.inner.soundness.0.subscribe();
        if soundness.wait_for(|soundness| *soundness == Soundness::Damaged).await.is_err() {
            // The sender lives in this store.
            std::future::pending::<()>().await;
        }
    }

    pub fn is_damaged(&self) -> bool {
        self.inner.soundness.get() == Soundness::Damaged
    }
}

/// With a connection of its own, whose pages nobody else has in memory.
fn look_beside(path: &Path, key: &DatabaseKey, cancel: CancellationToken) -> Result<()> {
    let connection = db::open_reader(path, key)?;
    connection.progress_handler(STEPS, Some(move || cancel.is_cancelled()))?;
    look_through(&connection)
}
