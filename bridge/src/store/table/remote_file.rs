//! Received files as WhatsApp keeps them: where, and the key that opens them. Rows of this table never leave the machine.

use ownline_model::ids::MessageId;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::store::{Result, row};

/// Which of WhatsApp's keys and paths a file uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteMedia {
    Image,
    Video,
    /// Sounds and voice notes.
    Audio,
    Document,
    Sticker,
}

/// Opens a file. It shows itself in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaKey(pub [u8; 32]);

impl std::fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MediaKey(…)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    pub media: RemoteMedia,
    /// Below a media host; it expires after some weeks, and the phone gives a new one.
    pub direct_path: String,
    pub url: Option<String>,
    pub media_key: MediaKey,
    /// Of the plain file. Some clients leave it out.
    pub sha256: Option<[u8; 32]>,
    /// Of what lies at WhatsApp.
    pub enc_sha256: [u8; 32],
    /// Bytes of the plain file, as the sender says.
    pub size: u64,
    /// When the key was made, seconds since 1970.
    pub key_timestamp: Option<i64>,
}

pub(in crate::store) fn get(connection: &Connection, message: MessageId) -> Result<Option<RemoteFile>> {
    let mut statement = connection.prepare_cached(
        "SELECT media, direct_path, url, media_key, sha256, enc_sha256, size, key_timestamp
         FROM remote_file WHERE message_id = ?",
    )?;
    let mut rows = statement.query([message.0.into_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(RemoteFile {
        media: serde_json::from_value(serde_json::Value::String(row.get(0)?))?,
        direct_path: row.get(1)?,
        url: row.get(2)?,
        media_key: MediaKey(row.get(3)?),
        sha256: row.get(4)?,
        enc_sha256: row.get(5)?,
        size: row.get::<_, i64>(6)?.unsigned_abs(),
        key_timestamp: row.get(7)?,
    }))
}

pub(in crate::store) fn put(connection: &Connection, message: MessageId, file: &RemoteFile) -> Result<()> {
    row::run(
        connection,
        "INSERT OR REPLACE INTO remote_file
             (message_id, media, direct_path, url, media_key, sha256, enc_sha256, size, key_timestamp)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            message.0.into_bytes(),
            row::name(&file.media)?,
            file.direct_path,
            file.url,
            file.media_key.0,
            file.sha256,
            file.enc_sha256,
            i64::try_from(file.size).unwrap_or(i64::MAX),
            file.key_timestamp
        ],
    )?;
    Ok(())
}

pub(in crate::store) fn delete(connection: &Connection, message: MessageId) -> Result<()> {
    row::run(connection, "DELETE FROM remote_file WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(())
}

/// The message has another id now.
pub(in crate::store) fn rename(connection: &Connection, old: MessageId, new: MessageId) -> Result<()> {
    row::run(
        connection,
        "UPDATE OR IGNORE remote_file SET message_id = ? WHERE message_id = ?",
        [new.0.into_bytes(), old.0.into_bytes()],
    )?;
    delete(connection, old)
}
