//! Messages that could not be decrypted, until each has its place in the chat.
//!
//! They are reported beside the durability hook, not through it. Two things would cost them their place: while what waited
//! at WhatsApp comes in, the library collects what it could decrypt and hands it to the hook later; and afterwards the hook
//! may be faster with the next message than the session with this report. So the hook itself stores what waits here.
//!
//! The library asks for such a message and confirms it without waiting for anybody. So each is noted in the store as soon as
//! it is reported; where the program ends before it has its place, the next one goes on from that note.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use whatsapp_rust::wacore::types::events::{DecryptFailMode, Event};

use super::unread::Unread;
use crate::{failpoint, store::Store};

#[derive(Debug, Clone, Default)]
pub(super) struct Placeholders {
    waiting: Arc<Mutex<Waiting>>,
    /// Where they are noted; none for a device that keeps nothing.
    notes: Option<Store>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Whether everything that WhatsApp kept for this connection has been handed to the hook.
    caught_up: bool,
    reports: Vec<Unread>,
}

/// What is taken out, to be stored or put back.
#[derive(Debug)]
pub(super) struct Taken {
    reports: Vec<Unread>,
}

impl Placeholders {
    pub(super) fn noted_in(store: Store) -> Self {
        Self { waiting: Arc::default(), notes: Some(store) }
    }

    pub(super) fn notes(&self) -> Option<Store> {
        self.notes.clone()
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

    pub(super) fn dialling(&self) {
        self.lock().caught_up = false;
    }

    /// Called before anybody else hears of the event, and before the library acts on it. `keeps`: whether the number is the
    /// agent's to keep.
    pub(super) fn note(&self, event: &Event, keeps: bool) {
        match event {
            Event::OfflineSyncCompleted(_) => self.lock().caught_up = true,
            // `hide`: reactions and the like, which leave no gap in the chat.
            Event::UndecryptableMessage(message) if message.decrypt_fail_mode != DecryptFailMode::Hide => {
                let unread = Unread::from(message);
                if let (true, Some(notes), Some(owed)) = (keeps, &self.notes, unread.owed()) {
                    notes.owe_now(owed);
                    failpoint::here("noted");
                }
                self.lock().reports.push(unread);
            }
            _ => {}
        }
    }

    pub(super) fn take(&self) -> Taken {
        Taken { reports: std::mem::take(&mut self.lock().reports) }
    }

    /// What can be stored without waiting for the hook: nothing before it is may still come.
    pub(super) fn take_due(&self) -> Option<Taken> {
        let due = {
            let waiting = self.lock();
            waiting.caught_up && !waiting.reports.is_empty()
        };
        due.then(|| self.take())
    }

    /// They could not be stored.
    pub(super) fn put_back(&self, taken: Taken) {
        self.lock().reports.splice(0..0, taken.reports);
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

    #[test]
    fn nothing_is_due_before_what_waited_has_come() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show), true);
        placeholders.note(&report("hidden", DecryptFailMode::Hide), true);
        assert!(placeholders.take_due().is_none());
        placeholders.note(&caught_up(), true);
        assert_eq!(ids(&placeholders.take_due().expect("due")), ["A"]);
        assert!(placeholders.take_due().is_none(), "only once");
        placeholders.dialling();
        placeholders.note(&report("B", DecryptFailMode::Show), true);
        assert!(placeholders.take_due().is_none(), "the next connection catches up anew");
    }

    #[test]
    fn what_could_not_be_stored_stays_first() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show), true);
        let taken = placeholders.take();
        placeholders.note(&report("B", DecryptFailMode::Show), true);
        placeholders.put_back(taken);
        assert_eq!(ids(&placeholders.take()), ["A", "B"]);
    }
}
