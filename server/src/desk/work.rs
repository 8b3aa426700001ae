//! Whether a customer's message is work, and which ticket it belongs to.

use ownline_model::{
    contact::Contact,
    conversation::Conversation,
    event::Event,
    ids::TicketId,
    message::{Message, MessageKind, MessageStatus, preview},
    ticket::{Actor, Ticket, TicketState},
    time::UtcMillis,
};

use super::{Done, policy};
use crate::store::{Tx, tickets};

/// A message that was read already when it came, and is older than this, was handed over by the phone at linking.
const HISTORY_MS: i64 = 24 * 60 * 60 * 1000;
/// A ticket's subject, until a person gives it another.
const SUBJECT_CHARS: usize = 80;

/// Whether a customer's message asks the team for something: a gap is no message, and what was read long before it came here
/// is history. What is said in a group asks like any other: it comes here only where the number's owner has turned it on.
pub(super) fn is_work(message: &Message, now: UtcMillis) -> bool {
    let was_read = matches!(message.status, MessageStatus::Read | MessageStatus::Played);
    let is_history = was_read && now.since(message.at) > HISTORY_MS;
    message.kind != MessageKind::Gap && !is_history
}

/// The conversation's ticket that is not closed.
pub(super) async fn open_ticket(tx: &Tx, conversation: &Conversation) -> Done<Option<Ticket>> {
    Ok(match conversation.ticket_id {
        Some(id) => tickets::find(tx, id).await?.filter(|ticket| ticket.state != TicketState::Closed),
        None => None,
    })
}

/// The ticket that a customer's message belongs to: the open one, the resolved one taken up again, or a new one.
pub(super) async fn ticket_for_customer(
    tx: &mut Tx,
    ticket: Option<Ticket>,
    conversation: &mut Conversation,
    contact: &Contact,
    message: &Message,
) -> Done<Ticket> {
    if let Some(ticket) = ticket {
        if policy::is_open(&ticket) {
            return Ok(ticket);
        }
        let base = ticket.version;
        if let Some(reopened) = ticket.clone().reopen_by_customer(tx.now()) {
            tickets::swap(tx, base, &reopened).await?;
            tx.journal(Event::TicketUpdated(reopened.clone()));
            conversation.assignee_id = reopened.assignee_id;
            return Ok(reopened);
        }
        // Long resolved: it ends, and the customer's new matter gets a ticket of its own.
        if let Some(assignee) = ticket.assignee_id {
            let actor = Actor { id: assignee, role: ownline_model::agent::Role::Agent };
            let closed = ticket.close(actor, tx.now())?;
            tickets::swap(tx, base, &closed).await?;
            tx.journal(Event::TicketClosed(closed));
        }
    }
    let ticket = Ticket {
        id: TicketId::fresh(),
        version: 1,
        number: tickets::next_number(tx).await?,
        conversation_id: conversation.id,
        contact_id: conversation.contact_id,
        channel_id: conversation.channel_id,
        subject: subject(&contact.name, message),
        state: TicketState::Open,
        priority: conversation.priority,
        category: None,
        assignee_id: None,
        resolution_note: None,
        created_at: tx.now(),
        assigned_at: None,
        first_reply_at: None,
        resolved_at: None,
        closed_at: None,
        pending: false,
    };
    tickets::insert(tx, &ticket).await?;
    tx.journal(Event::TicketCreated(ticket.clone()));
    conversation.ticket_id = Some(ticket.id);
    conversation.assignee_id = None;
    Ok(ticket)
}

/// A ticket's, until a person gives it another: what the customer wrote first, else who it is.
pub(super) fn subject(name: &str, message: &Message) -> String {
    let line = message.text.as_deref().map(preview).unwrap_or_default();
    if line.is_empty() { name.to_owned() } else { line.chars().take(SUBJECT_CHARS).collect() }
}

/// A reply by the assignee moves the ticket on; anyone else's leaves it as it is.
pub(super) async fn note_reply(tx: &mut Tx, ticket: Option<Ticket>, actor: Actor) -> Done<Option<Ticket>> {
    let Some(ticket) = ticket else { return Ok(None) };
    let base = ticket.version;
    match ticket.clone().reply(actor, tx.now()) {
        Ok(moved) if moved != ticket => {
            tickets::swap(tx, base, &moved).await?;
            tx.journal(Event::TicketReply(moved.clone()));
            Ok(Some(moved))
        }
        _ => Ok(Some(ticket)),
    }
}
