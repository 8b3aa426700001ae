//! The rules of the desk, one operation a file. Each runs inside one transaction and journals what it changed.

pub(crate) mod aliases;
pub(crate) mod amend;
mod burst;
pub(crate) mod channel;
mod compose;
pub(crate) mod contact;
pub(crate) mod delivery;
pub(crate) mod details;
pub(crate) mod feed;
pub(crate) mod identity;
pub(crate) mod ingest;
pub(crate) mod media;
mod merge;
pub(crate) mod opt_out;
pub(crate) mod part;
pub(crate) mod policy;
pub(crate) mod push;
pub(crate) mod read;
pub(crate) mod reply;
pub(crate) mod scope;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tickets;
mod work;

use ownline_model::{
    agent::Agent,
    conversation::Conversation,
    event::Event,
    ids::{AgentId, ConversationId},
    problem::{Problem, ProblemCode},
    sync::Truth,
    ticket::{Actor, TicketRefusal},
};
use ownline_web::ApiError;

use crate::store::{
    StoreError, Stored, Tx, contacts, contacts::Known, conversations, conversations::Thread, cursor::InvalidCursor,
    redact::Redaction,
};

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The caller's doing; the words are for the caller.
    #[error("{}", .0.title)]
    Problem(Box<Problem>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    pub(crate) fn because(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::Problem(Box::new(Problem::new(code).with_detail(detail)))
    }

    pub(crate) fn field(field: &str, detail: impl Into<String>) -> Self {
        Self::Problem(Box::new(Problem::new(ProblemCode::InvalidRequest).with_field(field).with_detail(detail)))
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(Box::new(code.into()))
    }
}

impl From<TicketRefusal> for Refusal {
    fn from(refusal: TicketRefusal) -> Self {
        refusal.code().into()
    }
}

impl From<InvalidCursor> for Refusal {
    fn from(invalid: InvalidCursor) -> Self {
        Self::field("cursor", invalid.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Problem(problem) => Self(problem),
            Refusal::Store(StoreError::Closed) => ProblemCode::Unavailable.into(),
            Refusal::Store(error) => Self::internal(error),
        }
    }
}

pub(crate) type Done<T> = Result<T, Refusal>;

/// The person who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) agent: Agent,
    /// Whether this person's bridge is connected now.
    pub(crate) bridge_online: bool,
}

impl Caller {
    pub(crate) fn id(&self) -> AgentId {
        self.agent.id
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::from(&self.agent)
    }
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    /// False where it had been done before.
    pub(crate) changed: bool,
    pub(crate) truth: Truth,
}

impl Applied {
    pub(crate) const fn now(truth: Truth) -> Self {
        Self { changed: true, truth }
    }

    pub(crate) const fn before(truth: Truth) -> Self {
        Self { changed: false, truth }
    }
}

/// Takes out of the journal what stands there of a conversation, under whichever id it was known.
pub(crate) async fn redact(
    tx: &mut Tx,
    id: ConversationId,
    redaction: impl Fn(ConversationId) -> Redaction,
) -> Stored<()> {
    for id in conversations::former_ids(tx, id).await?.into_iter().chain([id]) {
        tx.redact(redaction(id)).await?;
    }
    Ok(())
}

/// Stores what is new of a contact, with its next version, and journals it.
pub(crate) async fn save_contact(tx: &mut Tx, known: &mut Known) -> Stored<()> {
    known.contact.version += 1;
    contacts::update(tx, known).await?;
    tx.journal(Event::ContactUpdated(known.contact.clone()));
    Ok(())
}

/// Stores a changed conversation, with its next version, and journals it as `event`. An unchanged one costs nothing.
pub(crate) async fn save_conversation(
    tx: &mut Tx,
    before: &Thread,
    after: &mut Thread,
    event: fn(Conversation) -> Event,
) -> Stored<()> {
    if before == after {
        return Ok(());
    }
    let visible = before.conversation != after.conversation;
    if visible {
        after.conversation.version += 1;
    }
    conversations::update(tx, &before.conversation, after).await?;
    if visible {
        tx.journal(event(after.conversation.clone()));
    }
    Ok(())
}
