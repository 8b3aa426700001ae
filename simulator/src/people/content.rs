//! Between what a message says and its protobuf.

use waproto::buffa::MessageField;
use waproto::whatsapp::message::{self as parts, protocol_message::Type};
use waproto::whatsapp::{Message, MessageKey};

use crate::network::address::Address;
use crate::network::now_ms;
use crate::world::{
    ContactContent, Content, EditContent, LocationContent, MediaContent, ReactionContent, Result, RevokeContent,
    WorldError,
};

/// The longest text.
pub(super) const MAX_TEXT: usize = 65_536;

/// How a message travels beside its ciphertext.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope {
    pub kind: &'static str,
    /// The `edit` attribute.
    pub edit: Option<&'static str>,
}

pub(super) fn envelope(message: &Message) -> Envelope {
    if message.reaction_message.is_set() {
        return Envelope { kind: "reaction", edit: None };
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        let edit = match protocol.r#type {
            Some(Type::MESSAGE_EDIT) => Some("1"),
            Some(Type::REVOKE) => Some("7"),
            _ => None,
        };
        return Envelope { kind: "text", edit };
    }
    let media = message.location_message.is_set() || message.contact_message.is_set() || media(message).is_some();
    Envelope { kind: if media { "media" } else { "text" }, edit: None }
}

/// What is to be said to `peer`. `own` tells whether the message that a reaction names was written by the author.
pub(super) fn to_message(content: &Content, peer: u64, own: impl FnOnce(&str) -> bool) -> Result<Message> {
    let key = |id: &str, from_me: bool| {
        MessageField::some(MessageKey {
            remote_jid: Some(Address::phone(peer).jid().to_string()),
            from_me: Some(from_me),
            id: Some(id.to_owned()),
            participant: None,
        })
    };
    let mut message = Message::default();
    match content {
        Content::Text(text) => {
            check_text(text)?;
            message.conversation = Some(text.clone());
        }
        Content::Location(location) => {
            message.location_message = MessageField::some(parts::LocationMessage {
                degrees_latitude: Some(location.latitude),
                degrees_longitude: Some(location.longitude),
                name: location.name.clone(),
                ..Default::default()
            });
        }
        Content::Contact(contact) => {
            let number = &contact.number;
            message.contact_message = MessageField::some(parts::ContactMessage {
                display_name: Some(contact.name.clone()),
                vcard: Some(format!(
                    "BEGIN:VCARD\nVERSION:3.0\nFN:{}\nTEL;type=CELL;waid={number}:+{number}\nEND:VCARD",
                    contact.name
                )),
                ..Default::default()
            });
        }
        Content::Reaction(reaction) => {
            message.reaction_message = MessageField::some(parts::ReactionMessage {
                key: key(&reaction.id, own(&reaction.id)),
                text: Some(reaction.emoji.clone()),
                sender_timestamp_ms: Some(now_ms()),
                ..Default::default()
            });
        }
        Content::Edit(edit) => {
            check_text(&edit.text)?;
            message.protocol_message = MessageField::some(parts::ProtocolMessage {
                key: key(&edit.id, true),
                r#type: Some(Type::MESSAGE_EDIT),
                edited_message: MessageField::some(Message {
                    conversation: Some(edit.text.clone()),
                    ..Default::default()
                }),
                timestamp_ms: Some(now_ms()),
                ..Default::default()
            });
        }
        Content::Revoke(revoke) => {
            message.protocol_message = MessageField::some(parts::ProtocolMessage {
                key: key(&revoke.id, true),
                r#type: Some(Type::REVOKE),
                ..Default::default()
            });
        }
        Content::Media(_) => return Err(WorldError::UnsupportedContent("media")),
        Content::Other(_) => return Err(WorldError::UnsupportedContent("other")),
    }
    Ok(message)
}

fn check_text(text: &str) -> Result<()> {
    if text.is_empty() || text.len() > MAX_TEXT { Err(WorldError::BadContent) } else { Ok(()) }
}

/// What a decrypted message says.
pub(super) fn from_message(message: &Message) -> Content {
    if let Some(text) = &message.conversation {
        return Content::Text(text.clone());
    }
    if let Some(text) = message.extended_text_message.as_option() {
        return Content::Text(text.text.clone().unwrap_or_default());
    }
    if let Some(reaction) = message.reaction_message.as_option() {
        return Content::Reaction(ReactionContent {
            id: id_of(&reaction.key),
            emoji: reaction.text.clone().unwrap_or_default(),
        });
    }
    if let Some(location) = message.location_message.as_option() {
        return Content::Location(LocationContent {
            latitude: location.degrees_latitude.unwrap_or_default(),
            longitude: location.degrees_longitude.unwrap_or_default(),
            name: location.name.clone(),
        });
    }
    if let Some(contact) = message.contact_message.as_option() {
        let vcard = contact.vcard.clone().unwrap_or_default();
        let number = vcard.split_once("waid=").map(|(_, rest)| rest).unwrap_or_default();
        return Content::Contact(ContactContent {
            name: contact.display_name.clone().unwrap_or_default(),
            number: number.chars().take_while(char::is_ascii_digit).collect(),
        });
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return match protocol.r#type {
            Some(Type::REVOKE) => Content::Revoke(RevokeContent { id: id_of(&protocol.key) }),
            Some(Type::MESSAGE_EDIT) => Content::Edit(EditContent {
                id: id_of(&protocol.key),
                text: match protocol.edited_message.as_option().map(from_message) {
                    Some(Content::Text(text)) => text,
                    _ => String::new(),
                },
            }),
            other => Content::Other(format!("protocol_message {other:?}")),
        };
    }
    for wrapped in [&message.ephemeral_message, &message.edited_message, &message.view_once_message] {
        if let Some(inner) = wrapped.as_option().and_then(|wrapped| wrapped.message.as_option()) {
            return from_message(inner);
        }
    }
    media(message).map_or_else(|| Content::Other("unknown".to_owned()), Content::Media)
}

fn id_of(key: &MessageField<MessageKey>) -> String {
    key.as_option().and_then(|key| key.id.clone()).unwrap_or_default()
}

/// Names a medium without its bytes, which are not fetched.
fn media(message: &Message) -> Option<MediaContent> {
    let named = |kind: &str, mime: &Option<String>, caption: Option<String>, file_name: Option<String>| MediaContent {
        kind: kind.to_owned(),
        mime: mime.clone().unwrap_or_default(),
        data: String::new(),
        caption,
        file_name,
    };
    if let Some(image) = message.image_message.as_option() {
        return Some(named("image", &image.mimetype, image.caption.clone(), None));
    }
    if let Some(video) = message.video_message.as_option() {
        return Some(named("video", &video.mimetype, video.caption.clone(), None));
    }
    if let Some(audio) = message.audio_message.as_option() {
        let kind = if audio.ptt == Some(true) { "voice" } else { "audio" };
        return Some(named(kind, &audio.mimetype, None, None));
    }
    if let Some(document) = message.document_message.as_option() {
        return Some(named("document", &document.mimetype, document.caption.clone(), document.file_name.clone()));
    }
    message.sticker_message.as_option().map(|sticker| named("sticker", &sticker.mimetype, None, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_comes_back() {
        let said = [
            Content::Text("Grüße 👋".to_owned()),
            Content::Reaction(ReactionContent { id: "A1".to_owned(), emoji: "👍".to_owned() }),
            Content::Edit(EditContent { id: "A1".to_owned(), text: "better".to_owned() }),
            Content::Revoke(RevokeContent { id: "A1".to_owned() }),
            Content::Location(LocationContent { latitude: 52.5, longitude: 13.4, name: Some("Berlin".to_owned()) }),
            Content::Contact(ContactContent { name: "Ada".to_owned(), number: "4915112345678".to_owned() }),
        ];
        for content in said {
            let message = to_message(&content, 4_915_100_000_001, |_| true).expect("sendable");
            assert_eq!(from_message(&message), content);
        }
    }

    #[test]
    fn empty_and_endless_texts_are_refused() {
        for text in [String::new(), "x".repeat(MAX_TEXT + 1)] {
            assert_eq!(to_message(&Content::Text(text), 1, |_| true), Err(WorldError::BadContent));
        }
        assert!(to_message(&Content::Text("x".repeat(MAX_TEXT)), 1, |_| true).is_ok());
    }
}
