//! What opens the votes of a poll. Never leaves the machine.

use ownline_model::ids::MessageId;
use rusqlite::Connection;

use crate::store::{Result, row};

/// Shows itself in no log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MessageSecret(pub [u8; 32]);

impl std::fmt::Debug for MessageSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MessageSecret(…)")
    }
}

pub(in crate::store) fn get(connection: &Connection, message: MessageId) -> Result<Option<MessageSecret>> {
    let secret =
        row::scalar(connection, "SELECT secret FROM poll_secret WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(secret.map(MessageSecret))
}

pub(in crate::store) fn put(connection: &Connection, message: MessageId, secret: MessageSecret) -> Result<()> {
    row::run(
        connection,
        "INSERT OR REPLACE INTO poll_secret (message_id, secret) VALUES (?, ?)",
        rusqlite::params![message.0.into_bytes(), secret.0],
    )?;
    Ok(())
}

pub(in crate::store) fn delete(connection: &Connection, message: MessageId) -> Result<()> {
    row::run(connection, "DELETE FROM poll_secret WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(())
}

/// The message has another id now.
pub(in crate::store) fn rename(connection: &Connection, old: MessageId, new: MessageId) -> Result<()> {
    row::run(
        connection,
        "UPDATE OR REPLACE poll_secret SET message_id = ? WHERE message_id = ?",
        [new.0.into_bytes(), old.0.into_bytes()],
    )?;
    Ok(())
}
