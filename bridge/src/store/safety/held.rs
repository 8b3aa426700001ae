//! What a rule holds, and letting it go.

use ownline_model::{
    details::Hold,
    event::Event,
    ids::{ConversationId, MessageId},
    message::{Message, MessageStatus},
};
use rusqlite::{Connection, params};

use super::super::{Result, Store, change::Change, own, progress, row, table, writer::Tx};
use crate::safety::{Sent, fingerprint};

/// Ends that differ by less look the same to people.
const SAME_MS: i64 = 2000;

/// Counts what happened to messages while they waited that may change what becomes of them.
const TURNS: &str = "safety.turns";

/// To be read before what is judged: then whatever happens meanwhile shows.
pub(super) fn turns(connection: &Connection) -> Result<i64> {
    Ok(table::value::get_json(connection, TURNS)?.unwrap_or(0))
}

impl Store {
    /// Shows why these messages wait. `turns`: as it was when they were judged ([`Offers::turns`](super::Offers)); where
    /// something happened since, they are judged anew instead, or they would wait for what has come already.
    pub async fn hold(&self, holds: Vec<(MessageId, Hold)>, turns: i64) -> Result<()> {
        self.write(move |tx| {
            if self::turns(tx)? != turns {
                // What happened has said that there is something to send.
                return Ok(());
            }
            holds.into_iter().try_for_each(|(id, hold)| self::hold(tx, id, hold))
        })
        .await
    }

    /// To be called before each attempt. `false`: it must not be sent any more. `sent`: how it counts, unless it did before.
    pub async fn note_leaving(&self, message: MessageId, sent: Option<Sent>) -> Result<bool> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, message.0)?);
            if !progress::note_attempt(tx, id)? {
                return Ok(false);
            }
            // A change of a message counts for nothing.
            let Some(message) = table::message::get(tx, id)? else { return Ok(true) };
            if let Some(sent) = sent {
                let print = message.text.as_deref().and_then(fingerprint);
                table::sent::put(tx, &Sent { message: id, chat: message.conversation_id, ..sent }, print)?;
            }
            release_one(tx, message)?;
            Ok(true)
        })
        .await
    }
}

fn hold(tx: &mut Tx<'_>, id: MessageId, hold: Hold) -> Result<()> {
    let id = MessageId(table::alias::resolve(tx, id.0)?);
    let Some(mut message) = table::message::get(tx, id)?.filter(|message| message.status == MessageStatus::Queued)
    else {
        return Ok(());
    };
    if message.details.hold.as_ref().is_some_and(|known| is_same(known, &hold)) {
        return Ok(());
    }
    message.details.hold = Some(hold);
    table::message::put(tx, &message)?;
    tx.tell_event(Event::MessageStatus(message));
    Ok(())
}

fn is_same(one: &Hold, other: &Hold) -> bool {
    one.code == other.code
        && match (one.until, other.until) {
            (Some(one), Some(other)) => one.since(other).abs() < SAME_MS,
            (one, other) => one == other,
        }
}

fn release_one(tx: &mut Tx<'_>, mut message: Message) -> Result<()> {
    if message.details.hold.take().is_some() {
        table::message::put(tx, &message)?;
        tx.tell_event(Event::MessageStatus(message));
    }
    Ok(())
}

/// Something changed about these chats (all of them: `None`): what waits there is judged anew.
pub(in crate::store) fn release(tx: &mut Tx<'_>, conversation: Option<ConversationId>) -> Result<()> {
    let Some(channel) = own::channel_id(tx)? else { return Ok(()) };
    let waiting: Vec<Message> = row::all(
        tx,
        "SELECT body FROM message WHERE channel_id = ?1 AND status = 'queued' AND (?2 IS NULL OR conversation_id = ?2)",
        params![channel.0.into_bytes(), conversation.map(|id| id.0.into_bytes())],
    )?;
    if waiting.is_empty() {
        return Ok(());
    }
    table::value::set_json(tx, TURNS, &(turns(tx)? + 1))?;
    tx.tell(Change::ToSend);
    waiting.into_iter().try_for_each(|message| release_one(tx, message))
}
