//! Customers who asked not to be written to. The word is theirs; lifting it is a person's act, on the customer's wish.

use ownline_model::{
    contact::{Contact, ContactKind},
    conversation::Scope,
    event::Event,
    ids::ContactId,
    message::Message,
    problem::ProblemCode,
    safety::OptOut,
    sync::Op,
};

use super::super::{
    DeskError, Result, Store,
    change::Change,
    own, scope,
    table::{self, outbox::About},
    writer::Tx,
};
use crate::{safety::opt_out_word, time::now};

impl Store {
    pub async fn opt_outs(&self) -> Result<Vec<OptOut>> {
        self.read(table::opt_out::all).await
    }

    pub async fn lift_opt_out(&self, id: ContactId) -> std::result::Result<(), DeskError> {
        let lifted = self.write(move |tx| lift(tx, id)).await?;
        lifted.map_err(|code| DeskError::Refused(Box::new(code.into())))
    }
}

/// A customer has written on the own number: what waits for them may go otherwise now, and they may have asked for silence.
pub(in crate::store) fn heard(tx: &mut Tx<'_>, contact: &Contact, scope: Scope, message: &Message) -> Result<()> {
    // What somebody in a group says is not said for the group, and answers nobody.
    if contact.kind != ContactKind::Person {
        return Ok(());
    }
    super::release(tx, Some(message.conversation_id))?;
    let Some(word) = message.text.as_deref().and_then(opt_out_word) else { return Ok(()) };
    let tells = scope::tells(scope);
    table::opt_out::put(tx, contact.id, word, message.at, tells)?;
    tx.tell(Change::Status);
    if contact.opted_out_at.is_some() {
        return Ok(());
    }
    let contact = Contact { opted_out_at: Some(message.at), ..contact.clone() };
    table::contact::put(tx, &contact)?;
    tx.tell_event(Event::ContactUpdated(contact.clone()));
    if tells {
        let op = Op::OptedOut { contact_id: contact.id, word: word.to_owned(), at: message.at };
        tell(tx, &contact, &op)?;
    }
    Ok(())
}

/// A chat with this customer is shared now: what was said in private counts for the team too.
pub(in crate::store) fn tell_opt_out(tx: &mut Tx<'_>, contact: &Contact) -> Result<()> {
    let Some((word, at)) = table::opt_out::untold(tx, contact.id)? else { return Ok(()) };
    table::opt_out::put(tx, contact.id, &word, at, true)?;
    tell(tx, contact, &Op::OptedOut { contact_id: contact.id, word, at })
}

fn lift(tx: &mut Tx<'_>, id: ContactId) -> Result<std::result::Result<(), ProblemCode>> {
    let id = ContactId(table::alias::resolve(tx, id.0)?);
    let Some(mut contact) = table::contact::get(tx, id)? else { return Ok(Err(ProblemCode::NotFound)) };
    let known = table::opt_out::delete(tx, id)?;
    if contact.opted_out_at.take().is_none() && !known {
        return Ok(Err(ProblemCode::NotFound));
    }
    table::contact::put(tx, &contact)?;
    tx.tell_event(Event::ContactUpdated(contact.clone()));
    tx.tell(Change::ToSend);
    tx.tell(Change::Status);
    let chats = table::conversation::of_contact(tx, id)?;
    if contact.version > 0 || chats.iter().any(|chat| scope::tells(chat.scope)) {
        tell(tx, &contact, &Op::OptedIn { contact_id: id, at: now() })?;
    }
    Ok(Ok(()))
}

fn tell(tx: &mut Tx<'_>, contact: &Contact, op: &Op) -> Result<()> {
    let channel = own::channel_id(tx)?;
    let held = own::is_held(tx)?;
    table::outbox::add(tx, op, About { channel, subject: Some(contact.id.0), conversation: None }, held)?;
    Ok(())
}

/// What the server says of a contact does not undo what waits to be told, nor what is not the server's to know.
pub(in crate::store) fn keep_opt_out(tx: &Tx<'_>, remote: &mut Contact, local: Option<&Contact>) -> Result<()> {
    let waits = |kind| table::outbox::waits_for(tx, remote.id.0, kind);
    if waits("opted_in")? {
        remote.opted_out_at = None;
    } else if waits("opted_out")? {
        remote.opted_out_at = remote.opted_out_at.or(local.and_then(|local| local.opted_out_at));
    } else if table::opt_out::untold(tx, remote.id)?.is_some() {
        remote.opted_out_at = remote.opted_out_at.or(local.and_then(|local| local.opted_out_at));
    } else if remote.opted_out_at.is_none()
        && local.is_some_and(|local| local.opted_out_at.is_some() && local.version > 0)
    {
        // The team lifted it: the word that was heard here no longer counts.
        table::opt_out::delete(tx, remote.id)?;
    }
    Ok(())
}
