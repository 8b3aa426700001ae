//! A group as stanzas speak of it.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::super::account::Account;
use super::super::{Network, now_seconds, route};
use super::{Group, Rank};

/// `<group>` with all that members may know.
pub(in crate::network) fn group_node(network: &Network, group: &Group) -> Node {
    let named = |lid: u64| network.account_of_lid(lid);
    let mut node = NodeBuilder::new("group")
        .attr("id", group.id.to_string())
        .attr("subject", group.subject.text.as_str())
        .attr("s_t", group.subject.at)
        .attr("creation", group.created)
        .attr("addressing_mode", group.mode())
        .attr("size", group.members.len());
    if let Some(account) = named(group.subject.by) {
        node = authored(node, group, &account, ["s_o", "s_o_pn"]);
    }
    if let Some(account) = named(group.creator) {
        node = authored(node, group, &account, ["creator", "creator_pn"]);
    }
    let mut children: Vec<Node> = Vec::with_capacity(group.members.len() + 3);
    for member in &group.members {
        if let Some(account) = network.account_of_lid(member.lid) {
            children.push(participant(group, &account, Some(member.rank)));
        }
    }
    children.extend(description(network, group));
    if group.announce_only {
        children.push(NodeBuilder::new("announcement").build());
    }
    if group.locked {
        children.push(NodeBuilder::new("locked").build());
    }
    node.children(children).build()
}

/// Who wrote something, under the group's kind of name, and the number beside a hidden id.
fn authored(node: NodeBuilder, group: &Group, account: &Account, keys: [&'static str; 2]) -> NodeBuilder {
    let (name, _, other) = group.names(account, 0);
    let node = node.attr(keys[0], name);
    if group.by_lid { node.attr(keys[1], other) } else { node }
}

/// `<participant>`, with its rank where that is told.
pub(in crate::network) fn participant(group: &Group, account: &Account, rank: Option<Rank>) -> Node {
    let (name, _, other) = group.names(account, 0);
    let node = NodeBuilder::new("participant").attr("jid", name);
    let node = node.attr(if group.by_lid { "phone_number" } else { "lid" }, other);
    match rank {
        Some(Rank::Admin) => node.attr("type", "admin").build(),
        Some(Rank::Owner) => node.attr("type", "superadmin").build(),
        Some(Rank::Member) | None => node.build(),
    }
}

/// `<description>`, as the group has it now.
pub(super) fn description(network: &Network, group: &Group) -> Option<Node> {
    let told = group.description.as_ref()?;
    let mut node = NodeBuilder::new("description").attr("id", told.id.as_str()).attr("t", told.at);
    if let Some(account) = network.account_of_lid(told.by) {
        node = authored(node, group, &account, ["participant", "participant_pn"]);
    }
    Some(node.children([NodeBuilder::new("body").string_content(told.text.as_str()).build()]).build())
}

/// `<notification type=w:gp2>` of what `by` has done.
pub(super) fn notification(group: &Group, by: &Account, changes: Vec<Node>) -> Node {
    let (name, key, other) = group.names(by, 0);
    NodeBuilder::new("notification")
        .attr("from", group.jid())
        .attr("type", "w:gp2")
        .attr("id", route::new_stanza_id())
        .attr("t", now_seconds())
        .attr("participant", name)
        .attr(key, other)
        .attr("notify", by.name())
        .attr("addressing_mode", group.mode())
        .children(changes)
        .build()
}

/// `<set>` or `<delete>` of the group's picture.
pub(super) fn picture(group: &Group, by: &Account) -> Node {
    let (author, ..) = group.names(by, 0);
    let jid: Jid = group.jid();
    match &group.picture {
        Some(picture) => {
            NodeBuilder::new("set").attr("jid", jid).attr("id", picture.id.as_str()).attr("author", author).build()
        }
        None => NodeBuilder::new("delete").attr("jid", jid).attr("author", author).build(),
    }
}
