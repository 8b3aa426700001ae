//! Wire to model, pure: what a received message is to the desk. Each message of a one-to-one chat becomes a fact; a kind that
//! cannot be shown keeps its place with words that say what it is.

use ownline_model::{
    details::MessageDetails,
    limits::clean_name,
    message::{Direction, MessageKind},
    time::UtcMillis,
};
use whatsapp_rust::{
    Jid,
    wacore::types::message::{EditAttribute, MessageCategory, MessageInfo},
    wacore_binary::JidExt as _,
    waproto::whatsapp as wa,
};

use super::{
    content::{self, Change, Content},
    identity,
};
use crate::store::inbound::{Author, ChangeFact, InboundFact, Incoming, Target, WaIdentity};

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

/// Why a stanza is no message of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotForTheDesk {
    Broadcast,
    Newsletter,
    /// Keys, history announcements and other talk between an account's own devices.
    Service,
    /// Not a message but what became of one.
    Change,
    /// The account's chat with itself.
    OwnChat,
    /// Announcements by WhatsApp and addresses that are no person.
    NoPerson,
}

/// What a stanza says to the desk: a message, or what became of one.
pub(super) fn incoming(message: &wa::Message, info: &MessageInfo, own: &Own) -> Result<Incoming, NotForTheDesk> {
    let chat = chat_of(info, own)?;
    if info.category == MessageCategory::Peer {
        return Err(NotForTheDesk::Service);
    }
    match content::of(message, own) {
        Content::Message(read) => Ok(InboundFact {
            kind: read.kind,
            text: read.text,
            details: read.details,
            remote: read.remote,
            secret: read.secret,
            ..bare(info, chat)
        }
        .into()),
        Content::Change(change) => Ok(self::change(change, info, chat, own).into()),
        Content::Service => Err(NotForTheDesk::Service),
    }
}

/// A message only.
pub(super) fn fact(message: &wa::Message, info: &MessageInfo, own: &Own) -> Result<InboundFact, NotForTheDesk> {
    match incoming(message, info, own)? {
        Incoming::Message(fact) => Ok(*fact),
        Incoming::Change(_) => Err(NotForTheDesk::Change),
    }
}

/// Whoever makes a change names its message from the own side: in a chat between two, what is not theirs is the other's. In a
/// group the name of its author stands beside it.
fn change(change: Change, info: &MessageInfo, chat: WaIdentity, own: &Own) -> ChangeFact {
    let from_me = info.source.is_from_me;
    let outbound = if change.target.own || !chat.is_group() {
        change.target.own == from_me
    } else {
        change.target.author.is_some_and(|author| own.is(&author))
    };
    ChangeFact {
        wa_id: info.id.clone(),
        by: author(info, &chat).map(|author| author.person),
        as_admin: chat.is_group() && info.edit == EditAttribute::AdminRevoke,
        chat,
        from_me,
        at: UtcMillis(info.timestamp.timestamp_millis()),
        made_at: change.made_at,
        target: Target {
            wa_id: change.target.wa_id,
            direction: if outbound { Direction::Outbound } else { Direction::Inbound },
        },
        what: change.what,
    }
}

/// What every message has.
fn bare(info: &MessageInfo, chat: WaIdentity) -> InboundFact {
    InboundFact {
        wa_id: info.id.clone(),
        author: author(info, &chat),
        from_me: info.source.is_from_me,
        push_name: push_name(info).filter(|_| !chat.is_group()),
        business: business(info).filter(|_| !chat.is_group()),
        kind: MessageKind::Unknown,
        text: None,
        at: UtcMillis(info.timestamp.timestamp_millis()),
        details: MessageDetails::default(),
        remote: None,
        secret: None,
        chat,
    }
}

/// A message that cannot be decrypted yet: a placeholder, replaced in place when the sender's phone repeats it.
pub(super) fn undecryptable(info: &MessageInfo, view_once: bool, own: &Own) -> Result<InboundFact, NotForTheDesk> {
    let chat = chat_of(info, own)?;
    if info.category == MessageCategory::Peer {
        return Err(NotForTheDesk::Service);
    }
    let kind = if view_once { MessageKind::ViewOnce } else { MessageKind::Undecryptable };
    Ok(InboundFact { kind, ..bare(info, chat) })
}

/// On an own message it would be the own business.
fn business(info: &MessageInfo) -> Option<String> {
    let name = info.verified_name.as_ref().filter(|_| !info.source.is_from_me)?.name.as_deref()?;
    Some(clean_name(name)).filter(|name| !name.is_empty())
}

fn chat_of(info: &MessageInfo, own: &Own) -> Result<WaIdentity, NotForTheDesk> {
    let source = &info.source;
    let chat = &source.chat;
    if chat.is_group() {
        let group = identity::chat(chat);
        return if group.is_empty() { Err(NotForTheDesk::NoPerson) } else { Ok(group) };
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

/// Who wrote in a group, where it was not the agent.
fn author(info: &MessageInfo, chat: &WaIdentity) -> Option<Author> {
    let source = &info.source;
    let person = identity::person_of(&source.sender, source.sender_alt.as_ref());
    (chat.is_group() && !source.is_from_me).then(|| Author { person, name: push_name(info) })
}

fn push_name(info: &MessageInfo) -> Option<String> {
    if info.source.is_from_me {
        return None;
    }
    let verified = || info.verified_name.as_ref().and_then(|verified| verified.name.as_deref());
    let name = Some(info.push_name.as_str()).filter(|name| !name.trim().is_empty()).or_else(verified)?;
    Some(clean_name(name)).filter(|name| !name.is_empty())
}

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
