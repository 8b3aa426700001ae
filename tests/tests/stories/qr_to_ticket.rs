//! The whole path: a code is scanned, a customer writes, a ticket is taken, answered and resolved.

use anyhow::Result;
use ownline_model::{
    conversation::ConversationState,
    message::{Direction, MessageStatus, Origin},
    session::SessionStateName,
    ticket::TicketState,
};
use ownline_tests::{Stage, until};

#[tokio::test]
async fn a_customer_writes_and_an_agent_answers() -> Result<()> {
    let stage = Stage::set().await?;
    let supervisor = stage.desk.supervisor("Sam").await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887777").await?;
    let joana = stage.network.customer("5511912345678", "Joana Silva").await?;

    joana.writes(&phone, "Hi! My order arrived but the box is damaged").await?;

    let chat = ana.conversation_with(&joana.number).await?;
    assert_eq!(chat.contact.name, "Joana Silva");
    assert_eq!(chat.conversation.unread, 1);
    assert_eq!(chat.conversation.state, ConversationState::Active);
    let ticket = chat.ticket.clone().expect("a ticket");
    assert_eq!((ticket.state, ticket.number), (TicketState::Open, 1));
    let id = chat.conversation.id;

    let desk = supervisor.conversations().await?;
    assert_eq!(desk.len(), 1, "the team's desk has it too: {desk:?}");

    assert_eq!(ana.takes(&ticket).await?.state, TicketState::Assigned);
    let answer = ana.answers(id, "I'm sorry, Joana. A new one is on its way.").await?;
    assert_eq!(answer.status, MessageStatus::Queued, "never called sent before WhatsApp has it");

    let received = joana.has_received(&phone, &["I'm sorry, Joana. A new one is on its way."]).await?;
    assert_eq!(received[0].id, answer.wa_id, "the id that was fixed before sending");
    ana.sees_status(&answer, MessageStatus::Delivered).await?;
    ana.sees_ticket(&ticket, TicketState::InProgress).await?;

    joana.reads(&phone, std::slice::from_ref(&answer.wa_id)).await?;
    ana.sees_status(&answer, MessageStatus::Read).await?;
    until(
        "the server to know that it was read",
        async || supervisor.messages(id).await,
        |messages| messages.iter().any(|m| m.id == answer.id && m.status == MessageStatus::Read),
    )
    .await?;

    let resolved = ana.resolves(&ticket, "Replacement sent").await?;
    assert_eq!(
        (resolved.state, resolved.resolution_note.as_deref()),
        (TicketState::Resolved, Some("Replacement sent"))
    );
    assert_eq!(ana.closes(&ticket).await?.state, TicketState::Closed);
    assert_eq!(supervisor.ticket(&ticket).await?.state, TicketState::Closed);

    joana.writes(&phone, "One more thing").await?;
    let again = ana.find(&joana.number, |item| item.ticket.as_ref().is_some_and(|t| t.id != ticket.id)).await?;
    assert_eq!(again.ticket.expect("a second ticket").number, 2, "a closed ticket stays closed");
    Ok(())
}

#[tokio::test]
async fn what_the_phone_itself_sends_shows_up_as_such() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887701").await?;
    let joana = stage.network.customer("5511912345601", "Joana").await?;
    joana.writes(&phone, "Are you there?").await?;
    let chat = ana.conversation_with(&joana.number).await?;

    phone.writes(&joana.number, "Yes, from my phone").await?;

    let messages = ana.sees_texts(chat.conversation.id, &["Are you there?", "Yes, from my phone"]).await?;
    assert_eq!((messages[1].direction, messages[1].origin), (Direction::Outbound, Origin::Phone));
    joana.has_received(&phone, &["Yes, from my phone"]).await?;
    Ok(())
}

#[tokio::test]
async fn unlinking_on_the_phone_ends_the_session_and_keeps_the_chats() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887702").await?;
    let joana = stage.network.customer("5511912345602", "Joana").await?;
    joana.writes(&phone, "Hello").await?;
    let chat = ana.conversation_with(&joana.number).await?;

    phone.unlink_everything().await?;

    ana.is_in_session(SessionStateName::LoggedOut).await?;
    ana.sees_texts(chat.conversation.id, &["Hello"]).await?;

    ana.links(&phone).await?;
    joana.writes(&phone, "Back again?").await?;
    ana.sees_texts(chat.conversation.id, &["Hello", "Back again?"]).await?;
    Ok(())
}
