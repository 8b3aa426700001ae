//! Profile pictures: asked for once somebody looks, kept sealed on this machine, asked for again when they may be old. Only of
//! people (and groups) with a chat on the own number: WhatsApp is not asked about anybody else.
//!
//! A picture never leaves this machine, nor does [`Contact::picture_id`]: no change that is pushed bears it, and what a server
//! might say of it is not believed.

mod wanted;

use std::sync::Arc;

use ownline_model::{contact::Contact, event::Event, ids::ContactId};
use rusqlite::Connection;

use super::{
    Result, Store,
    change::Change,
    inbound::WaIdentity,
    own, people,
    table::{self, picture::PictureRow},
    writer::Tx,
};
use crate::time::now;

pub(crate) use wanted::{Turn, Wanted};

/// What is known is good for so long, also that there is nothing to be seen.
const GOOD_FOR_MS: i64 = 24 * 60 * 60 * 1000;
/// After trouble on the way.
const TROUBLE_FOR_MS: i64 = 10 * 60 * 1000;

/// A picture that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// As WhatsApp names it.
    pub id: String,
    /// Of the file, a JPEG, in `media/`.
    pub name: String,
}

/// What there is to be seen of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Face {
    NoContact,
    NoPicture,
    Picture(Picture),
}

/// Whom WhatsApp is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) who: WaIdentity,
    /// WhatsApp's name of the picture that is here.
    pub(crate) known: Option<String>,
}

/// What came of asking, where no other picture came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is the one that is here.
    Same,
    /// There is none, or this number may not see it.
    Nothing,
    /// There is another, which cannot be shown. What is here stays.
    Unusable,
    /// Nobody knows. What is here stays.
    Trouble,
}

impl Store {
    /// What is here at this moment. Where that is nothing, or old, WhatsApp is going to be asked.
    pub async fn look_at(&self, contact: ContactId) -> Result<Face> {
        let found = self
            .read(move |connection| {
                let Some(contact) = resolved(connection, contact)? else { return Ok(None) };
                let row = table::picture::get(connection, contact.id)?;
                let is_due = row.as_ref().is_none_or(|row| row.due_at <= now().0);
                let wanted = is_due && has_own_chat(connection, contact.id)?;
                Ok(Some((contact.id, row.and_then(|row| row.picture), wanted)))
            })
            .await?;
        let Some((contact, picture, wanted)) = found else { return Ok(Face::NoContact) };
        if wanted {
            self.inner.pictures.want(contact);
        }
        Ok(picture.map_or(Face::NoPicture, |(id, name)| Face::Picture(Picture { id, name })))
    }

    /// The file of a picture is missing or damaged on the disk.
    pub(crate) async fn picture_is_lost(&self, contact: ContactId) -> Result<()> {
        let lost = self.write(move |tx| change(tx, contact, |row| *row = PictureRow::default())).await?;
        if let Some(contact) = lost {
            self.inner.pictures.want(contact);
        }
        Ok(())
    }

    /// WhatsApp says that somebody's picture is another one, or none any more. Of whom nobody has looked at, that is no news.
    pub(crate) async fn picture_changed(&self, who: WaIdentity, removed: bool) -> Result<()> {
        let changed = self
            .write(move |tx| {
                let Some(contact) = people::find_contact(tx, &who)? else { return Ok(None) };
                if table::picture::get(tx, contact.id)?.is_none() {
                    return Ok(None);
                }
                change(tx, contact.id, |row| {
                    if removed {
                        *row = PictureRow { picture: None, due_at: now().0 + GOOD_FOR_MS };
                    } else {
                        row.due_at = 0;
                    }
                })
            })
            .await?;
        if let Some(contact) = changed.filter(|_| !removed) {
            self.inner.pictures.want_anew(contact);
        }
        Ok(())
    }

    // For who asks WhatsApp.

    pub(crate) fn wanted_pictures(&self) -> Arc<Wanted> {
        Arc::clone(&self.inner.pictures)
    }

    /// `None`: there is nobody to ask about any more.
    pub(crate) async fn picture_subject(&self, contact: ContactId) -> Result<Option<Subject>> {
        self.read(move |connection| {
            let Some(contact) = resolved(connection, contact)? else { return Ok(None) };
            let row = table::picture::get(connection, contact.id)?;
            let known = row.and_then(|row| row.picture).map(|(id, _)| id);
            Ok(Some(Subject { who: people::wa_identity(&contact), known }))
        })
        .await
    }

    /// Another picture is here: the file `name` holds it.
    pub(crate) async fn picture_came(&self, contact: ContactId, id: String, name: String) -> Result<bool> {
        let known = self
            .write(move |tx| {
                change(tx, contact, |row| {
                    *row = PictureRow { picture: Some((id, name)), due_at: now().0 + GOOD_FOR_MS };
                })
            })
            .await?;
        Ok(known.is_some())
    }

    pub(crate) async fn picture_asked(&self, contact: ContactId, asked: Asked) -> Result<()> {
        self.write(move |tx| {
            change(tx, contact, |row| {
                let good_for = if asked == Asked::Trouble { TROUBLE_FOR_MS } else { GOOD_FOR_MS };
                row.due_at = now().0 + good_for;
                if asked == Asked::Nothing {
                    row.picture = None;
                }
            })
        })
        .await?;
        Ok(())
    }
}

fn resolved(connection: &Connection, contact: ContactId) -> Result<Option<Contact>> {
    table::contact::get(connection, ContactId(table::alias::resolve(connection, contact.0)?))
}

fn has_own_chat(connection: &Connection, contact: ContactId) -> Result<bool> {
    let Some(channel) = own::channel_id(connection)? else { return Ok(false) };
    Ok(table::conversation::of(connection, channel, contact)?.is_some())
}

/// Changes what is known of a contact's picture, and shows it. `None`: there is no such contact.
fn change(tx: &mut Tx<'_>, contact: ContactId, change: impl FnOnce(&mut PictureRow)) -> Result<Option<ContactId>> {
    let Some(mut contact) = resolved(tx, contact)? else { return Ok(None) };
    let mut row = table::picture::get(tx, contact.id)?.unwrap_or_default();
    let before = row.picture.clone();
    change(&mut row);
    table::picture::put(tx, contact.id, &row)?;
    if before.is_some() && before != row.picture {
        tx.tell(Change::FilesDropped);
    }
    let shown = row.picture.map(|(id, _)| id);
    let id = contact.id;
    if contact.picture_id != shown {
        contact.picture_id = shown;
        table::contact::put(tx, &contact)?;
        tx.tell_event(Event::ContactUpdated(contact));
    }
    Ok(Some(id))
}

/// The picture of a contact that is being written anew: what is here counts, whoever tells of the contact.
pub(super) fn keep(connection: &Connection, contact: &mut Contact) -> Result<()> {
    contact.picture_id = table::picture::get(connection, contact.id)?.and_then(|row| row.picture).map(|(id, _)| id);
    Ok(())
}
