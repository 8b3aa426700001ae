//! A chat shares less from now on, because its owner says so or because it has become one with another: what waits is taken
//! back, and the server is asked to forget what it holds, all in the transaction of the cause.

use ownline_model::{
    conversation::{Conversation, Scope},
    ids::ConversationId,
    sync::Op,
};
use rusqlite::params;

use super::{Result, own, people, row, scope, sharing, table, writer::Tx};

/// Takes back what a chat shares no more; its new scope is set already. `known_as`: the ids under which the server may hold
/// more of it.
pub(super) fn narrow(tx: &mut Tx<'_>, conversation: &mut Conversation, known_as: &[ConversationId]) -> Result<()> {
    table::sharing::stop(tx, conversation.id)?;
    if conversation.scope == Scope::Private {
        keep_all(tx, conversation)?;
    } else {
        strip(tx, conversation)?;
    }
    for id in known_as {
        tell_scope(tx, conversation, *id)?;
    }
    Ok(())
}

/// Two chats of the own number have become one, which shares what both of them did. `untold`: the server had yet to hear
/// what the one that went shares.
pub(super) fn became_one(tx: &mut Tx<'_>, goes: &Conversation, stays: &Conversation, untold: bool) -> Result<()> {
    let Some(mut chat) = table::conversation::get(tx, stays.id)? else { return Ok(()) };
    let mut known_as = Vec::new();
    if untold || goes.scope > chat.scope {
        known_as.push(goes.id);
    }
    if stays.scope > chat.scope {
        known_as.push(stays.id);
    }
    if known_as.is_empty() {
        return Ok(());
    }
    let before = chat.clone();
    narrow(tx, &mut chat, &known_as)?;
    if chat == before { Ok(()) } else { table::conversation::put(tx, &chat) }
}

pub(super) fn tell_scope(tx: &mut Tx<'_>, conversation: &Conversation, known_as: ConversationId) -> Result<()> {
    let op = Op::ConversationScope { conversation_id: known_as, scope: conversation.scope };
    let held = own::is_held(tx)?;
    table::outbox::add(tx, &op, sharing::about(conversation), held)?;
    Ok(())
}

/// Nothing of the chat leaves any more: what still waits is taken back, and the server will forget what it had.
fn keep_all(tx: &mut Tx<'_>, conversation: &mut Conversation) -> Result<()> {
    let id = conversation.id.0.into_bytes();
    row::run(tx, "DELETE FROM outbox WHERE conversation_id = ? AND kind <> 'conversation_scope'", [id])?;
    if let Some(ticket) = conversation.ticket_id {
        row::run(tx, "DELETE FROM outbox WHERE subject_id = ?", [ticket.0.into_bytes()])?;
    }
    stop_files(tx, conversation.id)?;
    leave_desk(tx, conversation)?;
    forget_contact_changes(tx, conversation)
}

/// Shared again, the chat starts afresh on the desk.
fn leave_desk(tx: &Tx<'_>, conversation: &mut Conversation) -> Result<()> {
    let id = conversation.id.0.into_bytes();
    row::run(tx, "DELETE FROM ticket WHERE conversation_id = ?", [id])?;
    row::run(tx, "UPDATE message SET told = 0 WHERE conversation_id = ?", [id])?;
    conversation.ticket_id = None;
    conversation.assignee_id = None;
    conversation.version = 0;
    Ok(())
}

/// The server has forgotten a chat of the own number. News of it that were on their way may have come since it was asked to.
pub(super) fn is_forgotten(tx: &mut Tx<'_>, mut conversation: Conversation) -> Result<()> {
    if conversation.scope != Scope::Private {
        return Ok(());
    }
    let before = conversation.clone();
    leave_desk(tx, &mut conversation)?;
    if conversation == before { Ok(()) } else { people::put_conversation(tx, conversation, false) }
}

/// A contact of private chats only is nothing to the server.
fn forget_contact_changes(tx: &Tx<'_>, conversation: &Conversation) -> Result<()> {
    let known = table::contact::get(tx, conversation.contact_id)?.is_some_and(|contact| contact.version > 0);
    let others = table::conversation::of_contact(tx, conversation.contact_id)?;
    if !known && !others.iter().any(|other| other.id != conversation.id && scope::tells(other.scope)) {
        let contact = conversation.contact_id.0.into_bytes();
        row::run(tx, "DELETE FROM outbox WHERE subject_id = ?", [contact])?;
    }
    Ok(())
}

/// What still waits goes without words.
fn strip(tx: &Tx<'_>, conversation: &Conversation) -> Result<()> {
    let waiting: Vec<(i64, Op)> = {
        let mut statement = tx.prepare_cached(
            "SELECT seq, op FROM outbox WHERE conversation_id = ?
                 AND kind IN ('message_received', 'reply', 'message_amended')",
        )?;
        let mut rows = statement.query([conversation.id.0.into_bytes()])?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next()? {
            let op = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            waiting.push((row.get(0)?, serde_json::from_str(op)?));
        }
        waiting
    };
    for (seq, op) in waiting {
        match scope::without_words(op) {
            Some(op) => {
                row::run(tx, "UPDATE outbox SET op = ? WHERE seq = ?", params![serde_json::to_string(&op)?, seq])?
            }
            None => row::run(tx, "DELETE FROM outbox WHERE seq = ?", [seq])?,
        };
    }
    table::message::take_back_words(tx, conversation.id)?;
    stop_files(tx, conversation.id)
}

fn stop_files(tx: &Tx<'_>, conversation: ConversationId) -> Result<()> {
    row::run(
        tx,
        "DELETE FROM file_share WHERE message_id IN (SELECT id FROM message WHERE conversation_id = ?)",
        [conversation.0.into_bytes()],
    )?;
    Ok(())
}
