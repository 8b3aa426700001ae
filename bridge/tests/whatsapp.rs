//! The WhatsApp session against a simulated network: `cargo build -p ownline-simulator` first.
#![cfg(feature = "simulated-network")]

mod simulated;

use std::{path::Path, time::Duration};

use futures_util::StreamExt as _;
use ownline_bridge::store::change::Change;
use ownline_model::{
    desk_query::{ConversationQuery, MessageQuery},
    message::{Direction, MessageKind, MessageStatus, Origin},
    session::{SessionState, SessionStateName as Name},
};
use serde_json::json;
use simulated::{
    line::eventually,
    stage::{AGENT, CUSTOMER, OTHER, Stage, linked, unlinked},
};

#[tokio::test(flavor = "multi_thread")]
async fn links_receives_answers_and_sees_the_ticks() {
    let Stage { network, line, folder: _folder } = linked().await;
    let account = line.store.linked().await.expect("linked").expect("an account");
    assert_eq!(account.phone.digits(), AGENT);
    assert!(line.store.qr().borrow().is_none(), "the code is gone");

    network.write(CUSTOMER, AGENT, "Olá, tudo bem?").await;
    let received = line.await_messages(CUSTOMER, 1).await.remove(0);
    assert_eq!(received.text.as_deref(), Some("Olá, tudo bem?"));
    assert_eq!((received.direction, received.origin), (Direction::Inbound, Origin::Customer));
    assert_eq!(line.chat(CUSTOMER).await.contact.name, "Carla Customer");

    let reply = line.write(CUSTOMER, "Tudo ótimo!").await;
    let sent = line.await_status(CUSTOMER, reply, MessageStatus::Delivered).await;
    let there = network.received(CUSTOMER, AGENT).await;
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!((there[0]["id"].as_str(), there[0]["text"].as_str()), (Some(sent.wa_id.as_str()), Some("Tudo ótimo!")));

    network.post(&format!("/customers/{CUSTOMER}/read"), json!({ "to": AGENT, "ids": [sent.wa_id] })).await;
    line.await_status(CUSTOMER, reply, MessageStatus::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_sees_that_the_agent_read_and_types() {
    let Stage { network, line, folder: _folder } = linked().await;
    let id = network.write(CUSTOMER, AGENT, "hello?").await;
    line.await_messages(CUSTOMER, 1).await;
    let conversation = line.chat(CUSTOMER).await.conversation.id;
    let chat = line.store.own_chat(conversation).await.expect("store").expect("own chat");
    let mut events = network.events().await;
    line.port.agent_typing(chat, true, false);
    let typing = async {
        while let Some(event) = events.next().await {
            if event["type"] == "typing" && event["from"] == AGENT && event["number"] == CUSTOMER {
                return event["state"].clone();
            }
        }
        serde_json::Value::Null
    };
    let typing = tokio::time::timeout(simulated::line::WITHIN, typing).await.expect("typing in time");
    assert_eq!(typing, "composing");
    line.store.owe_ticks(conversation, vec![id.clone()]).await.expect("owed");
    eventually("the blue ticks", async || {
        let messages = network.get(&format!("/customers/{CUSTOMER}/messages?with={AGENT}")).await;
        let message = messages.as_array()?.iter().find(|message| message["id"] == id.as_str())?.clone();
        (message["status"] == "read").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_appears_as_present_from_the_first_login_on() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    line.link(&network, AGENT).await;
    eventually("presence", async || {
        let state = network.get("/state").await;
        let phone = state["phones"].as_array()?.iter().find(|phone| phone["number"] == AGENT)?.clone();
        let linked = phone["devices"].as_array()?.iter().find(|device| device["device"] != 0)?.clone();
        (linked["available"] == true && linked["push_name"] == "Ana Agent").then_some(())
    })
    .await;
    let account = line.store.linked().await.expect("store").expect("linked");
    assert_eq!(account.name, "Ana Agent", "the agent's own name, until WhatsApp tells another");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_sees_that_the_customer_types() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "one moment").await;
    let chat = line.chat(CUSTOMER).await.conversation.id;
    let mut changes = line.store.changes();
    network.post(&format!("/customers/{CUSTOMER}/typing"), json!({ "to": AGENT, "state": "composing" })).await;
    let typing = async {
        loop {
            if let Change::CustomerTyping { typing, .. } = changes.recv().await.expect("changes") {
                return typing;
            }
        }
    };
    let typing = tokio::time::timeout(simulated::line::WITHIN, typing).await.expect("typing in time");
    assert_eq!(typing.conversation_id, chat);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_needs_no_scan_and_loses_nothing() {
    let Stage { network, mut line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "before the night").await;
    line.await_messages(CUSTOMER, 1).await;
    line.stop().await;
    assert_nothing_readable(&line.folder, &["before the night", "Carla", CUSTOMER, AGENT, "SQLite format"]);
    for number in 0..20 {
        network.write(CUSTOMER, AGENT, &format!("night {number}")).await;
    }
    let line = line.restart().await;
    let mut session = line.store.session();
    let online = session.wait_for(|state| {
        assert!(!matches!(state, SessionState::WaitingForScan { .. }), "no scan is needed");
        state.can_send()
    });
    tokio::time::timeout(simulated::line::WITHIN, online).await.expect("online in time").expect("store");
    let texts: Vec<String> =
        line.await_messages(CUSTOMER, 21).await.into_iter().filter_map(|message| message.text).collect();
    let expected: Vec<String> =
        std::iter::once("before the night".to_owned()).chain((0..20).map(|number| format!("night {number}"))).collect();
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_comes_back_and_the_queue_drains_in_order() {
    let Stage { mut network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "hi").await;
    line.await_messages(CUSTOMER, 1).await;
    network.stop().await;
    line.reach(Name::Reconnecting).await;
    let mut last = line.write(CUSTOMER, "reply 0").await;
    for number in 1..5 {
        last = line.write(CUSTOMER, &format!("reply {number}")).await;
    }
    network.restart().await;
    line.await_status(CUSTOMER, last, MessageStatus::Delivered).await;
    let there: Vec<String> = network
        .received(CUSTOMER, AGENT)
        .await
        .iter()
        .map(|message| message["text"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(there, ["reply 0", "reply 1", "reply 2", "reply 3", "reply 4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_an_acknowledgement_goes_again_and_arrives_once() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "hi").await;
    line.await_messages(CUSTOMER, 1).await;
    // Nothing tells the line that its message has arrived: neither the server nor the customer.
    network.fault(json!({ "drop_ack": { "number": AGENT } })).await;
    network.fault(json!({ "drop": { "number": AGENT, "stanza": "receipt" } })).await;
    let reply = line.write(CUSTOMER, "only once").await;
    eventually("the first copy", async || network.received(CUSTOMER, AGENT).await.into_iter().next()).await;
    assert_eq!(line.message(CUSTOMER, reply).await.status, MessageStatus::Queued);
    let line = line.restart().await;
    network.clear_faults().await;
    line.await_status(CUSTOMER, reply, MessageStatus::Delivered).await;
    let there = network.received(CUSTOMER, AGENT).await;
    assert_eq!(there.len(), 1, "one bubble: {there:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_says_why() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "hi").await;
    line.await_messages(CUSTOMER, 1).await;
    for (code, expected) in [(463, "reach_out_locked"), (479, "refused_by_whatsapp")] {
        network.fault(json!({ "refuse": { "code": code, "number": AGENT, "times": 1 } })).await;
        let reply = line.write(CUSTOMER, "refused").await;
        let failed = line.await_status(CUSTOMER, reply, MessageStatus::Failed).await;
        assert_eq!(failed.failure.expect("a failure").code, expected);
    }
    let reply = line.write(CUSTOMER, "taken").await;
    line.await_status(CUSTOMER, reply, MessageStatus::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_session_waits_until_it_is_asked() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.fault(json!({ "replaced": { "number": AGENT } })).await;
    line.reach(Name::Replaced).await;
    network.clear_faults().await;
    let line = line.restart().await;
    line.reach(Name::Replaced).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(line.state(), SessionState::Replaced, "no duel, also after a restart");
    line.port.take_back().await.expect("taken back");
    line.reach(Name::Online).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_on_the_phone_keeps_the_chats_and_allows_a_new_scan() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "keep me").await;
    line.await_messages(CUSTOMER, 1).await;
    network.post(&format!("/phones/{AGENT}/logout"), json!({})).await;
    let state = line.reach(Name::LoggedOut).await;
    assert_eq!(state, SessionState::LoggedOut { reason: "unlinked_on_phone".into() });
    eventually("the account is let go", async || line.store.linked().await.expect("store").is_none().then_some(()))
        .await;
    let line = line.restart().await;
    line.reach(Name::LoggedOut).await;
    assert_eq!(line.texts(CUSTOMER).await, ["keep me"]);
    line.link(&network, AGENT).await;
    network.write(CUSTOMER, AGENT, "again").await;
    line.await_messages(CUSTOMER, 2).await;
    assert_eq!(line.texts(CUSTOMER).await, ["keep me", "again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unlinking_here_takes_the_device_off_the_phone() {
    let Stage { network, line, folder: _folder } = linked().await;
    line.port.unlink().await.expect("unlinked");
    assert_eq!(line.state(), SessionState::UNLINKED);
    assert!(line.store.linked().await.expect("store").is_none());
    eventually("the phone's list is empty", async || {
        let state = network.get("/state").await;
        let phone = state["phones"].as_array()?.iter().find(|phone| phone["number"] == AGENT)?.clone();
        phone["devices"].as_array()?.iter().all(|device| device["device"] == 0).then_some(())
    })
    .await;
    assert!(line.port.unlink().await.is_err(), "there is nothing left to unlink");
    line.link(&network, AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_is_shown_and_nothing_is_tried_before_its_end() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.fault(json!({ "ban": { "code": 102, "expire": 3600, "number": AGENT } })).await;
    let SessionState::Banned { code: 102, until: Some(until) } = line.reach(Name::Banned).await else {
        panic!("{:?}", line.state())
    };
    let line = line.restart().await;
    let SessionState::Banned { until: Some(still), .. } = line.reach(Name::Banned).await else { panic!() };
    assert_eq!(still, until, "the end does not move");
    assert!(line.port.restart().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosted_account_is_refused_in_plain_words() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    let number = "4930123456789";
    network.post("/phones", json!({ "number": number, "name": "Hosted", "hosted": true })).await;
    line.port.link().await.expect("link");
    let code = line.code().await;
    let _ = network.try_post(&format!("/phones/{number}/scan"), json!({ "qr": code })).await;
    eventually("the problem", async || match line.state() {
        SessionState::Unlinked { problem: Some(problem) } => Some(problem),
        _ => None,
    })
    .await
    .eq("hosted_account_unsupported")
    .then_some(())
    .expect("hosted_account_unsupported");
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_twice_and_asking_without_a_link_are_refused() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    let phone: ownline_model::phone::PhoneNumber = format!("+{CUSTOMER}").parse().expect("number");
    assert!(line.port.is_on_whatsapp(phone.clone()).await.is_err());
    assert!(line.port.restart().await.is_err());
    line.link(&network, AGENT).await;
    assert!(line.port.link().await.is_err());
    let found = line.port.is_on_whatsapp(phone.clone()).await.expect("asked").expect("on WhatsApp");
    assert_eq!(found.phone, Some(phone));
    let nobody = "+4915999999999".parse().expect("number");
    assert_eq!(line.port.is_on_whatsapp(nobody).await.expect("asked"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_sends_shows_up_as_the_agents() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "hi").await;
    line.await_messages(CUSTOMER, 1).await;
    network.post(&format!("/phones/{AGENT}/messages"), json!({ "to": CUSTOMER, "text": "from my pocket" })).await;
    let message = line.await_messages(CUSTOMER, 2).await.remove(1);
    assert_eq!((message.origin, message.direction), (Origin::Phone, Direction::Outbound));
    assert_eq!((message.kind, message.text.as_deref()), (MessageKind::Text, Some("from my pocket")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undecryptable_message_is_replaced_in_place() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "first").await;
    line.await_messages(CUSTOMER, 1).await;
    let mut changes = line.store.changes();
    network.fault(json!({ "corrupt": { "number": AGENT, "times": 1 } })).await;
    network.write(CUSTOMER, AGENT, "second").await;
    network.write(CUSTOMER, AGENT, "third").await;
    eventually("all three in their places", async || {
        (line.texts(CUSTOMER).await == ["first", "second", "third"]).then_some(())
    })
    .await;
    assert_eq!(line.messages(CUSTOMER).await.len(), 3, "no placeholder is left over");
    let mut placeholders = 0;
    while let Ok(change) = changes.try_recv() {
        if let Change::Event(event) = change
            && let ownline_model::event::Event::MessageNew(message) = &*event
        {
            placeholders += usize::from(message.kind == MessageKind::Undecryptable);
        }
    }
    assert_eq!(placeholders, 1, "it was there meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_customers_do_not_wait_for_each_other() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "a").await;
    network.write(OTHER, AGENT, "b").await;
    line.await_messages(CUSTOMER, 1).await;
    line.await_messages(OTHER, 1).await;
    let (one, two) = (line.write(CUSTOMER, "for a").await, line.write(OTHER, "for b").await);
    line.await_status(CUSTOMER, one, MessageStatus::Delivered).await;
    line.await_status(OTHER, two, MessageStatus::Delivered).await;
    assert_eq!(network.received(OTHER, AGENT).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_and_overtaken_stanzas_make_one_row_each() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "0").await;
    line.await_messages(CUSTOMER, 1).await;
    network.fault(json!({ "duplicate": { "number": AGENT, "stanza": "message" } })).await;
    for number in 1..10 {
        network.write(CUSTOMER, AGENT, &number.to_string()).await;
    }
    line.await_messages(CUSTOMER, 10).await;
    network.clear_faults().await;
    network.write(CUSTOMER, AGENT, "10").await;
    line.await_messages(CUSTOMER, 11).await;
    let expected: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    assert_eq!(line.texts(CUSTOMER).await, expected);
    // Receipts that overtake each other: read never becomes delivered.
    network.fault(json!({ "duplicate": { "number": AGENT, "stanza": "receipt" } })).await;
    network.fault(json!({ "reorder": { "number": AGENT, "stanza": "receipt" } })).await;
    let reply = line.write(CUSTOMER, "read me").await;
    let there = eventually("the reply", async || network.received(CUSTOMER, AGENT).await.into_iter().next()).await;
    network.post(&format!("/customers/{CUSTOMER}/read"), json!({ "to": AGENT, "ids": [there["id"]] })).await;
    line.await_status(CUSTOMER, reply, MessageStatus::Read).await;
    network.clear_faults().await;
    let later = line.write(CUSTOMER, "and me").await;
    line.await_status(CUSTOMER, later, MessageStatus::Delivered).await;
    assert_eq!(line.message(CUSTOMER, reply).await.status, MessageStatus::Read);
}

#[tokio::test(flavor = "multi_thread")]
async fn cuts_at_the_worst_moments_lose_nothing_and_double_nothing() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "0").await;
    line.await_messages(CUSTOMER, 1).await;
    for (round, stanza) in ["message", "ack", "receipt"].into_iter().enumerate() {
        network.fault(json!({ "cut": { "at": stanza, "number": AGENT } })).await;
        network.write(CUSTOMER, AGENT, &format!("in {round}")).await;
        let reply = line.write(CUSTOMER, &format!("out {round}")).await;
        line.await_status(CUSTOMER, reply, MessageStatus::Delivered).await;
        line.await_messages(CUSTOMER, 1 + 2 * (round + 1)).await;
    }
    let messages = line.messages(CUSTOMER).await;
    assert_eq!(messages.len(), 7, "{messages:?}");
    assert_eq!(network.received(CUSTOMER, AGENT).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapps_moods_are_told_apart() {
    let Stage { network, line, folder: _folder } = linked().await;
    network.fault(json!({ "stream_error": { "code": 503, "number": AGENT, "times": 1 } })).await;
    line.reach(Name::Reconnecting).await;
    line.reach(Name::Online).await;
    network.fault(json!({ "failure": { "reason": 503, "number": AGENT, "times": 2 } })).await;
    line.reach(Name::Reconnecting).await;
    line.reach(Name::Online).await;
    network.fault(json!({ "outdated": { "number": AGENT } })).await;
    line.reach(Name::ClientOutdated).await;
    network.clear_faults().await;
    line.port.restart().await.expect("asked");
    line.reach(Name::Online).await;
    network.fault(json!({ "failure": { "reason": 403, "number": AGENT, "times": 1 } })).await;
    let state = line.reach(Name::LoggedOut).await;
    assert_eq!(state, SessionState::LoggedOut { reason: "account_locked".into() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_many_arrives_whole_and_in_order() {
    let Stage { network, line, folder: _folder } = linked().await;
    let report = network.post("/load", json!({ "to": AGENT, "customers": 10, "messages": 300 })).await;
    let chats = eventually("the flood", async || {
        let page = line.store.conversations(ConversationQuery { limit: Some(200), ..Default::default() }).await;
        let chats = page.expect("conversations").items;
        let unread: u32 = chats.iter().map(|chat| chat.conversation.unread).sum();
        (unread >= 300).then_some(chats)
    })
    .await;
    assert_eq!(report["delivered"], 300, "{report}");
    let mut total = 0;
    for chat in chats {
        let query = MessageQuery { cursor: None, limit: Some(200) };
        let page = line.store.messages(chat.conversation.id, query).await.expect("messages").expect("chat");
        let positions: Vec<i64> = page.items.iter().map(|message| message.position).collect();
        assert!(positions.is_sorted());
        total += page.items.len();
    }
    assert_eq!(total, 300, "none lost, none twice");
}

/// No file of the folder holds any of the words, as UTF-8 or as UTF-16.
fn assert_nothing_readable(folder: &Path, words: &[&str]) {
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            if path.read_dir().expect("folder").next().is_some() {
                assert_nothing_readable(&path, words);
            }
            continue;
        }
        let bytes = std::fs::read(&path).expect("file");
        looked_at += usize::from(path.to_string_lossy().contains(".db"));
        for word in words {
            let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for needle in [word.as_bytes(), wide.as_slice()] {
                let found = bytes.windows(needle.len()).any(|window| window == needle);
                assert!(!found, "{} holds {word:?} in plain text", path.display());
            }
        }
    }
    let is_top = folder.join("replica.db").exists();
    assert!(!is_top || looked_at >= 2, "the replica and the keys were looked at");
}
