use ownline_model::{
    event::Event,
    problem::ProblemCode,
    sync::{ChangeResult, Outcome, Truth},
};

use super::*;
use crate::store::{TicketAction, change::Change};

/// A ticket on Bruno's number, seen from Ana's machine.
async fn brunos_ticket(machine: &Machine) -> (Conversation, Ticket) {
    let bruno = agent("bruno");
    let number = channel(&bruno, "+5511900000002");
    let customer = contact("Carla", "+5511988887777");
    let mut chat = conversation(number.id, customer.id);
    let open = ticket(&chat);
    chat.ticket_id = Some(open.id);
    machine
        .pull(vec![
            Event::AgentUpdated(bruno),
            Event::ChannelStatus(number),
            Event::ContactUpdated(customer),
            Event::ConversationNew(chat.clone()),
            Event::TicketCreated(open.clone()),
        ])
        .await;
    (chat, open)
}

#[tokio::test]
async fn a_take_shows_as_asked_for_until_the_server_has_spoken() {
    let machine = Machine::signed_in().await;
    let (_, open) = brunos_ticket(&machine).await;
    let asked = machine.store.act_on_ticket(open.id, TicketAction::Take).await.expect("asked");
    assert!(asked.ticket.pending);
    assert_eq!(asked.ticket.assignee_id, Some(machine.me.id));
    let change = machine.outbox().await.remove(0);
    assert_eq!(Some(change.id), asked.change);
    let taken = Ticket { assignee_id: Some(machine.me.id), state: TicketState::Assigned, version: 2, ..open.clone() };
    let truth = Truth { ticket: Some(taken.clone()), ..Truth::default() };
    let result = ChangeResult { id: change.id, outcome: Outcome::Applied, truth };
    machine.store.apply_results(vec![result]).await.expect("settled");
    assert_eq!(machine.store.ticket(open.id).await.expect("read"), Some(taken));
    assert!(machine.outbox().await.is_empty());
}

#[tokio::test]
async fn the_loser_of_a_race_is_told_and_the_replies_behind_it_fail() {
    let machine = Machine::signed_in().await;
    let (chat, open) = brunos_ticket(&machine).await;
    machine.store.act_on_ticket(open.id, TicketAction::Take).await.expect("asked");
    let written = machine.store.reply_to_ticket(open.id, reply("hello")).await.expect("counts on this machine");
    assert!(written.expires_at.is_some(), "a reply through a colleague's number does not wait for ever");
    let mut changes = machine.store.changes();
    let outbox = machine.outbox().await;
    assert_eq!(kinds(&outbox), ["ticket_take", "reply"]);
    let theirs =
        Ticket { assignee_id: Some(AgentId::fresh()), state: TicketState::Assigned, version: 2, ..open.clone() };
    let rejected = |index: usize, code, truth| ChangeResult {
        id: outbox[index].id,
        outcome: Outcome::Rejected { code, detail: String::new() },
        truth,
    };
    let results = vec![
        rejected(0, ProblemCode::TicketTaken, Truth { ticket: Some(theirs.clone()), ..Truth::default() }),
        rejected(1, ProblemCode::NotAssignee, Truth::default()),
    ];
    machine.store.apply_results(results).await.expect("settled");
    assert_eq!(machine.store.ticket(open.id).await.expect("read"), Some(theirs));
    let failed = machine.messages(chat.id).await.pop().expect("still there");
    assert_eq!((failed.status, failed.failure.expect("why").code.as_str()), (MessageStatus::Failed, "not_assignee"));
    let refusal = loop {
        if let Change::Settled { change, refusal } = changes.recv().await.expect("told")
            && change == outbox[0].id
        {
            break refusal;
        }
    };
    assert_eq!(refusal.expect("refused").code, ProblemCode::TicketTaken);
}

#[tokio::test]
async fn a_refusal_without_a_truth_gives_back_what_was_there() {
    let machine = Machine::signed_in().await;
    let (_, open) = brunos_ticket(&machine).await;
    machine.store.act_on_ticket(open.id, TicketAction::Take).await.expect("asked");
    let change = machine.outbox().await.remove(0);
    let outcome = Outcome::Rejected { code: ProblemCode::Forbidden, detail: String::new() };
    let result = ChangeResult { id: change.id, outcome, truth: Truth::default() };
    machine.store.apply_results(vec![result]).await.expect("settled");
    assert_eq!(machine.store.ticket(open.id).await.expect("read"), Some(open));
}

#[tokio::test]
async fn what_is_asked_for_stays_on_screen_over_older_news() {
    let machine = Machine::signed_in().await;
    let (_, open) = brunos_ticket(&machine).await;
    machine.store.act_on_ticket(open.id, TicketAction::Take).await.expect("asked");
    let renamed = Ticket { subject: "Renamed".to_owned(), version: 2, ..open.clone() };
    machine.pull(vec![Event::TicketUpdated(renamed)]).await;
    let shown = machine.store.ticket(open.id).await.expect("read").expect("there");
    assert!(shown.pending && shown.assignee_id == Some(machine.me.id));
}

#[tokio::test]
async fn who_may_write_where() {
    let machine = Machine::linked(NumberUse::Work).await;
    let (chat, open) = brunos_ticket(&machine).await;
    // On a colleague's number: only with the ticket in hand.
    assert_eq!(refusal(machine.store.write_message(chat.id, reply("x")).await), "not_assignee");
    assert_eq!(refusal(machine.store.reply_to_ticket(open.id, reply("x")).await), "not_assignee");
    machine.store.act_on_ticket(open.id, TicketAction::Take).await.expect("asked");
    machine.store.write_message(chat.id, reply("x")).await.expect("the ticket is in hand");
    // And only where the owner lends it.
    let keeps = Channel { lends: false, version: 2, id: chat.channel_id, ..channel(&agent("bruno"), "+5511900000002") };
    machine.pull(vec![Event::ChannelStatus(keeps)]).await;
    assert_eq!(refusal(machine.store.write_message(chat.id, reply("y")).await), "owner_consent_missing");
    // On the own number: freely without a ticket, with one only its assignee.
    let own = machine.hear("+5511966665555", "1", "hi").await.conversation_id;
    machine.store.write_message(own, reply("free")).await.expect("no ticket");
    let mut mine = machine.store.conversation(own).await.expect("read").expect("there").conversation;
    let colleagues = Ticket { assignee_id: Some(AgentId::fresh()), state: TicketState::Assigned, ..ticket(&mine) };
    mine.ticket_id = Some(colleagues.id);
    mine.version = 2;
    machine.pull(vec![Event::ConversationUpdated(mine), Event::TicketCreated(colleagues)]).await;
    assert_eq!(refusal(machine.store.write_message(own, reply("x")).await), "not_assignee");
    // Tickets that are someone else's cannot be moved.
    let taken =
        Ticket { assignee_id: Some(AgentId::fresh()), version: 9, state: TicketState::Assigned, ..open.clone() };
    machine.drain().await;
    machine.pull(vec![Event::TicketAssigned(taken)]).await;
    assert_eq!(refusal(machine.store.act_on_ticket(open.id, TicketAction::Take).await), "ticket_taken");
    let resolve = TicketAction::Resolve { note: None };
    assert_eq!(refusal(machine.store.act_on_ticket(open.id, resolve).await), "not_assignee");
    assert_eq!(refusal(machine.store.act_on_ticket(TicketId::fresh(), TicketAction::Take).await), "not_found");
}
