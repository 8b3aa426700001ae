//! Messages of ours that a customer's device could not open and asks for again. The library repeats them from memory, and has
//! confirmed the wish by then; so each wish is noted before, and stays until WhatsApp tells that the message has arrived.

use std::time::Duration;

use ownline_model::{
    ids::{ChannelId, MediaId},
    message::{Message, MessageStatus},
    time::UtcMillis,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Result, Store, inbound::ToSend, media, own, people, row, table};
use crate::time::now;

/// Nobody waits longer for a repetition.
const KEPT_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// A device's wish, which whoever has heard of the message's id can utter: whether it is the customer's is for the caller to
/// see, who can ask WhatsApp for the other name of the device's owner.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The device, as WhatsApp addresses it.
    pub device: String,
    /// What it wants: one message of ours.
    pub message: ToSend,
}

impl Store {
    /// Notes a wish, and keeps the caller's thread until that is on the disk. What was never sent from here is nobody's to ask
    /// for, and is not kept.
    pub fn note_repeat_now(&self, wa_id: String, device: String) {
        let noted = self.write_now(move |tx| {
            let Some(channel) = own::channel_id(tx)? else { return Ok(()) };
            row::run(
                tx,
                "INSERT INTO repeat_asked (channel_id, wa_id, device, since)
                 SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (
                     SELECT 1 FROM message WHERE channel_id = ?1 AND wa_id = ?2 AND direction = 'outbound')
                 ON CONFLICT DO NOTHING",
                params![channel.0.into_bytes(), wa_id, device, now().0],
            )?;
            Ok(())
        });
        if let Err(error) = noted {
            tracing::error!(%error, "that a customer could not read a message was not noted");
        }
    }

    /// The wishes that are older than `grace`, and whether there are younger ones. Forgets those that have come true.
    pub async fn repeats(&self, grace: Duration) -> Result<(Vec<Repeat>, bool)> {
        self.write(move |tx| {
            row::run(tx, "DELETE FROM repeat_asked WHERE since < ?", [now().0 - KEPT_MS])?;
            let Some(channel) = own::channel_id(tx)? else { return Ok((Vec::new(), false)) };
            let until = now().0 - i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
            let (mut due, mut more) = (Vec::new(), false);
            for (seq, wa_id, device, since) in rows(tx, channel)? {
                match wanted(tx, channel, &wa_id)? {
                    Wanted::Due(message) if since.0 <= until => due.push(Repeat { device, message: *message }),
                    Wanted::Due(_) | Wanted::Early => more = true,
                    Wanted::Done => {
                        row::run(tx, "DELETE FROM repeat_asked WHERE seq = ?", [seq])?;
                    }
                }
            }
            Ok((due, more))
        })
        .await
    }
}

fn rows(connection: &Connection, channel: ChannelId) -> Result<Vec<(i64, String, String, UtcMillis)>> {
    let mut statement = connection
        .prepare_cached("SELECT seq, wa_id, device, since FROM repeat_asked WHERE channel_id = ? ORDER BY seq")?;
    let rows = statement.query_map([channel.0.into_bytes()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, UtcMillis(row.get(3)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What has become of a wish.
enum Wanted {
    /// WhatsApp has the message, its customer does not.
    Due(Box<ToSend>),
    /// WhatsApp's own answer is not stored yet; a wish can be faster.
    Early,
    /// It has arrived, or is none that can be repeated.
    Done,
}

fn wanted(connection: &Connection, channel: ChannelId, wa_id: &str) -> Result<Wanted> {
    let Some(message) = table::message::sent_as(connection, channel, wa_id)?.into_iter().next() else {
        return Ok(Wanted::Done);
    };
    match message.status {
        MessageStatus::Sent => {}
        MessageStatus::Queued => return Ok(Wanted::Early),
        _ => return Ok(Wanted::Done),
    }
    let Some(conversation) = table::conversation::get(connection, message.conversation_id)? else {
        return Ok(Wanted::Done);
    };
    let Some(contact) = table::contact::get(connection, conversation.contact_id)? else { return Ok(Wanted::Done) };
    let media_id = row::scalar::<[u8; 16]>(
        connection,
        "SELECT media_id FROM message WHERE id = ? AND media_id IS NOT NULL",
        [message.id.0.into_bytes()],
    )?;
    let media_id = media_id.map(|id| MediaId(Uuid::from_bytes(id)));
    let uploaded = match media_id {
        Some(id) => media::uploaded(connection, id, message.kind)?,
        None => None,
    };
    if message.details.attachment().is_some() && uploaded.is_none() {
        return Ok(Wanted::Done);
    }
    Ok(Wanted::Due(Box::new(ToSend {
        message_id: message.id,
        conversation_id: message.conversation_id,
        chat: people::wa_identity(&contact),
        kind: message.kind,
        media_id,
        uploaded: uploaded.map(Box::new),
        quoted: quoted(connection, &message)?.map(Box::new),
        author: None,
        change: None,
        attempts: 1,
        last_attempt_at: None,
        expires_at: None,
        wa_id: message.wa_id,
        text: message.text.unwrap_or_default(),
        details: message.details,
    })))
}

fn quoted(connection: &Connection, message: &Message) -> Result<Option<Message>> {
    match &message.details.reply_to {
        Some(quote) => table::message::by_wa_id(connection, message.conversation_id, &quote.wa_id, quote.direction),
        None => Ok(None),
    }
}
