//! What follows a commit. Changes say what happened, never what somebody should do about it.

use std::sync::Arc;

use ownline_model::{
    conversation::Scope,
    event::{Event, Typing},
    ids::{ChangeId, ContactId, ConversationId, MessageId},
    problem::Problem,
};

#[derive(Debug, Clone)]
pub enum Change {
    /// Something of the desk is different now; the event carries its whole state, for screens. Shared: a dozen listeners get
    /// each change, and most want none of it.
    Event(Arc<Event>),
    /// A customer's message is stored that was not there before.
    CustomerWrote(Arc<CustomerWrote>),
    /// A customer of the own number types, or stopped.
    CustomerTyping { typing: Typing, scope: Scope },
    /// Customers may hear that their messages were read.
    TicksOwed,
    /// There may be a message to hand to WhatsApp.
    ToSend,
    /// Something is known of groups, or is to be asked about them.
    Groups,
    /// The phone has handed over a piece of history.
    History,
    /// There may be a file to fetch, to hand over or to share, or one has come.
    Files,
    /// Files are not needed any more.
    FilesDropped,
    /// There is something to push to the server.
    Outbox,
    /// The server has answered a pushed change; `refusal` says why it was rejected, where it was.
    Settled { change: ChangeId, refusal: Option<Box<Problem>> },
    /// Somebody signed in, or as somebody else.
    SignedIn,
    /// Settings, the linked number, the sign-in or notices changed.
    Status,
}

/// For a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerWrote {
    pub conversation_id: ConversationId,
    pub contact_id: ContactId,
    pub message_id: MessageId,
    pub contact_name: String,
    pub preview: String,
}
