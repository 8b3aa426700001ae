//! Push and pull.

use axum::http::StatusCode;
use ownline_model::{
    conversation::{Conversation, ConversationCounts, ConversationItem, Scope},
    event::Event,
    ids::{ChangeId, ChannelId, DeviceId, MessageId},
    message::{Direction, Message, MessageStatus},
    page::Page,
    problem::ProblemCode,
    sync::{Change, Op, Outcome, PullAnswer, Push, PushAnswer, Truth},
    ticket::TicketState,
    time::UtcMillis,
};
use serde_json::json;

use crate::support::{Customer, Desk, Person, rejected, report};

fn messages(pulled: &PullAnswer) -> Vec<&Message> {
    let mut found = Vec::new();
    for entry in &pulled.entries {
        if let Event::MessageNew(message) = &entry.event {
            found.push(message);
        }
    }
    found
}

#[tokio::test]
async fn a_replica_gets_a_snapshot_and_then_what_happened_since() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let customers: Vec<Customer> = (0..9).map(|n| Customer::of_number(&format!("+55119222200{n:02}"))).collect();
    for carla in &customers {
        desk.push(&ana, carla.says(line, "Hello")).await;
    }
    // Small pages, and something happens between two of them.
    let first: PullAnswer = desk.get("/api/sync/pull?limit=7", &bruno).await.ok();
    assert!(first.more && first.entries.iter().all(|entry| entry.seq == 0));
    desk.push(&ana, customers[0].says(line, "Meanwhile")).await;
    let rest = desk.pull(&bruno, Some(first.cursor), 7).await;
    let said = messages(&rest);
    assert!(said.iter().any(|m| m.text.as_deref() == Some("Meanwhile")), "comes with the journal");
    let mut ids: Vec<_> = said.iter().map(|m| m.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10);
    let seqs: Vec<i64> = rest.entries.iter().map(|entry| entry.seq).filter(|seq| *seq > 0).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gaps: {seqs:?}");
    let nothing = desk.pull(&bruno, Some(rest.cursor.clone()), 100).await;
    assert!(nothing.entries.is_empty());
    desk.push(&ana, customers[1].says(line, "Now")).await;
    let news = desk.pull(&bruno, Some(nothing.cursor), 100).await;
    let names: Vec<_> =
        news.entries.iter().map(|entry| serde_json::to_value(&entry.event).expect("json")["name"].clone()).collect();
    assert_eq!(names, ["conversation:updated", "message:new"]);
}

#[tokio::test]
async fn what_is_referred_to_comes_before_what_refers_to_it() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let cursor = desk.pull(&ana, None, 500).await.cursor;
    desk.push(&ana, Customer::of_number("+5511911112222").says(line, "Hello")).await;
    let news = desk.pull(&ana, Some(cursor), 100).await;
    let names: Vec<_> =
        news.entries.iter().map(|entry| serde_json::to_value(&entry.event).expect("json")["name"].clone()).collect();
    assert_eq!(names, ["contact:updated", "conversation:new", "ticket:created", "message:new"]);
}

#[tokio::test]
async fn a_push_is_answered_change_by_change_and_can_be_repeated() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let (carla, diego) = (Customer::of_number("+5511911112222"), Customer::of_number("+5511933334444"));
    let change = |op| Change { id: ChangeId::fresh(), op };
    let changes = vec![
        change(carla.says(line, "One")),
        change(report(line, "+5511900000001", true)),
        change(Customer::of_number("+5511911112222").says(ChannelId::fresh(), "No such line")),
        change(diego.says(line, "Two")),
    ];
    let results = desk.push_changes(&ana, changes.clone()).await;
    let ids: Vec<_> = results.iter().map(|result| result.id).collect();
    assert_eq!(ids, changes.iter().map(|change| change.id).collect::<Vec<_>>());
    assert_eq!(results[0].outcome, Outcome::Applied);
    assert_eq!(results[1].outcome, Outcome::AlreadyApplied);
    assert_eq!(rejected(&results[2]), ProblemCode::NotFound);
    assert_eq!(results[3].outcome, Outcome::Applied, "a bad change does not hold up the next");
    let before = desk.pull(&bruno, None, 500).await;
    let again = desk.push_changes(&ana, changes).await;
    assert_eq!(again[0].outcome, Outcome::AlreadyApplied);
    assert_eq!(again[0].truth.message, results[0].truth.message);
    assert_eq!(again[3].truth.conversation, results[3].truth.conversation);
    assert_eq!(desk.pull(&bruno, Some(before.cursor), 500).await.entries, []);
}

#[tokio::test]
async fn a_repeated_request_is_not_granted_twice() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let ticket = desk.push(&ana, carla.says(line, "Hello")).await.truth.ticket.expect("ticket");
    desk.push(&ana, Op::TicketTake { ticket_id: ticket.id, base_version: 1 }).await;
    let resolve = Change { id: ChangeId::fresh(), op: Op::TicketResolve { ticket_id: ticket.id, note: None } };
    assert_eq!(desk.push_changes(&ana, vec![resolve.clone()]).await[0].outcome, Outcome::Applied);
    desk.push(&ana, carla.says(line, "Not yet!")).await;
    // The answer was lost; the bridge asks again, after the customer reopened the ticket.
    let repeat = desk.push_changes(&ana, vec![resolve]).await.remove(0);
    assert_eq!(repeat.outcome, Outcome::AlreadyApplied);
    assert_eq!(repeat.truth.ticket.expect("truth").state, TicketState::Assigned);
}

#[tokio::test]
async fn the_loser_of_a_race_learns_who_has_the_ticket() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let ticket = desk.push(&ana, Customer::of_number("+5511911112222").says(line, "Hi")).await.truth.ticket;
    let id = ticket.expect("ticket").id;
    let take = || Op::TicketTake { ticket_id: id, base_version: 1 };
    let (first, second) = tokio::join!(desk.push(&ana, take()), desk.push(&bruno, take()));
    let (winner, lost) = if first.outcome == Outcome::Applied { (&ana, second) } else { (&bruno, first) };
    assert_eq!(rejected(&lost), ProblemCode::TicketTaken);
    assert_eq!(lost.truth.ticket.expect("truth").assignee_id, Some(winner.id()));
}

#[tokio::test]
async fn old_protocols_and_oversized_batches_are_refused() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let device_id = DeviceId::fresh();
    let old = desk.post("/api/sync/push", &ana, &Push { protocol: 0, device_id, changes: Vec::new() }).await;
    assert_eq!((old.status.as_u16(), old.code()), (426, ProblemCode::ProtocolTooOld));
    assert_eq!(desk.get("/api/sync/pull?protocol=0", &ana).await.code(), ProblemCode::ProtocolTooOld);
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let many = |n: usize| {
        let changes = (0..n).map(|i| Change { id: ChangeId::fresh(), op: carla.says(line, &i.to_string()) }).collect();
        Push { protocol: 1, device_id, changes }
    };
    assert_eq!(desk.post("/api/sync/push", &ana, &many(501)).await.code(), ProblemCode::InvalidRequest);
    let full: PushAnswer = desk.post("/api/sync/push", &ana, &many(500)).await.ok();
    assert!(full.results.iter().all(|result| result.outcome == Outcome::Applied));
    assert_eq!(messages(&desk.pull(&ana, None, 500).await).len(), 500);
}

#[tokio::test]
async fn a_cursor_of_another_server_starts_again() {
    let (desk, admin) = Desk::with_admin().await;
    let (other, stranger) = Desk::with_admin().await;
    let foreign = other.pull(&stranger, None, 500).await.cursor;
    let pulled = desk.pull(&admin, Some(foreign), 500).await;
    assert!(matches!(&pulled.entries[0].event, Event::AgentUpdated(agent) if agent.id == admin.id()));
    let broken = desk.get("/api/sync/pull?cursor=broken", &admin).await;
    assert_eq!(broken.code(), ProblemCode::InvalidRequest);
}

#[tokio::test]
async fn unknown_fields_of_a_change_are_refused() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let push = json!({"protocol": 1, "device_id": DeviceId::fresh(), "changes": [
        {"id": ChangeId::fresh(), "op": {"kind": "ticket_close", "ticket_id": ChangeId::fresh(), "force": true}}
    ]});
    assert_eq!(desk.post("/api/sync/push", &ana, &push).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn many_bridges_at_once_keep_every_message_and_the_sequence() {
    let (desk, _, people) = Desk::team(["Ana", "Bea", "Caio", "Dora"]).await;
    let mut lines = Vec::new();
    for (n, who) in people.iter().enumerate() {
        lines.push(desk.link(who, &format!("+551190000000{n}"), true).await);
    }
    let cursor = desk.pull(&people[0], None, 500).await.cursor;
    let work = people.iter().zip(&lines).map(|(who, line): (&Person, _)| {
        let desk = &desk;
        async move {
            for n in 0..40 {
                let carla = Customer::of_number(&format!("+5511944440{n:03}"));
                assert_eq!(desk.push(who, carla.says(*line, "Hello")).await.outcome, Outcome::Applied);
            }
        }
    });
    futures_util::future::join_all(work).await;
    let news = desk.pull(&people[0], Some(cursor), 500).await;
    assert_eq!(messages(&news).len(), 160);
    let seqs: Vec<i64> = news.entries.iter().map(|entry| entry.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gaps, no repeats");
    let contacts = news.entries.iter().filter(|entry| matches!(entry.event, Event::ContactUpdated(_))).count();
    assert_eq!(contacts, 40, "one contact a number, whoever heard of it first");
}

#[tokio::test]
async fn a_machine_that_was_set_up_anew_is_understood() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let before = Customer::of_number("+5511911112222");
    let old = before.says(line, "Hello");
    let known = desk.push(&ana, old.clone()).await.truth;
    // The same number, chat and message under fresh ids, all in one push, with changes that refer to them.
    let (fresh_line, fresh) = (ChannelId::fresh(), Customer::of_number("+5511911112222"));
    let Op::MessageReceived { scope, message, .. } = old else { unreachable!() };
    let message =
        Message { id: MessageId::fresh(), conversation_id: fresh.conversation, channel_id: fresh_line, ..message };
    let reply = fresh.message(fresh_line, Direction::Outbound, "3EB0AABBCCDDEEFF001122", "Good morning");
    let sent = Op::MessageStatus { message_id: reply.id, status: MessageStatus::Sent, at: UtcMillis(0), failure: None };
    let changes = [
        report(fresh_line, "+5511900000001", true),
        Op::MessageReceived { contact: fresh.identity.clone(), scope, message },
        Op::Reply { message: reply },
        sent,
        Op::ConversationRead { conversation_id: fresh.conversation, position: 1 },
        fresh.says(fresh_line, "Thank you"),
    ];
    let changes = changes.map(|op| Change { id: ChangeId::fresh(), op }).to_vec();
    let results = desk.push_changes(&ana, changes).await;
    let outcomes: Vec<_> = results.iter().map(|result| result.outcome.clone()).collect();
    let (applied, already) = (Outcome::Applied, Outcome::AlreadyApplied);
    assert_eq!(outcomes, [already.clone(), already, applied.clone(), applied.clone(), applied.clone(), applied]);
    assert_eq!(results[1].truth.message, known.message);
    let chat = known.conversation.expect("conversation").id;
    for result in &results[1..] {
        assert_eq!(result.truth.conversation.as_ref().map(|it| it.id), Some(chat));
    }
}

/// What a machine pushes after it was away: chats mixed, a repetition, a refusal, a read mark and an own message between.
#[tokio::test]
async fn many_changes_in_one_push_end_as_if_each_had_come_alone() {
    let line = ChannelId::fresh();
    let (carla, diego) = (Customer::of_number("+5511911112222"), Customer::of_number("+5511933334444"));
    // The same person, under a hidden id that the number is learnt to belong to.
    let mut hidden = diego.clone();
    hidden.identity.lid = Some("99887766".to_owned());
    let once = carla.says(line, "Hello");
    let from_the_phone = Op::MessageReceived {
        contact: carla.identity.clone(),
        scope: Scope::Shared,
        message: carla.message(line, Direction::Outbound, "PHONE1", "A moment"),
    };
    let mut twin = carla.says(line, "Under an id that is taken");
    if let (Op::MessageReceived { message, .. }, Op::MessageReceived { message: known, .. }) = (&mut twin, &once) {
        message.id = known.id;
    }
    let mut ops = vec![report(line, "+5511900000001", true), once.clone()];
    ops.extend((0..3).flat_map(|n| [carla.says(line, &format!("c{n}")), diego.says(line, &format!("d{n}"))]));
    ops.extend([once, carla.says(line, &"x".repeat(70_000)), carla.says(line, "after a refusal"), twin]);
    ops.extend([carla.says(line, "before reading"), carla.says(line, "and one more")]);
    ops.push(Op::ConversationRead { conversation_id: carla.conversation, position: 3 });
    ops.extend([carla.says(line, "after reading"), from_the_phone, carla.says(line, "after the phone")]);
    ops.extend([
        hidden.says(line, "now with a hidden id"),
        diego.says(line, "without it again"),
        carla.says(line, "last"),
    ]);
    let changes: Vec<Change> = ops.into_iter().map(|op| Change { id: ChangeId::fresh(), op }).collect();

    let (together, _, [ana]) = Desk::team(["Ana"]).await;
    let (apart, _, [bea]) = Desk::team(["Ana"]).await;
    let at_once = together.push_changes(&ana, changes.clone()).await;
    for (change, result) in changes.into_iter().zip(&at_once) {
        let alone = apart.push_changes(&bea, vec![change]).await.remove(0);
        assert_eq!(result.outcome, alone.outcome);
        assert_eq!(shape(&result.truth), shape(&alone.truth));
    }
    let lists = async |desk: &Desk, who: &Person| {
        let list: Page<ConversationItem> = desk.get("/api/conversations", who).await.ok();
        let counts: ConversationCounts = desk.get("/api/conversations/counts", who).await.ok();
        let mut seen: Vec<_> = list.items.iter().map(|item| chat(&item.conversation)).collect();
        seen.sort();
        (seen, counts)
    };
    let (seen, counts) = lists(&together, &ana).await;
    assert_eq!((seen.len(), counts.all), (2, 2));
    assert_eq!((seen, counts), lists(&apart, &bea).await);
    let told = |pulled: &PullAnswer| messages(pulled).iter().map(|m| (m.wa_id.clone(), m.position)).collect::<Vec<_>>();
    let (pulled, pulled_apart) = (together.pull(&ana, None, 500).await, apart.pull(&bea, None, 500).await);
    assert_eq!(told(&pulled), told(&pulled_apart));
}

/// What does not differ from desk to desk.
fn chat(conversation: &Conversation) -> String {
    let last = conversation.last_message.as_ref().map(|last| last.preview.clone());
    format!(
        "{} v{} {:?} unread {} {last:?}",
        conversation.id, conversation.version, conversation.state, conversation.unread
    )
}

fn shape(truth: &Truth) -> String {
    let message = truth.message.as_ref().map(|m| (m.id, m.position, m.ticket_id.is_some()));
    let ticket = truth.ticket.as_ref().map(|ticket| (ticket.version, ticket.state));
    let contact = truth.contact.as_ref().map(|contact| contact.version);
    format!("{:?} {message:?} {ticket:?} contact v{contact:?}", truth.conversation.as_ref().map(chat))
}
