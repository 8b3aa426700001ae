//! What the owner keeps about chats and people on the phone. By person rather than by chat: the phone tells it before there is a
//! chat, and a person may be known by number, by hidden id, or by both.

use ownline_model::{
    contact::Contact,
    conversation::{Conversation, OnPhone},
    event::Event,
    phone::PhoneNumber,
    time::UtcMillis,
};
use rusqlite::{Connection, params};

use super::{Result, Store, groups, inbound::WaIdentity, own, people, record, row, table, writer::Tx};

/// One thing that the phone keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneMark {
    Archived(bool),
    Pinned(bool),
    MutedUntil(Option<UtcMillis>),
    Read,
    Unread,
    /// As the address book has it.
    Name(Option<String>),
    /// WhatsApp's public name of the account, without `@`. Only the address book and the past tell it.
    Username(String),
}

/// Whether the owner has put the chat away on the phone and nothing in it waits for anybody.
pub(super) const PUT_AWAY: &str = "(v.unread = 0 AND (t.id IS NULL OR t.state = 'resolved') AND EXISTS (
    SELECT 1 FROM phone_chat p JOIN channel o ON o.number = p.number
    WHERE o.id = v.channel_id AND p.archived = 1 AND p.who IN (c.phone, c.lid)))";

/// Whether the owner has put the chat away on the phone, whatever waits in it.
pub(super) const ARCHIVED: &str = "EXISTS (
    SELECT 1 FROM phone_chat p JOIN channel o ON o.number = p.number
    WHERE o.id = v.channel_id AND p.archived = 1 AND p.who IN (c.phone, c.lid))";

/// Whether the owner has pinned the chat on the phone. Found from the few that are pinned, which is what `CROSS JOIN` holds
/// SQLite to: asking each chat in turn takes more than a second where there are 100,000.
pub(super) const PINNED: &str = "v.id IN (
    SELECT i.id FROM phone_chat p CROSS JOIN channel o ON o.number = p.number
    CROSS JOIN contact k ON k.phone = p.who CROSS JOIN conversation i ON i.channel_id = o.id AND i.contact_id = k.id
    WHERE p.pinned = 1
    UNION
    SELECT i.id FROM phone_chat p CROSS JOIN channel o ON o.number = p.number
    CROSS JOIN contact k ON k.lid = p.who CROSS JOIN conversation i ON i.channel_id = o.id AND i.contact_id = k.id
    WHERE p.pinned = 1)";

impl Store {
    /// News from the phone, in its order.
    pub async fn note_phone_marks(&self, marks: Vec<(WaIdentity, PhoneMark)>) -> Result<()> {
        self.write(move |tx| {
            let Some(number) = own::channel(tx)?.map(|channel| channel.number) else { return Ok(()) };
            for (who, mark) in marks {
                note(tx, &number, &who, mark)?;
            }
            Ok(())
        })
        .await
    }

    /// A fresh device is told everything anew: what it is not told is not so any more.
    pub async fn forget_phone_marks(&self, number: PhoneNumber) -> Result<()> {
        self.write(move |tx| {
            row::run(
                tx,
                "UPDATE phone_chat SET archived = 0, pinned = 0, muted_until = NULL WHERE number = ?",
                [number.as_str()],
            )?;
            groups::forget_listing(tx)
        })
        .await
    }
}

pub(super) fn note(tx: &mut Tx<'_>, number: &PhoneNumber, who: &WaIdentity, mark: PhoneMark) -> Result<()> {
    let contact = people::find_contact(tx, who)?;
    let conversation = people::own_conversation(tx, who)?;
    match mark {
        PhoneMark::Read => {
            if let Some(conversation) = conversation {
                record::mark_read(tx, conversation, i64::MAX)?;
            }
            return Ok(());
        }
        PhoneMark::Unread => {
            if let Some(mut conversation) = conversation.filter(|conversation| conversation.unread == 0) {
                conversation.unread = 1;
                people::put_conversation(tx, conversation, false)?;
            }
            return Ok(());
        }
        PhoneMark::Archived(archived) => put(tx, number, who, contact.as_ref(), "archived", archived)?,
        PhoneMark::Pinned(pinned) => put(tx, number, who, contact.as_ref(), "pinned", pinned)?,
        PhoneMark::MutedUntil(until) => {
            put(tx, number, who, contact.as_ref(), "muted_until", until.map(|until| until.0))?;
        }
        PhoneMark::Name(name) => {
            let before = contact.as_ref().map(|contact| name_of(tx, contact)).transpose()?.flatten();
            put(tx, number, who, contact.as_ref(), "name", name)?;
            return contact.map_or(Ok(()), |contact| rename(tx, contact, before.as_deref()));
        }
        PhoneMark::Username(username) => {
            put(tx, number, who, contact.as_ref(), "username", &username)?;
            if let Some(mut contact) = contact.filter(|contact| contact.username.as_ref() != Some(&username)) {
                contact.username = Some(username);
                table::contact::put(tx, &contact)?;
                tx.tell_event(Event::ContactUpdated(contact));
            }
            return Ok(());
        }
    }
    if let Some(conversation) = conversation {
        tx.tell_event(Event::ConversationUpdated(conversation));
    }
    Ok(())
}

/// Under each name that the person is known by. `column` is one of this file's own words.
fn put(
    tx: &Tx<'_>,
    number: &PhoneNumber,
    who: &WaIdentity,
    contact: Option<&Contact>,
    column: &str,
    value: impl rusqlite::ToSql,
) -> Result<()> {
    let phone = who.phone.as_ref().or_else(|| contact?.phone.as_ref()).map(PhoneNumber::as_str);
    let lid = who.lid.as_deref().or_else(|| contact?.lid.as_deref());
    let known = contact.and_then(|contact| contact.phone.as_ref()).map(PhoneNumber::as_str);
    let mut keys: Vec<&str> = [phone, known, lid].into_iter().flatten().collect();
    keys.dedup();
    for key in keys {
        row::run(
            tx,
            &format!(
                "INSERT INTO phone_chat (number, who, {column}) VALUES (?, ?, ?)
                 ON CONFLICT (number, who) DO UPDATE SET {column} = excluded.{column}"
            ),
            params![number.as_str(), key, value],
        )?;
    }
    Ok(())
}

/// A person whom the team has not named bears the name of the address book.
fn rename(tx: &mut Tx<'_>, mut contact: Contact, before: Option<&str>) -> Result<()> {
    let own_name = people::identity(&contact).display_name();
    if contact.name != own_name && Some(contact.name.as_str()) != before {
        return Ok(());
    }
    let name = name_of(tx, &contact)?.unwrap_or(own_name);
    if contact.name != name {
        contact.name = name;
        table::contact::put(tx, &contact)?;
        tx.tell_event(Event::ContactUpdated(contact));
    }
    Ok(())
}

/// The name in the address book of the own phone.
pub(super) fn name_of(connection: &Connection, contact: &Contact) -> Result<Option<String>> {
    let Some(channel) = own::channel(connection)? else { return Ok(None) };
    row::scalar(
        connection,
        "SELECT name FROM phone_chat WHERE number = ? AND who IN (?, ?) AND name IS NOT NULL LIMIT 1",
        params![channel.number.as_str(), contact.phone.as_ref().map(PhoneNumber::as_str), contact.lid],
    )
}

/// The public name under which the own phone knows the person.
pub(super) fn username_of(connection: &Connection, contact: &Contact) -> Result<Option<String>> {
    let Some(channel) = own::channel(connection)? else { return Ok(None) };
    row::scalar(
        connection,
        "SELECT username FROM phone_chat WHERE number = ? AND who IN (?, ?) AND username IS NOT NULL LIMIT 1",
        params![channel.number.as_str(), contact.phone.as_ref().map(PhoneNumber::as_str), contact.lid],
    )
}

/// The name to show of a person whom nobody has named here.
pub(super) fn shown_name(connection: &Connection, contact: &Contact) -> Result<String> {
    Ok(name_of(connection, contact)?.unwrap_or_else(|| people::identity(contact).display_name()))
}

/// How the owner keeps a chat on the phone.
pub(super) fn on_phone(connection: &Connection, conversation: &Conversation, contact: &Contact) -> Result<OnPhone> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(max(p.archived), 0), coalesce(max(p.pinned), 0), max(p.muted_until)
         FROM phone_chat p JOIN channel o ON o.number = p.number
         WHERE o.id = ? AND p.who IN (?, ?)",
    )?;
    let keys =
        params![conversation.channel_id.0.into_bytes(), contact.phone.as_ref().map(PhoneNumber::as_str), contact.lid];
    Ok(statement.query_row(keys, |row| {
        Ok(OnPhone {
            archived: row.get(0)?,
            pinned: row.get(1)?,
            muted_until: row.get::<_, Option<i64>>(2)?.map(UtcMillis),
        })
    })?)
}
