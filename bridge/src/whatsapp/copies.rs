//! The library's copies of received messages, kept in memory until the disk needs them.
//!
//! A key opens a message once. Therefore the library has a copy of each message stored before the durability hook runs: should
//! the used key reach the disk and the message not, the copy takes its place when the message comes again. It stores the copy
//! and deletes it around every single message, and waits for the disk both times. But a copy is worth something only beside a
//! used key on the disk. So it waits here, and goes there just before used keys do ([`Copies::settle`]), if the hook has not
//! made it superfluous by then, which it mostly has.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use whatsapp_rust::wacore::store::{
    error::Result,
    traits::{PendingInboundKey, PendingInboundRow, ProtocolStore},
};

/// Copies that are looked after here, beyond which all go to the disk at once. There are more only where the hook fails.
const MOST: usize = 512;
/// Superfluous copies are deleted together, when there are about so many.
const SWEPT_TOGETHER: usize = 256;

/// Chat, sender and WhatsApp's id.
type Key = (String, String, String);

#[derive(Debug)]
enum Copy {
    /// Not on the disk.
    Waiting(Arc<[u8]>),
    /// On its way there.
    Leaving(Arc<[u8]>),
    /// There.
    Stored,
    /// Perhaps there, and no use any more.
    Superfluous,
}

#[derive(Debug, Default)]
pub(super) struct Copies {
    known: Mutex<HashMap<Key, Copy>>,
    /// Held while the disk is written to: one at a time, in the order of the changes here.
    writing: tokio::sync::Mutex<()>,
}

impl Copies {
    pub(super) async fn keep(&self, disk: &dyn ProtocolStore, rows: &[PendingInboundRow<'_>]) -> Result<()> {
        let many = {
            let mut known = self.lock();
            for row in rows {
                match known.entry(key(row.chat, row.sender, row.id)) {
                    Entry::Vacant(place) => {
                        place.insert(Copy::Waiting(row.message.into()));
                    }
                    // The message is in the store already; the copy is taken for what it was, so that it will be swept.
                    Entry::Occupied(mut place) if matches!(place.get(), Copy::Superfluous) => {
                        place.insert(Copy::Stored);
                    }
                    // It is the same message as before.
                    Entry::Occupied(_) => {}
                }
            }
            known.len() > MOST
        };
        if many {
            self.settle(disk).await?;
        }
        Ok(())
    }

    pub(super) async fn get(
        &self,
        disk: &dyn ProtocolStore,
        chat: &str,
        sender: &str,
        id: &str,
    ) -> Result<Option<Vec<u8>>> {
        let key = key(chat, sender, id);
        match self.lock().get(&key) {
            Some(Copy::Waiting(copy) | Copy::Leaving(copy)) => return Ok(Some(copy.to_vec())),
            Some(Copy::Superfluous) => return Ok(None),
            Some(Copy::Stored) | None => {}
        }
        let stored = disk.get_pending_inbound(chat, sender, id).await?;
        if stored.is_some() {
            self.lock().entry(key).or_insert(Copy::Stored);
        }
        Ok(stored)
    }

    /// The messages are in the store. What is on the disk goes later: until then a message that comes again is taken in
    /// twice, which changes nothing.
    pub(super) async fn drop(&self, disk: &dyn ProtocolStore, keys: &[PendingInboundKey<'_>]) -> Result<()> {
        let many = {
            let mut known = self.lock();
            for key in keys {
                let key = self::key(key.chat, key.sender, key.id);
                if !matches!(known.remove(&key), Some(Copy::Waiting(_))) {
                    known.insert(key, Copy::Superfluous);
                }
            }
            known.len() >= SWEPT_TOGETHER
        };
        if many { self.sweep(disk).await } else { Ok(()) }
    }

    /// Takes every copy to the disk. No used key may reach it before this has succeeded.
    pub(super) async fn settle(&self, disk: &dyn ProtocolStore) -> Result<()> {
        let _one_at_a_time = self.writing.lock().await;
        let leaving: Vec<(Key, Arc<[u8]>)> = {
            let mut known = self.lock();
            let waiting = known.iter_mut().filter_map(|(key, state)| match state {
                Copy::Waiting(copy) => {
                    let copy = Arc::clone(copy);
                    *state = Copy::Leaving(Arc::clone(&copy));
                    Some((key.clone(), copy))
                }
                _ => None,
            });
            waiting.collect()
        };
        if leaving.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = leaving.iter().map(|((chat, sender, id), message)| row(chat, sender, id, message)).collect();
        let mut departure = Departure { copies: self, leaving: &leaving, arrived: false };
        disk.store_pending_inbound_batch(&rows).await?;
        departure.arrived = true;
        Ok(())
    }

    /// Deletes what is superfluous from the disk.
    pub(super) async fn sweep(&self, disk: &dyn ProtocolStore) -> Result<()> {
        let _one_at_a_time = self.writing.lock().await;
        let superfluous = |known: &HashMap<Key, Copy>| -> Vec<Key> {
            known.iter().filter(|(_, copy)| matches!(copy, Copy::Superfluous)).map(|(key, _)| key.clone()).collect()
        };
        let swept = superfluous(&self.lock());
        if swept.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = swept.iter().map(|(chat, sender, id)| PendingInboundKey { chat, sender, id }).collect();
        disk.delete_pending_inbound_batch(&keys).await?;
        let mut known = self.lock();
        for key in swept {
            if let Entry::Occupied(place) = known.entry(key)
                && matches!(place.get(), Copy::Superfluous)
            {
                place.remove();
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Copy>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What does not arrive on the disk waits again, also when whoever waited for it has gone.
struct Departure<'a> {
    copies: &'a Copies,
    leaving: &'a [(Key, Arc<[u8]>)],
    arrived: bool,
}

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        let mut known = self.copies.lock();
        for (key, copy) in self.leaving {
            // Superfluous ones stay so.
            if let Some(state @ Copy::Leaving(_)) = known.get_mut(key) {
                *state = if self.arrived { Copy::Stored } else { Copy::Waiting(Arc::clone(copy)) };
            }
        }
    }
}

fn key(chat: &str, sender: &str, id: &str) -> Key {
    (chat.to_owned(), sender.to_owned(), id.to_owned())
}

const fn row<'a>(chat: &'a str, sender: &'a str, id: &'a str, message: &'a [u8]) -> PendingInboundRow<'a> {
    PendingInboundRow { chat, sender, id, message }
}

#[cfg(test)]
#[path = "copies_tests.rs"]
mod tests;
