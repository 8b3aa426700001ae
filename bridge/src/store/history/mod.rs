//! What the phone hands over of the past. Chunks are kept as they came before anything is made of them, and each step of
//! an import is one transaction with the note of how far it is: a killed program goes on where it was, and nothing is
//! imported twice.

mod import;
mod parts;
mod place;

use std::time::Duration;

use ownline_model::{
    bridge::{HistoryProgress, HistoryState},
    conversation::OnPhone,
    event::{Event, HistoryArrived},
    ids::{ConversationId, MessageId},
    message::{MessageKind, MessageStatus},
    time::UtcMillis,
};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{
    Result, Store, StoreError,
    change::Change,
    inbound::{InboundFact, WaIdentity},
    own, people, row, table,
    writer::Tx,
};
use crate::time::now;

const PROGRESS: &str = "history.progress";
/// When the number was last linked; what is older than that was missed or is history.
const LINKED_AT: &str = "history.linked_at";
/// A phone that has said nothing for so long has nothing more to say.
const SILENT_AFTER: Duration = Duration::from_mins(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkKind {
    /// The newest of each chat, right after linking.
    Initial,
    Recent,
    Full,
    Names,
    /// An answer to a request of this machine.
    OnDemand,
    Other,
}

/// A piece of history as it came: compressed, not looked into.
#[derive(Debug, Clone)]
pub struct HistoryChunk {
    pub kind: ChunkKind,
    pub order: Option<u32>,
    /// How far the phone is, in percent.
    pub percent: Option<u8>,
    pub data: Vec<u8>,
}

/// A chunk that waits, and how many of its chats are done.
#[derive(Debug)]
pub struct WaitingChunk {
    pub id: i64,
    pub kind: ChunkKind,
    pub done: u32,
    pub data: Vec<u8>,
}

/// One chat of a chunk.
#[derive(Debug)]
pub struct HistoryChat {
    pub chat: WaIdentity,
    /// What the phone's address book calls it.
    pub name: Option<String>,
    /// What it calls itself in public.
    pub username: Option<String>,
    pub unread: u32,
    /// Whether the phone has more than what it hands over; `None`: it did not say.
    pub more: Option<bool>,
    pub on_phone: OnPhone,
    pub messages: Vec<HistoryMessage>,
    /// Messages of it that are not readable.
    pub failed: u32,
}

#[derive(Debug)]
pub struct HistoryMessage {
    pub fact: InboundFact,
    pub status: MessageStatus,
}

/// What became of a piece of history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub conversations: u64,
    pub messages: u64,
    pub skipped: u64,
    pub failed: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.skipped += other.skipped;
        self.failed += other.failed;
    }
}

/// The oldest message of a chat, or the one above a gap: what the phone is asked to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OlderThan {
    pub chat: WaIdentity,
    pub wa_id: String,
    pub from_me: bool,
    pub at: UtcMillis,
}

impl Store {
    /// Keeps a chunk. When this returns, it outlives a crash.
    pub async fn keep_history(&self, chunk: HistoryChunk) -> Result<()> {
        self.write(move |tx| {
            if !parts::came(tx, chunk.kind, chunk.order)? {
                return Ok(());
            }
            row::run(
                tx,
                "INSERT INTO history_chunk (kind, sort, data) VALUES (?, ?, ?)",
                params![row::name(&chunk.kind)?, sort(chunk.kind, chunk.order), chunk.data],
            )?;
            note(tx, Tally::default(), chunk.percent)?;
            tx.tell(Change::History);
            Ok(())
        })
        .await
    }

    /// The chunk to go on with: what an agent waits for first, then the phone's order.
    pub async fn waiting_history(&self) -> Result<Option<WaitingChunk>> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT id, kind, done, data FROM history_chunk ORDER BY sort, id LIMIT 1")?;
            let mut rows = statement.query([])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(WaitingChunk {
                id: row.get(0)?,
                kind: serde_json::from_value(serde_json::Value::String(row.get(1)?))?,
                done: row.get(2)?,
                data: row.get(3)?,
            }))
        })
        .await
    }

    /// Imports some chats of a chunk. Nobody is notified, and the server is not told: the past stays on this machine.
    pub async fn import_history(&self, chunk: i64, done: u32, chats: Vec<HistoryChat>) -> Result<Tally> {
        self.write(move |tx| {
            let channel = own::channel(tx)?.ok_or(StoreError::NotLinked)?;
            let mut tally = Tally::default();
            let mut only = None;
            let several = chats.len() > 1;
            for chat in chats {
                let (conversation, imported) = tx.quietly(|tx| import::chat(tx, &channel, chat))?;
                tally += imported;
                only = conversation.filter(|_| !several).or(only);
            }
            row::run(tx, "UPDATE history_chunk SET done = ? WHERE id = ?", params![done, chunk])?;
            note(tx, tally, None)?;
            tx.tell_event(Event::HistoryArrived(HistoryArrived { conversation_id: only, messages: tally.messages }));
            Ok(tally)
        })
        .await
    }

    /// Names that people chose for themselves, told apart from their chats.
    pub async fn import_names(&self, names: Vec<(WaIdentity, String)>) -> Result<()> {
        self.write(move |tx| {
            tx.quietly(|tx| {
                for (person, name) in names {
                    if people::find_contact(tx, &person)?.is_some() {
                        people::contact_for(tx, &person, Some(&name))?;
                    }
                }
                Ok(())
            })
        })
        .await
    }

    /// The chunk is done, or can never be.
    pub async fn finish_history(&self, chunk: i64, failed: u64) -> Result<()> {
        self.write(move |tx| {
            row::run(tx, "DELETE FROM history_chunk WHERE id = ?", [chunk])?;
            note(tx, Tally { failed, ..Tally::default() }, None)
        })
        .await
    }

    /// What to ask the phone for: before a gap's upper end, or before the oldest message. `None`: the chat is not on the own
    /// number, empty, or unknown.
    pub async fn older_than(
        &self,
        conversation: ConversationId,
        before: Option<MessageId>,
    ) -> Result<Option<OlderThan>> {
        self.read(move |connection| import::older_than(connection, conversation, before)).await
    }
}

/// The first to be worked on have the lowest.
fn sort(kind: ChunkKind, order: Option<u32>) -> i64 {
    let rank = match kind {
        ChunkKind::OnDemand => 0,
        ChunkKind::Initial => 1,
        ChunkKind::Names => 2,
        ChunkKind::Recent => 3,
        ChunkKind::Full => 4,
        ChunkKind::Other => 5,
    };
    rank * (1_i64 << 32) + i64::from(order.unwrap_or(0))
}

fn note(tx: &mut Tx<'_>, tally: Tally, percent: Option<u8>) -> Result<()> {
    let mut progress = stored_progress(tx)?.unwrap_or_default();
    progress.conversations += tally.conversations;
    progress.messages += tally.messages;
    progress.skipped += tally.skipped;
    progress.failed += tally.failed;
    progress.percent = progress.percent.max(percent.map(|percent| percent.min(100)));
    progress.updated_at = Some(now());
    table::value::set_json(tx, PROGRESS, &progress)?;
    tx.tell(Change::Status);
    Ok(())
}

/// A number was linked: its phone may now hand over what it has.
pub(super) fn begin(tx: &Tx<'_>) -> Result<()> {
    row::run(tx, "DELETE FROM history_chunk", [])?;
    parts::begin(tx)?;
    table::value::set_json(tx, PROGRESS, &HistoryProgress { updated_at: Some(now()), ..HistoryProgress::default() })?;
    table::value::set(tx, LINKED_AT, Some(&now().0.to_string()))
}

/// As counted; what state the import is in depends on the moment.
fn stored_progress(connection: &Connection) -> Result<Option<HistoryProgress>> {
    table::value::get_json(connection, PROGRESS)
}

pub(super) fn progress(connection: &Connection) -> Result<Option<HistoryProgress>> {
    let Some(mut progress) = stored_progress(connection)? else { return Ok(None) };
    let waiting: Option<i64> = row::scalar(connection, "SELECT 1 FROM history_chunk LIMIT 1", [])?;
    let silent = progress
        .updated_at
        .is_none_or(|at| now().since(at) > i64::try_from(SILENT_AFTER.as_millis()).unwrap_or(i64::MAX));
    let begun = progress.percent.is_some() || progress.messages + progress.skipped + progress.failed > 0;
    progress.state = if waiting.is_none() && (silent || parts::settled(connection, &progress)?) {
        HistoryState::Done
    } else if waiting.is_some() || begun {
        HistoryState::Importing
    } else {
        HistoryState::Waiting
    };
    Ok(Some(progress))
}

/// Room for what the phone may still hand over, after the last message before a time without this machine.
pub(super) fn room_after(connection: &Connection, at: UtcMillis) -> Result<i64> {
    let linked_at = table::value::get(connection, LINKED_AT)?.and_then(|at| at.parse::<i64>().ok());
    Ok(if linked_at.is_some_and(|linked_at| at.0 < linked_at) { place::ROOM } else { 0 })
}

/// Whether it is a mark between messages rather than one of them.
pub(super) const fn is_mark(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Gap)
}
