//! Application state: the server keeps each collection as a list of encrypted patches, each of which leads to the next
//! version, and tells the other devices that there is more. It can read none of it.

use std::collections::BTreeMap;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{ExternalBlobReference, SyncdPatch, SyncdRecord, SyncdSnapshot, SyncdVersion};

use super::super::account::{Account, lock};
use super::super::media::MediaKind;
use super::super::session::Serving;
use super::super::{Network, from_server, now_seconds, route};
use super::{error, result, text};
use crate::crypto;
use crate::store::{Op, StoreError};
use crate::world::Change;

/// Patches in one answer.
const PAGE: usize = 200;
const MEDIA_INFO: &[u8] = b"WhatsApp App State Keys";

/// Somebody else was faster: these patches come first.
#[derive(Debug)]
pub struct Conflict;

pub(super) async fn answer(serving: &Serving, question: &NodeRef<'_>) -> Result<Node, StoreError> {
    let Some(sync) = question.get_optional_child("sync") else { return Ok(error(question, 400, "bad-request")) };
    let mut collections = Vec::new();
    for collection in sync.get_children_by_tag("collection") {
        let name = text(collection, "name");
        let version = collection.attrs().optional_u64("version").unwrap_or(0);
        let patches: Vec<&[u8]> = collection
            .get_children_by_tag("patch")
            .chain(
                collection.get_optional_child("patches").into_iter().flat_map(|node| node.get_children_by_tag("patch")),
            )
            .filter_map(NodeRef::content_bytes)
            .collect();
        let whole = version == 0 && text(collection, "return_snapshot") == "true";
        let snapshot = if whole && patches.is_empty() { snapshot(serving, &name).await } else { None };
        let reply = if let Some(snapshot) = snapshot {
            snapshot
        } else if patches.is_empty() {
            changes_since(&serving.account, &name, version)
        } else {
            append(serving, &name, version, &patches).await?
        };
        collections.push(reply);
    }
    Ok(result(question).children([NodeBuilder::new("sync").children(collections).build()]).build())
}

fn changes_since(account: &Account, name: &str, version: u64) -> Node {
    let collections = lock(&account.collections);
    let all = collections.get(name).map(Vec::as_slice).unwrap_or_default();
    let from = usize::try_from(version).unwrap_or(usize::MAX).min(all.len());
    let upto = all.len().min(from + PAGE);
    let node = NodeBuilder::new("collection").attr("name", name.to_owned()).attr("version", upto);
    if from == upto {
        return node.build();
    }
    let patches = all[from..upto].iter().map(|patch| NodeBuilder::new("patch").bytes(patch.clone()).build());
    node.attr("has_more_patches", upto < all.len())
        .children([NodeBuilder::new("patches").children(patches).build()])
        .build()
}

async fn append(serving: &Serving, name: &str, version: u64, patches: &[&[u8]]) -> Result<Node, StoreError> {
    let Ok(patches) = patches.iter().map(|patch| SyncdPatch::decode_from_slice(patch)).collect::<Result<Vec<_>, _>>()
    else {
        return Ok(refused(name, 400, "bad-request", Vec::new()));
    };
    let device = serving.device.address.device;
    let appended = serving.network.append_patches(&serving.account, name, version, patches, device).await?;
    if let Ok(now) = appended {
        return Ok(NodeBuilder::new("collection").attr("name", name).attr("version", now).build());
    }
    // What the client missed comes with the refusal.
    let missed = changes_since(&serving.account, name, version);
    let children = missed.children().unwrap_or_default().to_vec();
    let mut node = refused(name, 409, "conflict", children);
    for key in ["version", "has_more_patches"] {
        if let Some(value) = missed.attrs.get(key) {
            node.attrs.push(key, value.clone());
        }
    }
    Ok(node)
}

fn refused(name: &str, code: u16, text: &'static str, others: Vec<Node>) -> Node {
    let error = NodeBuilder::new("error").attr("code", code).attr("text", text).build();
    NodeBuilder::new("collection")
        .attr("name", name)
        .attr("type", "error")
        .children(std::iter::once(error).chain(others))
        .build()
}

/// The whole collection in one file, for a device that has nothing. `None` while there is nothing, or what is there lies in
/// files that only devices can read.
async fn snapshot(serving: &Serving, name: &str) -> Option<Node> {
    let network = &serving.network;
    let (version, snapshot) = {
        let collections = lock(&serving.account.collections);
        let all = collections.get(name)?;
        (all.len(), assemble(all)?)
    };
    let encoded = snapshot.encode_to_vec();
    let key: [u8; 32] = crypto::random();
    let sealed = crypto::seal_media(&key, MEDIA_INFO, &encoded);
    let stored = network.put_media(MediaKind::MdAppState, serving.account.number, &sealed).await;
    let stored = stored.inspect_err(|error| tracing::warn!(%error, "a snapshot was not stored")).ok()?;
    let reference = ExternalBlobReference {
        media_key: Some(key.to_vec()),
        direct_path: Some(stored.direct_path),
        handle: None,
        file_size_bytes: Some(encoded.len() as u64),
        file_sha256: Some(crypto::sha256(&encoded).to_vec()),
        file_enc_sha256: Some(crypto::sha256(&sealed).to_vec()),
    };
    let node = NodeBuilder::new("snapshot").bytes(reference.encode_to_vec()).build();
    Some(
        NodeBuilder::new("collection")
            .attr("name", name)
            .attr("version", version)
            .attr("has_more_patches", false)
            .children([node])
            .build(),
    )
}

/// What is left of all patches, with the proof that the last of them bears.
fn assemble(patches: &[Vec<u8>]) -> Option<SyncdSnapshot> {
    let mut records: BTreeMap<Vec<u8>, SyncdRecord> = BTreeMap::new();
    let mut last = None;
    for patch in patches {
        let patch = SyncdPatch::decode_from_slice(patch).ok()?;
        if patch.external_mutations.is_set() {
            return None;
        }
        for mutation in &patch.mutations {
            let record = mutation.record.as_option()?.clone();
            let index = record.index.as_option()?.blob.clone()?;
            if mutation.operation.is_some_and(|operation| operation == SyncdOperation::REMOVE) {
                records.remove(&index);
            } else {
                records.insert(index, record);
            }
        }
        last = Some(patch);
    }
    let last = last?;
    Some(SyncdSnapshot {
        version: MessageField::some(SyncdVersion { version: Some(patches.len() as u64) }),
        records: records.into_values().collect(),
        mac: last.snapshot_mac,
        key_id: last.key_id,
    })
}

impl Network {
    /// Adds patches of a device behind the version that it knows, and tells the account's other devices. Returns the new
    /// version.
    pub async fn append_patches(
        &self,
        account: &Account,
        name: &str,
        version: u64,
        patches: Vec<SyncdPatch>,
        device: u16,
    ) -> Result<Result<u64, Conflict>, StoreError> {
        let number = account.number;
        let mut ops = Vec::new();
        let now = {
            let mut collections = lock(&account.collections);
            let all = collections.entry(name.to_owned()).or_default();
            if version != all.len() as u64 {
                return Ok(Err(Conflict));
            }
            for mut patch in patches {
                let version = all.len() as u64 + 1;
                patch.version = MessageField::some(SyncdVersion { version: Some(version) });
                let patch = patch.encode_to_vec();
                all.push(patch.clone());
                ops.push(Op::Patch { number, collection: name.to_owned(), version, patch });
            }
            all.len() as u64
        };
        self.store.write(ops).await?;
        for other in account.companions().into_iter().filter(|other| other.address.device != device) {
            let collection = NodeBuilder::new("collection").attr("name", name).attr("version", now).build();
            let notification = from_server("notification")
                .attr("type", "server_sync")
                .attr("id", route::new_stanza_id())
                .attr("t", now_seconds())
                .children([collection])
                .build();
            self.enqueue(&other, 0, notification).await?;
        }
        self.changed(Change::Phone { number: number.to_string() });
        Ok(Ok(now))
    }

    /// The patches of a collection from a version on.
    pub fn patches_since(&self, account: &Account, name: &str, version: u64) -> Vec<Vec<u8>> {
        let from = usize::try_from(version).unwrap_or(usize::MAX);
        lock(&account.collections).get(name).and_then(|all| all.get(from..)).unwrap_or_default().to_vec()
    }
}
