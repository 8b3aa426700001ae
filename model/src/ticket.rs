//! Tickets: `open → assigned → in_progress → resolved → closed`. Each move is a function that takes the ticket and
//! gives back the moved one, so that an illegal move has no way to be written.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    agent::{Agent, Role},
    conversation::Priority,
    ids::{AgentId, ChannelId, ContactId, ConversationId, TicketId},
    problem::ProblemCode,
    time::UtcMillis,
};

/// A resolved ticket opens again when the customer writes within this time; later a new one is opened.
pub const REOPEN_WINDOW_MS: i64 = 3 * 24 * 60 * 60 * 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// Nobody has taken it.
    Open,
    /// Taken, not answered yet.
    Assigned,
    /// Answered at least once.
    InProgress,
    Resolved,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ticket {
    pub id: TicketId,
    pub version: i64,
    /// Counts up per tenant, for people.
    pub number: i64,
    pub conversation_id: ConversationId,
    pub contact_id: ContactId,
    pub channel_id: ChannelId,
    pub subject: String,
    pub state: TicketState,
    pub priority: Priority,
    pub category: Option<String>,
    pub assignee_id: Option<AgentId>,
    pub resolution_note: Option<String>,
    pub created_at: UtcMillis,
    pub assigned_at: Option<UtcMillis>,
    pub first_reply_at: Option<UtcMillis>,
    pub resolved_at: Option<UtcMillis>,
    pub closed_at: Option<UtcMillis>,
    /// True on a replica where a change has been asked for and the server has not answered yet.
    #[serde(default)]
    pub pending: bool,
}

/// The person who acts, as far as tickets care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub id: AgentId,
    pub role: Role,
}

impl From<&Agent> for Actor {
    fn from(agent: &Agent) -> Self {
        Self { id: agent.id, role: agent.role }
    }
}

/// Why a move was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefusal {
    #[error("someone else has taken this ticket")]
    Taken,
    #[error("only the ticket's assignee can do this")]
    NotAssignee,
    #[error("only supervisors can move another person's ticket")]
    NotSupervisor,
    #[error("a ticket in this state does not allow that")]
    WrongState,
}

impl TicketRefusal {
    pub const fn code(self) -> ProblemCode {
        match self {
            Self::Taken => ProblemCode::TicketTaken,
            Self::NotAssignee => ProblemCode::NotAssignee,
            Self::NotSupervisor => ProblemCode::Forbidden,
            Self::WrongState => ProblemCode::TicketWrongState,
        }
    }
}

type Moved = Result<Ticket, TicketRefusal>;

impl Ticket {
    fn stepped(mut self) -> Self {
        self.version += 1;
        self
    }

    /// Exclusive: the second to ask loses. Taking one's own ticket again changes nothing.
    pub fn take(mut self, actor: Actor, now: UtcMillis) -> Moved {
        match (self.state, self.assignee_id) {
            (TicketState::Open, None) => {
                self.state = TicketState::Assigned;
                self.assignee_id = Some(actor.id);
                self.assigned_at = Some(now);
                Ok(self.stepped())
            }
            (TicketState::Assigned | TicketState::InProgress, Some(id)) if id == actor.id => Ok(self),
            (TicketState::Resolved | TicketState::Closed, _) => Err(TicketRefusal::WrongState),
            _ => Err(TicketRefusal::Taken),
        }
    }

    /// Gives the ticket to someone: the assignee may hand on their own, supervisors any.
    pub fn transfer(mut self, actor: Actor, to: AgentId, now: UtcMillis) -> Moved {
        if matches!(self.state, TicketState::Resolved | TicketState::Closed) {
            return Err(TicketRefusal::WrongState);
        }
        if self.assignee_id != Some(actor.id) && !actor.role.may_transfer_any_ticket() {
            return Err(TicketRefusal::NotSupervisor);
        }
        if self.assignee_id == Some(to) {
            return Ok(self);
        }
        if self.state == TicketState::Open {
            self.state = TicketState::Assigned;
        }
        self.assignee_id = Some(to);
        self.assigned_at = Some(now);
        Ok(self.stepped())
    }

    /// Notes a reply; the first one moves the ticket to `in_progress`.
    pub fn reply(mut self, actor: Actor, now: UtcMillis) -> Moved {
        match self.state {
            TicketState::Open => Err(TicketRefusal::NotAssignee),
            TicketState::Resolved | TicketState::Closed => Err(TicketRefusal::WrongState),
            _ if self.assignee_id != Some(actor.id) => Err(TicketRefusal::NotAssignee),
            TicketState::InProgress => Ok(self),
            TicketState::Assigned => {
                self.state = TicketState::InProgress;
                self.first_reply_at = self.first_reply_at.or(Some(now));
                Ok(self.stepped())
            }
        }
    }

    pub fn resolve(mut self, actor: Actor, note: Option<String>, now: UtcMillis) -> Moved {
        match self.state {
            TicketState::Resolved if self.assignee_id == Some(actor.id) => Ok(self),
            TicketState::Open | TicketState::Assigned | TicketState::InProgress => {
                self.only_assignee(actor)?;
                self.state = TicketState::Resolved;
                self.resolution_note = note.filter(|text| !text.trim().is_empty());
                self.resolved_at = Some(now);
                Ok(self.stepped())
            }
            _ => Err(TicketRefusal::WrongState),
        }
    }

    pub fn close(mut self, actor: Actor, now: UtcMillis) -> Moved {
        self.only_assignee(actor)?;
        if self.state == TicketState::Closed {
            return Ok(self);
        }
        self.state = TicketState::Closed;
        self.closed_at = Some(now);
        Ok(self.stepped())
    }

    /// The assignee takes a resolved ticket up again.
    pub fn reopen(mut self, actor: Actor) -> Moved {
        self.only_assignee(actor)?;
        if self.state != TicketState::Resolved {
            return Err(TicketRefusal::WrongState);
        }
        self.back_to_work();
        Ok(self.stepped())
    }

    /// A customer's message on a resolved ticket takes it up again while the window is open. `None`: a new ticket is due.
    pub fn reopen_by_customer(mut self, now: UtcMillis) -> Option<Self> {
        let resolved_at = self.resolved_at?;
        if self.state != TicketState::Resolved || now.since(resolved_at) > REOPEN_WINDOW_MS {
            return None;
        }
        self.back_to_work();
        Some(self.stepped())
    }

    fn back_to_work(&mut self) {
        self.state = match (self.assignee_id, self.first_reply_at) {
            (None, _) => TicketState::Open,
            (Some(_), None) => TicketState::Assigned,
            (Some(_), Some(_)) => TicketState::InProgress,
        };
        self.resolved_at = None;
    }

    fn only_assignee(&self, actor: Actor) -> Result<(), TicketRefusal> {
        if self.assignee_id == Some(actor.id) { Ok(()) } else { Err(TicketRefusal::NotAssignee) }
    }
}

/// `POST /api/tickets/{id}/resolve`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveTicket {
    #[serde(default)]
    pub note: Option<String>,
}

/// `POST /api/tickets/{id}/assign`: to oneself (take) without a body's `to`, to someone else (transfer) with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignTicket {
    #[serde(default)]
    pub to: Option<AgentId>,
    #[serde(default)]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: UtcMillis = UtcMillis(1_000);

    fn agent() -> Actor {
        Actor { id: AgentId::fresh(), role: Role::Agent }
    }

    fn ticket() -> Ticket {
        Ticket {
            id: TicketId::fresh(),
            version: 1,
            number: 1,
            conversation_id: ConversationId::fresh(),
            contact_id: ContactId::fresh(),
            channel_id: ChannelId::fresh(),
            subject: "Hello".into(),
            state: TicketState::Open,
            priority: Priority::Medium,
            category: None,
            assignee_id: None,
            resolution_note: None,
            created_at: T0,
            assigned_at: None,
            first_reply_at: None,
            resolved_at: None,
            closed_at: None,
            pending: false,
        }
    }

    #[test]
    fn walks_the_whole_road() {
        let ana = agent();
        let ticket = ticket().take(ana, T0).and_then(|t| t.reply(ana, T0)).expect("reply");
        assert_eq!(ticket.state, TicketState::InProgress);
        assert_eq!(ticket.first_reply_at, Some(T0));
        let ticket = ticket.resolve(ana, Some("done".into()), T0).and_then(|t| t.close(ana, T0)).expect("close");
        assert_eq!((ticket.state, ticket.version), (TicketState::Closed, 5));
    }

    #[test]
    fn only_one_can_take() {
        let (ana, bruno) = (agent(), agent());
        let taken = ticket().take(ana, T0).expect("first");
        assert_eq!(taken.clone().take(bruno, T0), Err(TicketRefusal::Taken));
        assert_eq!(taken.clone().take(ana, T0), Ok(taken), "asking twice is harmless");
    }

    #[test]
    fn only_the_assignee_works_on_it() {
        let (ana, bruno) = (agent(), agent());
        let taken = ticket().take(ana, T0).expect("take");
        assert_eq!(taken.clone().reply(bruno, T0), Err(TicketRefusal::NotAssignee));
        assert_eq!(taken.clone().resolve(bruno, None, T0), Err(TicketRefusal::NotAssignee));
        assert_eq!(taken.close(bruno, T0), Err(TicketRefusal::NotAssignee));
        assert_eq!(ticket().reply(ana, T0), Err(TicketRefusal::NotAssignee), "an untaken ticket has no one to reply");
    }

    #[test]
    fn supervisors_transfer_and_agents_only_their_own() {
        let (ana, bruno) = (agent(), agent());
        let boss = Actor { id: AgentId::fresh(), role: Role::Supervisor };
        let taken = ticket().take(ana, T0).expect("take");
        assert_eq!(taken.clone().transfer(bruno, bruno.id, T0), Err(TicketRefusal::NotSupervisor));
        assert_eq!(taken.clone().transfer(boss, bruno.id, T0).expect("boss").assignee_id, Some(bruno.id));
        assert_eq!(taken.transfer(ana, bruno.id, T0).expect("own").assignee_id, Some(bruno.id));
    }

    #[test]
    fn a_customer_reopens_within_the_window_only() {
        let ana = agent();
        let resolved = ticket().take(ana, T0).and_then(|t| t.resolve(ana, None, T0)).expect("resolve");
        let inside = resolved.clone().reopen_by_customer(T0.plus_millis(REOPEN_WINDOW_MS)).expect("inside");
        assert_eq!(inside.state, TicketState::Assigned);
        assert_eq!(resolved.reopen_by_customer(T0.plus_millis(REOPEN_WINDOW_MS + 1)), None);
    }
}
