//! Who listens to what. An event is made into a frame once, and put into the bounded queue of each socket that wants it.
//! A socket whose queue is full is closed: it has the journal to catch up from.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
};

use axum::extract::ws::Utf8Bytes;
use ownline_model::{
    event::Event,
    ids::{AgentId, ConversationId, TenantId},
    realtime::{CLOSE_TOO_SLOW, CLOSE_UNAUTHENTICATED},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::store::Committed;

/// Frames that may wait for a socket.
const QUEUE: usize = 512;
/// Close code of a server that ends.
const CLOSE_GOING_AWAY: u16 = 1001;

/// What can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Room {
    /// Everything lasting.
    Desk,
    /// One chat, with its typing.
    Conversation(ConversationId),
}

impl std::str::FromStr for Room {
    type Err = ();
    fn from_str(name: &str) -> Result<Self, ()> {
        match name.split_once(':') {
            None if name == "desk" => Ok(Self::Desk),
            Some(("conversation", id)) => id.parse().map(Self::Conversation).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// Why a socket has to end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Closing {
    token: CancellationToken,
    code: Arc<AtomicU16>,
}

impl Closing {
    fn close(&self, code: u16) {
        let _ = self.code.compare_exchange(0, code, Ordering::AcqRel, Ordering::Acquire);
        self.token.cancel();
    }

    pub(crate) async fn asked(&self) -> u16 {
        self.token.cancelled().await;
        self.code.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
struct Listener {
    tenant: TenantId,
    agent: AgentId,
    session: Uuid,
    is_bridge: bool,
    queue: mpsc::Sender<Utf8Bytes>,
    rooms: HashSet<Room>,
    closing: Closing,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    listeners: HashMap<u64, Listener>,
    rooms: HashMap<(TenantId, Room), HashSet<u64>>,
    /// Sockets of each person: all, and those of bridges.
    present: HashMap<(TenantId, AgentId), (usize, usize)>,
    ended: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Hub(Arc<Mutex<State>>);

/// A socket's place in the hub.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) id: u64,
    pub(crate) frames: mpsc::Receiver<Utf8Bytes>,
    pub(crate) closing: Closing,
    /// The first socket of this person.
    pub(crate) first: bool,
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn join(&self, tenant: TenantId, agent: AgentId, session: Uuid, is_bridge: bool) -> Seat {
        let (queue, frames) = mpsc::channel(QUEUE);
        let closing = Closing::default();
        let mut state = self.state();
        if state.ended {
            closing.close(CLOSE_GOING_AWAY);
        }
        state.next += 1;
        let id = state.next;
        let rooms = HashSet::new();
        let listener = Listener { tenant, agent, session, is_bridge, queue, rooms, closing: closing.clone() };
        state.listeners.insert(id, listener);
        let (all, bridges) = state.present.entry((tenant, agent)).or_default();
        *all += 1;
        *bridges += usize::from(is_bridge);
        let first = *all == 1;
        Seat { id, frames, closing, first }
    }

    /// True when it was the person's last socket.
    pub(crate) fn leave(&self, id: u64) -> bool {
        let mut state = self.state();
        let Some(listener) = state.listeners.remove(&id) else { return false };
        for room in listener.rooms {
            state.drop_from(listener.tenant, room, id);
        }
        let person = (listener.tenant, listener.agent);
        let Some((all, bridges)) = state.present.get_mut(&person) else { return true };
        *all = all.saturating_sub(1);
        *bridges = bridges.saturating_sub(usize::from(listener.is_bridge));
        let last = *all == 0;
        if last {
            state.present.remove(&person);
        }
        last
    }

    pub(crate) fn subscribe(&self, id: u64, room: Room) {
        let mut state = self.state();
        let Some(listener) = state.listeners.get_mut(&id) else { return };
        listener.rooms.insert(room);
        let tenant = listener.tenant;
        state.rooms.entry((tenant, room)).or_default().insert(id);
    }

    pub(crate) fn unsubscribe(&self, id: u64, room: Room) {
        let mut state = self.state();
        let Some(listener) = state.listeners.get_mut(&id) else { return };
        listener.rooms.remove(&room);
        let tenant = listener.tenant;
        state.drop_from(tenant, room, id);
    }

    /// How many rooms a socket listens to.
    pub(crate) fn rooms_of(&self, id: u64) -> usize {
        self.state().listeners.get(&id).map_or(0, |listener| listener.rooms.len())
    }

    /// Whether a bridge of this person is connected.
    pub(crate) fn bridge_is_online(&self, tenant: TenantId, agent: AgentId) -> bool {
        self.state().present.get(&(tenant, agent)).is_some_and(|(_, bridges)| *bridges > 0)
    }

    /// Tells of what has become durable.
    pub(crate) fn publish(&self, committed: &[Committed]) {
        let mut state = self.state();
        for entry in committed {
            let desk = state.rooms.get(&(entry.tenant, Room::Desk));
            let chat =
                entry.event.conversation_id().and_then(|id| state.rooms.get(&(entry.tenant, Room::Conversation(id))));
            if desk.is_none() && chat.is_none() {
                continue;
            }
            let frame: Utf8Bytes = format!(r#"{{"type":"event","seq":{},"event":{}}}"#, entry.seq, entry.json).into();
            let to: HashSet<u64> = desk.into_iter().chain(chat).flatten().copied().collect();
            state.send(to, &frame);
        }
    }

    /// Tells of a moment that is not journalled.
    pub(crate) fn announce(&self, tenant: TenantId, room: Room, event: &Event, except: u64) {
        let mut state = self.state();
        let Some(listeners) = state.rooms.get(&(tenant, room)) else { return };
        let to: HashSet<u64> = listeners.iter().copied().filter(|id| *id != except).collect();
        if let Ok(json) = serde_json::to_string(event) {
            state.send(to, &format!(r#"{{"type":"event","event":{json}}}"#).into());
        }
    }

    /// Closes the sockets of sessions that have ended.
    pub(crate) fn end_sessions(&self, sessions: &[Uuid]) {
        if sessions.is_empty() {
            return;
        }
        let state = self.state();
        for listener in state.listeners.values().filter(|listener| sessions.contains(&listener.session)) {
            listener.closing.close(CLOSE_UNAUTHENTICATED);
        }
    }

    /// Closes every socket: the server ends.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        for listener in state.listeners.values() {
            listener.closing.close(CLOSE_GOING_AWAY);
        }
    }
}

impl State {
    fn drop_from(&mut self, tenant: TenantId, room: Room, id: u64) {
        if let Some(listeners) = self.rooms.get_mut(&(tenant, room)) {
            listeners.remove(&id);
            if listeners.is_empty() {
                self.rooms.remove(&(tenant, room));
            }
        }
    }

    fn send(&mut self, to: HashSet<u64>, frame: &Utf8Bytes) {
        for id in to {
            let Some(listener) = self.listeners.get(&id) else { continue };
            if listener.queue.try_send(frame.clone()).is_err() {
                listener.closing.close(CLOSE_TOO_SLOW);
                // Nothing more is put into a queue that cannot be delivered whole.
                let tenant = listener.tenant;
                let rooms: Vec<Room> = listener.rooms.iter().copied().collect();
                for room in rooms {
                    self.drop_from(tenant, room, id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(seq: i64, conversation: ConversationId) -> Committed {
        let event = Event::CustomerTyping(ownline_model::event::Typing {
            conversation_id: conversation,
            typing: true,
            recording: false,
        });
        let json = serde_json::to_string(&event).expect("json").into();
        Committed { tenant: TenantId(Uuid::nil()), seq, event, json }
    }

    fn seat(hub: &Hub, is_bridge: bool) -> Seat {
        hub.join(TenantId(Uuid::nil()), AgentId(Uuid::nil()), Uuid::nil(), is_bridge)
    }

    #[test]
    fn rooms_are_named() {
        let id = ConversationId::fresh();
        assert_eq!("desk".parse(), Ok(Room::Desk));
        assert_eq!(format!("conversation:{id}").parse(), Ok(Room::Conversation(id)));
        for wrong in ["", "desk:", "conversation", "conversation:", "conversation:x", "agent:1"] {
            assert_eq!(wrong.parse::<Room>(), Err(()), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn a_socket_in_two_rooms_gets_each_event_once() {
        let (hub, chat) = (Hub::default(), ConversationId::fresh());
        let mut seat = seat(&hub, false);
        hub.subscribe(seat.id, Room::Desk);
        hub.subscribe(seat.id, Room::Conversation(chat));
        hub.publish(&[committed(1, chat), committed(2, ConversationId::fresh())]);
        assert!(seat.frames.recv().await.expect("frame").contains(r#""seq":1"#));
        assert!(seat.frames.recv().await.expect("frame").contains(r#""seq":2"#));
        assert!(seat.frames.try_recv().is_err());
    }

    #[tokio::test]
    async fn one_chat_hears_nothing_of_another_nor_another_tenant() {
        let (hub, chat) = (Hub::default(), ConversationId::fresh());
        let mut here = seat(&hub, false);
        hub.subscribe(here.id, Room::Conversation(chat));
        let mut elsewhere = hub.join(TenantId::fresh(), AgentId::fresh(), Uuid::nil(), false);
        hub.subscribe(elsewhere.id, Room::Desk);
        hub.publish(&[committed(1, ConversationId::fresh()), committed(2, chat)]);
        assert!(here.frames.try_recv().expect("frame").contains(r#""seq":2"#));
        assert!(elsewhere.frames.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_slow_socket_is_closed_and_the_others_go_on() {
        let (hub, chat) = (Hub::default(), ConversationId::fresh());
        let (slow, mut quick) = (seat(&hub, false), seat(&hub, false));
        hub.subscribe(slow.id, Room::Desk);
        hub.subscribe(quick.id, Room::Desk);
        for seq in 0..=QUEUE as i64 {
            hub.publish(&[committed(seq, chat)]);
            assert!(quick.frames.recv().await.is_some());
        }
        assert_eq!(slow.closing.asked().await, CLOSE_TOO_SLOW);
        assert!(!quick.closing.token.is_cancelled());
    }

    #[tokio::test]
    async fn presence_counts_sockets() {
        let hub = Hub::default();
        let person = (TenantId(Uuid::nil()), AgentId(Uuid::nil()));
        let (screen, bridge) = (seat(&hub, false), seat(&hub, true));
        assert!(screen.first && !bridge.first);
        assert!(hub.bridge_is_online(person.0, person.1));
        assert!(!hub.leave(bridge.id));
        assert!(!hub.bridge_is_online(person.0, person.1));
        assert!(hub.leave(screen.id));
    }

    #[tokio::test]
    async fn an_ended_session_loses_its_sockets_only() {
        let hub = Hub::default();
        let (mine, ended) = (seat(&hub, false), Uuid::now_v7());
        let other = hub.join(TenantId(Uuid::nil()), AgentId(Uuid::nil()), ended, false);
        hub.end_sessions(&[ended]);
        assert_eq!(other.closing.asked().await, CLOSE_UNAUTHENTICATED);
        assert!(!mine.closing.token.is_cancelled());
    }
}
