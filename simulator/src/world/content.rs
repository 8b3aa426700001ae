//! What a message says, as the control interface speaks of it: the same words ask for a message and show it in a transcript.

use serde::{Deserialize, Serialize};

/// What a message says. In JSON the variant is a field of the request: `{"to": "...", "text": "hi"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Text(String),
    Media(MediaContent),
    Location(LocationContent),
    Contact(ContactContent),
    Contacts(Vec<ContactContent>),
    Reaction(ReactionContent),
    Edit(EditContent),
    Revoke(RevokeContent),
    Poll(PollContent),
    PollVote(PollVoteContent),
    ListAnswer(ListAnswerContent),
    ButtonAnswer(ButtonAnswerContent),
    /// A kind that no client knows yet: a field that the protocol does not have.
    Unknown(UnknownContent),
    /// Received, but of a kind that the simulator only names (the protobuf field).
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSort {
    Image,
    Video,
    Audio,
    /// A voice message: plays as one, has a waveform.
    Voice,
    Document,
    Sticker,
}

impl MediaSort {
    pub fn default_mime(self) -> &'static str {
        match self {
            Self::Image => "image/jpeg",
            Self::Video => "video/mp4",
            Self::Audio => "audio/mpeg",
            Self::Voice => "audio/ogg; codecs=opus",
            Self::Document => "application/pdf",
            Self::Sticker => "image/webp",
        }
    }
}

/// A file. To send one, exactly one of `data`, `path` and `generated` says where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaContent {
    pub kind: MediaSort,
    /// What fits the kind when absent.
    #[serde(default)]
    pub mime: String,
    /// Base64 of the plain bytes.
    #[serde(default, alias = "data_base64")]
    pub data: String,
    /// A file of the machine that the simulator runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Loudness from 0 to 100, usually 64 values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waveform: Option<Vec<u8>>,
    /// Can be opened once, on a phone; linked devices are only told that it came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub view_once: bool,
    /// Of the plain bytes, as the author says. Shown only.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Hexadecimal, of the plain bytes, as the author says. Shown only.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Whether a small picture came with it. Shown only.
    #[serde(default, skip_deserializing, skip_serializing_if = "std::ops::Not::not")]
    pub thumbnail: bool,
    /// What came of fetching it. Shown only.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Fetched>,
}

/// What came of fetching a received file from the media hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Fetched {
    /// Decrypted; size and hash are those that the message says.
    Verified,
    Failed {
        why: String,
    },
}

/// A file that is made up: a picture, a silent voice message or a document that programs can open, filled up to a size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// At least so many; as few as the kind allows when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Two files of one seed are equal, two of different seeds are not. Made up when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationContent {
    #[serde(alias = "lat")]
    pub latitude: f64,
    #[serde(alias = "lng")]
    pub longitude: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A contact card. `number` is one telephone number, `phones` several; a card has at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactContent {
    pub name: String,
    #[serde(default)]
    pub number: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
}

impl ContactContent {
    /// All numbers of the card, each once.
    pub fn numbers(&self) -> Vec<&str> {
        let mut numbers: Vec<&str> = Vec::with_capacity(self.phones.len() + 1);
        for number in std::iter::once(&self.number).chain(&self.phones) {
            if !number.is_empty() && !numbers.contains(&number.as_str()) {
                numbers.push(number);
            }
        }
        numbers
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReactionContent {
    /// The message reacted to.
    pub id: String,
    /// Empty takes the reaction back.
    pub emoji: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditContent {
    pub id: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeContent {
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollContent {
    pub question: String,
    pub options: Vec<String>,
    /// How many options one may choose; any number when 0 or absent.
    #[serde(default)]
    pub max: u32,
    /// How everybody has voted last. Shown only.
    #[serde(default, skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Number of the voter.
    pub from: String,
    pub options: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollVoteContent {
    /// The poll.
    pub id: String,
    /// The options chosen, by their words. Empty takes the vote back. Absent where a vote cannot be decrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
}

/// The answer to a list of choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAnswerContent {
    pub title: String,
    #[serde(default)]
    pub row_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The answer to a message with buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButtonAnswerContent {
    pub text: String,
    #[serde(default)]
    pub id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownContent {
    /// Number of the field that carries it.
    #[serde(default = "far_away")]
    pub field: u32,
}

/// A field that the protocol is far from having.
fn far_away() -> u32 {
    9_999
}

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuoteContent {
    pub id: String,
    /// Number of its author. Shown only.
    #[serde(default, skip_deserializing, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Its words, as the quote repeats them. Shown only.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A reaction that a message bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// Number of whoever reacted.
    pub from: String,
    pub emoji: String,
}

/// What later messages made of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// The words as they are now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// One of each person, the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
}
