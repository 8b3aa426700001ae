//! The sending rules as the screen shows them. The engine stands in the bridge.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ids::ConversationId, time::UtcMillis};

/// `GET /safety`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SafetyReport {
    pub mode: SendingMode,
    /// Why it is not `normal`, for people.
    pub reason: Option<String>,
    pub until: Option<UtcMillis>,
    pub meters: Vec<Meter>,
    /// What waits here because of a rule, the longest wait first; at most 100.
    pub held: Vec<HeldMessage>,
    /// Customers who asked not to be written to.
    pub opted_out: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendingMode {
    Normal,
    /// A number that was linked a moment ago, or was restricted lately: answers only.
    RepliesOnly,
    /// WhatsApp takes no new chats now; answers flow.
    NewChatsFrozen,
    /// Nothing leaves.
    Stopped,
}

/// One budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meter {
    /// `replies_minute`, `sends_minute`, `sends_hour`, `sends_day`, `new_chats_day`, `warm_up_day`.
    pub code: String,
    pub used: u32,
    pub limit: u32,
    /// When the next one is free, where all are used.
    pub free_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldMessage {
    pub message_id: crate::ids::MessageId,
    pub conversation_id: ConversationId,
    pub name: String,
    pub hold: crate::details::Hold,
}

/// `GET /safety/opt-outs`, `DELETE /safety/opt-outs/{contact}` lifts one, on the customer's own word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OptOut {
    pub contact_id: crate::ids::ContactId,
    pub name: String,
    /// The word that did it.
    pub word: String,
    pub at: UtcMillis,
}
