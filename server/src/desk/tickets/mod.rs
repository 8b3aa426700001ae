//! The moves of a ticket, one a file.

pub(crate) mod close;
pub(crate) mod reopen;
pub(crate) mod resolve;
pub(crate) mod take;
pub(crate) mod transfer;

use ownline_model::{
    conversation::{Conversation, ConversationState},
    event::Event,
    ids::TicketId,
    problem::ProblemCode,
    sync::Truth,
    ticket::{Ticket, TicketState},
};

use super::{Applied, Done, save_conversation};
use crate::store::{Tx, conversations, tickets};

async fn find(tx: &Tx, id: TicketId) -> Done<Ticket> {
    tickets::find(tx, id).await?.ok_or_else(|| ProblemCode::NotFound.into())
}

/// Stores a moved ticket by compare-and-swap, and lets its conversation follow.
async fn store(
    tx: &mut Tx,
    before: Ticket,
    after: Ticket,
    event: fn(Ticket) -> Event,
    conversation_event: fn(Conversation) -> Event,
) -> Done<Applied> {
    let thread = conversations::find(tx, after.conversation_id).await?;
    if after == before {
        let conversation = thread.map(|thread| thread.conversation);
        return Ok(Applied::before(Truth { ticket: Some(before), conversation, ..Truth::default() }));
    }
    if !tickets::swap(tx, before.version, &after).await? {
        return Err(ProblemCode::TicketTaken.into());
    }
    tx.journal(event(after.clone()));
    let mut conversation = None;
    if let Some(thread) = thread {
        let mut moved = thread.clone();
        if thread.conversation.ticket_id == Some(after.id) {
            follow(&mut moved.conversation, &after);
        }
        save_conversation(tx, &thread, &mut moved, conversation_event).await?;
        conversation = Some(moved.conversation);
    }
    Ok(Applied::now(Truth { ticket: Some(after), conversation, ..Truth::default() }))
}

fn follow(conversation: &mut Conversation, ticket: &Ticket) {
    if ticket.state == TicketState::Closed {
        conversation.state = ConversationState::Closed;
        conversation.ticket_id = None;
        conversation.assignee_id = None;
    } else {
        conversation.assignee_id = ticket.assignee_id;
    }
}
