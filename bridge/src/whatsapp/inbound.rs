//! Wire to model, pure: what a received message is to the desk. Each message of a one-to-one chat becomes a fact; a kind that
//! cannot be shown keeps its place with words that say what it is.

use ownline_model::{
    details::MessageDetails,
    limits::{TEXT_MAX_CHARS, clean_name},
    message::MessageKind,
    time::UtcMillis,
};
use whatsapp_rust::{
    Jid,
    wacore::{
        proto_helpers::MessageExt as _,
        types::message::{MessageCategory, MessageInfo},
    },
    wacore_binary::JidExt as _,
    waproto::{
        buffa::MessageField,
        whatsapp::{self as wa, message::protocol_message::Type as ProtocolType},
    },
};

use super::{content, identity};
use crate::store::inbound::{InboundFact, WaIdentity};

/// The linked account's own addresses.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    pub(super) pn: Option<Jid>,
    pub(super) lid: Option<Jid>,
}

impl Own {
    pub(super) fn is(&self, jid: &Jid) -> bool {
        [&self.pn, &self.lid]
            .into_iter()
            .flatten()
            .any(|own| own.user == jid.user && own.server.is_lid_family() == jid.server.is_lid_family())
    }
}

/// Why a stanza is no message of a customer's chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotForTheDesk {
    Group,
    Broadcast,
    Newsletter,
    /// Keys, history announcements and other talk between an account's own devices.
    Service,
    /// The account's chat with itself.
    OwnChat,
    /// Announcements by WhatsApp and addresses that are no person.
    NoPerson,
}

pub(super) fn fact(message: &wa::Message, info: &MessageInfo, own: &Own) -> Result<InboundFact, NotForTheDesk> {
    let chat = chat_of(info, own)?;
    if info.category == MessageCategory::Peer || is_service(message) {
        return Err(NotForTheDesk::Service);
    }
    let (kind, text) = content::of(message);
    Ok(InboundFact {
        wa_id: info.id.clone(),
        from_me: info.source.is_from_me,
        push_name: push_name(info),
        kind,
        text: text.map(|text| bounded(&text)).filter(|text| !text.is_empty()),
        at: UtcMillis(info.timestamp.timestamp_millis()),
        details: MessageDetails::default(),
        remote: None,
        chat,
    })
}

/// A message that cannot be decrypted yet: a placeholder, replaced in place when the sender's phone repeats it.
pub(super) fn undecryptable(info: &MessageInfo, view_once: bool, own: &Own) -> Result<InboundFact, NotForTheDesk> {
    let chat = chat_of(info, own)?;
    if info.category == MessageCategory::Peer {
        return Err(NotForTheDesk::Service);
    }
    Ok(InboundFact {
        wa_id: info.id.clone(),
        from_me: info.source.is_from_me,
        push_name: push_name(info),
        kind: if view_once { MessageKind::ViewOnce } else { MessageKind::Undecryptable },
        text: None,
        at: UtcMillis(info.timestamp.timestamp_millis()),
        details: MessageDetails::default(),
        remote: None,
        chat,
    })
}

fn chat_of(info: &MessageInfo, own: &Own) -> Result<WaIdentity, NotForTheDesk> {
    let source = &info.source;
    let chat = &source.chat;
    if chat.is_group() {
        return Err(NotForTheDesk::Group);
    }
    if chat.is_newsletter() {
        return Err(NotForTheDesk::Newsletter);
    }
    if chat.is_broadcast_list() || chat.is_status_broadcast() {
        return Err(NotForTheDesk::Broadcast);
    }
    if own.is(chat) {
        return Err(NotForTheDesk::OwnChat);
    }
    let other = if source.is_from_me {
        source.recipient_alt.as_ref().or(info.peer_recipient_pn.as_ref())
    } else {
        source.sender_alt.as_ref()
    };
    let person = identity::person_of(chat, other);
    if person.is_empty() { Err(NotForTheDesk::NoPerson) } else { Ok(person) }
}

/// Protocol messages are the devices' own business, except the two that a person makes: deleting and editing.
fn is_service(message: &wa::Message) -> bool {
    let base = message.get_base_message();
    if let Some(protocol) = base.protocol_message.as_option() {
        return !matches!(protocol.r#type, Some(ProtocolType::REVOKE | ProtocolType::MESSAGE_EDIT));
    }
    if !base.sender_key_distribution_message.is_set() {
        return false;
    }
    // Whether there is anything inside but what belongs to the envelope.
    let mut content = base.clone();
    content.message_context_info = MessageField::none();
    content.sender_key_distribution_message = MessageField::none();
    content.fast_ratchet_key_sender_key_distribution_message = MessageField::none();
    content == wa::Message::default()
}

fn push_name(info: &MessageInfo) -> Option<String> {
    if info.source.is_from_me {
        return None;
    }
    let verified = || info.verified_name.as_ref().and_then(|verified| verified.name.as_deref());
    let name = Some(info.push_name.as_str()).filter(|name| !name.trim().is_empty()).or_else(verified)?;
    Some(clean_name(name)).filter(|name| !name.is_empty())
}

/// Strangers write this: it is capped, and NUL, which ends strings in some places, goes.
fn bounded(text: &str) -> String {
    text.chars().filter(|&character| character != '\0').take(TEXT_MAX_CHARS).collect()
}

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
