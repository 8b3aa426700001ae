//! One WebSocket from its first byte to its last: handshake, a reader that answers stanzas in order, a writer that serves
//! answers and the device's queue.

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
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent, OwnedNodeRef};

use super::account::{Attachment, Device, lock};
use super::frame::{self, Framer};
use super::link::{Link, Out};
use super::noise::{self, Cipher, Ciphers, Established};
use super::session::Session;
use super::{Network, from_server};
use crate::world::FaultKind;

/// A handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// Clients ping every 15 to 30 seconds; one that is silent for so long is gone.
const IDLE: Duration = Duration::from_mins(3);
/// Real servers are never nearer than this. A client that wrote the last word of a handshake may still be putting its keys
/// together, and some lose what comes before they have.
const FIRST_WORDS: Duration = Duration::from_millis(50);
/// A client that does not ask for what it missed gets it all the same.
const UNASKED: Duration = Duration::from_secs(3);
/// As does one that asked once and takes the rest for granted.
const UNASKED_AGAIN: Duration = Duration::from_secs(2);
/// Stanzas taken from a queue at a time.
const PULL: usize = 128;
/// Bytes that go into one WebSocket message.
const COALESCE: usize = 48 * 1024;
/// A client that was told why it must go has so long to go by itself: one that is closed on may never read the reason.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// And so long to notice that it was closed on.
const LINGER: Duration = Duration::from_secs(2);
/// A stanza held back by `reorder` is let go when nothing overtakes it for so long.
const HELD: Duration = Duration::from_secs(2);

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
    let writer = Writer {
        network: Arc::clone(network),
        device: device.clone(),
        sink,
        gone: gone.clone(),
        cipher: send,
        buffer: Vec::with_capacity(COALESCE),
        scratch: Vec::new(),
        phase: Phase::Passive,
        cursor: 0,
        held: None,
    };
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

/// How far the device's queue is served.
enum Phase {
    /// Not yet: the client has not asked.
    Passive,
    /// What gathered while it was away, up to `end`.
    Offline {
        end: u64,
        total: usize,
        allowance: usize,
        unasked: Instant,
    },
    Live,
}

struct Writer {
    network: Arc<Network>,
    device: Option<Arc<Device>>,
    sink: Sink,
    /// The client has closed.
    gone: CancellationToken,
    cipher: Cipher,
    /// Encrypted frames that are not sent yet.
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    phase: Phase,
    /// Position of the last stanza sent from the queue.
    cursor: u64,
    /// A stanza that lets another overtake it.
    held: Option<(Node, Instant)>,
}

/// The connection is over.
struct Closed {
    /// The client was told so in a stanza.
    told_why: bool,
}

const BROKEN: Closed = Closed { told_why: false };

impl Writer {
    async fn run(mut self, link: Arc<Link>, mut out: mpsc::Receiver<Out>) {
        let told_why = matches!(self.serve(&link, &mut out).await, Err(Closed { told_why: true }));
        // Whatever ended it, the reader must not go on.
        link.cancel.cancel();
        if told_why {
            tokio::select! {
                () = self.gone.cancelled() => {}
                () = self.network.cancel.cancelled() => {}
                () = tokio::time::sleep(LAST_WORDS) => {}
            }
        }
        let _ = self.sink.send(Message::Close(None)).await;
    }

    async fn serve(&mut self, link: &Link, out: &mut mpsc::Receiver<Out>) -> Result<(), Closed> {
        let device = self.device.clone();
        loop {
            let due = self.next_deadline();
            let command = tokio::select! {
                biased;
                () = link.cancel.cancelled() => {
                    // What was handed over before the end is still said.
                    while let Ok(command) = out.try_recv() {
                        self.obey(command, link).await?;
                    }
                    return self.flush().await;
                }
                command = out.recv() => Some(command.ok_or(BROKEN)?),
                () = woken(device.as_deref()) => None,
                () = tokio::time::sleep_until(due) => None,
            };
            if let Some(command) = command {
                self.obey(command, link).await?;
                while let Ok(command) = out.try_recv() {
                    self.obey(command, link).await?;
                }
            }
            self.pump().await?;
            self.release_held().await?;
            self.flush().await?;
        }
    }

    fn next_deadline(&self) -> Instant {
        let far = Instant::now() + IDLE;
        let offline = match self.phase {
            Phase::Offline { unasked, allowance: 0, .. } => unasked,
            _ => far,
        };
        let held = self.held.as_ref().map_or(far, |(_, until)| *until);
        offline.min(held)
    }

    async fn obey(&mut self, command: Out, link: &Link) -> Result<(), Closed> {
        match command {
            Out::Node(node) => self.send(&node, false).await,
            Out::Activate => {
                link.set_active();
                self.activate().await
            }
            Out::OfflineBatch(count) => {
                if let Phase::Offline { allowance, .. } = &mut self.phase {
                    *allowance = allowance.saturating_add(count);
                }
                Ok(())
            }
            Out::End(last) => {
                for node in &last {
                    self.write(node).await?;
                }
                self.flush().await?;
                Err(Closed { told_why: !last.is_empty() })
            }
        }
    }

    async fn activate(&mut self) -> Result<(), Closed> {
        let (Phase::Passive, Some(device)) = (&self.phase, &self.device) else { return Ok(()) };
        let (counts, end) = {
            let queue = lock(&device.queue);
            (queue.counts(), queue.last())
        };
        let total = counts.total();
        if total == 0 {
            self.phase = Phase::Live;
            return self.write(&offline_end(0)).await;
        }
        self.phase = Phase::Offline { end, total, allowance: 0, unasked: Instant::now() + UNASKED };
        let preview = NodeBuilder::new("offline_preview")
            .attr("count", total)
            .attr("message", counts.messages)
            .attr("notification", counts.notifications)
            .attr("receipt", counts.receipts)
            .attr("appdata", 0)
            .attr("call", 0)
            .build();
        self.write(&from_server("ib").children([preview]).build()).await
    }

    /// Sends from the queue what may be sent now.
    async fn pump(&mut self) -> Result<(), Closed> {
        let Some(device) = self.device.clone() else { return Ok(()) };
        loop {
            let (end, limit, offline) = match &mut self.phase {
                Phase::Passive => return Ok(()),
                Phase::Live => (u64::MAX, PULL, false),
                Phase::Offline { allowance, unasked, .. } if *allowance == 0 && *unasked <= Instant::now() => {
                    *allowance = usize::MAX;
                    continue;
                }
                Phase::Offline { end, allowance, .. } => (*end, (*allowance).min(PULL), true),
            };
            let batch = lock(&device.queue).after(self.cursor, end, limit.max(1));
            let Some((last, _)) = batch.last() else {
                let Phase::Offline { end, total, .. } = self.phase else { return Ok(()) };
                self.cursor = self.cursor.max(end);
                self.phase = Phase::Live;
                self.write(&offline_end(total)).await?;
                continue;
            };
            if limit == 0 {
                // There is more, but it was not asked for yet.
                return Ok(());
            }
            self.cursor = *last;
            if let Phase::Offline { allowance, unasked, .. } = &mut self.phase {
                *allowance -= batch.len();
                *unasked = Instant::now() + UNASKED_AGAIN;
            }
            for (_, node) in &batch {
                if offline {
                    let mut node = Node::clone(node);
                    node.attrs.push("offline", "1");
                    self.send(&node, true).await?;
                } else {
                    self.send(node, true).await?;
                }
            }
        }
    }

    /// Sends a stanza, unless a fault has other plans for it.
    async fn send(&mut self, node: &Node, queued: bool) -> Result<(), Closed> {
        let Some(device) = &self.device else { return self.write(node).await };
        let encrypted = queued && node.get_optional_child("enc").is_some();
        let Some(fault) = self.network.faults.outgoing(device.address, &node.tag, encrypted) else {
            self.write(node).await?;
            if queued && let Some((held, _)) = self.held.take() {
                self.write(&held).await?;
            }
            return Ok(());
        };
        tracing::info!(device = %device.address.jid(), ?fault, tag = %node.tag, "fault");
        match fault {
            FaultKind::Drop => Ok(()),
            FaultKind::Delay { ms } => {
                self.flush().await?;
                tokio::time::sleep(Duration::from_millis(ms)).await;
                self.write(node).await
            }
            FaultKind::Duplicate => {
                self.write(node).await?;
                self.write(node).await
            }
            FaultKind::Reorder => {
                if let Some((held, _)) = self.held.replace((node.clone(), Instant::now() + HELD)) {
                    self.write(&held).await?;
                }
                Ok(())
            }
            FaultKind::Corrupt => {
                let mut node = node.clone();
                corrupt(&mut node);
                self.write(&node).await
            }
            FaultKind::Cut => Err(BROKEN),
            _ => self.write(node).await,
        }
    }

    async fn release_held(&mut self) -> Result<(), Closed> {
        if self.held.as_ref().is_some_and(|(_, until)| *until <= Instant::now())
            && let Some((held, _)) = self.held.take()
        {
            self.write(&held).await?;
        }
        Ok(())
    }

    /// Encrypts a stanza into the buffer.
    async fn write(&mut self, node: &Node) -> Result<(), Closed> {
        tracing::trace!(?node, "out");
        way("out", &node.tag, |name| node.attrs.get(name).map(|value| value.as_str().into_owned()));
        self.scratch.clear();
        if let Err(error) = wacore_binary::marshal::marshal_to_vec(node, &mut self.scratch) {
            tracing::error!(%error, tag = %node.tag, "a stanza cannot be encoded");
            return Ok(());
        }
        self.cipher.encrypt(&mut self.scratch).map_err(|_| BROKEN)?;
        if self.scratch.len() > frame::MAX_FRAME {
            return Err(BROKEN);
        }
        frame::write_frame(&mut self.buffer, &self.scratch);
        if self.buffer.len() >= COALESCE {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Closed> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::replace(&mut self.buffer, Vec::with_capacity(COALESCE));
        self.sink.send(Message::Binary(bytes.into())).await.map_err(|_| BROKEN)
    }
}

async fn woken(device: Option<&Device>) {
    match device {
        Some(device) => device.wake.notified().await,
        None => std::future::pending().await,
    }
}

fn offline_end(total: usize) -> Node {
    from_server("ib").children([NodeBuilder::new("offline").attr("count", total).build()]).build()
}

/// Spoils the ciphertext so that its MAC is wrong while its structure stays whole: in a Signal message the MAC comes last,
/// in a prekey message a few bytes of identifiers follow it.
fn corrupt(node: &mut Node) {
    let Some(NodeContent::Nodes(children)) = &mut node.content else { return };
    for child in children.iter_mut().filter(|child| child.tag == "enc") {
        let from_end = if child.attrs.get("type").is_some_and(|kind| kind == "pkmsg") { 12 } else { 2 };
        if let Some(NodeContent::Bytes(bytes)) = &mut child.content
            && let Some(index) = bytes.len().checked_sub(from_end)
        {
            bytes[index] ^= 0xff;
        }
    }
}
