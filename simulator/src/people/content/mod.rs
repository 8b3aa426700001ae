//! Between what a message says and its protobuf.

mod file;
mod read;
mod write;

use waproto::whatsapp::Message;
use waproto::whatsapp::message::protocol_message::Type;

pub(super) use file::{FileRef, Uploaded, file_of};
pub(super) use read::{context_of, from_message, words};
#[cfg(test)]
pub(super) use write::vcard;
pub(super) use write::{Named, SealedVote, Surroundings, to_message};

/// The longest text, in bytes.
pub(super) const MAX_TEXT: usize = 65_536;

/// How a message travels beside its ciphertext.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The `type` attribute of the stanza.
    pub kind: &'static str,
    /// The `edit` attribute.
    pub edit: Option<&'static str>,
    /// The `mediatype` attribute of each ciphertext.
    pub media: Option<&'static str>,
    /// Whoever cannot decrypt it need not show that something was there.
    pub hide: bool,
    /// `polltype` of the `<meta>` that goes with polls and votes.
    pub poll: Option<&'static str>,
    /// Linked devices of the other side are only told that it came.
    pub view_once: bool,
}

pub(super) fn envelope(message: &Message) -> Envelope {
    let inner = unwrapped(message);
    let view_once = inner.view_once;
    let message = inner.message;
    let text = Envelope { kind: "text", ..Envelope::default() };
    if let Some(reaction) = message.reaction_message.as_option() {
        // Taking a reaction back is a deletion.
        let edit = (reaction.text.as_deref() == Some("")).then_some("7");
        return Envelope { kind: "reaction", edit, hide: true, ..text };
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return match protocol.r#type {
            Some(Type::MESSAGE_EDIT) => Envelope { edit: Some("1"), hide: true, ..text },
            Some(Type::REVOKE) => Envelope { edit: Some("7"), ..text },
            _ => text,
        };
    }
    if message.poll_creation_message.is_set() || message.poll_creation_message_v3.is_set() {
        return Envelope { kind: "poll", poll: Some("creation"), ..text };
    }
    if message.poll_update_message.is_set() {
        return Envelope { kind: "poll", poll: Some("vote"), hide: true, ..text };
    }
    match media_type(message) {
        Some(media) => Envelope { kind: "media", media: Some(media), view_once, ..text },
        None => text,
    }
}

fn media_type(message: &Message) -> Option<&'static str> {
    if let Some(audio) = message.audio_message.as_option() {
        return Some(if audio.ptt == Some(true) { "ptt" } else { "audio" });
    }
    if let Some(video) = message.video_message.as_option() {
        return Some(if video.gif_playback == Some(true) { "gif" } else { "video" });
    }
    [
        (message.image_message.is_set(), "image"),
        (message.document_message.is_set(), "document"),
        (message.sticker_message.is_set(), "sticker"),
        (message.location_message.is_set(), "location"),
        (message.contact_message.is_set(), "vcard"),
        (message.contacts_array_message.is_set(), "contact_array"),
        (message.list_response_message.is_set(), "list_response"),
        (message.buttons_response_message.is_set(), "buttons_response"),
    ]
    .into_iter()
    .find_map(|(set, name)| set.then_some(name))
}

struct Unwrapped<'m> {
    message: &'m Message,
    view_once: bool,
}

/// What is inside of the wrappers that say how a message is to be treated.
fn unwrapped(message: &Message) -> Unwrapped<'_> {
    let once = [&message.view_once_message, &message.view_once_message_v2, &message.view_once_message_v2_extension];
    let others = [
        &message.ephemeral_message,
        &message.edited_message,
        &message.document_with_caption_message,
        &message.group_mentioned_message,
    ];
    let wrappers =
        once.into_iter().map(|wrapper| (wrapper, true)).chain(others.into_iter().map(|other| (other, false)));
    for (wrapper, view_once) in wrappers {
        if let Some(inner) = wrapper.as_option().and_then(|wrapper| wrapper.message.as_option()) {
            let inner = unwrapped(inner);
            return Unwrapped { view_once: view_once || inner.view_once, ..inner };
        }
    }
    Unwrapped { message, view_once: false }
}

#[cfg(test)]
mod tests;
