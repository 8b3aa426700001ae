//! Messages and the one-way road of their status.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{AgentId, ChannelId, ConversationId, MessageId, TicketId},
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
    ViewOnce,
    Revoked,
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
}

/// `POST /api/conversations/{id}/messages` and `POST /api/tickets/{id}/reply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Made by the client; posting the same id again changes nothing.
    pub id: MessageId,
    #[schema(min_length = 1, max_length = 65536)]
    pub text: String,
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
