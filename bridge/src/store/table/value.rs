//! Small lasting values. Keys are namespaced (`account.agent`, `whatsapp.version`).

use rusqlite::Connection;
use serde::{Serialize, de::DeserializeOwned};

use crate::store::{Result, row};

pub(in crate::store) fn get(connection: &Connection, key: &str) -> Result<Option<String>> {
    row::scalar(connection, "SELECT value FROM value WHERE key = ?", [key])
}

pub(in crate::store) fn set(connection: &Connection, key: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => row::run(
            connection,
            "INSERT INTO value (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [key, value],
        )?,
        None => row::run(connection, "DELETE FROM value WHERE key = ?", [key])?,
    };
    Ok(())
}

pub(in crate::store) fn get_json<T: DeserializeOwned>(connection: &Connection, key: &str) -> Result<Option<T>> {
    row::one(connection, "SELECT value FROM value WHERE key = ?", [key])
}

pub(in crate::store) fn set_json(connection: &Connection, key: &str, value: &impl Serialize) -> Result<()> {
    set(connection, key, Some(&serde_json::to_string(value)?))
}
