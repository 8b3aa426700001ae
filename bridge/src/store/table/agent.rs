//! The team.

use ownline_model::{agent::Agent, ids::AgentId};
use rusqlite::{Connection, params};

use crate::store::{Result, row};

pub(in crate::store) fn get(connection: &Connection, id: AgentId) -> Result<Option<Agent>> {
    row::one(connection, "SELECT body FROM agent WHERE id = ?", [id.0.into_bytes()])
}

pub(in crate::store) fn all(connection: &Connection) -> Result<Vec<Agent>> {
    row::all(connection, "SELECT body FROM agent ORDER BY name, id", [])
}

/// Answers whether the row is newer than what was stored.
pub(in crate::store) fn put(connection: &Connection, agent: &Agent) -> Result<bool> {
    let changed = row::run(
        connection,
        "INSERT INTO agent (id, version, name, body) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name, body = excluded.body
         WHERE excluded.version >= version AND excluded.body <> body",
        params![agent.id.0.into_bytes(), agent.version, agent.name.to_lowercase(), serde_json::to_string(agent)?],
    )?;
    Ok(changed > 0)
}
