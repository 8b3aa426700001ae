//! Who may do what to what, in one place.

use ownline_model::{
    channel::Channel,
    conversation::{Conversation, Scope},
    problem::ProblemCode,
    ticket::{Ticket, TicketState},
};

use super::{Caller, Done, Refusal};

pub(crate) fn must_manage_agents(caller: &Caller) -> Done<()> {
    if caller.agent.role.may_manage_agents() { Ok(()) } else { Err(ProblemCode::Forbidden.into()) }
}

/// Facts about a number come from its owner's machine only.
pub(crate) fn must_own(caller: &Caller, channel: &Channel) -> Done<()> {
    if channel.owner_id == caller.id() { Ok(()) } else { Err(ProblemCode::NotYourNumber.into()) }
}

/// Whether work on it goes on, so that it decides who writes.
pub(crate) fn is_open(ticket: &Ticket) -> bool {
    matches!(ticket.state, TicketState::Open | TicketState::Assigned | TicketState::InProgress)
}

/// A text that the server hands to the owner's machine. With an open ticket only its assignee writes; without one only
/// the number's owner does.
pub(crate) fn must_be_let_write(
    caller: &Caller,
    channel: &Channel,
    conversation: &Conversation,
    ticket: Option<&Ticket>,
) -> Done<()> {
    let owner = channel.owner_id == caller.id();
    match ticket.filter(|ticket| is_open(ticket)) {
        Some(ticket) if ticket.assignee_id == Some(caller.id()) => {}
        None if owner => {}
        _ => return Err(ProblemCode::NotAssignee.into()),
    }
    if !owner && !channel.lends {
        return Err(ProblemCode::OwnerConsentMissing.into());
    }
    if !owner && conversation.scope != Scope::Shared {
        return Err(Refusal::because(
            ProblemCode::OwnerConsentMissing,
            "The owner does not share the text of this chat, so only the owner can answer it.",
        ));
    }
    Ok(())
}
