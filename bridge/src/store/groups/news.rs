//! What WhatsApp answers and tells of groups.

use std::time::Duration;

use ownline_model::{
    channel::Channel,
    contact::ContactKind,
    conversation::ConversationState,
    event::{Event, HistoryArrived},
    phone::PhoneNumber,
    time::UtcMillis,
};
use serde::{Deserialize, Serialize};

use super::{GroupInfo, Member};
use crate::{
    store::{
        Result, Store,
        change::Change,
        inbound::{LinkedAccount, WaIdentity},
        own, people,
        table::{self},
        writer::Tx,
    },
    time::now,
};

/// When the groups of the number were last listed, and of which number.
const LISTED: &str = "groups.listed";
/// What changes is told; a list now and then is for what was missed.
const LIST_EVERY: Duration = Duration::from_hours(24);
/// Groups asked about in one go.
const ASKED_AT_ONCE: u32 = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupNews {
    /// All that WhatsApp answers.
    Known(GroupInfo),
    /// WhatsApp tells this number nothing of it.
    NotAMember,
    Subject(String),
    Description(Option<String>),
    AnnounceOnly(bool),
    Added(Vec<Member>),
    Removed(Vec<WaIdentity>),
    Admins {
        people: Vec<WaIdentity>,
        admin: bool,
    },
    /// Something is different: WhatsApp is to be asked.
    Changed,
}

#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    number: PhoneNumber,
    at: UtcMillis,
}

impl Store {
    /// News of groups of the own number, in their order.
    pub async fn note_groups(&self, news: Vec<(WaIdentity, GroupNews)>) -> Result<()> {
        self.write(move |tx| {
            let Some(channel) = own::channel(tx)? else { return Ok(()) };
            for (group, news) in news {
                if let Some(id) = group.lid.as_deref().filter(|_| group.is_group()) {
                    note(tx, &channel, id, news)?;
                }
            }
            tx.tell(Change::Groups);
            Ok(())
        })
        .await
    }

    /// Whether WhatsApp is to be asked for all groups of the own number.
    pub async fn groups_unlisted(&self) -> Result<bool> {
        self.read(|connection| {
            let Some(channel) = own::channel(connection)? else { return Ok(false) };
            let listed: Option<Listed> = table::value::get_json(connection, LISTED)?;
            let lasts = i64::try_from(LIST_EVERY.as_millis()).unwrap_or(i64::MAX);
            Ok(listed.is_none_or(|listed| listed.number != channel.number || now().since(listed.at) > lasts))
        })
        .await
    }

    /// All groups of the own number: what was known and is not among them, it is no member of any more.
    pub async fn list_groups(&self, groups: Vec<(WaIdentity, GroupInfo)>) -> Result<()> {
        self.write(move |tx| {
            let Some(channel) = own::channel(tx)? else { return Ok(()) };
            let mut gone = table::group::all(tx, &channel.number)?;
            tx.quietly(|tx| {
                for (group, info) in groups {
                    if let Some(id) = group.lid.filter(|_| group.kind == ContactKind::Group) {
                        gone.retain(|known| *known != id);
                        note(tx, &channel, &id, GroupNews::Known(info))?;
                    }
                }
                gone.iter().try_for_each(|id| note(tx, &channel, id, GroupNews::NotAMember))
            })?;
            table::value::set_json(tx, LISTED, &Listed { number: channel.number, at: now() })?;
            tx.tell_event(Event::HistoryArrived(HistoryArrived { conversation_id: None, messages: 0 }));
            tx.tell(Change::Groups);
            Ok(())
        })
        .await
    }

    /// Groups that WhatsApp is to be asked about.
    pub async fn groups_to_ask(&self) -> Result<Vec<WaIdentity>> {
        self.read(|connection| {
            let Some(channel) = own::channel(connection)? else { return Ok(vec![]) };
            let ids = table::group::to_ask(connection, &channel.number, ASKED_AT_ONCE)?;
            Ok(ids.into_iter().map(WaIdentity::group).collect())
        })
        .await
    }
}

/// A fresh device lists anew.
pub(in crate::store) fn forget_listing(tx: &Tx<'_>) -> Result<()> {
    table::value::set(tx, LISTED, None)
}

/// Somebody has written in a group. Of one that is not known, or that the own number was thought to have left, WhatsApp is
/// asked.
pub(in crate::store) fn heard(tx: &mut Tx<'_>, channel: &Channel, group: &WaIdentity) -> Result<()> {
    let Some(id) = group.lid.as_deref().filter(|_| group.is_group()) else { return Ok(()) };
    let is_known = match table::group::get(tx, &channel.number, id)? {
        Some(info) => info.member,
        None => table::group::is_there(tx, &channel.number, id)?,
    };
    if !is_known && table::group::ask(tx, &channel.number, id)? {
        tx.tell(Change::Groups);
    }
    Ok(())
}

fn note(tx: &mut Tx<'_>, channel: &Channel, id: &str, news: GroupNews) -> Result<()> {
    let before = table::group::get(tx, &channel.number, id)?;
    let after = match (news, before.clone()) {
        (GroupNews::Known(info), _) => {
            table::group::answered(tx, &channel.number, id)?;
            Some(info)
        }
        (GroupNews::NotAMember, known) => {
            table::group::answered(tx, &channel.number, id)?;
            Some(GroupInfo { member: false, ..known.unwrap_or_default() })
        }
        (GroupNews::Changed, _) | (_, None) => None,
        (news, Some(mut info)) => {
            let me = own::account(tx)?.map(LinkedAccount::identity);
            apply(&mut info, news, me.as_ref()).then_some(info)
        }
    };
    match after {
        Some(after) if before.as_ref() == Some(&after) => Ok(()),
        Some(after) => {
            table::group::put(tx, &channel.number, id, &after)?;
            show(tx, channel, id, &after)
        }
        None => table::group::ask(tx, &channel.number, id).map(drop),
    }
}

/// `false`: it takes more than that to know the group now.
fn apply(info: &mut GroupInfo, news: GroupNews, me: Option<&WaIdentity>) -> bool {
    let is_me = |who: &WaIdentity| me.is_some_and(|me| me.is_same_person(who));
    match news {
        GroupNews::Subject(subject) => info.subject = subject,
        GroupNews::Description(description) => info.description = description,
        GroupNews::AnnounceOnly(only) => info.announce_only = only,
        GroupNews::Added(members) => {
            // Who comes in is told nothing of what was before.
            if members.iter().any(|member| is_me(&member.person)) || !info.member {
                return false;
            }
            for member in members {
                match info.find(&member.person) {
                    Some(known) => *known = member,
                    None => info.members.push(member),
                }
            }
        }
        GroupNews::Removed(people) => {
            info.member &= !people.iter().any(is_me);
            info.members.retain(|member| !people.iter().any(|gone| gone.is_same_person(&member.person)));
        }
        GroupNews::Admins { people, admin } => {
            for who in people {
                match info.find(&who) {
                    Some(member) => member.admin = admin,
                    None => return false,
                }
            }
        }
        GroupNews::Known(_) | GroupNews::NotAMember | GroupNews::Changed => return false,
    }
    true
}

/// The group among the chats, under its subject.
fn show(tx: &mut Tx<'_>, channel: &Channel, id: &str, info: &GroupInfo) -> Result<()> {
    let group = WaIdentity::group(id);
    if people::find_contact(tx, &group)?.is_none() && !info.member {
        return Ok(());
    }
    let subject = Some(info.subject.as_str()).filter(|subject| !subject.is_empty());
    let contact = people::contact_for(tx, &group, subject)?;
    let at = info.created_at.unwrap_or_else(now);
    let (mut conversation, is_new) = people::conversation_for(tx, channel, &contact, at)?;
    if is_new && !info.member {
        return Ok(());
    }
    // One that was made long ago and has no word in it is none of today's chats.
    if is_new && people::is_long_quiet(at) {
        conversation.state = ConversationState::Closed;
    }
    people::put_conversation(tx, conversation, is_new)
}
