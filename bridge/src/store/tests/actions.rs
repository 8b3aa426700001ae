//! What an agent writes besides texts, and changes afterwards.

use ownline_model::{
    details::{Attachment, ContactCard, Content, FileState, Place},
    event::Event,
    ids::MediaId,
    message::{Amendment, Failure, UploadedMedia},
};

use super::{privacy::set_scope, *};
use crate::{
    safety::{Sent, SentAs},
    store::inbound::{MessageRef, StatusNews, ToSend, What},
};

const CARLA: &str = "+5511988887777";

fn place() -> Place {
    Place { latitude: -23.5, longitude: -46.25, name: Some("Office".into()), address: None, live: false }
}

fn card(name: &str) -> ContactCard {
    ContactCard { name: name.into(), phones: vec!["+551".into()], emails: vec![], organisation: None }
}

fn empty() -> NewMessage {
    NewMessage::text(MessageId::fresh(), String::new())
}

impl Machine {
    /// A message of the desk that WhatsApp has.
    async fn sent(&self, chat: ConversationId, text: &str) -> Message {
        let written = self.store.write_message(chat, reply(text)).await.expect("written");
        self.answer(&written.wa_id, None).await;
        self.message(&written).await
    }

    async fn message(&self, message: &Message) -> Message {
        let all = self.messages(message.conversation_id).await;
        all.into_iter().find(|known| known.id == message.id).expect("there")
    }

    /// WhatsApp's server answers.
    async fn answer(&self, wa_id: &str, refused: Option<&str>) {
        let failure = refused.map(|code| Failure { code: code.into(), detail: "no".into(), retryable: true });
        let status = if refused.is_some() { MessageStatus::Failed } else { MessageStatus::Sent };
        let message = MessageRef::Sent { chat: None, wa_id: wa_id.into() };
        self.store.advance_statuses(vec![StatusNews { message, status, at: now(), failure }]).await.expect("advanced");
    }

    async fn queue(&self) -> Vec<ToSend> {
        self.store.next_to_send(10).await.expect("queue")
    }

    async fn hand_over(&self, kind: MessageKind, mime: &str) -> MediaId {
        let id = MediaId::fresh();
        let attachment = Attachment {
            mime: mime.into(),
            size: 3,
            file_name: Some("a.pdf".into()),
            width: None,
            height: None,
            seconds: None,
            waveform: vec![],
            thumbnail: None,
            sha256: None,
            state: FileState::Here,
        };
        self.store.keep_file(UploadedMedia { id, kind, attachment }, "random".into()).await.expect("kept");
        id
    }
}

#[tokio::test]
async fn a_message_is_one_of_text_file_place_and_cards() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let chat = heard.conversation_id;
    let other = machine.hear("+5511900001111", "in-1", "hi").await;
    let picture = machine.hand_over(MessageKind::Image, "image/jpeg").await;
    let voice = machine.hand_over(MessageKind::Voice, "audio/ogg").await;
    let nowhere = Place { latitude: 91.0, ..place() };
    for (new, code) in [
        (empty(), "text_empty"),
        (NewMessage { place: Some(place()), cards: vec![card("Bruno")], ..empty() }, "invalid_request"),
        (NewMessage { media_id: Some(picture), place: Some(place()), ..empty() }, "invalid_request"),
        (NewMessage { text: "x".into(), place: Some(place()), ..empty() }, "invalid_request"),
        (NewMessage { text: "x".into(), media_id: Some(voice), ..empty() }, "invalid_request"),
        (NewMessage { text: "x".repeat(70_000), media_id: Some(picture), ..empty() }, "text_too_long"),
        (NewMessage { place: Some(nowhere), ..empty() }, "invalid_request"),
        (NewMessage { cards: vec![card("\u{7}")], ..empty() }, "invalid_request"),
        (NewMessage { cards: vec![card("x"); 21], ..empty() }, "invalid_request"),
        (NewMessage { media_id: Some(MediaId::fresh()), ..empty() }, "media_unknown"),
        (NewMessage { text: "x".into(), reply_to: Some(MessageId::fresh()), ..empty() }, "invalid_request"),
        (NewMessage { text: "x".into(), reply_to: Some(other.message_id), ..empty() }, "invalid_request"),
    ] {
        assert_eq!(refusal(machine.store.write_message(chat, new.clone()).await), code, "{new:?}");
    }
    assert!(machine.queue().await.is_empty());
    let sent = machine
        .store
        .write_message(chat, NewMessage { place: Some(place()), reply_to: Some(heard.message_id), ..empty() })
        .await
        .expect("written");
    assert_eq!((sent.kind, sent.text), (MessageKind::Location, None));
    let quote = sent.details.reply_to.expect("a quote");
    assert_eq!(
        (quote.wa_id.as_str(), quote.message_id, quote.preview.as_str()),
        ("in-1", Some(heard.message_id), "hi")
    );
    let waiting = &machine.queue().await[0];
    assert_eq!(waiting.details.content.as_deref(), Some(&Content::Place(place())));
    assert_eq!(waiting.quoted.as_ref().and_then(|quoted| quoted.text.as_deref()), Some("hi"));
}

#[tokio::test]
async fn a_file_belongs_to_one_message() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let file = machine.hand_over(MessageKind::Document, "application/pdf").await;
    let new = NewMessage { text: "the bill".into(), media_id: Some(file), ..empty() };
    let written = machine.store.write_message(chat, new.clone()).await.expect("written");
    assert_eq!((written.kind, written.text.as_deref()), (MessageKind::Document, Some("the bill")));
    assert_eq!(machine.store.write_message(chat, new.clone()).await.expect("again"), written);
    let second = NewMessage { id: MessageId::fresh(), ..new };
    assert_eq!(refusal(machine.store.write_message(chat, second).await), "media_unknown");
}

#[tokio::test]
async fn an_edit_is_shown_at_once_and_told_when_whatsapp_has_it() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let sent = machine.sent(chat, "helo").await;
    machine.drain().await;
    let edited = machine.store.edit_message(sent.id, "hello".into()).await.expect("edited");
    assert_eq!((edited.text.as_deref(), edited.status), (Some("hello"), MessageStatus::Sent));
    assert!(edited.details.edited_at.is_some());
    let waiting = machine.queue().await;
    let change = waiting[0].change.as_deref().expect("a change");
    assert_eq!(
        (change.target.wa_id.as_str(), &change.what),
        (sent.wa_id.as_str(), &What::Edited { text: Some("hello".into()) })
    );
    assert_ne!(waiting[0].wa_id, sent.wa_id, "a stanza of its own");
    assert!(machine.outbox().await.is_empty(), "no fact yet");
    // Over a restart it is the same stanza.
    machine.store.close().await;
    let machine = Machine { store: open(&machine.folder), ..machine };
    assert_eq!(machine.queue().await, waiting);
    machine.answer(&waiting[0].wa_id, None).await;
    assert!(machine.queue().await.is_empty());
    let told = machine.outbox().await;
    assert_eq!(kinds(&told), ["message_amended"]);
    let Op::MessageAmended { message_id, amendment } = &told[0].op else { panic!("{told:?}") };
    assert_eq!(*message_id, sent.id);
    assert!(matches!(amendment, Amendment::Edited { text: Some(text), .. } if text == "hello"));
    machine.answer(&waiting[0].wa_id, Some("late")).await;
    assert_eq!(machine.message(&sent).await.text.as_deref(), Some("hello"), "a second answer says nothing new");
}

#[tokio::test]
async fn what_whatsapp_does_not_take_is_undone_with_its_reason() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let sent = machine.sent(heard.conversation_id, "helo").await;
    let theirs = machine.messages(heard.conversation_id).await.remove(0);
    machine.drain().await;
    machine.store.edit_message(sent.id, "hello".into()).await.expect("edited");
    let edit = machine.queue().await.remove(0).wa_id;
    machine.store.revoke_message(sent.id).await.expect("revoked");
    assert_eq!(machine.message(&sent).await.kind, MessageKind::Revoked);
    machine.answer(&edit, Some("refused_by_whatsapp")).await;
    let revoke = machine.queue().await.remove(0).wa_id;
    machine.answer(&revoke, Some("refused_by_whatsapp")).await;
    let back = machine.message(&sent).await;
    assert_eq!((back.kind, back.text.as_deref()), (MessageKind::Text, Some("helo")), "both are undone");
    assert_eq!((back.details, back.status), (sent.details.clone(), MessageStatus::Sent));
    assert_eq!(back.failure.map(|failure| failure.code).as_deref(), Some("refused_by_whatsapp"));
    machine.store.react(theirs.id, "👍".into()).await.expect("reacted");
    machine.store.react(theirs.id, "❤️".into()).await.expect("reacted");
    let first = machine.queue().await.remove(0).wa_id;
    machine.answer(&first, None).await;
    let second = machine.queue().await.remove(0).wa_id;
    machine.answer(&second, Some("refused_by_whatsapp")).await;
    let reactions = machine.message(&theirs).await.details.reactions;
    assert_eq!(reactions.iter().map(|it| it.emoji.as_str()).collect::<Vec<_>>(), ["👍"]);
}

#[tokio::test]
async fn what_is_taken_back_is_gone_once_whatsapp_has_it() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let sent = machine.sent(chat, "canary-1 secret").await;
    machine.drain().await;
    let left = async || {
        machine
            .store
            .read(|connection| {
                let found = "SELECT (SELECT count(*) FROM message WHERE body LIKE '%canary-1%')
                    + (SELECT count(*) FROM action WHERE body LIKE '%canary-1%')";
                Ok(connection.query_row(found, [], |row| row.get::<_, i64>(0))?)
            })
            .await
            .expect("read")
    };
    machine.store.revoke_message(sent.id).await.expect("revoked");
    assert_eq!(left().await, 1, "kept for as long as it may have to be shown again");
    let revoke = machine.queue().await.remove(0).wa_id;
    machine.answer(&revoke, None).await;
    assert_eq!(left().await, 0);
    assert_eq!(kinds(&machine.outbox().await), ["message_amended"]);
}

#[tokio::test]
async fn only_what_may_be_changed_is() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let chat = heard.conversation_id;
    let sent = machine.sent(chat, "sent").await;
    let waiting = machine.store.write_message(chat, reply("waiting")).await.expect("written");
    let old = InboundFact { from_me: true, at: UtcMillis(0), ..fact(by_phone(CARLA), "old", "from the phone") };
    let old = machine.receive(vec![old]).await[0].message_id;
    let edit = async |id, text: &str| refusal(machine.store.edit_message(id, text.to_owned()).await);
    assert_eq!(edit(sent.id, " ").await, "text_empty");
    assert_eq!(edit(sent.id, &"x".repeat(70_000)).await, "text_too_long");
    assert_eq!(edit(heard.message_id, "x").await, "not_your_message");
    assert_eq!(edit(waiting.id, "x").await, "message_not_sent");
    assert_eq!(edit(old, "x").await, "too_late_to_edit");
    assert_eq!(edit(MessageId::fresh(), "x").await, "not_found");
    let revoke = async |id| refusal(machine.store.revoke_message(id).await);
    assert_eq!(revoke(heard.message_id).await, "not_your_message");
    assert_eq!(revoke(waiting.id).await, "message_not_sent");
    assert_eq!(revoke(old).await, "too_late_to_revoke");
    let react = async |id, emoji: &str| refusal(machine.store.react(id, emoji.to_owned()).await);
    for no_emoji in ["ok", "👍 ", "<b>", "1", &"👍".repeat(17)] {
        if no_emoji.trim() == no_emoji {
            assert_eq!(react(heard.message_id, no_emoji).await, "invalid_request", "{no_emoji}");
        }
    }
    assert_eq!(react(waiting.id, "👍").await, "message_not_sent");
    for emoji in ["👍🏽", "1️⃣", "👨‍👩‍👧‍👦", "🇧🇷", "❤️", ""] {
        machine.store.react(heard.message_id, emoji.to_owned()).await.expect(emoji);
    }
    machine.store.edit_message(sent.id, "sent".into()).await.expect("the same words change nothing");
    machine.store.react(heard.message_id, String::new()).await.expect("nothing to take back");
    let changes = machine.queue().await;
    assert_eq!(changes.len(), 1, "one of a chat at a time");
}

#[tokio::test]
async fn a_colleagues_number_is_not_changed_from_here() {
    let machine = Machine::linked(NumberUse::Work).await;
    let contact = contact("Dora", "+5511977776666");
    let theirs = Channel {
        id: ChannelId::fresh(),
        version: 1,
        number: phone("+5511900000009"),
        name: "Bea".into(),
        owner_id: AgentId::fresh(),
        lends: true,
        session: SessionStateName::Online,
        owner_online: true,
        updated_at: UtcMillis(0),
    };
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let mut message = machine.messages(heard.conversation_id).await.remove(0);
    let conversation = Conversation {
        id: ConversationId::fresh(),
        version: 1,
        contact_id: contact.id,
        channel_id: theirs.id,
        state: ConversationState::Active,
        priority: Priority::Medium,
        scope: Scope::Shared,
        tags: vec![],
        assignee_id: None,
        ticket_id: None,
        unread: 0,
        last_message: None,
        last_activity_at: UtcMillis(0),
        created_at: UtcMillis(0),
    };
    (message.id, message.conversation_id, message.channel_id) = (MessageId::fresh(), conversation.id, theirs.id);
    message.wa_id = "theirs".into();
    machine
        .pull(vec![
            Event::ChannelStatus(theirs),
            Event::ContactUpdated(contact),
            Event::ConversationNew(conversation),
            Event::MessageNew(message.clone()),
        ])
        .await;
    assert_eq!(refusal(machine.store.react(message.id, "👍".into()).await), "not_your_number");
    assert_eq!(refusal(machine.store.revoke_message(message.id).await), "not_your_number");
    assert_eq!(refusal(machine.store.mark_played(message.id).await), "not_your_number");
}

#[tokio::test]
async fn changes_go_ahead_of_what_waits_and_one_at_a_time() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let chat = heard.conversation_id;
    let sent = machine.sent(chat, "sent").await;
    let waiting = machine.store.write_message(chat, reply("waiting")).await.expect("written");
    machine.store.edit_message(sent.id, "better".into()).await.expect("edited");
    machine.store.react(heard.message_id, "👍".into()).await.expect("reacted");
    let mut left = vec![];
    for _ in 0..3 {
        let offered = machine.queue().await;
        assert_eq!(offered.len(), 1);
        let count = Sent { message: offered[0].message_id, chat, at: now(), sent_as: SentAs::Reply };
        let counts = offered[0].change.is_none().then_some(count);
        assert!(machine.store.note_leaving(offered[0].message_id, counts).await.expect("noted"));
        machine.answer(&offered[0].wa_id, None).await;
        left.push(offered[0].change.as_ref().map(|change| change.what.clone()));
    }
    assert_eq!(
        left,
        [Some(What::Edited { text: Some("better".into()) }), Some(What::Reacted { emoji: Some("👍".into()) }), None]
    );
    assert_eq!(machine.message(&waiting).await.status, MessageStatus::Sent);
}

#[tokio::test]
async fn an_edit_that_waits_too_long_is_undone() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let sent = machine.sent(chat, "helo").await;
    machine.store.edit_message(sent.id, "hello".into()).await.expect("edited");
    machine
        .store
        .write(|tx| {
            tx.execute("UPDATE action SET expires_at = 1", [])?;
            Ok(())
        })
        .await
        .expect("time passes");
    assert!(machine.queue().await.is_empty(), "it is not offered any more");
    machine.store.expire_due().await.expect("expired");
    let back = machine.message(&sent).await;
    assert_eq!(back.text.as_deref(), Some("helo"));
    assert_eq!(back.failure.map(|failure| failure.code).as_deref(), Some("too_late_to_edit"));
}

#[tokio::test]
async fn the_scope_holds_for_own_changes_too() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let sent = machine.sent(heard.conversation_id, "sent").await;
    machine.drain().await;
    set_scope(&machine, heard.conversation_id, Scope::Metadata).await;
    machine.drain().await;
    machine.store.edit_message(sent.id, "canary".into()).await.expect("edited");
    machine.store.react(heard.message_id, "👍".into()).await.expect("reacted");
    for _ in 0..2 {
        let wa_id = machine.queue().await.remove(0).wa_id;
        machine.answer(&wa_id, None).await;
    }
    let told = machine.outbox().await;
    assert_eq!(kinds(&told), ["message_amended"]);
    assert!(!serde_json::to_string(&told).expect("json").contains("canary"));
}

#[tokio::test]
async fn a_voice_note_is_played_once() {
    let machine = Machine::linked(NumberUse::Work).await;
    let voice = InboundFact { kind: MessageKind::Voice, text: None, ..fact(by_phone(CARLA), "v", "") };
    let heard = machine.receive(vec![voice, fact(by_phone(CARLA), "t", "hi")]).await;
    let tick = machine.store.mark_played(heard[0].message_id).await.expect("played").expect("to be told");
    assert_eq!((tick.wa_id.as_str(), tick.chat), ("v", by_phone(CARLA)));
    assert_eq!(machine.store.mark_played(heard[0].message_id).await.expect("again"), None);
    assert_eq!(refusal(machine.store.mark_played(heard[1].message_id).await), "invalid_request");
    let messages = machine.messages(heard[0].conversation_id).await;
    assert_eq!(messages[0].status, MessageStatus::Played);
    let item = machine.store.conversation(heard[0].conversation_id).await.expect("read").expect("there");
    assert_eq!(item.conversation.unread, 1);
    machine.store.mark_read(heard[0].conversation_id, 100).await.expect("read");
    assert_eq!(machine.messages(heard[0].conversation_id).await[0].status, MessageStatus::Played, "only forward");
}
