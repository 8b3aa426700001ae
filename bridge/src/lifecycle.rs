//! Start and end of everything, in one place.

use std::path::PathBuf;

use ownline_model::{bridge::BridgeStatus, problem::ProblemCode};
use tokio::sync::{broadcast, watch};

use crate::{
    config::Config,
    store::{StoreError, change::CustomerWrote},
};

/// Why the bridge did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address was asked for explicitly and another program has it.
    #[error("the port {0} is in use by another program")]
    PortInUse(u16),
    #[error("only addresses of this machine (127.0.0.1) can be served, not {0}")]
    NotLoopback(std::net::SocketAddr),
    /// Another bridge works on the same folder.
    #[error("another Ownline bridge is running on {0}")]
    AlreadyRunning(PathBuf),
    /// No keyring, or nothing in it for a store that exists. Nothing was touched.
    #[error("{0}")]
    Key(String),
    #[error("the data folder {path}: {cause}")]
    DataFolder { path: PathBuf, cause: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Listen(std::io::Error),
}

impl StartError {
    /// The stable code, for programs.
    pub const fn code(&self) -> ProblemCode {
        match self {
            Self::PortInUse(_) => ProblemCode::PortInUse,
            Self::Key(_) => ProblemCode::StoreKeyMissing,
            Self::NotLoopback(_) => ProblemCode::InvalidRequest,
            Self::AlreadyRunning(_) | Self::DataFolder { .. } | Self::Store(_) | Self::Listen(_) => ProblemCode::Unavailable,
        }
    }
}

/// The bridge, to be started.
#[derive(Debug)]
pub struct Bridge;

impl Bridge {
    /// Opens the store, serves the API, starts the WhatsApp session and sync. Must run inside a tokio runtime.
    pub async fn start(config: Config) -> Result<RunningBridge, StartError> {
        let _ = config;
        Err(StartError::Store(StoreError::Closed))
    }
}

/// A bridge at work. Dropping it cancels the work; [`shutdown`](Self::shutdown) also waits for its end.
#[derive(Debug)]
pub struct RunningBridge {
    url: String,
    token: zeroize::Zeroizing<String>,
    status: watch::Receiver<BridgeStatus>,
    notifications: broadcast::Sender<CustomerWrote>,
}

impl RunningBridge {
    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token of this launch. Never log it.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The bridge's state, current and as it changes: for the tray and the badge.
    pub fn status(&self) -> watch::Receiver<BridgeStatus> {
        self.status.clone()
    }

    /// New messages of customers, for notifications. A receiver that lags loses the oldest.
    pub fn notifications(&self) -> broadcast::Receiver<CustomerWrote> {
        self.notifications.subscribe()
    }

    /// A one-time address (`http://127.0.0.1:PORT/#code=…`) that signs a window or browser in without showing the token.
    pub fn browser_link(&self) -> String {
        String::new()
    }

    /// Ends everything in order, within 5 s.
    pub async fn shutdown(self) {}
}
