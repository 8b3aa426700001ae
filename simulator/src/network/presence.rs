//! Typing, and who is there: news that may be lost.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent, NodeRef, Server};

use super::account::{Account, Device, lock};
use super::address::group_of;
use super::profile::Presence;
use super::session::Serving;
use super::{Network, now_seconds};

/// `<chatstate to>` from a linked device.
pub fn chatstate(serving: &Serving, node: &NodeRef<'_>) {
    let Some(to) = node.attrs().optional_jid("to") else { return };
    let children: Vec<Node> = node.children().unwrap_or_default().iter().map(NodeRef::to_owned).collect();
    if let Some(id) = group_of(&to) {
        serving.network.type_in_group(&serving.account, id, children);
        return;
    }
    let Some(target) = serving.network.resolve(&to).and_then(|to| serving.network.account(to.number)) else { return };
    let (from, ..) = Network::names(&serving.account, 0, to.server == Server::Lid);
    let mut state = NodeBuilder::new("chatstate").attr("from", from).build();
    state.content = Some(NodeContent::Nodes(children));
    serving.network.send_live(&target, &state);
}

impl Network {
    /// Tells the other members that somebody types. False when it is no member.
    pub fn type_in_group(&self, account: &Account, id: u64, children: Vec<Node>) -> bool {
        let Some(group) = self.group(id).filter(|group| group.member(account.lid).is_some()) else { return false };
        let (name, ..) = group.names(account, 0);
        let state = NodeBuilder::new("chatstate").attr("from", group.jid()).attr("participant", name);
        let state = state.children(children).build();
        for member in self.members(&group) {
            if member.number != account.number {
                self.send_live(&member, &state);
            }
        }
        true
    }
}

/// Who wants to know when an account comes and goes, and whether by its hidden id.
pub type Subscriptions = Mutex<HashMap<u64, HashSet<(u64, bool)>>>;

fn presence_node(account: &Account, by_lid: bool, available: bool) -> Node {
    presence_of(account, by_lid, Presence { available, last: Some(now_seconds()) })
}

/// `<presence>` as it is sent to who subscribed.
pub fn presence_of(account: &Account, by_lid: bool, presence: Presence) -> Node {
    let (from, ..) = Network::names(account, 0, by_lid);
    let node = NodeBuilder::new("presence").attr("from", from);
    if presence.available {
        return node.build();
    }
    let node = node.attr("type", "unavailable");
    match presence.last {
        Some(last) => node.attr("last", last).build(),
        None => node.attr("last", "deny").build(),
    }
}

fn is_available(account: &Account) -> bool {
    account.companions().iter().filter_map(|device: &Arc<Device>| device.link()).any(|link| link.is_available())
}

/// Remembers the wish and answers with how it is now.
pub async fn subscribe(serving: &Serving, number: u64, by_lid: bool) {
    let Some(target) = serving.network.account(number) else { return };
    lock(&serving.network.subscriptions).entry(number).or_default().insert((serving.account.number, by_lid));
    let told = lock(&serving.network.presences).get(&number).copied();
    let now = told.map_or_else(
        || presence_node(&target, by_lid, is_available(&target)),
        |presence| presence_of(&target, by_lid, presence),
    );
    serving.link.send(now).await;
}

/// A device of the account came to the foreground or left it.
pub fn presence(serving: &Serving, available: bool) {
    let network = &serving.network;
    let number = serving.account.number;
    network.changed(crate::world::Change::Device { number: number.to_string(), device: serving.device.address.device });
    let watching = lock(&network.subscriptions).get(&number).cloned().unwrap_or_default();
    let now = available || is_available(&serving.account);
    for (watcher, by_lid) in watching {
        if let Some(watcher) = network.account(watcher) {
            network.send_live(&watcher, &presence_node(&serving.account, by_lid, now));
        }
    }
}
