//! What became of a message after it was sent: told by the machine that holds the number, only ever forward.

use ownline_model::{
    conversation::{Conversation, Scope},
    details::{Content, MessageDetails, Reaction},
    event::Event,
    ids::MessageId,
    limits,
    message::{Amendment, Message, MessageKind, preview},
    problem::ProblemCode,
    sync::Truth,
    ticket::Ticket,
    time::UtcMillis,
};

use super::{Applied, Caller, Done, delivery, details, identity, ingest, policy, redact, save_conversation, work};
use crate::store::{
    Tx, conversations, media, messages,
    redact::{Redaction, Said},
    tickets,
};

pub(crate) async fn amend(tx: &mut Tx, caller: &Caller, id: MessageId, amendment: Amendment) -> Done<Applied> {
    let (before, channel) = delivery::find(tx, id).await?;
    policy::must_own(caller, &channel)?;
    let thread = conversations::find(tx, before.conversation_id).await?.ok_or(ProblemCode::NotFound)?;
    let scope = thread.conversation.scope;
    let revoked = matches!(amendment, Amendment::Revoked { .. });
    let after = match amendment {
        Amendment::Edited { text, at } => edited(before.clone(), text, at, scope),
        Amendment::Revoked { at } => self::revoked(before.clone(), at),
        Amendment::Reactions { reactions } => reacted(before.clone(), reactions, scope),
        Amendment::Votes { votes } => voted(before.clone(), &votes),
    };
    let mut moved = thread.clone();
    if after == before {
        return Ok(Applied::before(truth(moved.conversation, before)));
    }
    if revoked {
        unsay(tx, &before, &thread.conversation).await?;
    }
    messages::update(tx, &after).await?;
    tx.journal(Event::MessageUpdated(after.clone()));
    if moved.last_message_id == Some(after.id) {
        moved.conversation.last_message = Some(ingest::last_message(&after));
    }
    save_conversation(tx, &thread, &mut moved, Event::ConversationUpdated).await?;
    Ok(Applied::now(truth(moved.conversation, after)))
}

fn truth(conversation: Conversation, message: Message) -> Truth {
    Truth { conversation: Some(conversation), message: Some(message), ..Truth::default() }
}

/// Takes a message's words and its file out of what was told of it, and out of the ticket that it opened.
pub(super) async fn unsay(tx: &mut Tx, message: &Message, conversation: &Conversation) -> Done<()> {
    let id = message.id;
    media::release_message(tx, id).await?;
    let preview = message.text.as_deref().map(preview).unwrap_or_default();
    let instead = identity::find(tx, conversation.contact_id).await?.contact.name;
    let subject = work::subject(&instead, message);
    let said = Said { preview, subject, instead };
    redact(tx, conversation.id, |conversation| Redaction::Message { conversation, id, said: said.clone() }).await?;
    for ticket in tickets::all_of_conversation(tx, conversation.id).await? {
        if ticket.subject == said.subject && said.subject != said.instead {
            let renamed = Ticket { subject: said.instead.clone(), version: ticket.version + 1, ..ticket.clone() };
            tickets::swap(tx, ticket.version, &renamed).await?;
            tx.journal(Event::TicketUpdated(renamed));
        }
    }
    Ok(())
}

/// Another wording; one that is older than what stands there changes nothing.
fn edited(mut message: Message, text: Option<String>, at: UtcMillis, scope: Scope) -> Message {
    let is_news = message.details.edited_at.is_none_or(|known| known < at);
    if is_news && message.kind != MessageKind::Revoked {
        message.details.edited_at = Some(at);
        message.text =
            text.filter(|_| scope == Scope::Shared).map(|text| text.chars().take(limits::TEXT_MAX_CHARS).collect());
    }
    message
}

/// Taken back for everyone, for good.
pub(super) fn revoked(mut message: Message, at: UtcMillis) -> Message {
    if message.kind == MessageKind::Revoked && message.details.revoked_at.is_some() {
        return message;
    }
    message.kind = MessageKind::Revoked;
    message.text = None;
    message.details = MessageDetails {
        revoked_at: Some(at),
        forwarded: message.details.forwarded,
        sender: message.details.sender,
        ..MessageDetails::default()
    };
    message
}

fn reacted(mut message: Message, reactions: Vec<Reaction>, scope: Scope) -> Message {
    if scope == Scope::Shared && message.kind != MessageKind::Revoked {
        message.details.reactions = details::reactions(reactions);
    }
    message
}

fn voted(mut message: Message, votes: &[u32]) -> Message {
    if let Some(Content::Poll(poll)) = message.details.content.as_deref_mut() {
        for (option, votes) in poll.options.iter_mut().zip(votes) {
            option.votes = *votes;
        }
    }
    message
}
