//! Chats whose earlier messages are on their way to the team, and how far they are.

use ownline_model::ids::ConversationId;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::store::{Result, row};

pub(in crate::store) fn start(connection: &Connection, chat: ConversationId) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO sharing (conversation_id, after) VALUES (?, ?)
         ON CONFLICT (conversation_id) DO UPDATE SET after = excluded.after",
        params![chat.0.into_bytes(), i64::MIN],
    )?;
    Ok(())
}

pub(in crate::store) fn advance(connection: &Connection, chat: ConversationId, after: i64) -> Result<()> {
    row::run(
        connection,
        "UPDATE sharing SET after = ? WHERE conversation_id = ?",
        params![after, chat.0.into_bytes()],
    )?;
    Ok(())
}

pub(in crate::store) fn stop(connection: &Connection, chat: ConversationId) -> Result<()> {
    row::run(connection, "DELETE FROM sharing WHERE conversation_id = ?", [chat.0.into_bytes()])?;
    Ok(())
}

pub(in crate::store) fn first(connection: &Connection) -> Result<Option<(ConversationId, i64)>> {
    let mut statement =
        connection.prepare_cached("SELECT conversation_id, after FROM sharing ORDER BY rowid LIMIT 1")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((ConversationId(Uuid::from_bytes(row.get(0)?)), row.get(1)?)))
}

/// A provisional id gave way to another.
pub(in crate::store) fn rename(connection: &Connection, old: Uuid, new: Uuid) -> Result<()> {
    row::run(
        connection,
        "UPDATE OR REPLACE sharing SET conversation_id = ?2 WHERE conversation_id = ?1",
        [old.into_bytes(), new.into_bytes()],
    )?;
    Ok(())
}
