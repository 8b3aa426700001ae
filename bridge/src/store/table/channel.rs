//! Numbers that the team talks from.

use ownline_model::{channel::Channel, ids::ChannelId, phone::PhoneNumber};
use rusqlite::{Connection, params};

use crate::store::{Result, row};

pub(in crate::store) fn get(connection: &Connection, id: ChannelId) -> Result<Option<Channel>> {
    row::one(connection, "SELECT body FROM channel WHERE id = ?", [id.0.into_bytes()])
}

pub(in crate::store) fn by_number(connection: &Connection, number: &PhoneNumber) -> Result<Option<Channel>> {
    row::one(connection, "SELECT body FROM channel WHERE number = ? LIMIT 1", [number.as_str()])
}

pub(in crate::store) fn all(connection: &Connection) -> Result<Vec<Channel>> {
    let mut channels: Vec<Channel> = row::all(connection, "SELECT body FROM channel", [])?;
    channels.sort_by_cached_key(|channel| (channel.name.to_lowercase(), channel.id));
    Ok(channels)
}

pub(in crate::store) fn put(connection: &Connection, channel: &Channel) -> Result<()> {
    row::run(
        connection,
        "INSERT OR REPLACE INTO channel (id, version, number, owner_id, body) VALUES (?, ?, ?, ?, ?)",
        params![
            channel.id.0.into_bytes(),
            channel.version,
            channel.number.as_str(),
            channel.owner_id.0.into_bytes(),
            serde_json::to_string(channel)?
        ],
    )?;
    Ok(())
}

pub(in crate::store) fn delete(connection: &Connection, id: ChannelId) -> Result<()> {
    row::run(connection, "DELETE FROM channel WHERE id = ?", [id.0.into_bytes()])?;
    Ok(())
}
