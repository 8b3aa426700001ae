//! Messages, tickets, contacts: what the team does.

use std::collections::HashSet;

use axum::http::{Method, StatusCode};
use ownline_model::{
    contact::{Contact, ContactIdentity, ContactPatch},
    conversation::{Conversation, ConversationCounts, ConversationItem, ConversationState, Scope},
    ids::{AgentId, ChannelId, MessageId, TicketId},
    message::{Direction, Failure, Message, MessageKind, MessageStatus, NewMessage, Origin},
    page::Page,
    problem::ProblemCode,
    sync::{Op, Outcome},
    ticket::{REOPEN_WINDOW_MS, Ticket, TicketState},
    time::UtcMillis,
};
use serde_json::{Value, json};

use crate::support::{Customer, Desk, Person, rejected, report};

/// A customer has written to Ana's number; gives back the ticket.
async fn waiting_customer(desk: &Desk, ana: &Person) -> (ChannelId, Customer, Ticket) {
    let line = desk.link(ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let result = desk.push(ana, carla.says(line, "Hello, my order?")).await;
    assert_eq!(result.outcome, Outcome::Applied);
    let ticket = result.truth.ticket.expect("a ticket was opened");
    (line, carla, ticket)
}

async fn item(desk: &Desk, who: &Person, carla: &Customer) -> ConversationItem {
    desk.get(&format!("/api/conversations/{}", carla.conversation), who).await.ok()
}

async fn take(desk: &Desk, who: &Person, ticket: TicketId) -> crate::support::Answer {
    desk.post(&format!("/api/tickets/{ticket}/assign"), who, &json!({})).await
}

async fn messages(desk: &Desk, who: &Person, carla: &Customer) -> Vec<Message> {
    let page: Page<Message> = desk.get(&format!("/api/conversations/{}/messages", carla.conversation), who).await.ok();
    page.items
}

fn new_message(text: &str) -> NewMessage {
    NewMessage::text(MessageId::fresh(), text.into())
}

#[tokio::test]
async fn a_customers_message_opens_one_ticket_and_the_next_is_appended() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (line, carla, ticket) = waiting_customer(&desk, &ana).await;
    assert_eq!((ticket.number, ticket.state, ticket.subject.as_str()), (1, TicketState::Open, "Hello, my order?"));
    let second = desk.push(&ana, carla.says(line, "Anyone?")).await;
    assert_eq!(second.truth.ticket.expect("ticket").id, ticket.id);
    let item = item(&desk, &ana, &carla).await;
    assert_eq!((item.conversation.unread, item.conversation.state), (2, ConversationState::Active));
    assert_eq!(item.conversation.last_message.expect("last").preview, "Anyone?");
    assert_eq!(item.contact.name, "Carla");
    assert_eq!(item.ticket.expect("ticket").id, ticket.id);
    let said: Vec<_> = messages(&desk, &ana, &carla).await.into_iter().map(|m| (m.position, m.text)).collect();
    assert_eq!(said, [(1, Some("Hello, my order?".into())), (2, Some("Anyone?".into()))]);
}

#[tokio::test]
async fn f11_fifty_repeats_make_one_message() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (line, carla, _) = waiting_customer(&desk, &ana).await;
    let again = carla.says(line, "Twice?");
    assert_eq!(desk.push(&ana, again.clone()).await.outcome, Outcome::Applied);
    for _ in 0..50 {
        let mut repeat = again.clone();
        // A bridge that lost its memory makes another id for the same WhatsApp message.
        let Op::MessageReceived { message, .. } = &mut repeat else { unreachable!() };
        message.id = MessageId::fresh();
        let result = desk.push(&ana, repeat).await;
        assert_eq!(result.outcome, Outcome::AlreadyApplied);
        assert_eq!(result.truth.message.expect("truth").text.as_deref(), Some("Twice?"));
    }
    assert_eq!(messages(&desk, &ana, &carla).await.len(), 2);
    assert_eq!(item(&desk, &ana, &carla).await.conversation.unread, 2);
}

#[tokio::test]
async fn exactly_one_of_many_takes_the_ticket() {
    let names = ["Ana", "Bea", "Caio", "Dora", "Eva", "Fabio", "Gil", "Hugo"];
    let (desk, _, people) = Desk::team(names).await;
    let (_, carla, ticket) = waiting_customer(&desk, &people[0]).await;
    let answers = futures_util::future::join_all(people.iter().map(|who| take(&desk, who, ticket.id))).await;
    let winners: Vec<usize> = (0..people.len()).filter(|i| answers[*i].status == StatusCode::OK).collect();
    assert_eq!(winners.len(), 1);
    let winner = &people[winners[0]];
    for (i, answer) in answers.iter().enumerate().filter(|(i, _)| *i != winners[0]) {
        assert_eq!(answer.code(), ProblemCode::TicketTaken, "{}", names[i]);
    }
    let item = item(&desk, winner, &carla).await;
    assert_eq!(item.conversation.assignee_id, Some(winner.id()));
    assert_eq!(item.ticket.expect("ticket").assignee_id, Some(winner.id()));
    assert_eq!(take(&desk, winner, ticket.id).await.status, StatusCode::OK, "asking twice is harmless");
}

#[tokio::test]
async fn a_ticket_walks_its_road_and_the_chat_follows() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (_, carla, ticket) = waiting_customer(&desk, &ana).await;
    let path = |act: &str| format!("/api/tickets/{}/{act}", ticket.id);
    assert_eq!(desk.post(&path("reply"), &bruno, &new_message("Hi")).await.code(), ProblemCode::NotAssignee);
    assert_eq!(take(&desk, &bruno, ticket.id).await.status, StatusCode::OK);
    assert_eq!(desk.post(&path("resolve"), &ana, &json!({})).await.code(), ProblemCode::NotAssignee);
    let reply = desk.post(&path("reply"), &bruno, &new_message("Let me look.")).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let reply: Message = reply.ok();
    assert_eq!((reply.status, reply.author_id, reply.origin), (MessageStatus::Queued, Some(bruno.id()), Origin::Desk));
    assert!(reply.wa_id.starts_with("3EB0") && reply.expires_at.is_some());
    let now: Ticket = desk.get(&format!("/api/tickets/{}", ticket.id), &ana).await.ok();
    assert_eq!(now.state, TicketState::InProgress);
    assert_eq!(item(&desk, &ana, &carla).await.conversation.state, ConversationState::Waiting);

    let resolved: Ticket = desk.post(&path("resolve"), &bruno, &json!({"note": "Sent again"})).await.ok();
    assert_eq!((resolved.state, resolved.resolution_note.as_deref()), (TicketState::Resolved, Some("Sent again")));
    let reopened: Ticket = desk.poke(&path("reopen"), &bruno).await.ok();
    assert_eq!(reopened.state, TicketState::InProgress);
    let closed: Ticket = desk.poke(&path("close"), &bruno).await.ok();
    assert_eq!(closed.state, TicketState::Closed);
    assert_eq!(desk.poke(&path("reopen"), &bruno).await.code(), ProblemCode::TicketWrongState);
    let item = item(&desk, &ana, &carla).await;
    assert_eq!((item.conversation.state, item.conversation.ticket_id), (ConversationState::Closed, None));
}

#[tokio::test]
async fn supervisors_transfer_and_agents_hand_on_their_own() {
    let (desk, admin, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (_, _, ticket) = waiting_customer(&desk, &ana).await;
    let assign = async |who: &Person, to: AgentId| {
        desk.post(&format!("/api/tickets/{}/assign", ticket.id), who, &json!({"to": to})).await
    };
    assert_eq!(assign(&ana, bruno.id()).await.code(), ProblemCode::Forbidden);
    assert_eq!(assign(&admin, AgentId::fresh()).await.code(), ProblemCode::InvalidRequest);
    let given: Ticket = assign(&admin, bruno.id()).await.ok();
    assert_eq!((given.assignee_id, given.state), (Some(bruno.id()), TicketState::Assigned));
    let handed: Ticket = assign(&bruno, ana.id()).await.ok();
    assert_eq!(handed.assignee_id, Some(ana.id()));
}

#[tokio::test]
async fn a_customer_who_comes_back_in_time_gets_the_same_ticket() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (line, carla, ticket) = waiting_customer(&desk, &ana).await;
    take(&desk, &ana, ticket.id).await;
    let _: Ticket = desk.post(&format!("/api/tickets/{}/resolve", ticket.id), &ana, &json!({})).await.ok();
    let back = desk.push(&ana, carla.says(line, "One more thing")).await.truth.ticket.expect("ticket");
    assert_eq!((back.id, back.state, back.assignee_id), (ticket.id, TicketState::Assigned, Some(ana.id())));

    let resolve = Op::TicketResolve { ticket_id: ticket.id, note: None };
    assert_eq!(desk.push(&ana, resolve).await.outcome, Outcome::Applied);
    desk.clock.advance(REOPEN_WINDOW_MS + 60_000);
    let ana = Person::new(desk.sign_in("ana@example.org", crate::support::PASSWORD).await.ok());
    let new = desk.push(&ana, carla.says(line, "A new matter")).await.truth.ticket.expect("ticket");
    assert_eq!((new.number, new.state, new.assignee_id), (2, TicketState::Open, None));
    let old: Ticket = desk.get(&format!("/api/tickets/{}", ticket.id), &ana).await.ok();
    assert_eq!(old.state, TicketState::Closed);
}

#[tokio::test]
async fn a_reply_goes_through_the_owners_machine_and_the_ticks_come_back() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (line, carla, ticket) = waiting_customer(&desk, &ana).await;
    let cursor = desk.pull(&ana, None, 100).await.cursor;
    desk.push(&bruno, Op::TicketTake { ticket_id: ticket.id, base_version: ticket.version }).await;
    let reply = carla.message(line, Direction::Outbound, "3EB0AABBCCDDEEFF001122", "Bruno here");
    let routed = desk.push(&bruno, Op::Reply { message: reply.clone() }).await;
    assert_eq!(routed.outcome, Outcome::Applied);
    assert_eq!(routed.truth.ticket.expect("ticket").state, TicketState::InProgress);

    let pulled = desk.pull(&ana, Some(cursor), 100).await;
    let queued = pulled.entries.iter().find_map(|entry| match &entry.event {
        ownline_model::event::Event::MessageNew(message) => Some(message.clone()),
        _ => None,
    });
    let queued = queued.expect("the owner's machine gets it");
    assert_eq!((queued.wa_id.as_str(), queued.status), ("3EB0AABBCCDDEEFF001122", MessageStatus::Queued));
    let status = |status| Op::MessageStatus { message_id: reply.id, status, at: UtcMillis(0), failure: None };
    assert_eq!(rejected(&desk.push(&bruno, status(MessageStatus::Read)).await), ProblemCode::NotYourNumber);
    assert_eq!(desk.push(&ana, status(MessageStatus::Sent)).await.outcome, Outcome::Applied);
    assert_eq!(desk.push(&ana, status(MessageStatus::Read)).await.outcome, Outcome::Applied);
    let late = desk.push(&ana, status(MessageStatus::Delivered)).await;
    assert_eq!(late.outcome, Outcome::AlreadyApplied);
    assert_eq!(late.truth.message.expect("truth").status, MessageStatus::Read, "read never becomes delivered");
    let last = item(&desk, &bruno, &carla).await.conversation.last_message.expect("last");
    assert_eq!(last.status, MessageStatus::Read);
}

#[tokio::test]
async fn a_number_that_is_not_lent_is_answered_by_its_owner_only() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (line, carla, ticket) = waiting_customer(&desk, &ana).await;
    desk.push(&ana, report(line, "+5511900000001", false)).await;
    take(&desk, &bruno, ticket.id).await;
    let reply = carla.message(line, Direction::Outbound, "3EB0AABBCCDDEEFF001122", "Bruno here");
    assert_eq!(rejected(&desk.push(&bruno, Op::Reply { message: reply }).await), ProblemCode::OwnerConsentMissing);
    let path = format!("/api/conversations/{}/messages", carla.conversation);
    assert_eq!(desk.post(&path, &bruno, &new_message("Hi")).await.code(), ProblemCode::OwnerConsentMissing);
    assert_eq!(desk.post(&path, &ana, &new_message("Hi")).await.code(), ProblemCode::NotAssignee, "Bruno has it");
    let fact = carla.message(line, Direction::Outbound, "3EB0AABBCCDDEEFF001133", "Ana had sent this");
    assert_eq!(desk.push(&ana, Op::Reply { message: fact }).await.outcome, Outcome::Applied, "a fact is a fact");
}

#[tokio::test]
async fn a_reply_nobody_fetches_expires_and_can_be_tried_again() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (_, carla, ticket) = waiting_customer(&desk, &ana).await;
    take(&desk, &bruno, ticket.id).await;
    let reply: Message = desk.post(&format!("/api/tickets/{}/reply", ticket.id), &bruno, &new_message("Hi")).await.ok();
    let path = format!("/api/messages/{}/retry", reply.id);
    assert_eq!(desk.poke(&path, &bruno).await.ok::<Message>().status, MessageStatus::Queued, "nothing to retry yet");
    desk.app.run_jobs().await.expect("jobs");
    assert_eq!(messages(&desk, &bruno, &carla).await[1].status, MessageStatus::Queued);
    desk.clock.advance(24 * 60 * 60 * 1000 + 1);
    desk.app.run_jobs().await.expect("jobs");
    let bruno = Person::new(desk.sign_in("bruno@example.org", crate::support::PASSWORD).await.ok());
    let failed = messages(&desk, &bruno, &carla).await.remove(1);
    assert_eq!((failed.status, failed.failure.expect("why").code.as_str()), (MessageStatus::Failed, "expired"));
    let again: Message = desk.poke(&path, &bruno).await.ok();
    assert_eq!((again.status, again.wa_id, again.failure), (MessageStatus::Queued, reply.wa_id, None));
    let ana = Person::new(desk.sign_in("ana@example.org", crate::support::PASSWORD).await.ok());
    let hopeless = Failure { code: "not_on_whatsapp".into(), detail: "No".into(), retryable: false };
    let failed = Op::MessageStatus {
        message_id: reply.id,
        status: MessageStatus::Failed,
        at: UtcMillis(0),
        failure: Some(hopeless),
    };
    assert_eq!(desk.push(&ana, failed).await.outcome, Outcome::Applied);
    assert_eq!(desk.poke(&path, &bruno).await.code(), ProblemCode::InvalidRequest);
}

#[tokio::test]
async fn posting_a_message_twice_sends_it_once() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (_, carla, ticket) = waiting_customer(&desk, &ana).await;
    take(&desk, &bruno, ticket.id).await;
    let path = format!("/api/tickets/{}/reply", ticket.id);
    let body = new_message("Once");
    let (first, second) = tokio::join!(desk.post(&path, &bruno, &body), desk.post(&path, &bruno, &body));
    let (first, second): (Message, Message) = (first.ok(), second.ok());
    assert_eq!(first, second);
    assert_eq!(messages(&desk, &ana, &carla).await.len(), 2);
    assert_eq!(desk.post(&path, &ana, &body).await.code(), ProblemCode::NotFound, "another's message is not shown");
}

#[tokio::test]
async fn empty_and_endless_texts_are_refused() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (_, carla, ticket) = waiting_customer(&desk, &ana).await;
    take(&desk, &ana, ticket.id).await;
    let path = format!("/api/conversations/{}/messages", carla.conversation);
    assert_eq!(desk.post(&path, &ana, &new_message(" \n")).await.code(), ProblemCode::TextEmpty);
    assert_eq!(desk.post(&path, &ana, &new_message(&"x".repeat(70 * 1024))).await.code(), ProblemCode::TextTooLong);
    assert_eq!(messages(&desk, &ana, &carla).await.len(), 1);
}

#[tokio::test]
async fn the_counts_are_those_of_the_lists() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let customers: Vec<Customer> = (0..12).map(|n| Customer::of_number(&format!("+55119222200{n:02}"))).collect();
    let mut tickets = Vec::new();
    for carla in &customers {
        tickets.push(desk.push(&ana, carla.says(line, "Hello")).await.truth.ticket.expect("ticket").id);
    }
    for ticket in &tickets[..5] {
        take(&desk, &bruno, *ticket).await;
    }
    let reply = format!("/api/tickets/{}/reply", tickets[0]);
    assert!(desk.post(&reply, &bruno, &new_message("Hi")).await.status.is_success());
    assert!(desk.poke(&format!("/api/tickets/{}/close", tickets[1]), &bruno).await.status.is_success());
    let read = format!("/api/conversations/{}/read", customers[2].conversation);
    let seen = desk.call(Method::PUT, &read, Some(&bruno), Some(&json!({"position": 1}))).await;
    assert_eq!(seen.ok::<Conversation>().unread, 0);

    for who in [&ana, &bruno] {
        let counts: ConversationCounts = desk.get("/api/conversations/counts", who).await.ok();
        let mut listed = Vec::new();
        for view in ["mine", "unassigned", "all", "waiting", "closed"] {
            let mut ids = HashSet::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/api/conversations?view={view}&limit=3{cursor}");
                let page: Page<ConversationItem> = desk.get(&path, who).await.ok();
                let times: Vec<_> = page.items.iter().map(|item| item.conversation.last_activity_at).collect();
                assert!(times.is_sorted_by(|a, b| a >= b), "latest first");
                for item in page.items {
                    assert!(ids.insert(item.conversation.id), "no conversation twice");
                }
                match page.next_cursor {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            listed.push(ids.len() as u64);
        }
        assert_eq!(listed, [counts.mine, counts.unassigned, counts.all, counts.waiting, counts.closed]);
    }
    let counts: ConversationCounts = desk.get("/api/conversations/counts", &bruno).await.ok();
    let expected =
        ConversationCounts { mine: 4, unassigned: 7, all: 11, waiting: 1, closed: 1, archived: 0, unread: 11 };
    assert_eq!(counts, expected);
}

#[tokio::test]
async fn a_chat_is_found_by_name_and_number() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let mut maria = Customer::of_number("+5511911110001");
    maria.identity.push_name = Some("María \"Lu\" O'Brien".into());
    let joao = Customer::of_number("+5511922220002");
    desk.push(&ana, maria.says(line, "Oi")).await;
    desk.push(&ana, joao.says(line, "Oi")).await;
    for (q, found) in [("MARÍA", 1), ("22220002", 1), ("ma", 1), ("%22Lu%22", 1), ("zzz", 0), ("%25", 0), ("'--", 0)] {
        let chats: Page<ConversationItem> = desk.get(&format!("/api/conversations?q={}", encode(q)), &ana).await.ok();
        assert_eq!(chats.items.len(), found, "{q}");
        let people: Page<Contact> = desk.get(&format!("/api/contacts?q={}", encode(q)), &ana).await.ok();
        assert_eq!(people.items.len(), found, "{q}");
    }
}

fn encode(text: &str) -> String {
    text.replace('Í', "%C3%8D").replace('\'', "%27")
}

#[tokio::test]
async fn f12_a_number_and_a_lid_become_one_person() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let by_phone = Customer::of_number("+5511911112222");
    let mut by_lid = Customer::of_number("+5511911112222");
    by_lid.identity.phone = None;
    by_lid.identity.lid = Some("123456789012345".into());
    let first = desk.push(&ana, by_phone.says(line, "From my number")).await.truth;
    let second = desk.push(&ana, by_lid.says(line, "From my hidden id")).await.truth;
    assert_ne!(first.contact.as_ref().expect("contact").id, second.contact.expect("contact").id);

    let mut both = by_lid.clone();
    both.identity.phone = by_phone.identity.phone.clone();
    let third = desk.push(&ana, both.says(line, "It is me")).await.truth;
    let (contact, chat) = (third.contact.expect("contact"), third.conversation.expect("conversation"));
    assert_eq!(contact.id, first.contact.expect("contact").id, "the older one stays");
    assert_eq!((contact.phone.is_some(), contact.lid.is_some()), (true, true));
    assert_eq!(chat.id, by_phone.conversation);
    let said: Vec<_> = messages(&desk, &ana, &by_phone).await.into_iter().filter_map(|m| m.text).collect();
    assert_eq!(said, ["From my number", "From my hidden id", "It is me"]);
    let moved: ConversationItem = desk.get(&format!("/api/conversations/{}", by_lid.conversation), &ana).await.ok();
    assert_eq!(moved.conversation.id, chat.id, "the old id leads to the new place");
    let people: Page<Contact> = desk.get("/api/contacts", &ana).await.ok();
    assert_eq!(people.items.len(), 1);
    let counts: ConversationCounts = desk.get("/api/conversations/counts", &ana).await.ok();
    assert_eq!((counts.all, counts.unassigned, counts.unread, counts.closed), (1, 1, 3, 0));
    let tickets: Page<Ticket> = desk.get("/api/tickets?state=open", &ana).await.ok();
    assert_eq!(tickets.items.len(), 1, "one open ticket a conversation");
}

#[tokio::test]
async fn a_contact_is_changed_by_whoever_saw_its_last_version() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (_, carla, _) = waiting_customer(&desk, &ana).await;
    let contact = item(&desk, &ana, &carla).await.contact;
    let patch = |name: &str, base_version| Op::ContactPatched {
        contact_id: contact.id,
        base_version,
        patch: ContactPatch { name: Some(name.into()), ..ContactPatch::default() },
    };
    let first = desk.push(&ana, patch("Carla Souza", contact.version)).await.truth.contact.expect("contact");
    assert_eq!(first.name, "Carla Souza");
    let late = desk.push(&bruno, patch("C. Souza", contact.version)).await;
    assert_eq!(rejected(&late), ProblemCode::VersionConflict);
    assert_eq!(late.truth.contact.expect("truth").name, "Carla Souza");
    let address = format!("/api/contacts/{}", contact.id);
    let bad = desk.call(Method::PATCH, &address, Some(&ana), Some(&json!({"email": "not one"}))).await;
    assert_eq!(bad.code(), ProblemCode::InvalidRequest);
    let fine: Contact =
        desk.call(Method::PATCH, &address, Some(&ana), Some(&json!({"tags": ["vip", "vip"], "name": ""}))).await.ok();
    assert_eq!((fine.tags, fine.name.as_str()), (vec!["vip".to_owned()], "Carla"), "the customer's own name is back");
}

#[tokio::test]
async fn a_number_belongs_to_one_agent() {
    let (desk, admin, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let second = desk.push(&bruno, report(ChannelId::fresh(), "+5511900000001", true)).await;
    assert_eq!(rejected(&second), ProblemCode::NumberAlreadyLinked);
    let again = desk.push(&ana, report(ChannelId::fresh(), "+5511900000001", true)).await;
    assert_eq!(again.outcome, Outcome::AlreadyApplied);
    assert_eq!(again.truth.channel.expect("truth").id, line, "the known id wins");
    let other = desk.push(&ana, report(line, "+5511900000009", true)).await.truth.channel.expect("channel");
    assert_ne!(other.id, line, "another number is another channel");
    let off = json!({"active": false});
    let path = format!("/api/agents/{}", ana.id());
    assert!(desk.call(Method::PATCH, &path, Some(&admin), Some(&off)).await.status.is_success());
    let moved = desk.push(&bruno, report(ChannelId::fresh(), "+5511900000001", true)).await;
    assert_eq!(moved.truth.channel.expect("channel").owner_id, bruno.id(), "the SIM card went to a colleague");
}

#[tokio::test]
async fn only_the_owner_reports_what_a_number_received() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (line, carla, _) = waiting_customer(&desk, &ana).await;
    assert_eq!(rejected(&desk.push(&bruno, carla.says(line, "Forged")).await), ProblemCode::NotYourNumber);
    assert_eq!(rejected(&desk.push(&ana, carla.says(ChannelId::fresh(), "Where?")).await), ProblemCode::NotFound);
    assert_eq!(messages(&desk, &ana, &carla).await.len(), 1);
}

#[tokio::test]
async fn what_a_chat_does_not_share_is_not_kept() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let scoped = |scope: Scope| {
        let Op::MessageReceived { contact, message, .. } = carla.says(line, "Our secret") else { unreachable!() };
        Op::MessageReceived { contact, scope, message }
    };
    assert_eq!(rejected(&desk.push(&ana, scoped(Scope::Private)).await), ProblemCode::InvalidRequest);
    let truth = desk.push(&ana, scoped(Scope::Metadata)).await.truth;
    assert_eq!(truth.message.expect("message").text, None);
    let last = truth.conversation.expect("conversation").last_message.expect("last");
    assert_eq!(last.preview, "");
    assert_eq!(truth.ticket.expect("ticket").subject, "Carla");
    let journal = serde_json::to_string(&desk.pull(&ana, None, 500).await.entries).expect("json");
    assert!(!journal.contains("Our secret"));
}

#[tokio::test]
async fn a_placeholder_is_replaced_in_place() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (line, carla, _) = waiting_customer(&desk, &ana).await;
    let Op::MessageReceived { contact, scope, message } = carla.says(line, "Readable now") else { unreachable!() };
    let blank = Message { kind: MessageKind::Undecryptable, text: None, ..message.clone() };
    let received = |message| Op::MessageReceived { contact: contact.clone(), scope, message };
    let first = desk.push(&ana, received(blank)).await.truth.message.expect("message");
    desk.push(&ana, carla.says(line, "Later")).await;
    let retried = desk.push(&ana, received(Message { id: MessageId::fresh(), ..message })).await;
    assert_eq!(retried.outcome, Outcome::Applied);
    let now = retried.truth.message.expect("message");
    assert_eq!((now.id, now.position, now.text.as_deref()), (first.id, first.position, Some("Readable now")));
    assert_eq!(messages(&desk, &ana, &carla).await.len(), 3);
}

#[tokio::test]
async fn a_reply_from_the_phone_counts_as_a_human_one() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (line, carla, ticket) = waiting_customer(&desk, &ana).await;
    take(&desk, &ana, ticket.id).await;
    let mut message = carla.message(line, Direction::Outbound, "PHONE1", "On my way");
    message.origin = Origin::Phone;
    message.status = MessageStatus::Sent;
    let op = Op::MessageReceived { contact: carla.identity.clone(), scope: Scope::Shared, message };
    let truth = desk.push(&ana, op).await.truth;
    assert_eq!(truth.ticket.expect("ticket").state, TicketState::InProgress);
    assert_eq!(truth.conversation.expect("conversation").state, ConversationState::Waiting);
    let message = truth.message.expect("message");
    assert_eq!((message.origin, message.author_id), (Origin::Phone, Some(ana.id())));
}

#[tokio::test]
async fn reading_marks_messages_and_never_goes_back() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let (line, carla, _) = waiting_customer(&desk, &ana).await;
    desk.push(&ana, carla.says(line, "Two")).await;
    desk.push(&ana, carla.says(line, "Three")).await;
    let read = |position| Op::ConversationRead { conversation_id: carla.conversation, position };
    let truth = desk.push(&ana, read(2)).await.truth;
    assert_eq!(truth.conversation.expect("conversation").unread, 1);
    let statuses: Vec<_> = messages(&desk, &ana, &carla).await.into_iter().map(|m| m.status).collect();
    assert_eq!(statuses, [MessageStatus::Read, MessageStatus::Read, MessageStatus::Delivered]);
    assert_eq!(desk.push(&ana, read(1)).await.outcome, Outcome::AlreadyApplied);
    assert_eq!(desk.push(&ana, read(i64::MAX)).await.truth.conversation.expect("conversation").unread, 0);
    desk.push(&ana, carla.says(line, "Four")).await;
    assert_eq!(item(&desk, &ana, &carla).await.conversation.unread, 1, "a huge position does not read the future");
}

#[tokio::test]
async fn messages_page_backwards_without_gaps() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    for n in 1..=7 {
        desk.push(&ana, carla.says(line, &n.to_string())).await;
    }
    let path = format!("/api/conversations/{}/messages?limit=3", carla.conversation);
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page: Page<Message> = desk.get(&format!("{path}{cursor}"), &ana).await.ok();
        pages.push(page.items.iter().map(|m| m.position).collect::<Vec<_>>());
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pages, [vec![5, 6, 7], vec![2, 3, 4], vec![1]]);
    assert_eq!(desk.get(&format!("{path}&cursor=nonsense"), &ana).await.code(), ProblemCode::InvalidRequest);
}

#[tokio::test]
async fn an_opened_chat_waits_for_its_first_message() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let open = Op::ConversationOpened {
        contact: ContactIdentity { push_name: None, ..carla.identity.clone() },
        conversation_id: carla.conversation,
        channel_id: line,
        scope: Scope::Shared,
    };
    assert_eq!(desk.push(&ana, open.clone()).await.outcome, Outcome::Applied);
    assert_eq!(desk.push(&ana, open).await.outcome, Outcome::AlreadyApplied);
    let reply = carla.message(line, Direction::Outbound, "3EB0AABBCCDDEEFF001122", "Good morning");
    assert_eq!(desk.push(&ana, Op::Reply { message: reply }).await.outcome, Outcome::Applied);
    let item = item(&desk, &ana, &carla).await;
    assert_eq!((item.ticket, item.conversation.state), (None, ConversationState::Waiting));
    assert_eq!(item.contact.name, "+55 11 91111-2222");
    let nowhere: Value = desk.get(&format!("/api/conversations/{}", MessageId::fresh()), &ana).await.json();
    assert_eq!(nowhere["code"], "not_found");
}

#[tokio::test]
async fn f12_a_number_that_changes_hands_is_followed() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let with_lid = |number: &str, lid: &str| {
        let mut customer = Customer::of_number(number);
        customer.identity.lid = Some(lid.into());
        customer
    };
    let (carla, diego) = (with_lid("+5511911112222", "111111"), with_lid("+5511933334444", "222222"));
    let carla_id = desk.push(&ana, carla.says(line, "I am Carla")).await.truth.contact.expect("contact").id;
    let diego_id = desk.push(&ana, diego.says(line, "I am Diego")).await.truth.contact.expect("contact").id;
    // Carla's number goes to Diego, who is known by his hidden id.
    let moved = with_lid("+5511911112222", "222222");
    let truth = desk.push(&ana, moved.says(line, "My new number")).await;
    assert_eq!(truth.outcome, Outcome::Applied);
    let now = truth.truth.contact.expect("contact");
    assert_eq!((now.id, now.phone.expect("phone").as_str()), (diego_id, "+5511911112222"));
    let carla_now: Contact = desk.get(&format!("/api/contacts/{carla_id}"), &ana).await.ok();
    assert_eq!((carla_now.phone, carla_now.lid.as_deref()), (None, Some("111111")));
    // A stranger with Diego's old number is a new person.
    let stranger = with_lid("+5511933334444", "333333");
    let new = desk.push(&ana, stranger.says(line, "Who is Diego?")).await.truth.contact.expect("contact");
    assert!(new.id != diego_id && new.id != carla_id);
}
