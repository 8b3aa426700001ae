//! What the WhatsApp session tells the store. Values only: the wire stays in `whatsapp/`.

use ownline_model::{
    contact::ContactKind,
    details::MessageDetails,
    ids::{ConversationId, MediaId, MessageId},
    message::{Direction, Failure, Message, MessageKind, MessageStatus},
    phone::PhoneNumber,
    time::UtcMillis,
};
use serde::{Deserialize, Serialize};

pub use super::table::{
    file_work::Uploaded,
    poll_secret::MessageSecret,
    remote_file::{MediaKey, RemoteFile, RemoteMedia},
};

/// A person as WhatsApp names them: by number, by hidden id (digits, without `@lid`), or by both. Both lead to one contact.
/// Or a group, whose id (without `@g.us`) then stands in `lid`, as in a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WaIdentity {
    pub phone: Option<PhoneNumber>,
    pub lid: Option<String>,
    #[serde(default, skip_serializing_if = "ContactKind::is_person")]
    pub kind: ContactKind,
}

impl WaIdentity {
    pub fn group(id: impl Into<String>) -> Self {
        Self { phone: None, lid: Some(id.into()), kind: ContactKind::Group }
    }

    pub const fn is_group(&self) -> bool {
        matches!(self.kind, ContactKind::Group)
    }

    pub fn is_empty(&self) -> bool {
        self.phone.is_none() && self.lid.is_none()
    }

    /// Whether both name one person. A hidden id that differs means another, whatever the number; a group is nobody.
    pub fn is_same_person(&self, other: &Self) -> bool {
        if self.is_group() || other.is_group() {
            return false;
        }
        match (&self.lid, &other.lid) {
            (Some(one), Some(other)) => one == other,
            _ => self.phone.as_ref().zip(other.phone.as_ref()).is_some_and(|(one, other)| one.same_line(other)),
        }
    }

    /// Whether the chats with both are one.
    pub fn is_same_chat(&self, other: &Self) -> bool {
        self.is_same_person(other) || (self.is_group() && other.is_group() && self.lid == other.lid)
    }
}

/// Who wrote in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub person: WaIdentity,
    /// The name that they chose.
    pub name: Option<String>,
}

/// A message of a chat, from the customer (in a group: from a member) or from the agent's own phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundFact {
    /// WhatsApp's id of the message. Unique only together with the chat and the direction.
    pub wa_id: String,
    /// The customer or the group, whoever wrote.
    pub chat: WaIdentity,
    /// In a group: who wrote it. `None` where the agent did.
    pub author: Option<Author>,
    /// Written on the agent's own phone (or another of the agent's devices) rather than by the customer.
    pub from_me: bool,
    /// The name that the customer chose; `None` where the message is the agent's. Of a group: its subject, where it is told.
    pub push_name: Option<String>,
    /// The name under which WhatsApp lists the customer as a business, where it says so.
    pub business: Option<String>,
    /// [`MessageKind::Undecryptable`] makes a placeholder, which a later fact with the same `wa_id` replaces in place.
    pub kind: MessageKind,
    pub text: Option<String>,
    /// WhatsApp's stamp.
    pub at: UtcMillis,
    /// What it carries besides its text. A quote in it need not know where this machine has the quoted message.
    pub details: MessageDetails,
    /// How to fetch the file that `details` tells of.
    pub remote: Option<Box<RemoteFile>>,
    /// Of a poll: opens its votes.
    pub secret: Option<MessageSecret>,
}

/// What comes in of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    Message(Box<InboundFact>),
    Change(Box<ChangeFact>),
}

impl Incoming {
    /// WhatsApp's id of it.
    pub fn wa_id(&self) -> &str {
        match self {
            Self::Message(fact) => &fact.wa_id,
            Self::Change(fact) => &fact.wa_id,
        }
    }

    pub fn chat(&self) -> &WaIdentity {
        match self {
            Self::Message(fact) => &fact.chat,
            Self::Change(fact) => &fact.chat,
        }
    }

    pub fn chat_mut(&mut self) -> &mut WaIdentity {
        match self {
            Self::Message(fact) => &mut fact.chat,
            Self::Change(fact) => &mut fact.chat,
        }
    }

    /// Whoever made it, in a group.
    pub fn author_mut(&mut self) -> Option<&mut WaIdentity> {
        match self {
            Self::Message(fact) => fact.author.as_mut().map(|author| &mut author.person),
            Self::Change(fact) => fact.by.as_mut(),
        }
    }
}

impl From<InboundFact> for Incoming {
    fn from(fact: InboundFact) -> Self {
        Self::Message(Box::new(fact))
    }
}

impl From<ChangeFact> for Incoming {
    fn from(fact: ChangeFact) -> Self {
        Self::Change(Box::new(fact))
    }
}

/// What became of a message, from the customer or from the agent's own phone. Where the message is not here yet, the fact
/// waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeFact {
    /// WhatsApp's id of the change itself.
    pub wa_id: String,
    /// The customer or the group, whoever made it.
    pub chat: WaIdentity,
    pub from_me: bool,
    /// In a group: who made it. `None` where the agent did.
    pub by: Option<WaIdentity>,
    /// In a group: WhatsApp took it as an admin's.
    #[serde(default)]
    pub as_admin: bool,
    /// WhatsApp's stamp.
    pub at: UtcMillis,
    /// By the clock of whoever made it, milliseconds since 1970. Tells two of one second apart.
    pub made_at: Option<i64>,
    pub target: Target,
    pub what: What,
}

/// A message by WhatsApp's names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub wa_id: String,
    pub direction: Direction,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Edited {
        text: Option<String>,
    },
    Revoked,
    /// Without an emoji the reaction is taken back.
    Reacted {
        emoji: Option<String>,
    },
    Voted(SealedVote),
}

/// A vote as it travels: only who has the poll's secret can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedVote {
    pub payload: Vec<u8>,
    pub iv: [u8; 12],
}

impl InboundFact {
    pub const fn direction(&self) -> Direction {
        if self.from_me { Direction::Outbound } else { Direction::Inbound }
    }
}

/// What is kept of a message beside its row.
pub(super) struct Keys {
    pub remote: Option<Box<RemoteFile>>,
    pub secret: Option<MessageSecret>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub outcome: RecordOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordOutcome {
    New,
    /// Stored before: nothing changed.
    Known,
    /// It took the place of an undecryptable placeholder.
    Replaced,
}

/// A change of a message that is on its way to WhatsApp: what the wire needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToChange {
    pub target: Target,
    pub what: What,
    pub at: UtcMillis,
}

/// A message to hand to WhatsApp. It stays on offer until its status has left `queued`, also after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSend {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// Fixed when it was written; every attempt uses it.
    pub wa_id: String,
    pub chat: WaIdentity,
    pub kind: MessageKind,
    /// The words or the caption; empty where there are none.
    pub text: String,
    pub details: MessageDetails,
    /// The file on this machine that goes with it.
    pub media_id: Option<MediaId>,
    /// The file as WhatsApp has it: present whenever the message bears a file.
    pub uploaded: Option<Box<Uploaded>>,
    /// The message that it answers, where this machine has it.
    pub quoted: Option<Box<Message>>,
    /// In a group: who wrote the message that this one answers or changes. `None` where the agent did.
    pub author: Option<WaIdentity>,
    /// Not a message but a change of one; kind, details and file are then those of its target, and `message_id` is the
    /// change's own.
    pub change: Option<Box<ToChange>>,
    /// Attempts noted so far with [`Store::note_attempt`](crate::store::Store::note_attempt).
    pub attempts: u32,
    pub last_attempt_at: Option<UtcMillis>,
    pub expires_at: Option<UtcMillis>,
}

/// Which message a status is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageRef {
    Id(MessageId),
    /// An outbound message of the own number. `chat` narrows it down where WhatsApp tells it.
    Sent {
        chat: Option<WaIdentity>,
        wa_id: String,
    },
}

/// News of how far a message has come. Older news than what is stored changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusNews {
    pub message: MessageRef,
    pub status: MessageStatus,
    pub at: UtcMillis,
    /// With [`MessageStatus::Failed`] only.
    pub failure: Option<Failure>,
}

/// The account that this machine is linked to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LinkedAccount {
    pub phone: PhoneNumber,
    pub lid: Option<String>,
    /// The name shown to customers.
    pub name: String,
    /// `android`, `iphone`, … as WhatsApp tells it.
    pub platform: Option<String>,
}

impl LinkedAccount {
    /// As a person among others.
    pub fn identity(self) -> WaIdentity {
        WaIdentity { phone: Some(self.phone), lid: self.lid, ..WaIdentity::default() }
    }
}
