//! Contacts that turn out to be one person, and are parted again.

use ownline_model::{contact::Merge, event::Event, ids::MergeId};

use super::*;
use crate::store::phone_state::PhoneMark;

const CARLA: &str = "+5511988887777";
const HIDDEN: &str = "99887766";

fn both() -> WaIdentity {
    WaIdentity { phone: Some(phone(CARLA)), lid: Some(HIDDEN.to_owned()), ..WaIdentity::default() }
}

impl Machine {
    async fn talk(&self, id: ConversationId) -> (ContactId, Vec<String>) {
        let item = self.store.conversation(id).await.expect("read").expect("there");
        let texts = self.messages(id).await.into_iter().filter_map(|message| message.text);
        (item.contact.id, texts.collect())
    }

    async fn person(&self, id: ContactId) -> Contact {
        self.store.contact(id).await.expect("read").expect("there")
    }

    async fn merges(&self, id: ContactId) -> Vec<Merge> {
        self.store.merges(id).await.expect("read").expect("a contact")
    }
}

/// Two private chats of one person, known by number and by hidden id, become one.
async fn merged() -> (Machine, Recorded, Recorded) {
    let machine = Machine::linked(NumberUse::Personal).await;
    let by_number = machine.hear(CARLA, "in-1", "one").await;
    let hidden = machine.receive(vec![fact(by_lid(HIDDEN), "in-2", "two")]).await[0];
    assert_ne!(by_number.conversation_id, hidden.conversation_id);
    machine.store.learn_identity(both(), None).await.expect("learnt");
    (machine, by_number, hidden)
}

#[tokio::test]
async fn what_only_this_machine_knows_is_logged_and_can_be_parted() {
    let (machine, one, other) = merged().await;
    let (person, texts) = machine.talk(other.conversation_id).await;
    assert_eq!((texts, machine.talk(one.conversation_id).await.0), (vec!["one".into(), "two".into()], person));
    let log = machine.merges(person).await;
    assert_eq!((log.len(), log[0].reason.as_str(), log[0].undone_at), (1, "same_lid", None));
    assert_eq!((log[0].contact_id, log[0].merged.lid.as_deref()), (person, Some(HIDDEN)));

    let mut changes = machine.store.changes();
    let undone = machine.store.undo_merge(log[0].id).await.expect("undone").expect("logged here");
    assert!(undone.undone_at.is_some());
    assert_eq!(machine.store.undo_merge(log[0].id).await.expect("again").as_ref(), Some(&undone));
    let mut told = false;
    while let Ok(change) = changes.try_recv() {
        told |= matches!(change, crate::store::change::Change::Event(event) if *event == Event::ContactMerged(undone.clone()));
    }
    assert!(told);
    let (first, second) = (machine.talk(one.conversation_id).await, machine.talk(other.conversation_id).await);
    assert_eq!((&first.1[..], &second.1[..]), (&["one".to_owned()][..], &["two".to_owned()][..]));
    assert_eq!((first.0, second.0), (undone.contact_id, undone.merged.id));
    let (stays, parted) = (machine.person(first.0).await, machine.person(second.0).await);
    assert_eq!((stays.phone, stays.lid), (Some(phone(CARLA)), None));
    assert_eq!((parted.phone, parted.lid.as_deref()), (None, Some(HIDDEN)));
    let item = machine.store.conversation(other.conversation_id).await.expect("read").expect("there").conversation;
    assert_eq!((item.unread, item.last_message.expect("last").preview.as_str()), (1, "two"));
    assert_eq!(machine.store.undo_merge(MergeId::fresh()).await.expect("unknown"), None, "that is the server's");
}

#[tokio::test]
async fn those_who_were_parted_stay_apart_and_each_gets_their_messages() {
    let (machine, one, other) = merged().await;
    let log = machine.merges(machine.talk(one.conversation_id).await.0).await;
    machine.store.undo_merge(log[0].id).await.expect("undone");
    machine.store.learn_identity(both(), Some("Carla".into())).await.expect("learnt");
    let later = machine
        .receive(vec![
            fact(by_phone(CARLA), "in-3", "to the number"),
            fact(by_lid(HIDDEN), "in-4", "to the hidden id"),
            fact(both(), "in-5", "to both"),
        ])
        .await;
    let places: Vec<_> = later.iter().map(|recorded| recorded.conversation_id).collect();
    assert_eq!(places, [one.conversation_id, other.conversation_id, other.conversation_id]);
    let (first, second) = (machine.talk(one.conversation_id).await, machine.talk(other.conversation_id).await);
    assert_eq!((first.1.len(), second.1.len()), (2, 3));
    assert_eq!(machine.person(first.0).await.phone, Some(phone(CARLA)), "the number stays where it was");
}

#[tokio::test]
async fn merges_are_undone_in_the_opposite_order_only() {
    let (machine, one, other) = merged().await;
    let first = machine.talk(one.conversation_id).await.0;
    let log = machine.merges(first).await;
    // A third, whom the server knows, turns out to be the same person: the first goes into it.
    let third = Contact { lid: Some("555".into()), phone: None, ..contact("Carla C.", "+5511900009999") };
    machine.pull(vec![Event::ContactUpdated(third.clone())]).await;
    let same = WaIdentity { phone: Some(phone(CARLA)), lid: Some("555".into()), ..WaIdentity::default() };
    machine.store.learn_identity(same, None).await.expect("learnt");
    assert_eq!(machine.talk(one.conversation_id).await.0, third.id);
    assert_eq!(refusal(machine.store.undo_merge(log[0].id).await), "version_conflict");
    let latest = machine.merges(third.id).await;
    assert_eq!(latest.len(), 2, "and what the first had become");
    machine.store.undo_merge(latest[0].id).await.expect("undone");
    assert_eq!(machine.talk(other.conversation_id).await.0, first, "what had gone into it goes with it");
    assert_eq!(machine.person(log[0].merged.id).await.id, first);
    machine.store.undo_merge(log[0].id).await.expect("then the other");
    assert_eq!(machine.talk(one.conversation_id).await, (first, vec!["one".to_owned()]));
}

/// What the server has made one and parted again, with a private message in it that it never knew.
#[tokio::test]
async fn the_servers_parting_is_followed() {
    let machine = Machine::linked(NumberUse::Work).await;
    let channel = machine.own_channel().await;
    let (one, other) = (
        contact("Carla", CARLA),
        Contact { phone: None, lid: Some(HIDDEN.into()), ..contact("Hidden", "+5511900009999") },
    );
    let (chat, hidden) = (conversation(channel, one.id), conversation(channel, other.id));
    machine
        .pull(vec![
            Event::ContactUpdated(one.clone()),
            Event::ContactUpdated(other.clone()),
            Event::ConversationNew(chat.clone()),
            Event::ConversationNew(hidden.clone()),
            Event::MessageNew(known_message(&chat, "in-1", Direction::Inbound, MessageStatus::Delivered)),
            Event::MessageNew(known_message(&hidden, "in-2", Direction::Inbound, MessageStatus::Delivered)),
        ])
        .await;
    let joined = Contact { version: 2, lid: Some(HIDDEN.into()), ..one.clone() };
    let mut merge = Merge {
        id: MergeId::fresh(),
        contact_id: one.id,
        merged: other.clone(),
        reason: "same_lid".into(),
        at: now(),
        undone_at: None,
    };
    machine.pull(vec![Event::ContactUpdated(joined), Event::ContactMerged(merge.clone())]).await;
    assert_eq!(machine.talk(hidden.id).await.0, one.id);
    assert_eq!(machine.messages(chat.id).await.len(), 2);
    assert_eq!(machine.merges(one.id).await, [], "the server's log has it");

    merge.undone_at = Some(now());
    let parted = vec![
        Event::ContactMerged(merge.clone()),
        Event::ContactUpdated(Contact { version: 3, ..one.clone() }),
        Event::ContactUpdated(Contact { version: 2, ..other.clone() }),
        Event::ConversationNew(Conversation { version: 3, ..hidden.clone() }),
        Event::ConversationUpdated(Conversation { version: 3, ..chat.clone() }),
    ];
    for _ in 0..2 {
        machine.pull(parted.clone()).await;
        assert_eq!((machine.talk(chat.id).await.0, machine.talk(hidden.id).await.0), (one.id, other.id));
        assert_eq!((machine.messages(chat.id).await.len(), machine.messages(hidden.id).await.len()), (1, 1));
        let people = (machine.person(one.id).await, machine.person(other.id).await);
        assert_eq!((people.0.lid, people.1.lid.as_deref()), (None, Some(HIDDEN)));
    }
    let later = machine.receive(vec![fact(by_lid(HIDDEN), "in-3", "later"), fact(both(), "in-4", "later")]).await;
    assert!(later.iter().all(|recorded| recorded.conversation_id == hidden.id), "each lands with the right person");
}

#[tokio::test]
async fn public_names_come_with_the_address_book() {
    let machine = Machine::linked(NumberUse::Work).await;
    let marks = vec![(by_lid(HIDDEN), PhoneMark::Username("carla.c".into()))];
    machine.store.note_phone_marks(marks).await.expect("noted");
    let heard = machine.receive(vec![fact(by_lid(HIDDEN), "in-1", "hi")]).await[0];
    let person = machine.talk(heard.conversation_id).await.0;
    assert_eq!(machine.person(person).await.username.as_deref(), Some("carla.c"), "known before the chat");
    let told = machine.outbox().await.into_iter().find_map(|change| match change.op {
        Op::MessageReceived { contact, .. } => contact.username,
        _ => None,
    });
    assert_eq!(told.as_deref(), Some("carla.c"), "the team hears of it");
    let marks = vec![(by_lid(HIDDEN), PhoneMark::Username("carla.d".into()))];
    machine.store.note_phone_marks(marks).await.expect("noted");
    assert_eq!(machine.person(person).await.username.as_deref(), Some("carla.d"));
    let remote = Contact { version: 7, username: None, ..machine.person(person).await };
    machine.pull(vec![Event::ContactUpdated(remote)]).await;
    assert_eq!(machine.person(person).await.username.as_deref(), Some("carla.d"), "what is known here stays");
}
