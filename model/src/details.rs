//! What a message carries besides its text. Stores keep it as one value; lists do without it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{AgentId, MessageId},
    message::{Direction, MessageKind},
    time::UtcMillis,
};

/// Longest side of a thumbnail, in pixels, and its size in Base64.
pub const THUMBNAIL_MAX_PIXELS: u32 = 320;
pub const THUMBNAIL_MAX_BYTES: usize = 48 * 1024;
/// Bars of a voice note's waveform.
pub const WAVEFORM_BARS: usize = 64;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MessageDetails {
    /// What the kind needs beside the text: a file, a place, cards, a poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<Content>>,
    /// The message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Box<Quote>>,
    /// At most one from each person; the newest wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<UtcMillis>,
    /// Taken back for everyone. The kind is then [`MessageKind::Revoked`] and text and content are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<UtcMillis>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// Who wrote it in a group. Absent in a chat between two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<GroupSender>,
    /// Why a queued message waits, where it is neither the network nor its turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

impl MessageDetails {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn attachment(&self) -> Option<&Attachment> {
        match self.content.as_deref() {
            Some(Content::File(file)) => Some(file),
            _ => None,
        }
    }

    pub fn attachment_mut(&mut self) -> Option<&mut Attachment> {
        match self.content.as_deref_mut() {
            Some(Content::File(file)) => Some(file),
            _ => None,
        }
    }

    /// What a chat may tell that shares no text: that there is a message, of which kind and size, not what it says.
    #[must_use]
    pub fn without_words(&self) -> Self {
        let content = self.attachment().map(|file| {
            Box::new(Content::File(Attachment {
                file_name: None,
                thumbnail: None,
                waveform: vec![],
                sha256: None,
                state: FileState::Withheld,
                ..file.clone()
            }))
        });
        Self { content, reply_to: None, reactions: vec![], sender: None, ..self.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Of an image, video, audio, voice note, document or sticker. Its caption is the message's text.
    File(Attachment),
    Place(Place),
    Cards {
        cards: Vec<ContactCard>,
    },
    Poll(Poll),
    /// A button or a list row that the customer chose; its title is the message's text.
    Choice {
        /// The id that the sender of the list gave it.
        id: String,
        description: Option<String>,
    },
    /// Something this build cannot show: what WhatsApp calls it.
    Other {
        name: String,
    },
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// As found in the file's own bytes once they are here; before that, as the sender says.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Length of a sound or a film.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Loudness over time, 0 to 100, [`WAVEFORM_BARS`] values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waveform: Vec<u8>,
    /// A small JPEG, Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
    /// Of the plain file, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub state: FileState,
}

/// Where the bytes are, seen from the program that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum FileState {
    /// Not fetched yet; asking for it fetches it.
    Remote,
    Fetching,
    /// Ready to show.
    Here,
    /// Another try may help.
    Failed {
        code: String,
    },
    /// WhatsApp no longer has it, nor does the phone.
    Gone,
    /// The chat's scope keeps it on its owner's machine.
    Withheld,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Degrees, WGS 84.
    pub latitude: f64,
    pub longitude: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The sender shares where they are as they move; only the first place is shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
}

/// Neither JSON nor WhatsApp's own form of a place can hold the one number that is not equal to itself.
impl Eq for Place {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactCard {
    pub name: String,
    #[serde(default)]
    pub phones: Vec<String>,
    #[serde(default)]
    pub emails: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    pub question: String,
    pub options: Vec<PollOption>,
    /// How many options one person may choose; 0: any number.
    pub choose: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PollOption {
    pub text: String,
    pub votes: u32,
}

/// The answered message as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    pub wa_id: String,
    /// Where this program has the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    pub direction: Direction,
    pub kind: MessageKind,
    /// At most 160 characters.
    pub preview: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    pub emoji: String,
    /// `inbound`: the customer's (in a group: of `by`). `outbound`: the number's own.
    pub direction: Direction,
    /// The agent, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// In a group: who, as digits of number or hidden id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    pub at: UtcMillis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSender {
    /// Digits of number or hidden id.
    pub id: String,
    pub name: String,
}

/// Why a message waits here, for people and for the meters of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The rule that holds it: `chat_pace`, `minute_budget`, `new_chats_today`, `warm_up`, `restricted`, …
    pub code: String,
    /// For people.
    pub detail: String,
    /// When it goes by itself; absent where a person must decide.
    pub until: Option<UtcMillis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> MessageDetails {
        MessageDetails {
            content: Some(Box::new(Content::File(Attachment {
                mime: "image/jpeg".into(),
                size: 12,
                file_name: Some("contract.jpg".into()),
                width: Some(4),
                height: Some(3),
                seconds: None,
                waveform: vec![],
                thumbnail: Some("AAAA".into()),
                sha256: Some("00".into()),
                state: FileState::Here,
            }))),
            ..MessageDetails::default()
        }
    }

    #[test]
    fn nothing_is_written_for_nothing() {
        assert_eq!(serde_json::to_string(&MessageDetails::default()).expect("json"), "{}");
        assert!(serde_json::from_str::<MessageDetails>("{}").expect("back").is_empty());
    }

    #[test]
    fn what_is_withheld_tells_kind_and_size_only() {
        let told = image().without_words();
        let file = told.attachment().expect("a file");
        assert_eq!((file.size, file.mime.as_str()), (12, "image/jpeg"));
        let json = serde_json::to_string(&told).expect("json");
        assert!(!json.contains("contract") && !json.contains("AAAA") && !json.contains("sha256"), "{json}");
    }
}
