//! Prekeys: uploaded by devices, handed out one by one.

use std::sync::atomic::Ordering;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};
use wacore_libsignal::crypto::CryptographicHash;

use super::super::Network;
use super::super::account::{Device, SignedPreKey, lock};
use super::super::session::Serving;
use super::{error, result, tell_phone, text};
use crate::crypto::Key;
use crate::store::{Op, StoreError};

/// A device that has no more one-time prekeys than this is asked for more, once until it brings some.
const LOW: usize = 10;

/// One device's keys, as a correspondent gets them.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub registration_id: u32,
    pub identity: Key,
    pub signed_prekey: SignedPreKey,
    pub prekey: Option<(u32, Key)>,
    pub device_identity: Vec<u8>,
}

impl Network {
    /// The keys to begin a session with `device`; spends one of its one-time prekeys.
    pub async fn take_bundle(&self, device: &Device) -> Result<Bundle, StoreError> {
        let (prekey, left) = {
            let mut prekeys = lock(&device.prekeys);
            (prekeys.pop_first(), prekeys.len())
        };
        if let Some((id, _)) = prekey {
            let (number, index) = (device.address.number, device.address.device);
            self.store.post(vec![Op::RemovePreKey { number, device: index, id }]).await?;
            self.ask_if_low(device, left).await?;
        }
        let record = lock(&device.record);
        Ok(Bundle {
            registration_id: record.registration_id,
            identity: record.identity,
            signed_prekey: record.signed_prekey,
            prekey,
            device_identity: record.device_identity.clone(),
        })
    }

    /// Asks a device for more prekeys where few are left, once until it brings some.
    pub async fn ask_if_low(&self, device: &Device, left: usize) -> Result<(), StoreError> {
        if left <= LOW && !device.prekeys_asked.swap(true, Ordering::AcqRel) {
            self.ask_for_prekeys(device, left).await?;
        }
        Ok(())
    }

    async fn ask_for_prekeys(&self, device: &Device, left: usize) -> Result<(), StoreError> {
        let notification = super::super::from_server("notification")
            .attr("type", "encrypt")
            .attr("id", super::super::route::new_stanza_id())
            .attr("t", super::super::now_seconds())
            .children([NodeBuilder::new("count").attr("value", left).build()])
            .build();
        self.enqueue(device, 0, notification).await
    }
}

pub(super) async fn answer(serving: &Serving, question: &NodeRef<'_>) -> Result<Node, StoreError> {
    if question.get_optional_child("count").is_some() {
        let left = lock(&serving.device.prekeys).len();
        return Ok(result(question).children([NodeBuilder::new("count").attr("value", left).build()]).build());
    }
    if question.get_optional_child("digest").is_some() {
        return Ok(match digest(&serving.device) {
            Some(digest) => result(question).children([digest]).build(),
            None => error(question, 404, "item-not-found"),
        });
    }
    if let Some(wanted) = question.get_optional_child("key") {
        return fetch(serving, question, wanted).await;
    }
    if let Some(rotate) = question.get_optional_child("rotate") {
        return rotate_signed(serving, question, rotate).await;
    }
    if question.get_optional_child("list").is_some() {
        return upload(serving, question).await;
    }
    Ok(result(question).build())
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn bytes<'n>(node: &'n NodeRef<'_>, tag: &str) -> Option<&'n [u8]> {
    node.get_optional_child(tag)?.content_bytes()
}

fn signed_prekey(node: &NodeRef<'_>) -> Option<SignedPreKey> {
    Some(SignedPreKey {
        id: number(bytes(node, "id")?),
        key: bytes(node, "value")?.try_into().ok()?,
        signature: bytes(node, "signature")?.try_into().ok()?,
    })
}

async fn upload(serving: &Serving, question: &NodeRef<'_>) -> Result<Node, StoreError> {
    let parsed = (|| {
        let keys: Option<Vec<(u32, Key)>> = question
            .get_optional_child("list")?
            .get_children_by_tag("key")
            .map(|key| Some((number(bytes(key, "id")?), bytes(key, "value")?.try_into().ok()?)))
            .collect();
        let identity: Key = bytes(question, "identity")?.try_into().ok()?;
        let signed = signed_prekey(question.get_optional_child("skey")?)?;
        let registration = number(bytes(question, "registration")?);
        Some((registration, identity, signed, keys?))
    })();
    let Some((registration_id, identity, signed, keys)) = parsed else {
        return Ok(error(question, 400, "bad-request"));
    };
    let device = &serving.device;
    // The identity was certified when the device was linked; another one would be a stranger's.
    if identity != device.identity() || !signed.is_signed_by(&identity) {
        return Ok(error(question, 406, "not-acceptable"));
    }
    let first = {
        let mut record = lock(&device.record);
        record.registration_id = registration_id;
        record.signed_prekey = signed;
        !std::mem::replace(&mut record.uploaded, true)
    };
    lock(&device.prekeys).extend(keys.iter().copied());
    device.prekeys_asked.store(false, Ordering::Release);
    let (number, index) = (device.address.number, device.address.device);
    serving.network.store.write(vec![Network::device_op(device), Op::PreKeys { number, device: index, keys }]).await?;
    if first {
        tell_phone(serving);
    }
    Ok(result(question).build())
}

async fn rotate_signed(serving: &Serving, question: &NodeRef<'_>, rotate: &NodeRef<'_>) -> Result<Node, StoreError> {
    let device = &serving.device;
    let signed = rotate.get_optional_child("skey").and_then(signed_prekey);
    let Some(signed) = signed.filter(|signed| signed.is_signed_by(&device.identity())) else {
        return Ok(error(question, 406, "not-acceptable"));
    };
    lock(&device.record).signed_prekey = signed;
    serving.network.store.write(vec![Network::device_op(device)]).await?;
    Ok(result(question).build())
}

fn id_node(id: u32) -> Node {
    NodeBuilder::new("id").bytes(&id.to_be_bytes()[1..]).build()
}

fn signed_node(signed: &SignedPreKey) -> Node {
    NodeBuilder::new("skey")
        .children([
            id_node(signed.id),
            NodeBuilder::new("value").bytes(signed.key).build(),
            NodeBuilder::new("signature").bytes(signed.signature).build(),
        ])
        .build()
}

/// What the server holds of the client's own keys, with a hash over it.
fn digest(device: &Device) -> Option<Node> {
    let record = lock(&device.record).clone();
    let prekeys = lock(&device.prekeys).clone();
    if !record.uploaded || prekeys.is_empty() {
        return None;
    }
    let mut hash = CryptographicHash::new("SHA-1").ok()?;
    hash.update(&record.identity);
    hash.update(&record.signed_prekey.key);
    hash.update(&record.signed_prekey.signature);
    for key in prekeys.values() {
        hash.update(key);
    }
    let children = [
        NodeBuilder::new("registration").bytes(record.registration_id.to_be_bytes()).build(),
        NodeBuilder::new("type").bytes([5]).build(),
        NodeBuilder::new("identity").bytes(record.identity).build(),
        signed_node(&record.signed_prekey),
        NodeBuilder::new("list").children(prekeys.keys().map(|id| id_node(*id))).build(),
        NodeBuilder::new("hash").bytes(hash.finalize()).build(),
    ];
    Some(NodeBuilder::new("digest").children(children).build())
}

async fn fetch(serving: &Serving, question: &NodeRef<'_>, wanted: &NodeRef<'_>) -> Result<Node, StoreError> {
    let mut users = Vec::new();
    for user in wanted.get_children_by_tag("user") {
        let Some(jid) = user.attrs().optional_jid("jid") else { continue };
        let device = serving.network.resolve(&jid).and_then(|address| serving.network.device(address));
        let entry = NodeBuilder::new("user").attr("jid", jid);
        let Some(device) = device else {
            let missing = NodeBuilder::new("error").attr("code", 404).attr("text", "item-not-found").build();
            users.push(entry.children([missing]).build());
            continue;
        };
        let bundle = serving.network.take_bundle(&device).await?;
        users.push(entry.attr("t", super::super::now_seconds()).children(bundle_nodes(&bundle)).build());
        tracing::debug!(for_ = %device.address.jid(), reason = text(user, "reason"), "prekey bundle handed out");
    }
    Ok(result(question).children([NodeBuilder::new("list").children(users).build()]).build())
}

fn bundle_nodes(bundle: &Bundle) -> Vec<Node> {
    let mut children = vec![
        NodeBuilder::new("registration").bytes(bundle.registration_id.to_be_bytes()).build(),
        NodeBuilder::new("type").bytes([5]).build(),
        NodeBuilder::new("identity").bytes(bundle.identity).build(),
        signed_node(&bundle.signed_prekey),
    ];
    if let Some((id, key)) = bundle.prekey {
        let key = [id_node(id), NodeBuilder::new("value").bytes(key).build()];
        children.push(NodeBuilder::new("key").children(key).build());
    }
    if !bundle.device_identity.is_empty() {
        children.push(NodeBuilder::new("device-identity").bytes(bundle.device_identity.clone()).build());
    }
    children
}
