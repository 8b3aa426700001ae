//! What waits for the server, first in, first out. A row dies only after the server has taken it.

use ownline_model::{
    conversation::Scope,
    ids::{ChangeId, ChannelId, ConversationId},
    problem::ProblemCode,
    sync::{Change, ChangeResult, Op, Outcome},
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::store::{
    Result, change, progress, row,
    table::{self, message::Told},
    writer::Tx,
};

/// What a row is about, for the queries that overlay what waits over what the server says.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::store) struct About {
    pub(in crate::store) channel: Option<ChannelId>,
    pub(in crate::store) conversation: Option<ConversationId>,
    /// The message, ticket or contact.
    pub(in crate::store) subject: Option<Uuid>,
}

pub(in crate::store) const fn kind(op: &Op) -> &'static str {
    match op {
        Op::ChannelReported { .. } => "channel_reported",
        Op::ConversationOpened { .. } => "conversation_opened",
        Op::MessageReceived { .. } => "message_received",
        Op::Reply { .. } => "reply",
        Op::MessageStatus { .. } => "message_status",
        Op::RetryMessage { .. } => "retry_message",
        Op::MessageAmended { .. } => "message_amended",
        Op::ConversationScope { .. } => "conversation_scope",
        Op::NumberChanged { .. } => "number_changed",
        Op::OptedOut { .. } => "opted_out",
        Op::OptedIn { .. } => "opted_in",
        Op::ConversationRead { .. } => "conversation_read",
        Op::ContactPatched { .. } => "contact_patched",
        Op::TicketTake { .. } => "ticket_take",
        Op::TicketTransfer { .. } => "ticket_transfer",
        Op::TicketResolve { .. } => "ticket_resolve",
        Op::TicketClose { .. } => "ticket_close",
        Op::TicketReopen { .. } => "ticket_reopen",
    }
}

/// Queues a change. `held`: the server does not accept this machine's number now, so what concerns it waits.
pub(in crate::store) fn add(tx: &mut Tx<'_>, op: &Op, about: About, held: bool) -> Result<ChangeId> {
    let id = ChangeId::fresh();
    row::run(
        tx,
        "INSERT INTO outbox (id, kind, channel_id, conversation_id, subject_id, held, op) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            id.0.into_bytes(),
            kind(op),
            about.channel.map(|id| id.0.into_bytes()),
            about.conversation.map(|id| id.0.into_bytes()),
            about.subject.map(Uuid::into_bytes),
            held,
            serde_json::to_string(op)?
        ],
    )?;
    if let Op::MessageReceived { message, .. } | Op::Reply { message } = op {
        let words = match op {
            Op::MessageReceived { scope, .. } => *scope == Scope::Shared,
            // A reply through a colleague's number travels whole, whatever the chat shares.
            _ => progress::scope_of(tx, message.conversation_id)? == Scope::Shared || message.text.is_some(),
        };
        table::message::set_told(tx, message.id, if words { Told::Words } else { Told::Bare })?;
    }
    tx.tell(change::Change::Outbox);
    Ok(id)
}

pub(in crate::store) fn first(connection: &Connection, limit: u32) -> Result<Vec<Change>> {
    let mut statement = connection
        .prepare_cached("SELECT id, op FROM outbox WHERE held = 0 AND refused IS NULL ORDER BY seq LIMIT ?")?;
    let mut rows = statement.query([limit])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let op = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        changes.push(Change { id: ChangeId(Uuid::from_bytes(row.get(0)?)), op: serde_json::from_str(op)? });
    }
    Ok(changes)
}

pub(in crate::store) fn op(connection: &Connection, id: ChangeId) -> Result<Option<Op>> {
    row::one(connection, "SELECT op FROM outbox WHERE id = ?", [id.0.into_bytes()])
}

/// Whether something about this message, ticket or contact still waits.
pub(in crate::store) fn waits_for(connection: &Connection, subject: Uuid, kind_like: &str) -> Result<bool> {
    let found: Option<i64> = row::scalar(
        connection,
        "SELECT 1 FROM outbox WHERE subject_id = ? AND kind LIKE ? AND refused IS NULL LIMIT 1",
        params![subject.into_bytes(), kind_like],
    )?;
    Ok(found.is_some())
}

/// The waiting changes of one kind about a subject.
pub(in crate::store) fn about_subject(connection: &Connection, subject: Uuid, kind: &str) -> Result<Vec<Op>> {
    row::all(
        connection,
        "SELECT op FROM outbox WHERE subject_id = ? AND kind = ? AND refused IS NULL ORDER BY seq",
        params![subject.into_bytes(), kind],
    )
}

/// The waiting changes of one kind about a conversation.
pub(in crate::store) fn about_conversation(
    connection: &Connection,
    conversation: ConversationId,
    kind: &str,
) -> Result<Vec<Op>> {
    row::all(
        connection,
        "SELECT op FROM outbox WHERE conversation_id = ? AND kind = ? AND refused IS NULL ORDER BY seq",
        params![conversation.0.into_bytes(), kind],
    )
}

/// Takes back what waits to tell how much the chat shares that the server knows under this id. `false`: nothing did.
pub(in crate::store) fn drop_scope(connection: &Connection, known_as: ConversationId) -> Result<bool> {
    let dropped = row::run(
        connection,
        "DELETE FROM outbox WHERE kind = 'conversation_scope' AND refused IS NULL
             AND json_extract(op, '$.conversation_id') = ?",
        [known_as.to_string()],
    )?;
    Ok(dropped > 0)
}

/// Ids are random, so replacing their text touches nothing else.
pub(in crate::store) fn rename(connection: &Connection, old: Uuid, new: Uuid) -> Result<()> {
    let (old_text, new_text) = (old.to_string(), new.to_string());
    row::run(
        connection,
        "UPDATE outbox SET op = replace(op, ?1, ?2),
             channel_id = iif(channel_id = ?3, ?4, channel_id),
             conversation_id = iif(conversation_id = ?3, ?4, conversation_id),
             subject_id = iif(subject_id = ?3, ?4, subject_id)
         WHERE instr(op, ?1) > 0 OR ?3 IN (channel_id, conversation_id, subject_id)",
        params![old_text, new_text, old.into_bytes(), new.into_bytes()],
    )?;
    Ok(())
}

/// Each half is an index, and no row is looked at: the status is told again and again while thousands of them wait.
const COUNT: &str = "SELECT (SELECT count(*) FROM outbox WHERE held = 0 AND refused IS NULL)
                          + (SELECT count(*) FROM outbox WHERE held = 1 AND refused IS NULL)";

pub(in crate::store) fn count(connection: &Connection) -> Result<u64> {
    let count: Option<i64> = row::scalar(connection, COUNT, [])?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

/// A row dies when the server has taken it or refused the request. A refused fact is kept on record, one about a number that
/// the server does not accept waits, and a note on a contact that changed meanwhile is asked again over the new state.
pub(in crate::store) fn settle(connection: &Connection, op: Option<&Op>, result: &ChangeResult) -> Result<Settled> {
    let id = result.id.0.into_bytes();
    let fact = matches!(
        op,
        Some(
            Op::MessageReceived { .. }
                | Op::ConversationOpened { .. }
                | Op::MessageStatus { .. }
                | Op::MessageAmended { .. }
                | Op::ConversationScope { .. }
                | Op::OptedOut { .. }
                | Op::OptedIn { .. }
        )
    );
    match (&result.outcome, op) {
        (Outcome::Rejected { code: ProblemCode::NumberAlreadyLinked | ProblemCode::NotYourNumber, .. }, _) if fact => {
            row::run(connection, "UPDATE outbox SET held = 1 WHERE id = ?", [id])?;
        }
        (Outcome::Rejected { code, .. }, _) if fact => {
            row::run(connection, "UPDATE outbox SET refused = ? WHERE id = ?", params![code.as_str(), id])?;
        }
        (
            Outcome::Rejected { code: ProblemCode::VersionConflict, .. },
            Some(Op::ContactPatched { contact_id, base_version, patch }),
        ) if let Some(truth) = result.truth.contact.as_ref().filter(|truth| truth.version != *base_version) => {
            let (contact_id, patch) = (*contact_id, patch.clone());
            let again = Op::ContactPatched { contact_id, base_version: truth.version, patch };
            row::run(connection, "UPDATE outbox SET op = ? WHERE id = ?", params![serde_json::to_string(&again)?, id])?;
            return Ok(Settled::AskedAgain);
        }
        _ => {
            row::run(connection, "DELETE FROM outbox WHERE id = ?", [id])?;
        }
    }
    Ok(Settled::Done)
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Settled {
    Done,
    AskedAgain,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrations;

    #[test]
    fn what_waits_is_counted_without_a_look_at_it() {
        let mut connection = Connection::open_in_memory().expect("open");
        migrations::migrate(&mut connection).expect("the schema");
        for (held, refused) in [(0, None), (0, None), (1, None), (0, Some("no")), (1, Some("no"))] {
            let add = "INSERT INTO outbox (id, kind, held, refused, op) VALUES (randomblob(16), 'reply', ?, ?, '{}')";
            connection.execute(add, params![held, refused]).expect("added");
        }
        assert_eq!(count(&connection).expect("counted"), 3, "what is held waits too, what was refused does not");
        let mut steps = connection.prepare(&format!("EXPLAIN {COUNT}")).expect("a plan");
        let steps = steps.query_map([], |row| row.get::<_, String>("opcode")).expect("its steps");
        let steps: Vec<String> = steps.collect::<Result<_, _>>().expect("steps");
        assert!(steps.iter().any(|step| step == "AggStep" || step == "Count"), "{steps:?}");
        assert!(!steps.iter().any(|step| step == "Column"), "rows are read: {steps:?}");
    }
}
