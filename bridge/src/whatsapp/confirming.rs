//! What customers' devices tell of our messages, on the disk before WhatsApp hears that it has come.
//!
//! The library tells of a receipt and confirms it without waiting for anybody, and WhatsApp forgets it then. But whatever it
//! says leaves through our transport, and waits there while receipts are on their way to the disk. They have a task of their
//! own, which needs the store and nobody else: nothing that waits for WhatsApp can hold it up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use whatsapp_rust::wacore::types::events::Event;

use super::{
    inbound::Own,
    receipts::{self, Meaning},
};
use crate::{
    failpoint,
    store::{Store, StoreError},
};

/// From here on receipts are dropped: ticks may be missing, memory is not. Nothing short of a dead disk comes this far.
const WAITING_MAX: u64 = 100_000;
/// Stored in one go.
const AT_ONCE: usize = 256;
/// A store that is busy beyond measure is not waited for: WhatsApp must hear something.
const AT_MOST: Duration = Duration::from_secs(5);
/// A store that is busy for a moment gets another chance.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1_500)];

#[derive(Debug, Default)]
struct Progress {
    told: AtomicU64,
    stored: watch::Sender<u64>,
}

/// The end at which the library tells of them.
#[derive(Debug, Clone)]
pub(super) struct Receipts {
    queue: mpsc::UnboundedSender<Arc<Event>>,
    progress: Arc<Progress>,
}

/// The end at which they are stored.
#[derive(Debug)]
pub(super) struct Told {
    queue: mpsc::UnboundedReceiver<Arc<Event>>,
    progress: Arc<Progress>,
}

pub(super) fn receipts() -> (Receipts, Told) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let progress = Arc::<Progress>::default();
    (Receipts { queue: sender, progress: Arc::clone(&progress) }, Told { queue: receiver, progress })
}

impl Receipts {
    pub(super) fn tell(&self, event: Arc<Event>) {
        let told = self.progress.told.load(Ordering::Acquire);
        if told.saturating_sub(*self.progress.stored.borrow()) >= WAITING_MAX {
            return tracing::error!("receipts arrive faster than they can be stored; some ticks will be missing");
        }
        self.progress.told.fetch_add(1, Ordering::AcqRel);
        if self.queue.send(event).is_err() {
            // Nothing is kept.
            self.progress.stored_more(1);
        }
    }

    /// Waits until everything that was told so far is on the disk.
    pub(super) async fn stored(&self) {
        let told = self.progress.told.load(Ordering::Acquire);
        if *self.progress.stored.borrow() >= told {
            return;
        }
        let mut stored = self.progress.stored.subscribe();
        if tokio::time::timeout(AT_MOST, stored.wait_for(|stored| *stored >= told)).await.is_err() {
            tracing::error!("receipts could not be stored in time; a tick may be missing if the program ends now");
        }
    }
}

impl Progress {
    fn stored_more(&self, count: u64) {
        self.stored.send_modify(|stored| *stored += count);
    }
}

impl Told {
    /// Stores them as they come. Once it is to end, what has come is stored first.
    pub(super) async fn keep(mut self, store: Store, own: impl Fn() -> Own, end: CancellationToken) {
        loop {
            let next = tokio::select! {
                biased;
                next = self.queue.recv() => next,
                () = end.cancelled() => None,
            };
            let Some(first) = next else { return };
            let mut events = vec![first];
            while events.len() < AT_ONCE
                && let Ok(next) = self.queue.try_recv()
            {
                events.push(next);
            }
            failpoint::here("told");
            let own = own();
            for pause in PAUSES.into_iter().map(Some).chain([None]) {
                match (note(&store, &events, &own).await, pause) {
                    (Ok(()) | Err(StoreError::Closed), _) => break,
                    (Err(error), Some(pause)) => {
                        tracing::warn!(%error, "receipts could not be stored; trying again");
                        tokio::time::sleep(pause).await;
                    }
                    (Err(error), None) => tracing::error!(%error, "receipts could not be stored; ticks are missing"),
                }
            }
            self.progress.stored_more(events.len() as u64);
        }
    }
}

async fn note(store: &Store, events: &[Arc<Event>], own: &Own) -> Result<(), StoreError> {
    let (mut statuses, mut group_ticks) = (Vec::new(), Vec::new());
    for event in events {
        let Event::Receipt(receipt) = &**event else { continue };
        match receipts::meaning(receipt, own) {
            Meaning::Status(news) => statuses.extend(news),
            Meaning::GroupTick(tick) => group_ticks.push(tick),
            Meaning::ReadElsewhere { chat, wa_ids } => store.read_on_phone(chat, wa_ids).await?,
            Meaning::PlayedElsewhere { chat, wa_ids } => store.played_on_phone(chat, wa_ids).await?,
            Meaning::Nothing => {}
        }
    }
    if !statuses.is_empty() {
        store.advance_statuses(statuses).await?;
    }
    if !group_ticks.is_empty() {
        store.note_group_ticks(group_ticks).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::{
        chrono::DateTime,
        types::{events::Receipt, message::MessageSource, presence::ReceiptType},
    };

    use super::*;
    use crate::{config::KeySource, keys};

    fn receipt() -> Arc<Event> {
        let receipt = Receipt::builder()
            .message_ids(vec!["A".to_owned()])
            .source(MessageSource::default())
            .timestamp(DateTime::from_timestamp(1_700_000_000, 0).expect("time"))
            .r#type(ReceiptType::Delivered)
            .offline(false)
            .build();
        Arc::new(Event::Receipt(receipt))
    }

    #[tokio::test]
    async fn f14_nothing_leaves_before_what_was_told_is_stored() {
        let folder = tempfile::tempdir().expect("folder");
        let key = keys::obtain(folder.path(), &KeySource::File(folder.path().join("key"))).expect("a key");
        let store = Store::open(folder.path(), &key).expect("a store");
        let (receipts, told) = receipts();
        receipts.stored().await;
        receipts.tell(receipt());
        let leaving = receipts.stored();
        tokio::pin!(leaving);
        assert!(futures_util::poll!(&mut leaving).is_pending(), "a confirmation waits");
        receipts.tell(receipt());
        let end = CancellationToken::new();
        end.cancel();
        // What has come is stored also at the end.
        told.keep(store, Own::default, end).await;
        leaving.await;
        receipts.tell(receipt());
        receipts.stored().await;
    }
}
