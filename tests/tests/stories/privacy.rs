//! What a chat shares, seen from the server's files and from a colleague's machine.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};
use ownline_model::{
    bridge::NumberUse,
    conversation::{ConversationItem, Scope, TeamView},
    ids::ConversationId,
    message::MessageStatus,
    problem::ProblemCode,
};
use ownline_tests::{Stage, agent::AgentApp, http::refusal, network::Phone, until};
use serde_json::{Value, json};

use crate::history::imported;

const CANARY: &str = "canary-5d1c-words";

/// Ana's number is linked as her own rather than as her employer's.
async fn personal(stage: &Stage, name: &str, number: &str) -> Result<(AgentApp, Phone)> {
    let phone = stage.network.phone(number, name).await?;
    let app = stage.agent(name).await?;
    let code = app.asks_for_code(NumberUse::Personal).await?;
    phone.scan(&code).await?;
    app.is_online().await?;
    app.is_in_sync().await?;
    Ok((app, phone))
}

/// Where the words stand in the files of a folder.
fn files_with(folder: &Path, words: &str) -> Result<Vec<String>> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, words)?);
            continue;
        }
        let bytes = match std::fs::read(&path) {
            // The program at work on the folder has just removed it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            read => read?,
        };
        if bytes.windows(words.len()).any(|window| window == words.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    Ok(found)
}

async fn is_gone(app: &AgentApp, id: ConversationId) -> Result<()> {
    let look = async || {
        let path = format!("/api/conversations/{id}/messages");
        let gone = match app.api.get::<Value>(&path).await {
            Ok(_) => false,
            Err(error) => refusal::<()>(Err(error))? == ProblemCode::NotFound,
        };
        let listed = app.conversations().await?.iter().any(|item| item.conversation.id == id);
        Ok(gone && !listed)
    };
    until(&format!("the chat to be gone from {}", app.name), look, |gone| *gone).await.map(drop)
}

#[tokio::test]
async fn a_personal_numbers_chats_stay_until_they_are_shared_and_go_when_they_are_not() -> Result<()> {
    let mut stage = Stage::set().await?;
    let (ana, phone) = personal(&stage, "Ana", "5511988887811").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345811", "Joana Canary").await?;
    let desk = stage.folder().join("desk");

    joana.writes(&phone, CANARY).await?;
    let id = ana.find(&joana.number, |_| true).await?.conversation.id;
    let answer = ana.answers(id, &format!("answer to {CANARY}")).await?;
    ana.sees_status(&answer, MessageStatus::Delivered).await?;
    ana.is_in_sync().await?;
    let view: TeamView = ana.api.get(&format!("/api/conversations/{id}/team-view")).await?;
    assert_eq!((view.scope, view.messages.len(), view.withheld), (Scope::Private, 0, 2));
    assert!(view.conversation.is_none());
    for secret in [CANARY, "Joana Canary", &joana.number] {
        assert_eq!(files_with(&desk, secret)?, Vec::<String>::new(), "nothing of a private chat reaches the server");
    }
    assert!(bruno.conversations().await?.is_empty());

    ana.shares(id, Scope::Shared, true).await?;
    let there = bruno.find(&joana.number, |_| true).await?.conversation.id;
    let both = [CANARY.to_owned(), format!("answer to {CANARY}")];
    let both = both.each_ref().map(String::as_str);
    bruno.sees_texts(there, &both).await?;
    let id = ana.find(&joana.number, |_| true).await?.conversation.id;
    ana.sees_texts(id, &both).await?;
    assert!(!files_with(&desk, CANARY)?.is_empty(), "the search finds what is there");

    ana.shares(id, Scope::Private, false).await?;
    ana.is_in_sync().await?;
    is_gone(&bruno, there).await?;
    let supervisor = stage.desk.supervisor("Sam").await?;
    assert!(supervisor.conversations().await?.is_empty());
    ana.sees_texts(id, &both).await.context("the owner keeps everything")?;
    stage.desk.program.stop().await?;
    assert_eq!(files_with(&desk, CANARY)?, Vec::<String>::new(), "what was taken back is in no file any more");

    stage.desk.program.start_again().await?;
    let carla = stage.agent("Carla").await?;
    assert!(carla.conversations().await?.is_empty(), "nor does a new machine hear of it");
    ana.is_in_sync().await?;
    joana.writes(&phone, "still private").await?;
    ana.answers(id, "and answered").await?;
    joana.has_received(&phone, &[both[1], "and answered"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_chat_can_keep_its_words_and_show_that_it_is_there() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887812").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345812", "Joana").await?;
    joana.writes(&phone, CANARY).await?;
    let id = bruno.conversation_with(&joana.number).await?.conversation.id;
    bruno.sees_texts(id, &[CANARY]).await?;

    ana.shares(id, Scope::Metadata, false).await?;
    joana.writes(&phone, &format!("more {CANARY}")).await?;
    let seen = until(
        "Bruno to see two messages without words",
        async || bruno.messages(id).await,
        |messages| messages.len() == 2 && messages.iter().all(|message| message.text.is_none()),
    )
    .await?;
    assert!(!serde_json::to_string(&seen)?.contains(CANARY));
    let listed = bruno.find(&joana.number, |item| item.conversation.scope == Scope::Metadata).await?;
    assert!(!serde_json::to_string(&listed)?.contains(CANARY), "not in the list either: {listed:?}");
    let view: TeamView = ana.api.get(&format!("/api/conversations/{id}/team-view")).await?;
    assert_eq!(view.messages.len(), 2);
    assert!(!serde_json::to_string(&view)?.contains(CANARY));
    assert_eq!(refusal(bruno.shares(id, Scope::Shared, true).await)?, ProblemCode::NotYourNumber);

    ana.shares(id, Scope::Shared, true).await?;
    bruno.sees_texts(id, &[CANARY, &format!("more {CANARY}")]).await?;
    Ok(())
}

/// The customer takes the number of somebody with whom the agent has talked in private: they are one person now.
#[tokio::test]
async fn a_chat_that_becomes_one_with_a_private_one_is_taken_back_from_the_team() -> Result<()> {
    let mut stage = Stage::set().await?;
    let (number, private) = ("5511988887813", "5511912345814");
    stage.network.phone(number, "Ana").await?;
    let yesterday = SystemTime::now() - Duration::from_hours(24);
    let at = i64::try_from(yesterday.duration_since(UNIX_EPOCH)?.as_millis())?;
    let past = json!({ "with": private, "name": "Joana", "messages": [{ "text": "between us", "at": at }] });
    let history = json!({ "items": [past] });
    stage.network.api.post::<Value>(&format!("/phones/{number}/history"), &history).await?;
    let (ana, phone) = personal(&stage, "Ana", number).await?;
    imported(&ana).await?;
    let kept = ana.find(private, |item| item.conversation.last_message.is_some()).await?;
    assert_eq!(kept.conversation.scope, Scope::Private);
    let bruno = stage.agent("Bruno").await?;

    let joana = stage.network.customer("5511912345813", "Joana Canary").await?;
    joana.writes(&phone, CANARY).await?;
    let id = ana.find(&joana.number, |_| true).await?.conversation.id;
    ana.shares(id, Scope::Shared, true).await?;
    let there = bruno.find(&joana.number, |_| true).await?.conversation.id;
    bruno.sees_texts(there, &[CANARY]).await?;
    ana.is_in_sync().await?;
    let desk = stage.folder().join("desk");
    assert!(!files_with(&desk, CANARY)?.is_empty(), "the search finds what is there");

    let moved = json!({ "to": private });
    stage.network.api.post::<Value>(&format!("/customers/{}/change-number", joana.number), &moved).await?;
    is_gone(&bruno, there).await?;
    let alone = |all: &Vec<ConversationItem>| all.len() == 1 && all[0].conversation.scope == Scope::Private;
    let one = until("one private chat at Ana's", async || ana.conversations().await, alone).await?.remove(0);
    ana.sees_texts(one.conversation.id, &["between us", CANARY]).await.context("the owner keeps everything")?;
    let view: TeamView = ana.api.get(&format!("/api/conversations/{}/team-view", one.conversation.id)).await?;
    assert_eq!((view.scope, view.messages.len(), view.withheld), (Scope::Private, 0, 2));

    stage.network.customer(private, "Joana Canary").await?.writes(&phone, &format!("more {CANARY}")).await?;
    ana.sees_texts(one.conversation.id, &["between us", CANARY, &format!("more {CANARY}")]).await?;
    ana.is_in_sync().await?;
    assert!(bruno.conversations().await?.is_empty(), "nor does anybody hear what comes");
    stage.desk.program.stop().await?;
    for secret in [CANARY, "between us", private] {
        assert_eq!(files_with(&desk, secret)?, Vec::<String>::new(), "{secret} is in no file of the server");
    }
    Ok(())
}
