//! A colleague answers through the owner's number.

use anyhow::Result;
use ownline_model::message::{MessageStatus, Origin};
use ownline_tests::Stage;

#[tokio::test]
async fn a_colleague_answers_through_the_owners_device() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887721").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345621", "Joana").await?;
    joana.writes(&phone, "Can anyone help?").await?;
    let chat = bruno.conversation_with(&joana.number).await?;
    let id = chat.conversation.id;

    bruno.takes(&chat.ticket.expect("a ticket")).await?;
    let answer = bruno.answers(id, "Bruno here, of course").await?;

    let received = joana.has_received(&phone, &["Bruno here, of course"]).await?;
    assert_eq!(received[0].id, answer.wa_id, "the id that Bruno's machine fixed");
    bruno.sees_status(&answer, MessageStatus::Delivered).await?;
    joana.reads(&phone, std::slice::from_ref(&answer.wa_id)).await?;
    bruno.sees_status(&answer, MessageStatus::Read).await?;

    let at_ana = ana.sees_texts(id, &["Can anyone help?", "Bruno here, of course"]).await?;
    assert_eq!(at_ana[1].origin, Origin::Desk);
    assert_eq!(at_ana[1].author_id, answer.author_id, "Ana sees who wrote it");
    Ok(())
}

#[tokio::test]
async fn a_reply_waits_for_an_owner_who_is_away() -> Result<()> {
    let stage = Stage::set().await?;
    let (mut ana, phone) = stage.linked_agent("Ana", "5511988887722").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345622", "Joana").await?;
    joana.writes(&phone, "Hello?").await?;
    let chat = bruno.conversation_with(&joana.number).await?;
    bruno.takes(&chat.ticket.expect("a ticket")).await?;

    ana.program.stop().await?;
    let first = bruno.answers(chat.conversation.id, "one").await?;
    let second = bruno.answers(chat.conversation.id, "two").await?;
    bruno.is_in_sync().await?;
    for message in [&first, &second] {
        assert!(bruno.sees_status(message, MessageStatus::Queued).await?.expires_at.is_some());
    }
    joana.has_received(&phone, &[]).await?;

    ana.start_again().await?;
    ana.is_online().await?;
    joana.has_received(&phone, &["one", "two"]).await?;
    bruno.sees_status(&first, MessageStatus::Delivered).await?;
    bruno.sees_status(&second, MessageStatus::Delivered).await?;
    Ok(())
}
