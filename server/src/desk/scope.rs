//! What a chat shares is its owner's to say. Sharing less takes texts and files out of everything that is here, earlier
//! journal entries included, and tells every machine to do the same. Private: the chat, its tickets, and the person where
//! nothing else is shared with them, are shown to nobody any more, the owner included; what stays is a row without words, so
//! that the same chat is found when it is shared again.

use ownline_model::{
    conversation::{ConversationState, Scope},
    event::Event,
    ids::ConversationId,
    message::{Failure, MessageStatus},
    problem::ProblemCode,
    sync::Truth,
    ticket::{Ticket, TicketState},
};

use super::{Applied, Caller, Done, ingest, policy, redact, save_contact, save_conversation, work};
use crate::store::{
    Tx, channels, contacts,
    conversations::{self, Thread},
    media, merges, messages,
    redact::Redaction,
    tickets,
};

/// The subject of a ticket of which nothing may be told.
const UNTOLD: &str = "Private chat";

pub(crate) async fn set(tx: &mut Tx, caller: &Caller, id: ConversationId, scope: Scope) -> Done<Applied> {
    let before = conversations::find_hidden_too(tx, id).await?.ok_or(ProblemCode::NotFound)?;
    let channel = channels::find(tx, before.conversation.channel_id).await?.ok_or(ProblemCode::NotFound)?;
    policy::must_own(caller, &channel)?;
    let changed = before.conversation.scope != scope;
    let after = change(tx, before, scope).await?;
    let ticket = work::open_ticket(tx, &after.conversation).await?;
    let truth = Truth { conversation: Some(after.conversation), ticket, ..Truth::default() };
    Ok(Applied { changed, truth })
}

/// Brings a chat to a scope; one that has it stays as it is.
pub(super) async fn change(tx: &mut Tx, before: Thread, scope: Scope) -> Done<Thread> {
    let mut after = before.clone();
    after.conversation.scope = scope;
    match (before.conversation.scope, scope) {
        (was, now) if was == now => {}
        (_, Scope::Private) => hide(tx, &before, &mut after).await?,
        (Scope::Private, _) => show(tx, &before, &mut after).await?,
        (_, Scope::Metadata) => silence(tx, &before, &mut after).await?,
        _ => save_conversation(tx, &before, &mut after, Event::ConversationUpdated).await?,
    }
    Ok(after)
}

/// From now on the chat tells that it is there, and not what was said.
async fn silence(tx: &mut Tx, before: &Thread, after: &mut Thread) -> Done<()> {
    let id = before.conversation.id;
    let subject = contacts::find(tx, before.conversation.contact_id)
        .await?
        .map_or_else(|| UNTOLD.to_owned(), |known| known.contact.name);
    media::release_conversation(tx, id).await?;
    redact(tx, id, |conversation| Redaction::Words { conversation, subject: subject.clone() }).await?;
    for mut message in messages::queued_of(tx, id).await? {
        ingest::withhold(&mut message, Scope::Metadata);
        message.status = MessageStatus::Failed;
        message.expires_at = None;
        message.failure = Some(Failure {
            code: "unshared".to_owned(),
            detail: "The owner of the number does not share this chat any more.".to_owned(),
            retryable: false,
        });
        messages::update(tx, &message).await?;
        tx.journal(Event::MessageStatus(message));
    }
    messages::silence(tx, id).await?;
    for ticket in tickets::all_of_conversation(tx, id).await? {
        let renamed = Ticket { subject: subject.clone(), version: ticket.version + 1, ..ticket.clone() };
        tickets::swap(tx, ticket.version, &renamed).await?;
        tx.journal(Event::TicketUpdated(renamed));
    }
    if let Some(last) = after.conversation.last_message.as_mut() {
        last.preview.clear();
        last.sender = None;
        if last.status == MessageStatus::Queued {
            last.status = MessageStatus::Failed;
        }
    }
    Ok(save_conversation(tx, before, after, Event::ConversationUnshared).await?)
}

async fn hide(tx: &mut Tx, before: &Thread, after: &mut Thread) -> Done<()> {
    let id = before.conversation.id;
    media::release_conversation(tx, id).await?;
    messages::delete_all(tx, id).await?;
    redact(tx, id, Redaction::Conversation).await?;
    for ticket in tickets::all_of_conversation(tx, id).await? {
        let closed = Ticket {
            subject: UNTOLD.to_owned(),
            resolution_note: None,
            state: TicketState::Closed,
            closed_at: ticket.closed_at.or(Some(tx.now())),
            version: ticket.version + 1,
            ..ticket.clone()
        };
        tickets::swap(tx, ticket.version, &closed).await?;
        tickets::set_hidden(tx, closed.id, true).await?;
        tx.journal(Event::TicketClosed(closed));
    }
    let chat = &mut after.conversation;
    chat.state = ConversationState::Closed;
    (chat.ticket_id, chat.assignee_id, chat.unread, chat.last_message) = (None, None, 0, None);
    (after.last_message_id, after.last_position, after.read_position) = (None, 0, 0);
    save_conversation(tx, before, after, Event::ConversationUnshared).await?;

    let person = before.conversation.contact_id;
    let others = conversations::all_of_contact(tx, person).await?;
    if others.iter().all(|it| it.conversation.scope == Scope::Private)
        && let Some(mut known) = contacts::find(tx, person).await?
    {
        known.hidden = true;
        contacts::update(tx, &known).await?;
        tx.redact(Redaction::Contact(known.contact.id)).await?;
        for merge in merges::of_contact(tx, known.contact.id).await? {
            tx.redact(Redaction::Contact(merge.merged.id)).await?;
        }
    }
    Ok(())
}

/// A chat that was taken back whole is shared again; what was said before comes from the owner's machine, if at all.
async fn show(tx: &mut Tx, before: &Thread, after: &mut Thread) -> Done<()> {
    if let Some(mut known) = contacts::find(tx, before.conversation.contact_id).await?
        && known.hidden
    {
        known.hidden = false;
        save_contact(tx, &mut known).await?;
    }
    for ticket in tickets::all_of_conversation(tx, before.conversation.id).await? {
        tickets::set_hidden(tx, ticket.id, false).await?;
        tx.journal(Event::TicketUpdated(ticket));
    }
    Ok(save_conversation(tx, before, after, Event::ConversationNew).await?)
}
