//! The server or the network is away for a while: nothing lost, nothing twice, order kept.

use anyhow::Result;
use ownline_model::{
    bridge::ServerLink,
    message::{Direction, MessageStatus},
};
use ownline_tests::{Stage, agent::texts, until};

#[tokio::test]
async fn work_goes_on_while_the_server_is_down() -> Result<()> {
    let mut stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887741").await?;
    let joana = stage.network.customer("5511912345641", "Joana").await?;
    joana.writes(&phone, "in 0").await?;
    let chat = ana.conversation_with(&joana.number).await?;
    let id = chat.conversation.id;
    ana.takes(&chat.ticket.expect("a ticket")).await?;

    stage.desk.program.kill().await?;
    until("Ana to notice", async || ana.status().await, |status| matches!(status.server, ServerLink::Offline { .. }))
        .await?;
    let mut inbound = vec!["in 0".to_owned()];
    let mut outbound = Vec::new();
    for round in 1..=5 {
        joana.writes(&phone, &format!("in {round}")).await?;
        inbound.push(format!("in {round}"));
        let answer = ana.answers(id, &format!("out {round}")).await?;
        outbound.push(format!("out {round}"));
        ana.sees_status(&answer, MessageStatus::Delivered).await?;
    }

    stage.desk.program.start_again().await?;
    ana.is_in_sync().await?;

    let supervisor = stage.desk.supervisor("Sam").await?;
    let on_desk = until(
        "the server to have caught up",
        async || supervisor.messages(id).await,
        |messages| {
            messages.len() == inbound.len() + outbound.len()
                && messages.iter().all(|m| m.direction == Direction::Inbound || m.status == MessageStatus::Delivered)
        },
    )
    .await?;
    let here = ana.messages(id).await?;
    assert_eq!(texts(&on_desk, Direction::Inbound), inbound);
    assert_eq!(texts(&on_desk, Direction::Outbound), outbound);
    let order = |messages: &[ownline_model::message::Message]| messages.iter().map(|m| m.id).collect::<Vec<_>>();
    assert_eq!(order(&here), order(&on_desk), "the same order on both sides");
    let outbound: Vec<&str> = outbound.iter().map(String::as_str).collect();
    joana.has_received(&phone, &outbound).await?;
    Ok(())
}

#[tokio::test]
async fn a_customer_met_while_the_server_was_down_is_one_contact_afterwards() -> Result<()> {
    let mut stage = Stage::set().await?;
    let (ana, to_ana) = stage.linked_agent("Ana", "5511988887742").await?;
    let (bruno, to_bruno) = stage.linked_agent("Bruno", "5511988887743").await?;
    let joana = stage.network.customer("5511912345642", "Joana").await?;

    stage.desk.program.kill().await?;
    joana.writes(&to_ana, "to Ana").await?;
    joana.writes(&to_bruno, "to Bruno").await?;
    ana.find(&joana.number, |_| true).await?;
    bruno.find(&joana.number, |_| true).await?;
    stage.desk.program.start_again().await?;
    ana.is_in_sync().await?;
    bruno.is_in_sync().await?;

    for app in [&ana, &bruno] {
        let items =
            until("both chats on both machines", async || app.conversations().await, |items| items.len() == 2).await?;
        assert_eq!(items[0].contact.id, items[1].contact.id, "one person, one contact");
    }
    Ok(())
}

#[tokio::test]
async fn a_cut_connection_to_whatsapp_loses_nothing() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887744").await?;
    let joana = stage.network.customer("5511912345644", "Joana").await?;
    joana.writes(&phone, "1").await?;
    let id = ana.conversation_with(&joana.number).await?.conversation.id;

    for text in ["2", "3", "4"] {
        stage.network.cut(&phone).await?;
        joana.writes(&phone, text).await?;
    }

    ana.sees_texts(id, &["1", "2", "3", "4"]).await?;
    Ok(())
}
