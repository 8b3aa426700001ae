//! What a chat does not share never reaches the outbox, by whatever road.

use ownline_model::event::Event;

use super::*;
use crate::store::inbound::{MessageRef, StatusNews};

const CANARY: &str = "canary-7f3a secret";

/// Everything that can happen in a chat on the own number.
async fn live_through(machine: &Machine) -> ConversationId {
    let heard = machine.hear("+5511988887777", "in-1", CANARY).await;
    let own = InboundFact { from_me: true, ..fact(by_phone("+5511988887777"), "own-1", CANARY) };
    machine.receive(vec![own]).await;
    let written = machine.store.write_message(heard.conversation_id, reply(CANARY)).await.expect("written");
    for status in [MessageStatus::Failed, MessageStatus::Sent] {
        let news = StatusNews { message: MessageRef::Id(written.id), status, at: now(), failure: None };
        machine.store.advance_statuses(vec![news]).await.expect("advanced");
    }
    let failing = machine.store.write_message(heard.conversation_id, reply(CANARY)).await.expect("written");
    let news =
        StatusNews { message: MessageRef::Id(failing.id), status: MessageStatus::Failed, at: now(), failure: None };
    machine.store.advance_statuses(vec![news]).await.expect("failed");
    machine.store.retry_message(failing.id).await.expect("again");
    machine.store.mark_read(heard.conversation_id, 100).await.expect("read");
    machine.store.open_conversation(by_phone("+5511966665555")).await.expect("opened");
    let unreadable =
        InboundFact { kind: MessageKind::Undecryptable, text: None, ..fact(by_phone("+5511988887777"), "in-2", "") };
    machine.receive(vec![unreadable]).await;
    machine.hear("+5511988887777", "in-2", CANARY).await;
    let contact = machine.store.conversation(heard.conversation_id).await.expect("read").expect("there").contact;
    let patch = ownline_model::contact::ContactPatch { notes: Some(CANARY.to_owned()), ..Default::default() };
    machine.store.patch_contact(contact.id, patch).await.expect("patched");
    heard.conversation_id
}

#[tokio::test]
async fn a_private_chat_leaves_no_trace_in_the_outbox() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let chat = live_through(&machine).await;
    let outbox = machine.outbox().await;
    assert_eq!(kinds(&outbox), ["channel_reported"], "only the number itself is told of: {outbox:#?}");
    let messages = machine.messages(chat).await;
    assert_eq!(messages.len(), 5, "here everything is to be read");
    assert!(messages.iter().all(|message| message.text.as_deref() == Some(CANARY)));
    let item = machine.store.conversation(chat).await.expect("read").expect("there");
    assert_eq!(item.conversation.scope, Scope::Private);
}

#[tokio::test]
async fn a_metadata_chat_tells_everything_but_the_text() {
    let machine = Machine::linked(NumberUse::Work).await;
    let first = machine.hear("+5511988887777", "in-0", "before").await;
    machine.drain().await;
    // The owner narrows the chat; there is no road back through what the server thinks.
    set_scope(&machine, first.conversation_id, Scope::Metadata).await;
    let chat = live_through(&machine).await;
    let outbox = machine.outbox().await;
    for change in &outbox {
        if let Op::MessageReceived { message, .. } | Op::Reply { message } = &change.op {
            assert_eq!(message.text, None, "{change:?}");
        }
    }
    assert!(kinds(&outbox).contains(&"reply") && kinds(&outbox).contains(&"message_received"));
    assert!(machine.messages(chat).await.iter().skip(1).all(|message| message.text.as_deref() == Some(CANARY)));
}

#[tokio::test]
async fn what_the_server_does_not_know_of_a_chat_stays_known_here() {
    let machine = Machine::linked(NumberUse::Work).await;
    let first = machine.hear("+5511988887777", "in-0", "secret words").await;
    set_scope(&machine, first.conversation_id, Scope::Metadata).await;
    let remote = Message { text: None, ..machine.messages(first.conversation_id).await.remove(0) };
    let mut shared =
        machine.store.conversation(first.conversation_id).await.expect("read").expect("there").conversation;
    shared.version = 7;
    shared.scope = Scope::Shared;
    machine.pull(vec![Event::ConversationUpdated(shared), Event::MessageNew(remote)]).await;
    assert_eq!(machine.messages(first.conversation_id).await[0].text.as_deref(), Some("secret words"));
    let item = machine.store.conversation(first.conversation_id).await.expect("read").expect("there");
    assert_eq!(item.conversation.scope, Scope::Metadata, "the server cannot widen what is shared");
}

pub(super) async fn set_scope(machine: &Machine, id: ConversationId, scope: Scope) {
    let set = move |tx: &mut crate::store::Tx<'_>| {
        let mut conversation = crate::store::table::conversation::get(tx, id)?.expect("there");
        conversation.scope = scope;
        crate::store::table::conversation::put(tx, &conversation)
    };
    machine.store.write(set).await.expect("set");
}

#[tokio::test]
async fn t38_the_files_show_nothing_of_what_they_hold() {
    let machine = Machine::linked(NumberUse::Work).await;
    live_through(&machine).await;
    let look = |when: &str| {
        let mut paths = vec![machine.folder.path().to_owned()];
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(std::fs::read_dir(path).expect("folder").map(|entry| entry.expect("entry").path()));
                continue;
            }
            let bytes = std::fs::read(&path).expect("file");
            for secret in [CANARY, "5511988887777", "refresh-canary", "Carla", "CREATE TABLE", "SQLite format"] {
                let shown = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!shown, "{secret:?} can be read in {} {when}", path.display());
            }
        }
    };
    look("while it runs");
    machine.store.close().await;
    look("after the end");
}
