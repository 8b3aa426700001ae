//! One person under several names: number variants, changed numbers, merges and their undoing; and who wants no messages.

use axum::http::StatusCode;
use ownline_model::{
    contact::{Contact, Merge, TeamOptOut},
    conversation::{ConversationCounts, ConversationItem, Scope},
    event::Event,
    ids::{ChannelId, ContactId, MergeId, MessageId},
    message::{Direction, Message, NewMessage},
    page::Page,
    phone::PhoneNumber,
    problem::ProblemCode,
    sync::{Op, Outcome, Truth},
    ticket::{Ticket, TicketState},
    time::UtcMillis,
};
use serde_json::json;

use crate::{
    kinds::received,
    support::{Customer, Desk, Person, rejected},
};

async fn told(desk: &Desk, who: &Person, op: Op) -> Truth {
    let result = desk.push(who, op).await;
    assert_eq!(result.outcome, Outcome::Applied, "{result:?}");
    result.truth
}

async fn contact_of(desk: &Desk, who: &Person, op: Op) -> Contact {
    told(desk, who, op).await.contact.expect("contact")
}

async fn merges(desk: &Desk, who: &Person, id: ContactId) -> Vec<Merge> {
    desk.get(&format!("/api/contacts/{id}/merges"), who).await.ok()
}

async fn said(desk: &Desk, who: &Person, carla: &Customer) -> Vec<String> {
    let page: Page<Message> = desk.get(&format!("/api/conversations/{}/messages", carla.conversation), who).await.ok();
    page.items.into_iter().filter_map(|it| it.text).collect()
}

fn known_by(number: Option<&str>, lid: Option<&str>) -> Customer {
    let mut customer = Customer::of_number(number.unwrap_or("+5511911112222"));
    customer.identity.phone = number.map(|number| number.parse().expect("number"));
    customer.identity.lid = lid.map(str::to_owned);
    customer
}

#[tokio::test]
async fn f12_two_spellings_of_a_number_are_one_person() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    for (one, other) in
        [("+5511987654321", "+551187654321"), ("+525512345678", "+5215512345678"), ("+541123456789", "+5491123456789")]
    {
        let (one, other) = (known_by(Some(one), None), known_by(Some(other), None));
        let first = contact_of(&desk, &ana, one.says(line, "One")).await;
        let second = contact_of(&desk, &ana, other.says(line, "Two")).await;
        assert_eq!((second.id, &second.phone), (first.id, &first.phone), "found, and not written anew each time");
        assert_eq!(said(&desk, &ana, &one).await, ["One", "Two"]);
    }
    // The hidden id comes with the spelling under which WhatsApp knows the account.
    let told = contact_of(&desk, &ana, known_by(Some("+551187654321"), Some("111")).says(line, "Three")).await;
    assert_eq!(told.phone.expect("phone").as_str(), "+551187654321");
    let counts: ConversationCounts = desk.get("/api/conversations/counts", &ana).await.ok();
    assert_eq!(counts.all, 3);
}

#[tokio::test]
async fn a_business_goes_by_the_name_that_whatsapp_lists() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let mut shop = known_by(Some("+5511911112222"), None);
    let first = contact_of(&desk, &ana, shop.says(line, "One")).await;
    assert_eq!((first.name.as_str(), first.verified_name), ("Carla", None));
    shop.identity.verified_name = Some(" Padaria\u{7} Silva ".to_owned());
    let listed = contact_of(&desk, &ana, shop.says(line, "Two")).await;
    assert_eq!((listed.name.as_str(), listed.verified_name.as_deref()), ("Padaria Silva", Some("Padaria Silva")));
    // Who does not know it takes nothing away.
    shop.identity.verified_name = None;
    let heard = contact_of(&desk, &ana, shop.says(line, "Three")).await;
    assert_eq!(heard.verified_name.as_deref(), Some("Padaria Silva"));
    let read: Contact = desk.get(&format!("/api/contacts/{}", heard.id), &ana).await.ok();
    assert_eq!((read.name.as_str(), read.verified_name.as_deref()), ("Padaria Silva", Some("Padaria Silva")));
}

/// Somebody known by number and by hidden id, until a message shows that they are one. The truth of that message.
async fn become_one(desk: &Desk, ana: &Person, line: ChannelId) -> (Customer, Customer, Truth) {
    let by_number = known_by(Some("+5511911112222"), None);
    let by_lid = known_by(None, Some("123456789012345"));
    told(desk, ana, by_number.says(line, "From my number")).await;
    let hidden = contact_of(desk, ana, by_lid.says(line, "From my hidden id")).await;
    let notes = json!({"notes": "Wants an invoice", "tags": ["vip"]});
    let patched =
        desk.call(axum::http::Method::PATCH, &format!("/api/contacts/{}", hidden.id), Some(ana), Some(&notes)).await;
    assert_eq!(patched.status, StatusCode::OK);
    let mut both = by_lid.clone();
    both.identity.phone = by_number.identity.phone.clone();
    let truth = told(desk, ana, both.says(line, "It is me")).await;
    (by_number, by_lid, truth)
}

#[tokio::test]
async fn a_merge_is_logged_told_and_can_be_undone() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let cursor = desk.pull(&bruno, None, 500).await.cursor;
    let (by_number, by_lid, truth) = become_one(&desk, &ana, line).await;
    let one = truth.contact.expect("contact");
    assert_eq!((one.notes.as_str(), one.tags.as_slice()), ("Wants an invoice", ["vip".to_owned()].as_slice()));
    let log = merges(&desk, &bruno, one.id).await;
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].contact_id, log[0].reason.as_str(), log[0].undone_at), (one.id, "same_lid", None));
    assert_eq!(
        (log[0].merged.lid.as_deref(), log[0].merged.notes.as_str()),
        (Some("123456789012345"), "Wants an invoice")
    );
    let news = desk.pull(&bruno, Some(cursor), 500).await;
    assert!(news.entries.iter().any(|it| it.event == Event::ContactMerged(log[0].clone())));

    let undone: Merge = desk.poke(&format!("/api/merges/{}/undo", log[0].id), &bruno).await.ok();
    assert!(undone.undone_at.is_some());
    assert_eq!(desk.poke(&format!("/api/merges/{}/undo", log[0].id), &bruno).await.ok::<Merge>(), undone);
    let parted: Contact = desk.get(&format!("/api/contacts/{}", log[0].merged.id), &bruno).await.ok();
    assert_eq!((parted.phone, parted.lid.as_deref()), (None, Some("123456789012345")));
    assert_eq!((parted.notes.as_str(), parted.tags.as_slice()), ("Wants an invoice", ["vip".to_owned()].as_slice()));
    let stayed: Contact = desk.get(&format!("/api/contacts/{}", one.id), &bruno).await.ok();
    assert_eq!((stayed.phone.map(String::from), stayed.lid), (Some("+5511911112222".to_owned()), None));
    assert_eq!((stayed.notes.as_str(), stayed.tags.len()), ("", 0));

    // What was said since stays where it was said; what was there before goes back.
    assert_eq!(said(&desk, &bruno, &by_number).await, ["From my number", "It is me"]);
    assert_eq!(said(&desk, &bruno, &by_lid).await, ["From my hidden id"]);
    let item: ConversationItem = desk.get(&format!("/api/conversations/{}", by_lid.conversation), &bruno).await.ok();
    assert_eq!((item.contact.id, item.conversation.unread), (parted.id, 1));
    assert_eq!(item.conversation.last_message.expect("last").preview, "From my hidden id");
    let tickets: Page<Ticket> = desk.get("/api/tickets", &bruno).await.ok();
    let open = tickets.items.iter().filter(|it| it.state == TicketState::Open).count();
    assert_eq!((tickets.items.len(), open), (2, 2), "each has its own again");
    assert_eq!(item.ticket.expect("ticket").contact_id, parted.id);
    let counts: ConversationCounts = desk.get("/api/conversations/counts", &bruno).await.ok();
    assert_eq!((counts.all, counts.unassigned, counts.unread, counts.closed), (2, 2, 3, 0));
    let told = desk.pull(&ana, Some(news.cursor), 500).await.entries;
    let parting = told.iter().position(|it| it.event == Event::ContactMerged(undone.clone())).expect("told");
    let follows = told.iter().position(|it| matches!(&it.event, Event::ContactUpdated(_)));
    assert!(follows.is_some_and(|follows| parting < follows), "first that they are two, then who has which number");

    // A person has said that they are two: the next message does not make them one again.
    let mut both = by_lid.clone();
    both.identity.phone = by_number.identity.phone.clone();
    let again = contact_of(&desk, &ana, both.says(line, "Still me")).await;
    assert_eq!(again.id, parted.id, "the hidden id says whose it is");
    assert_eq!(said(&desk, &bruno, &by_lid).await, ["From my hidden id", "Still me"]);
    assert_eq!(merges(&desk, &bruno, one.id).await.len(), 1);
    assert_eq!(desk.poke(&format!("/api/merges/{}/undo", MergeId::fresh()), &ana).await.code(), ProblemCode::NotFound);
}

#[tokio::test]
async fn what_becomes_one_shares_no_more_than_either_did() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let start = desk.pull(&ana, None, 500).await.cursor;
    let shared = known_by(Some("+5511911112222"), None);
    let mut quiet = known_by(None, Some("123456789012345"));
    told(&desk, &ana, shared.says(line, "Said in the open")).await;
    told(&desk, &ana, received(&quiet, line, Scope::Metadata, |_| {})).await;
    quiet.identity.phone = shared.identity.phone.clone();
    told(&desk, &ana, received(&quiet, line, Scope::Metadata, |_| {})).await;
    let item: ConversationItem = desk.get(&format!("/api/conversations/{}", shared.conversation), &ana).await.ok();
    assert_eq!(item.conversation.scope, Scope::Metadata);
    assert_eq!(said(&desk, &ana, &shared).await, Vec::<String>::new());
    let all = serde_json::to_string(&desk.pull(&ana, Some(start), 500).await.entries).expect("json");
    assert!(!all.contains("in the open"));
}

#[tokio::test]
async fn f12_a_changed_number_is_followed() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = known_by(Some("+5511911112222"), Some("111"));
    let contact = contact_of(&desk, &ana, carla.says(line, "Hello")).await;
    // Somebody wrote from the new number already; nobody knew who it was.
    let stranger = known_by(Some("+5511933334444"), None);
    let other = contact_of(&desk, &ana, stranger.says(line, "My new number")).await;
    let changed = |from: &str, to: &str| Op::NumberChanged {
        contact_id: contact.id,
        from: from.parse().expect("number"),
        to: to.parse().expect("number"),
    };
    let op = changed("+5511911112222", "+5511933334444");
    assert_eq!(rejected(&desk.push(&bruno, op.clone()).await), ProblemCode::NotYourNumber);
    let now = contact_of(&desk, &ana, op.clone()).await;
    assert_eq!((now.id, now.phone.as_ref().map(PhoneNumber::as_str)), (contact.id, Some("+5511933334444")));
    assert_eq!(now.lid.as_deref(), Some("111"));
    assert_eq!(said(&desk, &ana, &carla).await, ["Hello", "My new number"]);
    assert_eq!(desk.push(&ana, op).await.outcome, Outcome::AlreadyApplied);
    let stale = changed("+5511900009999", "+5511988887777");
    assert_eq!(
        desk.push(&ana, stale).await.outcome,
        Outcome::AlreadyApplied,
        "news of a number that was left long ago"
    );
    let log = merges(&desk, &ana, contact.id).await;
    assert_eq!((log[0].merged.id, log[0].reason.as_str()), (other.id, "number_changed"));
}

#[tokio::test]
async fn who_wants_no_messages_gets_none_until_they_write_again() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let at = |at: i64| move |message: &mut Message| message.at = UtcMillis(1_700_000_000_000 + at);
    let truth = told(&desk, &ana, received(&carla, line, Scope::Shared, at(0))).await;
    let (contact, ticket) = (truth.contact.expect("contact").id, truth.ticket.expect("ticket").id);
    let out = Op::OptedOut { contact_id: contact, word: "PARAR\u{7}".into(), at: UtcMillis(1_700_000_000_000) };
    assert_eq!(rejected(&desk.push(&bruno, out.clone()).await), ProblemCode::NotYourNumber);
    let now = contact_of(&desk, &ana, out.clone()).await;
    assert_eq!(now.opted_out_at, Some(UtcMillis(1_700_000_000_000)));
    assert_eq!(desk.push(&ana, out).await.outcome, Outcome::AlreadyApplied);
    let list: Page<TeamOptOut> = desk.get("/api/opt-outs", &bruno).await.ok();
    assert_eq!((list.items.len(), list.items[0].word.as_str(), list.items[0].contact.id), (1, "PARAR", contact));

    desk.post(&format!("/api/tickets/{ticket}/assign"), &bruno, &json!({})).await.ok::<Ticket>();
    let reply = format!("/api/tickets/{ticket}/reply");
    let text = || NewMessage::text(MessageId::fresh(), "One more offer".into());
    assert_eq!(desk.post(&reply, &bruno, &text()).await.code(), ProblemCode::OptedOut);
    let pushed = carla.message(line, Direction::Outbound, "3EB0AABBCCDDEEFF001122", "One more offer");
    assert_eq!(rejected(&desk.push(&bruno, Op::Reply { message: pushed.clone() }).await), ProblemCode::OptedOut);
    let fact = Message { wa_id: "3EB0AABBCCDDEEFF001133".into(), id: MessageId::fresh(), ..pushed };
    assert_eq!(desk.push(&ana, Op::Reply { message: fact }).await.outcome, Outcome::Applied, "a fact is a fact");
    told(&desk, &ana, received(&carla, line, Scope::Shared, at(1))).await;
    assert_eq!(desk.post(&reply, &bruno, &text()).await.status, StatusCode::CREATED, "the customer asked something");

    let stale = Op::OptedIn { contact_id: contact, at: UtcMillis(1) };
    assert_eq!(desk.push(&ana, stale).await.outcome, Outcome::AlreadyApplied);
    let back = contact_of(&desk, &ana, Op::OptedIn { contact_id: contact, at: UtcMillis(1_800_000_000_000) }).await;
    assert_eq!(back.opted_out_at, None);
    assert_eq!(desk.get("/api/opt-outs", &bruno).await.ok::<Page<TeamOptOut>>().items.len(), 0);
}

#[tokio::test]
async fn a_public_name_is_kept_and_found() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let mut carla = known_by(None, Some("111"));
    told(&desk, &ana, carla.says(line, "Hello")).await;
    carla.identity.username = Some("carla.the.great".into());
    let contact = contact_of(&desk, &ana, carla.says(line, "Again")).await;
    assert_eq!(contact.username.as_deref(), Some("carla.the.great"));
    let people: Page<Contact> = desk.get("/api/contacts?q=the.great", &ana).await.ok();
    assert_eq!(people.items.len(), 1);
}
