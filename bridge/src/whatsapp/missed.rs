//! Messages whose key is used up although they never got here.
//!
//! A key opens one message once. While nothing waits at WhatsApp, the library puts its used keys on the disk every few
//! milliseconds, all at once, also that of a message that it has only just opened and of which there is no copy yet. A kill
//! between the two costs the words: the message comes again, cannot be opened a second time, and the library would confirm it
//! as an old one. It asks its store for a copy first; that is where such a message is noticed. It gets an empty copy, which
//! goes the way of every message through the durability hook and becomes a placeholder there, in its place in the chat,
//! and whoever wrote it is asked for it again.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use whatsapp_rust::{
    types::durability_hook::InboundMessage,
    wacore::{
        store::error::{Result, StoreError},
        types::message::MessageInfo,
    },
};

use crate::store::{Stanza, Store};

#[derive(Debug, Clone)]
pub(super) struct Missed {
    store: Store,
    found: Arc<Mutex<Found>>,
    more: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Found {
    on_its_way: HashSet<Stanza>,
    /// They have their place in the chat, and nobody has been asked for them.
    unasked: HashSet<Stanza>,
}

impl Missed {
    pub(super) fn new(store: Store) -> Self {
        Self { store, found: Arc::default(), more: Arc::default() }
    }

    /// What the library gets as its copy of a message that is delivered again: what it has, nothing where the message is
    /// here, and an empty one where it is not. An empty one that it has is of this kind too, from before a kill.
    pub(super) async fn look(
        &self,
        copy: Option<Vec<u8>>,
        chat: &str,
        sender: &str,
        id: &str,
    ) -> Result<Option<Vec<u8>>> {
        let stanza = Stanza { chat: chat.to_owned(), sender: sender.to_owned(), id: id.to_owned() };
        match copy {
            Some(copy) if !copy.is_empty() => return Ok(Some(copy)),
            Some(_) => {}
            None => {
                let here = self.store.has_taken_in(stanza.clone()).await;
                if here.map_err(|error| StoreError::Database(Box::new(error)))? {
                    return Ok(None);
                }
            }
        }
        tracing::warn!(id, "a message could be opened only once and did not get here then; it is asked for again");
        self.lock().on_its_way.insert(stanza);
        Ok(Some(Vec::new()))
    }

    /// Whether this is such an empty copy.
    pub(super) fn is_missed(&self, message: &InboundMessage) -> bool {
        let found = self.lock();
        !found.on_its_way.is_empty() && found.on_its_way.contains(&stanza(&message.info))
    }

    /// They have their place in the chat.
    pub(super) fn settled(&self, batch: &[Stanza]) {
        let mut found = self.lock();
        let settled: Vec<Stanza> = batch.iter().filter_map(|stanza| found.on_its_way.take(stanza)).collect();
        if !settled.is_empty() {
            found.unasked.extend(settled);
            self.more.notify_one();
        }
    }

    pub(super) fn is_unasked(&self, stanza: &Stanza) -> bool {
        self.lock().unasked.contains(stanza)
    }

    pub(super) fn asked(&self, stanza: &Stanza) {
        self.lock().unasked.remove(stanza);
    }

    /// Waits until there are more to ask for.
    pub(super) async fn more(&self) {
        self.more.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn stanza(info: &MessageInfo) -> Stanza {
    Stanza { chat: info.source.chat.to_string(), sender: info.source.sender.to_string(), id: info.id.clone() }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::{wacore::types::message::MessageSource, waproto::whatsapp as wa};

    use super::*;
    use crate::{config::KeySource, keys, store::TakenIn};

    const CHAT: &str = "5511987654321@s.whatsapp.net";

    fn message(id: &str) -> InboundMessage {
        let jid: whatsapp_rust::Jid = CHAT.parse().expect("an address");
        let source = MessageSource { chat: jid.clone(), sender: jid, ..MessageSource::default() };
        let info = MessageInfo { id: id.to_owned(), source, ..MessageInfo::default() };
        InboundMessage::builder().message(Arc::new(wa::Message::default())).info(Arc::new(info)).build()
    }

    #[tokio::test]
    async fn f01_a_message_that_comes_again_and_never_got_here_is_not_confirmed_as_an_old_one() {
        let folder = tempfile::tempdir().expect("folder");
        let key = keys::obtain(folder.path(), &KeySource::File(folder.path().join("key"))).expect("a key");
        let store = Store::open(folder.path(), &key).expect("a store");
        let missed = Missed::new(store.clone());
        let (here, gone) = (message("HERE"), message("GONE"));
        store.take_in(TakenIn { batch: vec![stanza(&here.info)], ..TakenIn::default() }).await.expect("taken in");

        let look = async |copy: Option<Vec<u8>>, id: &str| missed.look(copy, CHAT, CHAT, id).await.expect("read");
        assert_eq!(look(None, "HERE").await, None, "confirmed");
        assert_eq!(look(Some(vec![1]), "GONE").await, Some(vec![1]), "the library has a copy");
        assert!(!missed.is_missed(&gone));
        assert_eq!(look(None, "GONE").await, Some(Vec::new()), "goes through the hook");
        assert!(missed.is_missed(&gone) && !missed.is_missed(&here));
        missed.settled(&[stanza(&gone.info), stanza(&here.info)]);
        missed.more().await;
        assert!(missed.is_unasked(&stanza(&gone.info)) && !missed.is_unasked(&stanza(&here.info)));
        assert!(!missed.is_missed(&gone));
        // A kill before the hook leaves the empty copy with the library.
        assert_eq!(look(Some(Vec::new()), "GONE").await, Some(Vec::new()));
        assert!(missed.is_missed(&gone));
    }
}
