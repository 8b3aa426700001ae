//! What others see of an account: its picture, whether it is there, what it keeps to itself.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};

use super::account::{Account, Device, lock};
use super::address::{Address, group_of};
use super::presence::presence_of;
use super::session::Serving;
use super::{Network, iq, now_seconds, route};
use crate::store::{Op, StoreError};

/// A picture on the media hosts. It is not encrypted: whoever may see it is told where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub id: String,
    pub url: String,
    pub direct_path: String,
}

/// The account may not begin chats until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timelock {
    /// Seconds.
    pub until: i64,
    pub kind: String,
}

impl Timelock {
    pub fn is_active(&self) -> bool {
        self.until > now_seconds()
    }
}

/// Whether a customer is there, as told from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    pub available: bool,
    /// Seconds; `None` when the customer keeps it to itself.
    pub last: Option<i64>,
}

pub type Presences = Mutex<HashMap<u64, Presence>>;

impl Network {
    /// Accounts that have exchanged messages with a number, or asked about it.
    pub async fn correspondents(&self, account: &Account) -> Result<BTreeSet<u64>, StoreError> {
        let number = account.number.cast_signed();
        let owners: Vec<i64> = self
            .store
            .read(move |connection| {
                let mut statement = connection.prepare_cached("SELECT DISTINCT owner FROM messages WHERE peer = ?1")?;
                statement.query_map([number], |row| row.get(0))?.collect()
            })
            .await?;
        let mut all: BTreeSet<u64> = owners.into_iter().map(i64::cast_unsigned).collect();
        let groups = self.groups_of(account.lid);
        all.extend(groups.iter().flat_map(|group| self.members(group)).map(|member| member.number));
        all.extend(lock(&account.profile).watchers.iter().copied());
        all.extend(lock(&self.subscriptions).get(&account.number).into_iter().flatten().map(|(number, _)| *number));
        all.remove(&account.number);
        Ok(all)
    }

    /// Tells the linked devices of all correspondents.
    pub async fn tell_correspondents(
        &self,
        account: &Account,
        to: &BTreeSet<u64>,
        kind: &'static str,
        change: &Node,
    ) -> Result<(), StoreError> {
        for number in to {
            let Some(other) = self.account(*number) else { continue };
            for device in other.companions() {
                let notification = NodeBuilder::new("notification")
                    .attr("from", Address::phone(account.number).jid())
                    .attr("type", kind)
                    .attr("id", route::new_stanza_id())
                    .attr("t", now_seconds())
                    .children([change.clone()])
                    .build();
                self.enqueue(&device, account.number, notification).await?;
            }
        }
        Ok(())
    }

    /// Gives an account a picture, or takes it away.
    pub async fn set_picture(&self, account: &Account, picture: Option<Picture>) -> Result<(), StoreError> {
        let change = NodeBuilder::new(if picture.is_some() { "set" } else { "delete" })
            .attr("jid", Address::phone(account.number).jid());
        let change = match &picture {
            Some(picture) => change.attr("id", picture.id.as_str()).build(),
            None => change.build(),
        };
        lock(&account.profile).picture = picture;
        self.store.write(vec![Self::profile_op(account)]).await?;
        let to = self.correspondents(account).await?;
        self.tell_correspondents(account, &to, "picture", &change).await
    }

    /// Tells who wants to know whether a customer is there.
    pub fn set_presence(&self, account: &Account, presence: Presence) {
        lock(&self.presences).insert(account.number, presence);
        let watching = lock(&self.subscriptions).get(&account.number).cloned().unwrap_or_default();
        for (watcher, by_lid) in watching {
            if let Some(watcher) = self.account(watcher) {
                self.send_live(&watcher, &presence_of(account, by_lid, presence));
            }
        }
    }

    /// Privacy settings changed on the phone: its devices are told.
    pub async fn set_privacy(&self, account: &Account, changed: Vec<(String, String)>) -> Result<(), StoreError> {
        let categories: Vec<Node> = changed
            .iter()
            .map(|(name, value)| {
                NodeBuilder::new("category").attr("name", name.as_str()).attr("value", value.as_str()).build()
            })
            .collect();
        lock(&account.profile).privacy.extend(changed);
        self.store.write(vec![Self::profile_op(account)]).await?;
        for device in account.companions() {
            let privacy = NodeBuilder::new("privacy").children(categories.clone()).build();
            let notification = NodeBuilder::new("notification")
                .attr("from", Address::phone(account.number).jid())
                .attr("type", "account_sync")
                .attr("id", route::new_stanza_id())
                .attr("t", now_seconds())
                .children([privacy])
                .build();
            self.enqueue(&device, account.number, notification).await?;
        }
        Ok(())
    }

    /// Throws one-time prekeys away until `keep` are left, and asks for more if these are few.
    pub async fn deplete(&self, device: &Device, keep: usize) -> Result<usize, StoreError> {
        let left: Vec<(u32, crate::crypto::Key)> = {
            let mut prekeys = lock(&device.prekeys);
            while prekeys.len() > keep {
                prekeys.pop_first();
            }
            prekeys.iter().map(|(id, key)| (*id, *key)).collect()
        };
        let count = left.len();
        let Address { number, device: index } = device.address;
        let ops = vec![Op::ClearPreKeys { number, device: index }, Op::PreKeys { number, device: index, keys: left }];
        self.store.write(ops).await?;
        self.ask_if_low(device, count).await?;
        Ok(count)
    }
}

/// `<iq xmlns=w:profile:picture type=get target=…>`
pub(super) fn picture(serving: &Serving, question: &NodeRef<'_>) -> Node {
    let target = question.attrs().optional_jid("target");
    let account = target
        .as_ref()
        .map_or(Some(serving.account.number), |jid| serving.network.resolve(jid).map(|address| address.number))
        .and_then(|number| serving.network.account(number));
    let group = target.as_ref().and_then(group_of).and_then(|id| serving.network.group(id));
    let picture = match group {
        Some(group) => group.member(serving.account.lid).and(group.picture),
        None => account.and_then(|account| lock(&account.profile).picture.clone()),
    };
    let Some(picture) = picture else { return iq::error(question, 404, "item-not-found") };
    let asked = question.get_optional_child("picture");
    let attr = |key: &str| asked.and_then(|asked| asked.attrs().optional_string(key).map(std::borrow::Cow::into_owned));
    // The client has it already.
    if attr("id").as_deref() == Some(&*picture.id) {
        return iq::result(question).children([NodeBuilder::new("picture").build()]).build();
    }
    let kind = attr("type").unwrap_or_else(|| "image".to_owned());
    let node = NodeBuilder::new("picture")
        .attr("id", picture.id)
        .attr("type", kind)
        .attr("url", picture.url)
        .attr("direct_path", picture.direct_path)
        .build();
    iq::result(question).children([node]).build()
}

const REACHOUT_TIMELOCK: &str = "23983697327930364";

/// `<iq xmlns=w:mex>`: questions in the manner of GraphQL.
pub(super) fn mex(serving: &Serving, question: &NodeRef<'_>) -> Node {
    let query = question.get_optional_child("query");
    let id = query.and_then(|query| query.attrs().optional_string("query_id").map(std::borrow::Cow::into_owned));
    if id.as_deref() != Some(REACHOUT_TIMELOCK) {
        return iq::result(question).build();
    }
    let lock_now = lock(&serving.account.profile).timelock.clone().filter(Timelock::is_active);
    let answer = serde_json::json!({ "data": { "xwa2_fetch_account_reachout_timelock": {
        "is_active": lock_now.is_some(),
        "time_enforcement_ends": lock_now.as_ref().map_or_else(|| "0".to_owned(), |lock| lock.until.to_string()),
        "enforcement_type": lock_now.map_or_else(|| "DEFAULT".to_owned(), |lock| lock.kind),
    } } });
    let result = NodeBuilder::new("result").bytes(answer.to_string().into_bytes()).build();
    iq::result(question).children([result]).build()
}

/// Whether the account may write to `peer`: one that is locked answers, but does not begin.
pub(super) async fn may_write(network: &Network, account: &Account, peer: u64) -> Result<bool, StoreError> {
    let locked = lock(&account.profile).timelock.as_ref().is_some_and(Timelock::is_active);
    if !locked || peer == account.number {
        return Ok(true);
    }
    let (owner, author) = (account.number.cast_signed(), peer.cast_signed());
    network
        .store
        .read(move |connection| {
            connection
                .prepare_cached("SELECT 1 FROM messages WHERE owner = ?1 AND author = ?2 LIMIT 1")?
                .exists([owner, author])
        })
        .await
}

/// `<modify>` of a changed number.
pub fn modified(from: u64, to: u64, lid: u64) -> Node {
    let lid = Jid::lid(lid.to_string());
    NodeBuilder::new("modify")
        .attr("old", Address::phone(from).jid())
        .attr("new", Address::phone(to).jid())
        .attr("old_lid", lid.clone())
        .attr("new_lid", lid)
        .build()
}

/// The privacy settings that there are, and what they may be.
pub const PRIVACY: &[(&str, &[&str])] = &[
    ("readreceipts", &["all", "none"]),
    ("last", &["all", "contacts", "contact_blacklist", "none"]),
    ("online", &["all", "match_last_seen"]),
    ("profile", &["all", "contacts", "contact_blacklist", "none"]),
    ("status", &["all", "contacts", "contact_blacklist", "none"]),
    ("groupadd", &["all", "contacts", "contact_blacklist", "none"]),
    ("calladd", &["all", "known"]),
    ("messages", &["all", "contacts"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends() {
        let lock = |until| Timelock { until, kind: "DEFAULT".to_owned() };
        assert!(lock(now_seconds() + 60).is_active());
        assert!(!lock(now_seconds()).is_active());
    }

    #[test]
    fn a_changed_number_keeps_its_hidden_id() {
        let node = modified(1, 2, 3);
        let attr = |key: &str| node.attrs.get(key).map(|value| value.as_str().into_owned()).unwrap_or_default();
        assert_eq!((attr("old"), attr("new")), ("1@s.whatsapp.net".to_owned(), "2@s.whatsapp.net".to_owned()));
        assert_eq!((attr("old_lid"), attr("new_lid")), ("3@lid".to_owned(), "3@lid".to_owned()));
    }
}
