//! What a device has not confirmed yet. Found by position for sending and by what it answers to for confirming; never by
//! walking.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use wacore_binary::Node;

/// The kinds of stanza that must be confirmed. Each is confirmed in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Confirmed by a receipt.
    Message,
    /// Confirmed by `<ack class=receipt>`.
    Receipt,
    /// Confirmed by `<ack class=notification>`.
    Notification,
}

impl Class {
    pub fn of(tag: &str) -> Option<Self> {
        match tag {
            "message" => Some(Self::Message),
            "receipt" => Some(Self::Receipt),
            "notification" => Some(Self::Notification),
            _ => None,
        }
    }
}

/// What a confirmation names. Receipts of several types share one id, so the type belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub class: Class,
    pub id: Box<str>,
    pub kind: Box<str>,
}

impl Key {
    pub fn new(class: Class, id: &str, kind: &str) -> Self {
        Self { class, id: id.into(), kind: kind.into() }
    }

    /// The key under which `node` will be confirmed.
    pub fn of(node: &Node) -> Option<Self> {
        let class = Class::of(&node.tag)?;
        let id = node.attrs.get("id")?.as_str();
        let kind = match class {
            Class::Receipt => node.attrs.get("type").map(|kind| kind.as_str()).unwrap_or_default(),
            Class::Message | Class::Notification => "".into(),
        };
        Some(Self::new(class, &id, &kind))
    }
}

/// How many of each class wait, as the offline preview tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub messages: usize,
    pub receipts: usize,
    pub notifications: usize,
}

impl Counts {
    pub fn total(self) -> usize {
        self.messages + self.receipts + self.notifications
    }
}

#[derive(Debug)]
struct Entry {
    class: Class,
    node: Arc<Node>,
}

#[derive(Debug, Default)]
pub struct Queue {
    last: u64,
    entries: BTreeMap<u64, Entry>,
    /// Peer and position. Two senders may choose one id, hence a list; it has one element but for that.
    by_key: HashMap<Key, Vec<(u64, u64)>>,
}

impl Queue {
    /// Adds a stanza of `peer` at the end. One with the same key from the same peer takes the place of the older, whose
    /// position is returned.
    pub fn push(&mut self, key: &Key, peer: u64, node: Arc<Node>) -> (u64, Option<u64>) {
        self.last += 1;
        let seq = self.last;
        let replaced = self.index(key, peer, seq);
        if let Some(seq) = replaced {
            self.entries.remove(&seq);
        }
        self.entries.insert(seq, Entry { class: key.class, node });
        (seq, replaced)
    }

    /// Puts back what a restart found.
    pub fn restore(&mut self, seq: u64, key: &Key, peer: u64, node: Arc<Node>) {
        self.last = self.last.max(seq);
        self.index(key, peer, seq);
        self.entries.insert(seq, Entry { class: key.class, node });
    }

    fn index(&mut self, key: &Key, peer: u64, seq: u64) -> Option<u64> {
        let places = self.by_key.entry(key.clone()).or_default();
        if let Some(place) = places.iter_mut().find(|place| place.0 == peer) {
            return Some(std::mem::replace(&mut place.1, seq));
        }
        places.push((peer, seq));
        None
    }

    /// Removes what `peer` sent under this key. Where the id leaves no doubt, the peer may be named otherwise: a client
    /// confirms a copy of its own account's message to the chat or to the author.
    pub fn confirm(&mut self, key: &Key, peer: u64) -> Option<u64> {
        let places = self.by_key.get_mut(key)?;
        let index = match places.iter().position(|place| place.0 == peer) {
            Some(index) => index,
            // Confirmed in the name of nobody: the oldest is meant.
            None if places.len() == 1 || peer == 0 => 0,
            None => return None,
        };
        let (_, seq) = places.swap_remove(index);
        if places.is_empty() {
            self.by_key.remove(key);
        }
        self.entries.remove(&seq);
        Some(seq)
    }

    /// What waits under this key, from this peer.
    pub fn find(&self, key: &Key, peer: u64) -> Option<&Arc<Node>> {
        let places = self.by_key.get(key)?;
        let place = places.iter().find(|place| place.0 == peer).or_else(|| places.first())?;
        self.entries.get(&place.1).map(|entry| &entry.node)
    }

    /// Up to `limit` stanzas behind `cursor` and not behind `end`.
    pub fn after(&self, cursor: u64, end: u64, limit: usize) -> Vec<(u64, Arc<Node>)> {
        if cursor >= end {
            return Vec::new();
        }
        self.entries.range(cursor + 1..=end).take(limit).map(|(seq, entry)| (*seq, Arc::clone(&entry.node))).collect()
    }

    /// Position of the newest stanza ever queued.
    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn contains_before(&self, end: u64) -> bool {
        self.entries.range(..=end).next().is_some()
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in self.entries.values() {
            match entry.class {
                Class::Message => counts.messages += 1,
                Class::Receipt => counts.receipts += 1,
                Class::Notification => counts.notifications += 1,
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use wacore_binary::builder::NodeBuilder;

    use super::*;

    fn message(id: &str) -> Arc<Node> {
        Arc::new(NodeBuilder::new("message").attr("id", id).build())
    }

    fn push(queue: &mut Queue, node: Arc<Node>) -> (u64, Option<u64>) {
        queue.push(&Key::of(&node).expect("confirmable"), 1, node)
    }

    #[test]
    fn what_is_confirmed_is_gone_and_the_rest_keeps_its_order() {
        let mut queue = Queue::default();
        for id in ["A", "B", "C"] {
            push(&mut queue, message(id));
        }
        assert_eq!(queue.confirm(&Key::new(Class::Message, "B", ""), 1), Some(2));
        assert_eq!(queue.confirm(&Key::new(Class::Message, "B", ""), 1), None);
        let ids: Vec<u64> = queue.after(0, queue.last(), 10).into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(ids, [1, 3]);
        assert_eq!(queue.after(1, 2, 10), []);
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn a_repetition_takes_the_place_of_the_first_attempt() {
        let mut queue = Queue::default();
        push(&mut queue, message("A"));
        assert_eq!(push(&mut queue, message("A")), (2, Some(1)));
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn one_id_of_two_senders_is_two_messages() {
        let mut queue = Queue::default();
        let key = Key::new(Class::Message, "A", "");
        queue.push(&key, 1, message("A"));
        queue.push(&key, 2, message("A"));
        assert_eq!(queue.confirm(&key, 3), None, "in doubt");
        assert_eq!(queue.confirm(&key, 2), Some(2));
        assert_eq!(queue.confirm(&key, 3), Some(1), "no doubt is left");
        assert!(queue.is_empty());
    }

    #[test]
    fn receipts_of_one_message_are_told_apart_by_type() {
        let mut queue = Queue::default();
        let delivered = Arc::new(NodeBuilder::new("receipt").attr("id", "A").build());
        let read = Arc::new(NodeBuilder::new("receipt").attr("id", "A").attr("type", "read").build());
        push(&mut queue, delivered);
        push(&mut queue, read);
        assert_eq!(queue.counts(), Counts { messages: 0, receipts: 2, notifications: 0 });
        assert_eq!(queue.confirm(&Key::new(Class::Receipt, "A", "read"), 1), Some(2));
        assert_eq!(queue.len(), 1);
    }
}
