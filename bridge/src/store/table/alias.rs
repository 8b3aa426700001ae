//! Provisional ids that gave way to the server's.

use rusqlite::Connection;
use uuid::Uuid;

use crate::store::{Result, row};

/// The id that counts for an id that a client may still hold.
pub(in crate::store) fn resolve(connection: &Connection, id: Uuid) -> Result<Uuid> {
    let new: Option<[u8; 16]> = row::scalar(connection, "SELECT new FROM alias WHERE old = ?", [id.into_bytes()])?;
    Ok(new.map_or(id, Uuid::from_bytes))
}

/// An id that gave way counts by itself again.
pub(in crate::store) fn lift(connection: &Connection, old: Uuid) -> Result<()> {
    row::run(connection, "DELETE FROM alias WHERE old = ?", [old.into_bytes()])?;
    Ok(())
}

pub(in crate::store) fn add(connection: &Connection, old: Uuid, new: Uuid) -> Result<()> {
    let (old, new) = (old.into_bytes(), new.into_bytes());
    row::run(connection, "UPDATE alias SET new = ? WHERE new = ?", [new, old])?;
    row::run(connection, "INSERT OR REPLACE INTO alias (old, new) VALUES (?, ?)", [old, new])?;
    row::run(connection, "DELETE FROM alias WHERE old = new", [])?;
    Ok(())
}
