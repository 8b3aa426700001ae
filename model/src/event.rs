//! What happened on the desk. The same values are appended to the journal, pulled by bridges and pushed over sockets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    agent::Agent,
    channel::Channel,
    contact::{Contact, Merge},
    conversation::Conversation,
    ids::{AgentId, ConversationId},
    message::Message,
    ticket::Ticket,
    time::UtcMillis,
};

/// An event carries the whole state after it, so applying it twice or out of a batch is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "name", content = "data")]
pub enum Event {
    #[serde(rename = "agent:updated")]
    AgentUpdated(Agent),
    #[serde(rename = "channel:status")]
    ChannelStatus(Channel),
    #[serde(rename = "contact:updated")]
    ContactUpdated(Contact),
    /// Two contacts became one, or (with `undone_at`) two again. Contacts and conversations come as events of their own.
    #[serde(rename = "contact:merged")]
    ContactMerged(Merge),
    #[serde(rename = "conversation:new")]
    ConversationNew(Conversation),
    #[serde(rename = "conversation:updated")]
    ConversationUpdated(Conversation),
    #[serde(rename = "conversation:assigned")]
    ConversationAssigned(Conversation),
    #[serde(rename = "conversation:transferred")]
    ConversationTransferred(Conversation),
    #[serde(rename = "message:new")]
    MessageNew(Message),
    #[serde(rename = "message:status")]
    MessageStatus(Message),
    /// Edited, revoked, reacted to, its file arrived.
    #[serde(rename = "message:updated")]
    MessageUpdated(Message),
    /// The owner shares less of it: whoever holds texts or files of it drops them. Private: the chat itself.
    #[serde(rename = "conversation:unshared")]
    ConversationUnshared(Conversation),
    #[serde(rename = "ticket:created")]
    TicketCreated(Ticket),
    #[serde(rename = "ticket:assigned")]
    TicketAssigned(Ticket),
    #[serde(rename = "ticket:updated")]
    TicketUpdated(Ticket),
    #[serde(rename = "ticket:reply")]
    TicketReply(Ticket),
    #[serde(rename = "ticket:resolved")]
    TicketResolved(Ticket),
    #[serde(rename = "ticket:closed")]
    TicketClosed(Ticket),
    /// Not journalled: only the moment counts.
    #[serde(rename = "customer:typing")]
    CustomerTyping(Typing),
    /// Earlier messages came from the phone: lists and the open chat are to be read anew.
    #[serde(rename = "conversation:history")]
    HistoryArrived(HistoryArrived),
    #[serde(rename = "customer:presence")]
    CustomerPresence(CustomerPresence),
    #[serde(rename = "agent:typing")]
    AgentTyping(AgentTyping),
    #[serde(rename = "agent:online")]
    AgentOnline(AgentPresence),
    #[serde(rename = "agent:offline")]
    AgentOffline(AgentPresence),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    pub conversation_id: ConversationId,
    pub typing: bool,
    /// A voice note is being recorded rather than written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recording: bool,
}

/// Whether the customer looks at WhatsApp now, as far as the customer lets others know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerPresence {
    pub conversation_id: ConversationId,
    pub online: bool,
    pub last_seen: Option<UtcMillis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryArrived {
    /// Absent: in many chats at once.
    pub conversation_id: Option<ConversationId>,
    /// New ones.
    pub messages: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentTyping {
    pub conversation_id: ConversationId,
    pub agent_id: AgentId,
    pub typing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentPresence {
    pub agent_id: AgentId,
    pub at: UtcMillis,
}

impl Event {
    /// Whether it belongs in the journal, or only concerns who is watching now.
    pub const fn is_lasting(&self) -> bool {
        !matches!(
            self,
            Self::CustomerTyping(_)
                | Self::CustomerPresence(_)
                | Self::HistoryArrived(_)
                | Self::AgentTyping(_)
                | Self::AgentOnline(_)
                | Self::AgentOffline(_)
        )
    }

    /// The conversation it is about, where it is about one.
    pub const fn conversation_id(&self) -> Option<ConversationId> {
        match self {
            Self::ConversationNew(c)
            | Self::ConversationUpdated(c)
            | Self::ConversationAssigned(c)
            | Self::ConversationTransferred(c)
            | Self::ConversationUnshared(c) => Some(c.id),
            Self::MessageNew(m) | Self::MessageStatus(m) | Self::MessageUpdated(m) => Some(m.conversation_id),
            Self::TicketCreated(t)
            | Self::TicketAssigned(t)
            | Self::TicketUpdated(t)
            | Self::TicketReply(t)
            | Self::TicketResolved(t)
            | Self::TicketClosed(t) => Some(t.conversation_id),
            Self::CustomerTyping(t) => Some(t.conversation_id),
            Self::CustomerPresence(presence) => Some(presence.conversation_id),
            Self::AgentTyping(t) => Some(t.conversation_id),
            Self::HistoryArrived(h) => h.conversation_id,
            Self::AgentUpdated(_)
            | Self::ChannelStatus(_)
            | Self::ContactUpdated(_)
            | Self::ContactMerged(_)
            | Self::AgentOnline(_)
            | Self::AgentOffline(_) => None,
        }
    }
}
