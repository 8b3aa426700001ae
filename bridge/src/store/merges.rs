//! Two contacts that turn out to be one person, and parting them again. What the server knows of both, it merges, logs and
//! parts itself, and this machine follows; what only this machine knows is logged here. Either way the chats go where they
//! came from, and those that were parted stay apart.

use ownline_model::{
    contact::{Contact, Merge},
    conversation::{Conversation, Scope},
    event::Event,
    ids::{ContactId, ConversationId, MergeId},
    message::Message,
    problem::{Problem, ProblemCode},
};
use rusqlite::{Connection, params};

use super::{
    DeskError, Result, Store, own, people, remap, row, scope,
    table::{self, merge::Entry},
    unshare,
    writer::Tx,
};
use crate::time::now;

type Desk<T> = Result<std::result::Result<T, Problem>>;

impl Store {
    /// The contacts that became this one on this machine only, newest first. `None`: there is no such contact.
    pub async fn merges(&self, contact: ContactId) -> Result<Option<Vec<Merge>>> {
        self.read(move |connection| {
            let id = ContactId(table::alias::resolve(connection, contact.0)?);
            if table::contact::get(connection, id)?.is_none() {
                return Ok(None);
            }
            let entries = table::merge::of_contact(connection, id)?;
            Ok(Some(entries.iter().filter(|entry| !entry.by_server).map(told).collect()))
        })
        .await
    }

    /// Parts two contacts again. `None`: it is not this machine that logged it.
    pub async fn undo_merge(&self, id: MergeId) -> std::result::Result<Option<Merge>, DeskError> {
        let undone = self.write(move |tx| undo(tx, id)).await?;
        undone.map_err(|problem| DeskError::Refused(Box::new(problem)))
    }
}

fn told(entry: &Entry) -> Merge {
    Merge {
        id: entry.id,
        contact_id: entry.before.id,
        merged: entry.merged.clone(),
        reason: entry.reason.clone(),
        at: entry.at,
        undone_at: entry.undone_at,
    }
}

/// Everything of `goes` becomes `stays`'s. The row of `stays` is the caller's to write.
pub(super) fn join(tx: &mut Tx<'_>, goes: &Contact, stays: &Contact, reason: &str, by_server: bool) -> Result<()> {
    let mut entry = Entry {
        id: MergeId::fresh(),
        before: stays.clone(),
        merged: goes.clone(),
        reason: reason.to_owned(),
        by_server,
        moved: vec![],
        joined: vec![],
        opted_out: [table::opt_out::of(tx, stays.id)?, table::opt_out::of(tx, goes.id)?],
        at: now(),
        undone_at: None,
    };
    for chat in table::conversation::of_contact(tx, goes.id)? {
        match table::conversation::of(tx, chat.channel_id, stays.id)? {
            Some(into) => {
                table::merge::note_messages(tx, entry.id, chat.id)?;
                entry.joined.push((chat, into.id));
            }
            None => entry.moved.push(chat.id),
        }
    }
    remap::contact(tx, goes.id, stays.id)?;
    table::merge::put(tx, &entry)?;
    if !by_server {
        tx.tell_event(Event::ContactMerged(told(&entry)));
    }
    Ok(())
}

/// What the contact's chat on the own number shares.
pub(super) fn shared_of(connection: &Connection, contact: ContactId) -> Result<Scope> {
    let chat = own_chat(connection, contact)?;
    Ok(chat.map_or(Scope::Private, |chat| chat.scope))
}

fn own_chat(connection: &Connection, contact: ContactId) -> Result<Option<Conversation>> {
    match own::channel_id(connection)? {
        Some(channel) => table::conversation::of(connection, channel, contact),
        None => Ok(None),
    }
}

/// Whether the server will log a merge of this contact: it knows it, or is about to. Of two chats that become a private one
/// nobody tells it.
pub(super) fn is_the_servers(connection: &Connection, goes: &Contact, stays: &Contact) -> Result<bool> {
    if let (Some(one), Some(other)) = (own_chat(connection, goes.id)?, own_chat(connection, stays.id)?)
        && !scope::tells(one.scope.min(other.scope))
    {
        return Ok(false);
    }
    let chats = table::conversation::of_contact(connection, goes.id)?;
    Ok(goes.version > 0 || chats.iter().any(|chat| scope::tells(chat.scope)))
}

/// Why two contacts are one.
pub(super) fn reason(by_phone: &Contact, by_lid: &Contact) -> &'static str {
    match (&by_phone.phone, &by_lid.phone) {
        (Some(a), Some(b)) if a != b && a.same_line(b) => "number_variant",
        (Some(a), Some(b)) if a != b => "number_changed",
        _ => "same_lid",
    }
}

/// Whether somebody has said that these two are not one.
pub(super) fn are_apart(connection: &Connection, a: ContactId, b: ContactId) -> Result<bool> {
    for (merged, other) in [(a, b), (b, a)] {
        for entry in table::merge::of_merged(connection, merged)? {
            let stayed = table::alias::resolve(connection, entry.before.id.0)?;
            if entry.undone_at.is_some() && stayed == other.0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn undo(tx: &mut Tx<'_>, id: MergeId) -> Desk<Option<Merge>> {
    let Some(entry) = table::merge::get(tx, id)?.filter(|entry| !entry.by_server) else { return Ok(Ok(None)) };
    if entry.undone_at.is_some() {
        return Ok(Ok(Some(told(&entry))));
    }
    // Only in the opposite order: the one that stayed may have gone into a third since, or the number to another.
    let gone_too = table::merge::of_merged(tx, entry.before.id)?.iter().any(|later| later.undone_at.is_none());
    let stays = ContactId(table::alias::resolve(tx, entry.before.id.0)?);
    let (Some(stays), false) = (table::contact::get(tx, stays)?, gone_too || stays == entry.merged.id) else {
        let later = Problem::new(ProblemCode::VersionConflict).with_detail("A later merge has to be undone first.");
        return Ok(Err(later));
    };
    // What the server was given as one chat, this machine alone cannot part.
    if shared_of(tx, stays.id)? != Scope::Private && !entry.joined.is_empty() {
        return Ok(Err(ProblemCode::SharedSince.into()));
    }
    part(tx, entry, stays).map(|merge| Ok(Some(merge)))
}

/// The server has parted two contacts: this machine does so too, with what it alone knows of them, before it hears the rest.
pub(super) fn follow(tx: &mut Tx<'_>, merge: &Merge) -> Result<()> {
    if merge.undone_at.is_none() {
        return leave_to_server(tx, merge);
    }
    let stays = ContactId(table::alias::resolve(tx, merge.contact_id.0)?);
    let Some(stays) = table::contact::get(tx, stays)? else { return table::alias::lift(tx, merge.merged.id.0) };
    let logged = table::merge::of_merged(tx, merge.merged.id)?;
    if logged.iter().any(|entry| entry.undone_at == merge.undone_at)
        || table::contact::get(tx, merge.merged.id)?.is_some()
    {
        return Ok(());
    }
    let entry = logged.into_iter().find(|entry| entry.undone_at.is_none()).unwrap_or_else(|| Entry {
        id: merge.id,
        before: Contact { phone: None, lid: None, ..stays.clone() },
        merged: merge.merged.clone(),
        reason: merge.reason.clone(),
        by_server: true,
        moved: vec![],
        joined: vec![],
        opted_out: [None, None],
        at: merge.at,
        undone_at: None,
    });
    part(tx, Entry { by_server: true, ..entry }, stays)?;
    Ok(())
}

/// The server logs now what this machine had logged alone: it is undone there.
fn leave_to_server(tx: &Tx<'_>, merge: &Merge) -> Result<()> {
    for (merged, other) in [(merge.merged.id, merge.contact_id), (merge.contact_id, merge.merged.id)] {
        for entry in table::merge::of_merged(tx, merged)? {
            if entry.before.id == other && !entry.by_server && entry.undone_at.is_none() {
                table::merge::put(tx, &Entry { by_server: true, ..entry })?;
            }
        }
    }
    Ok(())
}

fn part(tx: &mut Tx<'_>, mut entry: Entry, mut stays: Contact) -> Result<Merge> {
    table::alias::lift(tx, entry.merged.id.0)?;
    give_back(&mut stays, &entry.before, &entry.merged);
    if stays.name == entry.merged.name && stays.name != entry.before.name {
        stays.name.clone_from(&entry.before.name);
    }
    put_contact(tx, &stays)?;

    let mut parted = entry.merged.clone();
    // A number that has gone elsewhere since stays there.
    if let Some(phone) = &parted.phone
        && table::contact::by_phone(tx, phone)?.is_some()
    {
        parted.phone = None;
    }
    if let Some(lid) = &parted.lid
        && table::contact::by_lid(tx, lid)?.is_some()
    {
        parted.lid = None;
    }
    put_contact(tx, &parted)?;
    part_opt_outs(tx, &entry, &stays)?;

    for id in &entry.moved {
        let id = ConversationId(table::alias::resolve(tx, id.0)?);
        if let Some(mut chat) = table::conversation::get(tx, id)?.filter(|chat| chat.contact_id == stays.id)
            && table::conversation::of(tx, chat.channel_id, parted.id)?.is_none()
        {
            chat.contact_id = parted.id;
            people::put_conversation(tx, chat, false)?;
        }
    }
    for (chat, into) in &entry.joined {
        part_chat(tx, &entry, chat, *into, parted.id)?;
    }
    take_along(tx, &entry)?;
    entry.undone_at = Some(now());
    table::merge::put(tx, &entry)?;
    let merge = told(&entry);
    if !entry.by_server {
        tx.tell_event(Event::ContactMerged(merge.clone()));
    }
    Ok(merge)
}

/// Whoever had gone into the one that leaves goes with it.
fn take_along(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    let parted = entry.merged.id;
    let inside = table::merge::of_contact(tx, parted)?;
    for earlier in inside.iter().filter(|it| it.before.id == parted && it.undone_at.is_none()) {
        table::alias::add(tx, earlier.merged.id.0, parted.0)?;
        for (chat, into) in &earlier.joined {
            if entry.joined.iter().any(|(back, _)| back.id == *into) {
                table::alias::add(tx, chat.id.0, into.0)?;
            }
        }
    }
    Ok(())
}

fn put_contact(tx: &mut Tx<'_>, contact: &Contact) -> Result<()> {
    table::contact::put(tx, contact)?;
    tx.tell_event(Event::ContactUpdated(contact.clone()));
    Ok(())
}

/// Takes from the contact what it had of the other alone.
fn give_back(contact: &mut Contact, before: &Contact, merged: &Contact) {
    // A number is only one's: the other's goes back to it whatever there was before.
    if merged.phone.is_some() && contact.phone == merged.phone {
        contact.phone.clone_from(&before.phone);
    }
    if merged.lid.is_some() && contact.lid == merged.lid {
        contact.lid.clone_from(&before.lid);
    }
    if before.push_name.is_none() && contact.push_name == merged.push_name {
        contact.push_name = None;
    }
    if before.username.is_none() && contact.username == merged.username {
        contact.username = None;
    }
}

fn part_opt_outs(tx: &mut Tx<'_>, entry: &Entry, stays: &Contact) -> Result<()> {
    let [before, merged] = &entry.opted_out;
    if let Some((word, at, told)) = merged {
        table::opt_out::put(tx, entry.merged.id, word, *at, *told)?;
        // What was said after the merge stays with the one that stayed.
        if before.is_none() && table::opt_out::of(tx, stays.id)?.is_some_and(|(_, said, _)| said == *at) {
            table::opt_out::delete(tx, stays.id)?;
        }
    }
    Ok(())
}

/// Takes a chat that went into another one out of it again. Neither shares more than before: not more than it did by itself,
/// nor than both did together.
fn part_chat(
    tx: &mut Tx<'_>,
    entry: &Entry,
    was: &Conversation,
    into: ConversationId,
    contact: ContactId,
) -> Result<()> {
    let into = ConversationId(table::alias::resolve(tx, into.0)?);
    let Some(left) = table::conversation::get(tx, into)? else { return Ok(()) };
    table::alias::lift(tx, was.id.0)?;
    let back = Conversation {
        contact_id: contact,
        scope: was.scope.min(left.scope),
        last_message: None,
        unread: 0,
        ticket_id: None,
        assignee_id: None,
        ..was.clone()
    };
    table::conversation::put(tx, &back)?;
    table::merge::give_back(tx, entry.id, back.id, left.id)?;
    let (mut back, left) = (recounted(tx, back)?, recounted(tx, left)?);
    // The server gives both what they shared together.
    if entry.by_server && back.scope < left.scope && own::channel_id(tx)? == Some(back.channel_id) {
        let known_as = [back.id];
        unshare::narrow(tx, &mut back, &known_as)?;
    }
    people::put_conversation(tx, back, true)?;
    people::put_conversation(tx, left, false)
}

fn recounted(tx: &Tx<'_>, mut chat: Conversation) -> Result<Conversation> {
    let newest: Option<Message> = table::message::newest(tx, chat.id)?;
    if let Some(newest) = &newest {
        chat.last_activity_at = newest.at;
    }
    chat.last_message = newest.as_ref().map(people::as_last);
    let unread: Option<i64> = row::scalar(
        tx,
        "SELECT count(*) FROM message WHERE conversation_id = ? AND direction = 'inbound' AND status = 'delivered'
             AND json_extract(body, '$.kind') <> 'gap'",
        params![chat.id.0.into_bytes()],
    )?;
    chat.unread = u32::try_from(unread.unwrap_or(0)).unwrap_or(u32::MAX);
    Ok(chat)
}
