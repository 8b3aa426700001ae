//! Model to wire, pure: what leaves for a queued message or a change of one.

mod cards;
mod files;
mod quote;

#[cfg(test)]
mod tests;

use ownline_model::{
    details::{Content, Place},
    message::{Direction, MessageKind},
};
use whatsapp_rust::{
    Jid,
    wacore_binary::JidExt as _,
    waproto::{
        buffa::MessageField,
        whatsapp::{
            self as wa,
            message::{
                ContactMessage, ContactsArrayMessage, ExtendedTextMessage, LocationMessage, ProtocolMessage,
                ReactionMessage, protocol_message::Type as ProtocolType,
            },
        },
    },
};

use super::{identity, inbound::Own};
use crate::store::inbound::{ToChange, ToSend, What};

/// Why a message has no form on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unbuildable {
    #[error("the file that belongs to it is not at WhatsApp")]
    NoFile,
    #[error("this kind of message cannot be sent")]
    Kind,
}

/// `to`: where it goes, which names the chat inside it too. `uses_lids`: people there go by their hidden ids.
pub(super) fn message(message: &ToSend, to: &Jid, own: &Own, uses_lids: bool) -> Result<wa::Message, Unbuildable> {
    if let Some(change) = &message.change {
        return self::change(message, change, to, uses_lids);
    }
    let context = quote::context(message, to, own, uses_lids);
    match (message.kind, message.details.content.as_deref()) {
        (MessageKind::Text, _) => Ok(text(&message.text, context)),
        (MessageKind::Location, Some(Content::Place(place))) => Ok(location(place, context)),
        (MessageKind::ContactCard, Some(Content::Cards { cards })) => Ok(contacts(cards, context)),
        (kind, Some(Content::File(file))) => {
            let uploaded = message.uploaded.as_deref().ok_or(Unbuildable::NoFile)?;
            let caption = Some(message.text.clone()).filter(|caption| !caption.is_empty());
            files::of(kind, file, uploaded, caption, context).ok_or(Unbuildable::Kind)
        }
        _ => Err(Unbuildable::Kind),
    }
}

/// A text that WhatsApp shows as written. Links and answers go as an extended text, links without a preview: the machine that
/// holds the number fetches nothing on behalf of a text.
fn text(words: &str, context: MessageField<wa::ContextInfo>) -> wa::Message {
    if context.is_set() || words.contains("://") || words.contains("www.") {
        let extended =
            ExtendedTextMessage { text: Some(words.to_owned()), context_info: context, ..Default::default() };
        wa::Message { extended_text_message: MessageField::some(extended), ..Default::default() }
    } else {
        wa::Message { conversation: Some(words.to_owned()), ..Default::default() }
    }
}

fn location(place: &Place, context: MessageField<wa::ContextInfo>) -> wa::Message {
    let location = LocationMessage {
        degrees_latitude: Some(place.latitude),
        degrees_longitude: Some(place.longitude),
        name: place.name.clone(),
        address: place.address.clone(),
        context_info: context,
        ..Default::default()
    };
    wa::Message { location_message: MessageField::some(location), ..Default::default() }
}

fn contacts(cards: &[ownline_model::details::ContactCard], context: MessageField<wa::ContextInfo>) -> wa::Message {
    let contact = |card: &ownline_model::details::ContactCard| ContactMessage {
        display_name: Some(card.name.clone()),
        vcard: Some(cards::vcard(card)),
        ..Default::default()
    };
    if let [card] = cards {
        let contact = ContactMessage { context_info: context, ..contact(card) };
        return wa::Message { contact_message: MessageField::some(contact), ..Default::default() };
    }
    let array = ContactsArrayMessage {
        display_name: Some(format!("{} contacts", cards.len())),
        contacts: cards.iter().map(contact).collect(),
        context_info: context,
    };
    wa::Message { contacts_array_message: MessageField::some(array), ..Default::default() }
}

/// The other one of a chat between two; in a group, whoever wrote the message that this one is about.
fn author(message: &ToSend, to: &Jid, uses_lids: bool) -> Option<Jid> {
    if !to.is_group() {
        return Some(to.clone());
    }
    message.author.as_ref().and_then(|author| identity::wire_address(author, uses_lids))
}

fn change(message: &ToSend, change: &ToChange, to: &Jid, uses_lids: bool) -> Result<wa::Message, Unbuildable> {
    let inbound = change.target.direction == Direction::Inbound;
    let participant = author(message, to, uses_lids).filter(|_| inbound && to.is_group());
    let key = MessageField::some(wa::MessageKey {
        remote_jid: Some(to.to_non_ad_string()),
        from_me: Some(change.target.direction == Direction::Outbound),
        id: Some(change.target.wa_id.clone()),
        participant: participant.as_ref().map(Jid::to_non_ad_string),
    });
    let protocol = match &change.what {
        What::Reacted { emoji } => {
            let reaction = ReactionMessage {
                key,
                text: Some(emoji.clone().unwrap_or_default()),
                sender_timestamp_ms: Some(change.at.0),
                ..Default::default()
            };
            return Ok(wa::Message { reaction_message: MessageField::some(reaction), ..Default::default() });
        }
        What::Revoked => ProtocolMessage { key, r#type: Some(ProtocolType::REVOKE), ..Default::default() },
        What::Edited { text } => ProtocolMessage {
            key,
            r#type: Some(ProtocolType::MESSAGE_EDIT),
            edited_message: MessageField::some(reworded(message, text.as_deref().unwrap_or_default())?),
            timestamp_ms: Some(change.at.0),
            ..Default::default()
        },
        What::Voted(_) => return Err(Unbuildable::Kind),
    };
    Ok(wa::Message { protocol_message: MessageField::some(protocol), ..Default::default() })
}

/// The message as it would have been with the new words.
fn reworded(message: &ToSend, words: &str) -> Result<wa::Message, Unbuildable> {
    match (message.details.attachment(), message.uploaded.as_deref()) {
        (None, _) => Ok(text(words, MessageField::none())),
        (Some(file), Some(uploaded)) => {
            files::of(message.kind, file, uploaded, Some(words.to_owned()), MessageField::none())
                .ok_or(Unbuildable::Kind)
        }
        (Some(_), None) => Err(Unbuildable::NoFile),
    }
}
