//! Messages into a group: each device of each member gets what all can read with the author's key for the group, and beside
//! it that key, where it was encrypted for this device.

use std::collections::HashMap;

use wacore::messages::MessageUtils;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};

use super::super::account::{Account, lock};
use super::super::address::{Address, group_of};
use super::super::route::{Copy, Outbound, ack, text};
use super::super::session::Serving;
use super::super::{Network, now_seconds};
use super::{Group, Rank};
use crate::store::StoreError;
use crate::world::FaultKind;

/// The stanza that brings a message to one device.
pub(in crate::network) fn address(
    group: &Group,
    author: &Account,
    device: u16,
    name: &str,
    t: i64,
    outbound: &Outbound,
    enc: Vec<Node>,
) -> Node {
    let (participant, key, other) = group.names(author, device);
    let mut node = NodeBuilder::new("message")
        .attr("from", group.jid())
        .attr("participant", participant)
        .attr("id", outbound.id.as_str())
        .attr("t", t)
        .attr("type", outbound.kind.as_str())
        .attr("notify", name)
        .attr("addressing_mode", group.mode())
        .attr(key, other);
    for (key, value) in &outbound.extra {
        node = node.attr(key, value.as_str());
    }
    let begins = enc.iter().any(|enc| enc.attrs.get("type").is_some_and(|kind| kind == "pkmsg"));
    let mut children = enc;
    if let Some(identity) = outbound.device_identity.as_ref().filter(|_| begins) {
        children.push(NodeBuilder::new("device-identity").bytes(identity.clone()).build());
    }
    node.children(children).build()
}

/// `<message to=GROUP>` from a linked device.
pub(in crate::network) async fn message(serving: &Serving, node: &NodeRef<'_>, to: &Jid) -> Result<(), StoreError> {
    let network = &serving.network;
    let positive = ack(node, "message").attr("t", now_seconds());
    let fault = network.faults.incoming(serving.device.address, "message");
    if let Some(FaultKind::Refuse { code }) = fault {
        serving.link.send(positive.attr("error", code).build()).await;
        return Ok(());
    }
    let (group, outbound) = match outbound(serving, node, to) {
        Ok(outbound) => outbound,
        Err(code) => {
            serving.link.send(positive.attr("error", code).build()).await;
            return Ok(());
        }
    };
    let ours = devices_hash(network, &group);
    network.deliver(&serving.account, serving.device.address.device, outbound).await?;
    network.store.flush().await?;
    if fault == Some(FaultKind::DropAck) {
        return Ok(());
    }
    // A device that knows other devices than there are is told so.
    let theirs = text(node, "phash");
    let positive = match ours.filter(|ours| !theirs.is_empty() && *ours != theirs) {
        Some(ours) => positive.attr("phash", ours),
        None => positive,
    };
    serving.link.send(positive.build()).await;
    Ok(())
}

/// The hash of all devices that read along.
fn devices_hash(network: &Network, group: &Group) -> Option<String> {
    let devices: Vec<Jid> = network
        .members(group)
        .iter()
        .flat_map(|account| account.devices().into_iter().map(|device| group.names(account, device.address.device).0))
        .collect();
    MessageUtils::participant_list_hash(&devices).ok()
}

/// Reads the stanza, or says with which code it is refused.
fn outbound(serving: &Serving, node: &NodeRef<'_>, to: &Jid) -> Result<(Group, Outbound), u16> {
    let network = &serving.network;
    let group = group_of(to).and_then(|id| network.group(id)).ok_or(404_u16)?;
    let me = group.member(serving.account.lid).ok_or(403_u16)?;
    if group.announce_only && me.rank < Rank::Admin {
        return Err(420);
    }
    let encs = |node: &NodeRef<'_>| -> Vec<Node> { node.get_children_by_tag("enc").map(NodeRef::to_owned).collect() };
    let device_of = |jid: &Jid| {
        let address = network.resolve(jid).ok_or(479_u16)?;
        let member = network.account(address.number).and_then(|account| group.member(account.lid));
        member.map(|_| address).ok_or(479_u16)
    };
    let id = text(node, "id");
    let for_all = encs(node);
    let mut copies = Vec::new();
    if let Some(only) = node.attrs().optional_jid("participant") {
        // Said again to one device that could not read it.
        copies.push(Copy { to: device_of(&only)?, by_lid: group.by_lid, enc: for_all });
    } else {
        let mut keys: HashMap<Address, Vec<Node>> = HashMap::new();
        let entries = node.get_optional_child("participants");
        for entry in entries.into_iter().flat_map(|entries| entries.get_children_by_tag("to")) {
            let jid = entry.attrs().optional_jid("jid").ok_or(479_u16)?;
            keys.insert(device_of(&jid)?, encs(entry));
        }
        if for_all.is_empty() {
            return Err(479);
        }
        for device in network.devices_of_group(&group) {
            if device.address != serving.device.address {
                let mut enc = keys.remove(&device.address).unwrap_or_default();
                enc.extend(for_all.iter().cloned());
                copies.push(Copy { to: device.address, by_lid: group.by_lid, enc });
            }
        }
    }
    if id.is_empty() || copies.iter().any(|copy| copy.enc.is_empty()) {
        return Err(479);
    }
    let extra = ["category", "edit", "push_priority"]
        .into_iter()
        .filter_map(|key| Some((key, node.get_attr(key)?.as_str().into_owned())))
        .collect();
    let sent = node.get_optional_child("device-identity").and_then(NodeRef::content_bytes).map(<[u8]>::to_vec);
    let identity = sent.unwrap_or_else(|| lock(&serving.device.record).device_identity.clone());
    let kind = Some(text(node, "type")).filter(|kind| !kind.is_empty()).unwrap_or_else(|| "text".to_owned());
    let outbound = Outbound { id, to: group.jid(), kind, extra, copies, device_identity: Some(identity) };
    Ok((group, outbound))
}
