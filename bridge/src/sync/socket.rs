//! The socket to the server. It says that there is more (the cursor of the pull is the truth) and carries what only counts
//! now: who types, who is there.

use std::{collections::BTreeSet, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use ownline_model::{
    PROTOCOL,
    conversation::Scope,
    ids::ConversationId,
    realtime::{CLOSE_PROTOCOL_TOO_OLD, CLOSE_UNAUTHENTICATED, ClientFrame, ServerFrame},
};
use tokio::{
    net::TcpStream,
    sync::{Notify, broadcast::error::RecvError},
    time::{Instant, MissedTickBehavior},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use super::{backoff::Backoff, next};
use crate::{
    account::Account,
    store::{SignedIn, Store, change::Change},
};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(20);
/// A link over which nothing came for this long is dead.
const DEAD_AFTER: Duration = Duration::from_secs(45);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a socket ended.
enum Ended {
    /// The token has expired: a fresh one helps.
    Unauthenticated,
    /// Only an update of this app helps.
    TooOld,
    /// Somebody else signed in.
    SignedInAnew,
    Lost(String),
}

pub(super) async fn listen(store: &Store, account: &Account, more: &Notify) {
    let mut backoff = Backoff::default();
    let mut changes = store.changes();
    loop {
        let Ok(signed_in) = account.signed_in().await else {
            next(&mut changes, |change| matches!(change, Change::SignedIn)).await;
            continue;
        };
        let connected_at = Instant::now();
        let pause = match session(store, &signed_in, more).await {
            Ended::SignedInAnew => continue,
            Ended::Unauthenticated => match account.refresh(&signed_in).await {
                Ok(_) => backoff.next().min(Duration::from_secs(1)),
                Err(_) => backoff.next(),
            },
            Ended::TooOld => super::backoff::LONG,
            Ended::Lost(cause) => {
                tracing::debug!(%cause, "the socket to the server ended");
                if connected_at.elapsed() > DEAD_AFTER {
                    backoff = Backoff::default();
                }
                backoff.next()
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = next(&mut changes, |change| matches!(change, Change::SignedIn)) => {}
        }
    }
}

async fn session(store: &Store, signed_in: &SignedIn, more: &Notify) -> Ended {
    match greet(store, signed_in).await {
        Ok(socket) => {
            // What happened while nobody listened.
            more.notify_one();
            let ended = talk(store, socket, more).await;
            // The exchange finds out at once whether the server is away, and the screen says so.
            more.notify_one();
            ended
        }
        Err(ended) => ended,
    }
}

async fn greet(store: &Store, signed_in: &SignedIn) -> Result<Socket, Ended> {
    let lost = |cause: &dyn std::fmt::Display| Ended::Lost(cause.to_string());
    let device_id = store.device_id().await.map_err(|error| lost(&error))?;
    // `http` becomes `ws`, `https` becomes `wss`.
    let address = format!("{}/api/realtime", signed_in.server.replacen("http", "ws", 1));
    let connecting = tokio_tungstenite::connect_async(&address);
    let (mut socket, _) = tokio::time::timeout(CONNECT_WITHIN, connecting)
        .await
        .map_err(|error| lost(&error))?
        .map_err(|error| lost(&error))?;
    let hello = ClientFrame::Hello {
        token: signed_in.tokens.access_token.clone(),
        protocol: PROTOCOL,
        device_id: Some(device_id),
    };
    tell(&mut socket, &hello).await?;
    hear_out(&mut socket, |frame| matches!(frame, ServerFrame::Welcome { .. })).await?;
    tell(&mut socket, &ClientFrame::Subscribe { room: "desk".to_owned() }).await?;
    // Frames are taken in turn, so the answer to this one comes from inside the room. A pull before that could miss what
    // is then announced to nobody.
    tell(&mut socket, &ClientFrame::Ping).await?;
    hear_out(&mut socket, |frame| matches!(frame, ServerFrame::Pong)).await?;
    Ok(socket)
}

/// Up to a frame that is waited for. What is said before it comes with the pull.
async fn hear_out(socket: &mut Socket, wanted: impl Fn(&ServerFrame) -> bool) -> Result<(), Ended> {
    loop {
        let frame = tokio::time::timeout(CONNECT_WITHIN, socket.next())
            .await
            .map_err(|error| Ended::Lost(error.to_string()))?;
        if understand(frame)?.is_some_and(|frame| wanted(&frame)) {
            return Ok(());
        }
    }
}

async fn talk(store: &Store, mut socket: Socket, more: &Notify) -> Ended {
    let mut changes = store.changes();
    let mut watched = store.watched_chats();
    watched.mark_changed();
    let mut rooms = BTreeSet::new();
    let mut ping = tokio::time::interval(PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard_at = Instant::now();
    loop {
        let step = tokio::select! {
            frame = socket.next() => {
                heard_at = Instant::now();
                understand(frame).map(|frame| hear(store, more, frame))
            }
            change = changes.recv() => match change {
                Ok(Change::CustomerTyping { typing, scope }) if scope != Scope::Private => {
                    tell(&mut socket, &ClientFrame::Typing(typing)).await
                }
                Ok(Change::SignedIn) => Err(Ended::SignedInAnew),
                Ok(_) | Err(RecvError::Lagged(_)) => Ok(()),
                Err(RecvError::Closed) => Err(Ended::Lost("the store closed".to_owned())),
            },
            Ok(()) = watched.changed() => {
                let wanted = watched.borrow_and_update().clone();
                follow(&mut socket, &mut rooms, wanted).await
            }
            _ = ping.tick() => {
                if heard_at.elapsed() > DEAD_AFTER {
                    Err(Ended::Lost("nothing came for too long".to_owned()))
                } else {
                    tell(&mut socket, &ClientFrame::Ping).await
                }
            }
        };
        if let Err(ended) = step {
            return ended;
        }
    }
}

/// Enters and leaves rooms, so that typing in the chats on screen is heard.
async fn follow(
    socket: &mut Socket,
    rooms: &mut BTreeSet<ConversationId>,
    wanted: BTreeSet<ConversationId>,
) -> Result<(), Ended> {
    for left in rooms.difference(&wanted) {
        tell(socket, &ClientFrame::Unsubscribe { room: format!("conversation:{left}") }).await?;
    }
    for entered in wanted.difference(rooms) {
        tell(socket, &ClientFrame::Subscribe { room: format!("conversation:{entered}") }).await?;
    }
    *rooms = wanted;
    Ok(())
}

fn hear(store: &Store, more: &Notify, frame: Option<ServerFrame>) {
    match frame {
        Some(ServerFrame::Event { event, .. }) if event.is_lasting() => more.notify_one(),
        Some(ServerFrame::Event { event, .. }) => store.pass_on(event),
        Some(ServerFrame::Error { problem }) => {
            tracing::debug!(code = problem.code.as_str(), "the server's socket refused a frame");
        }
        Some(ServerFrame::Welcome { .. } | ServerFrame::Pong) | None => {}
    }
}

fn understand(
    frame: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
) -> Result<Option<ServerFrame>, Ended> {
    match frame {
        // A newer server may say what this build does not know; the pull brings what counts.
        Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(&text).ok()),
        Some(Ok(Message::Close(close))) => Err(match close.map(|close| u16::from(close.code)) {
            Some(CLOSE_UNAUTHENTICATED) => Ended::Unauthenticated,
            Some(CLOSE_PROTOCOL_TOO_OLD) => Ended::TooOld,
            code => Ended::Lost(format!("closed with {code:?}")),
        }),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(Ended::Lost(error.to_string())),
        None => Err(Ended::Lost("it ended".to_owned())),
    }
}

async fn tell(socket: &mut Socket, frame: &ClientFrame) -> Result<(), Ended> {
    let text = serde_json::to_string(frame).map_err(|error| Ended::Lost(error.to_string()))?;
    match tokio::time::timeout(CONNECT_WITHIN, socket.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Ended::Lost(error.to_string())),
        Err(_) => Err(Ended::Lost("the socket is stuck".to_owned())),
    }
}
