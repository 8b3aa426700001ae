//! Lines about groups.

use serde_json::{Value, json};

use super::words::{Result, Words};
use super::{GroupStep, Step};
use crate::network::address::{chat_name, group_id_of, parse_group};

pub(super) const STEPS: &[&str] =
    &["group", "add", "remove", "promote", "demote", "leave", "subject", "description", "announce"];

pub(super) fn step(kind: &str, words: &mut Words<'_>) -> Result<Step> {
    let step = match kind {
        "group" => return introduce(words),
        "leave" => {
            let member = words.person()?;
            GroupStep::Leave { id: group(words)?, number: member }
        }
        "subject" | "description" => {
            let id = group(words)?;
            GroupStep::Edit { id, body: json!({ kind: words.quoted("a text")? }) }
        }
        "announce" => {
            let id = group(words)?;
            let on = match words.bare("on or off")? {
                "on" => true,
                "off" => false,
                _ => return words.error("announce is on or off"),
            };
            GroupStep::Edit { id, body: json!({ "announce_only": on }) }
        }
        _ => {
            let id = group(words)?;
            GroupStep::Members { id, body: json!({ kind: people(words)? }) }
        }
    };
    Ok(Step::Group(step))
}

/// `group SHORT "Subject" OWNER MEMBER…`. The same line in another telling means the same group.
fn introduce(words: &mut Words<'_>) -> Result<Step> {
    let short = words.bare("a name")?.to_owned();
    let subject = words.quoted("a subject")?;
    let owner = words.person()?;
    let members = people(words)?;
    let id = chat_name(group_id_of(&format!("{owner} {short}")));
    words.known.people.insert(short, id.clone());
    let body = json!({ "id": id, "subject": subject, "owner": owner, "members": members });
    Ok(Step::Group(GroupStep::Create { id, body }))
}

fn group(words: &mut Words<'_>) -> Result<String> {
    let group = words.person()?;
    if parse_group(&group).is_some() {
        Ok(group)
    } else {
        words.error("this is no group: begin one with “group NAME”")
    }
}

/// One or more, to the end of the line.
fn people(words: &mut Words<'_>) -> Result<Value> {
    let mut people = vec![words.person()?];
    while words.peek().is_some() {
        people.push(words.person()?);
    }
    Ok(json!(people))
}
