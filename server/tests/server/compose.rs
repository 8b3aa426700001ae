//! What a person may write: text, a place, cards, an answer to a message, a file (see `media`).

use axum::http::StatusCode;
use ownline_model::{
    details::{ContactCard, Content, Place},
    ids::{MediaId, MessageId},
    message::{Message, MessageKind, NewMessage},
    problem::ProblemCode,
};

use crate::support::{Answer, Customer, Desk, Person};

fn place(latitude: f64) -> Place {
    Place { latitude, longitude: -46.6, name: Some("Our shop\u{7}".into()), address: None, live: false }
}

fn card(name: &str) -> ContactCard {
    ContactCard { name: name.into(), phones: vec!["+5511900001111".into()], emails: vec![], organisation: None }
}

/// A chat of Ana's without a ticket, and its first message.
async fn chat(desk: &Desk, ana: &Person) -> (Customer, Message, String) {
    let line = desk.link(ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let truth = desk.push(ana, carla.says(line, "Where are you?")).await.truth;
    let ticket = truth.ticket.expect("ticket").id;
    let taken = desk.post(&format!("/api/tickets/{ticket}/assign"), ana, &serde_json::json!({})).await;
    assert_eq!(taken.status, StatusCode::OK);
    let path = format!("/api/conversations/{}/messages", carla.conversation);
    (carla, truth.message.expect("message"), path)
}

fn empty() -> NewMessage {
    NewMessage::text(MessageId::fresh(), String::new())
}

#[tokio::test]
async fn a_place_cards_and_an_answer_are_stored_as_such() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (_, asked, path) = chat(&desk, &ana).await;
    let answer = NewMessage { place: Some(place(-23.5)), reply_to: Some(asked.id), ..empty() };
    let sent: Message = desk.post(&path, &ana, &answer).await.ok();
    assert_eq!((sent.kind, sent.text), (MessageKind::Location, None));
    let Some(Content::Place(stored)) = sent.details.content.as_deref() else { panic!("a place") };
    assert_eq!(stored.name.as_deref(), Some("Our shop"));
    let quote = sent.details.reply_to.expect("a quote");
    assert_eq!(
        (quote.wa_id, quote.message_id, quote.preview.as_str()),
        (asked.wa_id, Some(asked.id), "Where are you?")
    );

    let cards = NewMessage { cards: vec![card("Shop"), card("Depot")], ..empty() };
    let sent: Message = desk.post(&path, &ana, &cards).await.ok();
    assert_eq!(sent.kind, MessageKind::ContactCard);
    let Some(Content::Cards { cards }) = sent.details.content.as_deref() else { panic!("cards") };
    assert_eq!(cards.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["Shop", "Depot"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (_, _, path) = chat(&desk, &ana).await;
    let refused = async |new: NewMessage| -> (ProblemCode, Option<String>) {
        let answer: Answer = desk.post(&path, &ana, &new).await;
        let problem: ownline_model::problem::Problem = answer.json();
        (answer.code(), problem.field)
    };
    let field = |name: &str| (ProblemCode::InvalidRequest, Some(name.to_owned()));
    assert_eq!(refused(empty()).await.0, ProblemCode::TextEmpty);
    assert_eq!(refused(NewMessage { place: Some(place(99.0)), ..empty() }).await, field("place"));
    let both = NewMessage { place: Some(place(1.0)), cards: vec![card("x")], ..empty() };
    assert_eq!(refused(both).await, (ProblemCode::InvalidRequest, None));
    let captioned = NewMessage { text: "Here".into(), place: Some(place(1.0)), ..empty() };
    assert_eq!(refused(captioned).await, field("text"));
    assert_eq!(refused(NewMessage { cards: vec![card("x"); 21], ..empty() }).await, field("cards"));
    assert_eq!(refused(NewMessage { cards: vec![card(" ")], ..empty() }).await, field("cards"));
    let elsewhere =
        NewMessage { reply_to: Some(MessageId::fresh()), ..NewMessage::text(MessageId::fresh(), "x".into()) };
    assert_eq!(refused(elsewhere).await, field("reply_to"));
    let lost = NewMessage { media_id: Some(MediaId::fresh()), ..empty() };
    assert_eq!(refused(lost).await.0, ProblemCode::MediaUnknown);
}
