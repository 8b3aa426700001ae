//! What a restart begins with.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::{MediaRow, StoreError};

#[derive(Debug)]
pub struct AccountRow {
    pub number: u64,
    pub data: Vec<u8>,
    /// Secrets of the simulated person, its one-time keys and its sessions.
    pub person: Option<Vec<u8>>,
    pub prekeys: Vec<(u32, [u8; 32])>,
    pub sessions: Vec<(u64, u16, Vec<u8>)>,
    /// Keys for groups: the group, whose device, the key.
    pub sender_keys: Vec<SenderKeyRow>,
    /// Who has the own key for a group.
    pub key_holders: Vec<(u64, Vec<u8>)>,
    pub devices: Vec<DeviceRow>,
    /// Collection, version, patch; ascending.
    pub patches: Vec<(String, u64, Vec<u8>)>,
}

#[derive(Debug)]
pub struct SenderKeyRow {
    pub group: u64,
    pub lid: u64,
    pub device: u16,
    pub record: Vec<u8>,
}

#[derive(Debug)]
pub struct DeviceRow {
    pub device: u16,
    pub data: Vec<u8>,
    pub prekeys: Vec<(u32, [u8; 32])>,
    pub queue: Vec<QueueRow>,
}

#[derive(Debug)]
pub struct QueueRow {
    pub seq: u64,
    pub node: Vec<u8>,
}

#[derive(Debug, Default)]
pub struct SavedState {
    pub meta: HashMap<String, Vec<u8>>,
    pub accounts: Vec<AccountRow>,
    pub media: Vec<MediaRow>,
    pub groups: Vec<Vec<u8>>,
}

pub(super) fn load(connection: &Connection) -> Result<SavedState, StoreError> {
    let meta = all(connection, "SELECT key, value FROM meta", |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut people: HashMap<u64, Vec<u8>> =
        all(connection, "SELECT number, data FROM people", |row| Ok((int(row, 0)?, row.get(1)?)))?
            .into_iter()
            .collect();
    let mut person_prekeys = group(all(connection, "SELECT number, id, private FROM person_prekeys", |row| {
        Ok((int(row, 0)?, (row.get(1)?, row.get(2)?)))
    })?);
    let mut sessions = group(all(connection, "SELECT number, peer, device, record FROM sessions", |row| {
        Ok((int(row, 0)?, (int(row, 1)?, row.get(2)?, row.get(3)?)))
    })?);
    let mut patches = group(all(
        connection,
        "SELECT number, collection, version, patch FROM patches ORDER BY number, collection, version",
        |row| Ok((int(row, 0)?, (row.get(1)?, int(row, 2)?, row.get(3)?))),
    )?);
    let mut sender_keys = group(all(connection, "SELECT number, grp, lid, device, record FROM sender_keys", |row| {
        let key = SenderKeyRow { group: int(row, 1)?, lid: int(row, 2)?, device: row.get(3)?, record: row.get(4)? };
        Ok((int(row, 0)?, key))
    })?);
    let mut key_holders = group(all(connection, "SELECT number, grp, data FROM key_holders", |row| {
        Ok((int(row, 0)?, (int(row, 1)?, row.get(2)?)))
    })?);
    let mut devices = devices(connection)?;
    let accounts =
        all(connection, "SELECT number, data FROM accounts ORDER BY number", |row| Ok((int(row, 0)?, row.get(1)?)))?
            .into_iter()
            .map(|(number, data)| AccountRow {
                number,
                data,
                person: people.remove(&number),
                prekeys: person_prekeys.remove(&number).unwrap_or_default(),
                sessions: sessions.remove(&number).unwrap_or_default(),
                sender_keys: sender_keys.remove(&number).unwrap_or_default(),
                key_holders: key_holders.remove(&number).unwrap_or_default(),
                devices: devices.remove(&number).unwrap_or_default(),
                patches: patches.remove(&number).unwrap_or_default(),
            })
            .collect();
    let media = all(connection, "SELECT token, data FROM media", |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?
        .into_iter()
        .map(|(token, data)| MediaRow { token, blob: serde_json::from_slice(&data).ok() })
        .collect();
    let groups = all(connection, "SELECT data FROM groups ORDER BY id", |row| row.get(0))?;
    Ok(SavedState { meta: meta.into_iter().collect(), accounts, media, groups })
}

fn devices(connection: &Connection) -> Result<HashMap<u64, Vec<DeviceRow>>, StoreError> {
    let mut prekeys =
        group(all(connection, "SELECT number, device, id, key FROM prekeys ORDER BY number, device, id", |row| {
            Ok(((int(row, 0)?, row.get::<_, u16>(1)?), (row.get(2)?, row.get(3)?)))
        })?);
    let mut queues =
        group(all(connection, "SELECT number, device, seq, node FROM queue ORDER BY number, device, seq", |row| {
            let entry = QueueRow { seq: int(row, 2)?, node: row.get(3)? };
            Ok(((int(row, 0)?, row.get::<_, u16>(1)?), entry))
        })?);
    let rows = all(connection, "SELECT number, device, data FROM devices ORDER BY number, device", |row| {
        Ok((int(row, 0)?, row.get::<_, u16>(1)?, row.get(2)?))
    })?;
    Ok(group(
        rows.into_iter()
            .map(|(number, device, data)| {
                let prekeys = prekeys.remove(&(number, device)).unwrap_or_default();
                let queue = queues.remove(&(number, device)).unwrap_or_default();
                (number, DeviceRow { device, data, prekeys, queue })
            })
            .collect(),
    ))
}

/// SQLite's integers are signed; none of ours is.
fn int(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], map)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn group<K: std::hash::Hash + Eq, V>(rows: Vec<(K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in rows {
        groups.entry(key).or_default().push(value);
    }
    groups
}
