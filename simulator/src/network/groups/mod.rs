//! Groups, as the network's servers know them: who is in one, and what it is called. What is said in one they cannot read.

mod change;
mod describe;
mod route;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use wacore_binary::Jid;

use super::Network;
use super::account::{Account, Device, lock};
use super::address::chat_jid;
use super::profile::Picture;
use crate::store::Op;

pub use change::{GroupChange, Refused};
pub(super) use describe::{group_node, participant};
pub(super) use route::{address, message};

/// Who has which rights in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    Member,
    Admin,
    /// Made the group.
    Owner,
}

/// Members are known by their hidden ids, which stay when a number changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub lid: u64,
    pub rank: Rank,
}

/// Something that one can read of a group, and who wrote it when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub id: String,
    pub text: String,
    pub by: u64,
    /// Seconds.
    pub at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: u64,
    pub subject: Told,
    #[serde(default)]
    pub description: Option<Told>,
    /// Whoever made it.
    pub creator: u64,
    /// Seconds.
    pub created: i64,
    /// Only admins write.
    #[serde(default)]
    pub announce_only: bool,
    /// Only admins change what it is called.
    #[serde(default)]
    pub locked: bool,
    /// Its members are named by their hidden ids, otherwise by their numbers.
    pub by_lid: bool,
    #[serde(default)]
    pub picture: Option<Picture>,
    pub members: Vec<Member>,
}

impl Group {
    pub fn jid(&self) -> Jid {
        chat_jid(self.id)
    }

    pub fn member(&self, lid: u64) -> Option<Member> {
        self.members.iter().find(|member| member.lid == lid).copied()
    }

    pub fn is_admin(&self, lid: u64) -> bool {
        self.member(lid).is_some_and(|member| member.rank >= Rank::Admin)
    }

    pub fn mode(&self) -> &'static str {
        if self.by_lid { "lid" } else { "pn" }
    }

    /// The name of a device in this group, and its other name with the attribute that bears it.
    pub fn names(&self, account: &Account, device: u16) -> (Jid, &'static str, Jid) {
        let number = Jid::pn_device(account.number.to_string(), device);
        let lid = Jid::lid_device(account.lid.to_string(), device);
        if self.by_lid { (lid, "participant_pn", number) } else { (number, "participant_lid", lid) }
    }

    fn op(&self) -> Op {
        Op::Group { id: self.id, data: serde_json::to_vec(self).unwrap_or_default() }
    }
}

pub type Groups = Mutex<BTreeMap<u64, Group>>;

impl Network {
    pub fn group(&self, id: u64) -> Option<Group> {
        lock(&self.groups).get(&id).cloned()
    }

    pub fn all_groups(&self) -> Vec<Group> {
        lock(&self.groups).values().cloned().collect()
    }

    pub fn groups_of(&self, lid: u64) -> Vec<Group> {
        lock(&self.groups).values().filter(|group| group.member(lid).is_some()).cloned().collect()
    }

    pub fn account_of_lid(&self, lid: u64) -> Option<Arc<Account>> {
        self.account(self.number_of_lid(lid)?)
    }

    /// The accounts of all members, in the order in which they came.
    pub fn members(&self, group: &Group) -> Vec<Arc<Account>> {
        group.members.iter().filter_map(|member| self.account_of_lid(member.lid)).collect()
    }

    /// Every device that reads along.
    pub fn devices_of_group(&self, group: &Group) -> Vec<Arc<Device>> {
        self.members(group).iter().flat_map(|account| account.devices()).collect()
    }

    /// Puts back what a restart found.
    pub fn restore_group(&self, data: &[u8]) -> Result<(), serde_json::Error> {
        let group: Group = serde_json::from_slice(data)?;
        lock(&self.groups).insert(group.id, group);
        Ok(())
    }
}
