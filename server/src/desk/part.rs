//! Undoing a merge. Each gets back what it had, as far as nobody has changed it since; what was said after the merge stays
//! with the contact that stayed.

use ownline_model::{
    contact::{Contact, Merge},
    conversation::{Conversation, ConversationState, Scope},
    event::Event,
    ids::{MergeId, MessageId},
    problem::ProblemCode,
    ticket::{Ticket, TicketState},
};

use super::{Done, Refusal, identity, ingest, merge, save_contact, save_conversation};
use crate::store::{
    Stored, Tx, contacts,
    conversations::{self, Thread},
    merges::{self, Joined, Then},
    messages, tickets,
};

pub(crate) async fn undo(tx: &mut Tx, id: MergeId) -> Done<Merge> {
    let entry = merges::find(tx, id).await?.ok_or(ProblemCode::NotFound)?;
    if entry.merge.undone_at.is_some() {
        return Ok(entry.merge);
    }
    let gone = contacts::find_merged(tx, entry.merge.merged.id).await?.ok_or(ProblemCode::NotFound)?;
    // Only in the opposite order: the one that stayed may have gone into a third since.
    let stays = contacts::find(tx, entry.merge.contact_id).await?.ok_or(ProblemCode::NotFound)?;
    if gone.merged_into != Some(entry.merge.contact_id) || stays.contact.id != entry.merge.contact_id {
        return Err(Refusal::because(ProblemCode::VersionConflict, "A later merge has to be undone first."));
    }
    merges::undo(tx, id).await?;
    let merge = Merge { undone_at: Some(tx.now()), ..entry.merge };
    // Before what follows from it: whoever hears of two people with one number would make them one again.
    tx.journal(Event::ContactMerged(merge.clone()));

    let mut stayed = stays.clone();
    give_back(&mut stayed.contact, &entry.before.contact, &entry.merged.contact);
    if entry.before.given_name.is_none() && stayed.given_name == entry.merged.given_name {
        stayed.given_name = None;
    }
    if entry.before.opted_out_word.is_none() && stayed.opted_out_word == entry.merged.opted_out_word {
        stayed.opted_out_word = None;
    }
    stayed.contact.name = identity::shown_name(&stayed);
    save_contact(tx, &mut stayed).await?;

    let Then { contact, given_name, opted_out_word, hidden } = entry.merged;
    let mut parted = contacts::Known { contact, given_name, opted_out_word, hidden, merged_into: None };
    // A number that has gone elsewhere since stays there.
    let phone = parted.contact.phone.clone();
    let lid = parted.contact.lid.clone();
    for other in contacts::by_identity(tx, parted.contact.id, phone.as_ref(), lid.as_deref()).await? {
        if other.contact.id != parted.contact.id {
            parted.contact.phone = parted.contact.phone.filter(|it| other.contact.phone.as_ref() != Some(it));
            parted.contact.lid = parted.contact.lid.filter(|it| other.contact.lid.as_ref() != Some(it));
        }
    }
    parted.contact.name = identity::shown_name(&parted);
    parted.contact.version = gone.contact.version + 1;
    contacts::update(tx, &parted).await?;
    if !parted.hidden {
        tx.journal(Event::ContactUpdated(parted.contact.clone()));
    }

    for id in entry.moved.conversations {
        if let Some(thread) = conversations::find_hidden_too(tx, id).await?
            && thread.conversation.contact_id == stayed.contact.id
        {
            merge::point_to(tx, thread, parted.contact.id).await?;
        }
    }
    for joined in entry.moved.joined {
        part(tx, joined, &parted.contact).await?;
    }
    Ok(merge)
}

/// Takes from the contact what it had of the other alone.
fn give_back(contact: &mut Contact, before: &Contact, merged: &Contact) {
    fn back<T: Clone + PartialEq>(now: &mut Option<T>, before: Option<&T>, merged: Option<&T>) {
        if before.is_none() && now.as_ref() == merged {
            *now = None;
        }
    }
    // A number is only one's: the other's goes back to it whatever there was before.
    if contact.phone == merged.phone {
        contact.phone.clone_from(&before.phone);
    }
    if contact.lid == merged.lid {
        contact.lid.clone_from(&before.lid);
    }
    back(&mut contact.push_name, before.push_name.as_ref(), merged.push_name.as_ref());
    back(&mut contact.verified_name, before.verified_name.as_ref(), merged.verified_name.as_ref());
    back(&mut contact.username, before.username.as_ref(), merged.username.as_ref());
    back(&mut contact.email, before.email.as_ref(), merged.email.as_ref());
    back(&mut contact.opted_out_at, before.opted_out_at.as_ref(), merged.opted_out_at.as_ref());
    contact.tags.retain(|tag| before.tags.contains(tag) || !merged.tags.contains(tag));
    if !merged.notes.is_empty()
        && let Some(notes) = contact.notes.strip_suffix(&merged.notes)
    {
        contact.notes = notes.trim_end_matches('\n').to_owned();
    }
}

/// Takes a conversation that went into another one out of it again.
async fn part(tx: &mut Tx, joined: Joined, contact: &Contact) -> Done<()> {
    let Some(into) = conversations::find_hidden_too(tx, joined.into).await? else { return Ok(()) };
    let Some(emptied) = conversations::find_merged(tx, joined.from.id).await? else { return Ok(()) };
    let scope = into.conversation.scope;
    let conversation = Conversation {
        contact_id: contact.id,
        version: emptied.conversation.version + 1,
        scope,
        ticket_id: None,
        assignee_id: None,
        last_message: None,
        unread: 0,
        ..joined.from
    };
    let mut back = Thread {
        conversation,
        last_message_id: None,
        last_position: joined.last_position,
        read_position: joined.read_position,
        merged_into: None,
    };
    let mut left = into.clone();
    restore_messages(tx, joined.messages, &mut back).await?;
    restore_tickets(tx, joined.tickets, &mut back, &mut left).await?;
    if scope == Scope::Private {
        (back.last_position, back.read_position) = (0, 0);
    }
    for thread in [&mut back, &mut left] {
        recount(tx, thread).await?;
    }
    conversations::revive(tx, &back).await?;
    if scope != Scope::Private {
        tx.journal(Event::ConversationNew(back.conversation));
    }
    Ok(save_conversation(tx, &into, &mut left, Event::ConversationUpdated).await?)
}

async fn restore_messages(tx: &mut Tx, places: Vec<(MessageId, i64)>, back: &mut Thread) -> Stored<()> {
    for (id, position) in places {
        let Some(mut message) = messages::find(tx, id).await? else { continue };
        message.conversation_id = back.conversation.id;
        message.position = position;
        messages::update(tx, &message).await?;
        tx.journal(Event::MessageNew(message));
    }
    Ok(())
}

/// Tickets go back. One that was closed because the other's work went on in another is taken up again.
async fn restore_tickets(tx: &mut Tx, then: Vec<Ticket>, back: &mut Thread, left: &mut Thread) -> Stored<()> {
    let now = tickets::all_of_conversation(tx, left.conversation.id).await?;
    for then in then {
        let Some(ticket) = now.iter().find(|it| it.id == then.id) else { continue };
        let was_open = then.state != TicketState::Closed;
        let mut moved = ticket.clone();
        moved.conversation_id = back.conversation.id;
        moved.contact_id = back.conversation.contact_id;
        moved.version += 1;
        if left.conversation.ticket_id == Some(moved.id) {
            (left.conversation.ticket_id, left.conversation.assignee_id) = (None, None);
        } else if was_open && moved.closed_at.is_some() && left.conversation.scope != Scope::Private {
            (moved.state, moved.closed_at) = (then.state, None);
        }
        if moved.state != TicketState::Closed {
            back.conversation.ticket_id = Some(moved.id);
            back.conversation.assignee_id = moved.assignee_id;
        }
        tickets::swap(tx, ticket.version, &moved).await?;
        tx.journal(Event::TicketUpdated(moved));
    }
    Ok(())
}

/// What lists show of a conversation, from what is in it.
async fn recount(tx: &Tx, thread: &mut Thread) -> Stored<()> {
    let id = thread.conversation.id;
    let last = messages::last_of(tx, id).await?;
    thread.last_message_id = last.as_ref().map(|it| it.id);
    thread.conversation.last_message = last.as_ref().map(ingest::last_message);
    let unread = messages::count_unread(tx, id, thread.read_position).await?;
    thread.conversation.unread = u32::try_from(unread).unwrap_or(u32::MAX);
    thread.conversation.state = match (&last, thread.conversation.ticket_id) {
        (None, None) => ConversationState::Closed,
        (Some(last), _) if last.direction == ownline_model::message::Direction::Outbound => ConversationState::Waiting,
        (_, None) if thread.conversation.state == ConversationState::Closed => ConversationState::Closed,
        _ => ConversationState::Active,
    };
    Ok(())
}
