//! `/api/realtime`: the same frames as the server's socket, fed by what the replica commits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::Response,
};
use ownline_model::{
    PROTOCOL,
    event::{Event, Typing},
    ids::ConversationId,
    problem::{Problem, ProblemCode},
    realtime::{CLOSE_TOO_SLOW, CLOSE_UNAUTHENTICATED, ClientFrame, HELLO_WITHIN_SECS, ServerFrame},
};
use tokio::{sync::broadcast::error::RecvError, time::timeout};

use crate::{
    api::app::App,
    store::{Store, change::Change},
};

/// Nothing that a screen says is longer.
const FRAME_MAX_BYTES: usize = 16 * 1024;
/// A screen that does not take a frame for this long has gone.
const STUCK_AFTER: Duration = Duration::from_secs(10);
const ROOMS_MAX: usize = 64;
/// 1001, going away.
const CLOSE_ENDING: u16 = 1001;

/// How many screens look at each chat.
#[derive(Debug, Clone)]
pub(crate) struct Watchers {
    store: Store,
    chats: Arc<Mutex<BTreeMap<ConversationId, usize>>>,
}

impl Watchers {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, chats: Arc::default() }
    }

    fn enter(&self, chat: ConversationId) {
        self.change(|chats| *chats.entry(chat).or_default() += 1);
    }

    fn leave(&self, chat: ConversationId) {
        self.change(|chats| {
            if let Some(count) = chats.get_mut(&chat) {
                *count -= 1;
            }
            chats.retain(|_, count| *count > 0);
        });
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<ConversationId, usize>)) {
        let mut chats = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut chats);
        self.store.watch_chats(chats.keys().copied().collect());
    }
}

/// The rooms of one socket. Leaves them all when the socket ends, however it ends.
struct Rooms {
    desk: bool,
    chats: BTreeSet<ConversationId>,
    watchers: Watchers,
}

impl Drop for Rooms {
    fn drop(&mut self) {
        for chat in &self.chats {
            self.watchers.leave(*chat);
        }
    }
}

impl Rooms {
    fn subscribe(&mut self, room: &str) -> Result<(), Problem> {
        if room == "desk" {
            self.desk = true;
            return Ok(());
        }
        let chat: ConversationId = room
            .strip_prefix("conversation:")
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| Problem::new(ProblemCode::NotFound).with_field("room"))?;
        if self.chats.len() >= ROOMS_MAX {
            return Err(Problem::new(ProblemCode::RateLimited).with_detail("Leave other rooms first."));
        }
        if self.chats.insert(chat) {
            self.watchers.enter(chat);
        }
        Ok(())
    }

    fn unsubscribe(&mut self, room: &str) {
        if room == "desk" {
            self.desk = false;
        } else if let Some(chat) = room.strip_prefix("conversation:").and_then(|id| id.parse().ok())
            && self.chats.remove(&chat)
        {
            self.watchers.leave(chat);
        }
    }

    /// Lasting news go to the desk's room, a chat's passing ones to that chat's.
    fn want(&self, event: &Event) -> bool {
        match event {
            Event::CustomerTyping(_) | Event::CustomerPresence(_) | Event::AgentTyping(_) => {
                event.conversation_id().is_some_and(|chat| self.chats.contains(&chat))
            }
            _ => self.desk,
        }
    }
}

pub(super) async fn open(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(FRAME_MAX_BYTES)
        .max_frame_size(FRAME_MAX_BYTES)
        .on_upgrade(move |socket| serve(app, socket))
}

async fn serve(app: App, mut socket: WebSocket) {
    // Listening before the welcome: whoever reads after it misses nothing.
    let mut changes = app.store.changes();
    let within = Duration::from_secs(HELLO_WITHIN_SECS);
    let welcome = matches!(
        timeout(within, hello(&mut socket)).await,
        Ok(Some(token)) if app.tokens.accepts(&token)
    );
    if !welcome {
        close(&mut socket, CLOSE_UNAUTHENTICATED, "say hello with a token").await;
        return;
    }
    if send(&mut socket, &ServerFrame::Welcome { protocol: PROTOCOL }).await.is_err() {
        return;
    }
    let mut rooms = Rooms { desk: false, chats: BTreeSet::new(), watchers: app.watchers.clone() };
    loop {
        let step = tokio::select! {
            () = app.cancel.cancelled() => {
                close(&mut socket, CLOSE_ENDING, "the bridge ends").await;
                return;
            }
            frame = socket.recv() => match frame {
                Some(Ok(Message::Text(text))) => take(&app, &mut rooms, &mut socket, &text).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Ok(()),
            },
            change = changes.recv() => match change {
                Ok(change) => match as_event(change).filter(|event| rooms.want(event)).map(Arc::unwrap_or_clone) {
                    Some(event) => send(&mut socket, &ServerFrame::Event { seq: None, event }).await,
                    None => Ok(()),
                },
                Err(RecvError::Lagged(_)) => {
                    close(&mut socket, CLOSE_TOO_SLOW, "too slow; read anew").await;
                    return;
                }
                Err(RecvError::Closed) => return,
            },
        };
        if step.is_err() {
            return;
        }
    }
}

/// The token of the first frame, where that is a hello.
async fn hello(socket: &mut WebSocket) -> Option<String> {
    loop {
        match socket.recv().await?.ok()? {
            Message::Text(text) => {
                return match serde_json::from_str(&text).ok()? {
                    ClientFrame::Hello { token, .. } => Some(token),
                    _ => None,
                };
            }
            Message::Ping(_) | Message::Pong(_) => {}
            _ => return None,
        }
    }
}

fn as_event(change: Change) -> Option<Arc<Event>> {
    match change {
        Change::Event(event) => Some(event),
        Change::CustomerTyping { typing, .. } => Some(Arc::new(Event::CustomerTyping(typing))),
        _ => None,
    }
}

async fn take(app: &App, rooms: &mut Rooms, socket: &mut WebSocket, text: &str) -> Result<(), axum::Error> {
    let refused = match serde_json::from_str(text) {
        Ok(ClientFrame::Subscribe { room }) => rooms.subscribe(&room).err(),
        Ok(ClientFrame::Unsubscribe { room }) => {
            rooms.unsubscribe(&room);
            None
        }
        Ok(ClientFrame::Typing(typing) | ClientFrame::AgentTyping(typing)) => {
            agent_types(app, typing).await;
            None
        }
        Ok(ClientFrame::Ping) => return send(socket, &ServerFrame::Pong).await,
        Ok(ClientFrame::Hello { .. }) => None,
        Err(error) => Some(Problem::new(ProblemCode::InvalidRequest).with_detail(error.to_string())),
    };
    match refused {
        Some(problem) => send(socket, &ServerFrame::Error { problem }).await,
        None => Ok(()),
    }
}

/// The customer sees that the agent types, where the chat is on this machine's number.
async fn agent_types(app: &App, typing: Typing) {
    match app.store.own_chat(typing.conversation_id).await {
        Ok(Some(chat)) => app.session.agent_typing(chat, typing.typing, typing.recording),
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "typing was not passed on"),
    }
}

async fn send(socket: &mut WebSocket, frame: &ServerFrame) -> Result<(), axum::Error> {
    let text = serde_json::to_string(frame).map_err(axum::Error::new)?;
    match timeout(STUCK_AFTER, socket.send(Message::text(text))).await {
        Ok(sent) => sent,
        Err(elapsed) => Err(axum::Error::new(elapsed)),
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    // The peer may have gone already.
    let _ = timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await;
}
