//! Files that a team shares: from the owner's machine over the server to a colleague's, and back through the owner's number.

use anyhow::{Context as _, Result, bail};
use ownline_model::{
    conversation::Scope,
    details::FileState,
    ids::{ConversationId, MessageId},
    message::{Message, NewMessage, UploadedMedia},
};
use ownline_tests::{Stage, agent::AgentApp, until};
use reqwest::Method;
use serde_json::Value;

/// The file of a message as an agent gets it; the status where there is none.
async fn file(app: &AgentApp, id: MessageId) -> Result<Result<Vec<u8>, u16>> {
    let answer = app.api.request(Method::GET, &format!("/api/messages/{id}/media")).send().await?;
    if answer.status().is_success() {
        Ok(Ok(answer.bytes().await?.to_vec()))
    } else {
        Ok(Err(answer.status().as_u16()))
    }
}

async fn file_in_time(app: &AgentApp, id: MessageId) -> Result<Vec<u8>> {
    let got = until("the file", async || file(app, id).await, Result::is_ok).await?;
    got.map_err(|status| anyhow::anyhow!("{status}"))
}

async fn only_file(app: &AgentApp, id: ConversationId) -> Result<Message> {
    let messages = until(
        "a message with a file",
        async || app.messages(id).await,
        |messages| messages.iter().any(|message| message.details.attachment().is_some()),
    )
    .await?;
    messages.into_iter().find(|message| message.details.attachment().is_some()).context("a file")
}

async fn hand_over(app: &AgentApp, name: &str, bytes: Vec<u8>) -> Result<UploadedMedia> {
    let answer = app.api.request(Method::POST, &format!("/api/media?name={name}")).body(bytes).send().await?;
    if !answer.status().is_success() {
        bail!("{}: {}", answer.status(), answer.text().await?);
    }
    Ok(answer.json().await?)
}

#[tokio::test]
async fn a_colleague_sees_the_customers_file_and_answers_with_one_until_the_chat_is_taken_back() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887821").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345821", "Joana").await?;

    let sent = joana.sends_file(&phone, "image").await?;
    let id = bruno.conversation_with(&joana.number).await?.conversation.id;
    let seen = only_file(&bruno, id).await?;
    let bytes = file_in_time(&bruno, seen.id).await?;
    let told = seen.details.attachment().and_then(|file| file.sha256.clone());
    assert_eq!(
        (told.as_deref(), bytes.len() as u64),
        (sent["media"]["sha256"].as_str(), sent["media"]["size"].as_u64().context("size")?)
    );
    assert_eq!(file_in_time(&ana, seen.id).await?, bytes, "the owner has the same");

    let ticket = bruno.find(&joana.number, |item| item.ticket.is_some()).await?.ticket.context("a ticket")?;
    bruno.takes(&ticket).await?;
    let answer = b"the contract, as discussed\n".repeat(40_000);
    let media = hand_over(&bruno, "contract.txt", answer.clone()).await?;
    let new = NewMessage { media_id: Some(media.id), ..NewMessage::text(MessageId::fresh(), "as discussed".into()) };
    let reply = bruno.posts(id, &new).await?;
    let verified = |message: &Option<Value>| {
        message.as_ref().is_some_and(|message| message["media"]["fetched"]["state"] == "verified")
    };
    let there = until("the file at the customer", async || joana.file(&phone, &reply.wa_id).await, verified).await?;
    let there = there.context("the message")?;
    assert_eq!(there["media"]["sha256"].as_str(), media.attachment.sha256.as_deref());
    assert_eq!(there["media"]["caption"], "as discussed");
    assert_eq!(file_in_time(&ana, reply.id).await?, answer, "and the owner can look at it");

    let ended = bruno.find(&joana.number, |item| item.ticket.is_some()).await?.ticket.context("the ticket")?;
    bruno.resolves(&ended, "sent").await?;
    ana.shares(id, Scope::Private, false).await?;
    let look = async || file(&bruno, seen.id).await;
    until("the file to be gone from Bruno", look, Result::is_err).await.map(drop)?;
    until(
        "his folder to be empty of it",
        async || Ok(std::fs::read_dir(bruno.data.join("media"))?.count()),
        |count| *count == 0,
    )
    .await?;
    assert_eq!(file_in_time(&ana, seen.id).await?, bytes, "the owner keeps everything");
    let mine = ana.messages(id).await?;
    let kept = mine.iter().find(|message| message.id == seen.id).and_then(|message| message.details.attachment());
    assert_eq!(kept.map(|file| &file.state), Some(&FileState::Here));
    Ok(())
}
