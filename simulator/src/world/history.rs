//! What a phone knows from before a device was linked, and hands over to it.

use serde::{Deserialize, Serialize};

use super::{Result, World, WorldError};
use crate::network::account::Kind;
use crate::people::history::MOST_CONVERSATIONS;

/// `POST /phones/{number}/history`: from the next linking on, the phone hands this over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewHistory {
    /// Chats with these very messages.
    pub items: Vec<HistoryItem>,
    /// So many invented chats beside them; the same seed invents the same.
    pub conversations: u32,
    /// In each of the invented chats (10 when absent).
    pub messages_per_conversation: Option<u32>,
    /// The oldest of each invented chat, which the phone gives only when it is asked for more.
    pub kept_back: u32,
    pub seed: u64,
    /// When the newest invented message was written; now when absent.
    pub until: Option<i64>,
    /// What was written and received on this phone since it was made belongs to it as well.
    pub transcript: bool,
    /// Chats are named by their hidden ids.
    pub by_lid: bool,
    /// Messages in one chunk (1000 when absent).
    pub chunk: Option<u32>,
    /// The phone rests so long after each chunk.
    pub pace_ms: u64,
}

/// A chat of the phone's history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HistoryItem {
    /// A number, or the jid of a group.
    pub with: String,
    pub name: Option<String>,
    /// Digits of the hidden id; that of the account with this number when absent.
    pub lid: Option<String>,
    pub messages: Vec<HistoryMessage>,
    pub archived: bool,
    pub pinned: bool,
    pub muted_until: Option<i64>,
    pub unread: u32,
    /// So many of the oldest are given only when the device asks for more.
    pub kept_back: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HistoryMessage {
    /// The WhatsApp id; made of the chat and the place when absent.
    pub id: Option<String>,
    pub from_me: bool,
    /// In a group: who wrote it.
    pub from: Option<String>,
    pub text: String,
    pub at: i64,
    /// Of a message that the phone wrote: `sent`, `delivered` (when absent) or `read`.
    pub status: Option<String>,
}

/// What a phone will hand over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistorySummary {
    pub conversations: u32,
    /// Those that are handed over at linking.
    pub messages: u64,
    /// Those that are given when they are asked for.
    pub kept_back: u64,
    /// In so many parts.
    pub chunks: u32,
}

/// What a phone has handed over to one device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryProgress {
    pub chunks: u32,
    pub messages: u64,
    /// Of 100.
    pub progress: u32,
    pub done: bool,
    /// How often the device asked for more.
    pub asked: u32,
}

impl World {
    /// Takes the place of what the phone knew before.
    pub async fn set_history(&self, number: &str, history: NewHistory) -> Result<HistorySummary> {
        let person = self.person(number, Kind::Phone)?;
        if history.conversations > MOST_CONVERSATIONS {
            return Err(WorldError::BadRequest(format!("conversations: at most {MOST_CONVERSATIONS}")));
        }
        if history.chunk.is_some_and(|chunk| !(1..=10_000).contains(&chunk)) {
            return Err(WorldError::BadRequest("chunk: 1 to 10000 messages".to_owned()));
        }
        person.set_history(history).await
    }
}
