//! The network's end of one socket, as the rest of the network sees it: a way to send to it and to end it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wacore_binary::Node;

/// Stanzas that wait for a slow reader before the sender waits too.
const BACKLOG: usize = 1024;

/// What the writer of a socket is told.
#[derive(Debug)]
pub enum Out {
    Node(Node),
    /// The client is active: announce and send what it missed, then what comes.
    Activate,
    /// The client takes so many more of what it missed.
    OfflineBatch(usize),
    /// Send these, then close.
    End(Vec<Node>),
}

#[derive(Debug)]
pub struct Link {
    pub id: u64,
    out: mpsc::Sender<Out>,
    pub cancel: CancellationToken,
    /// `<presence type=available>`.
    available: AtomicBool,
    /// The client has asked to be served and the writer delivers the queue.
    active: AtomicBool,
}

impl Link {
    pub fn new(cancel: CancellationToken) -> (Self, mpsc::Receiver<Out>) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let (out, receiver) = mpsc::channel(BACKLOG);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let link = Self { id, out, cancel, available: AtomicBool::new(false), active: AtomicBool::new(false) };
        (link, receiver)
    }

    /// Waits while the writer is behind. False when the connection has ended.
    pub async fn send(&self, node: Node) -> bool {
        self.out.send(Out::Node(node)).await.is_ok()
    }

    /// For stanzas that may be lost.
    pub fn try_send(&self, node: Node) -> bool {
        self.out.try_send(Out::Node(node)).is_ok()
    }

    pub async fn command(&self, out: Out) -> bool {
        self.out.send(out).await.is_ok()
    }

    /// Sends the last stanzas and closes. A writer that is stuck is cut off.
    pub fn end(&self, last: Vec<Node>) {
        if self.out.try_send(Out::End(last)).is_err() {
            self.cancel.cancel();
        }
    }

    pub fn set_available(&self, available: bool) {
        self.available.store(available, Ordering::Relaxed);
    }

    pub fn is_available(&self) -> bool {
        self.available.load(Ordering::Relaxed)
    }

    pub fn set_active(&self) {
        self.active.store(true, Ordering::Relaxed);
    }

    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }
}
