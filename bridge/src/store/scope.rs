//! The one gate for what leaves this machine. Every change about a message passes here before it is queued.

use ownline_model::{
    conversation::Scope,
    message::{Amendment, Message},
    sync::Op,
};

/// The form in which a message may be told to the server; `None`: not at all.
pub(super) fn outgoing(scope: Scope, message: &Message) -> Option<Message> {
    match scope {
        Scope::Private => None,
        Scope::Metadata => Some(bare(message.clone())),
        Scope::Shared => Some(message.clone()),
    }
}

/// Whether anything about the chat may be told.
pub(super) fn tells(scope: Scope) -> bool {
    scope != Scope::Private
}

fn bare(message: Message) -> Message {
    Message { text: None, details: message.details.without_words(), ..message }
}

/// A change that waits already, in the form for a chat that shares no words any more. `None`: it says nothing else.
pub(super) fn without_words(op: Op) -> Option<Op> {
    Some(match op {
        Op::MessageReceived { contact, message, .. } => {
            Op::MessageReceived { contact, scope: Scope::Metadata, message: bare(message) }
        }
        Op::Reply { message } => Op::Reply { message: bare(message) },
        Op::MessageAmended { message_id, amendment: Amendment::Edited { at, .. } } => {
            Op::MessageAmended { message_id, amendment: Amendment::Edited { text: None, at } }
        }
        Op::MessageAmended { amendment: Amendment::Reactions { .. } | Amendment::Votes { .. }, .. } => return None,
        op => op,
    })
}
