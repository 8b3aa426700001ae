//! What came from WhatsApp, and what only should have.

use super::*;
use crate::store::{
    Owed, Stanza, TakenIn,
    inbound::{MessageRef, StatusNews},
    row,
};

const CARLA: &str = "+5511987654321";

fn stanza(id: &str) -> Stanza {
    let chat = "5511987654321@s.whatsapp.net".to_owned();
    Stanza { sender: chat.clone(), chat, id: id.to_owned() }
}

fn owed(id: &str) -> Owed {
    Owed {
        stanza: stanza(id),
        from_me: false,
        other: None,
        push_name: "Carla".to_owned(),
        at: UtcMillis(1_700_000_000_000),
        view_once: false,
        behind: Vec::new(),
    }
}

fn gap(id: &str) -> InboundFact {
    InboundFact { kind: MessageKind::Undecryptable, text: None, ..fact(by_phone(CARLA), id, "") }
}

fn taken(id: &str) -> TakenIn {
    TakenIn { batch: vec![stanza(id)], ..TakenIn::default() }
}

#[tokio::test]
async fn f01_what_came_is_told_from_what_never_did() {
    let machine = Machine::linked(NumberUse::Work).await;
    let store = &machine.store;
    assert!(!store.has_taken_in(stanza("A")).await.expect("read"));
    // Also what says nothing to the desk: keys, reactions.
    store.take_in(taken("A")).await.expect("taken in");
    assert!(store.has_taken_in(stanza("A")).await.expect("read"));
    let of_another = Stanza { sender: "99@lid".to_owned(), ..stanza("A") };
    assert!(!store.has_taken_in(of_another).await.expect("read"), "ids are one sender's");
    machine.hear(CARLA, "B", "from before this was noted").await;
    assert!(store.has_taken_in(stanza("B")).await.expect("read"));
    machine.receive(vec![gap("C")]).await;
    assert!(!store.has_taken_in(stanza("C")).await.expect("read"), "a place is not the message");
}

#[tokio::test]
async fn f01_only_the_newest_are_remembered() {
    let machine = Machine::linked(NumberUse::Work).await;
    let many = (0..20_010).map(|number| stanza(&number.to_string())).collect();
    machine.store.take_in(TakenIn { batch: many, ..TakenIn::default() }).await.expect("taken in");
    for (number, is_known) in [("0", false), ("9", false), ("10", true), ("20009", true)] {
        assert_eq!(machine.store.has_taken_in(stanza(number)).await.expect("read"), is_known, "{number}");
    }
}

#[tokio::test]
async fn f10_words_are_owed_until_they_come() {
    let machine = Machine::linked(NumberUse::Work).await;
    let store = &machine.store;
    store.owe_now(owed("A"));
    store.owe_now(owed("A"));
    let batch = TakenIn { facts: vec![gap("B").into()], owed: vec![owed("B")], ..taken("B") };
    store.take_in(batch).await.expect("taken in");
    let still = |owed: Vec<crate::store::StillOwed>| -> Vec<(String, bool)> {
        owed.into_iter().map(|still| (still.owed.stanza.id, still.placed)).collect()
    };
    assert_eq!(still(store.owed().await.expect("read")), [("A".to_owned(), false), ("B".to_owned(), true)]);
    machine.receive(vec![gap("A")]).await;
    machine.hear(CARLA, "B", "here it is").await;
    assert_eq!(still(store.owed().await.expect("read")), [("A".to_owned(), true)]);
    // A message of which only that much comes is not waited for.
    store.owe_now(Owed { view_once: true, ..owed("C") });
    machine.receive(vec![InboundFact { kind: MessageKind::ViewOnce, ..gap("C") }]).await;
    assert_eq!(still(store.owed().await.expect("read")), [("A".to_owned(), true)]);
}

#[tokio::test]
async fn f10_what_is_ahead_of_an_unreadable_message_is_remembered_until_it_is_stored() {
    let machine = Machine::linked(NumberUse::Work).await;
    let store = &machine.store;
    store.owe_now(Owed { behind: vec!["A".to_owned(), "B".to_owned(), "C".to_owned()], ..owed("D") });
    machine.hear(CARLA, "A", "ahead of it").await;
    machine.receive(vec![gap("C")]).await;
    let still = store.owed().await.expect("read");
    assert_eq!(still.iter().map(|still| &still.owed.behind[..]).collect::<Vec<_>>(), [["B"]]);
}

#[tokio::test]
async fn f02_a_customers_wish_stays_until_the_message_has_arrived() {
    let machine = Machine::linked(NumberUse::Work).await;
    let store = &machine.store;
    let chat = machine.hear(CARLA, "A", "hello").await.conversation_id;
    let sent = store.write_message(chat, reply("can you read this?")).await.expect("written");
    let advance = async |status| {
        let message = MessageRef::Id(sent.id);
        store.advance_statuses(vec![StatusNews { message, status, at: now(), failure: None }]).await.expect("advanced");
    };
    store.note_repeat_now(sent.wa_id.clone(), "5511987654321@s.whatsapp.net".to_owned());
    store.note_repeat_now("unknown".to_owned(), "5511987654321@s.whatsapp.net".to_owned());
    let kept = store.read(|connection| row::scalar::<i64>(connection, "SELECT count(*) FROM repeat_asked", [])).await;
    assert_eq!(kept.expect("read"), Some(1), "the other one was never sent from here");
    let wishes = async || {
        let (due, more) = store.repeats(std::time::Duration::ZERO).await.expect("read");
        (due.into_iter().map(|repeat| repeat.message.text).collect::<Vec<_>>(), more)
    };
    assert_eq!(wishes().await, (vec![], true), "WhatsApp's answer is still on its way");
    advance(MessageStatus::Sent).await;
    assert_eq!(wishes().await, (vec!["can you read this?".to_owned()], false));
    let (due, more) = store.repeats(std::time::Duration::from_mins(10)).await.expect("read");
    assert!(due.is_empty() && more, "the library has its time");
    advance(MessageStatus::Delivered).await;
    assert_eq!(wishes().await, (vec![], false));
}

#[test]
fn f02_a_message_is_repeated_for_its_customer_only() {
    let person = |phone: Option<&str>, lid: Option<&str>| WaIdentity {
        phone: phone.map(|phone| phone.parse().expect("a number")),
        lid: lid.map(str::to_owned),
        ..WaIdentity::default()
    };
    let customer = person(Some(CARLA), Some("77"));
    assert!(customer.is_same_person(&person(Some(CARLA), None)));
    assert!(customer.is_same_person(&person(Some("+551187654321"), None)), "the number's other spelling");
    assert!(customer.is_same_person(&person(None, Some("77"))));
    assert!(!customer.is_same_person(&person(Some("+4915112345678"), Some("78"))));
    assert!(!person(Some(CARLA), None).is_same_person(&person(None, Some("77"))), "nobody knows");
    assert!(!WaIdentity::group("77").is_same_person(&person(None, Some("77"))), "a member is not the group");
}
