//! The encrypted replica: the one place where `api`, `sync` and `whatsapp` meet. One writer commits in batches, readers
//! never wait for it, and a [`Change`] follows each commit.

pub mod change;
mod desk;
pub mod inbound;
mod session;

use std::path::PathBuf;

use ownline_model::{bridge::QrCode, conversation::Scope, ids::MessageId, session::SessionState};
use tokio::sync::{broadcast, watch};

use crate::keys::DatabaseKey;
use change::Change;
pub use desk::{Asked, DeskError, ReadMark, Ticks, TicketAction};
use inbound::{InboundFact, LinkedAccount, Recorded, StatusNews, ToSend, WaIdentity};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store is shutting down")]
    Closed,
    #[error("the store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the store holds something unreadable: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the store's file: {0}")]
    Io(#[from] std::io::Error),
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// How the agent links: what `POST /link` said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LinkSettings {
    pub number_use: ownline_model::bridge::NumberUse,
    pub lends: bool,
    pub consent_at: ownline_model::time::UtcMillis,
}

/// Cheap to clone; all clones are one store.
#[derive(Debug, Clone)]
pub struct Store {
    inner: std::sync::Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    changes: broadcast::Sender<Change>,
    session: watch::Sender<SessionState>,
    qr: watch::Sender<Option<QrCode>>,
    server: watch::Sender<ownline_model::bridge::ServerLink>,
    whatsapp_db: WhatsAppDb,
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

/// For the WhatsApp session.
impl Store {
    /// Stores messages in one durable transaction: contact, conversation, message, unread count and, where the chat's scope
    /// allows, the outbox row. When this returns, WhatsApp may be told. Idempotent.
    pub async fn record_inbound(&self, facts: Vec<InboundFact>) -> Result<Vec<Recorded>> {
        let _ = facts;
        Err(StoreError::Closed)
    }

    /// Queued messages of the own number, oldest first in each chat, not expired. They stay on offer until their status moves.
    pub async fn next_to_send(&self, limit: u32) -> Result<Vec<ToSend>> {
        let _ = limit;
        Err(StoreError::Closed)
    }

    /// To be called before each attempt. `false`: it must not be sent any more (expired, failed, sent).
    pub async fn note_attempt(&self, message: MessageId) -> Result<bool> {
        let _ = message;
        Err(StoreError::Closed)
    }

    /// Moves statuses forward. Answers which of the news changed something.
    pub async fn advance_statuses(&self, news: Vec<StatusNews>) -> Result<Vec<bool>> {
        let _ = news;
        Err(StoreError::Closed)
    }

    /// The agent read these messages of the customer on the phone.
    pub async fn read_on_phone(&self, chat: WaIdentity, wa_ids: Vec<String>) -> Result<()> {
        let _ = (chat, wa_ids);
        Err(StoreError::Closed)
    }

    /// WhatsApp told that a number and a hidden id are one person: contacts known apart become one.
    pub async fn learn_identity(&self, identity: WaIdentity, push_name: Option<String>) -> Result<()> {
        let _ = (identity, push_name);
        Err(StoreError::Closed)
    }

    /// The customer types, or stopped. Not stored.
    pub async fn customer_typing(&self, chat: WaIdentity, typing: bool) -> Result<()> {
        let _ = (chat, typing);
        Err(StoreError::Closed)
    }

    /// The account after pairing, and again whenever its name or LID becomes known. Makes the channel.
    pub async fn set_linked(&self, account: LinkedAccount) -> Result<()> {
        let _ = account;
        Err(StoreError::Closed)
    }

    pub async fn linked(&self) -> Result<Option<LinkedAccount>> {
        Err(StoreError::Closed)
    }

    /// The device was unlinked. Chats stay; the channel is reported as unlinked.
    pub async fn clear_linked(&self) -> Result<()> {
        Err(StoreError::Closed)
    }

    pub async fn link_settings(&self) -> Result<Option<LinkSettings>> {
        Err(StoreError::Closed)
    }

    pub async fn set_link_settings(&self, settings: LinkSettings) -> Result<()> {
        let _ = settings;
        Err(StoreError::Closed)
    }

    /// What a new chat shares.
    pub async fn default_scope(&self) -> Result<Scope> {
        Err(StoreError::Closed)
    }

    /// Small lasting values, such as the WhatsApp version that last worked. Keys are namespaced: `whatsapp.version`.
    pub async fn value(&self, key: &'static str) -> Result<Option<String>> {
        let _ = key;
        Err(StoreError::Closed)
    }

    pub async fn set_value(&self, key: &'static str, value: Option<String>) -> Result<()> {
        let _ = (key, value);
        Err(StoreError::Closed)
    }

    pub fn whatsapp_db(&self) -> WhatsAppDb {
        self.inner.whatsapp_db.clone()
    }
}

/// News from the store.
impl Store {
    /// What was committed since the call. A receiver that lags has to read anew (`RecvError::Lagged`).
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }
}
