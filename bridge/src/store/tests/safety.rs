//! The sending rules over what the store holds: what counts outlives restarts, merges and new links.

use ownline_model::{
    event::Event,
    message::MessageStatus::{Failed, Queued, Sent},
    safety::SendingMode,
    session::SessionState,
};

use super::*;
use crate::{
    safety::{Reach, Rules, SentAs},
    store::inbound::{MessageRef, StatusNews},
};

const CARLA: &str = "+5511988887777";
const HOUR: i64 = 60 * 60 * 1000;

/// A number that has been linked for long.
async fn seasoned(number_use: NumberUse) -> Machine {
    let machine = Machine::signed_in().await;
    link(&machine, number_use, UtcMillis(1)).await;
    machine
}

async fn link(machine: &Machine, number_use: NumberUse, consent_at: UtcMillis) {
    let settings = LinkSettings { number_use, lends: true, consent_at };
    machine.store.set_link_settings(settings).await.expect("settings");
    let account = LinkedAccount { phone: phone(OWN), lid: None, name: "Ana".to_owned(), platform: None };
    machine.store.set_linked(account).await.expect("linked");
}

async fn stranger(machine: &Machine, number: &str) -> ConversationId {
    machine.store.open_conversation(by_phone(number)).await.expect("opened").conversation.id
}

async fn offers(machine: &Machine) -> Vec<crate::store::Offer> {
    machine.store.offers(100, std::collections::HashSet::new()).await.expect("offers").offers
}

/// As the sender does it, with WhatsApp's answer.
async fn send_all(machine: &Machine) -> usize {
    let offers = offers(machine).await;
    for offer in &offers {
        let sent = Some(offer.draft.sent(now()));
        assert!(machine.store.note_leaving(offer.draft.message, sent).await.expect("noted"));
        settle(machine, offer.draft.message, Sent).await;
    }
    offers.len()
}

async fn settle(machine: &Machine, id: MessageId, status: MessageStatus) {
    let news = StatusNews { message: MessageRef::Id(id), status, at: now(), failure: None };
    machine.store.advance_statuses(vec![news]).await.expect("advanced");
}

async fn message(machine: &Machine, chat: ConversationId, id: MessageId) -> Message {
    machine.messages(chat).await.into_iter().find(|message| message.id == id).expect("there")
}

#[tokio::test]
async fn what_left_counts_after_a_restart_and_a_new_link() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    machine.store.write_message(chat, reply("one")).await.expect("written");
    let strange = stranger(&machine, "+5511966665555").await;
    machine.store.write_message(strange, reply("good morning")).await.expect("written");
    let reaches: Vec<Reach> = offers(&machine).await.into_iter().map(|offer| offer.draft.reach).collect();
    assert_eq!(reaches, [Reach::Reply, Reach::Stranger]);
    assert_eq!(send_all(&machine).await, 2);

    machine.store.clear_linked().await.expect("unlinked");
    machine.store.close().await;
    let Machine { folder, me, .. } = machine;
    let machine = Machine { store: open(&folder), me, folder };
    link(&machine, NumberUse::Work, now()).await;
    let report = machine.store.safety_report().await.expect("report");
    let used: Vec<(&str, u32)> = report.meters.iter().map(|meter| (meter.code.as_str(), meter.used)).collect();
    assert_eq!(
        used,
        [("replies_minute", 1), ("sends_minute", 1), ("sends_hour", 1), ("sends_day", 1), ("new_chats_day", 1)]
    );
    assert_eq!(report.mode, SendingMode::Normal, "the number is no younger by a new link");
    machine.store.write_message(strange, reply("still there?")).await.expect("written");
    let again = offers(&machine).await.remove(0);
    assert_eq!((again.draft.reach, again.draft.again), (Reach::Written, false), "a second one starts no new chat");
}

#[tokio::test]
async fn a_fresh_link_warms_up() {
    let machine = Machine::linked(NumberUse::Work).await;
    let report = machine.store.safety_report().await.expect("report");
    assert_eq!(report.mode, SendingMode::RepliesOnly);
    assert!(report.until.is_some_and(|until| until.since(now()) > 71 * HOUR));
    assert!(report.meters.iter().any(|meter| meter.code == "warm_up_day"));
}

#[tokio::test]
async fn an_attempt_counts_once() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let written = machine.store.write_message(chat, reply("one")).await.expect("written");
    for _ in 0..3 {
        let offer = offers(&machine).await.remove(0);
        let sent = offer.draft.counts().then(|| offer.draft.sent(now()));
        machine.store.note_leaving(written.id, sent).await.expect("noted");
    }
    let report = machine.store.safety_report().await.expect("report");
    assert_eq!(report.meters[0].used, 1);
}

#[tokio::test]
async fn a_hold_is_shown_kept_and_ends_with_the_customers_word() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = stranger(&machine, CARLA).await;
    let written = machine.store.write_message(chat, reply("good morning")).await.expect("written");
    let hold = ownline_model::details::Hold {
        code: "warm_up".into(),
        detail: "later".into(),
        until: Some(now().plus_millis(HOUR)),
    };
    let mut changes = machine.store.changes();
    for _ in 0..2 {
        machine.store.hold(vec![(written.id, hold.clone())], 0).await.expect("held");
    }
    let mut shown = 0;
    while let Ok(change) = changes.try_recv() {
        shown += usize::from(matches!(change, crate::store::change::Change::Event(event)
            if matches!(&*event, Event::MessageStatus(it) if it.details.hold.as_ref() == Some(&hold))));
    }
    assert_eq!(shown, 1, "said once");
    let found = machine.store.offers(10, std::collections::HashSet::new()).await.expect("offers");
    assert_eq!((found.offers.len(), found.held_until), (0, hold.until), "it keeps nobody busy until then");
    let report = machine.store.safety_report().await.expect("report");
    assert_eq!(report.held.len(), 1);
    assert_eq!((report.held[0].message_id, &report.held[0].hold), (written.id, &hold));

    machine.hear(CARLA, "in-1", "hello, who is this?").await;
    assert_eq!(offers(&machine).await[0].draft.reach, Reach::Reply);
    assert_eq!(message(&machine, chat, written.id).await.details.hold, None);
}

#[tokio::test]
async fn nothing_is_held_for_what_came_while_it_was_judged() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = stranger(&machine, CARLA).await;
    let written = machine.store.write_message(chat, reply("good morning")).await.expect("written");
    let judged = machine.store.offers(10, std::collections::HashSet::new()).await.expect("offers");
    assert_eq!(judged.offers[0].draft.reach, Reach::Stranger);

    machine.hear(CARLA, "in-1", "hello, who is this?").await;
    let hold =
        ownline_model::details::Hold { code: "x".into(), detail: String::new(), until: Some(now().plus_millis(HOUR)) };
    machine.store.hold(vec![(written.id, hold)], judged.turns).await.expect("not held");
    assert_eq!(offers(&machine).await[0].draft.reach, Reach::Reply);
    assert_eq!(message(&machine, chat, written.id).await.details.hold, None);
}

#[tokio::test]
async fn the_servers_word_does_not_lift_a_hold() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let written = machine.store.write_message(chat, reply("one")).await.expect("written");
    let hold =
        ownline_model::details::Hold { code: "x".into(), detail: String::new(), until: Some(now().plus_millis(HOUR)) };
    machine.store.hold(vec![(written.id, hold.clone())], 0).await.expect("held");
    machine.pull(vec![Event::MessageNew(Message { position: 9, ..written.clone() })]).await;
    assert_eq!(message(&machine, chat, written.id).await.details.hold, Some(hold));
}

#[tokio::test]
async fn who_says_stop_is_written_to_no_more() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let waiting = machine.store.write_message(chat, reply("one")).await.expect("written");
    machine.hear(CARLA, "in-2", "  Stop! ").await;
    assert!(offers(&machine).await[0].draft.opted_out, "what waited does not leave either");
    settle(&machine, waiting.id, Failed).await;
    assert_eq!(refusal(machine.store.write_message(chat, reply("two")).await), "opted_out");
    assert!(kinds(&machine.outbox().await).contains(&"opted_out"));
    let listed = machine.store.opt_outs().await.expect("list");
    assert_eq!((listed.len(), listed[0].word.as_str()), (1, "stop"));
    assert_eq!(machine.store.safety_report().await.expect("report").opted_out, 1);

    // The server does not know it yet; what it says of the contact does not undo it.
    let contact = machine.store.conversation(chat).await.expect("read").expect("there").contact;
    assert!(contact.opted_out_at.is_some());
    let remote = Contact { version: 5, opted_out_at: None, ..contact.clone() };
    machine.pull(vec![Event::ContactUpdated(remote.clone())]).await;
    assert_eq!(refusal(machine.store.write_message(chat, reply("two")).await), "opted_out");

    machine.store.lift_opt_out(contact.id).await.expect("lifted");
    assert_eq!(kinds(&machine.outbox().await).last(), Some(&"opted_in"));
    machine.store.write_message(chat, reply("two")).await.expect("written");
    assert_eq!(refusal(machine.store.lift_opt_out(contact.id).await), "not_found");
}

#[tokio::test]
async fn a_colleagues_customer_who_opted_out_is_not_written_to_either() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let contact = machine.store.conversation(chat).await.expect("read").expect("there").contact;
    let at = Some(UtcMillis(5));
    machine.pull(vec![Event::ContactUpdated(Contact { version: 5, opted_out_at: at, ..contact.clone() })]).await;
    assert_eq!(refusal(machine.store.write_message(chat, reply("two")).await), "opted_out");
    assert_eq!(machine.store.opt_outs().await.expect("list")[0].at, UtcMillis(5));
    machine.pull(vec![Event::ContactUpdated(Contact { version: 6, opted_out_at: None, ..contact })]).await;
    machine.store.write_message(chat, reply("two")).await.expect("the team lifted it");
}

#[tokio::test]
async fn a_private_chats_opt_out_stays_here() {
    let machine = seasoned(NumberUse::Personal).await;
    let chat = machine.hear(CARLA, "in-1", "BAJA").await.conversation_id;
    assert_eq!(kinds(&machine.outbox().await), ["channel_reported"]);
    assert_eq!(refusal(machine.store.write_message(chat, reply("two")).await), "opted_out");

    // A colleague knows the person too; what the server says of them does not lift what was said here.
    let contact = machine.store.conversation(chat).await.expect("read").expect("there").contact;
    for version in [3, 4] {
        let remote = Contact { version, opted_out_at: None, ..contact.clone() };
        machine.pull(vec![Event::ContactUpdated(remote)]).await;
    }
    assert_eq!(refusal(machine.store.write_message(chat, reply("two")).await), "opted_out");
    let share = ownline_model::conversation::SetScope { scope: Scope::Shared, earlier: false };
    machine.store.set_scope(chat, share).await.expect("shared");
    assert_eq!(kinds(&machine.outbox().await), ["channel_reported", "conversation_opened", "opted_out"]);
}

#[tokio::test]
async fn a_word_in_a_group_is_not_the_groups() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let contact = machine.store.conversation(chat).await.expect("read").expect("there").contact;
    machine.pull(vec![Event::ContactUpdated(Contact { version: 2, kind: ContactKind::Group, ..contact })]).await;
    machine.hear(CARLA, "in-2", "stop").await;
    assert_eq!(machine.store.opt_outs().await.expect("list"), []);
}

#[tokio::test]
async fn nobody_writes_through_a_colleagues_number_to_who_asked_for_silence() {
    let machine = seasoned(NumberUse::Work).await;
    let bruno = agent("bruno");
    let (theirs, carla) =
        (channel(&bruno, "+5511900000002"), Contact { opted_out_at: Some(UtcMillis(1)), ..contact("Carla", CARLA) });
    let mut chat = conversation(theirs.id, carla.id);
    let slip = Ticket { state: TicketState::Assigned, assignee_id: Some(machine.me.id), ..ticket(&chat) };
    chat.ticket_id = Some(slip.id);
    let id = chat.id;
    machine
        .pull(vec![
            Event::ChannelStatus(theirs),
            Event::ContactUpdated(carla),
            Event::ConversationNew(chat),
            Event::TicketCreated(slip),
        ])
        .await;
    assert_eq!(refusal(machine.store.write_message(id, reply("hello")).await), "opted_out");
}

#[tokio::test]
async fn first_words_hold_no_link() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = stranger(&machine, CARLA).await;
    assert_eq!(refusal(machine.store.write_message(chat, reply("see https://example.org")).await), "link_first");
    machine.hear(CARLA, "in-1", "where?").await;
    machine.store.write_message(chat, reply("see https://example.org")).await.expect("asked for");
}

#[tokio::test]
async fn the_eleventh_of_the_same_is_refused_wherever_the_ten_are() {
    let machine = seasoned(NumberUse::Work).await;
    let words = "Our summer sale starts on Saturday.";
    for n in 0..11 {
        let chat = machine.hear(&format!("+55119888877{n:02}"), "in-1", "hi").await.conversation_id;
        let written = machine.store.write_message(chat, reply(words)).await;
        if n == 10 {
            assert_eq!(refusal(written), "too_many_alike");
            machine.store.write_message(chat, reply("Thank you!")).await.expect("other words");
        } else {
            written.expect("not many yet");
            if n % 2 == 0 {
                send_all(&machine).await;
            }
        }
    }
}

#[tokio::test]
async fn a_ban_stops_writing_and_leaves_days_of_care_behind() {
    let machine = seasoned(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let kept = machine.store.write_message(chat, reply("before")).await.expect("written");
    let until = Some(now().plus_millis(HOUR));
    machine.store.set_session(SessionState::Banned { code: 102, until }).await.expect("shown");
    assert_eq!(refusal(machine.store.write_message(chat, reply("two")).await), "sending_stopped");
    let report = machine.store.safety_report().await.expect("report");
    assert_eq!((report.mode, report.until), (SendingMode::Stopped, until));
    assert_eq!(message(&machine, chat, kept.id).await.status, Queued, "what was written waits");

    machine.store.set_session(SessionState::Online { since: now() }).await.expect("shown");
    let report = machine.store.safety_report().await.expect("report");
    assert_eq!(report.mode, SendingMode::RepliesOnly);
    assert!(report.until > until.map(|until| until.plus_millis(6 * 24 * HOUR)), "a week after its end");
}

#[tokio::test]
async fn a_freeze_of_new_chats_outlives_a_restart() {
    let machine = seasoned(NumberUse::Work).await;
    machine.store.new_chats_frozen(None).await.expect("noted");
    let until = machine.store.safety_report().await.expect("report").until;
    machine.store.close().await;
    let store = open(&machine.folder);
    let report = store.safety_report().await.expect("report");
    assert_eq!((report.mode, report.until), (SendingMode::NewChatsFrozen, until));
    let told = Some(now().plus_millis(2 * HOUR));
    store.new_chats_frozen(told).await.expect("noted");
    assert_eq!(store.safety_report().await.expect("report").until, told, "WhatsApp's own word is better");
    store.new_chats_frozen(None).await.expect("noted");
    assert_eq!(store.safety_report().await.expect("report").until, told, "a second refusal does not move it");
}

#[tokio::test]
async fn t39_the_owner_is_told_when_the_team_orders_too_much() {
    let machine = seasoned(NumberUse::Work).await;
    let mut held = vec![];
    for n in 0..30 {
        let chat = machine.hear(&format!("+55119888877{n:02}"), "in-1", "hi").await.conversation_id;
        let conversation = machine.store.conversation(chat).await.expect("read").expect("there").conversation;
        let ordered = Message {
            position: 2,
            author_id: Some(AgentId::fresh()),
            ..known_message(&conversation, &format!("3EB0{n:018}"), Direction::Outbound, Queued)
        };
        machine.pull(vec![Event::MessageNew(ordered.clone())]).await;
        let until = Some(now().plus_millis(HOUR));
        held.push((ordered.id, ownline_model::details::Hold { code: "x".into(), detail: String::new(), until }));
    }
    assert!(machine.store.status().await.expect("status").notices.is_empty());
    machine.store.hold(held, 0).await.expect("held");
    let notices = machine.store.status().await.expect("status").notices;
    assert_eq!(notices[0].code.as_str(), "many_ordered");
}

#[tokio::test]
async fn rules_hold_for_one_start() {
    let machine = seasoned(NumberUse::Work).await;
    let strict = Rules { replies_minute: 2, ..Rules::default() };
    machine.store.set_sending_rules(strict).await.expect("set");
    assert_eq!(machine.store.safety_report().await.expect("report").meters[0].limit, 2);
    machine.store.set_sending_rules(Rules::default()).await.expect("set");
    assert_eq!(machine.store.sending_rules().await.expect("rules"), Rules::default());
    let ledger = machine.store.sent_lately().await.expect("ledger");
    assert_eq!(ledger, crate::safety::Ledger::default());
    assert_eq!(serde_json::to_string(&SentAs::NewChat).expect("json"), "\"new_chat\"");
}
