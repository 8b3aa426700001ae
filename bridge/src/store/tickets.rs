//! Asking for a ticket's move: shown at once as asked for, settled by the server.

use ownline_model::{
    agent::Agent,
    event::Event,
    ids::{AgentId, ChangeId, TicketId},
    problem::{Problem, ProblemCode},
    sync::Op,
    ticket::{Actor, Ticket, TicketRefusal},
};

use super::{
    DeskError, Result, Store, desk,
    table::{self, outbox::About},
    writer::Tx,
};
use crate::time::now;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketAction {
    Take,
    Transfer { to: AgentId, reason: Option<String> },
    Resolve { note: Option<String> },
    Close,
    Reopen,
}

/// A ticket as it is asked to be.
#[derive(Debug)]
pub struct Asked {
    pub ticket: Ticket,
    /// The change that the server will answer; `None` when there was nothing to ask.
    pub change: Option<ChangeId>,
}

impl Store {
    /// Shows the move as asked for and queues the question. What cannot be is refused here and now.
    pub async fn act_on_ticket(&self, id: TicketId, action: TicketAction) -> std::result::Result<Asked, DeskError> {
        self.write(move |tx| act(tx, id, action)).await?.map_err(|problem| DeskError::Refused(Box::new(problem)))
    }
}

fn act(tx: &mut Tx<'_>, id: TicketId, action: TicketAction) -> Result<std::result::Result<Asked, Problem>> {
    let Some(ticket) = table::ticket::get(tx, id)? else { return Ok(Err(ProblemCode::NotFound.into())) };
    let Some(me) = desk::me(tx)? else { return Ok(Err(ProblemCode::NotSignedIn.into())) };
    let Some(settled) = table::ticket::settled(tx, id)? else { return Ok(Err(ProblemCode::NotFound.into())) };
    let mut moved = match step(ticket.clone(), &action, &me) {
        Ok(moved) => moved,
        Err(refusal) => return Ok(Err(refusal.code().into())),
    };
    if moved == ticket {
        return Ok(Ok(Asked { ticket, change: None }));
    }
    // The version is the server's to count.
    moved.version = settled.version;
    moved.pending = true;
    table::ticket::put(tx, &moved, Some(&settled))?;
    tx.tell_event(Event::TicketUpdated(moved.clone()));
    let op = match action {
        TicketAction::Take => Op::TicketTake { ticket_id: id, base_version: settled.version },
        TicketAction::Transfer { to, reason } => Op::TicketTransfer { ticket_id: id, to, reason },
        TicketAction::Resolve { note } => Op::TicketResolve { ticket_id: id, note },
        TicketAction::Close => Op::TicketClose { ticket_id: id },
        TicketAction::Reopen => Op::TicketReopen { ticket_id: id },
    };
    let about =
        About { channel: Some(moved.channel_id), conversation: Some(moved.conversation_id), subject: Some(id.0) };
    let change = table::outbox::add(tx, &op, about, false)?;
    Ok(Ok(Asked { ticket: moved, change: Some(change) }))
}

fn step(ticket: Ticket, action: &TicketAction, me: &Agent) -> std::result::Result<Ticket, TicketRefusal> {
    let actor = Actor::from(me);
    match action {
        TicketAction::Take => ticket.take(actor, now()),
        TicketAction::Transfer { to, .. } if *to == me.id && ticket.assignee_id.is_none() => ticket.take(actor, now()),
        TicketAction::Transfer { to, .. } => ticket.transfer(actor, *to, now()),
        TicketAction::Resolve { note } => ticket.resolve(actor, note.clone(), now()),
        TicketAction::Close => ticket.close(actor, now()),
        TicketAction::Reopen => ticket.reopen(actor),
    }
}
