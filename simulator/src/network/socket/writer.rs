//! The writing half of a socket: answers, and what the device's queue holds, with the disturbances that are in force.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use futures_util::SinkExt as _;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent};

use super::super::account::{Device, lock};
use super::super::frame;
use super::super::link::{Link, Out};
use super::super::noise::Cipher;
use super::super::{Network, from_server};
use super::{IDLE, Sink, way};
use crate::world::FaultKind;

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
/// A stanza held back by `reorder` is let go when nothing overtakes it for so long.
const HELD: Duration = Duration::from_secs(2);

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

pub(super) struct Writer {
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
    pub(super) fn new(
        network: &Arc<Network>,
        device: Option<Arc<Device>>,
        sink: Sink,
        gone: CancellationToken,
        cipher: Cipher,
    ) -> Self {
        Self {
            network: Arc::clone(network),
            device,
            sink,
            gone,
            cipher,
            buffer: Vec::with_capacity(COALESCE),
            scratch: Vec::new(),
            phase: Phase::Passive,
            cursor: 0,
            held: None,
        }
    }

    pub(super) async fn run(mut self, link: Arc<Link>, mut out: mpsc::Receiver<Out>) {
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
