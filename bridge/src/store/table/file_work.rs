//! Work on files that outlives a restart: to fetch, to hand to WhatsApp, to share with the team's server.

use ownline_model::ids::{MediaId, MessageId};
use rusqlite::{Connection, params};

use super::remote_file::{MediaKey, RemoteFile, RemoteMedia};
use crate::store::{Result, row};

/// A file of this machine as WhatsApp has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub file: RemoteFile,
    /// Lets a film or a sound play before it is whole.
    pub sidecar: Option<Vec<u8>>,
}

/// Answers whether that is new.
pub(in crate::store) fn want(connection: &Connection, message: MessageId, asked: bool) -> Result<bool> {
    let new = row::run(
        connection,
        "INSERT INTO file_fetch (message_id, asked) VALUES (?1, ?2)
         ON CONFLICT (message_id) DO UPDATE SET asked = max(asked, ?2) WHERE asked < ?2",
        params![message.0.into_bytes(), asked],
    )?;
    Ok(new > 0)
}

pub(in crate::store) fn is_wanted(connection: &Connection, message: MessageId) -> Result<bool> {
    let found: Option<i64> =
        row::scalar(connection, "SELECT 1 FROM file_fetch WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(found.is_some())
}

pub(in crate::store) fn set_part(connection: &Connection, message: MessageId, part: &str) -> Result<()> {
    let set = "UPDATE file_fetch SET part = ? WHERE message_id = ?";
    row::run(connection, set, params![part, message.0.into_bytes()])?;
    Ok(())
}

pub(in crate::store) fn fetched(connection: &Connection, message: MessageId) -> Result<()> {
    row::run(connection, "DELETE FROM file_fetch WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(())
}

/// The key for the way to WhatsApp: the same at every attempt, and fresh where the last one is older than `stale`.
pub(in crate::store) fn upload_key(
    connection: &Connection,
    media: MediaId,
    fresh: [u8; 32],
    stale: i64,
) -> Result<[u8; 32]> {
    let id = media.0.into_bytes();
    row::run(connection, "DELETE FROM file_upload WHERE media_id = ? AND key_timestamp < ?", params![id, stale])?;
    row::run(connection, "INSERT OR IGNORE INTO file_upload (media_id, media_key) VALUES (?, ?)", params![id, fresh])?;
    let key: Option<[u8; 32]> = row::scalar(connection, "SELECT media_key FROM file_upload WHERE media_id = ?", [id])?;
    Ok(key.unwrap_or(fresh))
}

pub(in crate::store) fn put_uploaded(connection: &Connection, media: MediaId, uploaded: &Uploaded) -> Result<()> {
    let file = &uploaded.file;
    row::run(
        connection,
        "INSERT OR REPLACE INTO file_upload
             (media_id, media_key, direct_path, url, sha256, enc_sha256, size, key_timestamp, sidecar)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            media.0.into_bytes(),
            file.media_key.0,
            file.direct_path,
            file.url,
            file.sha256,
            file.enc_sha256,
            i64::try_from(file.size).unwrap_or(i64::MAX),
            file.key_timestamp,
            uploaded.sidecar
        ],
    )?;
    Ok(())
}

/// What WhatsApp has of a file, unless it is too old to be relied on.
pub(in crate::store) fn uploaded(
    connection: &Connection,
    media: MediaId,
    kind: RemoteMedia,
    stale: i64,
) -> Result<Option<Uploaded>> {
    let mut statement = connection.prepare_cached(
        "SELECT media_key, direct_path, url, sha256, enc_sha256, size, key_timestamp, sidecar
         FROM file_upload WHERE media_id = ? AND direct_path IS NOT NULL AND key_timestamp >= ?",
    )?;
    let mut rows = statement.query(params![media.0.into_bytes(), stale])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let file = RemoteFile {
        media: kind,
        media_key: MediaKey(row.get(0)?),
        direct_path: row.get(1)?,
        url: row.get(2)?,
        sha256: row.get(3)?,
        enc_sha256: row.get(4)?,
        size: row.get::<_, i64>(5)?.unsigned_abs(),
        key_timestamp: row.get(6)?,
    };
    Ok(Some(Uploaded { file, sidecar: row.get(7)? }))
}

pub(in crate::store) fn share(connection: &Connection, message: MessageId) -> Result<()> {
    row::run(connection, "INSERT OR IGNORE INTO file_share (message_id) VALUES (?)", [message.0.into_bytes()])?;
    Ok(())
}

pub(in crate::store) fn shared(connection: &Connection, message: MessageId) -> Result<()> {
    row::run(connection, "DELETE FROM file_share WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(())
}

/// The message has another id now.
pub(in crate::store) fn rename(connection: &Connection, old: MessageId, new: MessageId) -> Result<()> {
    let ids = [new.0.into_bytes(), old.0.into_bytes()];
    for table in ["file_fetch", "file_share"] {
        row::run(connection, &format!("UPDATE OR IGNORE {table} SET message_id = ? WHERE message_id = ?"), ids)?;
        row::run(connection, &format!("DELETE FROM {table} WHERE message_id = ?"), [old.0.into_bytes()])?;
    }
    Ok(())
}
