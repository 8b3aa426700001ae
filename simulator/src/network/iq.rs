//! Questions to the server. Every one that carries an id is answered: a client that waits for an answer stalls.

pub mod appstate;
mod groups;
pub mod keys;
mod usync;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef, NodeValue};

use super::account::{Attachment, LocalEvent, lock};
use super::address::{Address, server_jid};
use super::link::Out;
use super::profile;
use super::session::Serving;
use crate::store::StoreError;

/// `<iq type=result>` for a question.
pub(super) fn result(question: &NodeRef<'_>) -> NodeBuilder {
    answer_of(question, "result")
}

fn answer_of(question: &NodeRef<'_>, kind: &'static str) -> NodeBuilder {
    let from = question.get_attr("to").map_or_else(server_jid, |to| match to.to_jid() {
        Some(jid) => NodeValue::Jid(jid),
        None => server_jid(),
    });
    let id = question.get_attr("id").map(|id| id.as_str().into_owned()).unwrap_or_default();
    NodeBuilder::new("iq").attr("from", from).attr("type", kind).attr("id", id)
}

/// `<iq type=error>` for a question.
pub(super) fn error(question: &NodeRef<'_>, code: u16, text: &'static str) -> Node {
    answer_of(question, "error")
        .children([NodeBuilder::new("error").attr("code", code).attr("text", text).build()])
        .build()
}

fn text(node: &NodeRef<'_>, key: &str) -> String {
    node.get_attr(key).map(|value| value.as_str().into_owned()).unwrap_or_default()
}

pub(super) async fn answer(serving: &Serving, question: &NodeRef<'_>) -> Result<(), StoreError> {
    let kind = text(question, "type");
    // Answers to questions of ours need nothing.
    if (kind != "get" && kind != "set") || question.get_attr("id").is_none() {
        return Ok(());
    }
    let xmlns = text(question, "xmlns");
    let child = question.children().and_then(|children| children.first());
    let tag = child.map(|child| child.tag.to_string()).unwrap_or_default();
    let reply = match (xmlns.as_str(), kind.as_str(), tag.as_str()) {
        ("encrypt", _, _) => keys::answer(serving, question).await?,
        ("usync", _, _) => usync::answer(serving, question).await?,
        ("w:sync:app:state", _, _) => appstate::answer(serving, question).await?,
        ("passive", "set", "active") => {
            serving.link.send(result(question).build()).await;
            serving.link.command(Out::Activate).await;
            companion_ready(serving);
            return Ok(());
        }
        ("abt", _, _) => result(question).children([props()]).build(),
        ("privacy", "get", _) => result(question).children([privacy(serving)]).build(),
        ("privacy", "set", "privacy") => set_privacy(serving, question).await?,
        ("blocklist", _, _) => blocklist(serving, question).await?,
        ("w:m", _, _) => result(question).children([media_conn(serving)]).build(),
        ("w:profile:picture", "get", _) => profile::picture(serving, question),
        ("w:mex", ..) => profile::mex(serving, question),
        ("w:g2", kind, _) => groups::answer(serving, question, kind).await?,
        ("md", "set", "remove-companion-device") => return remove_companion(serving, question).await,
        // A device that is linked has nothing to ask here.
        ("md", "set", "link_code_companion_reg") => error(question, 403, "forbidden"),
        _ => result(question).build(),
    };
    serving.link.send(reply).await;
    Ok(())
}

/// Tells the phone that it can write to this companion, until it has sent what companions need from it.
fn companion_ready(serving: &Serving) {
    let waiting = {
        let record = lock(&serving.device.record);
        record.uploaded && !record.keys_shared
    };
    if waiting {
        tell_phone(serving);
    }
}

fn tell_phone(serving: &Serving) {
    let Some(phone) = serving.account.device(0) else { return };
    if let Some(Attachment::Local(events)) = &*lock(&phone.attachment) {
        // A phone too busy to listen hears it at the next login.
        let _ = events.try_send(LocalEvent::CompanionReady(serving.device.address.device));
    }
}

fn props() -> Node {
    NodeBuilder::new("props")
        .attr("protocol", 1)
        .attr("ab_key", "ownline-simulator")
        .attr("hash", "0")
        .attr("refresh", 86_400)
        .attr("refresh_id", 1)
        .attr("delta_update", false)
        .build()
}

const PRIVACY: &[(&str, &str)] = &[
    ("readreceipts", "all"),
    ("last", "all"),
    ("online", "all"),
    ("profile", "all"),
    ("status", "all"),
    ("groupadd", "all"),
    ("calladd", "all"),
    ("messages", "all"),
];

fn privacy(serving: &Serving) -> Node {
    let profile = lock(&serving.account.profile);
    let categories = PRIVACY.iter().map(|(name, default)| {
        let value = profile.privacy.get(*name).map_or(*default, String::as_str);
        NodeBuilder::new("category").attr("name", *name).attr("value", value).build()
    });
    NodeBuilder::new("privacy").children(categories).build()
}

async fn set_privacy(serving: &Serving, question: &NodeRef<'_>) -> Result<Node, StoreError> {
    let categories = question.get_optional_child("privacy").and_then(NodeRef::children).unwrap_or_default();
    let changed: Vec<(String, String)> =
        categories.iter().map(|category| (text(category, "name"), text(category, "value"))).collect();
    lock(&serving.account.profile).privacy.extend(changed);
    serving.network.store.write(vec![super::Network::profile_op(&serving.account)]).await?;
    Ok(result(question).children([privacy(serving)]).build())
}

async fn blocklist(serving: &Serving, question: &NodeRef<'_>) -> Result<Node, StoreError> {
    let item = question.get_optional_child("item");
    if let Some(item) = item
        && let Some(target) = item.attrs().optional_jid("jid").and_then(|jid| serving.network.resolve(&jid))
    {
        {
            let blocked = &mut lock(&serving.account.profile).blocked;
            blocked.retain(|number| *number != target.number);
            if text(item, "action") == "block" {
                blocked.push(target.number);
            }
        }
        serving.network.store.write(vec![super::Network::profile_op(&serving.account)]).await?;
    }
    let blocked = lock(&serving.account.profile).blocked.clone();
    let items =
        blocked.iter().map(|number| NodeBuilder::new("item").attr("jid", Address::phone(*number).jid()).build());
    let hash = blocked.iter().fold(1_u64, |hash, number| hash.wrapping_mul(31).wrapping_add(*number));
    Ok(result(question).children([NodeBuilder::new("list").attr("dhash", hash).children(items).build()]).build())
}

fn media_conn(serving: &Serving) -> Node {
    let host = serving.network.media_host.get().map_or("127.0.0.1", String::as_str);
    let host = NodeBuilder::new("host")
        .attr("hostname", host)
        .attr("type", "primary")
        .children([NodeBuilder::new("upload").build(), NodeBuilder::new("download").build()])
        .build();
    NodeBuilder::new("media_conn")
        .attr("auth", super::media::auth(serving.device.address.number))
        .attr("ttl", 300)
        .attr("auth_ttl", 21_600)
        .attr("max_buckets", 12)
        .children([host])
        .build()
}

/// The client unlinks itself, or one of its siblings.
async fn remove_companion(serving: &Serving, question: &NodeRef<'_>) -> Result<(), StoreError> {
    let target = question
        .get_optional_child("remove-companion-device")
        .and_then(|child| child.attrs().optional_jid("jid"))
        .and_then(|jid| serving.network.resolve(&jid))
        .unwrap_or(serving.device.address);
    if target.number != serving.account.number || target.device == 0 {
        serving.link.send(error(question, 403, "forbidden")).await;
        return Ok(());
    }
    serving.link.send(result(question).build()).await;
    serving.network.unlink(&serving.account, target.device).await.map(drop)
}
