//! Messages in: one durable transaction for contact, conversation, message, unread count and outbox row.

use std::sync::Arc;

use ownline_model::{
    channel::Channel,
    contact::Contact,
    conversation::{Conversation, ConversationState, Scope},
    event::Event,
    ids::{ConversationId, MessageId, TicketId},
    message::{self, Direction, Message, MessageKind, MessageStatus, Origin},
    sync::Op,
};
use rusqlite::Connection;

use super::{
    Result, Store, StoreError, amend,
    change::{Change, CustomerWrote},
    groups,
    inbound::{InboundFact, Incoming, Keys, RecordOutcome, Recorded, WaIdentity},
    media, own, people, row, safety, scope,
    table::{self, outbox::About},
    writer::Tx,
};

impl Store {
    /// Stores messages and what became of messages in one durable transaction. When this returns, WhatsApp may be told.
    /// Idempotent: a message is known by chat, direction and WhatsApp id. Answers for each message, in order.
    pub async fn record_inbound<T: Into<Incoming>>(&self, facts: Vec<T>) -> Result<Vec<Recorded>> {
        let incoming: Vec<Incoming> = facts.into_iter().map(Into::into).collect();
        self.write(move |tx| all(tx, incoming)).await
    }

    /// The agent read these messages of the customer on the phone.
    pub async fn read_on_phone(&self, chat: WaIdentity, wa_ids: Vec<String>) -> Result<()> {
        self.write(move |tx| {
            let Some(conversation) = people::own_conversation(tx, &chat)? else { return Ok(()) };
            let mut position = None;
            for wa_id in &wa_ids {
                let found = table::message::by_wa_id(tx, conversation.id, wa_id, Direction::Inbound)?;
                position = position.max(found.map(|message| message.position));
            }
            match position {
                Some(position) => mark_read(tx, conversation, position).map(drop),
                None => Ok(()),
            }
        })
        .await
    }
}

/// Answers for each message, in order.
pub(super) fn all(tx: &mut Tx<'_>, incoming: Vec<Incoming>) -> Result<Vec<Recorded>> {
    let channel = own::channel(tx)?.ok_or(StoreError::NotLinked)?;
    let mut recorded = Vec::with_capacity(incoming.len());
    for fact in incoming {
        match fact {
            Incoming::Message(fact) => recorded.push(record(tx, &channel, *fact)?),
            Incoming::Change(fact) => amend::follow(tx, &channel, &fact)?,
        }
    }
    Ok(recorded)
}

fn record(tx: &mut Tx<'_>, channel: &Channel, mut fact: InboundFact) -> Result<Recorded> {
    let push_name = fact.push_name.as_deref().filter(|_| !fact.from_me);
    let mut contact = people::contact_for(tx, &fact.chat, push_name)?;
    people::learn_business(tx, &mut contact, fact.business.as_deref())?;
    let (conversation, is_new) = people::conversation_for(tx, channel, &contact, fact.at)?;
    groups::heard(tx, channel, &fact.chat)?;
    groups::sign(tx, conversation.id, &mut fact)?;
    if let Some(known) = table::message::by_wa_id(tx, conversation.id, &fact.wa_id, fact.direction())? {
        let replaces = known.kind == MessageKind::Undecryptable && fact.kind != MessageKind::Undecryptable;
        let (message_id, conversation_id) = (known.id, conversation.id);
        if replaces {
            replace(tx, channel, known, &contact, conversation.scope, fact)?;
        }
        let outcome = if replaces { RecordOutcome::Replaced } else { RecordOutcome::Known };
        return Ok(Recorded { message_id, conversation_id, outcome });
    }
    if !fact.from_me {
        contact.last_interaction_at = contact.last_interaction_at.max(Some(fact.at));
        table::contact::put(tx, &contact)?;
    }
    let from_me = fact.from_me;
    let place = Place {
        id: MessageId::fresh(),
        position: table::message::next_position(tx, conversation.id)?,
        ticket_id: conversation.ticket_id,
        status: if from_me { MessageStatus::Sent } else { MessageStatus::Delivered },
    };
    let (mut message, keys) = written(channel, conversation.id, fact, place);
    if is_new {
        // Known before anything that refers to it.
        table::conversation::put(tx, &conversation)?;
    }
    complete(tx, channel, &mut message, &keys)?;
    let recorded = Recorded { message_id: message.id, conversation_id: conversation.id, outcome: RecordOutcome::New };
    let scope = conversation.scope;
    store_new(tx, conversation, is_new, &message)?;
    tell_server(tx, &contact, scope, &message)?;
    if from_me {
        groups::left(tx, &message)?;
    } else {
        safety::heard(tx, &contact, scope, &message)?;
        announce(tx, &contact, &message)?;
    }
    Ok(recorded)
}

/// For a notification. A group that is muted on the phone is quiet here too.
fn announce(tx: &mut Tx<'_>, contact: &Contact, message: &Message) -> Result<()> {
    if message.kind == MessageKind::Revoked || groups::is_muted(tx, contact, message.channel_id)? {
        return Ok(());
    }
    let words = message.text.as_deref().unwrap_or_default();
    let preview = match &message.details.sender {
        Some(sender) => message::preview(&format!("{}: {words}", sender.name)),
        None => message::preview(words),
    };
    tx.tell(Change::CustomerWrote(Arc::new(CustomerWrote {
        conversation_id: message.conversation_id,
        contact_id: contact.id,
        message_id: message.id,
        contact_name: contact.name.clone(),
        preview,
    })));
    Ok(())
}

/// What a fact does not say of its message.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub id: MessageId,
    pub position: i64,
    pub ticket_id: Option<TicketId>,
    pub status: MessageStatus,
}

/// A fact as the message it tells of.
pub(super) fn written(
    channel: &Channel,
    conversation_id: ConversationId,
    fact: InboundFact,
    place: Place,
) -> (Message, Keys) {
    let direction = fact.direction();
    let message = Message {
        id: place.id,
        conversation_id,
        channel_id: channel.id,
        ticket_id: place.ticket_id,
        wa_id: fact.wa_id,
        direction,
        origin: if fact.from_me { Origin::Phone } else { Origin::Customer },
        author_id: fact.from_me.then_some(channel.owner_id).filter(|id| !id.0.is_nil()),
        kind: fact.kind,
        text: fact.text,
        status: place.status,
        failure: None,
        position: place.position,
        at: fact.at,
        expires_at: None,
        details: fact.details,
    };
    (message, Keys { remote: fact.remote, secret: fact.secret })
}

/// What opens a file, or the votes of a poll.
pub(super) fn keep_keys(tx: &Tx<'_>, id: MessageId, keys: &Keys) -> Result<()> {
    if let Some(remote) = &keys.remote {
        table::remote_file::put(tx, id, remote)?;
    }
    match keys.secret {
        Some(secret) => table::poll_secret::put(tx, id, secret),
        None => Ok(()),
    }
}

/// What belongs to a message beside its row: its keys, its file, the quoted message, and what waited for it.
fn complete(tx: &mut Tx<'_>, channel: &Channel, message: &mut Message, keys: &Keys) -> Result<()> {
    keep_keys(tx, message.id, keys)?;
    if let Some(remote) = &keys.remote {
        media::received(tx, message, remote)?;
    }
    connect(tx, channel, message)
}

/// Ties a message to the one it answers and to what waited for it.
pub(super) fn connect(tx: &mut Tx<'_>, channel: &Channel, message: &mut Message) -> Result<()> {
    find_quoted(tx, message)?;
    amend::settle_waiting(tx, message, channel)
}

/// Says where this machine has the message that another one answers.
fn find_quoted(connection: &Connection, message: &mut Message) -> Result<()> {
    let conversation = message.conversation_id;
    let Some(quote) = message.details.reply_to.as_mut() else { return Ok(()) };
    for direction in [quote.direction, Direction::Inbound, Direction::Outbound] {
        if let Some(quoted) = table::message::by_wa_id(connection, conversation, &quote.wa_id, direction)? {
            quote.message_id = Some(quoted.id);
            quote.direction = quoted.direction;
            break;
        }
    }
    Ok(())
}

/// A new message in its conversation: last message, unread count, whose turn it is.
pub(super) fn store_new(
    tx: &mut Tx<'_>,
    mut conversation: Conversation,
    is_new: bool,
    message: &Message,
) -> Result<()> {
    conversation.last_message = Some(people::as_last(message));
    conversation.last_activity_at = conversation.last_activity_at.max(message.at);
    match message.direction {
        Direction::Inbound => {
            conversation.unread += 1;
            conversation.state = ConversationState::Active;
        }
        Direction::Outbound => conversation.state = ConversationState::Waiting,
    }
    table::message::put(tx, message)?;
    people::put_conversation(tx, conversation, is_new)?;
    tx.tell_event(Event::MessageNew(message.clone()));
    Ok(())
}

/// Queues a message of the own number for the server, as far as the chat's scope allows.
fn tell_server(tx: &mut Tx<'_>, contact: &Contact, scope: Scope, message: &Message) -> Result<()> {
    let Some(outgoing) = scope::outgoing(scope, message) else { return Ok(()) };
    let op = Op::MessageReceived { contact: people::identity(contact), scope, message: outgoing };
    let held = own::is_held(tx)?;
    table::outbox::add(tx, &op, about(message), held)?;
    Ok(())
}

pub(super) fn about(message: &Message) -> About {
    About {
        channel: Some(message.channel_id),
        conversation: Some(message.conversation_id),
        subject: Some(message.id.0),
    }
}

/// The text of a message that could not be read before.
fn replace(
    tx: &mut Tx<'_>,
    channel: &Channel,
    mut message: Message,
    contact: &Contact,
    scope: Scope,
    fact: InboundFact,
) -> Result<()> {
    message.kind = fact.kind;
    message.text = fact.text;
    message.details = fact.details;
    complete(tx, channel, &mut message, &Keys { remote: fact.remote, secret: fact.secret })?;
    table::message::put(tx, &message)?;
    tx.tell_event(Event::MessageUpdated(message.clone()));
    people::refresh_last(tx, &message)?;
    // The placeholder need not travel any more if it has not left.
    if scope::tells(scope) {
        row::run(
            tx,
            "DELETE FROM outbox WHERE subject_id = ? AND kind = 'message_received' AND refused IS NULL",
            [message.id.0.into_bytes()],
        )?;
    }
    tell_server(tx, contact, scope, &message)
}

/// Marks what a person has seen. Answers with the conversation and the WhatsApp ids that were unseen until now.
pub(super) fn mark_read(
    tx: &mut Tx<'_>,
    mut conversation: Conversation,
    position: i64,
) -> Result<(Conversation, Vec<String>)> {
    let unseen: Vec<Message> = row::all(
        tx,
        "SELECT body FROM message
         WHERE conversation_id = ? AND direction = 'inbound' AND status = 'delivered' AND position <= ? ORDER BY position",
        rusqlite::params![conversation.id.0.into_bytes(), position],
    )?;
    let mut wa_ids = Vec::with_capacity(unseen.len());
    for mut message in unseen {
        message.status = MessageStatus::Read;
        table::message::put(tx, &message)?;
        wa_ids.push(message.wa_id);
    }
    let left: Option<u32> = row::scalar(
        tx,
        "SELECT count(*) FROM message
         WHERE conversation_id = ? AND direction = 'inbound' AND status = 'delivered' AND position > ?",
        rusqlite::params![conversation.id.0.into_bytes(), position],
    )?;
    let left = left.unwrap_or(0);
    if conversation.unread == left && wa_ids.is_empty() {
        return Ok((conversation, wa_ids));
    }
    conversation.unread = left;
    conversation.last_message =
        table::message::newest(tx, conversation.id)?.as_ref().map(people::as_last).or(conversation.last_message);
    people::put_conversation(tx, conversation.clone(), false)?;
    if scope::tells(conversation.scope) {
        let op = Op::ConversationRead { conversation_id: conversation.id, position };
        let about =
            About { channel: Some(conversation.channel_id), conversation: Some(conversation.id), subject: None };
        let held = Some(conversation.channel_id) == own::channel_id(tx)? && own::is_held(tx)?;
        table::outbox::add(tx, &op, about, held)?;
    }
    Ok((conversation, wa_ids))
}
