//! The newest change of each aspect of a message: what keeps an older one from winning. Bridge only.

use ownline_model::{ids::MessageId, time::UtcMillis};
use rusqlite::{Connection, params};

use crate::store::{Result, inbound::ChangeFact, row};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Aspect {
    Text,
    /// One for each person.
    Reaction,
    /// One for each person; its body is the chosen options.
    Vote,
}

impl Aspect {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reaction => "reaction",
            Self::Vote => "vote",
        }
    }
}

/// What decides between two: WhatsApp's clock, then the sender's own, then the id.
#[derive(Debug, Clone)]
pub(in crate::store) struct Stamp<'a> {
    pub(in crate::store) at: UtcMillis,
    pub(in crate::store) made_at: i64,
    pub(in crate::store) wa_id: &'a str,
}

impl<'a> Stamp<'a> {
    pub(in crate::store) fn of(fact: &'a ChangeFact) -> Self {
        Self { at: fact.at, made_at: fact.made_at.unwrap_or(0), wa_id: &fact.wa_id }
    }
}

/// Notes a change that is newer than the one that is known. `false`: it is not.
pub(in crate::store) fn advance(
    connection: &Connection,
    message: MessageId,
    aspect: Aspect,
    who: &str,
    stamp: &Stamp<'_>,
    body: Option<&str>,
) -> Result<bool> {
    let noted = row::run(
        connection,
        "INSERT INTO amended (message_id, aspect, who, at, made_at, wa_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (message_id, aspect, who) DO UPDATE SET
             at = excluded.at, made_at = excluded.made_at, wa_id = excluded.wa_id, body = excluded.body
         WHERE (excluded.at, excluded.made_at, excluded.wa_id) > (at, made_at, wa_id)",
        params![message.0.into_bytes(), aspect.name(), who, stamp.at.0, stamp.made_at, stamp.wa_id, body],
    )?;
    Ok(noted > 0)
}

pub(in crate::store) fn bodies(connection: &Connection, message: MessageId, aspect: Aspect) -> Result<Vec<String>> {
    let mut statement = connection
        .prepare_cached("SELECT body FROM amended WHERE message_id = ? AND aspect = ? AND body IS NOT NULL")?;
    let rows = statement.query_map(params![message.0.into_bytes(), aspect.name()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(in crate::store) fn forget(connection: &Connection, message: MessageId) -> Result<()> {
    row::run(connection, "DELETE FROM amended WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(())
}

/// The message has another id now.
pub(in crate::store) fn rename(connection: &Connection, old: MessageId, new: MessageId) -> Result<()> {
    row::run(
        connection,
        "UPDATE OR IGNORE amended SET message_id = ? WHERE message_id = ?",
        [new.0.into_bytes(), old.0.into_bytes()],
    )?;
    forget(connection, old)
}
