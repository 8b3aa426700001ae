//! What has been taken in from WhatsApp, message or not: tells what is delivered once more from what never got here.
//!
//! Kept are the newest only. WhatsApp delivers again what was not confirmed when the program ended; that is the last second
//! of a connection, and what waited for it.

use ownline_model::message::MessageKind;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Result, Store,
    inbound::Incoming,
    owed::{self, Owed},
    own, record, row, table,
    writer::Tx,
};

const KEPT: i64 = 20_000;

/// What WhatsApp delivers, by the names that it goes by there: ids are unique only in what one sender writes to one chat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stanza {
    pub chat: String,
    pub sender: String,
    pub id: String,
}

impl Stanza {
    pub(super) fn key(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        for part in [&self.chat, &self.sender, &self.id] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        key
    }
}

#[derive(Debug, Clone, Default)]
pub struct TakenIn {
    pub facts: Vec<Incoming>,
    pub batch: Vec<Stanza>,
    pub owed: Vec<Owed>,
}

impl Store {
    /// Stores what a batch says to the desk, that the batch is here, and what of it is owed, in one durable transaction.
    /// When this returns, WhatsApp may be told. Idempotent.
    pub async fn take_in(&self, taken: TakenIn) -> Result<()> {
        self.write(move |tx| {
            if !taken.facts.is_empty() {
                record::all(tx, taken.facts)?;
            }
            owed::note(tx, &taken.owed)?;
            note(tx, &taken.batch)
        })
        .await
    }

    /// Whether this is here. What the phone or the server brought counts too, a placeholder does not.
    pub async fn has_taken_in(&self, stanza: Stanza) -> Result<bool> {
        self.read(move |connection| {
            let heard: Option<i64> = row::scalar(connection, "SELECT seq FROM heard WHERE stanza = ?", [stanza.key()])?;
            if heard.is_some() {
                return Ok(true);
            }
            let Some(channel) = own::channel_id(connection)? else { return Ok(false) };
            let named = table::message::named(connection, channel, &stanza.id)?;
            Ok(named.iter().any(|message| message.kind != MessageKind::Undecryptable))
        })
        .await
    }
}

fn note(tx: &Tx<'_>, batch: &[Stanza]) -> Result<()> {
    for stanza in batch {
        row::run(tx, "INSERT INTO heard (stanza) VALUES (?) ON CONFLICT DO NOTHING", [stanza.key()])?;
    }
    row::run(tx, "DELETE FROM heard WHERE seq <= (SELECT max(seq) FROM heard) - ?", [KEPT])?;
    Ok(())
}
