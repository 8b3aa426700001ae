//! Files that lie sealed on this machine. A message names its file in `message.media_id`.

use ownline_model::{
    details::Attachment,
    ids::{MediaId, MessageId},
    message::MessageKind,
};
use rusqlite::{Connection, Params, params};
use uuid::Uuid;

use crate::store::{Result, row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    pub id: MediaId,
    /// What a message with it is.
    pub kind: MessageKind,
    pub attachment: Attachment,
    /// In `media/`.
    pub name: String,
    /// Bytes of the plain file.
    pub size: u64,
}

fn one(connection: &Connection, condition: &str, params: impl Params) -> Result<Option<LocalFile>> {
    let sql = format!("SELECT id, kind, attachment, name, size FROM local_file WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(LocalFile {
        id: MediaId(Uuid::from_bytes(row.get(0)?)),
        kind: serde_json::from_value(serde_json::Value::String(row.get(1)?))?,
        attachment: serde_json::from_str(&row.get::<_, String>(2)?)?,
        name: row.get(3)?,
        size: row.get::<_, i64>(4)?.unsigned_abs(),
    }))
}

pub(in crate::store) fn get(connection: &Connection, id: MediaId) -> Result<Option<LocalFile>> {
    one(connection, "id = ?", [id.0.into_bytes()])
}

pub(in crate::store) fn of_message(connection: &Connection, message: MessageId) -> Result<Option<LocalFile>> {
    one(connection, "id = (SELECT media_id FROM message WHERE id = ?)", [message.0.into_bytes()])
}

pub(in crate::store) fn put(connection: &Connection, file: &LocalFile, created_at: i64) -> Result<()> {
    row::run(
        connection,
        "INSERT OR REPLACE INTO local_file (id, kind, attachment, name, size, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            file.id.0.into_bytes(),
            row::name(&file.kind)?,
            serde_json::to_string(&file.attachment)?,
            file.name,
            i64::try_from(file.size).unwrap_or(i64::MAX),
            created_at
        ],
    )?;
    Ok(())
}

/// The message that has taken it.
pub(in crate::store) fn taken_by(connection: &Connection, id: MediaId) -> Result<Option<MessageId>> {
    let taker: Option<[u8; 16]> =
        row::scalar(connection, "SELECT id FROM message WHERE media_id = ? LIMIT 1", [id.0.into_bytes()])?;
    Ok(taker.map(|id| MessageId(Uuid::from_bytes(id))))
}

/// Forgets what no message has taken since `before`.
pub(in crate::store) fn forget_unused(connection: &Connection, before: i64) -> Result<usize> {
    row::run(
        connection,
        "DELETE FROM local_file WHERE created_at < ?
             AND NOT EXISTS (SELECT 1 FROM message m WHERE m.media_id = local_file.id)",
        [before],
    )
}

pub(in crate::store) fn forget_of_message(connection: &Connection, message: MessageId) -> Result<()> {
    let id = message.0.into_bytes();
    row::run(connection, "DELETE FROM local_file WHERE id = (SELECT media_id FROM message WHERE id = ?)", [id])?;
    row::run(connection, "UPDATE message SET media_id = NULL WHERE id = ?", [id])?;
    Ok(())
}

/// Forgets the files of a chat.
pub(in crate::store) fn forget_of_chat(connection: &Connection, conversation: Uuid) -> Result<usize> {
    let forgotten = row::run(
        connection,
        "DELETE FROM local_file WHERE id IN
             (SELECT media_id FROM message WHERE conversation_id = ? AND media_id IS NOT NULL)",
        [conversation.into_bytes()],
    )?;
    row::run(
        connection,
        "UPDATE message SET media_id = NULL WHERE conversation_id = ? AND media_id IS NOT NULL",
        [conversation.into_bytes()],
    )?;
    Ok(forgotten)
}

/// Every name in `media/` that a row knows.
pub(in crate::store) fn names(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM local_file
             UNION ALL SELECT part FROM file_fetch WHERE part IS NOT NULL
             UNION ALL SELECT name FROM picture WHERE name IS NOT NULL",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
