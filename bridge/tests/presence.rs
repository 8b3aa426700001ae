//! Who sees whom: presence, typing and read receipts, against a simulated network.
#![cfg(feature = "simulated-network")]

mod simulated;

use std::time::Duration;

use futures_util::StreamExt as _;
use ownline_bridge::store::change::Change;
use ownline_model::{
    bridge::{LineSettings, ReadReceipts},
    conversation::Scope,
    event::{Event, Typing},
    ids::ConversationId,
    message::MessageStatus,
};
use serde_json::json;
use simulated::{
    line::{Line, WITHIN, eventually},
    network::Network,
    stage::{AGENT, CUSTOMER, Stage, linked},
};
use tokio::time::Instant;

/// Waits until the network counts the line as there, or not.
async fn await_available(network: &Network, available: bool) {
    eventually("presence", async || {
        let state = network.get("/state").await;
        let phone = state["phones"].as_array()?.iter().find(|phone| phone["number"] == AGENT)?.clone();
        let linked = phone["devices"].as_array()?.iter().find(|device| device["device"] != 0)?.clone();
        (linked["available"] == available).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_is_there_only_while_the_agent_is() {
    let Stage { network, line, folder: _folder } = linked().await;
    await_available(&network, true).await;
    line.store.set_present_until(None);
    await_available(&network, false).await;
    line.store.set_present_until(Some(Instant::now() + Duration::from_secs(3)));
    await_available(&network, true).await;
    // The window says nothing any more.
    await_available(&network, false).await;
    // Nor does a new connection make the line appear.
    network.fault(json!({ "cut": { "at": "now", "number": AGENT, "times": 1 } })).await;
    network.write(CUSTOMER, AGENT, "anybody there?").await;
    line.await_messages(CUSTOMER, 1).await;
    await_available(&network, false).await;
}

/// The next state of typing that the customer sees.
async fn typing_seen(events: &mut (impl futures_util::Stream<Item = serde_json::Value> + Unpin)) -> serde_json::Value {
    let seen = async {
        while let Some(event) = events.next().await {
            if event["type"] == "typing" && event["from"] == AGENT && event["number"] == CUSTOMER {
                return event["state"].clone();
            }
        }
        serde_json::Value::Null
    };
    tokio::time::timeout(WITHIN, seen).await.expect("typing in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_and_recording_are_told_apart_both_ways() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "hello").await;
    let id = line.chat(CUSTOMER).await.conversation.id;
    let chat = line.store.own_chat(id).await.expect("store").expect("own chat");
    let mut events = network.events().await;
    for (typing, recording, state) in [(true, false, "composing"), (true, true, "recording"), (false, false, "paused")]
    {
        line.port.agent_typing(chat.clone(), typing, recording);
        assert_eq!(typing_seen(&mut events).await, state);
    }
    let mut changes = line.store.changes();
    for (state, typing, recording) in [("composing", true, false), ("recording", true, true), ("paused", false, false)]
    {
        network.post(&format!("/customers/{CUSTOMER}/typing"), json!({ "to": AGENT, "state": state })).await;
        let heard = async {
            loop {
                if let Change::CustomerTyping { typing, .. } = changes.recv().await.expect("changes") {
                    return typing;
                }
            }
        };
        let heard = tokio::time::timeout(WITHIN, heard).await.expect("in time");
        assert_eq!(heard, Typing { conversation_id: id, typing, recording }, "{state}");
    }
}

async fn policy(line: &Line, read_receipts: ReadReceipts) {
    let settings = LineSettings { read_receipts, default_scope: Scope::Shared, lends: true };
    assert!(line.store.set_line_settings(settings.clone()).await.expect("store"));
    assert_eq!(line.store.line_settings().await.expect("store"), Some(settings));
}

/// A person reads everything in the chat, as the screen says it.
async fn read(line: &Line, id: ConversationId) {
    let read = line.store.mark_read(id, i64::MAX).await.expect("read");
    let ticks = read.on_own_number.expect("something was unseen");
    line.store.owe_ticks(id, ticks.wa_ids).await.expect("owed");
}

async fn status_seen_by_customer(network: &Network, id: &str) -> Option<String> {
    let messages = network.get(&format!("/customers/{CUSTOMER}/messages?with={AGENT}")).await;
    let message = messages.as_array()?.iter().find(|message| message["id"] == id)?.clone();
    message["status"].as_str().map(str::to_owned)
}

async fn await_ticks(network: &Network, id: &str) {
    eventually("the blue ticks", async || {
        (status_seen_by_customer(network, id).await.as_deref() == Some("read")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_learns_of_reading_as_the_policy_says() {
    let Stage { mut network, line, folder: _folder } = linked().await;
    let first = network.write(CUSTOMER, AGENT, "first").await;
    line.await_messages(CUSTOMER, 1).await;
    let id = line.chat(CUSTOMER).await.conversation.id;
    read(&line, id).await;
    await_ticks(&network, &first).await;

    policy(&line, ReadReceipts::OnReply).await;
    let second = network.write(CUSTOMER, AGENT, "second").await;
    line.await_messages(CUSTOMER, 2).await;
    read(&line, id).await;
    assert!(line.store.ticks_due().await.expect("store").is_empty(), "nobody has answered");
    let line = line.restart().await;
    let reply = line.write(CUSTOMER, "an answer").await;
    line.await_status(CUSTOMER, reply, MessageStatus::Delivered).await;
    await_ticks(&network, &second).await;

    policy(&line, ReadReceipts::Never).await;
    let third = network.write(CUSTOMER, AGENT, "third").await;
    line.await_messages(CUSTOMER, 4).await;
    read(&line, id).await;
    let reply = line.write(CUSTOMER, "another answer").await;
    line.await_status(CUSTOMER, reply, MessageStatus::Delivered).await;
    policy(&line, ReadReceipts::OnView).await;

    // What is read without a connection is told with the next one.
    let fourth = network.write(CUSTOMER, AGENT, "fourth").await;
    line.await_messages(CUSTOMER, 6).await;
    network.stop().await;
    line.reach(ownline_model::session::SessionStateName::Reconnecting).await;
    read(&line, id).await;
    network.restart().await;
    await_ticks(&network, &fourth).await;
    assert_eq!(status_seen_by_customer(&network, &third).await.as_deref(), Some("delivered"), "never is never");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_chat_shows_whether_its_customer_is_there() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "hello").await;
    let id = line.chat(CUSTOMER).await.conversation.id;
    let mut changes = line.store.changes();
    line.store.watch_chats([id].into());
    let heard = async {
        loop {
            if let Change::Event(event) = changes.recv().await.expect("changes")
                && let Event::CustomerPresence(presence) = &*event
            {
                return presence.clone();
            }
        }
    };
    let heard = tokio::time::timeout(WITHIN, heard).await.expect("the customer's presence in time");
    assert_eq!(heard.conversation_id, id);
}
