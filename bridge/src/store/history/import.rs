//! One chat of a chunk: its messages among those that are here, its gap, its unread count.

use ownline_model::{
    channel::Channel,
    conversation::{Conversation, ConversationState},
    details::MessageDetails,
    ids::{ConversationId, MessageId},
    message::{Direction, Message, MessageKind, MessageStatus, Origin},
    time::UtcMillis,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    HistoryChat, HistoryMessage, OlderThan, Tally, is_mark,
    place::{Seat, seats},
};
use crate::{
    store::{
        Result, groups,
        inbound::Keys,
        own, people,
        phone_state::{self, PhoneMark},
        record::{self, Place},
        row, table,
        writer::Tx,
    },
    time::now,
};

pub(super) fn chat(
    tx: &mut Tx<'_>,
    channel: &Channel,
    mut item: HistoryChat,
) -> Result<(Option<ConversationId>, Tally)> {
    let mut tally = Tally { failed: u64::from(item.failed), ..Tally::default() };
    if item.chat.is_empty() {
        tally.skipped += item.messages.len() as u64;
        return Ok((None, tally));
    }
    item.messages.sort_by_key(|message| message.fact.at);
    let push_name = if item.chat.is_group() {
        item.name.take()
    } else {
        item.messages.iter().rev().find_map(|message| message.fact.push_name.clone())
    };
    let known = people::find_contact(tx, &item.chat)?.is_some();
    if item.messages.is_empty() && !known {
        // A name in the phone's list without a word ever written is no chat of the desk.
        return Ok((None, tally));
    }
    note_marks(tx, channel, &item)?;
    let contact = people::contact_for(tx, &item.chat, push_name.as_deref())?;
    let newest = item.messages.last().map_or_else(now, |message| message.fact.at);
    let (conversation, is_new) = people::conversation_for(tx, channel, &contact, newest)?;
    if is_new {
        table::conversation::put(tx, &conversation)?;
        tally.conversations += 1;
    }
    groups::heard(tx, channel, &item.chat)?;
    for message in &mut item.messages {
        groups::sign(tx, conversation.id, &mut message.fact)?;
    }
    let Split { fresh, overlap } = split(tx, conversation.id, item.messages, &mut tally)?;
    tally.messages += fresh.len() as u64;
    let oldest_fresh = fresh.first().map(|message| message.fact.at);
    let boundary = insert(tx, channel, &conversation, fresh, item.unread)?;
    mark_gap(tx, channel, conversation.id, oldest_fresh.zip(boundary), overlap, item.more)?;
    if let Some(more) = item.more {
        row::run(
            tx,
            "UPDATE conversation SET older_on_phone = ? WHERE id = ?",
            params![more, conversation.id.0.into_bytes()],
        )?;
    }
    let id = conversation.id;
    summarise(tx, conversation, is_new)?;
    Ok((Some(id), tally))
}

/// What the phone keeps of the chat. What is not set there is not told: the state of the phone itself comes another way.
fn note_marks(tx: &mut Tx<'_>, channel: &Channel, item: &HistoryChat) -> Result<()> {
    let marks = [
        item.name.clone().map(|name| PhoneMark::Name(Some(name))),
        item.username.clone().map(PhoneMark::Username),
        item.on_phone.archived.then_some(PhoneMark::Archived(true)),
        item.on_phone.pinned.then_some(PhoneMark::Pinned(true)),
        item.on_phone.muted_until.map(|until| PhoneMark::MutedUntil(Some(until))),
    ];
    for mark in marks.into_iter().flatten() {
        phone_state::note(tx, &channel.number, &item.chat, mark)?;
    }
    Ok(())
}

struct Split {
    /// Not here yet, oldest first.
    fresh: Vec<HistoryMessage>,
    /// The oldest of those that are here already.
    overlap: Option<UtcMillis>,
}

fn split(tx: &Tx<'_>, id: ConversationId, messages: Vec<HistoryMessage>, tally: &mut Tally) -> Result<Split> {
    let mut split = Split { fresh: Vec::with_capacity(messages.len()), overlap: None };
    for message in messages {
        match table::message::by_wa_id(tx, id, &message.fact.wa_id, message.fact.direction())? {
            Some(known) => {
                split.overlap = split.overlap.min(Some(known.at)).or(Some(known.at));
                if known.kind == MessageKind::Undecryptable && message.fact.kind != MessageKind::Undecryptable {
                    let (read, keys) = readable(known, message);
                    record::keep_keys(tx, read.id, &keys)?;
                    table::message::put(tx, &read)?;
                    tally.messages += 1;
                } else {
                    tally.skipped += 1;
                }
            }
            None => split.fresh.push(message),
        }
    }
    Ok(split)
}

/// The phone could read what this machine could not.
fn readable(known: Message, message: HistoryMessage) -> (Message, Keys) {
    let fact = message.fact;
    let read = Message { kind: fact.kind, text: fact.text, details: fact.details, ..known };
    (read, Keys { remote: fact.remote, secret: fact.secret })
}

/// Stores messages in their places. Answers with the newest message that was here before and is older than all of them.
fn insert(
    tx: &mut Tx<'_>,
    channel: &Channel,
    conversation: &Conversation,
    fresh: Vec<HistoryMessage>,
    unread: u32,
) -> Result<Option<Seat>> {
    let times: Vec<UtcMillis> = fresh.iter().map(|message| message.fact.at).collect();
    let (Some(oldest), Some(newest)) = (times.first(), times.last()) else { return Ok(None) };
    let seated = seated(tx, conversation.id, *newest)?;
    let positions = seats(&seated, &times);
    let boundary = seated.iter().rev().find(|seat| seat.at < *oldest).copied();
    let inbound = fresh.iter().filter(|message| !message.fact.from_me).count();
    let mut read = inbound.saturating_sub(unread as usize);
    for (message, position) in fresh.into_iter().zip(positions) {
        let HistoryMessage { fact, status } = message;
        let status = if fact.from_me {
            status
        } else if read > 0 {
            read -= 1;
            MessageStatus::Read
        } else {
            MessageStatus::Delivered
        };
        // Tickets are for what comes from now on.
        let place = Place { id: MessageId(id_of(fact.at)), position, ticket_id: None, status };
        let (mut stored, keys) = record::written(channel, conversation.id, fact, place);
        record::keep_keys(tx, stored.id, &keys)?;
        record::connect(tx, channel, &mut stored)?;
        table::message::put(tx, &stored)?;
    }
    Ok(boundary)
}

/// The messages that decide where others go: only the oldest one where all that comes is older still.
fn seated(connection: &Connection, id: ConversationId, newest: UtcMillis) -> Result<Vec<Seat>> {
    let seat = |row: &rusqlite::Row<'_>| Ok(Seat { position: row.get(0)?, at: UtcMillis(row.get(1)?) });
    let sql =
        "SELECT position, json_extract(body, '$.at') FROM message WHERE conversation_id = ? ORDER BY position, id";
    let oldest: Vec<Seat> = connection
        .prepare_cached(&format!("{sql} LIMIT 1"))?
        .query_map([id.0.into_bytes()], seat)?
        .collect::<Result<_, _>>()?;
    if oldest.first().is_none_or(|oldest| oldest.at > newest) {
        return Ok(oldest);
    }
    Ok(connection.prepare_cached(sql)?.query_map([id.0.into_bytes()], seat)?.collect::<Result<_, _>>()?)
}

/// An id that sorts by the message's own time.
fn id_of(at: UtcMillis) -> Uuid {
    let millis = at.0.max(0).unsigned_abs();
    let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, millis / 1000, nanos))
}

/// Between what was here before a time without this machine and what the phone hands over lies what it has not handed over:
/// a mark stands there until they meet.
fn mark_gap(
    tx: &Tx<'_>,
    channel: &Channel,
    id: ConversationId,
    edge: Option<(UtcMillis, Seat)>,
    overlap: Option<UtcMillis>,
    more: Option<bool>,
) -> Result<()> {
    let marks: Vec<Message> = row::all(
        tx,
        "SELECT body FROM message WHERE conversation_id = ? AND wa_id >= 'gap-' AND wa_id < 'gap.' ORDER BY position",
        [id.0.into_bytes()],
    )?;
    for mark in &marks {
        // Something older than the gap is among what came, or the phone has no more.
        if more == Some(false) || overlap.is_some_and(|overlap| overlap < mark.at) {
            table::message::delete(tx, mark.id)?;
        }
    }
    let Some((oldest, below)) = edge else { return Ok(()) };
    if more != Some(true) || overlap.is_some_and(|overlap| overlap < oldest) || !marks.is_empty() {
        return Ok(());
    }
    let position = below.position + 1;
    let wa_id = format!("gap-{position}");
    let mark = Message {
        id: MessageId(id_of(below.at.plus_millis(1))),
        conversation_id: id,
        channel_id: channel.id,
        ticket_id: None,
        wa_id,
        direction: Direction::Inbound,
        origin: Origin::Customer,
        author_id: None,
        kind: MessageKind::Gap,
        text: None,
        status: MessageStatus::Read,
        failure: None,
        position,
        at: below.at.plus_millis(1),
        expires_at: None,
        details: MessageDetails::default(),
    };
    table::message::put(tx, &mark)
}

/// The conversation after its messages: the last one, what is unread, whose turn it is.
fn summarise(tx: &Tx<'_>, mut conversation: Conversation, is_new: bool) -> Result<()> {
    let unread: Option<u32> = row::scalar(
        tx,
        "SELECT count(*) FROM message WHERE conversation_id = ? AND direction = 'inbound' AND status = 'delivered'",
        [conversation.id.0.into_bytes()],
    )?;
    conversation.unread = unread.unwrap_or(0);
    if let Some(newest) = table::message::newest(tx, conversation.id)?.filter(|newest| !is_mark(newest.kind)) {
        conversation.last_activity_at = if is_new { newest.at } else { conversation.last_activity_at.max(newest.at) };
        conversation.last_message = Some(people::as_last(&newest));
    }
    if is_new {
        conversation.state = if conversation.unread > 0 {
            ConversationState::Active
        } else if people::is_long_quiet(conversation.last_activity_at) {
            ConversationState::Closed
        } else {
            ConversationState::Waiting
        };
        conversation.created_at = conversation.created_at.min(conversation.last_activity_at);
    }
    table::conversation::put(tx, &conversation)
}

pub(super) fn older_than(
    connection: &Connection,
    conversation: ConversationId,
    before: Option<MessageId>,
) -> Result<Option<OlderThan>> {
    let id = ConversationId(table::alias::resolve(connection, conversation.0)?);
    let Some(conversation) = table::conversation::get(connection, id)? else { return Ok(None) };
    if own::channel_id(connection)? != Some(conversation.channel_id) {
        return Ok(None);
    }
    let floor = match before {
        Some(mark) => table::message::get(connection, mark)?.map(|mark| mark.position),
        None => None,
    };
    // A gap is asked about from the message above it.
    let upper: Option<Message> = row::one(
        connection,
        "SELECT body FROM message WHERE conversation_id = ? AND position > ? AND NOT (wa_id >= 'gap-' AND wa_id < 'gap.')
         ORDER BY position, id LIMIT 1",
        params![id.0.into_bytes(), floor.unwrap_or(i64::MIN)],
    )?;
    let (Some(message), Some(contact)) = (upper, table::contact::get(connection, conversation.contact_id)?) else {
        return Ok(None);
    };
    Ok(Some(OlderThan {
        chat: people::wa_identity(&contact),
        wa_id: message.wa_id,
        from_me: message.direction == Direction::Outbound,
        at: message.at,
    }))
}
