//! Who writes in groups. WhatsApp names a member by number, by hidden id or by both, and not always the same way: messages bear
//! one id for each person, whatever they were called when they wrote.

use ownline_model::{contact::ContactIdentity, details::GroupSender, ids::ContactId, limits, phone::PhoneNumber};
use rusqlite::Connection;
use uuid::Uuid;

use crate::store::{
    Result,
    inbound::{Author, WaIdentity},
    own, people as contacts, row,
    table::{self, group::Person},
};

/// The id of a person, noted with what was told of them. `None` where nothing was.
pub(in crate::store) fn id_of(connection: &Connection, who: &WaIdentity, name: Option<&str>) -> Result<Option<String>> {
    let phone = who.phone.as_ref().map(|phone| phone.canonical().digits().to_owned());
    let Some(first) = who.lid.clone().or_else(|| phone.clone()) else { return Ok(None) };
    let by_lid = who.lid.as_deref().map(|lid| table::group::by_lid(connection, lid)).transpose()?.flatten();
    let by_phone = phone.as_deref().map(|phone| table::group::by_phone(connection, phone)).transpose()?.flatten();
    let before = match (by_lid, by_phone) {
        // The number has changed hands.
        (by_lid, Some(former)) if who.lid.is_some() && former.lid.is_some() && former.lid != who.lid => {
            table::group::put_person(connection, &Person { phone: None, ..former })?;
            by_lid
        }
        (Some(stays), Some(goes)) if stays.id != goes.id => {
            table::group::is_now(connection, &goes.id, &stays.id)?;
            let name = stays.name.clone().or(goes.name);
            Some(Person { name, ..stays })
        }
        (by_lid, by_phone) => by_lid.or(by_phone),
    };
    let mut person = match before.clone() {
        Some(person) => person,
        None => Person { id: free_id(connection, first)?, ..Person::default() },
    };
    person.phone = phone.or(person.phone);
    person.lid = who.lid.clone().or(person.lid);
    person.name = name.map(limits::clean_name).filter(|name| !name.is_empty()).or(person.name);
    if before.as_ref() != Some(&person) {
        table::group::put_person(connection, &person)?;
    }
    Ok(Some(person.id))
}

/// A number that changed hands is still the former owner's id.
fn free_id(connection: &Connection, mut id: String) -> Result<String> {
    while table::group::person(connection, &id)?.is_some() {
        id.push('-');
    }
    Ok(id)
}

/// Whether two ids, given at different times, are of one person.
pub(in crate::store) fn same(connection: &Connection, one: &str, other: &str) -> Result<bool> {
    if one == other {
        return Ok(true);
    }
    let (one, other) = (table::group::person(connection, one)?, table::group::person(connection, other)?);
    Ok(one.is_some_and(|one| other.is_some_and(|other| one.id == other.id)))
}

/// A person under the id that messages bear, as WhatsApp can be told of them.
pub(in crate::store) fn identity_of(connection: &Connection, id: &str) -> Result<Option<WaIdentity>> {
    let Some(person) = table::group::person(connection, id)? else { return Ok(None) };
    let phone = person.phone.as_deref().and_then(|digits| PhoneNumber::from_digits(digits).ok());
    Ok(Some(WaIdentity { phone, lid: person.lid, ..WaIdentity::default() }))
}

/// Who wrote a message, as it is shown.
pub(in crate::store) fn sender(connection: &Connection, author: &Author) -> Result<Option<GroupSender>> {
    let Some(id) = id_of(connection, &author.person, author.name.as_deref())? else { return Ok(None) };
    let name = shown_name(connection, &id, &author.person)?;
    Ok(Some(GroupSender { id, name }))
}

/// The name that the team or the address book has, else the one that the person chose, else the number.
pub(super) fn shown_name(connection: &Connection, id: &str, who: &WaIdentity) -> Result<String> {
    let nameless = |push_name: Option<String>| {
        let identity = ContactIdentity {
            id: ContactId(Uuid::nil()),
            phone: who.phone.clone(),
            lid: who.lid.clone(),
            push_name,
            verified_name: None,
            username: None,
            kind: who.kind,
        };
        identity.display_name()
    };
    if let Some(contact) = contacts::find_contact(connection, who)?
        && contact.name != nameless(None)
    {
        return Ok(contact.name);
    }
    if let Some(channel) = own::channel(connection)? {
        let listed: Option<String> = row::scalar(
            connection,
            "SELECT name FROM phone_chat WHERE number = ? AND who IN (?, ?) AND name IS NOT NULL LIMIT 1",
            rusqlite::params![channel.number.as_str(), who.phone.as_ref().map(PhoneNumber::as_str), who.lid],
        )?;
        if let Some(name) = listed {
            return Ok(name);
        }
    }
    let chosen = table::group::person(connection, id)?.and_then(|person| person.name);
    Ok(nameless(chosen))
}

/// The id of a person of whom nothing may be noted now.
pub(super) fn known_id(connection: &Connection, who: &WaIdentity) -> Result<Option<String>> {
    let phone = who.phone.as_ref().map(|phone| phone.canonical().digits().to_owned());
    let by_lid = who.lid.as_deref().map(|lid| table::group::by_lid(connection, lid)).transpose()?.flatten();
    let by_phone = match (&by_lid, &phone) {
        (None, Some(phone)) => table::group::by_phone(connection, phone)?,
        _ => None,
    };
    Ok(by_lid.or(by_phone).map(|known| known.id).or_else(|| who.lid.clone()).or(phone))
}

/// The id that messages bear, of somebody of whom only number or hidden id is told.
pub(super) fn id_now(connection: &Connection, digits: String) -> Result<String> {
    let known = match table::group::by_lid(connection, &digits)? {
        Some(known) => Some(known),
        None => table::group::by_phone(connection, &digits)?,
    };
    Ok(known.map_or(digits, |known| known.id))
}
