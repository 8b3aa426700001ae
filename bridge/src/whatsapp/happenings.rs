//! What a connection reports, in the order in which it happened.
//!
//! The library calls its listeners from inside its own tasks and cannot wait there, so the queue between has no limit of its own.
//! What bounds it: customers' messages do not pass here (the durability hook holds the socket back), nor do receipts (they have
//! a queue of their own), acknowledgements are one for each message that was sent, and what is worth nothing late is dropped
//! while the queue is long.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{mpsc, watch};
use whatsapp_rust::wacore::types::events::{Event, EventHandler, EventInterest, EventKind};

use super::{arrivals::Arrivals, confirming::Receipts, placeholders::Placeholders, repeating::Wishes};

/// From here on typing and presence are dropped.
const HINTS_MAX: usize = 1_000;

#[derive(Debug)]
pub(super) enum Happening {
    Library(Arc<Event>),
    /// The network is dialled.
    Dialling,
    DialFailed,
    /// WhatsApp ends the stream with this code.
    StreamEnded {
        code: u16,
    },
    /// A message could not be stored and stays with WhatsApp.
    NotStored,
    /// The library's loop has ended; everything that it reported is before this.
    RunEnded,
}

/// Whether what arrives is the agent's to keep: between the phone's scan and the agent's word it may be another number's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    /// The phone has scanned, and the session looks at its number.
    Undecided,
    Shut,
}

#[derive(Debug, Clone)]
pub(super) struct Reporter {
    queue: mpsc::UnboundedSender<Happening>,
    waiting: Arc<AtomicUsize>,
    placeholders: Placeholders,
    wishes: Wishes,
    receipts: Receipts,
    gate: watch::Sender<Gate>,
}

#[derive(Debug)]
pub(super) struct Happenings {
    queue: mpsc::UnboundedReceiver<Happening>,
    waiting: Arc<AtomicUsize>,
}

pub(super) fn happenings(placeholders: Placeholders, receipts: Receipts) -> (Reporter, Happenings) {
    let wishes = Wishes::noted_in(placeholders.notes());
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let gate = watch::Sender::new(Gate::Open);
    (
        Reporter { queue: sender, waiting: Arc::clone(&waiting), placeholders, wishes, receipts, gate },
        Happenings { queue: receiver, waiting },
    )
}

impl Reporter {
    /// The undecryptable messages among what is reported, which the hook and the session store between them.
    pub(super) fn placeholders(&self) -> Placeholders {
        self.placeholders.clone()
    }

    pub(super) fn receipts(&self) -> Receipts {
        self.receipts.clone()
    }

    pub(super) fn wishes(&self) -> Wishes {
        self.wishes.clone()
    }

    pub(super) const fn arrivals(&self) -> &Arrivals {
        self.placeholders.arrivals()
    }

    pub(super) fn report(&self, happening: Happening) {
        if matches!(happening, Happening::Dialling) {
            self.placeholders.dialling();
        }
        // Counted first: a receiver that is faster must never see the count below zero.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.send(happening).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Waits while nobody has decided.
    pub(super) async fn lets_in(&self) -> bool {
        let mut gate = self.gate.subscribe();
        gate.wait_for(|gate| *gate != Gate::Undecided).await.is_ok_and(|gate| *gate == Gate::Open)
    }

    /// Decides, where nobody has yet.
    pub(super) fn decide(&self, gate: Gate) {
        self.gate.send_if_modified(|now| {
            let undecided = *now == Gate::Undecided;
            if undecided {
                *now = gate;
            }
            undecided
        });
    }

    fn has_room_for(&self, event: &Event) -> bool {
        let waiting = self.waiting.load(Ordering::Relaxed);
        match event {
            Event::ChatPresence(_) | Event::Presence(_) | Event::PushNameUpdate(_) => waiting < HINTS_MAX,
            _ => true,
        }
    }
}

impl Happenings {
    /// `None` once every reporter is gone.
    pub(super) async fn next(&mut self) -> Option<Happening> {
        let happening = self.queue.recv().await?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(happening)
    }

    /// The next one if it is there already.
    pub(super) fn ready(&mut self) -> Option<Happening> {
        let happening = self.queue.try_recv().ok()?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(happening)
    }
}

impl EventHandler for Reporter {
    fn handle_event(&self, event: Arc<Event>) {
        if let Event::RawNode(stanza) = &*event {
            self.arrivals().note(stanza.get());
            return self.wishes.note(stanza.get());
        }
        if matches!(&*event, Event::Receipt(_)) {
            return self.receipts.tell(event);
        }
        if matches!(&*event, Event::PairSuccess(_)) {
            self.gate.send_replace(Gate::Undecided);
        }
        self.placeholders.note(&event, *self.gate.borrow() == Gate::Open);
        if self.has_room_for(&event) {
            self.report(Happening::Library(event));
        }
    }

    /// No messages: those are the hook's, also what the phone hands over of others.
    fn interest(&self) -> EventInterest {
        EventInterest::of(&[
            EventKind::Connected,
            EventKind::Disconnected,
            EventKind::PairSuccess,
            EventKind::PairError,
            EventKind::QrScannedWithoutMultidevice,
            EventKind::PairPasskeyRequest,
            EventKind::PairPasskeyConfirmation,
            EventKind::PairPasskeyError,
            EventKind::PairingCode,
            EventKind::PairingCodeRefresh,
            EventKind::PairingCodeError,
            EventKind::PairingQrCode,
            EventKind::PairingQrCodesExhausted,
            EventKind::LoggedOut,
            EventKind::StreamReplaced,
            EventKind::TemporaryBan,
            EventKind::ConnectFailure,
            EventKind::ClientOutdated,
            EventKind::OfflineSyncPreview,
            EventKind::OfflineSyncCompleted,
            EventKind::RawNode,
            EventKind::UndecryptableMessage,
            EventKind::Receipt,
            EventKind::ServerAck,
            EventKind::ChatPresence,
            EventKind::Presence,
            EventKind::PushNameUpdate,
            EventKind::PictureUpdate,
            EventKind::BusinessStatusUpdate,
            EventKind::ArchiveUpdate,
            EventKind::PinUpdate,
            EventKind::MuteUpdate,
            EventKind::MarkChatAsReadUpdate,
            EventKind::ContactUpdate,
            EventKind::SelfPushNameUpdated,
            EventKind::ContactNumberChanged,
            EventKind::GroupUpdate,
            EventKind::HistorySync,
        ])
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::types::{
        events::{ChatPresenceUpdate, Connected, StreamReplaced},
        message::MessageSource,
        presence::{ChatPresence, ChatPresenceMedia},
    };

    use super::{super::confirming::receipts, *};

    fn typing() -> Event {
        Event::ChatPresence(
            ChatPresenceUpdate::builder()
                .source(MessageSource::default())
                .state(ChatPresence::Composing)
                .media(ChatPresenceMedia::Text)
                .build(),
        )
    }

    #[test]
    fn hints_give_way_and_the_session_never_does() {
        let (reporter, mut happenings) = happenings(Placeholders::default(), receipts().0);
        for _ in 0..HINTS_MAX + 10 {
            reporter.handle_event(Arc::new(typing()));
        }
        reporter.handle_event(Arc::new(Event::Connected(Connected::builder().build())));
        reporter.handle_event(Arc::new(Event::StreamReplaced(StreamReplaced::builder().build())));
        let mut seen = vec![];
        while let Some(Happening::Library(event)) = happenings.ready() {
            seen.push(event);
        }
        assert_eq!(seen.len(), HINTS_MAX + 2);
        assert!(matches!(&*seen[HINTS_MAX], Event::Connected(_)), "in the order of arrival");
        reporter.handle_event(Arc::new(typing()));
        assert!(happenings.ready().is_some(), "room again");
    }
}
