//! What goes wrong on purpose, as a real client sees it.

mod support;

use std::time::Duration;

use ownline_simulator::world::{Fault, Status, Typing, TypingState, WorldError};
use support::{AGENT, CUSTOMER, Device, Stage, acknowledged, eventually, jid, receipt, status};
use whatsapp_rust::wacore::types::events::Event;

async fn fault(stage: &Stage, fault: serde_json::Value) {
    let fault: Fault = serde_json::from_value(fault).expect("a fault");
    stage.world.add_fault(fault).await.expect("in force");
}

async fn linked() -> (Stage, Device) {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    let device = stage.linked(AGENT).await;
    (stage, device)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_acknowledged_with_its_code() {
    let (stage, mut device) = linked().await;
    fault(&stage, serde_json::json!({ "kind": "refuse", "code": 463, "times": 1 })).await;
    let refused = device.client.send_text(jid(CUSTOMER), "one").await.expect("handed over").message_id;
    acknowledged(&mut device, &refused, Some("463")).await;
    let taken = device.client.send_text(jid(CUSTOMER), "two").await.expect("handed over").message_id;
    acknowledged(&mut device, &taken, None).await;
    receipt(&mut device, &taken, "delivered").await;
    let lines = stage.world.customer_messages(CUSTOMER, None).await.expect("a transcript");
    assert_eq!(lines.len(), 1, "the refused one was not delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupted_message_is_asked_for_again_and_read() {
    let (stage, mut device) = linked().await;
    let mut seen = Vec::new();
    for (first, text) in [(true, "first ever"), (false, "in a running session")] {
        fault(&stage, serde_json::json!({ "kind": "corrupt", "times": 1 })).await;
        let id = stage.says(CUSTOMER, AGENT, text).await;
        // The phone is asked as well, and one of the two answers may come after the other was read.
        let (got, read) = loop {
            let (got, read, _) = device.text().await;
            if got == id || !seen.contains(&got) {
                break (got, read);
            }
        };
        assert_eq!((&got, read.as_str()), (&id, text), "first: {first}");
        seen.push(got);
        status(&stage, CUSTOMER, &id, Status::Delivered).await;
    }
    // The session that came of it carries both directions.
    let reply = device.client.send_text(jid(CUSTOMER), "understood").await.expect("sent").message_id;
    receipt(&mut device, &reply, "delivered").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_message_comes_with_the_next_login_and_a_doubled_one_once() {
    let (stage, mut device) = linked().await;
    fault(&stage, serde_json::json!({ "kind": "drop", "times": 1 })).await;
    stage.says(CUSTOMER, AGENT, "lost").await;
    stage.says(CUSTOMER, AGENT, "not lost").await;
    assert_eq!(device.texts(1).await, ["not lost"]);
    let mut device = device.restart().await;
    assert_eq!(device.texts(1).await, ["lost"]);
    fault(&stage, serde_json::json!({ "kind": "duplicate", "times": 1 })).await;
    stage.says(CUSTOMER, AGENT, "twice").await;
    stage.says(CUSTOMER, AGENT, "once").await;
    assert_eq!(device.texts(2).await, ["twice", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_message_comes_late_and_a_reordered_one_second() {
    let (stage, mut device) = linked().await;
    fault(&stage, serde_json::json!({ "kind": "delay", "ms": 300, "times": 1 })).await;
    let begin = std::time::Instant::now();
    stage.says(CUSTOMER, AGENT, "late").await;
    assert_eq!(device.texts(1).await, ["late"]);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    fault(&stage, serde_json::json!({ "kind": "reorder", "times": 1 })).await;
    stage.says(CUSTOMER, AGENT, "written first").await;
    stage.says(CUSTOMER, AGENT, "written second").await;
    assert_eq!(device.texts(2).await, ["written second", "written first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_comes_back_and_brings_the_message() {
    let (stage, mut device) = linked().await;
    fault(&stage, serde_json::json!({ "kind": "cut", "times": 1 })).await;
    stage.says(CUSTOMER, AGENT, "behind the cut").await;
    device.next("the end", |event| matches!(event, Event::Disconnected(_)).then_some(())).await;
    assert_eq!(device.texts(1).await, ["behind the cut"]);
    device.connected().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_and_logged_out_end_the_session() {
    let (stage, mut device) = linked().await;
    fault(&stage, serde_json::json!({ "kind": "replaced" })).await;
    device.next("being replaced", |event| matches!(event, Event::StreamReplaced(_)).then_some(())).await;

    let store = device.stop().await;
    let mut device = Device::start(&stage.url, store).await;
    device.connected().await;
    fault(&stage, serde_json::json!({ "kind": "logged_out", "number": AGENT })).await;
    device.next("the logout", |event| matches!(event, Event::LoggedOut(_)).then_some(())).await;
    let phone = stage.world.phone(AGENT).await.expect("the phone");
    assert_eq!(phone.devices.len(), 1, "only the phone is left");
    // The customer's next message has no companion to go to.
    stage.says(CUSTOMER, AGENT, "nobody at the desk").await;

    let mut again = stage.linked(AGENT).await;
    stage.says(CUSTOMER, AGENT, "hello again").await;
    assert_eq!(again.texts(1).await, ["hello again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_and_an_outdated_version_refuse_the_login() {
    let (stage, mut device) = linked().await;
    fault(&stage, serde_json::json!({ "kind": "ban", "code": 101, "expire": 60, "number": AGENT, "times": 1 })).await;
    let expire = device
        .next("the ban", |event| match event {
            Event::TemporaryBan(ban) => Some(ban.expire),
            _ => None,
        })
        .await;
    assert_eq!(expire.num_seconds(), 60);

    let store = device.stop().await;
    fault(&stage, serde_json::json!({ "kind": "outdated", "times": 1 })).await;
    let mut device = Device::start(&stage.url, store).await;
    device.next("outdated", |event| matches!(event, Event::ClientOutdated(_)).then_some(())).await;

    let store = device.stop().await;
    let mut device = Device::start(&stage.url, store).await;
    device.connected().await;
    fault(&stage, serde_json::json!({ "kind": "stream_error", "code": 515 })).await;
    device.connected().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_logins_of_one_device_do_not_live_together() {
    let (stage, mut device) = linked().await;
    let mut twin = Device::start(&stage.url, device.store.clone()).await;
    device.next("being replaced", |event| matches!(event, Event::StreamReplaced(_)).then_some(())).await;
    twin.connected().await;
    stage.says(CUSTOMER, AGENT, "to the newer one").await;
    assert_eq!(twin.texts(1).await, ["to the newer one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_seen_on_both_sides() {
    let (stage, mut device) = linked().await;
    // The customer has written before, so that the client knows whom it hears of.
    stage.says(CUSTOMER, AGENT, "hello").await;
    device.text().await;
    let typing = |state| Typing { to: AGENT.to_owned(), state };
    stage.world.customer_typing(CUSTOMER, typing(TypingState::Composing)).await.expect("typing");
    let from = device
        .next("typing", |event| match event {
            Event::ChatPresence(update) => Some(update.source.sender.user.to_string()),
            _ => None,
        })
        .await;
    assert_eq!(from, CUSTOMER);

    let mut changes = stage.world.changes();
    device.client.chatstate().send_composing(&jid(CUSTOMER)).await.expect("sent");
    eventually("the customer sees it", async || match changes.recv().await {
        Ok(ownline_simulator::world::Change::Typing { number, from, state, .. }) => {
            assert_eq!((number.as_str(), from.as_str()), (CUSTOMER, AGENT));
            (state == TypingState::Composing).then_some(())
        }
        _ => None,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_may_leave_and_ask_who_exists() {
    let (stage, mut device) = linked().await;
    let asked =
        device.client.contacts().is_on_whatsapp(&[jid(CUSTOMER), jid("4917000000000")]).await.expect("answered");
    let known: Vec<(String, bool)> =
        asked.iter().map(|answer| (answer.jid.user.to_string(), answer.is_registered)).collect();
    assert!(known.contains(&(CUSTOMER.to_owned(), true)), "{known:?}");
    assert!(known.iter().all(|(user, there)| user == CUSTOMER || !there), "{known:?}");
    device.client.logout().await;
    device.next("the logout", |event| matches!(event, Event::LoggedOut(_)).then_some(())).await;
    eventually("no companion is left", async || {
        (stage.world.phone(AGENT).await.expect("the phone").devices.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_off_changes_nothing_for_its_devices() {
    let (stage, mut device) = linked().await;
    stage.world.set_offline(AGENT, true).await.expect("off");
    let id = stage.says(CUSTOMER, AGENT, "is the phone off?").await;
    assert_eq!(device.texts(1).await, ["is the phone off?"]);
    status(&stage, CUSTOMER, &id, Status::Delivered).await;
    assert_eq!(stage.world.scan(AGENT, "x").await, Err(WorldError::PhoneOff));
    assert!(stage.world.phone_messages(AGENT, None).await.expect("a transcript").is_empty());
    stage.world.set_offline(AGENT, false).await.expect("on");
    eventually("the phone caught up", async || {
        (stage.world.phone_messages(AGENT, None).await.expect("a transcript").len() == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_is_delivered_and_counted() {
    let (stage, mut device) = linked().await;
    let load =
        serde_json::from_value(serde_json::json!({ "to": AGENT, "customers": 3, "messages": 100 })).expect("a load");
    let report = stage.world.load(load).await.expect("delivered");
    assert_eq!((report.customers, report.messages, report.delivered), (3, 100, 100));
    assert_eq!(device.texts(100).await.len(), 100);
}

/// Prints figures; asserts no times.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn bulk_speed() {
    let (stage, device) = linked().await;
    for (customers, messages, phone_off) in [(20, 20_000, false), (20, 20_000, true), (1, 20_000, true)] {
        stage.world.set_offline(AGENT, phone_off).await.expect("switched");
        let load = serde_json::json!({ "to": AGENT, "customers": customers, "messages": messages });
        let report = stage.world.load(serde_json::from_value(load).expect("a load")).await.expect("delivered");
        tracing::error!(phone_off, ?report, "measured");
    }
    drop(device);
}
