//! Receipts: what became of a message, from whom it reached to whoever wrote it.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, JidExt as _, Node, NodeRef, Server};

use super::account::Account;
use super::address::{Address, chat_jid, group_of};
use super::groups::Group;
use super::queue::{Class, Key};
use super::route::{ack, text};
use super::session::Serving;
use super::{Network, now_seconds};
use crate::store::StoreError;

/// A receipt on its way.
#[derive(Debug)]
pub struct Receipt {
    /// Who wrote the messages.
    pub to: Address,
    pub by_lid: bool,
    /// Where they were written, unless it was to the reader alone.
    pub group: Option<u64>,
    /// Never empty.
    pub ids: Vec<String>,
    /// Empty for delivered.
    pub kind: String,
    /// Seconds.
    pub at: i64,
}

impl Receipt {
    /// The stanza, once it is said from whom it is.
    fn build(&self, from: impl FnOnce(NodeBuilder) -> NodeBuilder) -> Node {
        let mut node = from(NodeBuilder::new("receipt")).attr("id", self.ids[0].as_str()).attr("t", self.at);
        if !self.kind.is_empty() {
            node = node.attr("type", self.kind.as_str());
        }
        if self.ids.len() > 1 {
            let items = self.ids[1..].iter().map(|id| NodeBuilder::new("item").attr("id", id.as_str()).build());
            node = node.children([NodeBuilder::new("list").children(items).build()]);
        }
        node.build()
    }
}

/// A device asks for a repetition.
#[derive(Debug)]
pub struct Retry {
    /// Who wrote the message, and whether by its hidden id.
    pub to: Address,
    pub by_lid: bool,
    pub group: Option<u64>,
    pub id: String,
    pub children: Vec<Node>,
}

/// From a device of a group.
fn from_member(group: &Group, account: &Account, device: u16) -> impl FnOnce(NodeBuilder) -> NodeBuilder {
    let (name, key, other) = group.names(account, device);
    let jid = group.jid();
    move |node| node.attr("from", jid).attr("participant", name).attr(key, other)
}

impl Network {
    /// Passes a receipt of `reader` on to the devices of whoever wrote the messages, and to the reader's other devices.
    pub async fn pass_receipt(&self, reader: &Account, device: u16, receipt: Receipt) -> Result<(), StoreError> {
        let group = match receipt.group {
            Some(id) => match self.group(id) {
                Some(group) => Some(group),
                // Whoever was in it is told nothing more.
                None => return Ok(()),
            },
            None => None,
        };
        let (own, ..) = Self::names(reader, device, receipt.by_lid);
        let own = own.to_non_ad();
        let for_author = matches!(receipt.kind.as_str(), "" | "read" | "played");
        if for_author && let Some(author) = self.account(receipt.to.number) {
            let to_self = author.number == reader.number;
            for target in author.devices() {
                if to_self && target.address.device == device {
                    continue;
                }
                let node = match &group {
                    Some(group) => receipt.build(from_member(group, reader, 0)),
                    None => receipt.build(|node| node.attr("from", own.clone())),
                };
                self.enqueue(&target, reader.number, node).await?;
            }
        }
        if matches!(receipt.kind.as_str(), "read" | "read-self" | "played" | "played-self")
            && receipt.to.number != reader.number
        {
            let chat = receipt.group.map_or_else(|| receipt.to.jid().to_non_ad(), chat_jid);
            let author = group.as_ref().zip(self.account(receipt.to.number));
            let author = author.map(|(group, author)| group.names(&author, 0).0);
            for sibling in reader.devices() {
                if sibling.address.device != device {
                    let node = receipt.build(|node| {
                        let node = node.attr("from", own.clone()).attr("recipient", chat.clone());
                        match &author {
                            Some(author) => node.attr("participant", author.clone()),
                            None => node,
                        }
                    });
                    self.enqueue(&sibling, reader.number, node).await?;
                }
            }
        }
        Ok(())
    }

    /// Passes a request for repetition on to the device that wrote the message.
    pub async fn pass_retry(&self, reader: &Account, device: u16, retry: Retry) -> Result<(), StoreError> {
        let Some(target) = self.device(retry.to) else { return Ok(()) };
        let node = NodeBuilder::new("receipt");
        let node = match retry.group {
            Some(id) => match self.group(id) {
                Some(group) => from_member(&group, reader, device)(node),
                None => return Ok(()),
            },
            None => node.attr("from", Self::names(reader, device, retry.by_lid).0),
        };
        let node =
            node.attr("id", retry.id).attr("t", now_seconds()).attr("type", "retry").children(retry.children).build();
        self.enqueue(&target, reader.number, node).await
    }

    /// Passes a linked device's complaint about a file on to its phone.
    async fn pass_server_error(&self, serving: &Serving, id: &str, complaint: &NodeRef<'_>) -> Result<(), StoreError> {
        let Some(phone) = serving.account.device(0) else { return Ok(()) };
        let children: Vec<Node> = complaint.children().unwrap_or_default().iter().map(NodeRef::to_owned).collect();
        let mut node = NodeBuilder::new("receipt")
            .attr("from", serving.device.address.jid())
            .attr("id", id)
            .attr("t", now_seconds())
            .attr("type", "server-error");
        if let Some(category) = complaint.get_attr("category") {
            node = node.attr("category", category.as_str().into_owned());
        }
        self.enqueue(&phone, serving.account.number, node.children(children).build()).await
    }
}

/// `<receipt>` from a linked device: confirms what waits for it and is passed on.
pub(super) async fn receipt(serving: &Serving, node: &NodeRef<'_>) -> Result<(), StoreError> {
    let network = &serving.network;
    let mut attrs = node.attrs();
    let to = attrs.optional_jid("to");
    let group = to.as_ref().and_then(group_of);
    // In a group it is a member that is meant.
    let named = if to.as_ref().is_some_and(Jid::is_group) { attrs.optional_jid("participant") } else { to };
    let kind = text(node, "type");
    let author = match &named {
        Some(jid) => network.resolve(jid),
        // A client that takes in a copy of its own account's message need not name the author.
        None => (kind == "sender").then(|| Address::phone(serving.account.number)),
    };
    let mut ids = vec![text(node, "id")];
    if let Some(list) = node.get_optional_child("list") {
        ids.extend(list.get_children_by_tag("item").map(|item| text(item, "id")));
    }
    ids.retain(|id| !id.is_empty());
    if kind == "server-error" {
        // Confirms nothing: it asks the own phone to put a file up again.
        if let Some(id) = ids.first() {
            serving.network.pass_server_error(serving, id, node).await?;
        }
    } else if let (Some(author), false) = (author, ids.is_empty()) {
        let keys: Vec<(Key, u64)> = ids.iter().map(|id| (Key::new(Class::Message, id, ""), author.number)).collect();
        network.confirm(&serving.device, &keys).await?;
        let by_lid = named.is_some_and(|jid| jid.server == Server::Lid);
        let device = serving.device.address.device;
        if kind == "retry" || kind == "enc_rekey_retry" {
            let children = node.children().unwrap_or_default().iter().map(NodeRef::to_owned).collect();
            let retry = Retry { to: author, by_lid, group, id: ids.swap_remove(0), children };
            network.pass_retry(&serving.account, device, retry).await?;
        } else {
            let at = attrs.optional_u64("t").and_then(|at| i64::try_from(at).ok()).unwrap_or_else(now_seconds);
            // Not in the foreground, but delivered all the same: whoever wrote it is not told the difference.
            let kind = if kind == "inactive" { String::new() } else { kind };
            let receipt = Receipt { to: author, by_lid, group, ids, kind, at };
            network.pass_receipt(&serving.account, device, receipt).await?;
        }
    }
    serving.link.send(ack(node, "receipt").build()).await;
    Ok(())
}
