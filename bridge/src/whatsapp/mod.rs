//! The WhatsApp session.

use tokio_util::sync::CancellationToken;

use crate::{config::Endpoint, session_port::SessionCommands, store::Store};

/// Runs the session until cancelled. Returns when all of its tasks have ended.
pub async fn run(store: Store, mut commands: SessionCommands, endpoint: Endpoint, cancel: CancellationToken) {
    let _ = (store, endpoint);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            command = commands.recv() => if command.is_none() { return },
        }
    }
}
