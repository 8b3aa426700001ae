use std::sync::Arc;

use ownline_model::{details::MessageDetails, message::MessageKind, time::UtcMillis};
use whatsapp_rust::wacore::types::message::MessageInfo;

use super::*;
use crate::store::inbound::InboundFact;

const JOANA: &str = "99";
const PEDRO: &str = "98";

fn fact(who: &str, id: &str, kind: MessageKind) -> Incoming {
    InboundFact {
        wa_id: id.to_owned(),
        chat: WaIdentity { lid: Some(who.to_owned()), ..WaIdentity::default() },
        author: None,
        from_me: false,
        push_name: None,
        business: None,
        kind,
        text: None,
        at: UtcMillis(1_700_000_000_000),
        details: MessageDetails::default(),
        remote: None,
        secret: None,
    }
    .into()
}

fn text(who: &str, id: &str) -> Incoming {
    fact(who, id, MessageKind::Text)
}

fn gap(who: &str, id: &str, behind: &[&str]) -> (Unread, Incoming) {
    let info = MessageInfo { id: id.to_owned(), ..MessageInfo::default() };
    let behind = behind.iter().map(|&id| id.to_owned()).collect();
    let unread = Unread { earlier: true, behind, ..Unread::new(Arc::new(info)) };
    (unread, fact(who, id, MessageKind::Undecryptable))
}

/// Places are marked.
fn names(facts: &[Incoming]) -> Vec<String> {
    let name = |fact: &Incoming| match fact {
        Incoming::Message(fact) if fact.kind == MessageKind::Undecryptable => format!("({})", fact.wa_id),
        other => other.wa_id().to_owned(),
    };
    facts.iter().map(name).collect()
}

fn waiting(order: &Order) -> Vec<(&str, Vec<&str>)> {
    let each = order.waiting.iter();
    each.map(|unread| (unread.info.id.as_str(), unread.behind.iter().map(String::as_str).collect())).collect()
}

#[test]
fn a_place_is_behind_what_was_ahead_of_it_and_ahead_of_everything_else() {
    let facts = vec![text(PEDRO, "P"), text(JOANA, "1"), text(JOANA, "2"), text(PEDRO, "Q"), text(JOANA, "5")];
    let earlier = vec![gap(JOANA, "3", &["1", "2"]), gap(JOANA, "4", &["1", "2"]), gap(PEDRO, "O", &[])];
    let order = arrange(facts, earlier, |_| false);
    assert_eq!(names(&order.facts), ["(O)", "P", "1", "2", "(3)", "(4)", "Q", "5"]);
    assert!(order.waiting.is_empty());
}

#[test]
fn its_own_repetition_is_behind_it() {
    let facts = vec![text(JOANA, "1"), text(JOANA, "4"), text(JOANA, "3"), text(JOANA, "2")];
    let earlier = vec![gap(JOANA, "2", &["1"]), gap(JOANA, "3", &["1"])];
    let order = arrange(facts, earlier, |_| true);
    assert_eq!(names(&order.facts), ["1", "(2)", "(3)", "4", "3", "2"]);
}

#[test]
fn what_still_comes_ahead_of_it_is_waited_for() {
    let earlier = vec![gap(JOANA, "3", &["1", "2"]), gap(JOANA, "4", &[]), gap(PEDRO, "O", &[])];
    let order = arrange(vec![text(JOANA, "1")], earlier, |id| id == "2");
    assert_eq!(names(&order.facts), ["1", "(O)"]);
    assert_eq!(waiting(&order), [("3", vec!["2"]), ("4", vec!["2"])], "also by what is behind it");

    let go_on = |facts, may_come: bool| {
        let earlier = order.waiting.iter().cloned();
        let earlier = earlier.map(|unread| (unread.clone(), gap(JOANA, &unread.info.id, &[]).1)).collect();
        names(&arrange(facts, earlier, |_| may_come).facts)
    };
    assert_eq!(go_on(vec![text(JOANA, "2")], true), ["2", "(3)", "(4)"]);
    assert_eq!(go_on(vec![text(PEDRO, "P")], true), ["P"]);
    assert_eq!(go_on(vec![text(PEDRO, "P")], false), ["P", "(3)", "(4)"], "it never came");
    assert_eq!(go_on(vec![text(JOANA, "5")], true), ["(3)", "(4)", "5"], "it was skipped");
}

#[test]
fn its_words_wait_with_it() {
    let facts = vec![text(PEDRO, "P"), text(JOANA, "2")];
    let order = arrange(facts, vec![gap(JOANA, "2", &["1"])], |_| true);
    assert_eq!(names(&order.facts), ["P"]);
    let unread = order.waiting.into_iter().next().expect("it waits");
    let order = arrange(vec![text(JOANA, "1")], vec![(unread, gap(JOANA, "2", &[]).1)], |_| true);
    assert_eq!(names(&order.facts), ["1", "(2)", "2"]);
}

#[test]
fn a_repetition_does_not_say_that_nothing_else_comes() {
    let earlier = vec![gap(JOANA, "2", &[]), gap(JOANA, "3", &["1"])];
    let order = arrange(vec![text(JOANA, "2")], earlier, |_| true);
    assert_eq!(names(&order.facts), ["(2)", "2"]);
    assert_eq!(waiting(&order), [("3", vec!["1"])]);
}
