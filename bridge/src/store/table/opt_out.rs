//! Customers who asked this number not to write to them, and the word that did it. What colleagues' numbers heard comes
//! with the contact.

use ownline_model::{contact::Contact, ids::ContactId, safety::OptOut, time::UtcMillis};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::store::{Result, row};

/// `told`: whether the team is to know.
pub(in crate::store) fn put(
    connection: &Connection,
    contact: ContactId,
    word: &str,
    at: UtcMillis,
    told: bool,
) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO opt_out (contact_id, word, at, told) VALUES (?, ?, ?, ?)
         ON CONFLICT (contact_id) DO UPDATE SET word = excluded.word, at = excluded.at, told = max(told, excluded.told)",
        params![contact.0.into_bytes(), word, at.0, told],
    )?;
    Ok(())
}

/// What the team has not been told, because it was said in a private chat.
pub(in crate::store) fn untold(connection: &Connection, contact: ContactId) -> Result<Option<(String, UtcMillis)>> {
    let mut statement = connection.prepare_cached("SELECT word, at FROM opt_out WHERE contact_id = ? AND told = 0")?;
    let mut rows = statement.query([contact.0.into_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((row.get(0)?, UtcMillis(row.get(1)?))))
}

/// The word, when it was said, and whether the team is to know.
pub(in crate::store) fn of(connection: &Connection, contact: ContactId) -> Result<Option<(String, UtcMillis, bool)>> {
    let mut statement = connection.prepare_cached("SELECT word, at, told FROM opt_out WHERE contact_id = ?")?;
    let mut rows = statement.query([contact.0.into_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((row.get(0)?, UtcMillis(row.get(1)?), row.get(2)?)))
}

pub(in crate::store) fn delete(connection: &Connection, contact: ContactId) -> Result<bool> {
    Ok(row::run(connection, "DELETE FROM opt_out WHERE contact_id = ?", [contact.0.into_bytes()])? > 0)
}

/// Whether the customer asked anybody on the team.
pub(in crate::store) fn holds(connection: &Connection, contact: &Contact) -> Result<bool> {
    if contact.opted_out_at.is_some() {
        return Ok(true);
    }
    let found: Option<i64> =
        row::scalar(connection, "SELECT 1 FROM opt_out WHERE contact_id = ?", [contact.id.0.into_bytes()])?;
    Ok(found.is_some())
}

const ALL: &str = "SELECT id FROM contact WHERE json_extract(body, '$.opted_out_at') IS NOT NULL
    UNION SELECT contact_id FROM opt_out";

pub(in crate::store) fn count(connection: &Connection) -> Result<u64> {
    let count: Option<i64> = row::scalar(connection, &format!("SELECT count(*) FROM ({ALL})"), [])?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

/// The newest first.
pub(in crate::store) fn all(connection: &Connection) -> Result<Vec<OptOut>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.id, json_extract(c.body, '$.name'), coalesce(o.word, ''),
             coalesce(o.at, json_extract(c.body, '$.opted_out_at')) AS since
         FROM ({ALL}) a JOIN contact c ON c.id = a.id LEFT JOIN opt_out o ON o.contact_id = c.id
         ORDER BY since DESC"
    ))?;
    let rows = statement.query_map([], |row| {
        Ok(OptOut {
            contact_id: ContactId(Uuid::from_bytes(row.get(0)?)),
            name: row.get(1)?,
            word: row.get(2)?,
            at: UtcMillis(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One contact turned out to be another.
pub(in crate::store) fn rename(connection: &Connection, old: Uuid, new: Uuid) -> Result<()> {
    let (old, new) = (old.into_bytes(), new.into_bytes());
    row::run(connection, "UPDATE OR REPLACE opt_out SET contact_id = ?2 WHERE contact_id = ?1", [old, new])?;
    Ok(())
}
