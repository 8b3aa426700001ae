//! What a story waits for, and complains about when it does not come.

use std::time::Duration;

use super::words::{Result, Words};
use crate::control::transcript::MessageJson;

/// Long enough for a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq)]
pub(in crate::control) struct Expectation {
    pub what: What,
    pub within: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::control) enum What {
    /// `PERSON has …`: as many messages as fit, or at least one.
    Has { person: String, from: Option<String>, wanted: Wanted, count: Option<usize> },
    /// A message of the story got so far.
    Status { label: String, status: &'static str },
    /// Devices are linked to the phone and connected.
    Linked { phone: String, devices: usize },
    /// Nothing waits for the phone's linked devices.
    Drained { phone: String },
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::control) enum Wanted {
    Text(String),
    Kind(&'static str),
    Anything,
}

const STATUSES: &[&str] = &["sent", "delivered", "read", "played"];
const KINDS: &[&str] = &[
    "image",
    "video",
    "audio",
    "voice",
    "document",
    "sticker",
    "location",
    "contact",
    "contacts",
    "reaction",
    "edit",
    "revoke",
    "poll",
    "poll_vote",
    "list_answer",
    "button_answer",
    "other",
];

impl Expectation {
    /// `PERSON has "text"|KIND|N messages [from PERSON]`, `NAME delivered`, `PERSON linked [N]`, `PERSON drained`; then
    /// `within TIME`.
    pub(super) fn parse(words: &mut Words<'_>) -> Result<Self> {
        let what = if words.peek().is_some_and(|word| words.known.labels.contains(&word.text)) {
            let label = words.label()?;
            let status = words.bare("sent, delivered, read or played")?;
            match STATUSES.iter().find(|known| **known == status) {
                Some(status) => What::Status { label, status },
                None => return words.error("a message is sent, delivered, read or played"),
            }
        } else {
            let person = words.person()?;
            match words.bare("has, linked or drained")? {
                "has" => Self::has(person, words)?,
                "linked" => {
                    let some = words.peek().is_some_and(|word| word.text.parse::<usize>().is_ok());
                    let devices = if some { words.parsed("a number")? } else { 1 };
                    What::Linked { phone: person, devices }
                }
                "drained" => What::Drained { phone: person },
                _ => return words.error("a person has something, is linked, or is drained"),
            }
        };
        let within = if words.keyword("within") { words.duration()? } else { PATIENCE };
        Ok(Self { what, within })
    }

    fn has(person: String, words: &mut Words<'_>) -> Result<What> {
        let mut count = None;
        let wanted = if words.is_quoted() {
            Wanted::Text(words.quoted("a text")?)
        } else {
            let word = words.bare("a text, a kind or a number")?;
            if let Ok(number) = word.parse() {
                words.expect("messages")?;
                count = Some(number);
                Wanted::Anything
            } else {
                match KINDS.iter().find(|kind| **kind == word) {
                    Some(kind) => Wanted::Kind(kind),
                    None => {
                        return words.error(format!("here a text in quotes, a number or one of {}", KINDS.join(", ")));
                    }
                }
            }
        };
        let from = if words.keyword("from") { Some(words.person()?) } else { None };
        Ok(What::Has { person, from, wanted, count })
    }
}

impl Wanted {
    /// Whether a line of a transcript, as JSON, is what is wanted. A file must have been fetched and be whole.
    pub(super) fn fits(&self, message: &MessageJson) -> bool {
        let line = serde_json::to_value(message).unwrap_or_default();
        let is_in = line["direction"] == "in";
        is_in
            && match self {
                Self::Text(text) => line["text"] == text.as_str() && line["kind"] != "edit",
                Self::Kind(kind) if line["kind"] == "media" => {
                    line["media"]["kind"] == *kind && line["media"]["fetched"]["state"] != "failed"
                }
                Self::Kind(kind) => line["kind"] == *kind,
                Self::Anything => true,
            }
    }
}
