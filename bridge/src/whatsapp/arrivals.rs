//! The order in which messages came over the wire, from before any of them is opened.
//!
//! What can be read and what cannot reach the store by different ways; their order in the chat is this one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use whatsapp_rust::{wacore::types::message::MessageInfo, wacore_binary::NodeRef};

/// Those that never got anywhere (what only devices say to each other) are forgotten beyond this.
const KEPT: usize = 8_192;

#[derive(Debug, Clone, Default)]
pub(super) struct Arrivals(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    last: u64,
    /// By sender and id.
    places: HashMap<(String, String), u64>,
}

impl Arrivals {
    /// Called with each stanza as it comes.
    pub(super) fn note(&self, stanza: &NodeRef<'_>) {
        if stanza.tag != "message" {
            return;
        }
        let attribute = |name| stanza.get_attr(name).map(|value| value.as_str().into_owned());
        if let (Some(sender), Some(id)) = (attribute("participant").or_else(|| attribute("from")), attribute("id")) {
            self.arrived(sender, id);
        }
    }

    fn arrived(&self, sender: String, id: String) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.last += 1;
        let last = seen.last;
        if seen.places.len() >= KEPT {
            seen.places.retain(|_, place| *place + KEPT as u64 / 2 > last);
        }
        // The first time counts: a repetition takes the place of what it repeats.
        seen.places.entry((sender, id)).or_insert(last);
    }

    /// Its place; before all others where it did not come over this connection.
    pub(super) fn take(&self, info: &MessageInfo) -> u64 {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.places.remove(&(info.source.sender.to_string(), info.id.clone())).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::{NodeBuilder, wacore::types::message::MessageSource};

    use super::*;

    fn info(sender: &str, id: &str) -> MessageInfo {
        let sender = sender.parse().expect("an address");
        MessageInfo { id: id.into(), source: MessageSource { sender, ..Default::default() }, ..Default::default() }
    }

    fn stanza(arrivals: &Arrivals, tag: &'static str, from: &str, participant: Option<&str>, id: &str) {
        let node = NodeBuilder::new(tag).attr("from", from.to_owned()).attr("id", id.to_owned());
        let node = match participant {
            Some(participant) => node.attr("participant", participant.to_owned()),
            None => node,
        };
        arrivals.note(&node.build().as_node_ref());
    }

    #[test]
    fn places_follow_the_wire_and_are_given_once() {
        let arrivals = Arrivals::default();
        stanza(&arrivals, "message", "99@lid", None, "A");
        stanza(&arrivals, "receipt", "99@lid", None, "B");
        stanza(&arrivals, "message", "1-2@g.us", Some("99:3@lid"), "C");
        stanza(&arrivals, "message", "99@lid", None, "A");
        let (a, c) = (arrivals.take(&info("99@lid", "A")), arrivals.take(&info("99:3@lid", "C")));
        assert!(0 < a && a < c, "{a} {c}");
        assert_eq!(arrivals.take(&info("99@lid", "A")), 0);
        assert_eq!(arrivals.take(&info("99@lid", "B")), 0, "a receipt is no message");
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let arrivals = Arrivals::default();
        for number in 0..3 * KEPT {
            stanza(&arrivals, "message", "99@lid", None, &number.to_string());
        }
        assert!(arrivals.0.lock().expect("sound").places.len() <= KEPT);
        assert!(arrivals.take(&info("99@lid", &(3 * KEPT - 1).to_string())) > 0);
    }
}
