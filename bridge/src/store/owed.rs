//! Messages that WhatsApp has told of, but whose words have not come: they could not be opened, or only once. Each is noted
//! before WhatsApp may forget it, and until its words are here or nobody would repeat them any more.

use ownline_model::{ids::ChannelId, message::MessageKind, time::UtcMillis};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{
    Result, Store,
    heard::Stanza,
    own,
    row::{self},
    table,
    writer::Tx,
};
use crate::time::now;

/// Phones do not repeat what is older.
const KEPT_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// What is needed to give the message its place in the chat, and to ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    pub stanza: Stanza,
    pub from_me: bool,
    /// The other address of whoever the chat is with: a hidden id where `stanza` has the number, or the other way round.
    pub other: Option<String>,
    pub push_name: String,
    /// WhatsApp's stamp.
    pub at: UtcMillis,
    /// Its words never come to a linked device.
    pub view_once: bool,
    /// The ids of what came ahead of it in its chat, and was not stored when it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<String>,
}

/// One that is still owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillOwed {
    pub owed: Owed,
    /// Since when it is known here, by our clock.
    pub since: UtcMillis,
    /// Whether it has its place in the chat.
    pub placed: bool,
}

impl Store {
    /// Notes one, and keeps the caller's thread until that is on the disk: for callers that cannot wait in any other way.
    /// A store that is busy beyond measure is not waited for.
    pub fn owe_now(&self, owed: Owed) {
        let noted = self.write_now(move |tx| note(tx, std::slice::from_ref(&owed)));
        if let Err(error) = noted {
            tracing::error!(%error, "a message that could not be opened was not noted");
        }
    }

    /// What is owed, oldest first. Forgets what has come meanwhile, and what is too old to come.
    pub async fn owed(&self) -> Result<Vec<StillOwed>> {
        self.write(|tx| {
            row::run(tx, "DELETE FROM owed WHERE since < ?", [now().0 - KEPT_MS])?;
            let mut still = Vec::new();
            let Some(channel) = own::channel_id(tx)? else { return Ok(still) };
            for (seq, mut owed, since) in rows(tx, channel)? {
                match place(tx, channel, &owed)? {
                    Place::Filled => {
                        row::run(tx, "DELETE FROM owed WHERE seq = ?", [seq])?;
                    }
                    Place::Kept => still.push(StillOwed { owed, since, placed: true }),
                    Place::None => {
                        forget_stored(tx, channel, &mut owed.behind)?;
                        still.push(StillOwed { owed, since, placed: false });
                    }
                }
            }
            Ok(still)
        })
        .await
    }
}

pub(super) fn note(tx: &Tx<'_>, owed: &[Owed]) -> Result<()> {
    let Some(channel) = own::channel_id(tx)? else { return Ok(()) };
    for one in owed {
        row::run(
            tx,
            "INSERT INTO owed (channel_id, stanza, since, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            params![channel.0.into_bytes(), one.stanza.key(), now().0, serde_json::to_string(one)?],
        )?;
    }
    Ok(())
}

fn rows(connection: &Connection, channel: ChannelId) -> Result<Vec<(i64, Owed, UtcMillis)>> {
    let mut statement =
        connection.prepare_cached("SELECT seq, body, since FROM owed WHERE channel_id = ? ORDER BY seq")?;
    let mut rows = statement.query([channel.0.into_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let body: String = row.get(1)?;
        found.push((row.get(0)?, serde_json::from_str(&body)?, UtcMillis(row.get(2)?)));
    }
    Ok(found)
}

fn forget_stored(connection: &Connection, channel: ChannelId, ids: &mut Vec<String>) -> Result<()> {
    let mut left = Vec::new();
    for id in ids.drain(..) {
        if table::message::named(connection, channel, &id)?.is_empty() {
            left.push(id);
        }
    }
    *ids = left;
    Ok(())
}

enum Place {
    /// With its words.
    Filled,
    /// By a placeholder.
    Kept,
    None,
}

fn place(connection: &Connection, channel: ChannelId, owed: &Owed) -> Result<Place> {
    let named = table::message::named(connection, channel, &owed.stanza.id)?;
    let mut place = Place::None;
    for message in named {
        if message.kind != MessageKind::Undecryptable {
            return Ok(Place::Filled);
        }
        place = Place::Kept;
    }
    Ok(place)
}
