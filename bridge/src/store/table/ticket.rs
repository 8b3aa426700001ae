//! Tickets: what is shown, and what the server last said while something is asked for.

use ownline_model::{ids::TicketId, ticket::Ticket};
use rusqlite::{Connection, params};

use crate::store::{Result, row};

pub(in crate::store) fn get(connection: &Connection, id: TicketId) -> Result<Option<Ticket>> {
    row::one(connection, "SELECT body FROM ticket WHERE id = ?", [id.0.into_bytes()])
}

/// What the server last said.
pub(in crate::store) fn settled(connection: &Connection, id: TicketId) -> Result<Option<Ticket>> {
    row::one(connection, "SELECT coalesce(settled, body) FROM ticket WHERE id = ?", [id.0.into_bytes()])
}

/// `settled` is given while `shown` is only asked for.
pub(in crate::store) fn put(connection: &Connection, shown: &Ticket, settled: Option<&Ticket>) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO ticket (id, version, conversation_id, state, assignee_id, created_at, body, settled)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, conversation_id = excluded.conversation_id,
             state = excluded.state, assignee_id = excluded.assignee_id, body = excluded.body, settled = excluded.settled",
        params![
            shown.id.0.into_bytes(),
            shown.version,
            shown.conversation_id.0.into_bytes(),
            row::name(&shown.state)?,
            shown.assignee_id.map(|id| id.0.into_bytes()),
            shown.created_at.0,
            serde_json::to_string(shown)?,
            settled.map(serde_json::to_string).transpose()?
        ],
    )?;
    Ok(())
}
