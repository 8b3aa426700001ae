//! Changes of messages that are not here yet. Bridge only.

use rusqlite::{Connection, params};

use crate::store::{Result, inbound::ChangeFact, row};

/// Strangers can invent targets: beyond this the oldest go.
const WAITING_MAX: i64 = 5_000;

pub(in crate::store) fn add(connection: &Connection, fact: &ChangeFact) -> Result<()> {
    row::run(
        connection,
        "INSERT OR IGNORE INTO waiting_change (target, wa_id, fact) VALUES (?, ?, ?)",
        params![fact.target.wa_id, fact.wa_id, serde_json::to_string(fact)?],
    )?;
    row::run(
        connection,
        "DELETE FROM waiting_change WHERE seq <= (SELECT max(seq) FROM waiting_change) - ?",
        [WAITING_MAX],
    )?;
    Ok(())
}

/// In the order in which they came.
pub(in crate::store) fn of(connection: &Connection, target: &str) -> Result<Vec<(i64, ChangeFact)>> {
    let mut statement =
        connection.prepare_cached("SELECT seq, fact FROM waiting_change WHERE target = ? ORDER BY seq")?;
    let mut rows = statement.query([target])?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        facts.push((row.get(0)?, serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?));
    }
    Ok(facts)
}

pub(in crate::store) fn remove(connection: &Connection, seq: i64) -> Result<()> {
    row::run(connection, "DELETE FROM waiting_change WHERE seq = ?", [seq])?;
    Ok(())
}
