//! What others see of a person, and what the network does to an account, met by a real client.

mod support;

use std::collections::BTreeMap;

use ownline_simulator::network::account::Kind;
use ownline_simulator::world::{NewPresence, NewTimelock, Status, WorldError};
use support::raw::{Keys, Manner, Raw, login, text};
use support::{
    AGENT, CUSTOMER, Device, Stage, acknowledged, eventually, jid, on_the_phone, read, receipt, status, web::Web,
};
use whatsapp_rust::http::{HttpClient as _, HttpRequest};
use whatsapp_rust::wacore::types::events::Event;

const NEW_NUMBER: &str = "4915200000777";
const STRANGER: &str = "4915200000009";

/// A client that knows the customer.
async fn acquainted() -> (Stage, Device) {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    let mut device = stage.linked(AGENT).await;
    let hello = stage.says(CUSTOMER, AGENT, "Hello").await;
    device.text().await;
    // Whom an account has heard of, its phone knows.
    on_the_phone(&stage, AGENT, &hello).await;
    (stage, device)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_told_found_and_taken_away() {
    let (stage, mut device) = acquainted().await;
    let contacts = device.client.contacts();
    assert!(contacts.get_profile_picture(&jid(CUSTOMER), true).await.expect("an answer").is_none());
    let set = stage.world.set_picture(CUSTOMER, Kind::Customer, None, 7).await.expect("a picture");
    let told = device
        .next("the new picture", |event| match event {
            Event::PictureUpdate(update) if update.jid == jid(CUSTOMER) && !update.removed => update.picture_id.clone(),
            _ => None,
        })
        .await;
    assert_eq!(told, set.id);
    for preview in [true, false] {
        let contacts = device.client.contacts();
        let found = contacts.get_profile_picture(&jid(CUSTOMER), preview).await.expect("an answer").expect("a picture");
        assert_eq!(found.id, set.id);
        let bytes = Web.execute(HttpRequest::get(found.url)).await.expect("fetched").body;
        assert_eq!(bytes[..2], [0xff, 0xd8], "a JPEG");
    }
    let nonsense = stage.world.set_picture(CUSTOMER, Kind::Customer, Some(b"no picture".to_vec()), 0).await;
    assert!(matches!(nonsense, Err(WorldError::BadMedia(_))), "{nonsense:?}");
    stage.world.remove_picture(CUSTOMER, Kind::Customer).await.expect("taken away");
    device
        .next("the picture's end", |event| match event {
            Event::PictureUpdate(update) => update.removed.then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_bears_its_certified_name() {
    let (stage, mut device) = acquainted().await;
    let listed = stage.world.set_business(CUSTOMER, Some(" Padaria Silva ")).await.expect("listed");
    assert_eq!(listed.business.as_deref(), Some("Padaria Silva"));
    let told = device
        .next("the notice", |event| match event {
            Event::BusinessStatusUpdate(update) if update.target_jid == Some(jid(CUSTOMER)) => {
                Some(update.verified_name.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!(told.as_deref(), Some("Padaria Silva"));
    let stage = {
        let id = stage.says(CUSTOMER, AGENT, "Your bread is ready").await;
        let certified = device.next("the message", |event| certified_name(event, &id)).await;
        assert_eq!(certified, "Padaria Silva");
        stage.restart().await
    };
    assert_eq!(stage.world.customer(CUSTOMER).await.expect("there").business.as_deref(), Some("Padaria Silva"));
    assert_eq!(stage.world.set_business(CUSTOMER, Some(" ")).await, Err(WorldError::BadName));
    assert_eq!(stage.world.set_business(AGENT, None).await, Err(WorldError::NoSuchCustomer(AGENT.to_owned())));
    assert_eq!(stage.world.set_business(CUSTOMER, None).await.expect("no longer").business, None);
}

/// The name in the certificate of the author of the message with this id.
fn certified_name(event: &Event, id: &str) -> Option<String> {
    let Event::Messages(batch) = event else { return None };
    let message = batch.messages.iter().find(|message| message.info.id == id)?;
    message.info.verified_name.as_ref().and_then(|verified| verified.name.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_a_new_number_is_the_same_person() {
    let (stage, mut device) = acquainted().await;
    let lid = stage.world.customer(CUSTOMER).await.expect("the customer").lid;
    stage.world.rename_customer(CUSTOMER, "Joana da Silva").await.expect("renamed");
    stage.customer(STRANGER).await;
    let taken = stage.world.change_number(CUSTOMER, STRANGER).await;
    assert_eq!(taken, Err(WorldError::Taken(STRANGER.to_owned())));
    let moved = stage.world.change_number(CUSTOMER, NEW_NUMBER).await.expect("moved");
    assert_eq!((moved.number.as_str(), &moved.lid), (NEW_NUMBER, &lid));
    let (old, new, new_lid) = device
        .next("the new number", |event| match event {
            Event::ContactNumberChanged(change) => {
                Some((change.old_jid.clone(), change.new_jid.clone(), change.new_lid.clone()))
            }
            _ => None,
        })
        .await;
    assert_eq!((old, new), (jid(CUSTOMER), jid(NEW_NUMBER)));
    assert_eq!(new_lid.map(|lid| lid.user.to_string()), Some(lid.clone()));

    let id = stage.says(NEW_NUMBER, AGENT, "It is still me.").await;
    let (name, alternative) = device
        .next("the message", |event| match event {
            Event::Messages(batch) => batch
                .messages
                .iter()
                .find(|message| message.info.id == id)
                .map(|message| (message.info.push_name.clone(), message.info.source.sender_alt.clone())),
            _ => None,
        })
        .await;
    assert_eq!(name, "Joana da Silva");
    assert_eq!(alternative.map(|lid| lid.user.to_string()), Some(lid));
    let reply = device.client.send_text(jid(NEW_NUMBER), "So I see.").await.expect("sent").message_id;
    receipt(&mut device, &reply, "delivered").await;
    let refused = device.client.send_text(jid(CUSTOMER), "Anybody there?").await.expect("handed over").message_id;
    acknowledged(&mut device, &refused, Some("404")).await;
    assert_eq!(stage.world.customer(CUSTOMER).await, Err(WorldError::NoSuchCustomer(CUSTOMER.to_owned())));

    let stage = stage.restart().await;
    let lines = stage.world.customer_messages(NEW_NUMBER, None).await.expect("a transcript");
    assert_eq!(lines.len(), 3, "what was written under the old number belongs to it too");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribed_sees_a_customer_come_and_go() {
    let (stage, mut device) = acquainted().await;
    device.client.presence().subscribe(&jid(CUSTOMER)).await.expect("subscribed");
    let seen = async |device: &mut Device, away: bool| {
        device
            .next("the presence", |event| match event {
                Event::Presence(update) if update.unavailable == away => Some(update.last_seen),
                _ => None,
            })
            .await
    };
    seen(&mut device, true).await;
    let there = NewPresence { available: true, ..NewPresence::default() };
    stage.world.set_presence(CUSTOMER, &there).expect("there");
    seen(&mut device, false).await;
    let away = NewPresence { available: false, last: Some(1_700_000_000_000), hidden: false };
    stage.world.set_presence(CUSTOMER, &away).expect("away");
    let last = seen(&mut device, true).await;
    assert_eq!(last.map(|last| last.timestamp()), Some(1_700_000_000));
    stage.world.set_presence(CUSTOMER, &NewPresence { hidden: true, ..away }).expect("away");
    assert_eq!(seen(&mut device, true).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_keeps_reading_to_itself_sends_no_blue_ticks() {
    let (stage, mut device) = acquainted().await;
    let settings = BTreeMap::from([("readreceipts".to_owned(), "none".to_owned())]);
    stage.world.set_privacy(CUSTOMER, Kind::Customer, settings).await.expect("set");
    let wrong = BTreeMap::from([("readreceipts".to_owned(), "perhaps".to_owned())]);
    stage.world.set_privacy(CUSTOMER, Kind::Customer, wrong).await.expect_err("no such value");
    let quiet = device.client.send_text(jid(CUSTOMER), "Read this?").await.expect("sent").message_id;
    receipt(&mut device, &quiet, "delivered").await;
    stage.world.customer_read(CUSTOMER, read(AGENT, &quiet)).await.expect("read");
    let open = BTreeMap::from([("readreceipts".to_owned(), "all".to_owned())]);
    stage.world.set_privacy(CUSTOMER, Kind::Customer, open).await.expect("set");
    let loud = device.client.send_text(jid(CUSTOMER), "And this?").await.expect("sent").message_id;
    receipt(&mut device, &loud, "delivered").await;
    stage.world.customer_read(CUSTOMER, read(AGENT, &loud)).await.expect("read");
    // Receipts come in order: had there been one for the first, it would have come before.
    let first_read = device
        .next("blue ticks", |event| match event {
            Event::Receipt(receipt) if format!("{:?}", receipt.r#type) == "Read" => {
                receipt.message_ids.first().cloned()
            }
            _ => None,
        })
        .await;
    assert_eq!(first_read, loud);
    status(&stage, CUSTOMER, &quiet, Status::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_account_answers_but_begins_nothing() {
    let (stage, mut device) = acquainted().await;
    stage.customer(STRANGER).await;
    let free = device.client.mex().fetch_reachout_timelock().await.expect("an answer");
    assert_eq!(free.is_active, Some(false));
    let set = stage.world.set_timelock(AGENT, NewTimelock { seconds: 3600, kind: None }).await.expect("locked");
    let locked = device.client.mex().fetch_reachout_timelock().await.expect("an answer");
    assert_eq!(locked.is_active, Some(true));
    assert_eq!(locked.time_enforcement_ends, set.until.map(|until| (until / 1000).to_string()));
    let refused = device.client.send_text(jid(STRANGER), "Hello stranger").await.expect("handed over").message_id;
    acknowledged(&mut device, &refused, Some("463")).await;
    let answered = device.client.send_text(jid(CUSTOMER), "Hello again").await.expect("sent").message_id;
    acknowledged(&mut device, &answered, None).await;
    stage.world.set_timelock(AGENT, NewTimelock { seconds: 0, kind: None }).await.expect("lifted");
    let taken = device.client.send_text(jid(STRANGER), "Hello stranger").await.expect("sent").message_id;
    acknowledged(&mut device, &taken, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_without_prekeys_brings_new_ones() {
    let (stage, _device) = acquainted().await;
    let prekeys = async || {
        let phone = stage.world.phone(AGENT).await.expect("the phone");
        phone.devices.iter().find(|device| device.device == 1).map(|device| device.prekeys)
    };
    assert!(prekeys().await > Some(100));
    let left = stage.world.deplete_prekeys(AGENT, 1, 3).await.expect("depleted");
    assert_eq!(left, 3);
    eventually("new prekeys", async || (prekeys().await > Some(100)).then_some(())).await;
    stage.world.deplete_prekeys(AGENT, 7, 0).await.expect_err("no such device");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_a_login_bears_its_reason() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    let keys = Keys::new();
    let device = Raw::link(&stage, &keys, AGENT).await;
    for (fault, reason, code) in [
        (serde_json::json!({ "kind": "failure", "reason": 401 }), "401", ""),
        (serde_json::json!({ "kind": "failure", "reason": 403 }), "403", ""),
        (serde_json::json!({ "kind": "failure", "reason": 503 }), "503", ""),
        (serde_json::json!({ "kind": "outdated" }), "405", ""),
        (serde_json::json!({ "kind": "ban", "code": 103, "expire": 600 }), "402", "103"),
    ] {
        stage.world.add_fault(serde_json::from_value(fault).expect("a fault")).await.expect("taken");
        let mut raw = Raw::open(&stage, &keys, &login(AGENT, device), Manner::default()).await;
        let failure = raw.next().await.expect("a refusal");
        assert_eq!((&*failure.tag, text(&failure, "reason")), ("failure", reason.into()));
        assert_eq!(text(&failure, "code"), code);
        assert!(raw.next().await.is_none());
        stage.world.clear_faults().await;
    }
    for code in [429, 500, 503] {
        let mut raw = Raw::log_in(&stage, &keys, AGENT, device).await;
        raw.activate().await;
        let fault = serde_json::json!({ "kind": "stream_error", "code": code });
        stage.world.add_fault(serde_json::from_value(fault).expect("a fault")).await.expect("taken");
        let end = raw.until(|node| node.tag == "stream:error").await;
        assert_eq!(text(&end, "code"), code.to_string());
    }
}
