//! Messages out: what is on offer to WhatsApp, and how far each has come.

use std::collections::HashSet;

use ownline_model::{
    conversation::Scope,
    details::GroupSender,
    event::Event,
    ids::{ChannelId, ConversationId, MediaId, MessageId},
    message::{Failure, Message, MessageStatus},
    sync::Op,
    time::UtcMillis,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    Result, Store, amend, groups,
    inbound::{MessageRef, StatusNews, ToChange, ToSend, Uploaded, WaIdentity},
    media, own, people, record, row, scope,
    table::{self, message::Told},
    writer::Tx,
};
use crate::time::now;

impl Store {
    /// The oldest queued message of each chat of the own number, not expired, the chats that wait longest first. They stay on
    /// offer until their status moves: the next message of a chat comes after the answer to the one before.
    pub async fn next_to_send(&self, limit: u32) -> Result<Vec<ToSend>> {
        self.read(move |connection| match own::channel_id(connection)? {
            Some(channel) => to_send(connection, channel, limit),
            None => Ok(Vec::new()),
        })
        .await
    }

    /// To be called before each attempt. `false`: it must not be sent any more (expired, failed, sent).
    pub async fn note_attempt(&self, message: MessageId) -> Result<bool> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, message.0)?);
            note_attempt(tx, id)
        })
        .await
    }

    /// Moves statuses forward. Answers which of the news changed something.
    pub async fn advance_statuses(&self, news: Vec<StatusNews>) -> Result<Vec<bool>> {
        self.write(move |tx| news.iter().map(|news| advance(tx, news)).collect()).await
    }

    /// Queued messages whose time has passed fail with `expired`; changes of messages are undone.
    pub async fn expire_due(&self) -> Result<()> {
        self.expire_changes().await?;
        let due = |connection: &Connection| -> Result<Vec<Message>> {
            let Some(channel) = own::channel_id(connection)? else { return Ok(Vec::new()) };
            row::all(
                connection,
                "SELECT body FROM message WHERE channel_id = ? AND status = 'queued' AND expires_at <= ?",
                params![channel.0.into_bytes(), now().0],
            )
        };
        let expired = self.read(due).await?;
        if expired.is_empty() {
            return Ok(());
        }
        let news = expired.into_iter().map(|message| StatusNews {
            message: MessageRef::Id(message.id),
            status: MessageStatus::Failed,
            at: now(),
            failure: Some(Failure {
                code: "expired".to_owned(),
                detail: "It could not be sent in time.".to_owned(),
                retryable: true,
            }),
        });
        self.advance_statuses(news.collect()).await.map(drop)
    }
}

pub(super) fn note_attempt(tx: &Tx<'_>, message: MessageId) -> Result<bool> {
    if table::action::note_attempt(tx, message, now())? {
        return Ok(true);
    }
    let noted = row::run(
        tx,
        "UPDATE message SET attempts = attempts + 1, last_attempt_at = ?1
         WHERE id = ?2 AND status = 'queued' AND (expires_at IS NULL OR expires_at > ?1)",
        params![now().0, message.0.into_bytes()],
    )?;
    Ok(noted > 0)
}

/// Heads of chats, as [`Store::next_to_send`] says. What a rule holds for longer is not among them.
pub(super) fn to_send(connection: &Connection, channel: ChannelId, limit: u32) -> Result<Vec<ToSend>> {
    // Inside a chat the order of the desk, whatever the clocks said.
    let mut statement = connection.prepare_cached(
        "WITH queue AS (
             SELECT m.body, m.attempts, m.last_attempt_at, m.media_id, m.conversation_id,
                 row_number() OVER (PARTITION BY m.conversation_id ORDER BY m.position, m.id) AS place,
                 min(m.rowid) OVER (PARTITION BY m.conversation_id) AS since
             FROM message m
             WHERE m.channel_id = ?1 AND m.status = 'queued' AND m.direction = 'outbound'
                 AND (json_extract(m.body, '$.kind') <> 'text' OR json_extract(m.body, '$.text') IS NOT NULL)
                 AND (m.expires_at IS NULL OR m.expires_at > ?2)
         )
         SELECT q.body, q.attempts, q.last_attempt_at, c.body, q.media_id
         FROM queue q
         JOIN conversation v ON v.id = q.conversation_id
         JOIN contact c ON c.id = v.contact_id
         WHERE q.place = 1 AND coalesce(json_extract(q.body, '$.details.hold.until'), 0) <= ?2 AND (json_extract(q.body, '$.details.content.type') IS NOT 'file'
             OR EXISTS (SELECT 1 FROM file_upload u WHERE u.media_id = q.media_id AND u.direct_path IS NOT NULL))
         ORDER BY q.since
         LIMIT ?3",
    )?;
    let mut rows = statement.query(params![channel.0.into_bytes(), now().0, limit])?;
    let mut waiting = changes(connection, limit)?;
    let changed: HashSet<ConversationId> = waiting.iter().map(|change| change.conversation_id).collect();
    while let Some(row) = rows.next()? {
        let message: Message = serde_json::from_str(&row.get::<_, String>(0)?)?;
        if changed.contains(&message.conversation_id) {
            continue;
        }
        let contact = serde_json::from_str(&row.get::<_, String>(3)?)?;
        let quoted = match &message.details.reply_to {
            Some(quote) => {
                table::message::by_wa_id(connection, message.conversation_id, &quote.wa_id, quote.direction)?
            }
            None => None,
        };
        let media_id = row.get::<_, Option<[u8; 16]>>(4)?.map(|id| MediaId(Uuid::from_bytes(id)));
        let uploaded = match media_id {
            Some(id) => media::uploaded(connection, id, message.kind)?,
            None => None,
        };
        // Its file is on its way: the message leaves after it.
        if message.details.attachment().is_some() && uploaded.is_none() {
            continue;
        }
        waiting.push(ToSend {
            message_id: message.id,
            conversation_id: message.conversation_id,
            wa_id: message.wa_id,
            chat: people::wa_identity(&contact),
            kind: message.kind,
            text: message.text.unwrap_or_default(),
            details: message.details,
            media_id,
            uploaded: uploaded.map(Box::new),
            author: author(connection, quoted.as_ref().and_then(|quoted| quoted.details.sender.as_ref()))?,
            quoted: quoted.map(Box::new),
            change: None,
            attempts: row.get(1)?,
            last_attempt_at: row.get::<_, Option<i64>>(2)?.map(UtcMillis),
            expires_at: message.expires_at,
        });
    }
    Ok(waiting)
}

/// The oldest change of each chat. They are about messages that have left, so they go ahead of those that wait.
fn changes(connection: &Connection, limit: u32) -> Result<Vec<ToSend>> {
    let mut waiting = Vec::new();
    for action in table::action::heads(connection, now(), limit)? {
        let Some(conversation) = table::conversation::get(connection, action.conversation)? else { continue };
        let Some(contact) = table::contact::get(connection, conversation.contact_id)? else { continue };
        let before = action.body.before;
        let uploaded = match table::message::media_of(connection, action.message)? {
            Some(id) => media::uploaded(connection, id, before.kind)?,
            None => None,
        };
        // A file that the phone sent lies where the phone has put it.
        let uploaded = match uploaded {
            Some(uploaded) => Some(uploaded),
            None => table::remote_file::get(connection, action.message)?.map(|file| Uploaded { file, sidecar: None }),
        };
        let sender = before.details.sender.clone();
        waiting.push(ToSend {
            message_id: action.id,
            conversation_id: action.conversation,
            wa_id: action.wa_id,
            chat: people::wa_identity(&contact),
            kind: before.kind,
            text: String::new(),
            details: before.details,
            media_id: None,
            uploaded: uploaded.map(Box::new),
            quoted: None,
            author: author(connection, sender.as_ref())?,
            change: Some(Box::new(ToChange { target: action.body.target, what: action.body.what, at: action.body.at })),
            attempts: action.attempts,
            last_attempt_at: action.last_attempt_at,
            expires_at: action.expires_at,
        });
    }
    Ok(waiting)
}

/// Who wrote a message of a group, as WhatsApp can be told.
fn author(connection: &Connection, sender: Option<&GroupSender>) -> Result<Option<WaIdentity>> {
    match sender {
        Some(sender) => groups::identity_of(connection, &sender.id),
        None => Ok(None),
    }
}

/// News of a change that was on its way. `false`: it is about no such.
fn advance_change(tx: &mut Tx<'_>, news: &StatusNews) -> Result<bool> {
    let action = match &news.message {
        MessageRef::Id(id) => table::action::by_id(tx, *id)?,
        MessageRef::Sent { wa_id, .. } => table::action::by_wa_id(tx, wa_id)?,
    };
    let Some(action) = action else { return Ok(false) };
    amend::settle(tx, &action, news.at, news.failure.as_ref())?;
    Ok(true)
}

fn find(tx: &Tx<'_>, message: &MessageRef) -> Result<Option<Message>> {
    match message {
        MessageRef::Id(id) => {
            let id = MessageId(table::alias::resolve(tx, id.0)?);
            table::message::get(tx, id)
        }
        MessageRef::Sent { chat, wa_id } => {
            let Some(channel) = own::channel_id(tx)? else { return Ok(None) };
            let mut candidates = table::message::sent_as(tx, channel, wa_id)?;
            if candidates.len() > 1
                && let Some(chat) = chat
                && let Some(conversation) = people::own_conversation(tx, chat)?
            {
                candidates.retain(|message| message.conversation_id == conversation.id);
            }
            Ok(candidates.into_iter().next())
        }
    }
}

pub(super) fn advance(tx: &mut Tx<'_>, news: &StatusNews) -> Result<bool> {
    let Some(mut message) = find(tx, &news.message)? else { return advance_change(tx, news) };
    let next = message.status.advance(news.status);
    if next == message.status {
        return Ok(false);
    }
    // A receipt can be faster than WhatsApp's own answer.
    let had_left = !matches!(message.status, MessageStatus::Queued | MessageStatus::Failed);
    if !had_left && next != MessageStatus::Failed {
        groups::left(tx, &message)?;
    }
    message.status = next;
    message.details.hold = None;
    message.failure = if next == MessageStatus::Failed { news.failure.clone() } else { None };
    put_status(tx, &message)?;
    if own::channel_id(tx)? == Some(message.channel_id)
        && scope::tells(scope_of(tx, message.conversation_id)?)
        && table::message::told(tx, message.id)? != Told::Nothing
    {
        let op = Op::MessageStatus {
            message_id: message.id,
            status: message.status,
            at: news.at,
            failure: message.failure.clone(),
        };
        let held = own::is_held(tx)?;
        table::outbox::add(tx, &op, record::about(&message), held)?;
    }
    Ok(true)
}

/// Stores a message whose status moved, and shows it.
pub(super) fn put_status(tx: &mut Tx<'_>, message: &Message) -> Result<()> {
    table::message::put(tx, message)?;
    tx.tell_event(Event::MessageStatus(message.clone()));
    people::refresh_last(tx, message)
}

pub(super) fn scope_of(connection: &Connection, conversation: ConversationId) -> Result<Scope> {
    Ok(table::conversation::get(connection, conversation)?.map_or(Scope::Private, |conversation| conversation.scope))
}

/// Marks (or unmarks) a failed message of the own number as asked for once more by the team.
pub(super) fn set_requeue(connection: &Connection, id: Uuid, asked: bool) -> Result<()> {
    row::run(connection, "UPDATE message SET requeue_asked = ? WHERE id = ?", params![asked, id.into_bytes()])?;
    Ok(())
}
