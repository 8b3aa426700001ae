//! The one gate for what leaves this machine. Every change about a message passes here before it is queued.

use ownline_model::{conversation::Scope, message::Message};

/// The form in which a message may be told to the server; `None`: not at all.
pub(super) fn outgoing(scope: Scope, message: &Message) -> Option<Message> {
    match scope {
        Scope::Private => None,
        Scope::Metadata => Some(Message { text: None, details: message.details.without_words(), ..message.clone() }),
        Scope::Shared => Some(message.clone()),
    }
}

/// Whether anything about the chat may be told.
pub(super) fn tells(scope: Scope) -> bool {
    scope != Scope::Private
}
