//! Messages that are taken back before they leave.

use ownline_model::{
    event::Event,
    message::MessageStatus::{Failed, Queued, Sent},
};

use super::*;
use crate::store::{
    TakeBack::{Anywhere, Unsent},
    inbound::{MessageRef, StatusNews},
};

const CARLA: &str = "+5511988887777";

async fn chat(machine: &Machine) -> ConversationId {
    machine.hear(CARLA, "in-1", "hi").await.conversation_id
}

async fn message(machine: &Machine, known: &Message) -> Message {
    let all = machine.messages(known.conversation_id).await;
    all.into_iter().find(|message| message.id == known.id).expect("there")
}

async fn offered(machine: &Machine) -> Vec<MessageId> {
    machine.store.next_to_send(10).await.expect("queue").into_iter().map(|message| message.message_id).collect()
}

fn code(message: &Message) -> Option<&str> {
    message.failure.as_ref().map(|failure| failure.code.as_str())
}

#[tokio::test]
async fn what_waits_never_leaves_and_the_next_takes_its_turn() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let first = machine.store.write_message(chat, reply("one")).await.expect("written");
    let second = machine.store.write_message(chat, reply("two")).await.expect("written");
    assert_eq!(offered(&machine).await, [first.id]);
    let taken = machine.store.take_back(first.id, Unsent).await.expect("taken back");
    assert_eq!((taken.status, code(&taken)), (Failed, Some("cancelled")));
    assert_eq!(machine.store.take_back(first.id, Anywhere).await.expect("again"), taken, "asking twice is harmless");
    assert_eq!(offered(&machine).await, [second.id]);
    assert!(!machine.store.note_leaving(first.id, None).await.expect("noted"), "a sender that had it in hand stops");
    assert_eq!(refusal(machine.store.retry_message(first.id).await), "invalid_request");
    assert!(
        kinds(&machine.outbox().await).ends_with(&["reply", "reply", "message_status"]),
        "the team hears of its end"
    );
}

#[tokio::test]
async fn what_is_leaving_or_has_left_is_not_cancelled() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let written = machine.store.write_message(chat, reply("one")).await.expect("written");
    assert!(machine.store.note_leaving(written.id, None).await.expect("noted"));
    for whence in [Unsent, Anywhere] {
        assert_eq!(refusal(machine.store.take_back(written.id, whence).await), "already_sent");
    }
    assert_eq!(message(&machine, &written).await.status, Queued);
    let news = StatusNews { message: MessageRef::Id(written.id), status: Sent, at: now(), failure: None };
    machine.store.advance_statuses(vec![news]).await.expect("sent");
    assert_eq!(refusal(machine.store.take_back(written.id, Unsent).await), "already_sent");
    let revoked = machine.store.take_back(written.id, Anywhere).await.expect("revoked");
    assert_eq!((revoked.status, revoked.kind), (Sent, MessageKind::Revoked), "it is taken back for everyone instead");
}

#[tokio::test]
async fn what_is_not_the_lines_own_is_left_alone() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    assert_eq!(refusal(machine.store.take_back(heard.message_id, Anywhere).await), "not_your_message");
    assert_eq!(refusal(machine.store.take_back(MessageId::fresh(), Unsent).await), "not_found");
    let bruno = agent("bruno");
    let (theirs, carla) = (channel(&bruno, "+5511900000002"), contact("Carla", CARLA));
    let there = conversation(theirs.id, carla.id);
    let known = known_message(&there, "out-1", Direction::Outbound, Queued);
    let told = [Event::ContactUpdated(carla), Event::ConversationNew(there), Event::MessageNew(known.clone())];
    machine.pull([vec![Event::ChannelStatus(theirs)], told.to_vec()].concat()).await;
    assert_eq!(refusal(machine.store.take_back(known.id, Unsent).await), "not_your_number");
}

/// Whatever the server still thinks, what was taken back stays so.
#[tokio::test]
async fn a_colleagues_order_ends_for_good() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let item = machine.store.conversation(heard.conversation_id).await.expect("read").expect("there");
    machine.drain().await;
    let order = Message {
        channel_id: item.conversation.channel_id,
        author_id: Some(AgentId::fresh()),
        position: 7,
        expires_at: Some(now().plus_millis(60_000)),
        ..known_message(&item.conversation, "3EB0AA", Direction::Outbound, Queued)
    };
    machine.pull(vec![Event::MessageNew(order.clone())]).await;
    assert_eq!(offered(&machine).await, [order.id]);
    machine.store.take_back(order.id, Unsent).await.expect("taken back");
    let told = machine.outbox().await;
    assert!(
        matches!(told.iter().map(|change| &change.op).collect::<Vec<_>>()[..],
            [Op::MessageStatus { message_id, status: Failed, failure: Some(failure), .. }]
                if *message_id == order.id && failure.code == "cancelled" && !failure.retryable),
        "{told:?}"
    );
    machine.drain().await;
    machine.pull(vec![Event::MessageStatus(order.clone())]).await;
    assert_eq!(offered(&machine).await, [], "an older word of the server does not send it");
    assert_eq!(code(&message(&machine, &order).await), Some("cancelled"));
}

#[tokio::test]
async fn a_private_chat_tells_nobody() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let chat = chat(&machine).await;
    let before = machine.outbox().await;
    let written = machine.store.write_message(chat, reply("one")).await.expect("written");
    machine.store.take_back(written.id, Unsent).await.expect("taken back");
    assert_eq!(machine.outbox().await, before);
}

#[tokio::test]
async fn either_it_leaves_or_it_is_taken_back() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    for turn in 0..40 {
        let id = machine.store.write_message(chat, reply("x")).await.expect("written").id;
        let (leaving, taking) = (machine.store.note_leaving(id, None), machine.store.take_back(id, Unsent));
        let (leaves, taken) = if turn % 2 == 0 {
            let (leaves, taken) = tokio::join!(leaving, taking);
            (leaves, taken)
        } else {
            let (taken, leaves) = tokio::join!(taking, leaving);
            (leaves, taken)
        };
        let leaves = leaves.expect("noted");
        match taken {
            Ok(message) => assert!(!leaves && message.status == Failed, "turn {turn}"),
            refused => assert!(leaves && refusal(refused) == "already_sent", "turn {turn}"),
        }
        assert_eq!(leaves, turn % 2 == 0, "whoever asks first");
        let news = StatusNews { message: MessageRef::Id(id), status: Sent, at: now(), failure: None };
        if leaves {
            machine.store.advance_statuses(vec![news]).await.expect("sent");
        }
    }
}

#[tokio::test]
async fn a_restart_does_not_send_what_was_taken_back() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = chat(&machine).await;
    let written = machine.store.write_message(chat, reply("one")).await.expect("written");
    machine.store.take_back(written.id, Unsent).await.expect("taken back");
    machine.store.close().await;
    let Machine { folder, me, .. } = machine;
    let machine = Machine { store: open(&folder), me, folder };
    assert_eq!(offered(&machine).await, []);
    assert_eq!(code(&message(&machine, &written).await), Some("cancelled"));
}

/// The server knows the message under another id: what is tried already counts as tried.
#[tokio::test]
async fn two_rows_that_become_one_remember_the_attempt() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "in-1", "hi").await;
    let written = machine.store.write_message(heard.conversation_id, reply("one")).await.expect("written");
    assert!(machine.store.note_leaving(written.id, None).await.expect("noted"));
    machine.drain().await;
    let same = Message { id: MessageId::fresh(), ..written.clone() };
    machine.pull(vec![Event::MessageNew(same.clone())]).await;
    for id in [written.id, same.id] {
        assert_eq!(refusal(machine.store.take_back(id, Unsent).await), "already_sent");
    }
}
