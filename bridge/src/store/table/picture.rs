//! Customers' profile pictures, of those whom somebody has looked at.

use ownline_model::ids::ContactId;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::store::{Result, row};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::store) struct PictureRow {
    /// WhatsApp's name of it, and the file in `media/`. Absent: there is none, or this number may not see it.
    pub(in crate::store) picture: Option<(String, String)>,
    /// UTC milliseconds from which on WhatsApp is asked again, once somebody looks.
    pub(in crate::store) due_at: i64,
}

pub(in crate::store) fn get(connection: &Connection, contact: ContactId) -> Result<Option<PictureRow>> {
    let mut statement =
        connection.prepare_cached("SELECT picture_id, name, due_at FROM picture WHERE contact_id = ?")?;
    let mut rows = statement.query([contact.0.into_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (id, name): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
    Ok(Some(PictureRow { picture: id.zip(name), due_at: row.get(2)? }))
}

pub(in crate::store) fn put(connection: &Connection, contact: ContactId, row: &PictureRow) -> Result<()> {
    let (id, name) = row.picture.as_ref().map_or((None, None), |(id, name)| (Some(id), Some(name)));
    row::run(
        connection,
        "INSERT INTO picture (contact_id, picture_id, name, due_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (contact_id) DO UPDATE SET picture_id = excluded.picture_id, name = excluded.name, due_at = excluded.due_at",
        params![contact.0.into_bytes(), id, name, row.due_at],
    )?;
    Ok(())
}

/// One contact turns out to be another, whose own picture counts.
pub(in crate::store) fn rename(connection: &Connection, old: Uuid, new: Uuid) -> Result<()> {
    let (old, new) = (old.into_bytes(), new.into_bytes());
    row::run(connection, "UPDATE OR IGNORE picture SET contact_id = ? WHERE contact_id = ?", [new, old])?;
    row::run(connection, "DELETE FROM picture WHERE contact_id = ?", [old])?;
    Ok(())
}
