//! Messages that could not be decrypted, until each has its place in the chat.
//!
//! They are reported beside the durability hook, not through it. Two things would cost them their place: while what waited
//! at WhatsApp comes in, the library collects what it could decrypt and hands it to the hook later; and afterwards the hook
//! may be faster with the next message than the session with this report. So the hook itself stores what waits here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use whatsapp_rust::wacore::types::events::{DecryptFailMode, Event, UndecryptableMessage};

use crate::store::inbound::Incoming;

#[derive(Debug, Clone, Default)]
pub(super) struct Placeholders(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// Whether everything that WhatsApp kept for this connection has been handed to the hook.
    caught_up: bool,
    reports: Vec<Arc<Event>>,
}

/// What is taken out, to be stored or put back.
#[derive(Debug)]
pub(super) struct Taken {
    reports: Vec<Arc<Event>>,
    caught_up: bool,
}

impl Placeholders {
    pub(super) fn dialling(&self) {
        self.lock().caught_up = false;
    }

    /// Called before anybody else hears of the event.
    pub(super) fn note(&self, event: &Arc<Event>) {
        match &**event {
            Event::OfflineSyncCompleted(_) => self.lock().caught_up = true,
            // `hide`: reactions and the like, which leave no gap in the chat.
            Event::UndecryptableMessage(message) if message.decrypt_fail_mode != DecryptFailMode::Hide => {
                self.lock().reports.push(Arc::clone(event));
            }
            _ => {}
        }
    }

    pub(super) fn take(&self) -> Taken {
        let mut waiting = self.lock();
        Taken { reports: std::mem::take(&mut waiting.reports), caught_up: waiting.caught_up }
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    pub(super) fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &UndecryptableMessage> {
        self.reports.iter().filter_map(|event| match &**event {
            Event::UndecryptableMessage(message) => Some(message),
            _ => None,
        })
    }

    /// Both in the order of the chat. Once caught up, each batch is younger than what was reported before it. Until then a
    /// batch was collected meanwhile: a chat that has become undecryptable stays so until its sender answers, so that
    /// what could be read of it is the older part.
    pub(super) fn among(&self, batch: Vec<Incoming>, mut placeholders: Vec<Incoming>) -> Vec<Incoming> {
        if self.caught_up {
            placeholders.extend(batch);
            return placeholders;
        }
        let mut facts = batch;
        facts.extend(placeholders);
        facts
    }
}

#[cfg(test)]
mod tests {
    use ownline_model::{message::MessageKind, time::UtcMillis};
    use whatsapp_rust::wacore::types::{
        events::{OfflineSyncCompleted, UnavailableType},
        message::MessageInfo,
    };

    use super::*;
    use crate::store::inbound::InboundFact;

    fn report(id: &str, mode: DecryptFailMode) -> Arc<Event> {
        let info = MessageInfo { id: id.into(), ..Default::default() };
        Arc::new(Event::UndecryptableMessage(
            UndecryptableMessage::builder()
                .info(Arc::new(info))
                .is_unavailable(false)
                .unavailable_type(UnavailableType::Unknown)
                .decrypt_fail_mode(mode)
                .build(),
        ))
    }

    fn caught_up() -> Arc<Event> {
        Arc::new(Event::OfflineSyncCompleted(OfflineSyncCompleted::builder().count(1).build()))
    }

    fn fact(id: &str) -> Incoming {
        InboundFact {
            wa_id: id.into(),
            chat: crate::store::inbound::WaIdentity::default(),
            from_me: false,
            push_name: None,
            kind: MessageKind::Text,
            text: None,
            at: UtcMillis(0),
            details: ownline_model::details::MessageDetails::default(),
            remote: None,
            secret: None,
        }
        .into()
    }

    fn ids(taken: &Taken) -> Vec<String> {
        taken.messages().map(|message| message.info.id.clone()).collect()
    }

    fn order(taken: &Taken) -> Vec<String> {
        taken
            .among(vec![fact("batch")], vec![fact("gap")])
            .into_iter()
            .map(|fact| match fact {
                Incoming::Message(fact) => fact.wa_id,
                Incoming::Change(fact) => fact.wa_id,
            })
            .collect()
    }

    #[test]
    fn nothing_is_due_before_what_waited_has_come() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show));
        placeholders.note(&report("hidden", DecryptFailMode::Hide));
        assert!(placeholders.take_due().is_none());
        placeholders.note(&caught_up());
        assert_eq!(ids(&placeholders.take_due().expect("due")), ["A"]);
        assert!(placeholders.take_due().is_none(), "only once");
        placeholders.dialling();
        placeholders.note(&report("B", DecryptFailMode::Show));
        assert!(placeholders.take_due().is_none(), "the next connection catches up anew");
    }

    #[test]
    fn gaps_come_after_what_was_collected_and_before_what_is_live() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show));
        assert_eq!(order(&placeholders.take()), ["batch", "gap"]);
        placeholders.note(&caught_up());
        placeholders.note(&report("B", DecryptFailMode::Show));
        assert_eq!(order(&placeholders.take()), ["gap", "batch"]);
    }

    #[test]
    fn what_could_not_be_stored_stays_first() {
        let placeholders = Placeholders::default();
        placeholders.note(&report("A", DecryptFailMode::Show));
        let taken = placeholders.take();
        placeholders.note(&report("B", DecryptFailMode::Show));
        placeholders.put_back(taken);
        assert_eq!(ids(&placeholders.take()), ["A", "B"]);
    }
}
