//! Conversations: one contact's talk on one channel.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    contact::Contact,
    ids::{AgentId, ChannelId, ContactId, ConversationId, TicketId},
    message::{Direction, MessageKind, MessageStatus},
    ticket::Ticket,
    time::UtcMillis,
};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// The customer waits for us.
    Active,
    /// We wait for the customer.
    Waiting,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
    Urgent,
}

/// What of a chat leaves the owner's machine. Enforced before anything is queued for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nothing.
    Private,
    /// Contact and ticket, without message text.
    Metadata,
    /// Everything.
    Shared,
}

/// The newest message of a conversation, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastMessage {
    pub direction: Direction,
    pub kind: MessageKind,
    /// At most 160 characters; empty where the scope hides it.
    pub preview: String,
    /// Who wrote it in a group; absent where the scope hides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    pub status: MessageStatus,
    pub at: UtcMillis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    pub id: ConversationId,
    pub version: i64,
    pub contact_id: ContactId,
    pub channel_id: ChannelId,
    pub state: ConversationState,
    pub priority: Priority,
    pub scope: Scope,
    pub tags: Vec<String>,
    pub assignee_id: Option<AgentId>,
    /// The ticket that is not closed, if there is one.
    pub ticket_id: Option<TicketId>,
    /// Customer messages that nobody on the team has read.
    pub unread: u32,
    pub last_message: Option<LastMessage>,
    pub last_activity_at: UtcMillis,
    pub created_at: UtcMillis,
}

/// A conversation as lists and the chat need it: with its person and its open ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationItem {
    #[serde(flatten)]
    pub conversation: Conversation,
    pub contact: Contact,
    pub ticket: Option<Ticket>,
    /// How the owner keeps the chat on the phone. Known on the owner's machine only.
    #[serde(default, skip_serializing_if = "OnPhone::is_plain")]
    pub on_phone: OnPhone,
    /// The phone may have messages older than the oldest here. Known on the owner's machine only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub older_on_phone: bool,
}

/// Archive, pin and mute, as set on the phone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OnPhone {
    pub archived: bool,
    pub pinned: bool,
    /// The far future for "always".
    pub muted_until: Option<UtcMillis>,
}

impl OnPhone {
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// `PUT /api/conversations/{id}/scope` (bridge only, the number's owner).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetScope {
    pub scope: Scope,
    /// Going up: whether what was said before is shared too, or only what comes.
    #[serde(default)]
    pub earlier: bool,
}

/// `GET /api/conversations/{id}/team-view` (bridge only): what everybody else sees of the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TeamView {
    pub scope: Scope,
    /// Absent where nothing is shared.
    pub conversation: Option<ConversationItem>,
    /// The newest, oldest first, as they leave this machine.
    pub messages: Vec<crate::message::Message>,
    /// Messages of this chat that stay here.
    pub withheld: u64,
}

/// `POST /api/conversations/{id}/older` (bridge only): asks the phone for what came before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForOlder {
    /// The gap to fill; absent: before the oldest message here.
    #[serde(default)]
    pub before: Option<crate::ids::MessageId>,
}

/// Which conversations a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationView {
    /// Assigned to the person who asks.
    Mine,
    /// With an open ticket that nobody has taken.
    Unassigned,
    #[default]
    All,
    /// We wait for the customer.
    Waiting,
    Closed,
    /// Put away on the phone. Known on the owner's machine only.
    Archived,
}

/// How many conversations each view holds, and how many of them have unread messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationCounts {
    pub mine: u64,
    pub unassigned: u64,
    pub all: u64,
    pub waiting: u64,
    pub closed: u64,
    #[serde(default)]
    pub archived: u64,
    /// Unread customer messages over all conversations the person may answer.
    pub unread: u64,
}

/// `POST /api/conversations` (bridge only): opens a chat from the agent's own number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartConversation {
    /// As typed; spaces and dashes are forgiven.
    pub phone: String,
    /// ISO 3166 country, used when the number has no `+`.
    #[serde(default)]
    pub country: Option<String>,
}
