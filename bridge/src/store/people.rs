//! Who a chat is with: one contact for a number and a hidden id, one conversation for a contact on the own number.

use std::sync::Arc;

use ownline_model::{
    channel::Channel,
    contact::{Contact, ContactIdentity, ContactKind},
    conversation::{Conversation, ConversationState, LastMessage, Priority, Scope},
    event::{CustomerPresence, Event, Typing},
    ids::{ContactId, ConversationId},
    limits,
    message::{self, Message},
    phone::PhoneNumber,
    time::UtcMillis,
};
use rusqlite::Connection;

use super::{
    Result, Store, StoreError, change::Change, inbound::WaIdentity, merges, own, phone_state, pictures, table,
    writer::Tx,
};
use crate::time::now;

/// A chat without a word for so long is over, as far as the desk is concerned.
const QUIET_AFTER_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// Whether a chat in which nothing was said since then is over.
pub(super) fn is_long_quiet(since: UtcMillis) -> bool {
    now().since(since) > QUIET_AFTER_MS
}

pub(super) fn identity(contact: &Contact) -> ContactIdentity {
    ContactIdentity {
        id: contact.id,
        phone: contact.phone.clone(),
        lid: contact.lid.clone(),
        push_name: contact.push_name.clone(),
        verified_name: contact.verified_name.clone(),
        username: contact.username.clone(),
        kind: contact.kind,
    }
}

pub(super) fn wa_identity(contact: &Contact) -> WaIdentity {
    WaIdentity { phone: contact.phone.clone(), lid: contact.lid.clone(), kind: contact.kind }
}

pub(super) fn find_contact(connection: &Connection, chat: &WaIdentity) -> Result<Option<Contact>> {
    Ok(find_any(connection, chat)?.filter(|contact| contact.kind == chat.kind))
}

fn find_any(connection: &Connection, chat: &WaIdentity) -> Result<Option<Contact>> {
    let by_phone = chat.phone.as_ref().map(|phone| table::contact::by_phone(connection, phone)).transpose()?.flatten();
    let by_lid = chat.lid.as_deref().map(|lid| table::contact::by_lid(connection, lid)).transpose()?.flatten();
    Ok(match (by_phone, by_lid) {
        (Some(a), Some(b)) if a.id != b.id && merges::are_apart(connection, a.id, b.id)? => Some(b),
        (by_phone, by_lid) => by_phone.or(by_lid),
    })
}

/// The one contact behind an identity: found, merged where number and hidden id were known apart, or made.
pub(super) fn contact_for(tx: &mut Tx<'_>, chat: &WaIdentity, push_name: Option<&str>) -> Result<Contact> {
    let by_phone = chat.phone.as_ref().map(|phone| table::contact::by_phone(tx, phone)).transpose()?.flatten();
    let by_lid = match chat.lid.as_deref() {
        // A hidden id is one contact's only.
        Some(lid) if by_phone.as_ref().is_some_and(|known| known.lid.as_deref() == Some(lid)) => None,
        lid => lid.map(|lid| table::contact::by_lid(tx, lid)).transpose()?.flatten(),
    };
    // The number of two that somebody has parted says less than the hidden id.
    let apart = match (&by_phone, &by_lid) {
        (Some(a), Some(b)) if a.id != b.id => merges::are_apart(tx, a.id, b.id)?,
        _ => false,
    };
    let known = match (by_phone, by_lid) {
        (_, by_lid) if apart => by_lid,
        (Some(a), Some(b)) if a.id != b.id => Some(merge(tx, a, b)?),
        (a, b) => a.or(b),
    };
    let before = known.clone();
    let mut contact = known.unwrap_or_else(|| fresh(chat));
    let named_by_itself = is_named_by_itself(tx, &contact)?;
    // A contact known by its hidden id learns its number, and the other way round. A changed number is followed.
    // Two spellings of one line are no change.
    contact.phone = match (chat.phone.clone().filter(|_| !apart), contact.phone) {
        (Some(told), Some(known)) if known.same_line(&told) => Some(known),
        (told, known) => told.or(known),
    };
    contact.lid = chat.lid.clone().or(contact.lid);
    if let Some(name) = push_name.map(limits::clean_name).filter(|name| !name.is_empty()) {
        contact.push_name = Some(name);
    }
    if named_by_itself {
        contact.name = phone_state::shown_name(tx, &contact)?;
    }
    if before.is_none() {
        contact.username = phone_state::username_of(tx, &contact)?;
    }
    if before.as_ref() != Some(&contact) {
        table::contact::put(tx, &contact)?;
        tx.tell_event(Event::ContactUpdated(contact.clone()));
    }
    Ok(contact)
}

/// WhatsApp lists the customer as a business of this name.
pub(super) fn learn_business(tx: &mut Tx<'_>, contact: &mut Contact, name: Option<&str>) -> Result<()> {
    let name = name.map(limits::clean_name).filter(|name| !name.is_empty());
    if name.is_none() || contact.verified_name == name {
        return Ok(());
    }
    let named_by_itself = is_named_by_itself(tx, contact)?;
    contact.verified_name = name;
    if named_by_itself {
        contact.name = phone_state::shown_name(tx, contact)?;
    }
    table::contact::put(tx, contact)?;
    tx.tell_event(Event::ContactUpdated(contact.clone()));
    Ok(())
}

/// Whether nobody of the team has named the person.
fn is_named_by_itself(connection: &Connection, contact: &Contact) -> Result<bool> {
    Ok(contact.name == identity(contact).display_name()
        || contact.name == phone_state::shown_name(connection, contact)?)
}

fn fresh(chat: &WaIdentity) -> Contact {
    let identity = ContactIdentity {
        id: ContactId::fresh(),
        phone: chat.phone.clone(),
        lid: chat.lid.clone(),
        push_name: None,
        verified_name: None,
        username: None,
        kind: chat.kind,
    };
    Contact {
        id: identity.id,
        version: 0,
        name: identity.display_name(),
        push_name: None,
        verified_name: None,
        phone: identity.phone,
        lid: identity.lid,
        username: None,
        kind: identity.kind,
        picture_id: None,
        email: None,
        tags: Vec::new(),
        notes: String::new(),
        blocked: false,
        opted_out_at: None,
        created_at: now(),
        last_interaction_at: None,
    }
}

/// Two contacts turn out to be one person. The one whose chat the server knows stays, so that what it holds keeps its id;
/// else the one that it knows better.
fn merge(tx: &mut Tx<'_>, by_phone: Contact, by_lid: Contact) -> Result<Contact> {
    let reason = merges::reason(&by_phone, &by_lid);
    let weight = |contact: &Contact| Ok::<_, StoreError>((merges::shared_of(tx, contact.id)?, contact.version));
    let (mut stays, goes) = if weight(&by_lid)? > weight(&by_phone)? { (by_lid, by_phone) } else { (by_phone, by_lid) };
    let by_server = merges::is_the_servers(tx, &goes, &stays)?;
    merges::join(tx, &goes, &stays, reason, by_server)?;
    stays.phone = stays.phone.or(goes.phone);
    stays.lid = stays.lid.or(goes.lid);
    stays.push_name = stays.push_name.or(goes.push_name);
    stays.username = stays.username.or(goes.username);
    stays.last_interaction_at = stays.last_interaction_at.max(goes.last_interaction_at);
    stays.created_at = stays.created_at.min(goes.created_at);
    pictures::keep(tx, &mut stays)?;
    table::contact::put(tx, &stays)?;
    tx.tell_event(Event::ContactUpdated(stays.clone()));
    Ok(stays)
}

/// The conversation of a contact on the own number, found or made. Not stored yet when it is new.
pub(super) fn conversation_for(
    tx: &Tx<'_>,
    channel: &Channel,
    contact: &Contact,
    at: UtcMillis,
) -> Result<(Conversation, bool)> {
    if let Some(conversation) = table::conversation::of(tx, channel.id, contact.id)? {
        return Ok((conversation, false));
    }
    let conversation = Conversation {
        id: ConversationId::fresh(),
        version: 0,
        contact_id: contact.id,
        channel_id: channel.id,
        state: ConversationState::Waiting,
        priority: Priority::default(),
        // Whose words they are was never asked whether the team may read along.
        scope: if contact.kind == ContactKind::Group { Scope::Private } else { own::default_scope(tx)? },
        tags: Vec::new(),
        assignee_id: None,
        ticket_id: None,
        unread: 0,
        last_message: None,
        last_activity_at: at,
        created_at: now(),
    };
    Ok((conversation, true))
}

pub(super) fn as_last(message: &Message) -> LastMessage {
    LastMessage {
        direction: message.direction,
        kind: message.kind,
        preview: message::shown_in_lists(message),
        sender: message.details.sender.as_ref().map(|sender| sender.name.clone()).filter(|name| !name.is_empty()),
        status: message.status,
        at: message.at,
    }
}

/// Stores a conversation and tells the screens.
pub(super) fn put_conversation(tx: &mut Tx<'_>, conversation: Conversation, is_new: bool) -> Result<()> {
    table::conversation::put(tx, &conversation)?;
    tx.tell_event(if is_new { Event::ConversationNew(conversation) } else { Event::ConversationUpdated(conversation) });
    Ok(())
}

/// Where a message is its conversation's newest, the list shows its present state.
pub(super) fn refresh_last(tx: &mut Tx<'_>, message: &Message) -> Result<()> {
    let Some(mut conversation) = table::conversation::get(tx, message.conversation_id)? else { return Ok(()) };
    if table::message::newest(tx, conversation.id)?.is_none_or(|newest| newest.id != message.id) {
        return Ok(());
    }
    // Of a snapshot the newest message may come late; what the server said of it counts until then.
    if conversation.last_message.as_ref().is_some_and(|last| last.at > message.at) {
        return Ok(());
    }
    let last = Some(as_last(message));
    if conversation.last_message != last {
        conversation.last_message = last;
        conversation.last_activity_at = conversation.last_activity_at.max(message.at);
        put_conversation(tx, conversation, false)?;
    }
    Ok(())
}

impl Store {
    /// WhatsApp told that a number and a hidden id are one person: contacts known apart become one. Strangers are not added.
    pub async fn learn_identity(&self, identity: WaIdentity, push_name: Option<String>) -> Result<()> {
        self.write(move |tx| {
            if find_contact(tx, &identity)?.is_some() {
                contact_for(tx, &identity, push_name.as_deref())?;
            }
            Ok(())
        })
        .await
    }

    /// WhatsApp told the name of a business. Strangers are not added.
    pub async fn business_renamed(&self, who: WaIdentity, name: String) -> Result<()> {
        self.write(move |tx| {
            let Some(mut contact) = find_contact(tx, &who)? else { return Ok(()) };
            learn_business(tx, &mut contact, Some(&name))
        })
        .await
    }

    /// The customer types, or stopped. Not stored.
    pub async fn customer_typing(&self, chat: WaIdentity, typing: bool, recording: bool) -> Result<()> {
        let conversation = self.read(move |connection| own_conversation(connection, &chat)).await?;
        if let Some(conversation) = conversation {
            let typing = Typing { conversation_id: conversation.id, typing, recording };
            let _ = self.inner.changes.send(Change::CustomerTyping { typing, scope: conversation.scope });
        }
        Ok(())
    }

    /// The customer looks at WhatsApp, or no longer. Not stored.
    pub async fn customer_presence(&self, chat: WaIdentity, online: bool, last_seen: Option<UtcMillis>) -> Result<()> {
        let conversation = self.read(move |connection| own_conversation(connection, &chat)).await?;
        if let Some(conversation) = conversation {
            let presence = CustomerPresence { conversation_id: conversation.id, online, last_seen };
            let _ = self.inner.changes.send(Change::Event(Arc::new(Event::CustomerPresence(presence))));
        }
        Ok(())
    }

    /// The chat's customer, where the chat is on the own number.
    pub async fn own_chat(&self, conversation: ConversationId) -> Result<Option<WaIdentity>> {
        self.read(move |connection| {
            let id = ConversationId(table::alias::resolve(connection, conversation.0)?);
            let own = own::channel_id(connection)?;
            let Some(found) = table::conversation::get(connection, id)?.filter(|found| Some(found.channel_id) == own)
            else {
                return Ok(None);
            };
            Ok(table::contact::get(connection, found.contact_id)?.as_ref().map(wa_identity))
        })
        .await
    }
}

/// The chat with a customer on the own number.
pub(super) fn own_conversation(connection: &Connection, chat: &WaIdentity) -> Result<Option<Conversation>> {
    let (Some(channel), Some(contact)) = (own::channel_id(connection)?, find_contact(connection, chat)?) else {
        return Ok(None);
    };
    table::conversation::of(connection, channel, contact.id)
}

/// The chat with a number on the own number.
pub(super) fn own_conversation_with(connection: &Connection, phone: PhoneNumber) -> Result<Option<Conversation>> {
    own_conversation(connection, &WaIdentity { phone: Some(phone), ..Default::default() })
}
