//! What left this number lately, and how it counts. Kept for itself: neither a merge nor an unlink makes it forget.

use ownline_model::{
    ids::{ConversationId, MessageId},
    time::UtcMillis,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::{
    safety::{Sent, SentAs},
    store::{Result, row},
};

/// Notes a message that leaves. One that has left before keeps its first moment.
pub(in crate::store) fn put(connection: &Connection, sent: &Sent, fingerprint: Option<[u8; 16]>) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO sent (message_id, conversation_id, at, sent_as, fingerprint) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (message_id) DO NOTHING",
        params![
            sent.message.0.into_bytes(),
            sent.chat.0.into_bytes(),
            sent.at.0,
            row::name(&sent.sent_as)?,
            fingerprint
        ],
    )?;
    Ok(())
}

pub(in crate::store) fn since(connection: &Connection, at: UtcMillis) -> Result<Vec<Sent>> {
    let mut statement =
        connection.prepare_cached("SELECT message_id, conversation_id, at, sent_as FROM sent WHERE at > ?")?;
    let mut rows = statement.query([at.0])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let sent_as = match row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)? {
            "reply" => SentAs::Reply,
            "new_chat" => SentAs::NewChat,
            _ => SentAs::Other,
        };
        all.push(Sent {
            message: MessageId(Uuid::from_bytes(row.get(0)?)),
            chat: ConversationId(Uuid::from_bytes(row.get(1)?)),
            at: UtcMillis(row.get(2)?),
            sent_as,
        });
    }
    Ok(all)
}

/// Other chats that got the same words since.
pub(in crate::store) fn alike(
    connection: &Connection,
    fingerprint: [u8; 16],
    except: ConversationId,
    since: UtcMillis,
) -> Result<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT conversation_id FROM sent WHERE fingerprint = ? AND at > ? AND conversation_id <> ?",
    )?;
    let rows = statement.query_map(params![fingerprint, since.0, except.0.into_bytes()], |row| {
        Ok(ConversationId(Uuid::from_bytes(row.get(0)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(in crate::store) fn forget_before(connection: &Connection, at: UtcMillis) -> Result<()> {
    row::run(connection, "DELETE FROM sent WHERE at < ?", [at.0])?;
    Ok(())
}

/// A provisional id gave way to another.
pub(in crate::store) fn rename(connection: &Connection, old: Uuid, new: Uuid) -> Result<()> {
    let (old, new) = (old.into_bytes(), new.into_bytes());
    row::run(connection, "UPDATE sent SET conversation_id = ?2 WHERE conversation_id = ?1", [old, new])?;
    row::run(connection, "UPDATE OR REPLACE sent SET message_id = ?2 WHERE message_id = ?1", [old, new])?;
    Ok(())
}
