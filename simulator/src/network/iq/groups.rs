//! Questions about groups, and what linked devices want of them (`w:g2`).

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};

use super::super::address::{group_of, new_group_id};
use super::super::groups::{Group, GroupChange, Member, Rank, Refused, Told, group_node, participant};
use super::super::session::Serving;
use super::super::{now_seconds, route};
use super::{error, result, text};
use crate::store::StoreError;

const LONGEST_SUBJECT: usize = 100;

pub(super) async fn answer(serving: &Serving, question: &NodeRef<'_>, kind: &str) -> Result<Node, StoreError> {
    let Some(child) = question.children().and_then(|children| children.first()) else {
        return Ok(error(question, 400, "bad-request"));
    };
    let to = question.attrs().optional_jid("to");
    let group = to.as_ref().and_then(group_of);
    match (kind, &*child.tag, group) {
        ("get", "participating", _) => {
            let groups = serving.network.groups_of(serving.account.lid);
            let groups = groups.iter().map(|group| group_node(&serving.network, group));
            Ok(result(question).children([NodeBuilder::new("groups").children(groups).build()]).build())
        }
        ("get", "query", Some(id)) => Ok(match readable(serving, id) {
            Ok(group) => result(question).children([group_node(&serving.network, &group)]).build(),
            Err(refused) => refusal(question, refused),
        }),
        ("set", "create", _) => create(serving, question, child).await,
        ("set", "leave", _) => leave(serving, question, child).await,
        ("set", _, Some(id)) => change(serving, question, child, id).await,
        _ => Ok(error(question, 404, "item-not-found")),
    }
}

fn refusal(question: &NodeRef<'_>, refused: Refused) -> Node {
    let (code, words) = refused.error();
    error(question, code, words)
}

/// A group as a member may see it.
fn readable(serving: &Serving, id: u64) -> Result<Group, Refused> {
    let group = serving.network.group(id).ok_or(Refused::NoSuchGroup)?;
    if group.member(serving.account.lid).is_some() { Ok(group) } else { Err(Refused::NotAMember) }
}

/// The words inside of a node, whether they travel as text or as bytes.
fn words(node: &NodeRef<'_>) -> String {
    let bytes = node.content_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    bytes.or_else(|| node.content_as_string().map(|text| text.to_string())).unwrap_or_default()
}

/// The hidden ids of those named inside, with the names under which they were named; no id for whom nobody knows.
fn named(serving: &Serving, node: &NodeRef<'_>) -> Vec<(Jid, Option<u64>)> {
    let named = node.get_children_by_tag("participant").filter_map(|entry| entry.attrs().optional_jid("jid"));
    named
        .map(|jid| {
            let address = serving.network.resolve(&jid);
            let account = address.and_then(|address| serving.network.account(address.number));
            (jid, account.map(|account| account.lid))
        })
        .collect()
}

async fn create(serving: &Serving, question: &NodeRef<'_>, wish: &NodeRef<'_>) -> Result<Node, StoreError> {
    let subject = text(wish, "subject");
    if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT {
        return Ok(error(question, 406, "not-acceptable"));
    }
    let me = serving.account.lid;
    let now = now_seconds();
    let mut members = vec![Member { lid: me, rank: Rank::Owner }];
    for (_, lid) in named(serving, wish) {
        if let Some(lid) = lid.filter(|lid| members.iter().all(|member| member.lid != *lid)) {
            members.push(Member { lid, rank: Rank::Member });
        }
    }
    let has = |tag: &str| wish.get_optional_child(tag).is_some();
    let description = wish.get_optional_child("description").and_then(|description| {
        let body = words(description.get_optional_child("body")?);
        Some(Told { id: text(description, "id"), text: body, by: me, at: now })
    });
    let group = Group {
        id: new_group_id(),
        subject: Told { id: String::new(), text: subject, by: me, at: now },
        description,
        creator: me,
        created: now,
        announce_only: has("announcement"),
        locked: has("locked"),
        by_lid: true,
        picture: None,
        members,
    };
    if !serving.network.create_group(group.clone(), &serving.account).await? {
        return Ok(error(question, 500, "internal-server-error"));
    }
    Ok(result(question).children([group_node(&serving.network, &group)]).build())
}

async fn leave(serving: &Serving, question: &NodeRef<'_>, wish: &NodeRef<'_>) -> Result<Node, StoreError> {
    let mut answers = Vec::new();
    for entry in wish.get_children_by_tag("group") {
        let Some(jid) = entry.attrs().optional_jid("id") else { continue };
        let node = NodeBuilder::new("group").attr("id", jid.clone());
        let refused = match group_of(&jid) {
            Some(id) => {
                let change = GroupChange::Remove(vec![serving.account.lid]);
                serving.network.change_group(id, &serving.account, change).await?.err()
            }
            None => Some(Refused::NoSuchGroup),
        };
        answers.push(match refused {
            Some(refused) => node.attr("error", refused.error().0).build(),
            None => node.build(),
        });
    }
    Ok(result(question).children([NodeBuilder::new("leave").children(answers).build()]).build())
}

async fn change(serving: &Serving, question: &NodeRef<'_>, wish: &NodeRef<'_>, id: u64) -> Result<Node, StoreError> {
    let tag = &*wish.tag;
    let people = named(serving, wish);
    let known: Vec<u64> = people.iter().filter_map(|(_, lid)| *lid).collect();
    let about_people = matches!(tag, "add" | "remove" | "promote" | "demote");
    let change = match tag {
        "add" => GroupChange::Add(known),
        "remove" => GroupChange::Remove(known),
        "promote" => GroupChange::Promote(known),
        "demote" => GroupChange::Demote(known),
        "subject" => {
            let subject = words(wish);
            if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT {
                return Ok(error(question, 406, "not-acceptable"));
            }
            GroupChange::Subject(subject)
        }
        "description" => {
            // Whoever changes a description says which one it has seen.
            let seen = text(wish, "prev");
            let now = serving.network.group(id).and_then(|group| group.description).map(|told| told.id);
            if !seen.is_empty() && now.is_some_and(|now| now != seen) {
                return Ok(error(question, 409, "conflict"));
            }
            let body = wish.get_optional_child("body").map(words).filter(|body| !body.is_empty());
            let id = Some(text(wish, "id")).filter(|id| !id.is_empty()).unwrap_or_else(route::new_stanza_id);
            GroupChange::Description(body.map(|body| (id, body)))
        }
        "announcement" => GroupChange::AnnounceOnly(true),
        "not_announcement" => GroupChange::AnnounceOnly(false),
        "locked" => GroupChange::Locked(true),
        "unlocked" => GroupChange::Locked(false),
        // What this network does not act on is taken from members all the same.
        _ => {
            return Ok(match readable(serving, id) {
                Ok(_) => result(question).build(),
                Err(refused) => refusal(question, refused),
            });
        }
    };
    if let Err(refused) = serving.network.change_group(id, &serving.account, change).await? {
        return Ok(refusal(question, refused));
    }
    if !about_people {
        return Ok(result(question).build());
    }
    let group = serving.network.group(id);
    let entries = people.into_iter().map(|(jid, lid)| {
        let account = lid.and_then(|lid| serving.network.account_of_lid(lid));
        match group.as_ref().zip(account) {
            Some((group, account)) => participant(group, &account, None),
            None => NodeBuilder::new("participant").attr("jid", jid).attr("error", 404).build(),
        }
    });
    let done = NodeBuilder::new_dynamic(tag.to_owned()).children(entries).build();
    Ok(result(question).children([done]).build())
}
