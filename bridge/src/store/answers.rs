//! What becomes of a pushed change: the server's truth is applied, ids that it knows otherwise are taken over, and a
//! request that it refused is undone with a reason.

use ownline_model::{
    event::Event,
    message::{Failure, Message, MessageStatus},
    problem::{Problem, ProblemCode},
    sync::{self, ChangeResult, Op, Outcome, Truth},
    ticket::Ticket,
};

use super::{
    Result, Store, apply,
    change::Change,
    own, progress, remap, row,
    table::{self, outbox::Settled},
    writer::Tx,
};

impl Store {
    /// The next changes for the server, oldest first.
    pub async fn outbox(&self, limit: u32) -> Result<Vec<sync::Change>> {
        self.read(move |connection| table::outbox::first(connection, limit)).await
    }

    /// Settles pushed changes, all in one transaction.
    pub async fn apply_results(&self, results: Vec<ChangeResult>) -> Result<()> {
        self.write(move |tx| results.into_iter().try_for_each(|result| settle(tx, result))).await
    }
}

fn settle(tx: &mut Tx<'_>, result: ChangeResult) -> Result<()> {
    let op = table::outbox::op(tx, result.id)?;
    if let Some(op) = &op {
        take_over_ids(tx, op, &result.truth)?;
    }
    let settled = table::outbox::settle(tx, op.as_ref(), &result)?;
    let has_ticket = result.truth.ticket.is_some();
    apply::truth(tx, result.truth)?;
    if settled == Settled::AskedAgain {
        return Ok(());
    }
    let mut refusal = None;
    match (op, result.outcome) {
        (Some(op), Outcome::Rejected { code, detail }) => {
            tracing::warn!(kind = table::outbox::kind(&op), code = code.as_str(), %detail, "the server refused a change");
            undo(tx, op, code, has_ticket)?;
            let problem = Problem::new(code);
            refusal = Some(Box::new(if detail.is_empty() { problem } else { problem.with_detail(detail) }));
        }
        (Some(Op::ChannelReported { .. }), _) => release(tx)?,
        _ => {}
    }
    tx.tell(Change::Settled { change: result.id, refusal });
    tx.tell(Change::Status);
    Ok(())
}

fn take_over_ids(tx: &mut Tx<'_>, op: &Op, truth: &Truth) -> Result<()> {
    let (contact, conversation, message) = match op {
        Op::MessageReceived { contact, message, .. } => {
            (Some(contact.id), Some(message.conversation_id), Some(message.id))
        }
        Op::ConversationOpened { contact, conversation_id, .. } => (Some(contact.id), Some(*conversation_id), None),
        Op::Reply { message } => (None, Some(message.conversation_id), Some(message.id)),
        Op::ChannelReported { channel_id, .. } => {
            if let Some(truth) = truth.channel.as_ref().filter(|truth| truth.id != *channel_id) {
                // Only where it is the same number: a refusal tells of another agent's channel.
                if own::channel(tx)?.is_some_and(|mine| mine.number == truth.number && mine.owner_id == truth.owner_id)
                {
                    remap::channel(tx, *channel_id, truth.id)?;
                }
            }
            (None, None, None)
        }
        _ => (None, None, None),
    };
    if let (Some(old), Some(truth)) = (contact, &truth.contact)
        && old != truth.id
    {
        remap::contact(tx, old, truth.id)?;
    }
    if let (Some(old), Some(truth)) = (conversation, &truth.conversation)
        && old != truth.id
    {
        remap::conversation(tx, old, truth.id)?;
    }
    if let (Some(old), Some(truth)) = (message, &truth.message)
        && old != truth.id
    {
        remap::message(tx, old, truth.id)?;
    }
    Ok(())
}

fn undo(tx: &mut Tx<'_>, op: Op, code: ProblemCode, has_truth: bool) -> Result<()> {
    match op {
        Op::ChannelReported { .. } => hold(tx, code),
        Op::Reply { message } => fail_if_queued(tx, &message, code),
        Op::RetryMessage { message_id } => match table::message::get(tx, message_id)? {
            Some(message) => fail_if_queued(tx, &message, code),
            None => Ok(()),
        },
        Op::TicketTake { ticket_id, .. }
        | Op::TicketTransfer { ticket_id, .. }
        | Op::TicketResolve { ticket_id, .. }
        | Op::TicketClose { ticket_id }
        | Op::TicketReopen { ticket_id } => {
            // What was asked on top of it falls with it; the server will say so of each.
            if !has_truth && let Some(settled) = table::ticket::settled(tx, ticket_id)? {
                let settled = Ticket { pending: false, ..settled };
                table::ticket::put(tx, &settled, None)?;
                tx.tell_event(Event::TicketUpdated(settled));
            }
            Ok(())
        }
        Op::ContactPatched { .. }
        | Op::ConversationRead { .. }
        | Op::ConversationOpened { .. }
        | Op::MessageReceived { .. }
        | Op::MessageAmended { .. }
        | Op::ConversationScope { .. }
        | Op::NumberChanged { .. }
        | Op::OptedOut { .. }
        | Op::OptedIn { .. }
        | Op::MessageStatus { .. } => Ok(()),
    }
}

/// A reply that has not left fails with the server's reason. One that has left is a fact.
fn fail_if_queued(tx: &mut Tx<'_>, message: &Message, code: ProblemCode) -> Result<()> {
    let Some(mut message) = table::message::get(tx, message.id)?.filter(|it| it.status == MessageStatus::Queued) else {
        return Ok(());
    };
    message.status = MessageStatus::Failed;
    message.failure =
        Some(Failure { code: code.as_str().to_owned(), detail: code.title().to_owned(), retryable: false });
    progress::put_status(tx, &message)
}

/// The server does not take this machine's number (another agent holds it). What concerns it waits; the agent is told.
fn hold(tx: &mut Tx<'_>, code: ProblemCode) -> Result<()> {
    table::value::set(tx, own::REFUSED, Some(code.as_str()))?;
    if let Some(channel) = own::channel_id(tx)? {
        row::run(
            tx,
            "UPDATE outbox SET held = 1 WHERE channel_id = ? AND kind <> 'channel_reported'",
            [channel.0.into_bytes()],
        )?;
    }
    Ok(())
}

/// The server takes this machine's number: what waited for that goes out.
fn release(tx: &mut Tx<'_>) -> Result<()> {
    table::value::set(tx, own::REFUSED, None)?;
    if row::run(tx, "UPDATE outbox SET held = 0 WHERE held = 1", [])? > 0 {
        tx.tell(Change::Outbox);
    }
    Ok(())
}
