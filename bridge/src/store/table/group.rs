//! Groups as last known, the people who write in them, and who of them has what we wrote. Bridge only.

use std::collections::HashSet;

use ownline_model::{ids::MessageId, message::MessageStatus, phone::PhoneNumber};
use rusqlite::{Connection, params};

use crate::store::{Result, groups::GroupInfo, row};

/// `None`: nothing is known of it yet.
pub(in crate::store) fn get(connection: &Connection, number: &PhoneNumber, id: &str) -> Result<Option<GroupInfo>> {
    let sql = "SELECT body FROM wa_group WHERE number = ? AND id = ? AND body IS NOT NULL";
    row::one(connection, sql, [number.as_str(), id])
}

pub(in crate::store) fn put(connection: &Connection, number: &PhoneNumber, id: &str, info: &GroupInfo) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO wa_group (number, id, body) VALUES (?, ?, ?)
         ON CONFLICT (number, id) DO UPDATE SET body = excluded.body",
        params![number.as_str(), id, serde_json::to_string(info)?],
    )?;
    Ok(())
}

/// WhatsApp is to be asked about it. `false`: it is already.
pub(in crate::store) fn ask(connection: &Connection, number: &PhoneNumber, id: &str) -> Result<bool> {
    let asked = row::run(
        connection,
        "INSERT INTO wa_group (number, id, stale) VALUES (?, ?, 1)
         ON CONFLICT (number, id) DO UPDATE SET stale = 1 WHERE stale = 0",
        [number.as_str(), id],
    )?;
    Ok(asked > 0)
}

pub(in crate::store) fn answered(connection: &Connection, number: &PhoneNumber, id: &str) -> Result<()> {
    row::run(connection, "UPDATE wa_group SET stale = 0 WHERE number = ? AND id = ?", [number.as_str(), id])?;
    Ok(())
}

pub(in crate::store) fn is_there(connection: &Connection, number: &PhoneNumber, id: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM wa_group WHERE number = ? AND id = ?";
    Ok(row::scalar::<i64>(connection, sql, [number.as_str(), id])?.is_some())
}

/// Those that WhatsApp is to be asked about.
pub(in crate::store) fn to_ask(connection: &Connection, number: &PhoneNumber, limit: u32) -> Result<Vec<String>> {
    ids(connection, "SELECT id FROM wa_group WHERE number = ? AND stale = 1 LIMIT ?", params![number.as_str(), limit])
}

pub(in crate::store) fn all(connection: &Connection, number: &PhoneNumber) -> Result<Vec<String>> {
    ids(connection, "SELECT id FROM wa_group WHERE number = ?", params![number.as_str()])
}

fn ids(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Somebody who writes in groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct Person {
    /// The first name that they had here, number or hidden id: messages bear it.
    pub(in crate::store) id: String,
    pub(in crate::store) phone: Option<String>,
    pub(in crate::store) lid: Option<String>,
    pub(in crate::store) name: Option<String>,
}

pub(in crate::store) fn by_lid(connection: &Connection, lid: &str) -> Result<Option<Person>> {
    found(connection, "SELECT id, phone, lid, name FROM group_person WHERE lid = ?", lid)
}

/// The number in its one spelling.
pub(in crate::store) fn by_phone(connection: &Connection, digits: &str) -> Result<Option<Person>> {
    found(connection, "SELECT id, phone, lid, name FROM group_person WHERE phone = ?", digits)
}

/// Under the id that messages bear.
pub(in crate::store) fn person(connection: &Connection, id: &str) -> Result<Option<Person>> {
    found(
        connection,
        "SELECT id, phone, lid, name FROM group_person
         WHERE id = coalesce((SELECT is_now FROM group_person WHERE id = ?1), ?1)",
        id,
    )
}

fn found(connection: &Connection, sql: &str, key: &str) -> Result<Option<Person>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query_map([key], |row| {
        Ok(Person { id: row.get(0)?, phone: row.get(1)?, lid: row.get(2)?, name: row.get(3)? })
    })?;
    Ok(rows.next().transpose()?)
}

pub(in crate::store) fn put_person(connection: &Connection, person: &Person) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO group_person (id, phone, lid, name) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET phone = excluded.phone, lid = excluded.lid, name = excluded.name, is_now = NULL",
        params![person.id, person.phone, person.lid, person.name],
    )?;
    Ok(())
}

/// Both were one person.
pub(in crate::store) fn is_now(connection: &Connection, id: &str, now: &str) -> Result<()> {
    row::run(
        connection,
        "UPDATE group_person SET phone = NULL, lid = NULL, is_now = ?2 WHERE id = ?1 OR is_now = ?1",
        [id, now],
    )?;
    Ok(())
}

/// Who was in the group when the message left, as ids.
pub(in crate::store) fn put_sent_to(connection: &Connection, message: MessageId, people: &[String]) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO group_sent (message_id, people) VALUES (?, ?) ON CONFLICT DO NOTHING",
        params![message.0.into_bytes(), serde_json::to_string(people)?],
    )?;
    Ok(())
}

pub(in crate::store) fn sent_to(connection: &Connection, message: MessageId) -> Result<Option<Vec<String>>> {
    row::one(connection, "SELECT people FROM group_sent WHERE message_id = ?", [message.0.into_bytes()])
}

/// How far a message has come with one of them. `false`: that is no news.
pub(in crate::store) fn put_tick(
    connection: &Connection,
    message: MessageId,
    who: &str,
    status: MessageStatus,
) -> Result<bool> {
    let noted = row::run(
        connection,
        "INSERT INTO group_tick (message_id, who, rank) VALUES (?, ?, ?)
         ON CONFLICT (message_id, who) DO UPDATE SET rank = excluded.rank WHERE excluded.rank > rank",
        params![message.0.into_bytes(), who, rank(status)],
    )?;
    Ok(noted > 0)
}

/// Who has come at least so far with it.
pub(in crate::store) fn ticked(
    connection: &Connection,
    message: MessageId,
    status: MessageStatus,
) -> Result<HashSet<String>> {
    let mut statement = connection.prepare_cached("SELECT who FROM group_tick WHERE message_id = ? AND rank >= ?")?;
    let rows = statement.query_map(params![message.0.into_bytes(), rank(status)], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(in crate::store) fn forget_ticks(connection: &Connection, message: MessageId) -> Result<()> {
    row::run(connection, "DELETE FROM group_tick WHERE message_id = ?", [message.0.into_bytes()])?;
    row::run(connection, "DELETE FROM group_sent WHERE message_id = ?", [message.0.into_bytes()])?;
    Ok(())
}

/// The message has another id now.
pub(in crate::store) fn rename(connection: &Connection, old: MessageId, new: MessageId) -> Result<()> {
    for table in ["group_tick", "group_sent"] {
        row::run(
            connection,
            &format!("UPDATE OR IGNORE {table} SET message_id = ? WHERE message_id = ?"),
            [new.0.into_bytes(), old.0.into_bytes()],
        )?;
    }
    forget_ticks(connection, old)
}

const fn rank(status: MessageStatus) -> i64 {
    match status {
        MessageStatus::Played => 3,
        MessageStatus::Read => 2,
        MessageStatus::Delivered => 1,
        MessageStatus::Queued | MessageStatus::Failed | MessageStatus::Sent => 0,
    }
}
