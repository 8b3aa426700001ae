//! Groups: what is known of them, kept by what WhatsApp answers and tells. A group is a contact of its own kind, its talk one
//! conversation, which is private until the owner shares it.

mod news;
mod people;
mod ticks;

use ownline_model::{
    contact::Contact,
    group::{Group, GroupMember},
    ids::{ChannelId, ConversationId},
    message::Direction,
    phone::PhoneNumber,
    problem::{Problem, ProblemCode},
    time::UtcMillis,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{
    DeskError, Result, Store,
    change::Change,
    inbound::{InboundFact, LinkedAccount, WaIdentity},
    own, phone_state, table,
    writer::Tx,
};
use crate::time::now;

pub use news::GroupNews;
pub(super) use news::{forget_listing, heard};
use people::known_id;
pub(super) use people::{id_of, identity_of, same, sender};
pub use ticks::GroupTick;
pub(super) use ticks::left;

/// A group as WhatsApp tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInfo {
    pub subject: String,
    pub description: Option<String>,
    pub announce_only: bool,
    /// Whether the own number is in it.
    pub member: bool,
    pub members: Vec<Member>,
    pub created_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub person: WaIdentity,
    pub admin: bool,
}

impl GroupInfo {
    fn find(&mut self, who: &WaIdentity) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.person.is_same_person(who))
    }

    fn is_admin(&self, who: &WaIdentity) -> bool {
        self.members.iter().any(|member| member.admin && member.person.is_same_person(who))
    }
}

impl Store {
    /// What is known of a group on the own number. `None`: nothing yet; WhatsApp is asked then, and
    /// [`Change::Groups`] tells of the answer.
    pub async fn group(&self, id: ConversationId) -> std::result::Result<Option<Group>, DeskError> {
        let known = self.read(move |connection| known(connection, id)).await?;
        match known.map_err(|code| DeskError::Refused(Box::new(code.into())))? {
            Known::Group(group) => Ok(Some(group)),
            Known::Nothing { number, id } => {
                let asked = move |tx: &mut Tx<'_>| {
                    if table::group::ask(tx, &number, &id)? {
                        tx.tell(Change::Groups);
                    }
                    Ok(())
                };
                self.write(asked).await?;
                Ok(None)
            }
        }
    }
}

enum Known {
    Group(Group),
    Nothing { number: PhoneNumber, id: String },
}

fn known(connection: &Connection, id: ConversationId) -> Result<std::result::Result<Known, ProblemCode>> {
    let id = ConversationId(table::alias::resolve(connection, id.0)?);
    let Some(conversation) = table::conversation::get(connection, id)? else { return Ok(Err(ProblemCode::NotFound)) };
    let contact = table::contact::get(connection, conversation.contact_id)?;
    let Some(contact) = contact.filter(|contact| !contact.kind.is_person()) else {
        return Ok(Err(ProblemCode::NotAGroup));
    };
    let Some(group) = contact.lid else { return Ok(Err(ProblemCode::NotAGroup)) };
    let Some(channel) = own::channel(connection)?.filter(|channel| channel.id == conversation.channel_id) else {
        return Ok(Err(ProblemCode::NotYourNumber));
    };
    match table::group::get(connection, &channel.number, &group)? {
        Some(info) => shown(connection, info, contact.name).map(|group| Ok(Known::Group(group))),
        None => Ok(Ok(Known::Nothing { number: channel.number, id: group })),
    }
}

fn shown(connection: &Connection, info: GroupInfo, name: String) -> Result<Group> {
    let me = own::account(connection)?.map(LinkedAccount::identity);
    let mut members = Vec::with_capacity(info.members.len());
    for Member { person, admin } in info.members {
        let Some(id) = known_id(connection, &person)? else { continue };
        let name = people::shown_name(connection, &id, &person)?;
        let me = me.as_ref().is_some_and(|me| me.is_same_person(&person));
        members.push(GroupMember { id, name, phone: person.phone, admin, me });
    }
    members.sort_by_cached_key(|member| (!member.admin, member.name.to_lowercase(), member.id.clone()));
    Ok(Group {
        subject: Some(info.subject).filter(|subject| !subject.is_empty()).unwrap_or(name),
        description: info.description,
        announce_only: info.announce_only,
        member: info.member,
        members,
    })
}

/// Why nothing can be written to this contact, where it is a group. What is not known, WhatsApp decides.
pub(super) fn refuses(connection: &Connection, contact: &Contact) -> Result<Option<Problem>> {
    let Some((info, me)) = info_of(connection, contact)? else { return Ok(None) };
    Ok(if !info.member {
        Some(ProblemCode::NotAMember.into())
    } else if info.announce_only && !info.is_admin(&me) {
        Some(ProblemCode::AdminsOnly.into())
    } else {
        None
    })
}

/// Puts the name of its author on a group's message. Members choose the ids of their messages: one that somebody else has
/// used already gets a name of its own, and hides nothing.
pub(super) fn sign(connection: &Connection, conversation: ConversationId, fact: &mut InboundFact) -> Result<()> {
    if fact.chat.is_group() {
        for reaction in &mut fact.details.reactions {
            reaction.by = reaction.by.take().map(|by| people::id_now(connection, by)).transpose()?;
        }
    }
    let Some(author) = &fact.author else { return Ok(()) };
    let Some(sender) = sender(connection, author)? else { return Ok(()) };
    let known = table::message::by_wa_id(connection, conversation, &fact.wa_id, fact.direction())?;
    if let Some(other) = known.and_then(|known| known.details.sender)
        && !same(connection, &other.id, &sender.id)?
    {
        fact.wa_id = format!("{}~{}", fact.wa_id, sender.id);
    }
    fact.details.sender = Some(sender);
    Ok(())
}

/// Who wrote a message of a group.
pub(super) fn author_of(
    connection: &Connection,
    conversation: ConversationId,
    wa_id: &str,
) -> Result<Option<WaIdentity>> {
    let message = table::message::by_wa_id(connection, conversation, wa_id, Direction::Inbound)?;
    match message.and_then(|message| message.details.sender) {
        Some(sender) => identity_of(connection, &sender.id),
        None => Ok(None),
    }
}

/// Whether the owner has muted the group on the phone.
pub(super) fn is_muted(connection: &Connection, contact: &Contact, channel: ChannelId) -> Result<bool> {
    if contact.kind.is_person() {
        return Ok(false);
    }
    let Some(conversation) = table::conversation::of(connection, channel, contact.id)? else { return Ok(false) };
    let until = phone_state::on_phone(connection, &conversation, contact)?.muted_until;
    Ok(until.is_some_and(|until| until > now()))
}

/// Whether somebody is an admin of a group of the own number. `None`: who is in it is not known.
pub(super) fn is_admin(connection: &Connection, contact: &Contact, who: &WaIdentity) -> Result<Option<bool>> {
    Ok(info_of(connection, contact)?.map(|(info, _)| info.is_admin(who)))
}

fn info_of(connection: &Connection, contact: &Contact) -> Result<Option<(GroupInfo, WaIdentity)>> {
    let Some(group) = contact.lid.as_deref().filter(|_| !contact.kind.is_person()) else { return Ok(None) };
    let Some(account) = own::account(connection)? else { return Ok(None) };
    let info = table::group::get(connection, &account.phone, group)?;
    Ok(info.map(|info| (info, account.identity())))
}
