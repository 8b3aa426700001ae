//! Who is behind a chat. WhatsApp names a customer by number, by LID, or both; either leads to the same contact, and two
//! contacts that turn out to be one person become one, under the older id.

use ownline_model::{
    contact::{Contact, ContactIdentity, ContactKind},
    event::Event,
    ids::ContactId,
    limits::clean_name,
    phone::PhoneNumber,
    problem::ProblemCode,
    sync::Truth,
};

use super::{Applied, Caller, Done, Refusal, merge, save_contact};
use crate::store::{Stored, Tx, channels, contacts, contacts::Known, conversations, merges};

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
    match merge_all(tx, found, &identity).await? {
        (None, _) => make(tx, &identity, id_is_taken).await,
        (Some(mut known), apart) => {
            let identity = if apart { only_names(identity) } else { identity };
            complete(tx, &mut known, &identity).await?;
            Ok(known.contact)
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
    let verified_name = identity.verified_name.as_deref().map(clean_name).filter(|name| !name.is_empty());
    let username = identity.username.as_deref().map(clean_name).filter(|name| !name.is_empty());
    Ok(ContactIdentity {
        id: identity.id,
        phone: identity.phone.clone(),
        lid,
        push_name,
        verified_name,
        username,
        kind: identity.kind,
    })
}

/// Hidden ids are digits; old groups bear their founder's number and a moment.
fn is_wa_number(id: &str, kind: ContactKind) -> bool {
    let is_group = kind == ContactKind::Group;
    id.len() <= 40 && id.bytes().all(|byte| byte.is_ascii_digit() || (is_group && byte == b'-'))
}

/// Without what another contact holds.
fn only_names(identity: ContactIdentity) -> ContactIdentity {
    ContactIdentity { phone: None, lid: None, ..identity }
}

/// Whether nothing that the contact is known by contradicts the identity. One shared name is enough to be found; a number
/// that differs means another person, a LID that differs likewise.
fn agrees(contact: &Contact, identity: &ContactIdentity) -> bool {
    let phone = match (&contact.phone, &identity.phone) {
        (Some(a), Some(b)) => Some(a.same_line(b)),
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
    let Some(number) = &identity.phone else { return Ok(()) };
    for former in others {
        if former.contact.phone.as_ref().is_some_and(|phone| phone.same_line(number)) {
            lose_number(tx, former).await?;
        }
    }
    Ok(())
}

async fn lose_number(tx: &mut Tx, mut former: Known) -> Stored<()> {
    former.contact.phone = None;
    former.contact.name = shown_name(&former);
    save_contact(tx, &mut former).await
}

async fn make(tx: &mut Tx, identity: &ContactIdentity, id_is_taken: bool) -> Done<Contact> {
    let contact = Contact {
        id: if id_is_taken { ContactId::fresh() } else { identity.id },
        version: 1,
        name: identity.display_name(),
        push_name: identity.push_name.clone(),
        verified_name: identity.verified_name.clone(),
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
    if let Some(phone) = &identity.phone {
        // Of two spellings of one line, the one that WhatsApp gave together with the hidden id is the account's.
        let is_same = contact.phone.as_ref().is_some_and(|known| known.same_line(phone));
        if !is_same || identity.lid.is_some() {
            contact.phone = Some(phone.clone());
        }
    }
    if identity.push_name.is_some() {
        contact.push_name.clone_from(&identity.push_name);
    }
    if identity.verified_name.is_some() {
        contact.verified_name.clone_from(&identity.verified_name);
    }
    if identity.username.is_some() {
        contact.username.clone_from(&identity.username);
    }
    known.contact.name = shown_name(known);
    if *known == before {
        return Ok(());
    }
    Ok(save_contact(tx, known).await?)
}

/// The name the team gave, else the one the customer gave, else the number.
pub(crate) fn shown_name(known: &Known) -> String {
    known.given_name.clone().unwrap_or_else(|| {
        ContactIdentity {
            id: known.contact.id,
            phone: known.contact.phone.clone(),
            lid: known.contact.lid.clone(),
            push_name: known.contact.push_name.clone(),
            verified_name: known.contact.verified_name.clone(),
            username: known.contact.username.clone(),
            kind: known.contact.kind,
        }
        .display_name()
    })
}

/// Makes one of those found, under the older id. Those that a person has parted stay apart: the one with the hidden id of
/// this identity is meant then, and the others are given back.
async fn merge_all(tx: &mut Tx, mut found: Vec<Known>, identity: &ContactIdentity) -> Done<(Option<Known>, bool)> {
    found.sort_by_key(|known| (known.contact.created_at, known.contact.id));
    let bears_lid = |known: &Known| identity.lid.is_some() && known.contact.lid == identity.lid;
    let mut apart = false;
    let mut all = found.into_iter();
    let Some(mut winner) = all.next() else { return Ok((None, false)) };
    for other in all {
        if merges::are_apart(tx, winner.contact.id, other.contact.id).await? {
            apart = true;
            if bears_lid(&other) {
                winner = other;
            }
            continue;
        }
        let reason = reason(&winner.contact, &other.contact, identity);
        winner = merge::merge(tx, winner, other, reason).await?;
    }
    Ok((Some(winner), apart))
}

fn reason(winner: &Contact, loser: &Contact, identity: &ContactIdentity) -> &'static str {
    match (&winner.phone, &loser.phone) {
        (Some(a), Some(b)) if a != b && a.same_line(b) => "number_variant",
        (Some(a), Some(b)) if a != b => "number_changed",
        _ if identity.lid.is_some() && loser.lid == identity.lid => "same_lid",
        _ => "same_number",
    }
}

/// The customer has another number now. Whoever was known under that number only is the same person.
pub(crate) async fn number_changed(
    tx: &mut Tx,
    caller: &Caller,
    id: ContactId,
    from: &PhoneNumber,
    to: &PhoneNumber,
) -> Done<Applied> {
    let mut known = find(tx, id).await?;
    must_talk_to(tx, caller, known.contact.id).await?;
    let is_news = known.contact.phone.as_ref().is_none_or(|phone| phone.same_line(from) && phone != to);
    if !is_news {
        return Ok(Applied::before(truth(known.contact)));
    }
    for other in contacts::by_identity(tx, known.contact.id, Some(to), None).await? {
        if other.contact.id == known.contact.id {
            continue;
        }
        let is_another = matches!((&other.contact.lid, &known.contact.lid), (Some(a), Some(b)) if a != b);
        if is_another || merges::are_apart(tx, other.contact.id, known.contact.id).await? {
            lose_number(tx, other).await?;
        } else {
            let older = (other.contact.created_at, other.contact.id) < (known.contact.created_at, known.contact.id);
            let (winner, loser) = if older { (other, known) } else { (known, other) };
            known = merge::merge(tx, winner, loser, "number_changed").await?;
        }
    }
    known.contact.phone = Some(to.clone());
    known.contact.name = shown_name(&known);
    save_contact(tx, &mut known).await?;
    Ok(Applied::now(truth(known.contact)))
}

pub(super) fn truth(contact: Contact) -> Truth {
    Truth { contact: Some(contact), ..Truth::default() }
}

/// Facts about a customer come from machines that the customer talks to.
pub(super) async fn must_talk_to(tx: &Tx, caller: &Caller, id: ContactId) -> Done<()> {
    let own = channels::of_owner(tx, caller.id()).await?;
    let chats = conversations::all_of_contact(tx, id).await?;
    let talks = chats.iter().any(|chat| own.iter().any(|channel| channel.id == chat.conversation.channel_id));
    if talks { Ok(()) } else { Err(ProblemCode::NotYourNumber.into()) }
}

/// The contact under an id that a client gave.
pub(crate) async fn find(tx: &Tx, id: ContactId) -> Done<Known> {
    contacts::find(tx, id).await?.filter(|known| !known.hidden).ok_or_else(|| ProblemCode::NotFound.into())
}
