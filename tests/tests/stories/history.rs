//! The past that a phone hands over at linking.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use ownline_model::{
    bridge::{HistoryProgress, HistoryState, NumberUse},
    conversation::{AskForOlder, ConversationItem},
    event::HistoryArrived,
    message::Message,
    page::Page,
};
use ownline_tests::{Stage, agent::AgentApp, until, wait::until_within};
use serde_json::{Value, json};

/// In milliseconds.
const HOUR: i64 = 3_600_000;
const JOANA: &str = "5511912345681";

async fn progress(app: &AgentApp) -> Result<HistoryProgress> {
    app.status().await?.history.context("the status tells of the history")
}

/// A part that was lost on its way is asked for after a pause, and so is each one behind it, twice where none comes.
const LOST_PARTS: Duration = Duration::from_secs(150);

pub(super) async fn imported(app: &AgentApp) -> Result<HistoryProgress> {
    let done = |history: &HistoryProgress| history.state == HistoryState::Done;
    until_within(LOST_PARTS, "the import to end", async || progress(app).await, done).await
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(|message| message.text.as_deref()).collect()
}

/// What Joana and the phone said to each other until an hour ago, an hour apart each time.
fn joana(count: i64, kept_back: u32) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let begin = i64::try_from(now).expect("a date") - (count + 1) * HOUR;
    let messages: Vec<Value> = (0..count)
        .map(|n| json!({ "text": format!("past {n}"), "from_me": n % 2 == 1, "at": begin + n * HOUR }))
        .collect();
    json!({ "with": JOANA, "name": "Joana Silva", "messages": messages, "kept_back": kept_back })
}

#[tokio::test]
async fn the_past_is_there_after_linking_and_the_phone_gives_more_when_asked() -> Result<()> {
    let stage = Stage::set().await?;
    let supervisor = stage.desk.supervisor("Sam").await?;
    let phone = stage.network.phone("5511988887781", "Ana").await?;
    let customer = stage.network.customer(JOANA, "Joana").await?;
    let history = json!({ "items": [joana(6, 2)], "conversations": 120, "messages_per_conversation": 5, "chunk": 100 });
    let given: Value = stage.network.api.post(&format!("/phones/{}/history", phone.number), &history).await?;
    let ana = stage.agent("Ana").await?;
    ana.links(&phone).await?;

    let history = imported(&ana).await?;
    assert_eq!(Some(history.messages), given["messages"].as_u64(), "{history:?}");
    assert_eq!(Some(history.conversations), given["conversations"].as_u64(), "{history:?}");
    assert_eq!((history.failed, history.percent), (0, Some(100)), "{history:?}");
    let chat = ana.find(JOANA, |_| true).await?;
    let id = chat.conversation.id;
    assert_eq!(texts(&ana.messages(id).await?), ["past 2", "past 3", "past 4", "past 5"]);
    assert_eq!((chat.contact.name.as_str(), chat.conversation.unread, chat.older_on_phone), ("Joana Silva", 0, true));
    let seen: Page<ConversationItem> = supervisor.api.get("/api/conversations").await?;
    assert!(seen.items.is_empty(), "the past is not the team's: {:?}", seen.items);

    customer.writes(&phone, "and now").await?;
    let chat = ana.conversation_with(JOANA).await?;
    assert_eq!(chat.conversation.unread, 1);
    let older: HistoryArrived =
        ana.api.post(&format!("/api/conversations/{id}/older"), &AskForOlder::default()).await?;
    assert_eq!(older.messages, 2);
    let all = ["past 0", "past 1", "past 2", "past 3", "past 4", "past 5", "and now"];
    assert_eq!(texts(&ana.messages(chat.conversation.id).await?), all);
    assert!(!ana.find(JOANA, |_| true).await?.older_on_phone, "that was all");
    let page: Page<Message> =
        supervisor.api.get(&format!("/api/conversations/{}/messages", chat.conversation.id)).await?;
    assert_eq!(texts(&page.items), ["and now"], "only what came after linking");
    Ok(())
}

#[tokio::test]
async fn f13_an_import_goes_on_after_the_plug_was_pulled() -> Result<()> {
    let stage = Stage::set().await?;
    let phone = stage.network.phone("5511988887782", "Ana").await?;
    let history = json!({ "conversations": 400, "messages_per_conversation": 20, "chunk": 500, "pace_ms": 150 });
    let given: Value = stage.network.api.post(&format!("/phones/{}/history", phone.number), &history).await?;
    let mut ana = stage.agent("Ana").await?;
    let code = ana.asks_for_code(NumberUse::Work).await?;
    phone.scan(&code).await?;
    for pull in 1..=6 {
        let enough = pull * 600;
        let reached = |history: &HistoryProgress| history.messages >= enough || history.state == HistoryState::Done;
        until(&format!("{enough} messages of the past"), async || progress(&ana).await, reached).await?;
        ana.program.kill().await?;
        ana.start_again().await?;
    }
    let history = imported(&ana).await?;
    assert_eq!(history.failed, 0, "{history:?}");
    let mut chats = vec![];
    let mut cursor = String::new();
    loop {
        let page: Page<ConversationItem> =
            ana.api.get(&format!("/api/conversations?limit=200&view=all{cursor}")).await?;
        chats.extend(page.items);
        let Some(next) = page.next_cursor else { break };
        cursor = format!("&cursor={next}");
    }
    let closed: Page<ConversationItem> = ana.api.get("/api/conversations?limit=200&view=closed").await?;
    assert_eq!(Some(history.conversations), given["conversations"].as_u64(), "{history:?} {given}");
    assert_eq!(Some(history.messages), given["messages"].as_u64(), "nothing lost, nothing twice: {history:?} {given}");
    for chat in chats.iter().chain(&closed.items).take(40) {
        let messages = ana.messages(chat.conversation.id).await?;
        assert_eq!(messages.len(), 20, "{}", chat.contact.name);
        assert!(messages.is_sorted_by_key(|message| message.at), "in order");
    }
    Ok(())
}
