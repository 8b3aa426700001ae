//! Who is behind a chat. WhatsApp names a customer by number, by LID, or both; either leads to the same contact, and two
//! contacts that turn out to be one person become one, under the older id.

use ownline_model::{
    contact::{Contact, ContactIdentity, ContactKind},
    conversation::ConversationState,
    event::Event,
    ids::ContactId,
    limits::clean_name,
    problem::ProblemCode,
    ticket::TicketState,
};

use super::{Done, Refusal, policy};
use crate::store::{Stored, Tx, contacts, contacts::Known, conversations, messages, tickets};

/// The contact behind an identity: found, completed, merged or made.
pub(crate) async fn settle(tx: &mut Tx, identity: &ContactIdentity) -> Done<Contact> {
    let identity = clean(identity)?;
    let mut found = contacts::by_identity(tx, identity.id, identity.phone.as_ref(), identity.lid.as_deref()).await?;
    // The provisional id counts only where nothing it stands for disagrees.
    if let Some(index) = found.iter().position(|known| known.contact.id == identity.id)
        && let Some(target) = found[index].merged_into
    {
        found.swap_remove(index);
        if let Some(known) = contacts::find(tx, target).await?
            && found.iter().all(|other| other.contact.id != known.contact.id)
        {
            found.push(known);
        }
    }
    let id_is_taken = found.iter().any(|known| known.contact.id == identity.id);
    let (found, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|known| agrees(&known.contact, &identity));
    free_number(tx, others, &identity).await?;
    let mut found = merge(tx, found).await?;
    match found.as_mut() {
        None => make(tx, &identity, id_is_taken).await,
        Some(known) => {
            complete(tx, known, &identity).await?;
            Ok(known.contact.clone())
        }
    }
}

fn clean(identity: &ContactIdentity) -> Done<ContactIdentity> {
    let lid = identity.lid.as_deref().map(str::trim).filter(|lid| !lid.is_empty()).map(str::to_owned);
    if let Some(lid) = &lid
        && !is_wa_number(lid, identity.kind)
    {
        return Err(Refusal::field("contact.lid", "Not an id that WhatsApp makes."));
    }
    if identity.phone.is_none() && lid.is_none() {
        return Err(Refusal::field("contact", "Give the number, the LID, or both."));
    }
    let push_name = identity.push_name.as_deref().map(clean_name).filter(|name| !name.is_empty());
    let username = identity.username.as_deref().map(clean_name).filter(|name| !name.is_empty());
    Ok(ContactIdentity {
        id: identity.id,
        phone: identity.phone.clone(),
        lid,
        push_name,
        username,
        kind: identity.kind,
    })
}

/// Hidden ids are digits; old groups bear their founder's number and a moment.
fn is_wa_number(id: &str, kind: ContactKind) -> bool {
    let is_group = kind == ContactKind::Group;
    id.len() <= 40 && id.bytes().all(|byte| byte.is_ascii_digit() || (is_group && byte == b'-'))
}

/// Whether nothing that the contact is known by contradicts the identity. One shared name is enough to be found; a number
/// that differs means another person, a LID that differs likewise.
fn agrees(contact: &Contact, identity: &ContactIdentity) -> bool {
    let phone = match (&contact.phone, &identity.phone) {
        (Some(a), Some(b)) => Some(a == b),
        _ => None,
    };
    let lid = match (&contact.lid, &identity.lid) {
        (Some(a), Some(b)) => Some(a == b),
        _ => None,
    };
    match (phone, lid) {
        // The LID stays with the person when the number changes.
        (_, Some(true)) | (Some(true) | None, None) => true,
        // The number has moved to another person.
        (_, Some(false)) | (Some(false), None) => false,
    }
}

/// A number that stays with a contact of another LID has changed hands: the former holder loses it.
async fn free_number(tx: &mut Tx, others: Vec<Known>, identity: &ContactIdentity) -> Stored<()> {
    let holds = |known: &Known| identity.phone.is_some() && known.contact.phone == identity.phone;
    for mut former in others.into_iter().filter(holds) {
        former.contact.phone = None;
        former.contact.name = shown_name(&former);
        former.contact.version += 1;
        contacts::update(tx, &former).await?;
        tx.journal(Event::ContactUpdated(former.contact));
    }
    Ok(())
}

async fn make(tx: &mut Tx, identity: &ContactIdentity, id_is_taken: bool) -> Done<Contact> {
    let contact = Contact {
        id: if id_is_taken { ContactId::fresh() } else { identity.id },
        version: 1,
        name: identity.display_name(),
        push_name: identity.push_name.clone(),
        phone: identity.phone.clone(),
        lid: identity.lid.clone(),
        username: identity.username.clone(),
        kind: identity.kind,
        picture_id: None,
        email: None,
        tags: Vec::new(),
        notes: String::new(),
        blocked: false,
        opted_out_at: None,
        created_at: tx.now(),
        last_interaction_at: None,
    };
    let known = Known { contact, given_name: None, opted_out_word: None, merged_into: None, hidden: false };
    contacts::insert(tx, &known).await?;
    tx.journal(Event::ContactUpdated(known.contact.clone()));
    Ok(known.contact)
}

/// Adds what the identity knows and the contact did not.
async fn complete(tx: &mut Tx, known: &mut Known, identity: &ContactIdentity) -> Done<()> {
    let before = known.clone();
    let contact = &mut known.contact;
    contact.lid = contact.lid.take().or_else(|| identity.lid.clone());
    if identity.phone.is_some() {
        contact.phone.clone_from(&identity.phone);
    }
    if identity.push_name.is_some() {
        contact.push_name.clone_from(&identity.push_name);
    }
    if identity.username.is_some() {
        contact.username.clone_from(&identity.username);
    }
    known.contact.name = shown_name(known);
    if *known == before {
        return Ok(());
    }
    known.contact.version += 1;
    contacts::update(tx, known).await?;
    tx.journal(Event::ContactUpdated(known.contact.clone()));
    Ok(())
}

/// The name the team gave, else the one the customer gave, else the number.
pub(crate) fn shown_name(known: &Known) -> String {
    known.given_name.clone().unwrap_or_else(|| {
        ContactIdentity {
            id: known.contact.id,
            phone: known.contact.phone.clone(),
            lid: known.contact.lid.clone(),
            push_name: known.contact.push_name.clone(),
            username: known.contact.username.clone(),
            kind: known.contact.kind,
        }
        .display_name()
    })
}

/// Makes one of those found, under the older id.
async fn merge(tx: &mut Tx, mut found: Vec<Known>) -> Done<Option<Known>> {
    found.sort_by_key(|known| (known.contact.created_at, known.contact.id));
    let mut all = found.into_iter();
    let Some(mut winner) = all.next() else { return Ok(None) };
    for mut loser in all {
        let absorbed = loser.contact.clone();
        loser.merged_into = Some(winner.contact.id);
        // Numbers are unique: they leave the one before they reach the other.
        loser.contact.phone = None;
        loser.contact.lid = None;
        loser.contact.version += 1;
        contacts::update(tx, &loser).await?;
        tx.journal(Event::ContactUpdated(loser.contact));
        move_conversations(tx, absorbed.id, winner.contact.id).await?;

        let contact = &mut winner.contact;
        contact.phone = contact.phone.take().or(absorbed.phone);
        contact.lid = contact.lid.take().or(absorbed.lid);
        contact.push_name = contact.push_name.take().or(absorbed.push_name);
        contact.email = contact.email.take().or(absorbed.email);
        for tag in absorbed.tags {
            if !contact.tags.contains(&tag) {
                contact.tags.push(tag);
            }
        }
        if !absorbed.notes.is_empty() {
            let notes = [contact.notes.as_str(), absorbed.notes.as_str()];
            contact.notes = notes.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        }
        contact.last_interaction_at = contact.last_interaction_at.max(absorbed.last_interaction_at);
        winner.given_name = winner.given_name.take().or(loser.given_name);
        winner.contact.name = shown_name(&winner);
        winner.contact.version += 1;
        contacts::update(tx, &winner).await?;
        tx.journal(Event::ContactUpdated(winner.contact.clone()));
    }
    Ok(Some(winner))
}

async fn move_conversations(tx: &mut Tx, from: ContactId, to: ContactId) -> Stored<()> {
    for thread in conversations::all_of_contact(tx, from).await? {
        let before = thread.clone();
        let mut thread = thread;
        match conversations::of_contact(tx, to, thread.conversation.channel_id).await? {
            None => {
                thread.conversation.contact_id = to;
                super::save_conversation(tx, &before, &mut thread, Event::ConversationUpdated).await?;
                for ticket in tickets::all_of_conversation(tx, thread.conversation.id).await? {
                    let mut moved = ticket.clone();
                    moved.contact_id = to;
                    moved.version += 1;
                    tickets::swap(tx, ticket.version, &moved).await?;
                    tx.journal(Event::TicketUpdated(moved));
                }
            }
            Some(target) => join(tx, before, target).await?,
        }
    }
    Ok(())
}

/// Appends one conversation's messages and tickets to another of the same person on the same channel.
async fn join(tx: &mut Tx, from: conversations::Thread, target: conversations::Thread) -> Stored<()> {
    let before = target.clone();
    let mut target = target;
    for mut message in messages::all_of(tx, from.conversation.id).await? {
        let twins =
            messages::same_as(tx, target.conversation.id, message.direction, &message.wa_id, message.id).await?;
        if twins.iter().any(|twin| twin.conversation_id == target.conversation.id) {
            messages::delete(tx, message.id).await?;
            continue;
        }
        target.last_position += 1;
        message.conversation_id = target.conversation.id;
        message.position = target.last_position;
        messages::update(tx, &message).await?;
        tx.journal(Event::MessageNew(message));
    }
    for ticket in tickets::all_of_conversation(tx, from.conversation.id).await? {
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
    super::save_conversation(tx, &before, &mut target, Event::ConversationUpdated).await
}

/// The contact under an id that a client gave.
pub(crate) async fn find(tx: &Tx, id: ContactId) -> Done<Known> {
    contacts::find(tx, id).await?.filter(|known| !known.hidden).ok_or_else(|| ProblemCode::NotFound.into())
}
