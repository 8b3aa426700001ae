//! One WebSocket from its first byte to its last: handshake, a reader that answers stanzas in order, and a writer.

mod writer;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wacore_binary::OwnedNodeRef;

use super::Network;
use super::account::{Attachment, Device, lock};
use super::frame::{self, Framer};
use super::link::Link;
use super::noise::{self, Cipher, Ciphers, Established};
use super::session::Session;
use writer::Writer;

/// A handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// Clients ping every 15 to 30 seconds; one that is silent for so long is gone.
const IDLE: Duration = Duration::from_mins(3);
/// Real servers are never nearer than this. A client that wrote the last word of a handshake may still be putting its keys
/// together, and some lose what comes before they have.
const FIRST_WORDS: Duration = Duration::from_millis(50);
/// A client has so long to notice that it was closed on.
const LINGER: Duration = Duration::from_secs(2);

/// Serves `/ws/chat`.
pub fn router(network: Arc<Network>) -> Router {
    Router::new().route("/ws/chat", get(upgrade)).with_state(network)
}

async fn upgrade(State(network): State<Arc<Network>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(64 << 20).max_frame_size(64 << 20).on_upgrade(move |socket| async move {
        let tasks = network.tasks.clone();
        let connection = tasks.track_future(async move {
            network.connections.fetch_add(1, Ordering::Relaxed);
            if let Err(reason) = serve(&network, socket).await {
                tracing::debug!(reason, "connection ended");
            }
            network.connections.fetch_sub(1, Ordering::Relaxed);
        });
        connection.await;
    })
}

type Sink = SplitSink<WebSocket, Message>;

/// The receiving half: bytes in, frames out.
struct Frames {
    stream: SplitStream<WebSocket>,
    framer: Framer,
}

impl Frames {
    /// The next frame. `Ok(None)` when the client has closed.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, &'static str> {
        loop {
            if let Some(frame) = self.framer.next_frame().map_err(|_| "no WhatsApp header")? {
                return Ok(Some(frame));
            }
            match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => self.framer.push(&bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
            }
        }
    }
}

async fn serve(network: &Arc<Network>, socket: WebSocket) -> Result<(), &'static str> {
    let (sink, stream) = socket.split();
    let mut frames = Frames { stream, framer: Framer::default() };
    let cancel = network.cancel.child_token();
    let (sink, established, finished_by_client) = tokio::select! {
        () = cancel.cancelled() => return Ok(()),
        outcome = tokio::time::timeout(HANDSHAKE, handshake(network, sink, &mut frames)) => {
            outcome.map_err(|_| "the handshake took too long")??
        }
    };
    let Established { ciphers: Ciphers { mut receive, send }, client, payload } = established;
    let (link, out) = Link::new(cancel.clone());
    let link = Arc::new(link);
    let admission = Session::admit(network, &link, client, &payload).await;
    let device = admission.device();
    let gone = CancellationToken::new();
    let writer = Writer::new(network, device.clone(), sink, gone.clone(), send);
    // The writer outlives the reader by its last words only.
    let writing = network.tasks.spawn(writer.run(Arc::clone(&link), out));
    if finished_by_client {
        tokio::select! {
            () = link.cancel.cancelled() => {}
            () = tokio::time::sleep(FIRST_WORDS) => {}
        }
    }
    let mut session = admission.begin().await;
    let outcome = read(&mut frames, &mut receive, &mut session, &link).await;
    session.ended();
    if let Some(device) = device {
        detach(network, &device, &link);
    }
    link.cancel.cancel();
    tokio::select! {
        () = network.cancel.cancelled() => {}
        () = linger(&mut frames, writing, gone) => {}
    }
    outcome
}

/// Reads on, and drops what comes, until the client has gone. Closing a socket with bytes unread resets it, and a client that
/// is just writing would see the reset before our last words.
async fn linger(frames: &mut Frames, mut writing: JoinHandle<()>, gone: CancellationToken) {
    let drain = async {
        while matches!(frames.stream.next().await, Some(Ok(_))) {}
        gone.cancel();
    };
    tokio::pin!(drain);
    tokio::select! {
        () = &mut drain => {
            let _ = writing.await;
        }
        _ = &mut writing => {
            let _ = tokio::time::timeout(LINGER, drain).await;
        }
    }
}

/// Whose the last word was is told as well.
async fn handshake(
    network: &Network,
    mut sink: Sink,
    frames: &mut Frames,
) -> Result<(Sink, Established, bool), &'static str> {
    let hello = frames.next().await?.ok_or("closed before the handshake")?;
    let answer = noise::answer_hello(&hello, &frame::HEADER, &network.noise_identity()).map_err(|_| "bad hello")?;
    let (reply, pending) = match answer {
        noise::Answer::Continue(reply, pending) => (reply, Ok(pending)),
        noise::Answer::Done(reply, established) => (reply, Err(established)),
    };
    let mut bytes = Vec::with_capacity(reply.len() + 3);
    frame::write_frame(&mut bytes, &reply);
    sink.send(Message::Binary(bytes.into())).await.map_err(|_| "closed in the handshake")?;
    match pending {
        Err(established) => Ok((sink, established, false)),
        Ok(pending) => {
            let finish = frames.next().await?.ok_or("closed in the handshake")?;
            let established = pending.finish(&finish).map_err(|_| "bad finish")?;
            Ok((sink, established, true))
        }
    }
}

/// Answers stanzas one after another until the connection ends.
async fn read(
    frames: &mut Frames,
    receive: &mut Cipher,
    session: &mut Session,
    link: &Link,
) -> Result<(), &'static str> {
    loop {
        let frame = tokio::select! {
            biased;
            () = link.cancel.cancelled() => return Ok(()),
            frame = tokio::time::timeout(IDLE, frames.next()) => frame.map_err(|_| "silent for too long")??,
        };
        let Some(mut frame) = frame else { return Ok(()) };
        receive.decrypt(&mut frame).map_err(|_| "a frame cannot be decrypted")?;
        let plain = wacore_binary::util::unpack(&frame).map_err(|_| "a frame cannot be unpacked")?;
        let node = OwnedNodeRef::new(plain.into_owned()).map_err(|_| "a stanza cannot be decoded")?;
        tracing::trace!(from = ?session, node = ?node.get(), "in");
        way("in", &node.get().tag, |name| node.get().get_attr(name).map(|value| value.as_str().into_owned()));
        session.handle(node.get()).await.map_err(|error| {
            tracing::error!(%error, "a stanza was not served");
            "the state could not be written"
        })?;
    }
}

/// One line for each stanza, by which the way of a message can be followed through a log.
fn way(direction: &str, tag: &str, attribute: impl Fn(&str) -> Option<String>) {
    if tracing::enabled!(target: "ownline_simulator::way", tracing::Level::DEBUG) {
        let [id, kind, from, to, offline] = ["id", "type", "from", "to", "offline"].map(attribute);
        tracing::debug!(target: "ownline_simulator::way", direction, tag, id, kind, from, to, offline);
    }
}

/// Takes the link off its device, unless a newer one took its place.
fn detach(network: &Network, device: &Device, link: &Link) {
    let mut attachment = lock(&device.attachment);
    if matches!(&*attachment, Some(Attachment::Socket(current)) if current.id == link.id) {
        *attachment = None;
        drop(attachment);
        network.changed(crate::world::Change::Device {
            number: device.address.number.to_string(),
            device: device.address.device,
        });
    }
}
