//! Messages.

use ownline_model::{
    ids::{ChannelId, ConversationId, MediaId, MessageId},
    message::{Direction, Message},
    time::UtcMillis,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::{Result, history, row};

pub(in crate::store) fn get(connection: &Connection, id: MessageId) -> Result<Option<Message>> {
    row::one(connection, "SELECT body FROM message WHERE id = ?", [id.0.into_bytes()])
}

pub(in crate::store) fn by_wa_id(
    connection: &Connection,
    conversation: ConversationId,
    wa_id: &str,
    direction: Direction,
) -> Result<Option<Message>> {
    row::one(
        connection,
        "SELECT body FROM message WHERE conversation_id = ? AND wa_id = ? AND direction = ?",
        params![conversation.0.into_bytes(), wa_id, row::name(&direction)?],
    )
}

/// Outbound messages of a channel under a WhatsApp id; more than one only by the rarest accident.
pub(in crate::store) fn sent_as(connection: &Connection, channel: ChannelId, wa_id: &str) -> Result<Vec<Message>> {
    row::all(
        connection,
        "SELECT body FROM message WHERE channel_id = ? AND wa_id = ? AND direction = 'outbound'",
        params![channel.0.into_bytes(), wa_id],
    )
}

/// Messages of a channel under a WhatsApp id, whichever chat they are in.
pub(in crate::store) fn named(connection: &Connection, channel: ChannelId, wa_id: &str) -> Result<Vec<Message>> {
    row::all(
        connection,
        "SELECT body FROM message WHERE channel_id = ? AND wa_id = ?",
        params![channel.0.into_bytes(), wa_id],
    )
}

pub(in crate::store) fn newest(connection: &Connection, conversation: ConversationId) -> Result<Option<Message>> {
    row::one(
        connection,
        "SELECT body FROM message WHERE conversation_id = ? ORDER BY position DESC, id DESC LIMIT 1",
        [conversation.0.into_bytes()],
    )
}

pub(in crate::store) fn next_position(connection: &Connection, conversation: ConversationId) -> Result<i64> {
    let newest = connection
        .prepare_cached(
            "SELECT position, json_extract(body, '$.at') FROM message
             WHERE conversation_id = ? ORDER BY position DESC, id DESC LIMIT 1",
        )?
        .query_row([conversation.0.into_bytes()], |row| Ok((row.get::<_, i64>(0)?, UtcMillis(row.get(1)?))))
        .optional()?;
    Ok(match newest {
        Some((position, at)) => position + 1 + history::room_after(connection, at)?,
        None => 1,
    })
}

pub(in crate::store) fn put(connection: &Connection, message: &Message) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO message (id, conversation_id, channel_id, wa_id, direction, status, position, expires_at, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET conversation_id = excluded.conversation_id, channel_id = excluded.channel_id,
             wa_id = excluded.wa_id, status = excluded.status, position = excluded.position,
             expires_at = excluded.expires_at, body = excluded.body",
        params![
            message.id.0.into_bytes(),
            message.conversation_id.0.into_bytes(),
            message.channel_id.0.into_bytes(),
            message.wa_id,
            row::name(&message.direction)?,
            message.status.as_str(),
            message.position,
            message.expires_at.map(|at| at.0),
            serde_json::to_string(message)?
        ],
    )?;
    Ok(())
}

pub(in crate::store) fn delete(connection: &Connection, id: MessageId) -> Result<()> {
    row::run(connection, "DELETE FROM message WHERE id = ?", [id.0.into_bytes()])?;
    Ok(())
}

/// Notes which file of this machine the message takes along.
pub(in crate::store) fn set_media(connection: &Connection, id: MessageId, media: MediaId) -> Result<()> {
    row::run(connection, "UPDATE message SET media_id = ? WHERE id = ?", [media.0.into_bytes(), id.0.into_bytes()])?;
    Ok(())
}

pub(in crate::store) fn media_of(connection: &Connection, id: MessageId) -> Result<Option<MediaId>> {
    let media: Option<Option<[u8; 16]>> =
        row::scalar(connection, "SELECT media_id FROM message WHERE id = ?", [id.0.into_bytes()])?;
    Ok(media.flatten().map(|id| MediaId(uuid::Uuid::from_bytes(id))))
}

/// One message turns out to be another: the file of the first, and that it was tried, go with the second.
pub(in crate::store) fn inherit(connection: &Connection, old: MessageId, new: MessageId) -> Result<()> {
    row::run(
        connection,
        "UPDATE message SET media_id = coalesce(message.media_id, old.media_id),
             attempts = max(message.attempts, old.attempts)
         FROM (SELECT media_id, attempts FROM message WHERE id = ?1) AS old WHERE message.id = ?2",
        [old.0.into_bytes(), new.0.into_bytes()],
    )?;
    Ok(())
}

/// It takes no file along any more, and nobody else does. `false`: it took none.
pub(in crate::store) fn forget_file(connection: &Connection, id: MessageId) -> Result<bool> {
    let file = "(SELECT media_id FROM message WHERE id = ?)";
    let forgotten = row::run(connection, &format!("DELETE FROM local_file WHERE id = {file}"), [id.0.into_bytes()])?;
    row::run(connection, &format!("DELETE FROM file_upload WHERE media_id = {file}"), [id.0.into_bytes()])?;
    row::run(connection, "UPDATE message SET media_id = NULL WHERE id = ?", [id.0.into_bytes()])?;
    Ok(forgotten > 0)
}

/// What the server knows of a message, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Told {
    Nothing = 0,
    /// That it is there.
    Bare = 1,
    /// What it says, too.
    Words = 2,
}

pub(in crate::store) fn set_told(connection: &Connection, id: MessageId, told: Told) -> Result<()> {
    row::run(
        connection,
        "UPDATE message SET told = ?1 WHERE id = ?2 AND told < ?1",
        params![told as i64, id.0.into_bytes()],
    )?;
    Ok(())
}

/// The server is to forget what the messages of a chat say.
pub(in crate::store) fn take_back_words(connection: &Connection, conversation: ConversationId) -> Result<()> {
    row::run(
        connection,
        "UPDATE message SET told = 1 WHERE conversation_id = ? AND told > 1",
        [conversation.0.into_bytes()],
    )?;
    Ok(())
}

pub(in crate::store) fn told(connection: &Connection, id: MessageId) -> Result<Told> {
    let told: Option<i64> = row::scalar(connection, "SELECT told FROM message WHERE id = ?", [id.0.into_bytes()])?;
    Ok(match told {
        Some(2..) => Told::Words,
        Some(1) => Told::Bare,
        _ => Told::Nothing,
    })
}
