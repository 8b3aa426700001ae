//! What phone and companions keep in step beside messages, with every proof checked by a real client.

mod support;

use ownline_simulator::world::{ChatChange, ChatView, HistoryItem, NewHistory, Star};
use support::raw::{Keys, Raw, child, content, text};
use support::{AGENT, CUSTOMER, Device, Stage, eventually, jid, on_the_phone};
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp::SyncdPatch;
use whatsapp_rust::wacore::types::events::Event;

async fn stage() -> Stage {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    stage
}

/// The phone's chat with the customer.
async fn chat(stage: &Stage) -> ChatView {
    let chats = stage.world.chats(AGENT).await.expect("chats");
    chats.into_iter().find(|chat| chat.with == CUSTOMER).unwrap_or_default()
}

async fn archived(device: &mut Device, wanted: bool) {
    device
        .next("the chat's archiving", |event| match event {
            Event::ArchiveUpdate(update) if update.jid == jid(CUSTOMER) => {
                (update.action.archived == Some(wanted)).then_some(())
            }
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_does_with_a_chat_reaches_its_devices() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let id = stage.says(CUSTOMER, AGENT, "Keep this.").await;
    device.text().await;
    on_the_phone(&stage, AGENT, &id).await;
    let change = ChatChange {
        archived: Some(true),
        pinned: Some(true),
        muted_until: Some(Some(4_000_000_000_000)),
        read: Some(true),
        star: Some(Star { id: id.clone(), from_me: false, starred: true }),
        ..ChatChange::default()
    };
    let shown = stage.world.change_chat(AGENT, CUSTOMER, change).await.expect("changed");
    assert!(shown.archived && shown.pinned && shown.read == Some(true), "{shown:?}");
    assert_eq!((shown.muted_until, shown.starred), (Some(4_000_000_000_000), vec![id.clone()]));
    archived(&mut device, true).await;
    device.next("the pin", |event| matches!(event, Event::PinUpdate(_)).then_some(())).await;
    let muted = device
        .next("the silence", |event| match event {
            Event::MuteUpdate(update) => Some(update.action.mute_end_timestamp),
            _ => None,
        })
        .await;
    assert_eq!(muted, Some(4_000_000_000_000));
    device.next("the reading", |event| matches!(event, Event::MarkChatAsReadUpdate(_)).then_some(())).await;
    device
        .next("the star", |event| matches!(event, Event::StarUpdate(update) if update.message_id == id).then_some(()))
        .await;

    stage.world.name_contact(AGENT, CUSTOMER, Some("Joana from the shop".to_owned())).await.expect("named");
    let name = device
        .next("the contact's name", |event| match event {
            Event::ContactUpdate(update) if update.jid == jid(CUSTOMER) => update.action.full_name.clone(),
            _ => None,
        })
        .await;
    assert_eq!(name, "Joana from the shop");
    let change = ChatChange { archived: Some(false), muted_until: Some(None), ..ChatChange::default() };
    stage.world.change_chat(AGENT, CUSTOMER, change).await.expect("changed");
    archived(&mut device, false).await;
    assert_eq!(chat(&stage).await.muted_until, None);
    stage.world.name_contact(AGENT, CUSTOMER, None).await.expect("forgotten");
    assert_eq!(chat(&stage).await.name, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_device_does_reaches_the_phone_and_the_other_device() {
    let stage = stage().await;
    let device = stage.linked(AGENT).await;
    let mut other = stage.linked(AGENT).await;
    device.client.chat_actions().archive_chat(&jid(CUSTOMER), None).await.expect("archived");
    archived(&mut other, true).await;
    assert!(chat(&stage).await.archived);
    // Phone and device change the same collection in turn, each from where the other left it.
    for round in 0..3 {
        let pinned = Some(round % 2 == 0);
        stage.world.change_chat(AGENT, CUSTOMER, ChatChange { pinned, ..ChatChange::default() }).await.expect("pinned");
        if round % 2 == 0 {
            device.client.chat_actions().unarchive_chat(&jid(CUSTOMER), None).await.expect("back");
        } else {
            device.client.chat_actions().archive_chat(&jid(CUSTOMER), None).await.expect("archived");
        }
        let chat = chat(&stage).await;
        assert_eq!((chat.pinned, chat.archived), (round % 2 == 0, round % 2 != 0));
    }
    let kept = stage.world.app_state(AGENT).await.expect("state");
    assert!(kept.collections.values().all(|collection| collection.broken.is_none()), "{kept:?}");
    assert_eq!(kept.collections["regular_low"].version, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_behind_an_answer_under_way_is_not_lost() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let name = |name: &str| stage.world.name_contact(AGENT, CUSTOMER, Some(name.to_owned()));
    // Once this is here, nothing else is under way.
    name("Carla").await.expect("named");
    let named = |event: &Event| match event {
        Event::ContactUpdate(update) => update.action.full_name.clone(),
        _ => None,
    };
    assert_eq!(device.next("the first name", named).await, "Carla");
    // The answer about the next change waits until there is one more.
    let held = serde_json::json!({ "kind": "reorder", "stanza": "iq", "times": 1 });
    stage.world.add_fault(serde_json::from_value(held).expect("a fault")).await.expect("in force");
    let pin = ChatChange { pinned: Some(true), ..ChatChange::default() };
    stage.world.change_chat(AGENT, CUSTOMER, pin).await.expect("pinned");
    eventually("the question", async || stage.world.faults().await.is_empty().then_some(())).await;
    let archive = ChatChange { archived: Some(true), ..ChatChange::default() };
    stage.world.change_chat(AGENT, CUSTOMER, archive).await.expect("archived");
    device.next("the pin", |event| matches!(event, Event::PinUpdate(_)).then_some(())).await;
    archived(&mut device, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_gets_the_whole_state_and_it_outlives_the_network() {
    let stage = stage().await;
    for archived in [true, false, true] {
        let change = ChatChange { archived: Some(archived), pinned: Some(archived), ..ChatChange::default() };
        stage.world.change_chat(AGENT, CUSTOMER, change).await.expect("changed");
    }
    let item = HistoryItem {
        with: "4915299999999".into(),
        name: Some("Berta".into()),
        muted_until: Some(-1),
        ..HistoryItem::default()
    };
    stage.world.set_history(AGENT, NewHistory { items: vec![item], ..NewHistory::default() }).await.expect("a past");
    let stage = stage.restart().await;
    assert!(chat(&stage).await.archived);
    let mut device = stage.linked(AGENT).await;
    archived(&mut device, true).await;
    let name = device
        .next("the contact's name", |event| match event {
            Event::ContactUpdate(update) => update.action.full_name.clone(),
            _ => None,
        })
        .await;
    assert_eq!(name, "Berta");
    device.client.chat_actions().unarchive_chat(&jid(CUSTOMER), None).await.expect("back");
    eventually("the phone to follow", async || (!chat(&stage).await.archived).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_behind_the_times_is_refused_and_a_false_one_is_not_believed() {
    let stage = stage().await;
    let keys = Keys::new();
    let index = Raw::link(&stage, &keys, AGENT).await;
    let mut raw = Raw::log_in(&stage, &keys, AGENT, index).await;
    raw.activate().await;
    let pin = |pinned| ChatChange { pinned: Some(pinned), ..ChatChange::default() };
    for pinned in [true, false] {
        stage.world.change_chat(AGENT, CUSTOMER, pin(pinned)).await.expect("pinned");
    }
    let collection = |version: u64, patch: &[u8]| {
        let patch = NodeBuilder::new("patch").bytes(patch.to_vec()).build();
        let node = NodeBuilder::new("collection").attr("name", "regular_low").attr("version", version);
        NodeBuilder::new("sync").children([node.children([patch]).build()]).build()
    };
    let false_patch = SyncdPatch { snapshot_mac: Some(vec![0; 32]), ..SyncdPatch::default() }.encode_to_vec();
    let answer = raw.ask("w:sync:app:state", "set", [collection(1, &false_patch)]).await;
    let refused = child(&answer, &["sync", "collection"]);
    assert_eq!((text(refused, "type"), text(child(refused, &["error"]), "code")), ("error".into(), "409".into()));
    let missed = content(child(refused, &["patches", "patch"]));
    let missed = SyncdPatch::decode_from_slice(&missed).expect("a patch");
    assert_eq!(missed.version.as_option().and_then(|version| version.version), Some(2), "what it missed comes along");

    // The server cannot tell; the phone does.
    let answer = raw.ask("w:sync:app:state", "set", [collection(2, &false_patch)]).await;
    assert_eq!(text(child(&answer, &["sync", "collection"]), "version"), "3");
    let kept = stage.world.app_state(AGENT).await.expect("state");
    let low = &kept.collections["regular_low"];
    assert_eq!((low.version, low.broken.as_deref()), (2, Some("the MAC of a patch is wrong")));
    stage.world.change_chat(AGENT, CUSTOMER, pin(true)).await.expect_err("out of step");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_of_the_phone_is_everywhere() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    stage.world.rename_phone(AGENT, "Ana Moura").await.expect("renamed");
    device
        .next("the new name", |event| {
            matches!(event, Event::SelfPushNameUpdated(update) if update.new_name == "Ana Moura").then_some(())
        })
        .await;
    assert_eq!(stage.world.phone(AGENT).await.expect("the phone").name, "Ana Moura");
}
