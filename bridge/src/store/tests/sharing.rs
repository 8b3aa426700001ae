//! The owner changes what a chat shares.

use ownline_model::{conversation::SetScope, event::Event, message::Amendment};

use super::*;

const CANARY: &str = "canary-7f3a secret";
const CARLA: &str = "+5511988887777";

fn to(scope: Scope) -> SetScope {
    SetScope { scope, earlier: false }
}

fn with_earlier(scope: Scope) -> SetScope {
    SetScope { scope, earlier: true }
}

fn json(changes: &[sync::Change]) -> String {
    serde_json::to_string(changes).expect("json")
}

#[tokio::test]
async fn sharing_a_private_chat_tells_what_comes_and_not_what_was() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let chat = machine.hear(CARLA, "in-1", CANARY).await.conversation_id;
    let item = machine.store.set_scope(chat, to(Scope::Shared)).await.expect("decided");
    assert_eq!(item.conversation.scope, Scope::Shared);
    machine.hear(CARLA, "in-2", "from now on").await;
    let outbox = machine.outbox().await;
    assert_eq!(kinds(&outbox), ["channel_reported", "conversation_opened", "message_received"]);
    assert!(!json(&outbox).contains(CANARY));
    let seen = machine.store.team_view(chat).await.expect("view");
    assert_eq!((seen.messages.len(), seen.withheld), (1, 1));
    // Ticks of what was never told stay here.
    let written = machine.store.set_scope(chat, to(Scope::Private)).await.expect("decided");
    assert_eq!(written.conversation.scope, Scope::Private);
}

#[tokio::test]
async fn earlier_messages_follow_in_order_and_in_batches() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let facts = (0..450).map(|n| fact(by_phone(CARLA), &format!("in-{n}"), &format!("text {n}"))).collect();
    let chat = machine.receive(facts).await[0].conversation_id;
    machine.store.set_scope(chat, with_earlier(Scope::Shared)).await.expect("decided");
    let mut told = vec![];
    let mut most = 0;
    while machine.store.share_earlier().await.expect("queued") {
        let waiting = machine.outbox().await;
        most = most.max(waiting.len());
        told.extend(waiting.into_iter().filter_map(|change| match change.op {
            Op::MessageReceived { message, .. } => message.text,
            _ => None,
        }));
        machine.drain().await;
    }
    assert_eq!(told, (0..450).map(|n| format!("text {n}")).collect::<Vec<_>>());
    assert!(most <= 205, "{most} at once");
    assert!(!machine.store.share_earlier().await.expect("asked"), "done once");
}

#[tokio::test]
async fn what_waits_is_taken_back_with_the_scope() {
    for (scope, left) in [
        (Scope::Private, vec!["channel_reported", "conversation_scope"]),
        (Scope::Metadata, vec!["channel_reported", "message_received", "reply", "conversation_scope"]),
    ] {
        let machine = Machine::linked(NumberUse::Work).await;
        let chat = machine.hear(CARLA, "in-1", CANARY).await.conversation_id;
        machine.store.write_message(chat, reply(CANARY)).await.expect("written");
        machine.store.set_scope(chat, to(scope)).await.expect("decided");
        let outbox = machine.outbox().await;
        assert!(!json(&outbox).contains(CANARY), "{scope:?}: {outbox:#?}");
        assert_eq!(kinds(&outbox), left, "{scope:?}");
        let here = machine.messages(chat).await;
        assert!(here.iter().all(|message| message.text.as_deref() == Some(CANARY)), "here everything stays");
    }
}

#[tokio::test]
async fn amendments_that_wait_lose_their_words() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await;
    let conversation =
        machine.store.conversation(chat.conversation_id).await.expect("read").expect("there").conversation;
    let (id, about) = (chat.message_id, conversation.clone());
    let add = move |tx: &mut crate::store::Tx<'_>| {
        let about = crate::store::table::outbox::About {
            channel: Some(about.channel_id),
            conversation: Some(about.id),
            subject: Some(id.0),
        };
        for amendment in [
            Amendment::Edited { text: Some(CANARY.to_owned()), at: UtcMillis(1) },
            Amendment::Votes { votes: vec![1] },
            Amendment::Revoked { at: UtcMillis(2) },
        ] {
            let op = Op::MessageAmended { message_id: id, amendment };
            crate::store::table::outbox::add(tx, &op, about, false)?;
        }
        Ok(())
    };
    machine.store.write(add).await.expect("queued");
    machine.store.set_scope(conversation.id, to(Scope::Metadata)).await.expect("decided");
    let outbox = machine.outbox().await;
    assert!(!json(&outbox).contains(CANARY));
    let amended = kinds(&outbox).iter().filter(|kind| **kind == "message_amended").count();
    assert_eq!(amended, 2, "that it was reworded and revoked, not how people voted");
}

#[tokio::test]
async fn only_the_owner_decides() {
    let machine = Machine::linked(NumberUse::Work).await;
    let bruno = agent("bruno");
    let (contact, theirs) = (contact("Carla", CARLA), channel(&bruno, "+5511900000002"));
    let chat = conversation(theirs.id, contact.id);
    let id = chat.id;
    machine
        .pull(vec![Event::ChannelStatus(theirs), Event::ContactUpdated(contact), Event::ConversationNew(chat)])
        .await;
    assert_eq!(refusal(machine.store.set_scope(id, to(Scope::Private)).await), "not_your_number");
    assert_eq!(refusal(machine.store.team_view(id).await), "not_your_number");
    assert_eq!(refusal(machine.store.set_scope(ConversationId::fresh(), to(Scope::Private)).await), "not_found");
}

#[tokio::test]
async fn the_preview_is_what_leaves() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", CANARY).await.conversation_id;
    let seen = machine.store.team_view(chat).await.expect("view");
    assert_eq!(seen.messages[0].text.as_deref(), Some(CANARY));
    assert_eq!(seen.withheld, 0);
    machine.store.set_scope(chat, to(Scope::Metadata)).await.expect("decided");
    let seen = machine.store.team_view(chat).await.expect("view");
    assert!(!serde_json::to_string(&seen).expect("json").contains(CANARY), "{seen:#?}");
    assert_eq!(seen.messages.len(), 1);
    machine.store.set_scope(chat, to(Scope::Shared)).await.expect("decided");
    let seen = machine.store.team_view(chat).await.expect("view");
    assert_eq!((seen.messages.len(), seen.messages[0].text.as_deref()), (1, None), "its words were taken back");
    machine.store.set_scope(chat, to(Scope::Private)).await.expect("decided");
    let seen = machine.store.team_view(chat).await.expect("view");
    assert_eq!((seen.conversation.is_none(), seen.messages.len(), seen.withheld), (true, 0, 1));
}

/// Another machine holds a colleague's chat.
async fn elsewhere(machine: &Machine) -> Conversation {
    let bruno = agent("bruno");
    let (contact, theirs) = (contact("Carla", CARLA), channel(&bruno, "+5511900000002"));
    let mut chat = conversation(theirs.id, contact.id);
    let slip = ticket(&chat);
    chat.ticket_id = Some(slip.id);
    let said = Message {
        text: Some(CANARY.to_owned()),
        ..known_message(&chat, "in-1", Direction::Inbound, MessageStatus::Delivered)
    };
    machine
        .pull(vec![
            Event::ChannelStatus(theirs),
            Event::ContactUpdated(contact),
            Event::ConversationNew(chat.clone()),
            Event::MessageNew(said),
            Event::TicketCreated(slip),
        ])
        .await;
    assert_eq!(machine.messages(chat.id).await[0].text.as_deref(), Some(CANARY));
    chat
}

#[tokio::test]
async fn a_chat_that_is_shared_no_more_goes_from_other_machines() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = elsewhere(&machine).await;
    let gone = Conversation { version: 2, scope: Scope::Private, ..chat.clone() };
    machine.pull(vec![Event::ConversationUnshared(gone.clone())]).await;
    assert!(machine.store.conversation(chat.id).await.expect("read").is_none());
    assert!(machine.store.messages(chat.id, MessageQuery::default()).await.expect("read").is_none());
    machine.pull(vec![Event::ConversationUnshared(gone)]).await;
    assert!(machine.store.conversation(chat.id).await.expect("read").is_none(), "told twice");
    let left = machine.store.read(|connection| {
        crate::store::row::scalar::<i64>(
            connection,
            "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM ticket) + (SELECT count(*) FROM conversation)
                 + (SELECT count(*) FROM contact)",
            [],
        )
    });
    assert_eq!(left.await.expect("count"), Some(0));
}

#[tokio::test]
async fn a_chat_without_words_keeps_its_shape_on_other_machines() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = elsewhere(&machine).await;
    let mut bare = Conversation { version: 2, scope: Scope::Metadata, ..chat.clone() };
    bare.last_message = None;
    machine.pull(vec![Event::ConversationUnshared(bare)]).await;
    let item = machine.store.conversation(chat.id).await.expect("read").expect("there");
    assert!(!serde_json::to_string(&item).expect("json").contains(CANARY), "{item:#?}");
    let messages = machine.messages(chat.id).await;
    assert_eq!((messages.len(), messages[0].text.as_deref()), (1, None));
}

#[tokio::test]
async fn the_owner_keeps_everything_when_the_server_forgets() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", CANARY).await.conversation_id;
    let shared = machine.store.conversation(chat).await.expect("read").expect("there").conversation;
    let slip = ticket(&shared);
    let shared = Conversation { version: 3, ticket_id: Some(slip.id), ..shared };
    machine.pull(vec![Event::TicketCreated(slip), Event::ConversationUpdated(shared.clone())]).await;
    machine.store.set_scope(chat, to(Scope::Private)).await.expect("decided");
    let late = Conversation { version: 4, ..shared.clone() };
    let gone = Conversation { version: 5, scope: Scope::Private, last_message: None, ..shared };
    machine.pull(vec![Event::ConversationUpdated(late), Event::ConversationUnshared(gone)]).await;
    let item = machine.store.conversation(chat).await.expect("read").expect("there");
    assert_eq!((item.conversation.scope, item.conversation.ticket_id), (Scope::Private, None));
    assert_eq!(item.conversation.last_message.expect("last").preview, CANARY);
    assert_eq!(machine.messages(chat).await[0].text.as_deref(), Some(CANARY));
    machine.store.write_message(chat, reply("alone again")).await.expect("no ticket stands in the way");

    machine.drain().await;
    machine.store.set_scope(chat, with_earlier(Scope::Shared)).await.expect("decided");
    while machine.store.share_earlier().await.expect("queued") {}
    assert_eq!(kinds(&machine.outbox().await), ["conversation_opened", "message_received", "reply"]);
}
