//! Start and end of everything, in one place.

mod parts;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use ownline_model::{bridge::BridgeStatus, problem::ProblemCode};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
};
use tokio_util::sync::{CancellationToken, DropGuard};
use zeroize::Zeroizing;

use crate::{
    account::RemoteError,
    api::{
        serve,
        tokens::{Tokens, random_token},
    },
    config::{Config, KeySource},
    files,
    keys::{self, DatabaseKey, KeyError},
    safety::Rules,
    store::{Look, Store, StoreError, change::CustomerWrote},
};
use parts::{Lasting, Parts};

const NOTIFICATIONS: usize = 64;

const LOCK_FILE: &str = "bridge.lock";
const ADDRESS_FILE: &str = "bridge.json";
const TOKEN_FILE: &str = "bridge.token";

/// Why the bridge did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address was asked for explicitly and another program has it.
    #[error("the port {0} is in use by another program")]
    PortInUse(u16),
    #[error("only 127.0.0.1 can be served, not {0}")]
    NotLoopback(std::net::SocketAddr),
    /// Another bridge works on the same folder.
    #[error("another Ownline bridge is running on {}", .0.display())]
    AlreadyRunning(PathBuf),
    /// No keyring, or nothing in it for a store that exists. Nothing was touched.
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the data folder {}: {cause}", .path.display())]
    DataFolder { path: PathBuf, cause: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the API's port: {0}")]
    Listen(std::io::Error),
    #[error("no connection to a server is possible on this machine: {0}")]
    Tls(#[from] RemoteError),
}

impl StartError {
    /// The stable code, for programs.
    pub const fn code(&self) -> ProblemCode {
        match self {
            Self::PortInUse(_) => ProblemCode::PortInUse,
            Self::Key(_) => ProblemCode::StoreKeyMissing,
            Self::NotLoopback(_) => ProblemCode::InvalidRequest,
            Self::AlreadyRunning(_) | Self::DataFolder { .. } | Self::Store(_) | Self::Listen(_) | Self::Tls(_) => {
                ProblemCode::Unavailable
            }
        }
    }

    /// Whether another command line (rather than another try) helps.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Key(_) | Self::NotLoopback(_))
    }
}

/// What `bridge.json` says, from which a window, a test or a script finds the bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub url: String,
    pub pid: u32,
}

/// A running bridge's address and token, as found in its data folder. Prove the bridge with `POST /challenge` before
/// showing it the token.
pub fn discover(data: &Path) -> std::io::Result<(Address, Zeroizing<String>)> {
    let address = serde_json::from_reader(files::open_private(&data.join(ADDRESS_FILE))?)?;
    let token = std::io::read_to_string(files::open_private(&data.join(TOKEN_FILE))?)?;
    Ok((address, Zeroizing::new(token.trim().to_owned())))
}

/// The bridge, to be started.
#[derive(Debug)]
pub struct Bridge;

impl Bridge {
    /// Opens the store, serves the API, starts the WhatsApp session and sync. Must run inside a tokio runtime.
    pub async fn start(config: Config) -> Result<RunningBridge, StartError> {
        // Failing means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Config { data, listen, key, endpoint, sending } = config;
        let lock = take_folder(&data)?;
        let (key, opened) = open_store(data.clone(), key, sending).await?;
        let (store, current) = opened;
        let listener = serve::bind(listen).await?;
        let port = serve::address(&listener)?.port();
        let url = format!("http://127.0.0.1:{port}");
        let token = random_token();
        publish(&data, &url, &token).map_err(|cause| StartError::DataFolder { path: data.clone(), cause })?;

        let (status_sender, status) = watch::channel(current);
        let (notifications, _) = broadcast::channel(NOTIFICATIONS);
        let tokens = Arc::new(Tokens::new(token));
        let lasting = Lasting {
            data: data.clone(),
            key,
            sending,
            endpoint,
            listener: listener.into_std().map_err(StartError::Listen)?,
            port,
            url: url.clone().into(),
            tokens: Arc::clone(&tokens),
            status: status_sender,
            notifications: notifications.clone(),
        };
        let parts = Parts::start(&lasting, store)?;
        let cancel = CancellationToken::new();
        let keeping = tokio::spawn(parts::keep(lasting, parts, cancel.clone()));
        Ok(RunningBridge {
            url,
            tokens,
            data,
            status,
            notifications,
            keeping,
            cancel: cancel.drop_guard(),
            _lock: lock,
        })
    }
}

/// The folder, private, and no other bridge on it as long as the file is held.
fn take_folder(data: &Path) -> Result<File, StartError> {
    let failed = |cause| StartError::DataFolder { path: data.to_owned(), cause };
    files::private_folder(data).map_err(failed)?;
    let lock = files::open_lock(&data.join(LOCK_FILE)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::AlreadyRunning(data.to_owned())),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

async fn open_store(
    data: PathBuf,
    source: KeySource,
    sending: Rules,
) -> Result<(DatabaseKey, (Store, BridgeStatus)), StartError> {
    let folder = data.clone();
    let obtaining = tokio::task::spawn_blocking(move || keys::obtain(&folder, &source));
    let key = obtaining.await.map_err(|_| StoreError::Closed)??;
    let opened = parts::open(&data, &key, sending, Look::AsLeft).await?;
    Ok((key, opened))
}

fn publish(data: &Path, url: &str, token: &str) -> std::io::Result<()> {
    files::write_private(&data.join(TOKEN_FILE), token.as_bytes())?;
    let address = Address { url: url.to_owned(), pid: std::process::id() };
    files::write_private(&data.join(ADDRESS_FILE), &serde_json::to_vec(&address)?)
}

/// A bridge at work. Dropping it cancels the work; [`shutdown`](Self::shutdown) also waits for its end.
#[derive(Debug)]
pub struct RunningBridge {
    url: String,
    tokens: Arc<Tokens>,
    data: PathBuf,
    status: watch::Receiver<BridgeStatus>,
    notifications: broadcast::Sender<CustomerWrote>,
    keeping: JoinHandle<()>,
    cancel: DropGuard,
    _lock: File,
}

impl RunningBridge {
    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token of this launch. Never log it.
    pub fn token(&self) -> &str {
        self.tokens.launch()
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
        let (code, _) = self.tokens.offer_browser_code();
        format!("{}/#code={code}", self.url)
    }

    /// Ends everything in order, within 5 s.
    pub async fn shutdown(self) {
        self.cancel.disarm().cancel();
        if self.keeping.await.is_err() {
            tracing::error!("the bridge's work ended in a panic");
        }
        for file in [ADDRESS_FILE, TOKEN_FILE] {
            if let Err(error) = fs::remove_file(self.data.join(file)) {
                tracing::debug!(%error, file, "was not removed");
            }
        }
    }
}
