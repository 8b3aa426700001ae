use ownline_model::{
    contact::ContactPatch,
    problem::ProblemCode,
    sync::{ChangeResult, Outcome, Truth},
};

use super::*;

fn rejected(change: &sync::Change, code: ProblemCode) -> ChangeResult {
    ChangeResult { id: change.id, outcome: Outcome::Rejected { code, detail: String::new() }, truth: Truth::default() }
}

#[tokio::test]
async fn the_servers_ids_are_taken_over_everywhere() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.drain().await;
    let heard = machine.hear("+5511988887777", "1", "one").await;
    machine.hear("+5511988887777", "2", "two").await;
    let written = machine.store.write_message(heard.conversation_id, reply("answer")).await.expect("written");
    let before = machine.store.conversation(heard.conversation_id).await.expect("read").expect("there");
    let outbox = machine.outbox().await;
    // The server knows this customer, chat and message under other ids.
    let contact = Contact { id: ContactId::fresh(), version: 4, name: "Dr. Carla".to_owned(), ..before.contact };
    let conversation = Conversation {
        id: ConversationId::fresh(),
        version: 9,
        contact_id: contact.id,
        unread: 1,
        ..before.conversation
    };
    let message = Message {
        id: MessageId::fresh(),
        conversation_id: conversation.id,
        position: 40,
        ..machine.messages(heard.conversation_id).await.remove(0)
    };
    let truth = Truth {
        contact: Some(contact.clone()),
        conversation: Some(conversation.clone()),
        message: Some(message.clone()),
        ..Truth::default()
    };
    let result = ChangeResult { id: outbox[0].id, outcome: Outcome::Applied, truth };
    machine.store.apply_results(vec![result]).await.expect("settled");

    let item = machine.store.conversation(conversation.id).await.expect("read").expect("there");
    assert_eq!((item.contact.id, item.contact.name.as_str()), (contact.id, "Dr. Carla"));
    assert_eq!(item.conversation.unread, 2, "what the server counts, and what it has not heard of yet");
    assert_eq!(item.conversation.last_message.expect("last").preview, "answer");
    let chat = machine.messages(heard.conversation_id).await;
    assert_eq!(chat.len(), 3, "the old id still leads to the chat");
    assert!(chat.iter().all(|message| message.conversation_id == conversation.id));
    assert!(chat.iter().any(|stored| stored.id == message.id && stored.position == 40));
    assert_eq!(machine.store.contacts(ContactQuery::default()).await.expect("contacts").items.len(), 1);
    // What still waits speaks of the new ids.
    let rest = machine.outbox().await;
    assert_eq!(kinds(&rest), ["message_received", "reply"]);
    for change in &rest {
        let (Op::MessageReceived { message, .. } | Op::Reply { message }) = &change.op else { panic!("{change:?}") };
        assert_eq!(message.conversation_id, conversation.id);
    }
    // The reply is still the same message, on its way.
    assert_eq!(machine.store.next_to_send(10).await.expect("queue")[0].message_id, written.id);
    // The message told again finds its row.
    assert_eq!(machine.hear("+5511988887777", "1", "one").await.message_id, message.id);
}

#[tokio::test]
async fn a_number_that_another_agent_holds_is_said_and_nothing_is_lost() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear("+5511988887777", "1", "one").await;
    let outbox = machine.outbox().await;
    assert_eq!(kinds(&outbox), ["channel_reported", "message_received"]);
    let answers = outbox.iter().map(|change| rejected(change, ProblemCode::NumberAlreadyLinked));
    machine.store.apply_results(answers.collect()).await.expect("settled");
    let notices = machine.store.status().await.expect("status").notices;
    assert_eq!(notices[0].code, ProblemCode::NumberAlreadyLinked);
    machine.hear("+5511988887777", "2", "two").await;
    assert!(machine.outbox().await.is_empty(), "nothing is pushed in vain");
    assert_eq!(machine.store.status().await.expect("status").outbox, 2, "but it is kept");
    assert_eq!(machine.messages(heard.conversation_id).await.len(), 2);

    // The other agent gave it up: the next report is taken, and what waited goes out in order.
    machine.store.sign_in("https://desk.example.org".to_owned(), tokens(&machine.me)).await.expect("again");
    let report = machine.outbox().await;
    assert_eq!(kinds(&report), ["channel_reported"]);
    machine.drain().await;
    assert_eq!(kinds(&machine.outbox().await), ["message_received", "message_received"]);
    assert!(machine.store.status().await.expect("status").notices.is_empty());
}

#[tokio::test]
async fn a_refused_fact_is_kept_on_record_and_blocks_nothing() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.drain().await;
    machine.hear("+5511988887777", "1", "one").await;
    machine.hear("+5511988887777", "2", "two").await;
    let outbox = machine.outbox().await;
    machine.store.apply_results(vec![rejected(&outbox[0], ProblemCode::InvalidRequest)]).await.expect("settled");
    assert_eq!(machine.outbox().await.iter().map(|c| c.id).collect::<Vec<_>>(), [outbox[1].id]);
}

#[tokio::test]
async fn notes_on_a_contact_that_changed_meanwhile_are_asked_again() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear("+5511988887777", "1", "one").await;
    machine.drain().await;
    let contact = machine.store.conversation(heard.conversation_id).await.expect("read").expect("there").contact;
    let patch = ContactPatch { notes: Some("likes tea".to_owned()), ..ContactPatch::default() };
    machine.store.patch_contact(contact.id, patch).await.expect("patched");
    let change = machine.outbox().await.remove(0);
    let renamed = Contact { version: 5, name: "Dr. Carla".to_owned(), notes: String::new(), ..contact.clone() };
    let conflict = ChangeResult {
        truth: Truth { contact: Some(renamed), ..Truth::default() },
        ..rejected(&change, ProblemCode::VersionConflict)
    };
    machine.store.apply_results(vec![conflict.clone()]).await.expect("settled");
    let shown = machine.store.contact(contact.id).await.expect("read").expect("there");
    assert_eq!((shown.name.as_str(), shown.notes.as_str()), ("Dr. Carla", "likes tea"));
    let again = machine.outbox().await.remove(0);
    assert!(matches!(again.op, Op::ContactPatched { base_version: 5, .. }), "{again:?}");
    // The same answer once more is final.
    machine.store.apply_results(vec![conflict]).await.expect("settled");
    assert!(machine.outbox().await.is_empty());
}

#[tokio::test]
async fn a_reply_that_has_left_is_a_fact() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear("+5511988887777", "1", "one").await;
    machine.drain().await;
    let written = machine.store.write_message(heard.conversation_id, reply("answer")).await.expect("written");
    let news = crate::store::inbound::StatusNews {
        message: crate::store::inbound::MessageRef::Id(written.id),
        status: MessageStatus::Sent,
        at: now(),
        failure: None,
    };
    machine.store.advance_statuses(vec![news]).await.expect("sent");
    let outbox = machine.outbox().await;
    machine.store.apply_results(vec![rejected(&outbox[0], ProblemCode::NotAssignee)]).await.expect("settled");
    assert_eq!(machine.messages(heard.conversation_id).await[1].status, MessageStatus::Sent);
}
