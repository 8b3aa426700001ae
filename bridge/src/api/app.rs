//! What handlers work with.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    account::Account,
    api::{attendance::Attendance, realtime::Watchers, tokens::Tokens},
    session_port::SessionPort,
    store::Store,
};

#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) session: SessionPort,
    pub(crate) account: Account,
    pub(crate) tokens: Arc<Tokens>,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: Arc<str>,
    pub(crate) port: u16,
    /// Which windows the agent sits before.
    pub(crate) attendance: Attendance,
    /// Which chats are on the screens.
    pub(crate) watchers: Watchers,
    /// Ends the sockets when the bridge ends.
    pub(crate) cancel: CancellationToken,
}

impl App {
    pub(crate) fn own_hosts(&self) -> [String; 2] {
        [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)]
    }
}
