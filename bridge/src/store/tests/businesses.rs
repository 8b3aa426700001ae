//! Customers that WhatsApp lists as businesses, and the names by which they go.

use ownline_model::event::Event;

use super::{super::phone_state::PhoneMark, *};

const SHOP: &str = "+5511987654321";

fn listed(name: &str) -> InboundFact {
    InboundFact { business: Some(name.to_owned()), ..fact(by_phone(SHOP), name, "hello") }
}

async fn shop(machine: &Machine) -> Contact {
    let page = machine.store.contacts(ContactQuery::default()).await.expect("contacts");
    page.items.into_iter().find(|contact| contact.phone == Some(phone(SHOP))).expect("the shop")
}

#[tokio::test]
async fn a_business_goes_by_its_own_name_until_somebody_has_a_better_one() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.hear(SHOP, "A", "hello").await;
    assert_eq!(shop(&machine).await.name, "Carla", "the name of whoever writes");
    machine.receive(vec![listed("Padaria Silva")]).await;
    let known = shop(&machine).await;
    assert_eq!((known.name.as_str(), known.verified_name.as_deref()), ("Padaria Silva", Some("Padaria Silva")));
    assert_eq!(known.push_name.as_deref(), Some("Carla"));
    // The server hears it with the message.
    let pushed = serde_json::to_string(&machine.outbox().await).expect("JSON");
    assert!(pushed.contains(r#""verified_name":"Padaria Silva""#), "{pushed}");
    machine.store.business_renamed(by_phone(SHOP), "Padaria Silva & Filhos".to_owned()).await.expect("store");
    assert_eq!(shop(&machine).await.name, "Padaria Silva & Filhos");
    machine
        .store
        .business_renamed(by_phone("+5511900000009"), "Nobody".to_owned())
        .await
        .expect("strangers are not added");
    // The owner's address book knows better.
    let mark = PhoneMark::Name(Some("The baker".to_owned()));
    machine.store.note_phone_marks(vec![(by_phone(SHOP), mark)]).await.expect("store");
    machine.receive(vec![listed("Padaria Silva III")]).await;
    let known = shop(&machine).await;
    assert_eq!((known.name.as_str(), known.verified_name.as_deref()), ("The baker", Some("Padaria Silva III")));
}

#[tokio::test]
async fn a_server_that_does_not_know_yet_takes_no_name_away() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.receive(vec![listed("Padaria Silva")]).await;
    let before = shop(&machine).await;
    let told = Contact { version: 3, name: "Carla".to_owned(), verified_name: None, ..before.clone() };
    machine.pull(vec![Event::ContactUpdated(told.clone())]).await;
    let known = shop(&machine).await;
    assert_eq!((known.name.as_str(), known.verified_name.as_deref()), ("Padaria Silva", Some("Padaria Silva")));
    // What the team calls it counts everywhere.
    machine.pull(vec![Event::ContactUpdated(Contact { version: 4, name: "Our baker".to_owned(), ..told })]).await;
    machine.receive(vec![listed("Padaria Silva II")]).await;
    assert_eq!(shop(&machine).await.name, "Our baker");
}
