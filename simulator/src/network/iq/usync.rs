//! Questions about users: which devices they have, whether a number is on the network, what their hidden id is.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef, Server};

use super::super::Network;
use super::super::account::{Account, lock};
use super::super::address::{Address, parse_number};
use super::super::session::Serving;
use super::{error, result, text};
use crate::store::StoreError;

pub(super) async fn answer(serving: &Serving, question: &NodeRef<'_>) -> Result<Node, StoreError> {
    let Some(usync) = question.get_optional_child("usync") else { return Ok(error(question, 400, "bad-request")) };
    let protocols: Vec<String> = usync
        .get_optional_child("query")
        .and_then(NodeRef::children)
        .unwrap_or_default()
        .iter()
        .map(|protocol| protocol.tag.to_string())
        .collect();
    let mut users = Vec::new();
    let asked = usync.get_optional_child("list").and_then(NodeRef::children).unwrap_or_default();
    for user in asked.iter().filter(|user| &*user.tag == "user") {
        users.extend(one(serving, user, &protocols).await?);
    }
    let statuses = protocols.iter().map(|name| {
        let known = NodeBuilder::new_dynamic(name.clone());
        if name == "devices" { known.attr("refresh", 86_400).build() } else { known.build() }
    });
    let reply = NodeBuilder::new("usync")
        .attr("sid", text(usync, "sid"))
        .attr("index", 0)
        .attr("last", true)
        .attr("mode", Some(text(usync, "mode")).filter(|mode| !mode.is_empty()).unwrap_or("query".to_owned()))
        .attr("context", text(usync, "context"))
        .children([
            NodeBuilder::new("result").children(statuses).build(),
            NodeBuilder::new("list").children(users).build(),
        ])
        .build();
    Ok(result(question).children([reply]).build())
}

/// The user's number, the jid under which to answer, and what was asked as a contact.
fn named(serving: &Serving, user: &NodeRef<'_>) -> Option<(Option<u64>, Jid, Option<String>)> {
    let contact = user.get_optional_child("contact").and_then(|contact| {
        contact
            .content_bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .or_else(|| contact.content_as_string().map(|text| text.to_string()))
    });
    if let Some(jid) = user.attrs().optional_jid("jid") {
        let number = serving.network.resolve(&jid).map(|address| address.number);
        return Some((number, jid.to_non_ad(), contact));
    }
    let contact = contact?;
    let number = parse_number(contact.trim());
    let digits: String = contact.chars().filter(char::is_ascii_digit).collect();
    Some((number, Jid::pn(digits), Some(contact)))
}

async fn one(serving: &Serving, user: &NodeRef<'_>, protocols: &[String]) -> Result<Option<Node>, StoreError> {
    let Some((number, jid, contact)) = named(serving, user) else { return Ok(None) };
    let account = number.and_then(|number| serving.network.account(number));
    let mut children = Vec::new();
    for protocol in protocols {
        let node = match (protocol.as_str(), &account) {
            ("devices", Some(account)) => {
                watch(serving, account).await?;
                devices(account)
            }
            ("devices", None) => {
                NodeBuilder::new("devices").children([NodeBuilder::new("device-list").build()]).build()
            }
            ("contact", account) => {
                let kind = if account.is_some() { "in" } else { "out" };
                let node = NodeBuilder::new("contact").attr("type", kind);
                match &contact {
                    Some(asked) => node.bytes(asked.as_bytes()).build(),
                    None => node.build(),
                }
            }
            ("lid", Some(account)) => NodeBuilder::new("lid").attr("val", Jid::lid(account.lid.to_string())).build(),
            ("status", Some(_)) => {
                NodeBuilder::new("status").attr("t", 0).bytes(*b"Hey there! I am using WhatsApp.").build()
            }
            ("disappearing_mode", Some(_)) => {
                NodeBuilder::new("disappearing_mode").attr("duration", 0).attr("t", 0).build()
            }
            ("picture", Some(account)) => {
                let picture = lock(&account.profile).picture.clone();
                let Some(picture) = picture else { continue };
                NodeBuilder::new("picture").attr("id", picture.id).build()
            }
            ("username", Some(_)) => NodeBuilder::new("username").build(),
            ("business", Some(account)) => {
                let Some(business) = lock(&account.profile).business.clone() else { continue };
                NodeBuilder::new("business").children([business.certificate()]).build()
            }
            _ => continue,
        };
        children.push(node);
    }
    let mut answer = NodeBuilder::new("user").attr("jid", jid.clone());
    if let Some(account) = &account
        && jid.server == Server::Lid
    {
        answer = answer.attr("pn_jid", Address::phone(account.number).jid());
    }
    Ok(Some(answer.children(children).build()))
}

/// Whoever asked for the devices is told when they change.
async fn watch(serving: &Serving, account: &Account) -> Result<(), StoreError> {
    let new = lock(&account.profile).watchers.insert(serving.account.number);
    if new {
        serving.network.store.post(vec![Network::profile_op(account)]).await?;
    }
    Ok(())
}

fn devices(account: &Account) -> Node {
    let list = account.devices().into_iter().map(|device| {
        let node = NodeBuilder::new("device").attr("id", device.address.device);
        if device.address.device == 0 {
            return node.build();
        }
        node.attr("key-index", lock(&device.record).key_index).build()
    });
    let mut children = vec![NodeBuilder::new("device-list").children(list).build()];
    let profile = lock(&account.profile);
    if !profile.key_index_list.is_empty() {
        let list =
            NodeBuilder::new("key-index-list").attr("ts", profile.key_index_at).bytes(profile.key_index_list.clone());
        children.push(list.build());
    }
    NodeBuilder::new("devices").children(children).build()
}
