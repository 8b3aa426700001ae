//! Every kind of message, both ways, and what becomes of messages, against a simulated network:
//! `cargo build -p ownline-simulator` first. Files themselves have tests of their own.
#![cfg(feature = "simulated-network")]

mod simulated;

use ownline_model::{
    details::{ContactCard, Content, Place, PollOption},
    ids::MessageId,
    message::{Direction, Message, MessageKind, MessageStatus, NewMessage, Origin},
};
use serde_json::{Value, json};
use simulated::{
    line::eventually,
    stage::{AGENT, CUSTOMER, Stage, linked},
};

impl Stage {
    async fn says(&self, who: &str, to: &str, mut content: Value) -> String {
        content["to"] = json!(to);
        let sent = self.network.post(&format!("/{who}/messages"), content).await;
        sent["id"].as_str().expect("id").to_owned()
    }

    /// The customer says something.
    async fn hear(&self, content: Value) -> String {
        self.says(&format!("customers/{CUSTOMER}"), AGENT, content).await
    }

    /// The agent's phone says something to the customer.
    async fn phone(&self, content: Value) -> String {
        self.says(&format!("phones/{AGENT}"), CUSTOMER, content).await
    }

    /// A message of the chat once it is as wanted.
    async fn until(&self, what: &str, wa_id: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        eventually(what, async || {
            self.line.messages(CUSTOMER).await.into_iter().find(|message| message.wa_id == wa_id && wanted(message))
        })
        .await
    }

    async fn write(&self, new: NewMessage) -> Message {
        let chat = self.line.chat(CUSTOMER).await.conversation.id;
        self.line.store.write_message(chat, new).await.expect("written")
    }

    /// What the customer has of a message, once it is as wanted.
    async fn there(&self, what: &str, wa_id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, async || {
            let all = self.network.get(&format!("/customers/{CUSTOMER}/messages?with={AGENT}")).await;
            all.as_array()?.iter().find(|message| message["id"] == wa_id && wanted(message)).cloned()
        })
        .await
    }
}

fn empty() -> NewMessage {
    NewMessage::text(MessageId::fresh(), String::new())
}

fn votes(message: &Message) -> Vec<u32> {
    match message.details.content.as_deref() {
        Some(Content::Poll(poll)) => poll.options.iter().map(|option| option.votes).collect(),
        _ => vec![],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_can_say_anything() {
    type Check = fn(&Message) -> bool;
    let stage = linked().await;
    let first = stage.hear(json!({ "text": "Olá" })).await;
    let has_file = |message: &Message| message.details.attachment().is_some_and(|file| file.size > 0);
    let said: Vec<(Value, MessageKind, Check)> = vec![
        (json!({ "media": { "kind": "image", "generated": {}, "caption": "c" } }), MessageKind::Image, |it| {
            let file = it.details.attachment().expect("a file");
            it.text.as_deref() == Some("c") && file.thumbnail.is_some() && file.width == Some(640)
        }),
        (json!({ "media": { "kind": "video", "generated": {} } }), MessageKind::Video, has_file),
        (json!({ "media": { "kind": "audio", "generated": {} } }), MessageKind::Audio, has_file),
        (json!({ "media": { "kind": "voice", "generated": {} } }), MessageKind::Voice, |it| {
            it.details.attachment().is_some_and(|file| file.waveform.len() == 64 && file.seconds == Some(4))
        }),
        (json!({ "media": { "kind": "document", "generated": {}, "caption": "c" } }), MessageKind::Document, |it| {
            let file = it.details.attachment().expect("a file");
            file.file_name.as_deref() == Some("document.pdf") && it.text.as_deref() == Some("c")
        }),
        (json!({ "media": { "kind": "sticker", "generated": {} } }), MessageKind::Sticker, has_file),
        (
            json!({ "media": { "kind": "image", "generated": {}, "caption": "c", "view_once": true } }),
            MessageKind::ViewOnce,
            |it| it.text.is_none() && it.details.is_empty(),
        ),
        (
            json!({ "location": { "lat": 52.5, "lng": 13.4, "name": "Berlin" } }),
            MessageKind::Location,
            |it| matches!(it.details.content.as_deref(), Some(Content::Place(place)) if place.name.as_deref() == Some("Berlin")),
        ),
        (json!({ "contact": { "name": "Ada", "number": "351910000000" } }), MessageKind::ContactCard, |it| {
            matches!(it.details.content.as_deref(), Some(Content::Cards { cards })
                if cards[0].name == "Ada" && cards[0].phones == ["+351910000000"])
        }),
        (
            json!({ "contacts": [{ "name": "Ada", "number": "4915112345678" }, { "name": "Bo", "number": "351910000000" }] }),
            MessageKind::ContactCard,
            |it| matches!(it.details.content.as_deref(), Some(Content::Cards { cards }) if cards.len() == 2),
        ),
        (json!({ "list_answer": { "title": "Delivery", "row_id": "r1" } }), MessageKind::Choice, |it| {
            it.text.as_deref() == Some("Delivery")
                && matches!(it.details.content.as_deref(), Some(Content::Choice { id, .. }) if id == "r1")
        }),
        (json!({ "button_answer": { "text": "Yes", "id": "b1" } }), MessageKind::Choice, |it| {
            it.text.as_deref() == Some("Yes")
        }),
        (
            json!({ "poll": { "question": "When?", "options": ["Mo", "Tu"], "max": 1 } }),
            MessageKind::Poll,
            |it| matches!(it.details.content.as_deref(), Some(Content::Poll(poll)) if poll.options.len() == 2),
        ),
        (json!({ "unknown": {} }), MessageKind::Unknown, |it| {
            matches!(it.details.content.as_deref(), Some(Content::Other { .. }))
        }),
        (json!({ "text": "Yes, this", "quote": { "id": first } }), MessageKind::Text, |it| {
            let quote = it.details.reply_to.as_ref().expect("a quote");
            quote.preview == "Olá" && quote.direction == Direction::Inbound && quote.message_id.is_some()
        }),
    ];
    let mut ids = vec![first.clone()];
    for (content, kind, check) in said {
        let id = stage.hear(content.clone()).await;
        let got = stage.until(&content.to_string(), &id, |_| true).await;
        assert_eq!(got.kind, kind, "{content}");
        assert!(check(&got), "{content}: {got:#?}");
        assert_eq!((got.direction, got.origin), (Direction::Inbound, Origin::Customer));
        ids.push(id);
    }
    let stored: Vec<String> = stage.line.messages(CUSTOMER).await.into_iter().map(|message| message.wa_id).collect();
    assert_eq!(stored, ids, "nothing dropped, nothing twice, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_customer_does_to_messages_is_followed() {
    let stage = linked().await;
    let first = stage.hear(json!({ "text": "helo" })).await;
    stage.until("the message", &first, |_| true).await;
    stage.hear(json!({ "edit": { "id": first, "text": "hello" } })).await;
    let edited = stage.until("the edit", &first, |it| it.text.as_deref() == Some("hello")).await;
    assert!(edited.details.edited_at.is_some());
    stage.hear(json!({ "reaction": { "id": first, "emoji": "👍" } })).await;
    stage.until("the reaction", &first, |it| it.details.reactions.iter().any(|known| known.emoji == "👍")).await;
    stage.hear(json!({ "reaction": { "id": first, "emoji": "" } })).await;
    stage.until("the reaction taken back", &first, |it| it.details.reactions.is_empty()).await;

    let ours = stage.write(NewMessage::text(MessageId::fresh(), "ours".into())).await;
    stage.line.await_status(CUSTOMER, ours.id, MessageStatus::Delivered).await;
    stage.hear(json!({ "reaction": { "id": ours.wa_id, "emoji": "❤️" } })).await;
    let loved = stage.until("the reaction", &ours.wa_id, |it| !it.details.reactions.is_empty()).await;
    assert_eq!((loved.details.reactions[0].direction, loved.status), (Direction::Inbound, MessageStatus::Delivered));

    stage.hear(json!({ "revoke": { "id": first } })).await;
    let gone = stage.until("the revocation", &first, |it| it.kind == MessageKind::Revoked).await;
    assert_eq!(gone.text, None);
    assert_eq!(stage.line.messages(CUSTOMER).await.len(), 2, "changes are no messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_does_is_followed_and_its_polls_are_counted() {
    let stage = linked().await;
    let theirs = stage.hear(json!({ "text": "hi" })).await;
    let ours = stage.phone(json!({ "text": "from the phone" })).await;
    let known = stage.until("the phone's message", &ours, |_| true).await;
    assert_eq!((known.direction, known.origin), (Direction::Outbound, Origin::Phone));
    stage.phone(json!({ "edit": { "id": ours, "text": "better" } })).await;
    stage.until("the edit", &ours, |it| it.text.as_deref() == Some("better")).await;
    stage.phone(json!({ "reaction": { "id": theirs, "emoji": "🎉" } })).await;
    let reacted = stage.until("the reaction", &theirs, |it| !it.details.reactions.is_empty()).await;
    assert_eq!(reacted.details.reactions[0].direction, Direction::Outbound);
    stage.phone(json!({ "revoke": { "id": ours } })).await;
    stage.until("the revocation", &ours, |it| it.kind == MessageKind::Revoked).await;

    let poll = stage.phone(json!({ "poll": { "question": "When?", "options": ["Mo", "Tu"], "max": 1 } })).await;
    stage.until("the poll", &poll, |it| it.kind == MessageKind::Poll).await;
    stage.hear(json!({ "poll_vote": { "id": poll, "options": ["Tu"] } })).await;
    stage.until("the vote", &poll, |it| votes(it) == [0, 1]).await;
    stage.hear(json!({ "poll_vote": { "id": poll, "options": ["Mo"] } })).await;
    let counted = stage.until("another vote", &poll, |it| votes(it) == [1, 0]).await;
    let Some(Content::Poll(counted)) = counted.details.content.as_deref() else { panic!("{counted:?}") };
    assert_eq!(counted.options[0], PollOption { text: "Mo".into(), votes: 1 });
    stage.hear(json!({ "poll_vote": { "id": poll, "options": [] } })).await;
    stage.until("the vote taken back", &poll, |it| votes(it) == [0, 0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_sends_places_cards_and_answers() {
    let stage = linked().await;
    let first = stage.hear(json!({ "text": "where are you?" })).await;
    let asked = stage.until("the question", &first, |_| true).await;
    let place = Place { latitude: 52.5, longitude: 13.4, name: Some("Berlin".into()), address: None, live: false };
    let sent = stage.write(NewMessage { place: Some(place), reply_to: Some(asked.id), ..empty() }).await;
    let got = stage.there("the place", &sent.wa_id, |_| true).await;
    assert_eq!((&got["location"]["name"], &got["location"]["latitude"]), (&json!("Berlin"), &json!(52.5)), "{got}");
    assert_eq!(got["quote"]["id"], first, "{got}");
    let card = |name: &str| ContactCard {
        name: name.into(),
        phones: vec!["+351910000000".into()],
        emails: vec![],
        organisation: None,
    };
    let one = stage.write(NewMessage { cards: vec![card("Ada")], ..empty() }).await;
    let got = stage.there("the card", &one.wa_id, |_| true).await;
    assert_eq!((&got["contact"]["name"], &got["contact"]["number"]), (&json!("Ada"), &json!("351910000000")), "{got}");
    let two = stage.write(NewMessage { cards: vec![card("Ada"), card("Bo")], ..empty() }).await;
    let got = stage.there("the cards", &two.wa_id, |_| true).await;
    assert_eq!(got["contacts"].as_array().map(Vec::len), Some(2), "{got}");
    let answer = NewMessage { reply_to: Some(asked.id), ..NewMessage::text(MessageId::fresh(), "here".into()) };
    let answer = stage.write(answer).await;
    let got = stage.there("the answer", &answer.wa_id, |_| true).await;
    assert_eq!((&got["quote"]["id"], &got["quote"]["text"]), (&json!(first), &json!("where are you?")), "{got}");
    stage.line.await_status(CUSTOMER, answer.id, MessageStatus::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_rewords_reacts_and_takes_back() {
    let stage = linked().await;
    let first = stage.hear(json!({ "text": "hi" })).await;
    let theirs = stage.until("the message", &first, |_| true).await;
    let sent = stage.write(NewMessage::text(MessageId::fresh(), "helo".into())).await;
    stage.line.await_status(CUSTOMER, sent.id, MessageStatus::Delivered).await;
    stage.line.store.edit_message(sent.id, "hello".into()).await.expect("edited");
    let got = stage.there("the edit", &sent.wa_id, |it| it["edited"] == true).await;
    assert_eq!((&got["text"], &got["original_text"]), (&json!("hello"), &json!("helo")), "{got}");
    stage.line.store.react(theirs.id, "👍".into()).await.expect("reacted");
    let reacted = |emoji: &'static str| move |it: &Value| it["reactions"] == json!([{ "from": AGENT, "emoji": emoji }]);
    stage.there("the reaction", &first, reacted("👍")).await;
    stage.line.store.react(theirs.id, String::new()).await.expect("taken back");
    stage.there("the reaction taken back", &first, |it| it["reactions"].is_null()).await;
    stage.line.store.revoke_message(sent.id).await.expect("revoked");
    stage.there("the revocation", &sent.wa_id, |it| it["revoked"] == true).await;
    let left = stage.until("what is left", &sent.wa_id, |it| it.kind == MessageKind::Revoked).await;
    assert_eq!((left.text, left.failure), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_an_acknowledgement_goes_again_under_its_id_also_after_a_restart() {
    let mut stage = linked().await;
    let first = stage.hear(json!({ "text": "hi" })).await;
    stage.until("the message", &first, |_| true).await;
    let sent = stage.write(NewMessage::text(MessageId::fresh(), "helo".into())).await;
    stage.line.await_status(CUSTOMER, sent.id, MessageStatus::Delivered).await;
    // A receipt would say as much as the acknowledgement.
    let lost = json!({ "drop_ack": { "number": AGENT }, "drop": { "number": AGENT, "stanza": "receipt" } });
    stage.network.fault(lost).await;
    stage.line.store.edit_message(sent.id, "hello".into()).await.expect("edited");
    stage.there("the edit", &sent.wa_id, |it| it["edited"] == true).await;
    let waiting = stage.line.store.next_to_send(10).await.expect("queue");
    assert_eq!(waiting.len(), 1, "nobody has acknowledged it");
    stage.network.clear_faults().await;
    stage.line = stage.line.restart().await;
    eventually("the acknowledgement", async || {
        stage.line.store.next_to_send(10).await.expect("queue").is_empty().then_some(())
    })
    .await;
    let all = stage.network.get(&format!("/customers/{CUSTOMER}/messages?with={AGENT}")).await;
    let edits = all.as_array().expect("messages").iter().filter(|it| it["kind"] == "edit").count();
    assert_eq!(edits, 1, "the same stanza, once: {all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_is_undone() {
    let stage = linked().await;
    let first = stage.hear(json!({ "text": "hi" })).await;
    stage.until("the message", &first, |_| true).await;
    let sent = stage.write(NewMessage::text(MessageId::fresh(), "helo".into())).await;
    stage.line.await_status(CUSTOMER, sent.id, MessageStatus::Delivered).await;
    stage.network.fault(json!({ "refuse": { "code": 479, "number": AGENT, "times": 1 } })).await;
    let edited = stage.line.store.edit_message(sent.id, "hello".into()).await.expect("edited");
    assert_eq!(edited.text.as_deref(), Some("hello"), "shown at once");
    let back = stage.until("the refusal", &sent.wa_id, |it| it.failure.is_some()).await;
    assert_eq!((back.text.as_deref(), back.status), (Some("helo"), MessageStatus::Delivered));
    assert_eq!(back.details.edited_at, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_sees_that_a_voice_note_was_played_and_the_agent_too() {
    let stage = linked().await;
    let voice = stage.hear(json!({ "media": { "kind": "voice", "generated": {} } })).await;
    let heard = stage.until("the voice note", &voice, |_| true).await;
    let tick = stage.line.store.mark_played(heard.id).await.expect("played").expect("to be told");
    stage.line.port.mark_played(tick);
    stage.there("the blue microphone", &voice, |it| it["status"] == "played").await;
}

/// Faults 10 and 11: out of order, repeated, and unreadable at first.
#[tokio::test(flavor = "multi_thread")]
async fn f11_repeated_and_overtaken_changes_end_the_same() {
    let stage = linked().await;
    let first = stage.hear(json!({ "text": "one" })).await;
    stage.until("the message", &first, |_| true).await;
    stage.network.fault(json!({ "duplicate": { "number": AGENT } })).await;
    stage.hear(json!({ "edit": { "id": first, "text": "two" } })).await;
    stage.hear(json!({ "reaction": { "id": first, "emoji": "👍" } })).await;
    stage.hear(json!({ "edit": { "id": first, "text": "three" } })).await;
    stage
        .until("the last edit", &first, |it| it.text.as_deref() == Some("three") && it.details.reactions.len() == 1)
        .await;
    stage.network.clear_faults().await;
    stage.network.fault(json!({ "corrupt": { "number": AGENT, "times": 1 } })).await;
    let unreadable = stage.hear(json!({ "media": { "kind": "image", "generated": {}, "caption": "c" } })).await;
    let read = stage.until("the picture", &unreadable, |it| it.kind == MessageKind::Image).await;
    assert_eq!(read.text.as_deref(), Some("c"));
    assert_eq!(stage.line.messages(CUSTOMER).await.len(), 2);
}
