//! Customers.

use ownline_model::{contact::Contact, ids::ContactId, phone::PhoneNumber};
use rusqlite::{Connection, params};

use crate::store::{Result, row};

pub(in crate::store) fn get(connection: &Connection, id: ContactId) -> Result<Option<Contact>> {
    row::one(connection, "SELECT body FROM contact WHERE id = ?", [id.0.into_bytes()])
}

/// Under any spelling of the line.
pub(in crate::store) fn by_phone(connection: &Connection, phone: &PhoneNumber) -> Result<Option<Contact>> {
    let other = phone.other_form();
    row::one(
        connection,
        "SELECT body FROM contact WHERE phone IN (?1, ?2) ORDER BY phone <> ?1 LIMIT 1",
        [phone.as_str(), other.as_ref().map_or(phone.as_str(), PhoneNumber::as_str)],
    )
}

pub(in crate::store) fn by_lid(connection: &Connection, lid: &str) -> Result<Option<Contact>> {
    row::one(connection, "SELECT body FROM contact WHERE lid = ?", [lid])
}

/// Fails where another contact has the number or the hidden id: whoever writes has merged them before.
pub(in crate::store) fn put(connection: &Connection, contact: &Contact) -> Result<()> {
    let name_key = contact.name.to_lowercase();
    let search = [
        Some(name_key.as_str()),
        contact.push_name.as_deref(),
        contact.phone.as_ref().map(PhoneNumber::as_str),
        contact.email.as_deref(),
    ];
    let search = search.into_iter().flatten().collect::<Vec<_>>().join("\n").to_lowercase();
    row::run(
        connection,
        "INSERT INTO contact (id, version, name_key, search, phone, lid, body) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, name_key = excluded.name_key, search = excluded.search,
             phone = excluded.phone, lid = excluded.lid, body = excluded.body",
        params![
            contact.id.0.into_bytes(),
            contact.version,
            name_key,
            search,
            contact.phone.as_ref().map(PhoneNumber::as_str),
            contact.lid,
            serde_json::to_string(contact)?
        ],
    )?;
    Ok(())
}

pub(in crate::store) fn delete(connection: &Connection, id: ContactId) -> Result<()> {
    row::run(connection, "DELETE FROM contact WHERE id = ?", [id.0.into_bytes()])?;
    Ok(())
}
