//! Listening, and keeping one program from taking the bridge away from the others: connections are capped, and one that has
//! not asked anything yet gives way to a newer one.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use crate::{config::Listen, lifecycle::StartError};

const CONNECTIONS_MAX: usize = 256;
const HEADERS_WITHIN: Duration = Duration::from_secs(15);

/// Binds the API's port. Only on this machine.
pub(crate) async fn bind(listen: Listen) -> Result<TcpListener, StartError> {
    match listen {
        Listen::Exactly(address) => {
            if address.ip() != Ipv4Addr::LOCALHOST {
                return Err(StartError::NotLoopback(address));
            }
            TcpListener::bind(address).await.map_err(|error| match error.kind() {
                io::ErrorKind::AddrInUse => StartError::PortInUse(address.port()),
                _ => StartError::Listen(error),
            })
        }
        Listen::Preferably(port) => match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Err(error) if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(StartError::Listen)?;
                let instead = listener.local_addr().map_err(StartError::Listen)?;
                tracing::warn!(port, %instead, "the port is taken by another program; listening on another one");
                Ok(listener)
            }
            bound => bound.map_err(StartError::Listen),
        },
    }
}

/// A connection, as far as making room is concerned.
#[derive(Debug)]
struct Guest {
    /// Has asked something.
    asked: AtomicBool,
    leave: CancellationToken,
}

#[derive(Debug, Clone, Default)]
struct Guests(Arc<Mutex<VecDeque<Arc<Guest>>>>);

impl Guests {
    /// `None` when the house is full of guests who have asked something.
    fn admit(&self, cancel: &CancellationToken) -> Option<Arc<Guest>> {
        let mut guests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if guests.len() >= CONNECTIONS_MAX {
            let silent = guests.iter().position(|guest| !guest.asked.load(Ordering::Relaxed))?;
            if let Some(guest) = guests.remove(silent) {
                guest.leave.cancel();
            }
        }
        let guest = Arc::new(Guest { asked: AtomicBool::new(false), leave: cancel.child_token() });
        guests.push_back(Arc::clone(&guest));
        Some(guest)
    }

    fn gone(&self, guest: &Arc<Guest>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, guest));
    }
}

/// Serves until cancelled; returns when every connection has ended.
pub(crate) async fn serve(listener: TcpListener, router: Router, cancel: CancellationToken) {
    let connections = TaskTracker::new();
    let guests = Guests::default();
    loop {
        let accepted = tokio::select! {
            () = cancel.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                if let Some(guest) = guests.admit(&cancel) {
                    let (router, guests) = (router.clone(), guests.clone());
                    connections.spawn(async move {
                        converse(stream, router, &guest).await;
                        guests.gone(&guest);
                    });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file descriptors, most likely: give the others time to end.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    connections.close();
    connections.wait().await;
}

async fn converse(stream: TcpStream, router: Router, guest: &Arc<Guest>) {
    let _ = stream.set_nodelay(true);
    let asked = Arc::clone(guest);
    let service = service_fn(move |request: Request<Incoming>| {
        asked.asked.store(true, Ordering::Relaxed);
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {}))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        result = connection.as_mut() => {
            if let Err(error) = result {
                tracing::debug!(%error, "a connection ended early");
            }
        }
        () = guest.leave.cancelled() => {
            // What is being answered is answered; nothing new is read.
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(Duration::from_secs(2), connection).await;
        }
    }
}

/// Where a listener listens.
pub(crate) fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(StartError::Listen)
}
