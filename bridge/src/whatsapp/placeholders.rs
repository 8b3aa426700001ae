//! Messages that could not be decrypted, until each has its place in the chat.
//!
//! They are reported beside the durability hook, not through it. Two things would cost them their place: while what waited
//! at WhatsApp comes in, the library collects what it could decrypt and hands it to the hook later; and afterwards the hook
//! may be faster with the next message than the session with this report. So the hook itself stores what waits here.
//!
//! The library asks for such a message and confirms it without waiting for anybody. So each is noted in the store as soon as
//! it is reported, with what came ahead of it and is not stored yet; where the program ends before it has its place, the next
//! one goes on from that note.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;
use whatsapp_rust::wacore::types::events::{DecryptFailMode, Event};

use super::{arrivals::Arrivals, unread::Unread};
use crate::{failpoint, store::Store};

#[derive(Debug, Clone, Default)]
pub(super) struct Placeholders {
    waiting: Arc<Mutex<Waiting>>,
    arrivals: Arrivals,
    /// Held while some are on their way into the store: what came after them must not be faster.
    placing: Arc<tokio::sync::Mutex<()>>,
    /// Where they are noted; none for a device that keeps nothing.
    notes: Option<Store>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Whether everything that WhatsApp kept for this connection has been handed to the hook.
    caught_up: bool,
    reports: Vec<Unread>,
}

/// What is taken out, to be stored or put back. While there is any, nobody else can take.
#[derive(Debug)]
pub(super) struct Taken {
    reports: Vec<Unread>,
    _alone: Option<OwnedMutexGuard<()>>,
}

impl Placeholders {
    pub(super) fn noted_in(store: Store) -> Self {
        Self { notes: Some(store), ..Self::default() }
    }

    pub(super) fn notes(&self) -> Option<Store> {
        self.notes.clone()
    }

    pub(super) const fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// Goes on with what a program before this one has noted and not placed.
    pub(super) async fn go_on(&self) {
        let Some(notes) = &self.notes else { return };
        match notes.owed().await {
            Ok(owed) => {
                let unplaced = owed.iter().filter(|owed| !owed.placed);
                self.lock().reports.extend(unplaced.filter_map(|owed| Unread::of(&owed.owed)));
            }
            Err(error) => tracing::error!(%error, "messages that could not be opened before could not be read"),
        }
    }

    /// What was not confirmed comes again.
    pub(super) fn dialling(&self) {
        let mut waiting = self.lock();
        waiting.caught_up = false;
        for report in &mut waiting.reports {
            report.earlier = true;
        }
    }

    /// Whether a message of this id, which is not stored, may still come to the hook.
    pub(super) fn may_come(&self, id: &str) -> bool {
        !self.lock().caught_up || self.arrivals.awaits(id)
    }

    /// Called before anybody else hears of the event, and before the library acts on it. `keeps`: whether the number is the
    /// agent's to keep.
    pub(super) fn note(&self, event: &Event, keeps: bool) {
        match event {
            Event::OfflineSyncCompleted(_) => self.lock().caught_up = true,
            Event::UndecryptableMessage(message) => {
                let behind = self.arrivals.unread(&message.info);
                // `hide`: reactions and the like, which leave no gap in the chat.
                if message.decrypt_fail_mode == DecryptFailMode::Hide {
                    return;
                }
                let unread = Unread { behind, ..Unread::from(message) };
                if let (true, Some(notes), Some(owed)) = (keeps, &self.notes, unread.owed()) {
                    notes.owe_now(owed);
                    failpoint::here("noted");
                }
                self.lock().reports.push(unread);
            }
            _ => {}
        }
    }

    /// Waits until what others have taken is stored.
    pub(super) async fn take(&self) -> Taken {
        let alone = Arc::clone(&self.placing).lock_owned().await;
        let reports = std::mem::take(&mut self.lock().reports);
        Taken { _alone: (!reports.is_empty()).then_some(alone), reports }
    }

    /// What can be stored without waiting for the hook: nothing before it is may still come.
    pub(super) async fn take_due(&self) -> Option<Taken> {
        let due = {
            let waiting = self.lock();
            waiting.caught_up && !waiting.reports.is_empty()
        };
        if due { Some(self.take().await) } else { None }
    }

    /// They could not be stored.
    pub(super) fn put_back(&self, taken: Taken) {
        self.lock().reports.splice(0..0, taken.reports);
    }

    /// All of them are stored, but for those that wait for what is ahead of them.
    pub(super) fn stored(&self, taken: Taken, waiting: Vec<Unread>) {
        let Taken { reports, _alone } = taken;
        let placed = reports.iter().map(|report| &*report.info);
        self.arrivals.settle(placed.filter(|placed| waiting.iter().all(|waiting| waiting.info.id != placed.id)));
        self.lock().reports.splice(0..0, waiting);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    pub(super) fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Unread> {
        self.reports.iter()
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::types::{
        events::{OfflineSyncCompleted, UnavailableType, UndecryptableMessage},
        message::MessageInfo,
    };

    use super::*;

    fn report(id: &str, mode: DecryptFailMode) -> Event {
        let info = MessageInfo { id: id.into(), ..Default::default() };
        Event::UndecryptableMessage(
            UndecryptableMessage::builder()
                .info(Arc::new(info))
                .is_unavailable(false)
                .unavailable_type(UnavailableType::Unknown)
                .decrypt_fail_mode(mode)
                .build(),
        )
    }

    fn caught_up() -> Event {
        Event::OfflineSyncCompleted(OfflineSyncCompleted::builder().count(1).build())
    }

    fn ids(taken: &Taken) -> Vec<String> {
        taken.messages().map(|message| message.info.id.clone()).collect()
    }

    #[tokio::test]
    async fn nothing_is_due_before_what_waited_has_come() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show), true);
        placeholders.note(&report("hidden", DecryptFailMode::Hide), true);
        assert!(placeholders.take_due().await.is_none());
        placeholders.note(&caught_up(), true);
        assert_eq!(ids(&placeholders.take_due().await.expect("due")), ["A"]);
        assert!(placeholders.take_due().await.is_none(), "only once");
        placeholders.dialling();
        placeholders.note(&report("B", DecryptFailMode::Show), true);
        assert!(placeholders.take_due().await.is_none(), "the next connection catches up anew");
    }

    #[tokio::test]
    async fn what_could_not_be_stored_stays_first() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show), true);
        let taken = placeholders.take().await;
        placeholders.note(&report("B", DecryptFailMode::Show), true);
        placeholders.put_back(taken);
        assert_eq!(ids(&placeholders.take().await), ["A", "B"]);
    }
    #[tokio::test]
    async fn what_is_on_its_way_into_the_store_is_not_overtaken() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show), true);
        let taken = placeholders.take().await;
        let next = placeholders.take();
        tokio::pin!(next);
        assert!(futures_util::poll!(&mut next).is_pending(), "a message behind it");
        placeholders.stored(taken, Vec::new());
        let none = next.await;
        assert!(none.is_empty());
        assert!(placeholders.take().await.is_empty(), "nobody waits for those who took nothing");
    }

    #[tokio::test]
    async fn what_an_earlier_connection_could_not_read_goes_by_what_was_ahead_of_it() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show), true);
        assert!(ids_of(&placeholders.take().await, |unread| unread.earlier).is_empty());
        placeholders.note(&report("B", DecryptFailMode::Show), true);
        placeholders.dialling();
        placeholders.note(&report("C", DecryptFailMode::Show), true);
        let taken = placeholders.take().await;
        assert_eq!(ids_of(&taken, |unread| unread.earlier), ["B"]);
        let waiting = taken.messages().filter(|unread| unread.earlier).cloned().collect();
        placeholders.stored(taken, waiting);
        assert_eq!(ids(&placeholders.take().await), ["B"]);
        assert!(placeholders.may_come("anything"));
        placeholders.note(&caught_up(), true);
        assert!(!placeholders.may_come("anything"));
    }

    fn ids_of(taken: &Taken, which: impl Fn(&Unread) -> bool) -> Vec<String> {
        taken.messages().filter(|unread| which(unread)).map(|unread| unread.info.id.clone()).collect()
    }
}
