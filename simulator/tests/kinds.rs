//! Every kind of message over the real wire, both ways.

mod support;

use std::collections::HashMap;
use std::sync::Arc;

use ownline_simulator::world::{Content, MarkRead, MessageView, SendMessage, Status, Vote};
use serde_json::{Value, json};
use support::{AGENT, CUSTOMER, Device, Stage, eventually, jid, queue_drained, receipt, status};
use whatsapp_rust::types::events::{Event, UnavailableType};
use whatsapp_rust::wacore::proto_helpers::MessageExt as _;
use whatsapp_rust::waproto::whatsapp::Message;
use whatsapp_rust::{Jid, RevokeType};

async fn linked() -> (Stage, Device) {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    let device = stage.linked(AGENT).await;
    (stage, device)
}

async fn says(stage: &Stage, mut content: Value) -> String {
    content["to"] = json!(AGENT);
    let message: SendMessage = serde_json::from_value(content).expect("a message");
    stage.world.customer_send(CUSTOMER, message).await.expect("sent").id
}

async fn transcript(stage: &Stage) -> Vec<MessageView> {
    stage.world.customer_messages(CUSTOMER, Some(AGENT)).await.expect("a transcript")
}

async fn line(stage: &Stage, id: &str) -> MessageView {
    eventually("the line", async || transcript(stage).await.into_iter().find(|line| line.id == id)).await
}

struct Got {
    message: Arc<Message>,
    edit: String,
}

/// The message with this id, as the client decrypted it.
async fn got(device: &mut Device, id: &str) -> Got {
    device
        .next(&format!("message {id}"), |event| match event {
            Event::Messages(batch) => batch.messages.iter().find(|inbound| inbound.info.id == id).map(|inbound| Got {
                message: Arc::clone(&inbound.message),
                edit: inbound.info.edit.to_string_val().to_owned(),
            }),
            _ => None,
        })
        .await
}

type Check = fn(&Message) -> bool;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_can_say_anything() {
    let (stage, mut device) = linked().await;
    let first = says(&stage, json!({ "text": "Olá" })).await;
    got(&mut device, &first).await;
    let files =
        |kind: &str| json!({ "media": { "kind": kind, "generated": {}, "caption": "c" }, "quote": { "id": first } });
    let said: Vec<(Value, &str, Check)> = vec![
        (files("image"), "", |got| {
            got.image_message.as_option().is_some_and(|image| {
                image.jpeg_thumbnail.as_ref().is_some_and(|jpeg| jpeg.starts_with(&[0xff, 0xd8]))
                    && (image.width, image.height) == (Some(640), Some(480))
            })
        }),
        (files("video"), "", |got| got.video_message.streaming_sidecar.is_some()),
        (files("audio"), "", |got| got.audio_message.ptt == Some(false)),
        (files("voice"), "", |got| {
            let voice = &got.audio_message;
            voice.ptt == Some(true) && voice.waveform.as_ref().map(Vec::len) == Some(64) && voice.seconds == Some(4)
        }),
        (files("document"), "", |got| {
            let document = &got.get_base_message().document_message;
            document.file_name.as_deref() == Some("document.pdf")
        }),
        (files("sticker"), "", |got| got.sticker_message.mimetype.as_deref() == Some("image/webp")),
        (json!({ "location": { "lat": 52.5, "lng": 13.4, "name": "Berlin" } }), "", |got| {
            got.location_message.degrees_latitude == Some(52.5)
        }),
        (json!({ "contact": { "name": "Ada", "phones": ["4915112345678", "351910000000"] } }), "", |got| {
            got.contact_message.vcard.as_ref().is_some_and(|card| card.contains("waid=351910000000:+351910000000"))
        }),
        (
            json!({ "contacts": [{ "name": "Ada", "number": "4915112345678" }, { "name": "Bo", "number": "351910000000" }] }),
            "",
            |got| got.contacts_array_message.contacts.len() == 2,
        ),
        (json!({ "list_answer": { "title": "Delivery", "row_id": "r1" } }), "", |got| {
            got.list_response_message.single_select_reply.selected_row_id.as_deref() == Some("r1")
        }),
        (json!({ "button_answer": { "text": "Yes", "id": "b1" } }), "", |got| {
            got.buttons_response_message.selected_button_id.as_deref() == Some("b1")
        }),
        (json!({ "poll": { "question": "When?", "options": ["Mo", "Tu"], "max": 1 } }), "", |got| {
            got.poll_creation_message_v3.options.len() == 2
                && got.message_context_info.message_secret.as_ref().map(Vec::len) == Some(32)
        }),
        (json!({ "reaction": { "id": first, "emoji": "👍" } }), "", |got| {
            got.reaction_message.key.from_me == Some(true)
        }),
        (json!({ "reaction": { "id": first, "emoji": "" } }), "7", |got| {
            got.reaction_message.text.as_deref() == Some("")
        }),
        (json!({ "unknown": {} }), "", |got| got.conversation.is_none() && !got.image_message.is_set()),
    ];
    for (content, edit, check) in said {
        let id = says(&stage, content.clone()).await;
        let got = got(&mut device, &id).await;
        assert_eq!(got.edit, edit, "{content}");
        assert!(check(&got.message), "{content} came as {:?}", got.message);
        status(&stage, CUSTOMER, &id, Status::Delivered).await;
    }
    let answer = says(&stage, json!({ "text": "Yes, this", "quote": { "id": first } })).await;
    let quoting = got(&mut device, &answer).await.message;
    let context = &quoting.extended_text_message.context_info;
    assert_eq!(context.stanza_id.as_deref(), Some(first.as_str()));
    assert_eq!(context.participant.as_deref(), Some(format!("{CUSTOMER}@s.whatsapp.net").as_str()));
    assert_eq!(context.quoted_message.conversation.as_deref(), Some("Olá"));
    let shown = line(&stage, &answer).await.quote.expect("a quote");
    assert_eq!((shown.id, shown.from.as_str(), shown.text.as_deref()), (first, CUSTOMER, Some("Olá")));
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_seen_once_is_only_announced_to_linked_devices() {
    let (stage, mut device) = linked().await;
    let id = says(&stage, json!({ "media": { "kind": "image", "generated": {}, "view_once": true } })).await;
    let kind = device
        .next("the announcement", |event| match event {
            Event::UndecryptableMessage(missing) => (missing.info.id == id).then_some(missing.unavailable_type),
            _ => None,
        })
        .await;
    assert_eq!(kind, UnavailableType::ViewOnce);
    queue_drained(&stage, AGENT).await;
    let on_the_phone = stage.world.phone_messages(AGENT, Some(CUSTOMER)).await.expect("a transcript").remove(0);
    assert!(matches!(on_the_phone.content, Content::Media(media) if media.view_once));
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_deletions_and_reactions_change_what_they_speak_of() {
    let (stage, mut device) = linked().await;
    let first = says(&stage, json!({ "text": "Wher is it?" })).await;
    got(&mut device, &first).await;
    let edit = says(&stage, json!({ "edit": { "id": first, "text": "Where is it?" } })).await;
    assert_eq!(got(&mut device, &edit).await.edit, "1");
    let key = support::key(CUSTOMER, false, &first);
    device.client.send_reaction(jid(CUSTOMER), key, "❤️").await.expect("reacted");
    let reply = device.client.send_text(jid(CUSTOMER), "Soon").await.expect("sent").message_id;
    device.client.edit_message(jid(CUSTOMER), &reply, support::words("On Monday")).await.expect("corrected");
    let wrong = device.client.send_text(jid(CUSTOMER), "To somebody else").await.expect("sent").message_id;
    device.client.revoke_message(jid(CUSTOMER), &wrong, RevokeType::default()).await.expect("deleted");
    eventually("all to have their effect", async || {
        let lines: HashMap<String, MessageView> =
            transcript(&stage).await.into_iter().map(|line| (line.id.clone(), line)).collect();
        let effects = |id: &String| Some(lines.get(id)?.effects.clone());
        let (first, reply, wrong) = (effects(&first)?, effects(&reply)?, effects(&wrong)?);
        let done = first.edited.as_deref() == Some("Where is it?")
            && first.reactions.iter().any(|reaction| reaction.from == AGENT && reaction.emoji == "❤️")
            && reply.edited.as_deref() == Some("On Monday")
            && wrong.revoked;
        done.then_some(())
    })
    .await;
    let revoke = says(&stage, json!({ "revoke": { "id": first } })).await;
    assert_eq!(got(&mut device, &revoke).await.edit, "7");
    assert!(line(&stage, &first).await.effects.revoked);
    let foreign = serde_json::from_value(json!({ "to": AGENT, "revoke": { "id": reply } })).expect("a message");
    stage.world.customer_send(CUSTOMER, foreign).await.expect_err("nobody deletes what another wrote");
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_can_be_read_by_those_who_have_the_poll() {
    let (stage, mut device) = linked().await;
    let poll = says(&stage, json!({ "poll": { "question": "When?", "options": ["Mo", "Tu", "We"] } })).await;
    let secret = got(&mut device, &poll).await.message.message_context_info.message_secret.clone().expect("a secret");
    let customer = jid(CUSTOMER);
    device
        .client
        .polls()
        .vote(customer.clone(), &poll, &customer, &secret, &["Tu".to_owned(), "We".to_owned()])
        .await
        .expect("voted");
    eventually("the vote", async || {
        let Content::Poll(poll) = line(&stage, &poll).await.content else { panic!("no poll") };
        let vote = Vote { from: AGENT.to_owned(), options: vec!["Tu".to_owned(), "We".to_owned()] };
        (poll.votes == [vote]).then_some(())
    })
    .await;

    let options = ["Red".to_owned(), "Blue".to_owned()];
    let (asked, secret) = device.client.polls().create(customer.clone(), "Which?", &options, 1).await.expect("asked");
    let asked = asked.message_id;
    line(&stage, &asked).await;
    let vote = says(&stage, json!({ "poll_vote": { "id": asked, "options": ["Blue"] } })).await;
    let update = got(&mut device, &vote).await.message;
    let sealed = &update.poll_update_message.vote;
    let names: Vec<Jid> = vec![jid(AGENT), customer];
    let hashes = wacore::poll::decrypt_poll_vote_with_secret(
        wacore::poll::PollVoteCiphertext {
            enc_payload: sealed.enc_payload.as_deref().expect("a payload"),
            enc_iv: sealed.enc_iv.as_deref().expect("an iv"),
        },
        &secret,
        &asked,
        &names[0].to_string(),
        &names[1].to_string(),
    )
    .expect("a vote that can be read");
    assert_eq!(hashes, [wacore::poll::compute_option_hash("Blue")]);
    let too_many = json!({ "to": AGENT, "poll_vote": { "id": asked, "options": ["Red", "Blue"] } });
    let too_many = serde_json::from_value(too_many).expect("a message");
    stage.world.customer_send(CUSTOMER, too_many).await.expect_err("one only");
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_message_that_was_played_is_told_so() {
    let (stage, mut device) = linked().await;
    let id = device.client.send_text(jid(CUSTOMER), "Listen").await.expect("sent").message_id;
    line(&stage, &id).await;
    let played = MarkRead { to: AGENT.to_owned(), ids: vec![id.clone()], played: true };
    stage.world.customer_read(CUSTOMER, played).await.expect("played");
    receipt(&mut device, &id, "played").await;
    assert_eq!(line(&stage, &id).await.status, Status::Played);
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_says_shows_up_on_its_devices_as_its_own() {
    let (stage, mut device) = linked().await;
    let message =
        json!({ "to": CUSTOMER, "media": { "kind": "image", "generated": { "seed": 4 }, "caption": "The receipt" } });
    let message = serde_json::from_value(message).expect("a message");
    let id = stage.world.phone_send(AGENT, message).await.expect("sent").id;
    let copy = got(&mut device, &id).await;
    assert_eq!(copy.message.image_message.caption.as_deref(), Some("The receipt"));
    line(&stage, &id).await;
    let file = stage
        .world
        .file(CUSTOMER, ownline_simulator::network::account::Kind::Customer, &id)
        .await
        .expect("the customer's own file");
    assert_eq!(file.size, copy.message.image_message.file_length.expect("a length"));
    device.stop().await;
}
