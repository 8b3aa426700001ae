//! A group, from talk that concerns nobody else to a ticket that the team answers.

use anyhow::{Context as _, Result};
use ownline_model::{
    contact::ContactKind,
    conversation::{ConversationItem, Scope},
    group::Group,
    message::MessageStatus,
};
use ownline_tests::{
    Stage,
    agent::{AgentApp, HURRIED},
    network::Customer,
    until,
};
use serde_json::{Value, json};

/// The one group on an agent's screen, once `enough`.
async fn group_of(app: &AgentApp, enough: impl Fn(&ConversationItem) -> bool) -> Result<ConversationItem> {
    let look = async || {
        let all = app.conversations().await?;
        Ok(all.into_iter().filter(|item| item.contact.kind == ContactKind::Group).collect::<Vec<_>>())
    };
    let what = format!("{} to see one group", app.name);
    let found = until(&what, look, |items: &Vec<_>| items.len() == 1 && items.iter().all(&enough)).await?;
    found.into_iter().next().context("the group just seen")
}

async fn says(stage: &Stage, who: &Customer, group: &str, text: &str) -> Result<()> {
    let body = json!({ "to": group, "text": text });
    stage.network.api.post::<Value>(&format!("/customers/{}/messages", who.number), &body).await.map(drop)
}

/// Waits until a member's phone shows this text, from that number.
async fn reads(stage: &Stage, who: &Customer, group: &str, from: &str, text: &str) -> Result<()> {
    let path = format!("/customers/{}/messages?with={group}", who.number);
    let look = async || {
        let seen: Value = stage.network.api.get(&path).await?;
        let list = if seen.is_array() { seen } else { seen["messages"].clone() };
        Ok(list.as_array().is_some_and(|all| all.iter().any(|it| it["text"] == text && it["from"] == from)))
    };
    until(&format!("{} to read {text:?}", who.number), look, |found| *found).await.map(drop)
}

#[tokio::test]
async fn a_group_stays_the_agents_own_until_it_is_turned_on_and_is_then_work_for_the_team() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent_under("Ana", "5511988887831", Some(HURRIED)).await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345831", "Joana").await?;
    let davi = stage.network.customer("5511912345832", "Davi").await?;
    let members = [&davi.number, &phone.number];
    let body = json!({ "subject": "Condo 12", "owner": joana.number, "members": members });
    let made: Value = stage.network.api.post("/groups", &body).await?;
    let group = made["id"].as_str().context("the group's id")?.to_owned();

    says(&stage, &joana, &group, "Who has the key?").await?;
    reads(&stage, &davi, &group, &joana.number, "Who has the key?").await?;
    says(&stage, &davi, &group, "The porter").await?;
    let chat = group_of(&ana, |item| item.contact.name == "Condo 12").await?;
    let id = chat.conversation.id;
    let talk = ana.sees_texts(id, &["Who has the key?", "The porter"]).await?;
    let names: Vec<_> = talk.iter().filter_map(|it| it.details.sender.as_ref()).map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Joana", "Davi"]);
    assert_eq!(chat.conversation.scope, Scope::Private, "whatever new chats share on a work number");
    let known: Group = ana.api.get(&format!("/api/conversations/{id}/group")).await?;
    assert_eq!((known.subject.as_str(), known.member, known.members.len()), ("Condo 12", true, 3));
    let admins: Vec<_> = known.members.iter().filter(|it| it.admin).map(|it| it.name.as_str()).collect();
    assert_eq!(admins, ["Joana"]);
    assert_eq!(known.members.iter().filter(|it| it.me).count(), 1);
    ana.is_in_sync().await?;
    assert!(bruno.conversations().await?.is_empty(), "nobody else hears of it");

    ana.shares(id, Scope::Shared, false).await?;
    says(&stage, &joana, &group, "Ana, the lift is broken").await?;
    let there = group_of(&bruno, |item| item.ticket.is_some()).await?;
    let told = bruno.sees_texts(there.conversation.id, &["Ana, the lift is broken"]).await?;
    assert_eq!(told[0].details.sender.as_ref().map(|it| it.name.as_str()), Some("Joana"));
    let chat = group_of(&ana, |item| item.ticket.is_some()).await?;
    let ticket = chat.ticket.context("the ticket")?;
    ana.takes(&ticket).await?;
    let answer = ana.answers(chat.conversation.id, "It is being repaired").await?;
    for member in [&joana, &davi] {
        reads(&stage, member, &group, &phone.number, "It is being repaired").await?;
    }
    ana.sees_status(&answer, MessageStatus::Delivered).await?;
    let all = ["Who has the key?", "The porter", "Ana, the lift is broken", "It is being repaired"];
    ana.sees_texts(chat.conversation.id, &all).await?;
    let names: Vec<_> = ana
        .messages(chat.conversation.id)
        .await?
        .into_iter()
        .map(|it| it.details.sender.map(|sender| sender.name).unwrap_or_default())
        .collect();
    assert_eq!(names, ["Joana", "Davi", "Joana", ""], "the server's word on them takes no name away");
    Ok(())
}
