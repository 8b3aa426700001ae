//! The encrypted replica: the one place where `api`, `sync` and `whatsapp` meet. One writer commits in batches, readers
//! never wait for it, and a [`Change`] follows each commit.

mod account;
mod amend;
mod answers;
mod apply;
mod cancel;
pub mod change;
mod compose;
mod contents;
mod db;
mod desk;
pub mod groups;
mod heard;
pub mod history;
pub mod inbound;
mod left;
pub mod media;
mod merges;
mod migrations;
mod opening;
mod owed;
mod own;
mod people;
pub mod phone_state;
pub mod pictures;
mod played;
mod progress;
mod readers;
mod record;
mod remap;
mod repeats;
mod row;
mod safety;
mod scope;
mod session;
mod sharing;
mod soundness;
mod status;
mod table;
mod tickets;
mod ticks;
mod unshare;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ownline_model::{
    bridge::{NumberUse, PairingCode, QrCode, ServerLink},
    ids::ConversationId,
    problem::Problem,
    session::SessionState,
    time::UtcMillis,
};
use rusqlite::Connection;
use tokio::sync::{broadcast, watch};

use crate::{keys::DatabaseKey, media::folder::MediaFolder};
use change::Change;
use opening::Opened;
use readers::Readers;
use soundness::{Soundness, Watch};
use writer::{Tx, Writer};

pub use account::SignedIn;
pub use cancel::TakeBack;
pub use compose::{ReadMark, Ticks};
pub use heard::{Stanza, TakenIn};
pub use opening::Look;
pub use owed::{Owed, StillOwed};
pub use played::PlayedTick;
pub use repeats::Repeat;
pub use safety::{Offer, Offers};
pub use tickets::{Asked, TicketAction};
pub use ticks::DueTicks;

/// Changes that a slow listener may be behind before it has to read anew.
const CHANGES: usize = 4096;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store is shutting down")]
    Closed,
    /// The own number is not known yet: see [`Store::set_linked`].
    #[error("no number is linked")]
    NotLinked,
    #[error("the store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Nothing was stored: a full disk, an I/O error.
    #[error("the store could not commit: {0}")]
    Commit(String),
    #[error("the store holds something unreadable: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the store's file: {0}")]
    Io(#[from] std::io::Error),
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What a screen asked for and did not get.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("refused: {}", .0.code.as_str())]
    Refused(Box<Problem>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How the agent links: what `POST /link` said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LinkSettings {
    pub number_use: NumberUse,
    pub lends: bool,
    /// When the agent confirmed to know what linking means.
    pub consent_at: UtcMillis,
}

/// Cheap to clone; all clones are one store.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Gone after [`Store::close`].
    writer: Mutex<Option<Writer>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Readers,
    soundness: Watch,
    file: (PathBuf, DatabaseKey),
    changes: broadcast::Sender<Change>,
    session: watch::Sender<SessionState>,
    qr: watch::Sender<Option<QrCode>>,
    pairing_code: watch::Sender<Option<PairingCode>>,
    /// What the account's passkey must sign.
    passkey: watch::Sender<Option<serde_json::Value>>,
    server: watch::Sender<ServerLink>,
    clock_skew: watch::Sender<Option<i64>>,
    watched: watch::Sender<BTreeSet<ConversationId>>,
    /// Until when the agent counts as sitting before a screen.
    present: watch::Sender<Option<tokio::time::Instant>>,
    notices: Mutex<Vec<Problem>>,
    whatsapp_db: WhatsAppDb,
    media: MediaFolder,
    pictures: Arc<pictures::Wanted>,
}

impl Drop for Inner {
    /// A store that nobody closed: the writer still ends before the process does, because the cryptography it uses is taken
    /// down at exit.
    fn drop(&mut self) {
        lock(&self.writer).take();
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

/// Where the WhatsApp library keeps its own state, and the key to it.
#[derive(Debug, Clone)]
pub struct WhatsAppDb {
    pub path: PathBuf,
    key: DatabaseKey,
}

impl WhatsAppDb {
    /// The statement that must come first on each connection of the library's store. A secret: never log it.
    pub fn pragma_key(&self) -> zeroize::Zeroizing<String> {
        self.key.pragma()
    }
}

const FILE: &str = "replica.db";

impl Store {
    /// Opens the replica in a folder, making it when there is none.
    pub fn open(data: &Path, key: &DatabaseKey) -> Result<Self> {
        Self::open_with(data, key, Look::AsLeft)
    }

    /// The same. A damaged file is set aside, never deleted, and its place taken by an empty one that fills from the server.
    pub fn open_with(data: &Path, key: &DatabaseKey, look: Look) -> Result<Self> {
        let path = data.join(FILE);
        let Opened { connection, soundness, notice } = opening::open(&path, key, look)?;
        let soundness = Watch::new(soundness);
        let (changes, _) = broadcast::channel(CHANGES);
        let readers = Readers::open(&path, key, soundness.clone())?;
        let (writer, thread) = Writer::start(connection, changes.clone(), soundness.clone())?;
        Ok(Self {
            inner: Arc::new(Inner {
                writer: Mutex::new(Some(writer)),
                thread: Mutex::new(Some(thread)),
                readers,
                soundness,
                file: (path, key.clone()),
                changes,
                session: watch::Sender::new(SessionState::UNLINKED),
                qr: watch::Sender::new(None),
                pairing_code: watch::Sender::new(None),
                passkey: watch::Sender::new(None),
                server: watch::Sender::new(ServerLink::SignedOut),
                clock_skew: watch::Sender::new(None),
                watched: watch::Sender::new(BTreeSet::new()),
                present: watch::Sender::new(None),
                notices: Mutex::new(notice.into_iter().collect()),
                whatsapp_db: WhatsAppDb { path: data.join("whatsapp.db"), key: key.clone() },
                media: MediaFolder::open(data, key.for_files())?,
                pictures: Arc::default(),
            }),
        })
    }

    /// Commits what is queued and closes the file. Afterwards every call answers [`StoreError::Closed`].
    pub async fn close(&self) {
        let writer = lock(&self.inner.writer).take();
        drop(writer);
        let thread = lock(&self.inner.thread).take();
        let Some(thread) = thread else { return };
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        self.inner.readers.close();
        if self.inner.soundness.get() == Soundness::Sound
            && let Err(error) = left::mark(&self.inner.file.0)
        {
            tracing::warn!(%error, "the store file could not be marked; it will be looked through at the next start");
        }
    }

    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let writer = lock(&self.inner.writer).clone().ok_or(StoreError::Closed)?;
        writer.write(work).await
    }

    fn write_now<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let writer = lock(&self.inner.writer).clone().ok_or(StoreError::Closed)?;
        writer.write_now(work)
    }

    async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.inner.readers.read(query).await
    }

    /// Small lasting values, such as the WhatsApp version that last worked. Keys are namespaced: `whatsapp.version`.
    pub async fn value(&self, key: &'static str) -> Result<Option<String>> {
        self.read(move |connection| table::value::get(connection, key)).await
    }

    pub async fn set_value(&self, key: &'static str, value: Option<String>) -> Result<()> {
        self.write(move |tx| table::value::set(tx, key, value.as_deref())).await
    }

    pub fn whatsapp_db(&self) -> WhatsAppDb {
        self.inner.whatsapp_db.clone()
    }

    /// What was committed since the call. A receiver that lags has to read anew (`RecvError::Lagged`).
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
