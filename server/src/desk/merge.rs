//! Two contacts that turn out to be one person. What was done is logged so that it can be undone; those that a person has
//! parted stay apart.

use ownline_model::{
    contact::{Contact, Merge},
    conversation::{ConversationState, Scope},
    event::Event,
    ids::{ContactId, MergeId},
    ticket::TicketState,
};

use super::{Done, identity, policy, save_contact, scope};
use crate::store::{
    Stored, Tx, contacts,
    contacts::Known,
    conversations::{self, Thread},
    merges::{self, Entry, Joined, Moved, Then},
    messages, tickets,
};

/// Makes one of two, under the id of `winner`.
pub(super) async fn merge(tx: &mut Tx, mut winner: Known, mut loser: Known, reason: &str) -> Done<Known> {
    let (before, merged) = (Then::from(&winner), Then::from(&loser));
    let absorbed = loser.contact.clone();
    loser.merged_into = Some(winner.contact.id);
    // Numbers are unique: they leave the one before they reach the other.
    loser.contact.phone = None;
    loser.contact.lid = None;
    save_contact(tx, &mut loser).await?;
    let moved = move_conversations(tx, absorbed.id, winner.contact.id).await?;

    absorb(&mut winner.contact, &absorbed);
    winner.given_name = winner.given_name.take().or(loser.given_name);
    winner.opted_out_word = winner.opted_out_word.take().or(loser.opted_out_word);
    let chats = conversations::all_of_contact(tx, winner.contact.id).await?;
    winner.hidden = !chats.is_empty() && chats.iter().all(|it| it.conversation.scope == Scope::Private);
    winner.contact.name = identity::shown_name(&winner);
    winner.contact.version += 1;
    contacts::update(tx, &winner).await?;
    if !winner.hidden {
        tx.journal(Event::ContactUpdated(winner.contact.clone()));
    }

    let merge = Merge {
        id: MergeId::fresh(),
        contact_id: winner.contact.id,
        merged: absorbed,
        reason: reason.to_owned(),
        at: tx.now(),
        undone_at: None,
    };
    merges::insert(tx, &Entry { merge: merge.clone(), merged, before, moved }).await?;
    if !winner.hidden {
        tx.journal(Event::ContactMerged(merge));
    }
    Ok(winner)
}

/// Adds what one knew and the other did not.
fn absorb(contact: &mut Contact, absorbed: &Contact) {
    contact.phone = contact.phone.take().or_else(|| absorbed.phone.clone());
    contact.lid = contact.lid.take().or_else(|| absorbed.lid.clone());
    contact.push_name = contact.push_name.take().or_else(|| absorbed.push_name.clone());
    contact.verified_name = contact.verified_name.take().or_else(|| absorbed.verified_name.clone());
    contact.username = contact.username.take().or_else(|| absorbed.username.clone());
    contact.email = contact.email.take().or_else(|| absorbed.email.clone());
    for tag in &absorbed.tags {
        if !contact.tags.contains(tag) {
            contact.tags.push(tag.clone());
        }
    }
    if !absorbed.notes.is_empty() {
        let notes = [contact.notes.as_str(), absorbed.notes.as_str()];
        contact.notes = notes.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    }
    contact.blocked |= absorbed.blocked;
    contact.opted_out_at = contact.opted_out_at.max(absorbed.opted_out_at);
    contact.last_interaction_at = contact.last_interaction_at.max(absorbed.last_interaction_at);
}

async fn move_conversations(tx: &mut Tx, from: ContactId, to: ContactId) -> Done<Moved> {
    let mut moved = Moved::default();
    for thread in conversations::all_of_contact(tx, from).await? {
        match conversations::of_contact(tx, to, thread.conversation.channel_id).await? {
            None => {
                moved.conversations.push(thread.conversation.id);
                point_to(tx, thread, to).await?;
            }
            Some(target) => {
                // What one of them does not share, both do not.
                let shared = thread.conversation.scope.min(target.conversation.scope);
                let from = scope::change(tx, thread, shared).await?;
                let target = scope::change(tx, target, shared).await?;
                moved.joined.push(join(tx, from, target).await?);
            }
        }
    }
    Ok(moved)
}

/// The conversation, and its tickets, are this contact's.
pub(super) async fn point_to(tx: &mut Tx, before: Thread, contact: ContactId) -> Stored<()> {
    let mut thread = before.clone();
    thread.conversation.contact_id = contact;
    super::save_conversation(tx, &before, &mut thread, Event::ConversationUpdated).await?;
    for ticket in tickets::all_of_conversation(tx, thread.conversation.id).await? {
        let mut moved = ticket.clone();
        moved.contact_id = contact;
        moved.version += 1;
        tickets::swap(tx, ticket.version, &moved).await?;
        tx.journal(Event::TicketUpdated(moved));
    }
    Ok(())
}

/// Appends one conversation's messages and tickets to another of the same person on the same channel.
async fn join(tx: &mut Tx, from: Thread, target: Thread) -> Stored<Joined> {
    let before = target.clone();
    let mut target = target;
    let tickets = tickets::all_of_conversation(tx, from.conversation.id).await?;
    let mut joined = Joined {
        from: from.conversation.clone(),
        into: target.conversation.id,
        last_message_id: from.last_message_id,
        last_position: from.last_position,
        read_position: from.read_position,
        messages: Vec::new(),
        tickets: tickets.clone(),
    };
    for mut message in messages::all_of(tx, from.conversation.id).await? {
        let twins =
            messages::same_as(tx, target.conversation.id, message.direction, &message.wa_id, message.id).await?;
        if twins.iter().any(|twin| twin.conversation_id == target.conversation.id) {
            messages::delete(tx, message.id).await?;
            continue;
        }
        joined.messages.push((message.id, message.position));
        target.last_position += 1;
        message.conversation_id = target.conversation.id;
        message.position = target.last_position;
        messages::update(tx, &message).await?;
        tx.journal(Event::MessageNew(message));
    }
    for ticket in tickets {
        let mut moved = ticket.clone();
        moved.conversation_id = target.conversation.id;
        moved.contact_id = target.conversation.contact_id;
        moved.version += 1;
        if moved.state != TicketState::Closed {
            if target.conversation.ticket_id.is_none() {
                target.conversation.ticket_id = Some(moved.id);
                target.conversation.assignee_id = moved.assignee_id;
            } else {
                // One open ticket a conversation: the other's work goes on in it.
                moved.state = TicketState::Closed;
                moved.closed_at = Some(tx.now());
            }
        }
        tickets::swap(tx, ticket.version, &moved).await?;
        tx.journal(if policy::is_open(&moved) { Event::TicketUpdated(moved) } else { Event::TicketClosed(moved) });
    }
    let mut emptied = from.clone();
    emptied.merged_into = Some(target.conversation.id);
    emptied.conversation.state = ConversationState::Closed;
    emptied.conversation.ticket_id = None;
    emptied.conversation.assignee_id = None;
    emptied.conversation.last_message = None;
    emptied.conversation.unread = 0;
    super::save_conversation(tx, &from, &mut emptied, Event::ConversationUpdated).await?;

    let to = &mut target.conversation;
    to.unread += from.conversation.unread;
    if from.conversation.last_activity_at > to.last_activity_at || to.last_message.is_none() {
        to.last_message = from.conversation.last_message;
        to.last_activity_at = to.last_activity_at.max(from.conversation.last_activity_at);
        to.state = from.conversation.state;
        target.last_message_id = from.last_message_id;
    }
    if to.ticket_id.is_some() && to.state == ConversationState::Closed {
        to.state = ConversationState::Active;
    }
    super::save_conversation(tx, &before, &mut target, Event::ConversationUpdated).await?;
    Ok(joined)
}
