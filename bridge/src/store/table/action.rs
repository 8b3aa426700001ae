//! Changes of messages that were asked for here and that WhatsApp has not acknowledged yet. A row dies with the answer.

use ownline_model::{
    ids::{ConversationId, MessageId},
    time::UtcMillis,
};
use rusqlite::{Connection, Params, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::{
    Result,
    inbound::{Target, What},
    row,
};

#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct Action {
    /// Rises in the order in which they were asked for; 0 until it is stored.
    pub(in crate::store) seq: i64,
    /// To the sender it is a message like any other.
    pub(in crate::store) id: MessageId,
    /// Fixed before the first attempt.
    pub(in crate::store) wa_id: String,
    pub(in crate::store) conversation: ConversationId,
    pub(in crate::store) message: MessageId,
    pub(in crate::store) body: Body,
    pub(in crate::store) attempts: u32,
    pub(in crate::store) last_attempt_at: Option<UtcMillis>,
    /// When WhatsApp takes it no longer.
    pub(in crate::store) expires_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Body {
    pub(in crate::store) target: Target,
    pub(in crate::store) what: What,
    pub(in crate::store) at: UtcMillis,
    /// What was shown before.
    pub(in crate::store) before: Before,
}

/// Of the message, as far as a change can touch it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct Before {
    pub(in crate::store) kind: ownline_model::message::MessageKind,
    pub(in crate::store) text: Option<String>,
    pub(in crate::store) details: ownline_model::details::MessageDetails,
}

const COLUMNS: &str = "seq, id, wa_id, conversation_id, message_id, body, attempts, last_attempt_at, expires_at";

fn read(row: &Row<'_>) -> Result<Action> {
    Ok(Action {
        seq: row.get(0)?,
        id: MessageId(Uuid::from_bytes(row.get(1)?)),
        wa_id: row.get(2)?,
        conversation: ConversationId(Uuid::from_bytes(row.get(3)?)),
        message: MessageId(Uuid::from_bytes(row.get(4)?)),
        body: serde_json::from_str(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?)?,
        attempts: row.get(6)?,
        last_attempt_at: row.get::<_, Option<i64>>(7)?.map(UtcMillis),
        expires_at: row.get::<_, Option<i64>>(8)?.map(UtcMillis),
    })
}

fn all(connection: &Connection, rest: &str, params: impl Params) -> Result<Vec<Action>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM action {rest}"))?;
    let mut rows = statement.query(params)?;
    let mut actions = Vec::new();
    while let Some(row) = rows.next()? {
        actions.push(read(row)?);
    }
    Ok(actions)
}

pub(in crate::store) fn add(connection: &Connection, action: &Action) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO action (id, wa_id, conversation_id, message_id, body, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            action.id.0.into_bytes(),
            action.wa_id,
            action.conversation.0.into_bytes(),
            action.message.0.into_bytes(),
            serde_json::to_string(&action.body)?,
            action.expires_at.map(|at| at.0)
        ],
    )?;
    Ok(())
}

pub(in crate::store) fn by_id(connection: &Connection, id: MessageId) -> Result<Option<Action>> {
    Ok(all(connection, "WHERE id = ?", [id.0.into_bytes()])?.into_iter().next())
}

pub(in crate::store) fn by_wa_id(connection: &Connection, wa_id: &str) -> Result<Option<Action>> {
    Ok(all(connection, "WHERE wa_id = ?", [wa_id])?.into_iter().next())
}

/// The oldest of each chat.
pub(in crate::store) fn heads(connection: &Connection, now: UtcMillis, limit: u32) -> Result<Vec<Action>> {
    all(
        connection,
        "WHERE seq IN (SELECT min(seq) FROM action WHERE expires_at IS NULL OR expires_at > ? GROUP BY conversation_id)
         ORDER BY seq LIMIT ?",
        params![now.0, limit],
    )
}

pub(in crate::store) fn expired(connection: &Connection, now: UtcMillis) -> Result<Vec<Action>> {
    all(connection, "WHERE expires_at <= ?", [now.0])
}

/// Those of the same message that were asked for after it.
pub(in crate::store) fn after(connection: &Connection, action: &Action) -> Result<Vec<Action>> {
    all(connection, "WHERE message_id = ? AND seq > ? ORDER BY seq", params![action.message.0.into_bytes(), action.seq])
}

/// `false`: it must not be sent any more.
pub(in crate::store) fn note_attempt(connection: &Connection, id: MessageId, now: UtcMillis) -> Result<bool> {
    let noted = row::run(
        connection,
        "UPDATE action SET attempts = attempts + 1, last_attempt_at = ?1
         WHERE id = ?2 AND (expires_at IS NULL OR expires_at > ?1)",
        params![now.0, id.0.into_bytes()],
    )?;
    Ok(noted > 0)
}

pub(in crate::store) fn put_body(connection: &Connection, seq: i64, body: &Body) -> Result<()> {
    row::run(connection, "UPDATE action SET body = ? WHERE seq = ?", params![serde_json::to_string(body)?, seq])?;
    Ok(())
}

pub(in crate::store) fn remove(connection: &Connection, seq: i64) -> Result<()> {
    row::run(connection, "DELETE FROM action WHERE seq = ?", [seq])?;
    Ok(())
}

/// A chat or a message has another id now.
pub(in crate::store) fn rename(connection: &Connection, old: Uuid, new: Uuid) -> Result<()> {
    for column in ["conversation_id", "message_id"] {
        connection.execute(
            &format!("UPDATE action SET {column} = ? WHERE {column} = ?"),
            params![new.into_bytes(), old.into_bytes()],
        )?;
    }
    Ok(())
}
