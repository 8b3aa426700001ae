//! Groups, from outside.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::body::{group_id, number};
use super::profile::picture;
use super::{MessageView, PictureView, Result, World, WorldError};
use crate::network::account::{Account, lock};
use crate::network::address::{chat_name, new_group_id};
use crate::network::groups::{Group, GroupChange, Member, Rank, Refused, Told};
use crate::network::{now_seconds, route};
use crate::people::{Person, transcript};

const LONGEST_SUBJECT: usize = 100;
const LONGEST_DESCRIPTION: usize = 2048;
/// As the real network has it.
const MOST_MEMBERS: usize = 1024;

/// How members of a group name each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// By hidden ids, as groups do nowadays.
    #[default]
    Lid,
    /// By telephone numbers.
    Pn,
}

/// `POST /groups`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    pub subject: String,
    /// Number of whoever makes it.
    pub owner: String,
    pub members: Vec<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub announce_only: bool,
    #[serde(default)]
    pub locked: bool,
    #[serde(default)]
    pub addressing: Addressing,
    /// Made up when absent.
    #[serde(default)]
    pub id: Option<String>,
}

/// `POST /groups/{id}`: what is named is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EditGroup {
    pub subject: Option<String>,
    /// `null`, or nothing in it, takes it away.
    #[serde(deserialize_with = "present")]
    pub description: Option<Option<String>>,
    pub announce_only: Option<bool>,
    pub locked: Option<bool>,
    /// Who does it: the owner when absent.
    pub by: Option<String>,
}

/// Tells `null` from nothing.
#[expect(clippy::option_option, reason = "absent, null and a text are three things")]
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// `POST /groups/{id}/members`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EditMembers {
    pub add: Vec<String>,
    pub remove: Vec<String>,
    pub promote: Vec<String>,
    pub demote: Vec<String>,
    /// Who does it: the owner when absent.
    pub by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// Its jid.
    pub id: String,
    pub subject: String,
    pub description: Option<String>,
    /// Number of whoever made it, while it is a member.
    pub owner: Option<String>,
    pub created_at: i64,
    pub announce_only: bool,
    pub locked: bool,
    pub addressing: Addressing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    pub members: Vec<MemberView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    pub number: String,
    pub lid: String,
    pub name: String,
    pub admin: bool,
    pub owner: bool,
}

fn subject(text: &str) -> Result<String> {
    let subject = text.trim();
    let fits = !subject.is_empty() && subject.chars().count() <= LONGEST_SUBJECT;
    if fits { Ok(subject.to_owned()) } else { Err(WorldError::BadSubject) }
}

fn description(text: Option<&str>) -> Result<Option<(String, String)>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > LONGEST_DESCRIPTION {
        return Err(WorldError::BadRequest("a group's description has at most 2048 characters".to_owned()));
    }
    Ok(Some((route::new_stanza_id(), text.to_owned())))
}

impl World {
    pub async fn create_group(&self, new: NewGroup) -> Result<GroupView> {
        let network = &self.0.network;
        let owner = self.somebody(&new.owner)?;
        let mut members = vec![Member { lid: owner.account.lid, rank: Rank::Owner }];
        for member in self.lids(&new.members)? {
            if members.iter().all(|known| known.lid != member) {
                members.push(Member { lid: member, rank: Rank::Member });
            }
        }
        if members.len() > MOST_MEMBERS {
            return Err(WorldError::BadRequest(format!("a group has at most {MOST_MEMBERS} members")));
        }
        let id = new.id.as_deref().map(group_id).transpose()?.unwrap_or_else(new_group_id);
        let (by, at) = (owner.account.lid, now_seconds());
        let told = |id: String, text: String| Told { id, text, by, at };
        let group = Group {
            id,
            subject: told(String::new(), subject(&new.subject)?),
            description: description(new.description.as_deref())?.map(|(id, text)| told(id, text)),
            creator: by,
            created: at,
            announce_only: new.announce_only,
            locked: new.locked,
            by_lid: new.addressing == Addressing::Lid,
            picture: None,
            members,
        };
        let (world, account) = (self.clone(), Arc::clone(&owner.account));
        let made = self.to_its_end(async move { Ok(world.0.network.create_group(group, &account).await?) }).await?;
        if !made {
            return Err(WorldError::Taken(chat_name(id)));
        }
        network.group(id).map(|group| self.group_view(&group)).ok_or_else(|| WorldError::NoSuchGroup(chat_name(id)))
    }

    /// All groups, by id.
    #[expect(clippy::unused_async, reason = "callers need not know which of the calls wait")]
    pub async fn groups(&self) -> Vec<GroupView> {
        self.0.network.all_groups().iter().map(|group| self.group_view(group)).collect()
    }

    #[expect(clippy::unused_async, reason = "callers need not know which of the calls wait")]
    pub async fn group(&self, id: &str) -> Result<GroupView> {
        Ok(self.group_view(&self.find_group(id)?))
    }

    pub async fn edit_group(&self, id: &str, edit: EditGroup) -> Result<GroupView> {
        let group = self.find_group(id)?;
        let by = self.actor(&group, edit.by.as_deref())?;
        let mut changes = Vec::new();
        if let Some(new) = &edit.subject {
            changes.push(GroupChange::Subject(subject(new)?));
        }
        if let Some(new) = &edit.description {
            changes.push(GroupChange::Description(description(new.as_deref())?));
        }
        changes.extend(edit.announce_only.map(GroupChange::AnnounceOnly));
        changes.extend(edit.locked.map(GroupChange::Locked));
        self.change_all(group.id, by, changes).await
    }

    pub async fn edit_members(&self, id: &str, edit: EditMembers) -> Result<GroupView> {
        let group = self.find_group(id)?;
        let by = self.actor(&group, edit.by.as_deref())?;
        let changes = [
            GroupChange::Add(self.lids(&edit.add)?),
            GroupChange::Remove(self.lids(&edit.remove)?),
            GroupChange::Promote(self.lids(&edit.promote)?),
            GroupChange::Demote(self.lids(&edit.demote)?),
        ];
        let lists = [&edit.add, &edit.remove, &edit.promote, &edit.demote];
        let wanted = changes.into_iter().zip(lists).filter(|(_, list)| !list.is_empty());
        self.change_all(group.id, by, wanted.map(|(change, _)| change).collect()).await
    }

    /// What a member, or who was one, has of a group. Oldest first.
    pub async fn messages_in_group(&self, number: &str, id: &str) -> Result<Vec<MessageView>> {
        let (group, person) = (self.find_group(id)?, self.somebody(number)?);
        Ok(transcript::list(&self.0.network, person.number(), Some(group.id)).await?)
    }

    pub async fn leave_group(&self, id: &str, member: &str) -> Result<GroupView> {
        let (group, person) = (self.find_group(id)?, self.somebody(member)?);
        let change = GroupChange::Remove(vec![person.account.lid]);
        self.change_all(group.id, Arc::clone(&person.account), vec![change]).await
    }

    /// Gives a group a picture, a drawn one where there are no bytes.
    pub async fn set_group_picture(&self, id: &str, bytes: Option<Vec<u8>>, seed: u64) -> Result<PictureView> {
        let group = self.find_group(id)?;
        let by = self.actor(&group, None)?;
        let picture = picture(&self.0.network, by.number, bytes, seed).await?;
        let view = PictureView { id: picture.id.clone(), url: picture.url.clone() };
        self.change_all(group.id, by, vec![GroupChange::Picture(Some(picture))]).await?;
        Ok(view)
    }

    pub async fn remove_group_picture(&self, id: &str) -> Result<()> {
        let group = self.find_group(id)?;
        let by = self.actor(&group, None)?;
        self.change_all(group.id, by, vec![GroupChange::Picture(None)]).await.map(drop)
    }

    // --- what these share

    fn find_group(&self, id: &str) -> Result<Group> {
        let found = group_id(id)?;
        self.0.network.group(found).ok_or_else(|| WorldError::NoSuchGroup(chat_name(found)))
    }

    /// A phone or a customer.
    pub(super) fn somebody(&self, text: &str) -> Result<Arc<Person>> {
        self.0.people.get(number(text)?).ok_or_else(|| WorldError::NoSuchAccount(text.to_owned()))
    }

    fn lids(&self, numbers: &[String]) -> Result<Vec<u64>> {
        numbers.iter().map(|number| Ok(self.somebody(number)?.account.lid)).collect()
    }

    /// Who acts: whoever is named, else whoever made the group, else its first admin.
    fn actor(&self, group: &Group, by: Option<&str>) -> Result<Arc<Account>> {
        if let Some(by) = by {
            return Ok(Arc::clone(&self.somebody(by)?.account));
        }
        let first = group.members.iter().max_by_key(|member| (member.rank, std::cmp::Reverse(member.lid)));
        let account = first.and_then(|member| self.0.network.account_of_lid(member.lid));
        account.ok_or_else(|| WorldError::NotAMember("nobody".to_owned()))
    }

    /// Makes changes one after the other; the first that is refused ends it.
    async fn change_all(&self, id: u64, by: Arc<Account>, changes: Vec<GroupChange>) -> Result<GroupView> {
        let world = self.clone();
        self.to_its_end(async move {
            for change in changes {
                let refused = world.0.network.change_group(id, &by, change).await?.err();
                let who = by.number.to_string();
                match refused {
                    None => {}
                    Some(Refused::NoSuchGroup) => return Err(WorldError::NoSuchGroup(chat_name(id))),
                    Some(Refused::NotAMember) => return Err(WorldError::NotAMember(who)),
                    Some(Refused::NotAnAdmin) => return Err(WorldError::NotAnAdmin(who)),
                }
            }
            Ok(())
        })
        .await?;
        self.group(&chat_name(id)).await
    }

    fn group_view(&self, group: &Group) -> GroupView {
        let named = |member: &Member| Some((self.0.network.account_of_lid(member.lid)?, member.rank));
        let members = group.members.iter().filter_map(named).map(|(account, rank)| MemberView {
            number: account.number.to_string(),
            lid: account.lid.to_string(),
            name: lock(&account.profile).name.clone(),
            admin: rank >= Rank::Admin,
            owner: rank == Rank::Owner,
        });
        let members: Vec<MemberView> = members.collect();
        GroupView {
            id: chat_name(group.id),
            subject: group.subject.text.clone(),
            description: group.description.as_ref().map(|told| told.text.clone()),
            owner: members.iter().find(|member| member.owner).map(|member| member.number.clone()),
            created_at: group.created * 1000,
            announce_only: group.announce_only,
            locked: group.locked,
            addressing: if group.by_lid { Addressing::Lid } else { Addressing::Pn },
            picture: group.picture.as_ref().map(|picture| picture.id.clone()),
            members,
        }
    }
}
