//! Two people want the same ticket.

use anyhow::Result;
use ownline_model::{ids::MessageId, message::NewMessage, problem::ProblemCode};
use ownline_tests::{Stage, http::refusal};

#[tokio::test]
async fn two_agents_race_for_one_ticket() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887711").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345611", "Joana").await?;
    joana.writes(&phone, "Who answers me?").await?;
    let at_ana = ana.conversation_with(&joana.number).await?;
    let at_bruno = bruno.conversation_with(&joana.number).await?;
    assert_eq!(at_ana.conversation.id, at_bruno.conversation.id, "one conversation on every machine");
    let ticket = at_ana.ticket.expect("a ticket");

    let (by_ana, by_bruno) = tokio::join!(ana.takes(&ticket), bruno.takes(&ticket));

    let (winner, loser, lost) = if by_ana.is_ok() { (&ana, &bruno, by_bruno) } else { (&bruno, &ana, by_ana) };
    assert_eq!(refusal(lost)?, ProblemCode::TicketTaken);
    let winner_id = winner.status().await?.agent.expect("signed in").id;
    for app in [winner, loser] {
        app.find(&joana.number, |item| {
            item.ticket.as_ref().is_some_and(|t| t.assignee_id == Some(winner_id) && !t.pending)
        })
        .await?;
    }

    let id = at_ana.conversation.id;
    let try_anyway = NewMessage::text(MessageId::fresh(), "I answer too".to_owned());
    assert_eq!(refusal(loser.posts(id, &try_anyway).await)?, ProblemCode::NotAssignee);
    winner.answers(id, "I do").await?;
    joana.has_received(&phone, &["I do"]).await?;
    Ok(())
}
