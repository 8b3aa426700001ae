//! The WhatsApp session: the agent's own number, linked to this machine.
//!
//! ```text
//!            ┌ happenings ◄── the library's events, dial's attempts
//! commands ─► session (task) ── machine (pure) ──► store: state, code, account
//!            │   └ desk_news ── receipts, inbound (pure) ──► store: statuses, typing, people
//!            ├ hook ── inbound, content (pure) ──► store: messages, before WhatsApp is told
//!            │   └ placeholders ── what could not be decrypted, until its place in the chat is stored
//!            └ sender ── window, pace, outbound, refusal (pure) ◄─► store: what to send, what became of it
//! ```
//!
//! Nothing of the library leaves this folder.

mod arrivals;
mod asking;
mod catch_up;
mod commands;
mod confirming;
mod connection;
mod content;
mod copies;
mod desk_news;
mod device;
mod dial;
mod endpoint;
mod groups;
mod happenings;
mod history;
mod hook;
mod http;
mod identity;
mod inbound;
mod keys;
mod link_code;
mod machine;
mod media;
mod missed;
mod order;
mod outbound;
mod pace;
mod passkey;
mod phone_state;
mod pictures;
mod placeholders;
mod presence;
mod receipts;
mod recovered;
mod refusal;
mod repeating;
mod runtime;
mod sender;
mod session;
mod signals;
mod ticks;
mod time_lock;
mod unread;
mod window;

use tokio_util::sync::CancellationToken;

use crate::{config::Endpoint, session_port::SessionCommands, store::Store};

/// What of the library's log is worth an operator's time, as directives of a log filter. At `info` it tells names.
pub const LOG_FILTER: &str = "whatsapp_rust=warn,wacore=warn,Client=warn,AppState=warn,Bot=warn,MessageQueue=warn";

/// Runs the session until cancelled. Returns when all of its tasks have ended.
pub async fn run(store: Store, commands: SessionCommands, endpoint: Endpoint, cancel: CancellationToken) {
    match endpoint::Network::new(&endpoint) {
        Ok(network) => {
            let history = history::run(store.clone(), cancel.clone());
            tokio::join!(session::Session::new(store, network, cancel).run(commands), history);
        }
        // Only a machine without usable TLS comes here. The desk works on without WhatsApp.
        Err(error) => {
            tracing::error!(%error, "no WhatsApp session is possible on this machine");
            drop(commands);
            cancel.cancelled().await;
        }
    }
}
