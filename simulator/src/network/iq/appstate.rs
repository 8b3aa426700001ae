//! Application state: the server keeps each collection as a list of encrypted patches and tells siblings that there is more.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::{SyncdPatch, SyncdVersion};

use super::super::account::lock;
use super::super::session::Serving;
use super::super::{from_server, now_seconds, route};
use super::{error, result, text};
use crate::store::{Op, StoreError};

/// Patches in one answer.
const PAGE: usize = 200;

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
        let reply = if patches.is_empty() {
            changes_since(serving, &name, version)
        } else {
            append(serving, &name, version, &patches).await?
        };
        collections.push(reply);
    }
    Ok(result(question).children([NodeBuilder::new("sync").children(collections).build()]).build())
}

fn changes_since(serving: &Serving, name: &str, version: u64) -> Node {
    let collections = lock(&serving.account.collections);
    let all = collections.get(name).map(Vec::as_slice).unwrap_or_default();
    let from = usize::try_from(version).unwrap_or(usize::MAX).min(all.len());
    let upto = all.len().min(from + PAGE);
    let node = NodeBuilder::new("collection").attr("name", name).attr("version", upto);
    if from == upto {
        return node.build();
    }
    let patches = all[from..upto].iter().map(|patch| NodeBuilder::new("patch").bytes(patch.clone()).build());
    node.attr("has_more_patches", upto < all.len())
        .children([NodeBuilder::new("patches").children(patches).build()])
        .build()
}

async fn append(serving: &Serving, name: &str, version: u64, patches: &[&[u8]]) -> Result<Node, StoreError> {
    let number = serving.account.number;
    let mut ops = Vec::new();
    let now = {
        let mut collections = lock(&serving.account.collections);
        let all = collections.entry(name.to_owned()).or_default();
        if version != all.len() as u64 {
            return Ok(NodeBuilder::new("collection")
                .attr("name", name)
                .attr("type", "error")
                .children([NodeBuilder::new("error").attr("code", 409).attr("text", "conflict").build()])
                .build());
        }
        for patch in patches {
            let version = all.len() as u64 + 1;
            let Ok(mut patch) = SyncdPatch::decode_from_slice(patch) else { continue };
            patch.version = MessageField::some(SyncdVersion { version: Some(version) });
            let patch = patch.encode_to_vec();
            all.push(patch.clone());
            ops.push(Op::Patch { number, collection: name.to_owned(), version, patch });
        }
        all.len()
    };
    serving.network.store.write(ops).await?;
    tell_siblings(serving, name, now).await?;
    Ok(NodeBuilder::new("collection").attr("name", name).attr("version", now).build())
}

async fn tell_siblings(serving: &Serving, name: &str, version: usize) -> Result<(), StoreError> {
    for sibling in serving.account.companions() {
        if sibling.address == serving.device.address {
            continue;
        }
        let collection = NodeBuilder::new("collection").attr("name", name).attr("version", version).build();
        let notification = from_server("notification")
            .attr("type", "server_sync")
            .attr("id", route::new_stanza_id())
            .attr("t", now_seconds())
            .children([collection])
            .build();
        serving.network.enqueue(&sibling, 0, notification).await?;
    }
    Ok(())
}
