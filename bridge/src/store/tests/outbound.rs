use ownline_model::message::MessageStatus::{Delivered, Failed, Read, Sent};

use super::*;
use crate::store::inbound::{MessageRef, StatusNews};

async fn chat(machine: &Machine) -> ConversationId {
    machine.hear("+5511988887777", "in-1", "hi").await.conversation_id
}

fn news(message: &Message, status: MessageStatus) -> StatusNews {
    StatusNews {
        message: MessageRef::Sent { chat: None, wa_id: message.wa_id.clone() },
        status,
        at: now(),
        failure: None,
    }
}

#[tokio::test]
async fn a_reply_has_its_whatsapp_id_from_the_start_and_is_written_once() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let new = reply("hello");
    let written = machine.store.write_message(chat, new.clone()).await.expect("written");
    assert!(written.wa_id.starts_with("3EB0") && written.wa_id.len() == 22);
    assert_eq!(machine.store.write_message(chat, new).await.expect("again"), written);
    let waiting = machine.store.next_to_send(10).await.expect("queue");
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].wa_id.as_str(), waiting[0].text.as_str()), (written.wa_id.as_str(), "hello"));
    assert_eq!(waiting[0].chat.phone, Some(phone("+5511988887777")));
    assert_eq!(kinds(&machine.outbox().await).last(), Some(&"reply"));
}

#[tokio::test]
async fn texts_have_bounds() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    assert_eq!(refusal(machine.store.write_message(chat, reply(" \n")).await), "text_empty");
    assert_eq!(refusal(machine.store.write_message(chat, reply(&"x".repeat(70 * 1024))).await), "text_too_long");
    assert_eq!(refusal(machine.store.write_message(ConversationId::fresh(), reply("x")).await), "not_found");
    assert!(machine.store.next_to_send(10).await.expect("queue").is_empty());
}

#[tokio::test]
async fn f11_a_status_only_moves_forward() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let written = machine.store.write_message(chat, reply("hello")).await.expect("written");
    machine.drain().await;
    let moved = machine
        .store
        .advance_statuses([Read, Delivered, Sent, Failed, Read].map(|status| news(&written, status)).to_vec())
        .await
        .expect("advanced");
    assert_eq!(moved, [true, false, false, false, false]);
    assert_eq!(machine.messages(chat).await[1].status, Read);
    assert_eq!(kinds(&machine.outbox().await), ["message_status"]);
    assert!(machine.store.next_to_send(10).await.expect("queue").is_empty());
    let item = machine.store.conversation(chat).await.expect("read").expect("there");
    assert_eq!(item.conversation.last_message.expect("last").status, Read, "the list shows the tick");
}

#[tokio::test]
async fn attempts_are_noted_until_the_message_is_settled() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let written = machine.store.write_message(chat, reply("hello")).await.expect("written");
    assert!(machine.store.note_attempt(written.id).await.expect("noted"));
    assert_eq!(machine.store.next_to_send(10).await.expect("queue")[0].attempts, 1);
    machine.store.advance_statuses(vec![news(&written, Sent)]).await.expect("sent");
    assert!(!machine.store.note_attempt(written.id).await.expect("noted"), "it has been sent");
}

#[tokio::test]
async fn a_failed_message_is_tried_again_under_the_same_id() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let written = machine.store.write_message(chat, reply("hello")).await.expect("written");
    machine.store.advance_statuses(vec![news(&written, Failed)]).await.expect("failed");
    assert!(machine.store.next_to_send(10).await.expect("queue").is_empty());
    let again = machine.store.retry_message(written.id).await.expect("queued");
    assert_eq!((again.status, &again.wa_id), (MessageStatus::Queued, &written.wa_id));
    assert_eq!(machine.store.next_to_send(10).await.expect("queue").len(), 1);
    assert_eq!(machine.messages(chat).await.len(), 2, "no second bubble");
}

#[tokio::test]
async fn a_chat_is_sent_in_the_desks_order() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let mut written = Vec::new();
    for n in 0..5 {
        written.push(machine.store.write_message(chat, reply(&n.to_string())).await.expect("written"));
    }
    let mut sent = Vec::new();
    while let Some(next) = machine.store.next_to_send(10).await.expect("queue").into_iter().next() {
        sent.push(next.text.clone());
        let settled = StatusNews { message: MessageRef::Id(next.message_id), status: Sent, at: now(), failure: None };
        machine.store.advance_statuses(vec![settled]).await.expect("sent");
    }
    assert_eq!(sent, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_routed_reply_that_comes_too_late_fails_with_a_reason() {
    let machine = Machine::linked(NumberUse::Work).await;
    let item = machine.hear("+5511988887777", "in-1", "hi").await;
    let conversation =
        machine.store.conversation(item.conversation_id).await.expect("read").expect("there").conversation;
    let late = Message {
        expires_at: Some(now().plus_millis(-1)),
        position: 2,
        ..known_message(&conversation, "3EB0LATE", Direction::Outbound, MessageStatus::Queued)
    };
    machine.pull(vec![ownline_model::event::Event::MessageNew(late.clone())]).await;
    assert!(machine.store.next_to_send(10).await.expect("queue").is_empty(), "too late to send");
    assert!(!machine.store.note_attempt(late.id).await.expect("noted"));
    machine.store.expire_due().await.expect("expired");
    let stored = machine.messages(conversation.id).await.pop().expect("there");
    assert_eq!((stored.status, stored.failure.expect("why").code.as_str()), (Failed, "expired"));
}
