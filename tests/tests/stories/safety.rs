//! The sending rules, seen from the desk and from the customers' phones.

use std::time::Duration;

use anyhow::{Context as _, Result};
use ownline_model::{
    ids::ConversationId,
    message::MessageStatus,
    problem::ProblemCode,
    safety::{OptOut, SafetyReport, SendingMode},
};
use ownline_tests::{
    Stage,
    agent::{AgentApp, SEASONED},
    http::refusal,
    network::Phone,
    until,
    wait::until_within,
};
use serde_json::{Value, json};

/// The chat with a customer, its ticket taken.
async fn taken(app: &AgentApp, number: &str) -> Result<ConversationId> {
    let item = app.conversation_with(number).await?;
    app.takes(&item.ticket.context("a ticket")?).await?;
    Ok(item.conversation.id)
}

#[tokio::test]
async fn answers_in_one_chat_keep_their_order_and_their_pace() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887801").await?;
    let joana = stage.network.customer("5511912345801", "Joana").await?;
    joana.writes(&phone, "hi").await?;
    let id = taken(&ana, &joana.number).await?;
    let begun = std::time::Instant::now();
    for text in ["1", "2", "3", "4"] {
        ana.answers(id, text).await?;
    }
    joana.has_received(&phone, &["1", "2", "3", "4"]).await?;
    assert!(begun.elapsed() >= Duration::from_secs(3), "four answers are three pauses");
    Ok(())
}

#[tokio::test]
async fn a_full_budget_holds_messages_and_lets_them_go_by_themselves() -> Result<()> {
    let stage = Stage::set().await?;
    let (mut ana, phone) = stage.linked_agent_under("Ana", "5511988887802", Some(r#"{"replies_minute": 2}"#)).await?;
    let mut chats = vec![];
    for n in 0..3 {
        let customer = stage.network.customer(&format!("55119123458{n}2"), &format!("Customer {n}")).await?;
        customer.writes(&phone, "hi").await?;
        chats.push((taken(&ana, &customer.number).await?, customer));
    }
    let mut answers = vec![];
    for (id, _) in &chats {
        answers.push(ana.answers(*id, "hello").await?);
    }
    let hold = ana.sees_hold(&answers[2], "minute_budget").await?;
    assert!(hold.until.is_some() && !hold.detail.is_empty());
    let report = ana.safety().await?;
    let meter = report.meters.iter().find(|meter| meter.code == "replies_minute").context("the meter")?;
    assert_eq!((meter.used, meter.limit, meter.free_at.is_some()), (2, 2, true));
    assert_eq!(report.held.iter().map(|held| held.message_id).collect::<Vec<_>>(), [answers[2].id]);
    assert_eq!(report.held[0].name, "Customer 2");

    ana.program.kill().await?;
    ana.start_again().await?;
    ana.is_online().await?;
    assert_eq!(ana.sees_hold(&answers[2], "minute_budget").await?.code, hold.code, "a restart frees no budget");
    let (id, customer) = &chats[2];
    until_within(
        Duration::from_mins(2),
        "the held answer to leave by itself",
        async || ana.messages(*id).await,
        |messages| messages.iter().any(|m| m.id == answers[2].id && m.status == MessageStatus::Delivered),
    )
    .await?;
    customer.has_received(&phone, &["hello"]).await?;
    let sent = ana.sees_status(&answers[2], MessageStatus::Delivered).await?;
    assert_eq!(sent.details.hold, None);
    Ok(())
}

#[tokio::test]
async fn who_says_stop_hears_no_more_from_anybody_until_it_is_lifted() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887803").await?;
    let joana = stage.network.customer("5511912345803", "Joana").await?;
    joana.writes(&phone, "hi").await?;
    let id = taken(&ana, &joana.number).await?;
    joana.writes(&phone, "Stop!").await?;
    ana.sees_texts(id, &["hi", "Stop!"]).await?;

    assert_eq!(refusal(ana.answers(id, "One more thing").await)?, ProblemCode::OptedOut);
    let listed: Vec<OptOut> = ana.api.get("/safety/opt-outs").await?;
    assert_eq!((listed.len(), listed[0].word.as_str(), listed[0].name.as_str()), (1, "stop", "Joana"));
    assert_eq!(ana.safety().await?.opted_out, 1);
    joana.has_received(&phone, &[]).await?;

    joana.writes(&phone, "I changed my mind, tell me more").await?;
    ana.sees_texts(id, &["hi", "Stop!", "I changed my mind, tell me more"]).await?;
    assert_eq!(refusal(ana.answers(id, "Gladly").await)?, ProblemCode::OptedOut, "only a person lifts it");
    let _: Value = ana.api.delete(&format!("/safety/opt-outs/{}", listed[0].contact_id)).await?;
    ana.answers(id, "Gladly").await?;
    joana.has_received(&phone, &["Gladly"]).await?;
    Ok(())
}

#[tokio::test]
async fn f09_a_time_lock_freezes_new_chats_and_lets_answers_flow() -> Result<()> {
    let stage = Stage::set().await?;
    let (mut ana, phone) = stage.linked_agent_under("Ana", "5511988887804", Some(SEASONED)).await?;
    let joana = stage.network.customer("5511912345804", "Joana").await?;
    let [otto, paula] = [("5511912345814", "Otto"), ("5511912345824", "Paula")];
    for (number, name) in [otto, paula] {
        stage.network.customer(number, name).await?;
    }
    joana.writes(&phone, "hi").await?;
    let id = taken(&ana, &joana.number).await?;

    stage.network.fault(json!({ "refuse": { "code": 463, "number": phone.number, "times": 1 } })).await?;
    let chat = ana.opens(otto.0).await?.conversation.id;
    let refused = ana.answers(chat, "Good morning, Otto").await?;
    let failed = ana.sees_status(&refused, MessageStatus::Failed).await?;
    assert_eq!(failed.failure.context("why")?.code, "reach_out_locked");

    let frozen = async |ana: &AgentApp| -> Result<SafetyReport> {
        let frozen = |report: &SafetyReport| report.mode == SendingMode::NewChatsFrozen;
        until("new chats to be frozen", async || ana.safety().await, frozen).await
    };
    let report = frozen(&ana).await?;
    assert!(report.until.is_some() && report.reason.is_some());
    let chat = ana.opens(paula.0).await?.conversation.id;
    let held = ana.answers(chat, "Good morning, Paula").await?;
    ana.sees_hold(&held, "restricted").await?;
    ana.answers(id, "Hello Joana").await?;
    joana.has_received(&phone, &["Hello Joana"]).await?;

    ana.program.kill().await?;
    ana.start_again().await?;
    ana.is_online().await?;
    assert_eq!(frozen(&ana).await?.until, report.until, "the end does not move");
    ana.answers(id, "Still here").await?;
    joana.has_received(&phone, &["Hello Joana", "Still here"]).await?;
    ana.sees_hold(&held, "restricted").await?;
    assert_eq!(ana.sees_status(&refused, MessageStatus::Failed).await?.wa_id, refused.wa_id, "nothing went again");
    Ok(())
}

#[tokio::test]
async fn first_words_to_a_stranger_hold_no_link() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, _phone) = stage.linked_agent_under("Ana", "5511988887805", Some(SEASONED)).await?;
    let joana = stage.network.customer("5511912345805", "Joana").await?;
    let chat = ana.opens(&joana.number).await?.conversation.id;
    assert_eq!(refusal(ana.answers(chat, "Look at https://example.org").await)?, ProblemCode::LinkFirst);
    Ok(())
}

/// What the server orders goes through the same gate as what the agent writes.
#[tokio::test]
async fn t39_a_server_cannot_send_more_than_the_machine_allows() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent_under("Ana", "5511988887806", Some(r#"{"replies_minute": 3}"#)).await?;
    let bruno = stage.agent("Bruno").await?;
    let (mut customers, mut ordered) = (vec![], vec![]);
    for n in 0..26 {
        let customer = stage.network.customer(&format!("551191234590{n:02}"), &format!("Customer {n}")).await?;
        customer.writes(&phone, "hi").await?;
        let chat = bruno.conversation_with(&customer.number).await?;
        bruno.takes(&chat.ticket.context("a ticket")?).await?;
        customers.push((customer, chat.conversation.id));
    }
    for (n, (_, id)) in customers.iter().enumerate() {
        ordered.push(bruno.answers(*id, &format!("ordered {n}")).await?);
    }
    let told =
        |notices: &[ownline_model::problem::Problem]| notices.iter().any(|it| it.code == ProblemCode::ManyOrdered);
    until("Ana to be told", async || ana.status().await, |status| told(&status.notices)).await?;
    let mut there = 0;
    for (customer, _) in &customers {
        there += arrived(customer, &phone).await?;
    }
    // A minute's budget, and the next one's where this machine is slow.
    assert!(there <= 6, "{there} of {} were sent", ordered.len());
    Ok(())
}

async fn arrived(customer: &ownline_tests::network::Customer, phone: &Phone) -> Result<usize> {
    Ok(customer.chat(phone).await?.iter().filter(|message| message.direction == "in").count())
}
