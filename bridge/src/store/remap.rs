//! A provisional id gives way to the one that counts, everywhere at once: rows, bodies, and what waits in the outbox.
//! Bodies are JSON and ids are random, so replacing an id's text in them touches nothing else.

use ownline_model::{
    conversation::Conversation,
    ids::{ChannelId, ContactId, ConversationId, MessageId},
    message::{Message, MessageStatus},
};
use rusqlite::params;
use uuid::Uuid;

use super::{Result, media, own, row, table, unshare, writer::Tx};

/// The contact `old` is `new`. The row of `new` is the caller's to write.
pub(super) fn contact(tx: &mut Tx<'_>, old: ContactId, new: ContactId) -> Result<()> {
    for mut mine in table::conversation::of_contact(tx, old)? {
        if let Some(theirs) = table::conversation::of(tx, mine.channel_id, new)? {
            conversation(tx, mine.id, theirs.id)?;
        } else {
            mine.contact_id = new;
            table::conversation::put(tx, &mine)?;
        }
    }
    row::run(
        tx,
        "UPDATE ticket SET body = replace(body, ?1, ?2), settled = replace(settled, ?1, ?2)
         WHERE conversation_id IN (SELECT id FROM conversation WHERE contact_id = ?3)",
        params![old.to_string(), new.to_string(), new.0.into_bytes()],
    )?;
    table::contact::delete(tx, old)?;
    everywhere(tx, old.0, new.0)
}

/// The conversation `old` is `new`, which may be known already: then their messages become one chat.
pub(super) fn conversation(tx: &mut Tx<'_>, old: ConversationId, new: ConversationId) -> Result<()> {
    let Some(goes) = table::conversation::get(tx, old)? else { return everywhere(tx, old.0, new.0) };
    table::conversation::delete(tx, old)?;
    let known = table::conversation::get(tx, new)?;
    // Of two own chats the server knows each under its own id; a number that goes by another id is no merge.
    let own = own::channel_id(tx)?;
    let joined = known.clone().filter(|it| own == Some(it.channel_id));
    let untold = joined.is_some() && table::outbox::drop_scope(tx, old)?;
    let stays = match known {
        Some(stays) => {
            for (duplicate, original) in doubles(tx, old, new)? {
                message(tx, duplicate, original)?;
            }
            merged(stays, goes.clone())
        }
        None => Conversation { id: new, ..goes.clone() },
    };
    table::conversation::put(tx, &stays)?;
    row::run(
        tx,
        "UPDATE message SET conversation_id = ?4, body = replace(body, ?1, ?2) WHERE conversation_id = ?3",
        params![old.to_string(), new.to_string(), old.0.into_bytes(), new.0.into_bytes()],
    )?;
    row::run(
        tx,
        "UPDATE ticket SET conversation_id = ?4, body = replace(body, ?1, ?2), settled = replace(settled, ?1, ?2)
         WHERE conversation_id = ?3",
        params![old.to_string(), new.to_string(), old.0.into_bytes(), new.0.into_bytes()],
    )?;
    everywhere(tx, old.0, new.0)?;
    match joined {
        Some(joined) => unshare::became_one(tx, &goes, &joined, untold),
        None => Ok(()),
    }
}

fn merged(mut stays: Conversation, goes: Conversation) -> Conversation {
    stays.unread += goes.unread;
    stays.ticket_id = stays.ticket_id.or(goes.ticket_id);
    // The narrower scope wins: what was private in one of them must not become public by a merge.
    stays.scope = stays.scope.min(goes.scope);
    if goes.last_activity_at > stays.last_activity_at {
        stays.last_activity_at = goes.last_activity_at;
        stays.last_message = goes.last_message.or(stays.last_message);
        stays.state = goes.state;
    }
    stays
}

/// Messages that both chats hold.
fn doubles(tx: &Tx<'_>, old: ConversationId, new: ConversationId) -> Result<Vec<(MessageId, MessageId)>> {
    let mut statement = tx.prepare_cached(
        "SELECT a.id, b.id FROM message a JOIN message b ON b.wa_id = a.wa_id AND b.direction = a.direction
         WHERE a.conversation_id = ? AND b.conversation_id = ?",
    )?;
    let rows = statement.query_map([old.0.into_bytes(), new.0.into_bytes()], |row| {
        Ok((MessageId(Uuid::from_bytes(row.get(0)?)), MessageId(Uuid::from_bytes(row.get(1)?))))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The message `old` is `new`.
pub(super) fn message(tx: &mut Tx<'_>, old: MessageId, new: MessageId) -> Result<()> {
    match (table::message::get(tx, old)?, table::message::get(tx, new)?) {
        (Some(goes), Some(stays)) => {
            table::message::inherit(tx, old, new)?;
            table::message::delete(tx, old)?;
            let status = stays.status.advance(goes.status);
            let failure = stays.failure.or(goes.failure).filter(|_| status == MessageStatus::Failed);
            let text = stays.text.or(goes.text);
            table::message::put(tx, &Message { status, failure, text, ..stays })?;
        }
        (Some(_), None) => {
            row::run(
                tx,
                "UPDATE message SET id = ?4, body = replace(body, ?1, ?2) WHERE id = ?3",
                params![old.to_string(), new.to_string(), old.0.into_bytes(), new.0.into_bytes()],
            )?;
        }
        (None, _) => {}
    }
    table::remote_file::rename(tx, old, new)?;
    table::poll_secret::rename(tx, old, new)?;
    table::amended::rename(tx, old, new)?;
    table::group::rename(tx, old, new)?;
    media::rename(tx, old, new)?;
    table::merge::rename_message(tx, old.0.into_bytes(), new.0.into_bytes())?;
    everywhere(tx, old.0, new.0)
}

/// The own channel `old` is known to the team as `new`.
pub(super) fn channel(tx: &mut Tx<'_>, old: ChannelId, new: ChannelId) -> Result<()> {
    let twins: Vec<Conversation> = row::all(
        tx,
        "SELECT a.body FROM conversation a JOIN conversation b ON b.contact_id = a.contact_id AND b.channel_id = ?
         WHERE a.channel_id = ?",
        [new.0.into_bytes(), old.0.into_bytes()],
    )?;
    for mine in twins {
        if let Some(theirs) = table::conversation::of(tx, new, mine.contact_id)? {
            conversation(tx, mine.id, theirs.id)?;
        }
    }
    for table in ["conversation", "message"] {
        tx.execute(
            &format!("UPDATE {table} SET channel_id = ?4, body = replace(body, ?1, ?2) WHERE channel_id = ?3"),
            params![old.to_string(), new.to_string(), old.0.into_bytes(), new.0.into_bytes()],
        )?;
    }
    table::channel::delete(tx, old)?;
    if own::channel_id(tx)? == Some(old) {
        own::set_channel(tx, new)?;
    }
    everywhere(tx, old.0, new.0)
}

fn everywhere(tx: &Tx<'_>, old: Uuid, new: Uuid) -> Result<()> {
    table::alias::add(tx, old, new)?;
    table::action::rename(tx, old, new)?;
    table::sent::rename(tx, old, new)?;
    table::opt_out::rename(tx, old, new)?;
    table::picture::rename(tx, old, new)?;
    table::sharing::rename(tx, old, new)?;
    table::outbox::rename(tx, old, new)
}
