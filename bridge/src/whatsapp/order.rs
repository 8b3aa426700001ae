//! Where the places of unreadable messages go among what is stored together with them.
//!
//! Those of this connection go by the order of the wire. One that came before it (to a program that was killed, or over a
//! connection that broke) was confirmed then, and never comes again; what came ahead of it was not if it is not stored, and
//! does. So it waits for that, or for what shows that nothing ahead of it comes any more.

use super::unread::Unread;
use crate::store::inbound::{Incoming, WaIdentity};

#[derive(Debug, Default)]
pub(super) struct Order {
    pub(super) facts: Vec<Incoming>,
    /// Those of them that came before this connection.
    pub(super) placed: Vec<Unread>,
    pub(super) waiting: Vec<Unread>,
}

/// Puts the places of `earlier`, in their own order, among `facts`. `may_come`: whether a message of this id, which is not
/// among them, may still come.
pub(super) fn arrange(
    facts: Vec<Incoming>,
    earlier: Vec<(Unread, Incoming)>,
    may_come: impl Fn(&str) -> bool,
) -> Order {
    let mut order = Order { facts, ..Order::default() };
    let mut before: Vec<(WaIdentity, Vec<String>)> = Vec::new();
    for (mut unread, place) in earlier {
        let chat = place.chat().clone();
        let id = unread.info.id.clone();
        // What is ahead of one is ahead of those behind it.
        for (_, ids) in before.iter().filter(|(other, _)| other.is_same_chat(&chat)) {
            let more = ids.iter().filter(|id| !unread.behind.contains(id)).cloned().collect::<Vec<_>>();
            unread.behind.extend(more);
        }
        before.push((chat.clone(), unread.behind.clone()));
        let of_chat = |fact: &Incoming| fact.chat().is_same_chat(&chat);
        let is_own = |fact: &Incoming| of_chat(fact) && fact.wa_id() == id;
        let is_ahead = |fact: &Incoming| of_chat(fact) && unread.behind.iter().any(|ahead| ahead == fact.wa_id());
        let is_repetition = |fact: &Incoming| order.placed.iter().any(|placed| placed.info.id == fact.wa_id());
        let is_behind = |fact: &Incoming| of_chat(fact) && !is_own(fact) && !is_ahead(fact) && !is_repetition(fact);
        let is_here = |id: &str| order.facts.iter().any(|fact| of_chat(fact) && fact.wa_id() == id);
        let outstanding = unread.behind.iter().any(|ahead| !is_here(ahead) && may_come(ahead));
        if outstanding && !order.facts.iter().any(is_behind) {
            // Its words go with it: it is owed until they are stored.
            let words = order.facts.extract_if(.., |fact| is_own(fact)).collect::<Vec<_>>();
            unread.words.extend(words);
            order.waiting.push(unread);
            continue;
        }
        // The first of an id is the place, what follows are repetitions.
        let place_of =
            |placed: &Unread| order.facts.iter().position(|fact| of_chat(fact) && fact.wa_id() == placed.info.id);
        let last_ahead = order.facts.iter().rposition(is_ahead).max(order.placed.iter().filter_map(place_of).max());
        let first = || order.facts.iter().position(of_chat).unwrap_or(order.facts.len());
        let at = last_ahead.map_or_else(first, |last| last + 1);
        let words = std::mem::take(&mut unread.words);
        order.facts.splice(at..at, std::iter::once(place).chain(words));
        order.placed.push(unread);
    }
    // What is here is stored with the rest.
    let Order { facts, waiting, .. } = &mut order;
    for unread in waiting {
        unread.behind.retain(|ahead| !facts.iter().any(|fact| fact.wa_id() == ahead));
    }
    order
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
