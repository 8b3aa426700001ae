//! The letter of the protocol, with a client that knows nothing else.

mod support;

use std::time::Duration;

use ownline_simulator::world::Status;
use serde_json::json;
use support::raw::{Keys, Manner, Raw, child, content, leaf, text};
use support::{AGENT, CUSTOMER, OTHER_AGENT, Stage, read};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use waproto::buffa::Message as _;
use waproto::whatsapp::ADVSignedDeviceIdentity;

async fn stage() -> Stage {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    stage
}

/// A linked device, active, with so many prekeys; what it got until then is confirmed.
async fn ready(stage: &Stage, number: &str, prekeys: u32) -> (Raw, Keys, u16) {
    let keys = Keys::new();
    let device = Raw::link(stage, &keys, number).await;
    let mut raw = Raw::log_in(stage, &keys, number, device).await;
    raw.activate().await;
    let offline = raw.next().await.expect("the end of nothing");
    assert_eq!(text(child(&offline, &["offline"]), "count"), "0");
    raw.upload(&keys, 1, prekeys).await;
    let share = raw.until(|node| node.tag == "message").await;
    assert_eq!((text(&share, "category"), text(&share, "from")), ("peer".into(), format!("{number}@s.whatsapp.net")));
    let receipt = NodeBuilder::new("receipt").attr("to", Jid::pn(number)).attr("id", text(&share, "id"));
    raw.send(&receipt.attr("type", "peer_msg").build()).await;
    raw.until(|node| node.tag == "ack" && text(node, "class") == "receipt").await;
    (raw, keys, device)
}

fn sha1_of(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = wacore_libsignal::crypto::CryptographicHash::new("SHA-1").expect("a hash");
    for part in parts {
        hash.update(part);
    }
    hash.finalize()
}

fn user(jid: Jid) -> Node {
    NodeBuilder::new("user").attr("jid", jid).build()
}

fn batch(count: usize) -> Node {
    NodeBuilder::new("ib").children([NodeBuilder::new("offline_batch").attr("count", count).build()]).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn message_boundaries_mean_nothing_and_the_first_word_comes_when_it_can_be_heard() {
    let stage = stage().await;
    let keys = Keys::new();
    let mut hasty = Raw::open(&stage, &keys, &keys.registration(), Manner::default()).await;
    hasty.next().await.expect("pair-device");
    assert!(hasty.finished.elapsed() >= Duration::from_millis(50), "the client can hear it by now");
    let (mut raw, _) = Raw::unlinked(&stage, &keys, Manner { intro: true, bytewise: true }).await;
    let ping = raw.question("w:p", "get", []);
    let other = raw.question("something:unknown", "set", [leaf("whatever", b"x")]);
    raw.send_all(&[&ping, &other]).await;
    for question in [ping, other] {
        let answer = raw.next().await.expect("an answer");
        assert_eq!((text(&answer, "id"), text(&answer, "type")), (text(&question, "id"), "result".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_keys_that_were_linked_may_log_in_and_only_once_at_a_time() {
    let stage = stage().await;
    let keys = Keys::new();
    let device = Raw::link(&stage, &keys, AGENT).await;
    for (keys, number, device) in
        [(&Keys::new(), AGENT, device), (&keys, AGENT, device + 1), (&keys, CUSTOMER, 0), (&keys, OTHER_AGENT, 1)]
    {
        let mut raw = Raw::open(&stage, keys, &support::raw::login(number, device), Manner::default()).await;
        let failure = raw.next().await.expect("a refusal");
        assert_eq!((&*failure.tag, text(&failure, "reason")), ("failure", "401".into()));
        assert!(raw.next().await.is_none());
    }
    let mut first = Raw::log_in(&stage, &keys, AGENT, device).await;
    let mut second = Raw::log_in(&stage, &keys, AGENT, device).await;
    let replaced = first.next().await.expect("the end");
    assert_eq!(text(child(&replaced, &["conflict"]), "type"), "replaced");
    assert!(first.next().await.is_none());
    second.activate().await;
    let remove = NodeBuilder::new("remove-companion-device")
        .attr("jid", Jid::pn_device(AGENT.to_owned(), device))
        .attr("reason", "user_initiated")
        .build();
    assert_eq!(text(&second.ask("md", "set", [remove]).await, "type"), "result");
    let end = second.until(|node| node.tag == "stream:error").await;
    assert_eq!((text(&end, "code"), text(child(&end, &["conflict"]), "type")), ("401".into(), "device_removed".into()));
    assert!(second.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_is_answered() {
    let stage = stage().await;
    let (mut raw, ..) = ready(&stage, AGENT, 20).await;
    for (xmlns, kind, tag) in [
        ("abt", "get", "props"),
        ("blocklist", "get", "list"),
        ("privacy", "get", "privacy"),
        ("privacy", "set", "tokens"),
        ("w:p", "get", "ping"),
        ("w:m", "set", "media_conn"),
        ("w:mex", "get", "query"),
        ("w:stats", "set", "add"),
        ("tos", "get", "request"),
        ("urn:xmpp:whatsapp:dirty", "set", "clean"),
        ("passive", "set", "passive"),
        ("encrypt", "get", "count"),
        ("encrypt", "get", "unknown"),
        ("never:heard:of", "get", "anything"),
    ] {
        let answer = raw.ask(xmlns, kind, [NodeBuilder::new(tag).build()]).await;
        assert_eq!(text(&answer, "type"), "result", "{xmlns} {tag}");
    }
    let picture = raw.ask("w:profile:picture", "get", [NodeBuilder::new("picture").build()]).await;
    assert_eq!((text(&picture, "type"), text(child(&picture, &["error"]), "code")), ("error".into(), "404".into()));
    let collection = NodeBuilder::new("collection").attr("name", "regular").attr("return_snapshot", "true").build();
    let sync = raw.ask("w:sync:app:state", "set", [NodeBuilder::new("sync").children([collection]).build()]).await;
    assert_eq!(text(child(&sync, &["sync", "collection"]), "name"), "regular");
    let conn = raw.ask("w:m", "set", [NodeBuilder::new("media_conn").build()]).await;
    assert!(!text(child(&conn, &["media_conn", "host"]), "hostname").is_empty());
    // Without children at all.
    assert_eq!(text(&raw.ask("urn:xmpp:ping", "get", []).await, "type"), "result");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_comes_page_by_page_after_it_was_asked_for() {
    let stage = stage().await;
    let (raw, keys, device) = ready(&stage, AGENT, 20).await;
    drop(raw);
    let mut ids = Vec::new();
    for index in 0..5 {
        ids.push(stage.says(CUSTOMER, AGENT, &format!("Text {index}")).await);
    }
    let mut raw = Raw::log_in(&stage, &keys, AGENT, device).await;
    raw.silent(300).await;
    raw.activate().await;
    let preview = raw.next().await.expect("a preview");
    let preview = child(&preview, &["offline_preview"]);
    assert_eq!(
        (text(preview, "count"), text(preview, "message"), text(preview, "receipt")),
        ("5".into(), "5".into(), "0".into())
    );
    raw.silent(200).await;
    raw.send(&batch(2)).await;
    for id in &ids[..2] {
        let message = raw.next().await.expect("a message");
        assert_eq!(text(&message, "id"), *id);
        assert!(message.attrs.get("offline").is_some());
        assert!(!text(&message, "notify").is_empty());
        assert!(!text(&message, "sender_lid").is_empty());
    }
    raw.silent(200).await;
    raw.send(&batch(100)).await;
    for id in &ids[2..] {
        assert_eq!(text(&raw.next().await.expect("a message"), "id"), *id);
    }
    let end = raw.next().await.expect("the end");
    assert_eq!(text(child(&end, &["offline"]), "count"), "5");
    // Four are confirmed, in one receipt; the fifth comes again.
    let items = ids[1..4].iter().map(|id| NodeBuilder::new("item").attr("id", id.as_str()).build());
    let list = NodeBuilder::new("list").children(items).build();
    let receipt = NodeBuilder::new("receipt").attr("to", Jid::pn(CUSTOMER)).attr("id", ids[0].as_str());
    raw.send(&receipt.children([list]).build()).await;
    let ack = raw.next().await.expect("an ack");
    assert_eq!((&*ack.tag, text(&ack, "class"), text(&ack, "id")), ("ack", "receipt".into(), ids[0].clone()));
    assert_eq!(text(&ack, "from"), format!("{CUSTOMER}@s.whatsapp.net"));
    for id in &ids[..4] {
        support::status(&stage, CUSTOMER, id, Status::Delivered).await;
    }
    let mut raw = Raw::log_in(&stage, &keys, AGENT, device).await;
    raw.activate().await;
    assert_eq!(text(child(&raw.next().await.expect("a preview"), &["offline_preview"]), "count"), "1");
    raw.send(&batch(100)).await;
    assert_eq!(text(&raw.next().await.expect("the fifth"), "id"), ids[4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn prekeys_are_digested_handed_out_once_and_asked_for_again() {
    let stage = stage().await;
    stage.phone(OTHER_AGENT).await;
    let keys = Keys::new();
    let device = Raw::link(&stage, &keys, AGENT).await;
    let mut raw = Raw::log_in(&stage, &keys, AGENT, device).await;
    raw.activate().await;
    let digest = raw.ask("encrypt", "get", [NodeBuilder::new("digest").build()]).await;
    assert_eq!((text(&digest, "type"), text(child(&digest, &["error"]), "code")), ("error".into(), "404".into()));
    // Fewer than the server likes: the phone's key share takes the first.
    let made = raw.upload(&keys, 1, 4).await;
    let asked = raw.until(|node| node.tag == "notification" && text(node, "type") == "encrypt").await;
    assert_eq!(text(child(&asked, &["count"]), "value"), "3");
    let digest = raw.ask("encrypt", "get", [NodeBuilder::new("digest").build()]).await;
    let digest = child(&digest, &["digest"]);
    let public = ownline_simulator::crypto::bare;
    let (identity, signed) = (public(&keys.identity.public_key), public(&keys.signed.public_key));
    let signature: Vec<u8> = content(child(digest, &["skey", "signature"]));
    let expected = sha1_of(&[&identity, &signed, &signature, &made[1].1, &made[2].1, &made[3].1]);
    assert_eq!(content(child(digest, &["hash"])), expected);
    assert_eq!(child(digest, &["list"]).children().expect("ids").len(), 3);

    let (mut other, ..) = ready(&stage, OTHER_AGENT, 20).await;
    let own = Jid::pn_device(AGENT.to_owned(), device);
    let lid = stage.world.phone(AGENT).await.expect("the phone").lid;
    for (jid, key) in [(own.clone(), made[1]), (Jid::lid_device(lid, device), made[2])] {
        let wanted = NodeBuilder::new("key").children([user(jid.clone()), user(Jid::pn("4999999999999"))]).build();
        let answer = other.ask("encrypt", "get", [wanted]).await;
        let users = child(&answer, &["list"]).children().expect("users");
        assert_eq!(text(&users[0], "jid"), jid.to_string());
        assert_eq!(content(child(&users[0], &["key", "value"])), key.1);
        assert_eq!(content(child(&users[0], &["registration"])), 7_u32.to_be_bytes());
        let identity = content(child(&users[0], &["device-identity"]));
        let identity = ADVSignedDeviceIdentity::decode_from_slice(&identity).expect("an identity");
        assert!(identity.details.is_some() && identity.account_signature.is_some());
        assert!(identity.account_signature_key.is_some() && identity.device_signature.is_some());
        let error = child(&users[1], &["error"]);
        assert_eq!((text(error, "code"), text(error, "text")), ("404".into(), "item-not-found".into()));
    }
    let left = raw.ask("encrypt", "get", [NodeBuilder::new("count").build()]).await;
    assert_eq!(text(child(&left, &["count"]), "value"), "1");
    // It was asked once; after it brought some, it is asked again.
    raw.upload(&keys, 5, 1).await;
    other.ask("encrypt", "get", [NodeBuilder::new("key").children([user(own)]).build()]).await;
    let again = raw
        .until(|node| {
            node.tag == "notification" && text(node, "type") == "encrypt" && text(node, "id") != text(&asked, "id")
        })
        .await;
    assert_eq!(text(child(&again, &["count"]), "value"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_found_by_number_by_hidden_id_and_as_contacts() {
    let stage = stage().await;
    let (mut raw, _, device) = ready(&stage, AGENT, 20).await;
    let lid = stage.world.phone(AGENT).await.expect("the phone").lid;
    let contact =
        |number: &str| NodeBuilder::new("user").children([leaf("contact", format!("+{number}").as_bytes())]).build();
    let query = NodeBuilder::new("query")
        .children(["devices", "contact", "lid"].map(|tag| NodeBuilder::new(tag).build()))
        .build();
    let list = [user(Jid::pn(AGENT)), user(Jid::lid(lid.clone())), contact(CUSTOMER), contact("4999999999999")];
    let usync = NodeBuilder::new("usync")
        .attrs([("sid", "7"), ("mode", "query"), ("context", "interactive"), ("index", "0"), ("last", "true")])
        .children([query, NodeBuilder::new("list").children(list).build()])
        .build();
    let answer = raw.ask("usync", "get", [usync]).await;
    let usync = child(&answer, &["usync"]);
    assert_eq!(
        (text(usync, "sid"), text(usync, "mode"), text(usync, "last")),
        ("7".into(), "query".into(), "true".into())
    );
    assert_eq!((text(usync, "index"), text(usync, "context")), ("0".into(), "interactive".into()));
    child(usync, &["result"]);
    let users = child(usync, &["list"]).children().expect("users");
    assert_eq!(users.len(), 4);
    for (user, jid) in users.iter().zip([format!("{AGENT}@s.whatsapp.net"), format!("{lid}@lid")]) {
        assert_eq!(text(user, "jid"), jid);
        let devices = child(user, &["devices", "device-list"]).children().expect("devices");
        assert_eq!(text(&devices[0], "id"), "0");
        assert_eq!(text(&devices[1], "id"), device.to_string());
        assert!(!text(&devices[1], "key-index").is_empty());
        let index = child(user, &["devices", "key-index-list"]);
        assert!(!text(index, "ts").is_empty() && !content(index).is_empty());
        assert_eq!(text(child(user, &["lid"]), "val"), format!("{lid}@lid"));
    }
    assert_eq!(text(child(&users[2], &["contact"]), "type"), "in");
    assert_eq!(text(child(&users[3], &["contact"]), "type"), "out");
}

fn message(to: &Jid, id: &str) -> Node {
    let enc = NodeBuilder::new("enc").attr("v", 2).attr("type", "pkmsg").bytes(vec![0x33, 1, 2, 3]).build();
    let to_node = NodeBuilder::new("to").attr("jid", to.clone()).children([enc]).build();
    let participants = NodeBuilder::new("participants").children([to_node]).build();
    NodeBuilder::new("message")
        .attr("to", to.clone())
        .attr("id", id)
        .attr("type", "text")
        .children([participants])
        .build()
}

#[tokio::test(flavor = "multi_thread")]
async fn acks_receipts_typing_and_presence_keep_the_names_that_were_used() {
    let stage = stage().await;
    stage.phone(OTHER_AGENT).await;
    let (mut raw, ..) = ready(&stage, AGENT, 20).await;
    let (mut other, _, index) = ready(&stage, OTHER_AGENT, 20).await;
    let number = Jid::pn_device(OTHER_AGENT.to_owned(), index);
    raw.send(&message(&number, "AAAA")).await;
    let ack = raw.until(|node| node.tag == "ack" && text(node, "class") == "message").await;
    assert_eq!(
        (text(&ack, "id"), text(&ack, "from"), text(&ack, "error")),
        ("AAAA".into(), number.to_string(), String::new())
    );
    assert!(!text(&ack, "t").is_empty());
    // A session begins: whose device it is goes with it, though the author left it out.
    let got = other.until(|node| node.tag == "message").await;
    assert!(!content(child(&got, &["device-identity"])).is_empty());
    raw.send(&message(&Jid::pn("4999999999999"), "BBBB")).await;
    let ack = raw.until(|node| node.tag == "ack" && text(node, "id") == "BBBB").await;
    assert!(!text(&ack, "error").is_empty());

    let lid = Jid::lid(stage.world.phone(OTHER_AGENT).await.expect("the phone").lid);
    for to in [lid, Jid::pn(OTHER_AGENT)] {
        raw.send(&NodeBuilder::new("presence").attr("type", "subscribe").attr("to", to.clone()).build()).await;
        let first = raw.until(|node| node.tag == "presence").await;
        assert_eq!((text(&first, "from"), text(&first, "type")), (to.to_string(), "unavailable".into()));
    }
    other.send(&NodeBuilder::new("presence").attr("type", "available").attr("name", "Other").build()).await;
    assert_eq!(text(&raw.until(|node| node.tag == "presence").await, "type"), "");
    let composing = [NodeBuilder::new("composing").build()];
    raw.send(&NodeBuilder::new("chatstate").attr("to", Jid::pn(OTHER_AGENT)).children(composing.clone()).build()).await;
    let typing = other.until(|node| node.tag == "chatstate").await;
    assert_eq!(text(&typing, "from"), format!("{AGENT}@s.whatsapp.net"));
    child(&typing, &["composing"]);
    let both = NodeBuilder::new("chatstate").attr("from", Jid::pn(AGENT)).attr("to", Jid::pn(OTHER_AGENT));
    raw.send(&both.children([NodeBuilder::new("paused").build()]).build()).await;
    child(&other.until(|node| node.tag == "chatstate").await, &["paused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ack_without_a_type_confirms_the_receipt_that_waits() {
    let stage = stage().await;
    let (mut raw, ..) = ready(&stage, AGENT, 20).await;
    let id = stage.says(CUSTOMER, AGENT, "Hello").await;
    raw.until(|node| node.tag == "message").await;
    let receipt =
        NodeBuilder::new("receipt").attr("to", Jid::pn(CUSTOMER)).attr("id", id.as_str()).attr("type", "retry");
    let retry = NodeBuilder::new("retry").attr("count", 1).attr("id", id.as_str()).attr("t", 1).attr("v", 1).build();
    raw.send(&receipt.children([retry, leaf("registration", &7_u32.to_be_bytes())]).build()).await;
    let again = raw.until(|node| node.tag == "message").await;
    assert_eq!(text(&again, "id"), id);
    assert_eq!(
        (text(child(&again, &["enc"]), "type"), text(child(&again, &["enc"]), "count")),
        ("pkmsg".into(), "1".into())
    );
    raw.send(&NodeBuilder::new("receipt").attr("to", Jid::pn(CUSTOMER)).attr("id", id.as_str()).build()).await;
    support::status(&stage, CUSTOMER, &id, Status::Delivered).await;
    // The phone wrote, the customer reads: that receipt is read, and acknowledged in the shortest form.
    let sent = stage.world.phone_send(AGENT, support::message(CUSTOMER, "From the phone")).await.expect("sent").id;
    let copy = raw.until(|node| node.tag == "message" && text(node, "id") == sent).await;
    assert_eq!(text(&copy, "recipient"), format!("{CUSTOMER}@s.whatsapp.net"));
    raw.send(
        &NodeBuilder::new("receipt")
            .attr("to", Jid::pn(AGENT))
            .attr("id", sent.as_str())
            .attr("type", "sender")
            .build(),
    )
    .await;
    stage.world.customer_read(CUSTOMER, read(AGENT, &sent)).await.expect("read");
    let read = raw.until(|node| node.tag == "receipt" && text(node, "type") == "read").await;
    for _ in 0..2 {
        let ack = NodeBuilder::new("ack").attr("class", "receipt").attr("id", text(&read, "id"));
        raw.send(&ack.attr("to", Jid::pn(CUSTOMER)).build()).await;
    }
    support::queue_drained(&stage, AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stanzas_say_what_kind_of_message_they_carry() {
    let stage = stage().await;
    let (mut raw, ..) = ready(&stage, AGENT, 20).await;
    let first = stage.says(CUSTOMER, AGENT, "first").await;
    raw.until(|node| node.tag == "message" && text(node, "id") == first).await;
    for (content, kind, media, edit, hidden, poll) in [
        (json!({ "media": { "kind": "image", "generated": {} } }), "media", "image", "", false, ""),
        (json!({ "media": { "kind": "voice", "generated": {} } }), "media", "ptt", "", false, ""),
        (
            json!({ "media": { "kind": "document", "generated": {}, "caption": "c" } }),
            "media",
            "document",
            "",
            false,
            "",
        ),
        (json!({ "location": { "lat": 1, "lng": 2 } }), "media", "location", "", false, ""),
        (json!({ "contact": { "name": "Ada", "number": OTHER_AGENT } }), "media", "vcard", "", false, ""),
        (json!({ "reaction": { "id": first, "emoji": "👍" } }), "reaction", "", "", true, ""),
        (json!({ "reaction": { "id": first, "emoji": "" } }), "reaction", "", "7", true, ""),
        (json!({ "edit": { "id": first, "text": "corrected" } }), "text", "", "1", true, ""),
        (json!({ "revoke": { "id": first } }), "text", "", "7", false, ""),
        (json!({ "poll": { "question": "?", "options": ["a", "b"] } }), "poll", "", "", false, "creation"),
        (json!({ "text": "words", "quote": { "id": first } }), "text", "", "", false, ""),
    ] {
        let mut body = content.clone();
        body["to"] = json!(AGENT);
        let message = serde_json::from_value(body).expect("a message");
        let id = stage.world.customer_send(CUSTOMER, message).await.expect("sent").id;
        let node = raw.until(|node| node.tag == "message" && text(node, "id") == id).await;
        assert_eq!((text(&node, "type"), text(&node, "edit")), (kind.into(), edit.into()), "{content}");
        let enc = child(&node, &["enc"]);
        assert_eq!(text(enc, "mediatype"), media, "{content}");
        assert_eq!(text(enc, "decrypt-fail") == "hide", hidden, "{content}");
        let meta = node.get_optional_child("meta").map(|meta| text(meta, "polltype")).unwrap_or_default();
        assert_eq!(meta, poll, "{content}");
    }
    let once = json!({ "to": AGENT, "media": { "kind": "image", "generated": {}, "view_once": true } });
    let once = serde_json::from_value(once).expect("a message");
    let id = stage.world.customer_send(CUSTOMER, once).await.expect("sent").id;
    let node = raw.until(|node| node.tag == "message" && text(node, "id") == id).await;
    assert_eq!(text(child(&node, &["unavailable"]), "type"), "view_once");
    assert!(node.get_optional_child("enc").is_none());
    // Nothing was to be read, so that no receipt follows: the ack of the stanza itself confirms it, and no other's.
    let before = stage.world.phone(AGENT).await.expect("the phone").devices[1].queued;
    for (confirmed, left) in [(&first, before), (&id, before - 1)] {
        let ack = NodeBuilder::new("ack").attr("class", "message").attr("id", confirmed.as_str());
        raw.send(&ack.attr("to", Jid::pn(CUSTOMER)).build()).await;
        raw.ask("w:p", "get", []).await;
        assert_eq!(stage.world.phone(AGENT).await.expect("the phone").devices[1].queued, left);
    }
}
