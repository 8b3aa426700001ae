//! Messages and the one-way road of their status.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    details::{ContactCard, MessageDetails, Place},
    ids::{AgentId, ChannelId, ConversationId, MediaId, MessageId, TicketId},
    time::UtcMillis,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the customer.
    Inbound,
    /// From the team.
    Outbound,
}

/// Who or what wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Customer,
    /// Written in Ownline.
    Desk,
    /// Written on the phone that owns the number.
    Phone,
}

/// What a message is. A kind that this build cannot show keeps its place in the chat with words that say what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    Text,
    Image,
    Video,
    Audio,
    Voice,
    Document,
    Sticker,
    Location,
    ContactCard,
    Reaction,
    Poll,
    /// A button or a list row that was chosen.
    Choice,
    /// A picture or film to be seen once, on the phone only, as WhatsApp's rules have it.
    ViewOnce,
    Revoked,
    /// Not a message: here the phone has more than this machine.
    Gap,
    /// Received, but not yet decryptable.
    Undecryptable,
    Unknown,
}

/// How far a message has come. Inbound messages are `delivered` when stored and `read` when a person has seen them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    Queued,
    /// WhatsApp's server has acknowledged it.
    Sent,
    Delivered,
    Read,
    Played,
    Failed,
}

impl MessageStatus {
    const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Failed => 1,
            Self::Sent => 2,
            Self::Delivered => 3,
            Self::Read => 4,
            Self::Played => 5,
        }
    }

    /// The status after news of `next`: only forward. A failure never undoes an acknowledgement, but an acknowledgement
    /// that arrives after a failure wins, because WhatsApp has the message.
    #[must_use]
    pub const fn advance(self, next: Self) -> Self {
        if next.rank() > self.rank() { next } else { self }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

/// Why a message did not go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Stable: `not_on_whatsapp`, `refused_by_whatsapp`, `expired`, `not_assignee`, …
    pub code: String,
    /// For people.
    pub detail: String,
    /// Whether sending again can help.
    pub retryable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub channel_id: ChannelId,
    pub ticket_id: Option<TicketId>,
    /// WhatsApp's own id, fixed before the first attempt to send: a repeat can never make a second bubble.
    pub wa_id: String,
    pub direction: Direction,
    pub origin: Origin,
    /// Who wrote it, where that was an agent.
    pub author_id: Option<AgentId>,
    pub kind: MessageKind,
    /// Absent where the kind has no text or the chat's scope hides it.
    pub text: Option<String>,
    pub status: MessageStatus,
    pub failure: Option<Failure>,
    /// Place in the conversation; the server settles it, a bridge proposes the next free one.
    pub position: i64,
    /// When WhatsApp stamped it, or when it was written here.
    pub at: UtcMillis,
    /// A queued message that has not left by then fails with `expired`.
    pub expires_at: Option<UtcMillis>,
    #[serde(default, skip_serializing_if = "MessageDetails::is_empty")]
    pub details: MessageDetails,
}

/// `POST /api/conversations/{id}/messages` and `POST /api/tickets/{id}/reply`: exactly one of text, file, place and cards;
/// a file may bear a text as its caption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Made by the client; posting the same id again changes nothing.
    pub id: MessageId,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 65536)]
    pub text: String,
    /// Of a file handed over before with `POST /api/media`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_id: Option<MediaId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub cards: Vec<ContactCard>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
}

impl NewMessage {
    pub const fn text(id: MessageId, text: String) -> Self {
        Self { id, text, media_id: None, place: None, cards: vec![], reply_to: None }
    }
}

/// `PATCH /api/messages/{id}`: another wording, within WhatsApp's quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    #[schema(min_length = 1, max_length = 65536)]
    pub text: String,
}

/// `PUT /api/messages/{id}/reaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct React {
    /// One emoji; empty takes the reaction back.
    #[schema(max_length = 32)]
    pub emoji: String,
}

/// `POST /api/media`: what the file is, found in its own bytes. It is kept for a day unless a message takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadedMedia {
    pub id: MediaId,
    /// What a message with it becomes.
    pub kind: MessageKind,
    pub attachment: crate::details::Attachment,
}

/// What became of a message after it was sent. Each is whole, so that repeating one is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Amendment {
    /// Absent text: the chat's scope hides it.
    Edited {
        text: Option<String>,
        at: UtcMillis,
    },
    Revoked {
        at: UtcMillis,
    },
    /// All reactions that it bears now.
    Reactions {
        reactions: Vec<crate::details::Reaction>,
    },
    /// Votes of a poll, one number for each option.
    Votes {
        votes: Vec<u32>,
    },
}

/// `PUT /api/conversations/{id}/read`: everything up to this position has been seen by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadUpTo {
    pub position: i64,
}

/// An id in the form WhatsApp's own web client makes: `3EB0` and 18 hexadecimal digits from `random`.
pub fn wa_message_id(random: [u8; 9]) -> String {
    use std::fmt::Write as _;
    random.iter().fold("3EB0".to_owned(), |mut id, byte| {
        let _ = write!(id, "{byte:02X}");
        id
    })
}

/// The first 160 characters on one line, for lists and notifications.
pub fn preview(text: &str) -> String {
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(160) {
        line.truncate(end);
    }
    line
}

/// What a list shows of a message beside its kind: its words, else the name of its file.
pub fn shown_in_lists(message: &Message) -> String {
    let name = || message.details.attachment().and_then(|file| file.file_name.as_deref());
    message.text.as_deref().or_else(name).map(preview).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_only_moves_forward() {
        use MessageStatus::{Delivered, Failed, Queued, Read, Sent};
        assert_eq!(Read.advance(Delivered), Read);
        assert_eq!(Sent.advance(Failed), Sent);
        assert_eq!(Queued.advance(Failed), Failed);
        assert_eq!(Failed.advance(Sent), Sent, "an acknowledgement is the truth");
        assert_eq!(Queued.advance(Read), Read);
    }

    #[test]
    fn whatsapp_ids_have_the_web_clients_form() {
        assert_eq!(wa_message_id([0xab; 9]), "3EB0ABABABABABABABABAB");
    }

    #[test]
    fn previews_are_one_short_line() {
        assert_eq!(preview("  a\n\n b  "), "a b");
        assert_eq!(preview(&"é".repeat(500)).chars().count(), 160);
    }
}
