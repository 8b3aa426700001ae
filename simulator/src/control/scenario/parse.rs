//! What each kind of line means.

use serde_json::{Map, Value, json};

use super::expect::Expectation;
use super::groups;
use super::lines::{Line, lines};
use super::words::{Known, Result, Words, is_number};
use super::{Say, Scenario, Step};

const STEPS: &str = "phone, customer, at, wait, write, media, location, contact, poll, vote, react, edit, delete, choose, \
                     unknown, type, read, play, group, add, remove, promote, demote, leave, subject, description, \
                     announce, fault, clear-faults, load, history, offline, online, logout, expect, repeat or end";

pub(super) fn parse(text: &str) -> Result<Scenario> {
    let mut known = Known::default();
    let mut steps = Vec::new();
    for line in lines(text)? {
        steps.push((line.number, step(&line, &mut known)?));
    }
    Ok(Scenario { steps })
}

fn step(line: &Line, known: &mut Known) -> Result<Step> {
    let mut words = Words::new(line, known);
    let step = match words.bare("a step")? {
        kind @ ("phone" | "customer") => introduce(kind, &mut words)?,
        "at" => Step::At(words.duration()?),
        "wait" => Step::Wait(words.duration()?),
        kind @ ("write" | "media" | "location" | "contact" | "poll" | "choose" | "unknown") => say(kind, &mut words)?,
        kind @ ("vote" | "react" | "edit" | "delete") => say_about(kind, &mut words)?,
        "type" => {
            let (from, to) = words.direction()?;
            let state = words.bare("composing, recording or paused")?;
            if !["composing", "recording", "paused"].contains(&state) {
                return words.error("one types composing, recording or paused");
            }
            Step::Typing { from, body: json!({ "to": to, "state": state }) }
        }
        kind @ ("read" | "play") => {
            let (from, to) = words.direction()?;
            let mut labels = Vec::new();
            while words.peek().is_some() {
                labels.push(words.label()?);
            }
            Step::Read { from, to, labels, played: kind == "play" }
        }
        kind if groups::STEPS.contains(&kind) => groups::step(kind, &mut words)?,
        "fault" => fault(&mut words)?,
        "clear-faults" => Step::ClearFaults,
        "load" => load(&mut words)?,
        "history" => {
            let phone = words.person()?;
            let body = options(&mut words)?;
            Step::History { phone, body: Value::Object(body) }
        }
        kind @ ("offline" | "online") => Step::Offline { phone: words.person()?, offline: kind == "offline" },
        "logout" => Step::Logout { phone: words.person()? },
        "expect" => Step::Expect(Expectation::parse(&mut words)?),
        _ => return words.error(format!("a line begins with {STEPS}")),
    };
    words.done()?;
    Ok(step)
}

/// `phone [SHORT] NUMBER "Name"`.
fn introduce(kind: &str, words: &mut Words<'_>) -> Result<Step> {
    let short = match words.peek() {
        Some(word) if !word.quoted && !is_number(&word.text) => Some(words.bare("a name")?.to_owned()),
        _ => None,
    };
    let number = words.number()?;
    let name = words.quoted("a name")?;
    if let Some(short) = short {
        words.known.people.insert(short, number.clone());
    }
    Ok(if kind == "phone" { Step::Phone { number, name } } else { Step::Customer { number, name } })
}

/// Everything that stands for itself, with `as NAME` and `answering NAME` at its end.
fn say(kind: &str, words: &mut Words<'_>) -> Result<Step> {
    let (from, to) = words.direction()?;
    let mut body = match kind {
        "write" => json!({ "text": words.quoted("a text")? }),
        "media" => json!({ "media": media(words)? }),
        "location" => {
            let place =
                json!({ "lat": words.parsed::<f64>("a latitude")?, "lng": words.parsed::<f64>("a longitude")? });
            let mut place = place;
            if words.is_quoted() {
                place["name"] = json!(words.quoted("a name")?);
            }
            json!({ "location": place })
        }
        "contact" => {
            let name = words.quoted("a name")?;
            let mut phones = vec![words.number()?];
            while words.peek().is_some_and(|word| is_number(&word.text)) {
                phones.push(words.number()?);
            }
            json!({ "contact": { "name": name, "phones": phones } })
        }
        "poll" => {
            let question = words.quoted("a question")?;
            let options = texts(words)?;
            let max = if words.keyword("max") { words.parsed::<u32>("a number")? } else { 0 };
            json!({ "poll": { "question": question, "options": options, "max": max } })
        }
        "choose" => json!({ "button_answer": { "text": words.quoted("what was chosen")? } }),
        _ => json!({ "unknown": {} }),
    };
    body["to"] = json!(to);
    let (mut label, mut answering) = (None, None);
    loop {
        if words.keyword("as") {
            let name = words.bare("a name")?.to_owned();
            words.known.labels.insert(name.clone());
            label = Some(name);
        } else if words.keyword("answering") {
            answering = Some(words.label()?);
        } else {
            break;
        }
    }
    Ok(Step::Say(Box::new(Say { from, body, label, about: None, answering })))
}

/// What speaks of an earlier message.
fn say_about(kind: &str, words: &mut Words<'_>) -> Result<Step> {
    let (from, to) = words.direction()?;
    let label = words.label()?;
    let (field, body) = match kind {
        "vote" => ("poll_vote", json!({ "options": texts(words)? })),
        "react" => ("reaction", json!({ "emoji": words.quoted("an emoji")? })),
        "edit" => ("edit", json!({ "text": words.quoted("a text")? })),
        _ => ("revoke", json!({})),
    };
    let body = json!({ "to": to, field: body });
    Ok(Step::Say(Box::new(Say { from, body, label: None, about: Some((field, label)), answering: None })))
}

fn texts(words: &mut Words<'_>) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    while words.is_quoted() {
        texts.push(words.quoted("a text")?);
    }
    Ok(texts)
}

/// A kind of file, and what it is like. Made up unless `file` names one.
fn media(words: &mut Words<'_>) -> Result<Value> {
    const KINDS: &[&str] = &["image", "video", "audio", "voice", "document", "sticker"];
    let kind = words.bare("a kind of file")?;
    if !KINDS.contains(&kind) {
        return words.error(format!("a file is one of {}", KINDS.join(", ")));
    }
    let mut media = json!({ "kind": kind });
    let mut generated = Map::new();
    loop {
        if words.keyword("bytes") {
            generated.insert("bytes".to_owned(), json!(words.size()?));
        } else if words.keyword("seed") {
            generated.insert("seed".to_owned(), json!(words.parsed::<u64>("a number")?));
        } else if words.keyword("file") {
            media["path"] = json!(words.quoted("a path")?);
        } else if words.keyword("caption") {
            media["caption"] = json!(words.quoted("a caption")?);
        } else if words.keyword("name") {
            media["file_name"] = json!(words.quoted("a name")?);
        } else if words.keyword("mime") {
            media["mime"] = json!(words.bare("a type like image/png")?);
        } else if words.keyword("once") {
            media["view_once"] = json!(true);
        } else if let Some(field) = ["seconds", "width", "height"].into_iter().find(|field| words.keyword(field)) {
            media[field] = json!(words.parsed::<u32>("a number")?);
        } else {
            break;
        }
    }
    if media.get("path").is_none() {
        media["generated"] = Value::Object(generated);
    } else if !generated.is_empty() {
        return words.error("a file that is there has the bytes that it has: leave out bytes and seed");
    }
    Ok(media)
}

/// `fault KIND [FIELD VALUE]…`, as `POST /faults` has them.
fn fault(words: &mut Words<'_>) -> Result<Step> {
    let kind = words.bare("a fault")?.to_owned();
    let setting = Value::Object(options(words)?);
    let body = json!({ kind: setting });
    let Value::Object(map) = &body else { return words.error("a fault has a name") };
    // Checked now, so that a story is not found wrong in its middle.
    if let Err(problem) = crate::control::faults::check(map.clone()) {
        return words.error(problem);
    }
    Ok(Step::Faults(body))
}

/// `load TO customers N messages M [rate R] [media_percent P]`, as `POST /load` has them.
fn load(words: &mut Words<'_>) -> Result<Step> {
    let to = words.person()?;
    let mut body = options(words)?;
    body.insert("to".to_owned(), json!(to));
    if let Err(error) = serde_json::from_value::<crate::world::Load>(Value::Object(body.clone())) {
        return words.error(error.to_string());
    }
    Ok(Step::Load(Value::Object(body)))
}

/// Fields and values to the end of the line. The value of `number` is a person.
fn options(words: &mut Words<'_>) -> Result<Map<String, Value>> {
    let mut options = Map::new();
    while words.peek().is_some() {
        let field = words.bare("a field")?.to_owned();
        let value = if field == "number" {
            json!(words.person()?)
        } else if words.is_quoted() {
            json!(words.quoted("a value")?)
        } else {
            let text = words.bare("a value")?;
            match text.parse::<u64>() {
                Ok(number) => json!(number),
                Err(_) => match text {
                    "true" | "yes" => json!(true),
                    "false" | "no" => json!(false),
                    text => text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number)),
                },
            }
        };
        options.insert(field, value);
    }
    Ok(options)
}
