//! Bodies of `/api/sync/push` and `/api/sync/pull`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    channel::Channel,
    contact::{Contact, ContactIdentity, ContactPatch},
    conversation::{Conversation, Scope},
    event::Event,
    ids::{AgentId, ChangeId, ChannelId, ContactId, ConversationId, DeviceId, MessageId, TicketId},
    message::{Amendment, Failure, Message, MessageStatus},
    phone::PhoneNumber,
    problem::ProblemCode,
    session::SessionStateName,
    ticket::Ticket,
    time::UtcMillis,
};

/// `POST /api/sync/push`. Changes are applied in order, each on its own; repeating a push is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    pub protocol: u32,
    pub device_id: DeviceId,
    #[schema(max_items = 500)]
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub id: ChangeId,
    pub op: Op,
}

/// What a bridge tells or asks. Facts (received, sent, status) cannot be refused for policy; requests can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Fact: this machine holds that number's session, in that state.
    ChannelReported {
        channel_id: ChannelId,
        number: PhoneNumber,
        name: String,
        session: SessionStateName,
        lends: bool,
    },
    /// Fact: the agent opened a chat on the own number before any message. Later changes refer to its id.
    ConversationOpened {
        contact: ContactIdentity,
        conversation_id: ConversationId,
        channel_id: ChannelId,
        scope: Scope,
    },
    /// Fact: a message of the agent's own number, from the customer or from the agent's phone.
    MessageReceived {
        contact: ContactIdentity,
        scope: Scope,
        message: Message,
    },
    /// A reply. On the agent's own number a fact; on another's a request to be routed to its owner.
    Reply {
        message: Message,
    },
    /// Fact, from the machine that sends: how far a message has come.
    MessageStatus {
        message_id: MessageId,
        status: MessageStatus,
        at: UtcMillis,
        failure: Option<Failure>,
    },
    /// The agent asks to try a failed message once more, under the same WhatsApp id.
    RetryMessage {
        message_id: MessageId,
    },
    /// Fact, from the machine that holds the number: what became of a message.
    MessageAmended {
        message_id: MessageId,
        amendment: Amendment,
    },
    /// The owner decides what the chat shares. Sharing less removes texts and files here and on every other machine.
    ConversationScope {
        conversation_id: ConversationId,
        scope: Scope,
    },
    /// Fact: the customer has another number now; the hidden id stays.
    NumberChanged {
        contact_id: ContactId,
        from: PhoneNumber,
        to: PhoneNumber,
    },
    /// Fact, from the machine that holds the number: the customer asked not to be written to, with this word.
    OptedOut {
        contact_id: ContactId,
        word: String,
        at: UtcMillis,
    },
    /// Fact: the customer, or the agent on the customer's wish, has taken that back.
    OptedIn {
        contact_id: ContactId,
        at: UtcMillis,
    },
    /// A person has seen the conversation up to this position.
    ConversationRead {
        conversation_id: ConversationId,
        position: i64,
    },
    ContactPatched {
        contact_id: ContactId,
        base_version: i64,
        patch: ContactPatch,
    },
    TicketTake {
        ticket_id: TicketId,
        base_version: i64,
    },
    TicketTransfer {
        ticket_id: TicketId,
        to: AgentId,
        reason: Option<String>,
    },
    TicketResolve {
        ticket_id: TicketId,
        note: Option<String>,
    },
    TicketClose {
        ticket_id: TicketId,
    },
    TicketReopen {
        ticket_id: TicketId,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PushAnswer {
    /// One for each change, in the same order.
    pub results: Vec<ChangeResult>,
    /// The server's clock, so that a bridge can tell the agent about skew.
    pub server_time: UtcMillis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeResult {
    pub id: ChangeId,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What the server holds now of the things that the change touched. Ids in it win over provisional ones.
    pub truth: Truth,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    AlreadyApplied,
    Rejected { code: ProblemCode, detail: String },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Truth {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
}

/// `GET /api/sync/pull?cursor=…&limit=…`. Without a cursor a snapshot comes first, page by page, then the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PullAnswer {
    pub entries: Vec<JournalEntry>,
    /// Opaque; give it back next time. Store it in the same transaction as the entries.
    pub cursor: String,
    /// Whether another page is ready now.
    pub more: bool,
    pub server_time: UtcMillis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JournalEntry {
    /// The tenant's sequence; 0 in a snapshot.
    pub seq: i64,
    pub at: UtcMillis,
    pub event: Event,
}
