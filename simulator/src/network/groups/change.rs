//! What becomes of a group: every change is written, and every linked device of whoever is or was in it is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::super::account::{Account, lock};
use super::super::profile::Picture;
use super::super::{Network, now_seconds, route};
use super::{Group, Member, Rank, Told, describe};
use crate::network::address::chat_name;
use crate::store::StoreError;
use crate::world::Change;

/// A change that somebody wants. Members are named by their hidden ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupChange {
    Add(Vec<u64>),
    /// Removing oneself is leaving.
    Remove(Vec<u64>),
    Promote(Vec<u64>),
    Demote(Vec<u64>),
    Subject(String),
    /// The id of the description and its words; nothing takes it away.
    Description(Option<(String, String)>),
    AnnounceOnly(bool),
    Locked(bool),
    Picture(Option<Picture>),
}

/// Why a change is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    NoSuchGroup,
    NotAMember,
    NotAnAdmin,
}

impl Refused {
    /// The code and the words of an `<error>`.
    pub(in crate::network) fn error(self) -> (u16, &'static str) {
        match self {
            Self::NoSuchGroup => (404, "item-not-found"),
            Self::NotAMember => (403, "forbidden"),
            Self::NotAnAdmin => (401, "not-authorized"),
        }
    }
}

/// Makes the change, or nothing of it. Answers what is to be told.
fn make(network: &Network, group: &mut Group, by: &Account, change: &GroupChange) -> Result<Vec<Node>, Refused> {
    let me = group.member(by.lid).ok_or(Refused::NotAMember)?;
    let admin = me.rank >= Rank::Admin;
    let allowed = match change {
        GroupChange::Remove(lids) => admin || lids.iter().all(|lid| *lid == by.lid),
        GroupChange::Subject(_) | GroupChange::Description(_) | GroupChange::Picture(_) => admin || !group.locked,
        _ => admin,
    };
    if !allowed {
        return Err(Refused::NotAnAdmin);
    }
    let told = |id: String, text: &str| Told { id, text: text.to_owned(), by: by.lid, at: now_seconds() };
    let switched = |on: bool, names: [&'static str; 2]| vec![NodeBuilder::new(names[usize::from(!on)]).build()];
    Ok(match change {
        GroupChange::Add(lids) => {
            let mut new: Vec<u64> = lids.iter().copied().filter(|lid| group.member(*lid).is_none()).collect();
            new.dedup();
            group.members.extend(new.iter().map(|lid| Member { lid: *lid, rank: Rank::Member }));
            about("add", network, group, &new)
        }
        GroupChange::Remove(lids) => remove(network, group, by, lids)?,
        GroupChange::Promote(lids) => rank("promote", network, group, lids, Rank::Member, Rank::Admin)?,
        GroupChange::Demote(lids) => rank("demote", network, group, lids, Rank::Admin, Rank::Member)?,
        GroupChange::Subject(subject) => {
            group.subject = told(String::new(), subject);
            let (name, _, other) = group.names(by, 0);
            let node = NodeBuilder::new("subject")
                .attr("subject", subject.as_str())
                .attr("s_t", group.subject.at)
                .attr("s_o", name);
            vec![if group.by_lid { node.attr("s_o_pn", other).build() } else { node.build() }]
        }
        GroupChange::Description(words) => {
            group.description = words.as_ref().map(|(id, text)| told(id.clone(), text));
            let none = || {
                let delete = NodeBuilder::new("delete").build();
                NodeBuilder::new("description").attr("id", route::new_stanza_id()).children([delete]).build()
            };
            vec![describe::description(network, group).unwrap_or_else(none)]
        }
        GroupChange::AnnounceOnly(on) => {
            group.announce_only = *on;
            switched(*on, ["announcement", "not_announcement"])
        }
        GroupChange::Locked(on) => {
            group.locked = *on;
            switched(*on, ["locked", "unlocked"])
        }
        GroupChange::Picture(picture) => {
            group.picture.clone_from(picture);
            vec![describe::picture(group, by)]
        }
    })
}

/// `<add>` and such, unless nobody is named.
fn about(tag: &'static str, network: &Network, group: &Group, lids: &[u64]) -> Vec<Node> {
    let named = lids.iter().filter_map(|lid| network.account_of_lid(*lid));
    let named: Vec<Node> = named.map(|account| describe::participant(group, &account, None)).collect();
    if named.is_empty() { Vec::new() } else { vec![NodeBuilder::new(tag).children(named).build()] }
}

fn remove(network: &Network, group: &mut Group, by: &Account, lids: &[u64]) -> Result<Vec<Node>, Refused> {
    let gone: Vec<Member> =
        lids.iter().map(|lid| group.member(*lid).ok_or(Refused::NotAMember)).collect::<Result<_, _>>()?;
    // Nobody puts the one who made the group out.
    if gone.iter().any(|member| member.rank == Rank::Owner && member.lid != by.lid) {
        return Err(Refused::NotAnAdmin);
    }
    let mut told = about("remove", network, group, lids);
    group.members.retain(|member| !lids.contains(&member.lid));
    // A group without an admin gets one.
    if group.members.iter().all(|member| member.rank < Rank::Admin)
        && let Some(first) = group.members.first_mut()
    {
        first.rank = Rank::Admin;
        let heir = first.lid;
        told.extend(about("promote", network, group, &[heir]));
    }
    Ok(told)
}

/// Gives the rank `to` to those named who have `from`.
fn rank(
    tag: &'static str,
    network: &Network,
    group: &mut Group,
    lids: &[u64],
    from: Rank,
    to: Rank,
) -> Result<Vec<Node>, Refused> {
    if lids.iter().any(|lid| group.member(*lid).is_none()) {
        return Err(Refused::NotAMember);
    }
    let mut changed = Vec::new();
    for member in group.members.iter_mut().filter(|member| lids.contains(&member.lid) && member.rank == from) {
        member.rank = to;
        changed.push(member.lid);
    }
    Ok(about(tag, network, group, &changed))
}

impl Network {
    /// Makes a group, and tells its members. False when its id is taken.
    pub async fn create_group(&self, group: Group, by: &Account) -> Result<bool, StoreError> {
        {
            let mut groups = lock(&self.groups);
            if groups.contains_key(&group.id) {
                return Ok(false);
            }
            groups.insert(group.id, group.clone());
        }
        self.store.write(vec![group.op()]).await?;
        let whole = describe::group_node(self, &group);
        let create = NodeBuilder::new("create").attr("type", "new").children([whole]).build();
        let notification = describe::notification(&group, by, vec![create]);
        self.tell_members(&self.members(&group), by, &notification).await?;
        self.changed(Change::Group { id: chat_name(group.id) });
        Ok(true)
    }

    /// Changes a group on behalf of `by`.
    pub async fn change_group(
        &self,
        id: u64,
        by: &Account,
        change: GroupChange,
    ) -> Result<Result<Group, Refused>, StoreError> {
        let (group, changes, told) = {
            let mut groups = lock(&self.groups);
            let Some(group) = groups.get_mut(&id) else { return Ok(Err(Refused::NoSuchGroup)) };
            let before = group.clone();
            let changes = match make(self, group, by, &change) {
                Ok(changes) => changes,
                Err(refused) => {
                    *group = before;
                    return Ok(Err(refused));
                }
            };
            let lids: BTreeSet<u64> = before.members.iter().chain(&group.members).map(|member| member.lid).collect();
            (group.clone(), changes, lids)
        };
        if changes.is_empty() {
            return Ok(Ok(group));
        }
        self.store.write(vec![group.op()]).await?;
        let told: Vec<Arc<Account>> = told.into_iter().filter_map(|lid| self.account_of_lid(lid)).collect();
        let notification = if matches!(change, GroupChange::Picture(_)) {
            let mut picture = describe::notification(&group, by, changes);
            picture.attrs.insert("type", "picture");
            picture
        } else {
            describe::notification(&group, by, changes)
        };
        self.tell_members(&told, by, &notification).await?;
        self.changed(Change::Group { id: chat_name(id) });
        Ok(Ok(group))
    }

    async fn tell_members(&self, to: &[Arc<Account>], by: &Account, notification: &Node) -> Result<(), StoreError> {
        for device in to.iter().flat_map(|account| account.companions()) {
            self.enqueue(&device, by.number, notification.clone()).await?;
        }
        Ok(())
    }
}
