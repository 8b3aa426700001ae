//! Messages and receipts from one device to others.

use std::sync::Arc;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt as _, Node, NodeRef, Server};

use super::account::{Account, Attachment, Device, LocalEvent, lock};
use super::address::{Address, group_of};
use super::session::Serving;
use super::{Network, now_seconds};
use super::{groups, profile};
use crate::crypto;
use crate::store::StoreError;
use crate::world::FaultKind;

/// An id for a stanza of the server's own.
pub fn new_stanza_id() -> String {
    hex::encode_upper(crypto::random::<10>())
}

/// Digits of the user that a stanza comes from; 0 for the server. In a group that is a member, by its number.
pub fn author(node: &Node) -> u64 {
    let jid = |key: &str| node.attrs.get(key).and_then(wacore_binary::NodeValue::to_jid);
    let named = match jid("participant") {
        Some(member) if member.is_lid() => jid("participant_pn").or(Some(member)),
        Some(member) => Some(member),
        None => jid("from"),
    };
    named.and_then(|jid| jid.user.parse().ok()).unwrap_or(0)
}

/// `<ack class=… id from=TO>` for a stanza.
pub fn ack(node: &NodeRef<'_>, class: &'static str) -> NodeBuilder {
    let mut ack = NodeBuilder::new("ack").attr("class", class);
    for (theirs, ours) in [("id", "id"), ("to", "from"), ("type", "type"), ("participant", "participant")] {
        if let Some(value) = node.get_attr(theirs)
            && (theirs != "type" || class != "message")
        {
            ack = ack.attr(ours, value.to_node_value());
        }
    }
    ack
}

/// A message on its way, encrypted for each device.
#[derive(Debug)]
pub struct Outbound {
    pub id: String,
    /// The chat as its author names it.
    pub to: Jid,
    /// `text`, `media`, `reaction`, …
    pub kind: String,
    /// Attributes that travel unchanged (`category`, `edit`, …).
    pub extra: Vec<(&'static str, String)>,
    pub copies: Vec<Copy>,
    /// Encoded `ADVSignedDeviceIdentity` of the author, as the author sent it.
    pub device_identity: Option<Vec<u8>>,
}

/// The message as encrypted for one device.
#[derive(Debug)]
pub struct Copy {
    pub to: Address,
    /// The author used the hidden id.
    pub by_lid: bool,
    pub enc: Vec<Node>,
}

impl Network {
    /// The name of a device in the chosen kind, and its other name.
    pub(super) fn names(account: &Account, device: u16, by_lid: bool) -> (Jid, &'static str, Jid) {
        let number = Jid::pn_device(account.number.to_string(), device);
        let lid = Jid::lid_device(account.lid.to_string(), device);
        if by_lid { (lid, "sender_pn", number) } else { (number, "sender_lid", lid) }
    }

    /// Puts the message into the queue of each device that it was encrypted for. Returns the time it bears.
    pub async fn deliver(&self, author: &Account, device: u16, outbound: Outbound) -> Result<i64, StoreError> {
        self.deliver_all(author, device, vec![outbound]).await
    }

    /// The same for several, in their order.
    pub async fn deliver_all(&self, author: &Account, device: u16, messages: Vec<Outbound>) -> Result<i64, StoreError> {
        let t = now_seconds();
        let mut by_target: Vec<(Arc<Device>, Vec<Node>)> = Vec::new();
        for outbound in messages {
            self.address(author, device, t, outbound, &mut by_target);
        }
        for (target, nodes) in by_target {
            self.enqueue_all(&target, author.number, nodes).await?;
        }
        Ok(t)
    }

    /// Makes the stanzas of a message, each for its device.
    fn address(
        &self,
        author: &Account,
        device: u16,
        t: i64,
        outbound: Outbound,
        by_target: &mut Vec<(Arc<Device>, Vec<Node>)>,
    ) {
        let name = author.device(device).map(|device| lock(&device.record).push_name.clone());
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| author.name());
        if let Some(group) = group_of(&outbound.to).and_then(|id| self.group(id)) {
            let mut outbound = outbound;
            for copy in std::mem::take(&mut outbound.copies) {
                let Some(target) = self.device(copy.to) else { continue };
                let node = groups::address(&group, author, device, &name, t, &outbound, copy.enc);
                put(by_target, target, node);
            }
            return;
        }
        let to_self = self.resolve(&outbound.to).is_some_and(|to| to.number == author.number);
        let peer_message = outbound.extra.iter().any(|(key, value)| *key == "category" && value == "peer");
        for copy in outbound.copies {
            let Some(target) = self.device(copy.to) else { continue };
            let (from, alternative, other) = Self::names(author, device, copy.by_lid);
            let mut node = NodeBuilder::new("message")
                .attr("from", from)
                .attr("id", outbound.id.as_str())
                .attr("t", t)
                .attr("type", outbound.kind.as_str());
            let own = copy.to.number == author.number;
            if own && !peer_message {
                node = node.attr("recipient", outbound.to.to_non_ad());
            }
            if !own || to_self {
                node = node.attr("notify", name.as_str());
            }
            if !own {
                node = node.attr(alternative, other);
            }
            if copy.by_lid {
                node = node.attr("addressing_mode", "lid");
            }
            for (key, value) in &outbound.extra {
                node = node.attr(key, value.as_str());
            }
            let mut children = copy.enc;
            if let Some(business) = lock(&author.profile).business.as_ref().filter(|_| !own) {
                node = node.attr("verified_name", business.serial);
                children.push(business.certificate());
            }
            if let Some(identity) = &outbound.device_identity {
                children.push(NodeBuilder::new("device-identity").bytes(identity.clone()).build());
            }
            put(by_target, target, node.children(children).build());
        }
    }

    /// Sends something that may be lost to every connected device of an account.
    pub fn send_live(&self, account: &Account, node: &Node) {
        for device in account.devices() {
            match &*lock(&device.attachment) {
                Some(Attachment::Socket(link)) if link.is_active() => {
                    link.try_send(node.clone());
                }
                Some(Attachment::Local(events)) => {
                    let _ = events.try_send(LocalEvent::Live(node.clone()));
                }
                Some(Attachment::Socket(_)) | None => {}
            }
        }
    }

    /// Unlinks a companion on behalf of its account.
    pub async fn unlink(&self, account: &Arc<Account>, device: u16) -> Result<bool, StoreError> {
        let phone = account.device(0);
        let removed = self.remove_device(account, device).await?;
        if removed
            && let Some(phone) = phone
            && let Some(Attachment::Local(events)) = &*lock(&phone.attachment)
        {
            let _ = events.try_send(LocalEvent::CompanionGone(device));
        }
        Ok(removed)
    }
}

fn put(by_target: &mut Vec<(Arc<Device>, Vec<Node>)>, target: Arc<Device>, node: Node) {
    match by_target.iter_mut().find(|(known, _)| known.address == target.address) {
        Some((_, nodes)) => nodes.push(node),
        None => by_target.push((target, vec![node])),
    }
}

pub(super) fn text(node: &NodeRef<'_>, key: &str) -> String {
    node.get_attr(key).map(|value| value.as_str().into_owned()).unwrap_or_default()
}

/// `<message>` from a linked device.
pub async fn message(serving: &Serving, node: &NodeRef<'_>) -> Result<(), StoreError> {
    let Some(to) = node.attrs().optional_jid("to") else { return Ok(()) };
    if to.is_group() {
        return groups::message(serving, node, &to).await;
    }
    let positive = ack(node, "message").attr("t", now_seconds());
    let fault = serving.network.faults.incoming(serving.device.address, "message");
    if let Some(FaultKind::Refuse { code }) = fault {
        serving.link.send(positive.attr("error", code).build()).await;
        return Ok(());
    }
    let outbound = match outbound(serving, node, to) {
        Ok(outbound) => outbound,
        Err(code) => {
            serving.link.send(positive.attr("error", code).build()).await;
            return Ok(());
        }
    };
    let peer = serving.network.resolve(&outbound.to).map_or(0, |to| to.number);
    if !profile::may_write(&serving.network, &serving.account, peer).await? {
        serving.link.send(positive.attr("error", 463).build()).await;
        return Ok(());
    }
    serving.network.deliver(&serving.account, serving.device.address.device, outbound).await?;
    serving.network.store.flush().await?;
    if fault != Some(FaultKind::DropAck) {
        serving.link.send(positive.build()).await;
    }
    Ok(())
}

/// Reads the stanza, or says with which code it is refused.
fn outbound(serving: &Serving, node: &NodeRef<'_>, to: Jid) -> Result<Outbound, u16> {
    let id = text(node, "id");
    let target = serving.network.resolve(&to).ok_or(404_u16)?;
    serving.network.account(target.number).ok_or(404_u16)?;
    let encs = |node: &NodeRef<'_>| -> Vec<Node> { node.get_children_by_tag("enc").map(NodeRef::to_owned).collect() };
    let mut copies = Vec::new();
    if let Some(participants) = node.get_optional_child("participants") {
        for entry in participants.get_children_by_tag("to") {
            let jid = entry.attrs().optional_jid("jid").ok_or(479_u16)?;
            let address = serving.network.resolve(&jid).ok_or(479_u16)?;
            if address.number != target.number && address.number != serving.account.number {
                return Err(479);
            }
            copies.push(Copy { to: address, by_lid: jid.server == Server::Lid, enc: encs(entry) });
        }
    }
    let direct = encs(node);
    if !direct.is_empty() {
        copies.push(Copy { to: target, by_lid: to.server == Server::Lid, enc: direct });
    }
    if id.is_empty() || copies.is_empty() || copies.iter().any(|copy| copy.enc.is_empty()) {
        return Err(479);
    }
    let extra = ["category", "edit", "push_priority"]
        .into_iter()
        .filter_map(|key| Some((key, node.get_attr(key)?.as_str().into_owned())))
        .collect();
    let device_identity =
        node.get_optional_child("device-identity").and_then(NodeRef::content_bytes).map(<[u8]>::to_vec);
    // Whoever begins a session must be able to tell whose device this is.
    let begins =
        copies.iter().flat_map(|copy| &copy.enc).any(|enc| enc.attrs.get("type").is_some_and(|kind| kind == "pkmsg"));
    let device_identity =
        device_identity.or_else(|| begins.then(|| lock(&serving.device.record).device_identity.clone()));
    let kind = Some(text(node, "type")).filter(|kind| !kind.is_empty()).unwrap_or_else(|| "text".to_owned());
    Ok(Outbound { id, to, kind, extra, copies, device_identity })
}
