//! Wire to model, pure: what a received message says. A kind that cannot be shown keeps its place in the chat and says
//! what WhatsApp calls it. Strangers write all of this: every size is bounded here.

mod answers;
mod bounds;
mod changes;
mod context;
mod files;
mod shared;
mod unknown;
mod vcard;
mod wrappers;

#[cfg(test)]
mod tests;

use ownline_model::{
    details::{Content as Carried, MessageDetails},
    message::MessageKind,
};
use whatsapp_rust::waproto::whatsapp::{self as wa, message::protocol_message::Type as ProtocolType};

use super::inbound::Own;
use crate::store::inbound::{MessageSecret, RemoteFile};

pub(super) use changes::Change;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Something in the chat.
    Message(Box<Read>),
    /// Something about a message that is in the chat.
    Change(Change),
    /// The devices' own talk.
    Service,
}

/// What a message says and carries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    pub(super) kind: MessageKind,
    pub(super) text: Option<String>,
    pub(super) details: MessageDetails,
    pub(super) remote: Option<Box<RemoteFile>>,
    /// Opens the votes of a poll.
    pub(super) secret: Option<MessageSecret>,
}

impl Read {
    fn new(kind: MessageKind, text: Option<String>) -> Self {
        let text = text.map(|text| bounds::text(&text)).filter(|text| !text.trim().is_empty());
        Self { kind, text, details: MessageDetails::default(), remote: None, secret: None }
    }

    fn carrying(mut self, content: Carried) -> Self {
        self.details.content = Some(Box::new(content));
        self
    }
}

pub(super) fn of(message: &wa::Message, own: &Own) -> Content {
    let unwrapped = wrappers::unwrap(message);
    let base = unwrapped.message;
    if unwrapped.view_once {
        return Content::Message(Box::new(Read::new(MessageKind::ViewOnce, None)));
    }
    if let Some(change) = changes::of(base) {
        return Content::Change(change);
    }
    if is_service(base) {
        return Content::Service;
    }
    let mut read = read(base);
    context::add(&mut read.details, base, own);
    if read.kind == MessageKind::Poll {
        read.secret = shared::secret(message).or_else(|| shared::secret(base));
    }
    Content::Message(Box::new(read))
}

/// The words of a message's new wording.
fn words(message: &wa::Message) -> Option<String> {
    read(wrappers::unwrap(message).message).text
}

fn read(base: &wa::Message) -> Read {
    written(base)
        .or_else(|| files::of(base))
        .or_else(|| shared::of(base))
        .or_else(|| answers::of(base))
        .unwrap_or_else(|| Read::new(MessageKind::Unknown, None).carrying(Carried::Other { name: unknown::name(base) }))
}

/// A link's preview repeats what the text says, in pictures of strangers: it is left out.
fn written(message: &wa::Message) -> Option<Read> {
    let extended = || message.extended_text_message.as_option().and_then(|extended| extended.text.clone());
    let text = message.conversation.clone().or_else(extended)?;
    Some(Read::new(MessageKind::Text, Some(text)))
}

/// Protocol messages are the devices' own business, except the two that a person makes, which are changes. Keys for a group's
/// messages come alone or beside something to read. An album only announces how many pictures follow.
fn is_service(base: &wa::Message) -> bool {
    if let Some(protocol) = base.protocol_message.as_option() {
        return !matches!(protocol.r#type, Some(ProtocolType::REVOKE | ProtocolType::MESSAGE_EDIT));
    }
    base.album_message.is_set() || (base.sender_key_distribution_message.is_set() && unknown::is_bare(base))
}
