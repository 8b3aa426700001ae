//! The order in which messages came over the wire, from before any of them is opened.
//!
//! What can be read and what cannot reach the store by different ways; their order in the chat is this one.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use whatsapp_rust::{wacore::types::message::MessageInfo, wacore_binary::NodeRef};

/// Those that never got anywhere (what only devices say to each other) are forgotten beyond this.
const KEPT: usize = 8_192;

/// Of those that precede one, the last are remembered: more than the library keeps together.
const AHEAD: usize = 512;

#[derive(Debug, Clone, Default)]
pub(super) struct Arrivals(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    last: u64,
    /// By sender and id. Those that are stored are not among them.
    places: HashMap<(String, String), Place>,
}

#[derive(Debug)]
struct Place {
    at: u64,
    chat: u64,
    /// It cannot be read, and waits for nobody.
    unread: bool,
}

impl Arrivals {
    /// Called with each stanza as it comes.
    pub(super) fn note(&self, stanza: &NodeRef<'_>) {
        if stanza.tag != "message" {
            return;
        }
        let attribute = |name| stanza.get_attr(name).map(|value| value.as_str().into_owned());
        let (Some(from), Some(id)) = (attribute("from"), attribute("id")) else { return };
        let chat = attribute("recipient").map_or_else(|| chat(&from), |recipient| chat(&recipient));
        self.arrived(attribute("participant").unwrap_or(from), id, chat);
    }

    fn arrived(&self, sender: String, id: String, chat: u64) {
        let mut seen = self.lock();
        seen.last += 1;
        let last = seen.last;
        if seen.places.len() >= KEPT {
            seen.places.retain(|_, place| place.at + KEPT as u64 / 2 > last);
        }
        // The first time counts: a repetition takes the place of what it repeats.
        seen.places.entry((sender, id)).or_insert(Place { at: last, chat, unread: false });
    }

    /// Its place; before all others where it did not come over this connection.
    pub(super) fn place(&self, info: &MessageInfo) -> u64 {
        self.lock().places.get(&key(info)).map_or(0, |place| place.at)
    }

    /// These are stored.
    pub(super) fn settle<'a>(&self, infos: impl Iterator<Item = &'a MessageInfo>) {
        let mut seen = self.lock();
        for info in infos {
            seen.places.remove(&key(info));
        }
    }

    /// It cannot be read. Answers with the ids of what came before it in its chat and is not stored yet, in order.
    pub(super) fn unread(&self, info: &MessageInfo) -> Vec<String> {
        let mut seen = self.lock();
        let at = seen.places.get_mut(&key(info)).map_or(u64::MAX, |place| {
            place.unread = true;
            place.at
        });
        let chat = chat(&info.source.chat.to_string());
        let ahead = seen.places.iter().filter(|(_, place)| place.chat == chat && place.at < at && !place.unread);
        let mut ahead: Vec<(u64, &String)> = ahead.map(|((_, id), place)| (place.at, id)).collect();
        ahead.sort_unstable();
        ahead.drain(..ahead.len().saturating_sub(AHEAD));
        ahead.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// Whether a message of this id has come that is neither stored nor unreadable.
    pub(super) fn awaits(&self, id: &str) -> bool {
        self.lock().places.iter().any(|((_, known), place)| known == id && !place.unread)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(info: &MessageInfo) -> (String, String) {
    (info.source.sender.to_string(), info.id.clone())
}

/// The same for each device of its address.
fn chat(address: &str) -> u64 {
    let (user, server) = address.split_once('@').unwrap_or((address, ""));
    let mut hasher = DefaultHasher::new();
    (user.split(':').next(), server).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::{Jid, NodeBuilder, wacore::types::message::MessageSource};

    use super::*;

    fn info(sender: &str, id: &str) -> MessageInfo {
        let sender: Jid = sender.parse().expect("an address");
        let source = MessageSource { chat: sender.to_non_ad(), sender, ..Default::default() };
        MessageInfo { id: id.into(), source, ..Default::default() }
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
    fn places_follow_the_wire_until_what_has_them_is_stored() {
        let arrivals = Arrivals::default();
        stanza(&arrivals, "message", "99@lid", None, "A");
        stanza(&arrivals, "receipt", "99@lid", None, "B");
        stanza(&arrivals, "message", "1-2@g.us", Some("99:3@lid"), "C");
        stanza(&arrivals, "message", "99@lid", None, "A");
        let (a, c) = (info("99@lid", "A"), info("99:3@lid", "C"));
        let places = (arrivals.place(&a), arrivals.place(&c));
        assert!(0 < places.0 && places.0 < places.1, "{places:?}");
        assert_eq!((arrivals.place(&a), arrivals.place(&c)), places, "as often as it is asked");
        arrivals.settle([&a].into_iter());
        assert_eq!(arrivals.place(&a), 0);
        assert_eq!(arrivals.place(&info("99@lid", "B")), 0, "a receipt is no message");
    }

    #[test]
    fn what_cannot_be_read_and_its_repetition_have_one_place() {
        let arrivals = Arrivals::default();
        for id in ["A", "B", "C", "A"] {
            stanza(&arrivals, "message", "99@lid", None, id);
        }
        let [a, b, c] = ["A", "B", "C"].map(|id| info("99@lid", id));
        arrivals.unread(&a);
        arrivals.unread(&b);
        // The place of what could not be read, and of its repetition in the same batch.
        let mut line = [(arrivals.place(&b), "(B)"), (arrivals.place(&a), "(A)"), (arrivals.place(&c), "C")].to_vec();
        line.extend([(arrivals.place(&b), "B"), (arrivals.place(&a), "A")]);
        line.sort_by_key(|(place, _)| *place);
        assert_eq!(line.iter().map(|(_, name)| *name).collect::<Vec<_>>(), ["(A)", "A", "(B)", "B", "C"]);
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let arrivals = Arrivals::default();
        for number in 0..3 * KEPT {
            stanza(&arrivals, "message", "99@lid", None, &number.to_string());
        }
        assert!(arrivals.0.lock().expect("sound").places.len() <= KEPT);
        assert!(arrivals.place(&info("99@lid", &(3 * KEPT - 1).to_string())) > 0);
    }

    #[test]
    fn what_precedes_an_unreadable_one_in_its_chat_is_known() {
        let arrivals = Arrivals::default();
        for (from, id) in [("99@lid", "A"), ("98@lid", "other"), ("99:2@lid", "B"), ("99@lid", "C"), ("99@lid", "D")] {
            stanza(&arrivals, "message", from, None, id);
        }
        assert_eq!(arrivals.unread(&info("99:2@lid", "B")), ["A"]);
        assert_eq!(arrivals.unread(&info("99@lid", "D")), ["A", "C"], "but for what cannot be read either");
        assert!(arrivals.awaits("A") && !arrivals.awaits("B") && !arrivals.awaits("E"));
        arrivals.settle([&info("99@lid", "A")].into_iter());
        assert_eq!(arrivals.unread(&info("99@lid", "D")), ["C"], "what is stored has its place");
        assert!(!arrivals.awaits("A"));
        assert_eq!(arrivals.unread(&info("99@lid", "of another connection")), ["C"]);
    }

    #[test]
    fn what_the_own_phone_wrote_is_of_the_chat_with_its_recipient() {
        let arrivals = Arrivals::default();
        let own = NodeBuilder::new("message").attr("from", "77:0@lid").attr("recipient", "99@lid").attr("id", "A");
        arrivals.note(&own.build().as_node_ref());
        stanza(&arrivals, "message", "99@lid", None, "B");
        assert_eq!(arrivals.unread(&info("99@lid", "B")), ["A"]);
    }
}
