//! One socket, from its hello to its end.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, Utf8Bytes, WebSocket};
use futures_util::SinkExt as _;
use ownline_model::{
    PROTOCOL,
    conversation::Conversation,
    event::{AgentPresence, AgentTyping, Event, Typing},
    ids::{ConversationId, DeviceId},
    problem::{Problem, ProblemCode},
    realtime::{CLOSE_PROTOCOL_TOO_OLD, CLOSE_UNAUTHENTICATED, ClientFrame, HELLO_WITHIN_SECS, ServerFrame},
};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::hub::{Room, Seat};
use crate::{
    PROTOCOL_MIN,
    accounts::Identity,
    app::App,
    desk,
    store::{channels, conversations},
};

/// A dead link is noticed within this time.
const SILENCE: Duration = Duration::from_secs(45);
const PING_EVERY: Duration = Duration::from_secs(15);
/// How long a socket may take to accept its own end.
const FAREWELL: Duration = Duration::from_secs(1);
const ROOMS_MAX: usize = 200;
/// Frames that a client may send in a second.
const FRAMES_A_SECOND: u32 = 50;
const CLOSE_PROTOCOL_ERROR: u16 = 1002;
const CLOSE_POLICY: u16 = 1008;

pub(crate) async fn serve(app: App, mut socket: WebSocket) {
    let (code, reason) = match greet(&app, &mut socket).await {
        Ok((who, device)) => listen(&app, &mut socket, who, device).await,
        Err(end) => end,
    };
    if code != 0 {
        let farewell = Frame::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
        let _ = timeout(FAREWELL, socket.send(farewell)).await;
    }
}

type End = (u16, &'static str);
/// The other side has gone; nobody is left to tell.
const GONE: End = (0, "");

/// The first frame says who it is.
async fn greet(app: &App, socket: &mut WebSocket) -> Result<(Identity, Option<DeviceId>), End> {
    let hello = async {
        loop {
            match socket.recv().await {
                Some(Ok(Frame::Text(text))) => return Ok(text),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                Some(Ok(_)) => return Err((CLOSE_PROTOCOL_ERROR, "text frames only")),
                Some(Err(_)) | None => return Err(GONE),
            }
        }
    };
    let text = tokio::select! {
        text = timeout(Duration::from_secs(HELLO_WITHIN_SECS), hello) => text,
        () = app.stopping() => return Err((1001, "the server is ending")),
    };
    let text = text.map_err(|_| (CLOSE_UNAUTHENTICATED, "no hello"))??;
    let Ok(ClientFrame::Hello { token, protocol, device_id }) = serde_json::from_str(&text) else {
        refuse(socket, ProblemCode::Unauthenticated.into()).await;
        return Err((CLOSE_UNAUTHENTICATED, "say hello first"));
    };
    if protocol < PROTOCOL_MIN {
        refuse(socket, ProblemCode::ProtocolTooOld.into()).await;
        return Err((CLOSE_PROTOCOL_TOO_OLD, "protocol_too_old"));
    }
    match app.accounts().identify(&token).await {
        Ok(who) => Ok((who, device_id)),
        Err(refusal) => {
            let problem = *ownline_web::ApiError::from(refusal).0;
            refuse(socket, problem).await;
            Err((CLOSE_UNAUTHENTICATED, "unauthenticated"))
        }
    }
}

async fn refuse(socket: &mut WebSocket, problem: Problem) {
    let _ = timeout(FAREWELL, socket.send(text(&ServerFrame::Error { problem }))).await;
}

fn text(frame: &ServerFrame) -> Frame {
    Frame::Text(serde_json::to_string(frame).unwrap_or_default().into())
}

async fn listen(app: &App, socket: &mut WebSocket, who: Identity, device: Option<DeviceId>) -> End {
    let is_bridge = device.is_some();
    let mut seat = app.hub().join(who.tenant, who.agent.id, who.session, is_bridge);
    let presence = AgentPresence { agent_id: who.agent.id, at: app.now() };
    if seat.first {
        app.hub().announce(who.tenant, Room::Desk, &Event::AgentOnline(presence.clone()), seat.id);
    }
    if is_bridge {
        app.settle_presence(&who).await;
    }
    let end = talk(app, socket, &who, is_bridge, &mut seat).await;
    if app.hub().leave(seat.id) {
        let presence = AgentPresence { at: app.now(), ..presence };
        app.hub().announce(who.tenant, Room::Desk, &Event::AgentOffline(presence), seat.id);
    }
    if is_bridge {
        app.settle_presence(&who).await;
    }
    end
}

async fn talk(app: &App, socket: &mut WebSocket, who: &Identity, is_bridge: bool, seat: &mut Seat) -> End {
    let closing = seat.closing.clone();
    // The session may have ended while the socket was greeted.
    if app.accounts().has_ended(who.session) {
        return (CLOSE_UNAUTHENTICATED, "session_revoked");
    }
    if socket.send(text(&ServerFrame::Welcome { protocol: PROTOCOL })).await.is_err() {
        return GONE;
    }
    let mut ping = interval(PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let (mut second, mut in_second) = (Instant::now(), 0);
    loop {
        tokio::select! {
            biased;
            code = closing.asked() => return (code, reason(code)),
            frame = seat.frames.recv() => {
                let Some(frame) = frame else { return GONE };
                // A client that does not read must not hold up its own end.
                tokio::select! {
                    biased;
                    code = closing.asked() => return (code, reason(code)),
                    done = send_all(socket, frame, &mut seat.frames) => if done.is_err() { return GONE },
                }
            }
            frame = socket.recv() => {
                let Some(Ok(frame)) = frame else { return GONE };
                heard = Instant::now();
                if second.elapsed() > Duration::from_secs(1) {
                    (second, in_second) = (Instant::now(), 0);
                }
                in_second += 1;
                if in_second > FRAMES_A_SECOND {
                    return (CLOSE_POLICY, "too many frames");
                }
                match frame {
                    Frame::Text(frame) => {
                        let Some(answer) = hear(app, who, is_bridge, seat.id, &frame).await else { continue };
                        if socket.send(text(&answer)).await.is_err() {
                            return GONE;
                        }
                    }
                    Frame::Close(_) => return GONE,
                    Frame::Ping(_) | Frame::Pong(_) => {}
                    Frame::Binary(_) => return (CLOSE_PROTOCOL_ERROR, "text frames only"),
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    return GONE;
                }
                let done = timeout(PING_EVERY, socket.send(Frame::Ping(bytes::Bytes::new()))).await;
                if !matches!(done, Ok(Ok(()))) {
                    return GONE;
                }
            }
        }
    }
}

const fn reason(code: u16) -> &'static str {
    match code {
        CLOSE_UNAUTHENTICATED => "session_revoked",
        1001 => "the server is ending",
        _ => "too slow",
    }
}

/// What waits goes out in one write.
async fn send_all(
    socket: &mut WebSocket,
    first: Utf8Bytes,
    more: &mut tokio::sync::mpsc::Receiver<Utf8Bytes>,
) -> Result<(), axum::Error> {
    socket.feed(Frame::Text(first)).await?;
    while let Ok(next) = more.try_recv() {
        socket.feed(Frame::Text(next)).await?;
    }
    socket.flush().await
}

async fn hear(app: &App, who: &Identity, is_bridge: bool, seat: u64, frame: &str) -> Option<ServerFrame> {
    let done = match serde_json::from_str(frame) {
        Ok(ClientFrame::Ping) => return Some(ServerFrame::Pong),
        Ok(ClientFrame::Subscribe { room }) => subscribe(app, who, seat, &room).await,
        Ok(ClientFrame::Unsubscribe { room }) => {
            if let Ok(room) = room.parse() {
                app.hub().unsubscribe(seat, room);
            }
            Ok(())
        }
        Ok(ClientFrame::Typing(typing)) if is_bridge => customer_types(app, who, seat, typing).await,
        Ok(ClientFrame::Typing(typing) | ClientFrame::AgentTyping(typing)) => agent_types(app, who, seat, typing).await,
        Ok(ClientFrame::Hello { .. }) => Err(desk::Refusal::field("type", "Hello was said already.")),
        Err(error) => Err(desk::Refusal::because(ProblemCode::InvalidRequest, error.to_string())),
    };
    done.err().map(|refusal| ServerFrame::Error { problem: *ownline_web::ApiError::from(refusal).0 })
}

async fn subscribe(app: &App, who: &Identity, seat: u64, room: &str) -> desk::Done<()> {
    let room = room.parse().map_err(|()| ProblemCode::NotFound)?;
    if let Room::Conversation(id) = room {
        chat(app, who, id).await?;
    }
    if app.hub().rooms_of(seat) >= ROOMS_MAX {
        return Err(desk::Refusal::field("room", "Leave a room first."));
    }
    app.hub().subscribe(seat, room);
    Ok(())
}

/// Told by the machine that holds the number.
async fn customer_types(app: &App, who: &Identity, seat: u64, typing: Typing) -> desk::Done<()> {
    let chat = chat(app, who, typing.conversation_id).await?;
    let channel = channels::find(&app.reader(who), chat.channel_id).await?.ok_or(ProblemCode::NotFound)?;
    if channel.owner_id != who.agent.id {
        return Err(ProblemCode::NotYourNumber.into());
    }
    announce(app, who, seat, chat.id, &Event::CustomerTyping(Typing { conversation_id: chat.id, ..typing }));
    Ok(())
}

/// Colleagues who look at the chat see who is about to answer.
async fn agent_types(app: &App, who: &Identity, seat: u64, typing: Typing) -> desk::Done<()> {
    let chat = chat(app, who, typing.conversation_id).await?;
    let event = AgentTyping { conversation_id: chat.id, agent_id: who.agent.id, typing: typing.typing };
    announce(app, who, seat, chat.id, &Event::AgentTyping(event));
    Ok(())
}

/// Under the id that counts, as far as it is shown to anybody.
async fn chat(app: &App, who: &Identity, id: ConversationId) -> desk::Done<Conversation> {
    let thread = conversations::find(&app.reader(who), id).await?.ok_or(ProblemCode::NotFound)?;
    Ok(thread.conversation)
}

fn announce(app: &App, who: &Identity, seat: u64, chat: ConversationId, event: &Event) {
    app.hub().announce(who.tenant, Room::Conversation(chat), event, seat);
}
