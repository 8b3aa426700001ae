//! The plug is pulled in the middle of work.

use anyhow::Result;
use ownline_model::message::{Direction, MessageStatus};
use ownline_tests::{Stage, agent::texts, until};

#[tokio::test]
async fn a_killed_bridge_comes_back_without_a_second_scan_and_without_loss() -> Result<()> {
    let stage = Stage::set().await?;
    let (mut ana, phone) = stage.linked_agent("Ana", "5511988887731").await?;
    let joana = stage.network.customer("5511912345631", "Joana").await?;
    joana.writes(&phone, "before").await?;
    let chat = ana.conversation_with(&joana.number).await?;
    let id = chat.conversation.id;
    ana.takes(&chat.ticket.expect("a ticket")).await?;

    let answer = ana.answers(id, "answer in the middle").await?;
    ana.program.kill().await?;
    joana.writes(&phone, "while dead 1").await?;
    joana.writes(&phone, "while dead 2").await?;

    ana.start_again().await?;
    ana.is_online().await?;
    until(
        "all of Joana's texts",
        async || ana.messages(id).await,
        |messages| texts(messages, Direction::Inbound) == ["before", "while dead 1", "while dead 2"],
    )
    .await?;
    ana.sees_status(&answer, MessageStatus::Delivered).await?;
    joana.has_received(&phone, &["answer in the middle"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_restarted_network_finds_everybody_where_they_were() -> Result<()> {
    let mut stage = Stage::set().await?;
    let (mut ana, phone) = stage.linked_agent("Ana", "5511988887732").await?;
    let joana = stage.network.customer("5511912345632", "Joana").await?;
    joana.writes(&phone, "one").await?;
    let id = ana.conversation_with(&joana.number).await?.conversation.id;

    ana.program.stop().await?;
    joana.writes(&phone, "two").await?;
    stage.network.restart().await?;
    ana.start_again().await?;
    ana.is_online().await?;

    ana.sees_texts(id, &["one", "two"]).await?;
    joana.writes(&phone, "three").await?;
    ana.sees_texts(id, &["one", "two", "three"]).await?;
    Ok(())
}
