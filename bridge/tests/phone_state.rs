//! What the owner keeps on the phone shows here as well: against a simulated network.
#![cfg(feature = "simulated-network")]

mod simulated;

use ownline_model::{
    conversation::{ConversationItem, ConversationView, OnPhone},
    desk_query::ConversationQuery,
    time::UtcMillis,
};
use serde_json::{Value, json};
use simulated::{
    line::{Line, WITHIN, eventually},
    network::Network,
    stage::{AGENT, CUSTOMER, OTHER, Stage, unlinked},
};

/// Two customers have written, the other one last, and both were read.
async fn with_chats() -> Stage {
    let stage = unlinked().await;
    stage.line.link(&stage.network, AGENT).await;
    for customer in [CUSTOMER, OTHER] {
        stage.network.write(customer, AGENT, "hello").await;
        stage.line.await_messages(customer, 1).await;
        let id = stage.line.chat(customer).await.conversation.id;
        stage.line.store.mark_read(id, i64::MAX).await.expect("read");
    }
    stage
}

async fn keep(network: &Network, customer: &str, change: Value) {
    network.post(&format!("/phones/{AGENT}/chats/{customer}"), change).await;
}

async fn list(line: &Line, view: ConversationView) -> Vec<ConversationItem> {
    let query = ConversationQuery { view: Some(view), ..Default::default() };
    line.store.conversations(query).await.expect("conversations").items
}

fn names(items: &[ConversationItem]) -> Vec<&str> {
    items.iter().map(|item| item.contact.name.as_str()).collect()
}

/// Whom a list shows, in any order: chats of the same second have none.
async fn await_list(line: &Line, view: ConversationView, expected: &[&str]) -> Vec<ConversationItem> {
    let mut seen = list(line, view).await;
    let deadline = tokio::time::Instant::now() + WITHIN;
    loop {
        let mut sorted = names(&seen);
        sorted.sort_unstable();
        if sorted == expected {
            return seen;
        }
        assert!(tokio::time::Instant::now() < deadline, "{expected:?} did not come: {seen:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        seen = list(line, view).await;
    }
}

async fn await_first(line: &Line, expected: &str) {
    eventually(expected, async || {
        let all = await_list(line, ConversationView::All, &["Carla Customer", "Otto Other"]).await;
        (names(&all)[0] == expected).then_some(())
    })
    .await;
}

async fn kept(line: &Line, customer: &str, expected: OnPhone) {
    eventually(&format!("{expected:?}"), async || {
        let query = ConversationQuery { q: Some(customer.to_owned()), ..Default::default() };
        let found = line.store.conversations(query).await.expect("conversations").items;
        (found.first()?.on_phone == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pinned_first_and_put_away_out_of_sight() {
    let Stage { network, line, folder: _folder } = with_chats().await;
    keep(&network, CUSTOMER, json!({ "pinned": true })).await;
    await_first(&line, "Carla Customer").await;
    keep(&network, CUSTOMER, json!({ "pinned": false })).await;
    keep(&network, OTHER, json!({ "pinned": true })).await;
    kept(&line, CUSTOMER, OnPhone::default()).await;
    kept(&line, OTHER, OnPhone { pinned: true, ..OnPhone::default() }).await;
    await_first(&line, "Otto Other").await;
    let page = ConversationQuery { limit: Some(1), ..Default::default() };
    let first = line.store.conversations(page).await.expect("a page");
    assert_eq!(names(&first.items), ["Otto Other", "Carla Customer"], "before the first page, not in place of it");
    keep(&network, CUSTOMER, json!({ "archived": true })).await;
    await_list(&line, ConversationView::All, &["Otto Other"]).await;
    await_list(&line, ConversationView::Archived, &["Carla Customer"]).await;
    let counts = line.store.conversation_counts().await.expect("counts");
    assert_eq!((counts.all, counts.closed, counts.archived), (1, 0, 1));
    kept(&line, CUSTOMER, OnPhone { archived: true, ..OnPhone::default() }).await;
    // Put away is not forgotten: who writes waits for somebody.
    network.write(CUSTOMER, AGENT, "me again").await;
    await_list(&line, ConversationView::All, &["Carla Customer", "Otto Other"]).await;
    await_list(&line, ConversationView::Archived, &["Carla Customer"]).await;
    keep(&network, CUSTOMER, json!({ "read": true })).await;
    await_list(&line, ConversationView::All, &["Otto Other"]).await;
    keep(&network, CUSTOMER, json!({ "archived": false })).await;
    await_list(&line, ConversationView::All, &["Carla Customer", "Otto Other"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_behind_an_answer_under_way_is_not_lost() {
    let Stage { network, line, folder: _folder } = with_chats().await;
    keep(&network, OTHER, json!({ "pinned": true })).await;
    kept(&line, OTHER, OnPhone { pinned: true, ..OnPhone::default() }).await;
    // The answer about the next change waits until there is one more.
    network.fault(json!({ "reorder": { "stanza": "iq", "number": AGENT, "times": 1 } })).await;
    keep(&network, CUSTOMER, json!({ "pinned": true })).await;
    eventually("the question", async || {
        network.get("/faults").await["faults"].as_array().is_some_and(Vec::is_empty).then_some(())
    })
    .await;
    keep(&network, OTHER, json!({ "archived": true })).await;
    kept(&line, CUSTOMER, OnPhone { pinned: true, ..OnPhone::default() }).await;
    kept(&line, OTHER, OnPhone { pinned: true, archived: true, ..OnPhone::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_we_were_away_arrives_with_the_next_connection() {
    let Stage { network, mut line, folder: _folder } = with_chats().await;
    line.stop().await;
    keep(&network, CUSTOMER, json!({ "muted_until": 1_900_000_000_000_i64, "by_lid": true })).await;
    keep(&network, OTHER, json!({ "muted_until": -1, "archived": true })).await;
    let line = line.restart().await;
    kept(&line, CUSTOMER, OnPhone { muted_until: Some(UtcMillis(1_900_000_000_000)), ..OnPhone::default() }).await;
    let forever = Some(UtcMillis(253_402_300_799_000));
    kept(&line, OTHER, OnPhone { archived: true, muted_until: forever, ..OnPhone::default() }).await;
    keep(&network, OTHER, json!({ "muted_until": null, "archived": false })).await;
    kept(&line, OTHER, OnPhone::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_and_unread_are_followed() {
    let Stage { network, line, folder: _folder } = with_chats().await;
    let unread = async |expected: u32| {
        eventually("unread", async || (line.chat(CUSTOMER).await.conversation.unread == expected).then_some(())).await;
    };
    network.write(CUSTOMER, AGENT, "one more").await;
    unread(1).await;
    keep(&network, CUSTOMER, json!({ "read": true })).await;
    unread(0).await;
    keep(&network, CUSTOMER, json!({ "read": false })).await;
    unread(1).await;
    let id = line.chat(CUSTOMER).await.conversation.id;
    line.store.mark_read(id, i64::MAX).await.expect("read");
    unread(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_book_names_whom_nobody_has_named() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    // Known before there is a chat.
    network.post(&format!("/phones/{AGENT}/contacts"), json!({ "with": CUSTOMER, "name": "Carla from Lyon" })).await;
    line.link(&network, AGENT).await;
    for customer in [CUSTOMER, OTHER] {
        network.write(customer, AGENT, "hello").await;
        line.await_messages(customer, 1).await;
    }
    let name = async |customer: &'static str, expected: &str| {
        eventually(expected, async || (line.chat(customer).await.contact.name == expected).then_some(())).await;
    };
    name(CUSTOMER, "Carla from Lyon").await;
    name(OTHER, "Otto Other").await;
    network.post(&format!("/phones/{AGENT}/contacts"), json!({ "with": OTHER, "name": "Otto the Baker" })).await;
    name(OTHER, "Otto the Baker").await;
    // What the team says counts more.
    let id = line.chat(OTHER).await.contact.id;
    let patch = ownline_model::contact::ContactPatch { name: Some("Mr Other".into()), ..Default::default() };
    line.store.patch_contact(id, patch).await.expect("named");
    network.post(&format!("/phones/{AGENT}/contacts"), json!({ "with": OTHER, "name": "Otto Again" })).await;
    network.post(&format!("/phones/{AGENT}/contacts"), json!({ "with": CUSTOMER, "name": "Carla from Nice" })).await;
    name(CUSTOMER, "Carla from Nice").await;
    name(OTHER, "Mr Other").await;
}
