//! What works on one opening of the store. A store that turns out to be damaged is set aside, and everything begins anew on
//! an empty one, as if the damage had been seen at the start: same address, same token.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ownline_model::bridge::BridgeStatus;
use tokio::{
    net::TcpListener,
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::MissedTickBehavior,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::StartError;
use crate::{
    account::Account,
    api::{self, app::App, attendance::Attendance, realtime::Watchers, serve, tokens::Tokens},
    config::Endpoint,
    keys::DatabaseKey,
    safety::Rules,
    session_port::session_port,
    store::{
        Look, Store, StoreError,
        change::{Change, CustomerWrote},
    },
    sync, whatsapp,
};

/// How long the parts have to end by themselves.
const END_WITHIN: Duration = Duration::from_secs(4);
/// How often messages that waited too long are looked for.
const EXPIRE_EVERY: Duration = Duration::from_secs(30);
/// Many changes at once are one news for the tray.
const STATUS_PAUSE: Duration = Duration::from_millis(100);
/// Between two tries to begin anew.
const BEGIN_EVERY: Duration = Duration::from_secs(2);

/// What outlives an opening of the store.
pub(super) struct Lasting {
    pub(super) data: PathBuf,
    pub(super) key: DatabaseKey,
    pub(super) sending: Rules,
    pub(super) endpoint: Endpoint,
    /// Stays open: whoever asks while everything begins anew waits rather than fails.
    pub(super) listener: std::net::TcpListener,
    pub(super) port: u16,
    pub(super) url: Arc<str>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) status: watch::Sender<BridgeStatus>,
    pub(super) notifications: broadcast::Sender<CustomerWrote>,
}

/// Everything at work on the store.
pub(super) struct Parts {
    store: Store,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Parts {
    pub(super) fn start(lasting: &Lasting, store: Store) -> Result<Self, StartError> {
        let listener = lasting.listener.try_clone().and_then(TcpListener::from_std).map_err(StartError::Listen)?;
        let cancel = CancellationToken::new();
        let account = Account::new(store.clone())?;
        let (session, commands) = session_port();
        let app = App {
            store: store.clone(),
            session,
            account: account.clone(),
            tokens: Arc::clone(&lasting.tokens),
            url: Arc::clone(&lasting.url),
            port: lasting.port,
            attendance: Attendance::new(store.clone()),
            watchers: Watchers::new(store.clone()),
            cancel: cancel.clone(),
        };
        let tasks = TaskTracker::new();
        tasks.spawn(serve::serve(listener, api::router(app), cancel.clone()));
        tasks.spawn(whatsapp::run(store.clone(), commands, lasting.endpoint.clone(), cancel.clone()));
        tasks.spawn(sync::run(store.clone(), account, cancel.clone()));
        tasks.spawn(cancel.clone().run_until_cancelled_owned(tell(
            store.clone(),
            lasting.status.clone(),
            lasting.notifications.clone(),
        )));
        tasks.spawn(cancel.clone().run_until_cancelled_owned(expire(store.clone())));
        tasks.spawn(cancel.clone().run_until_cancelled_owned(store.clone().keep_files_tidy()));
        tasks.spawn(store.clone().look_through(cancel.clone()));
        tasks.close();
        Ok(Self { store, tasks, cancel })
    }

    async fn end(self) {
        self.cancel.cancel();
        if tokio::time::timeout(END_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end in time");
        }
        self.store.close().await;
    }
}

/// Until cancelled, whatever becomes of the store's file.
pub(super) async fn keep(lasting: Lasting, mut parts: Parts, cancel: CancellationToken) {
    loop {
        let damaged = cancel.run_until_cancelled(parts.store.damaged()).await.is_some();
        if !damaged {
            drop(lasting);
            return parts.end().await;
        }
        parts.end().await;
        parts = loop {
            match cancel.run_until_cancelled(begin_anew(&lasting)).await {
                None => return,
                Some(Ok(parts)) => break parts,
                Some(Err(error)) => {
                    tracing::error!(code = error.code().as_str(), %error, "the bridge could not begin anew");
                    if cancel.run_until_cancelled(tokio::time::sleep(BEGIN_EVERY)).await.is_none() {
                        return;
                    }
                }
            }
        };
    }
}

async fn begin_anew(lasting: &Lasting) -> Result<Parts, StartError> {
    let (store, current) = open(&lasting.data, &lasting.key, lasting.sending, Look::Through).await?;
    lasting.status.send_replace(current);
    Parts::start(lasting, store)
}

/// A store that answers. One that shows its damage at once is looked through and set aside.
pub(super) async fn open(
    data: &Path,
    key: &DatabaseKey,
    sending: Rules,
    look: Look,
) -> Result<(Store, BridgeStatus), StartError> {
    let mut look = look;
    loop {
        let (folder, with) = (data.to_owned(), key.clone());
        let opening = tokio::task::spawn_blocking(move || Store::open_with(&folder, &with, look));
        let store = opening.await.map_err(|_| StoreError::Closed)??;
        let ready = async {
            store.set_sending_rules(sending).await?;
            store.status().await
        };
        match ready.await {
            Ok(status) => return Ok((store, status)),
            Err(error) => {
                let damaged = store.is_damaged();
                store.close().await;
                if !damaged || look == Look::Through {
                    return Err(error.into());
                }
                look = Look::Through;
            }
        }
    }
}

/// Keeps the tray's view current and passes customers' messages on.
async fn tell(store: Store, status: watch::Sender<BridgeStatus>, notifications: broadcast::Sender<CustomerWrote>) {
    let mut changes = store.changes();
    loop {
        let mut stale = match changes.recv().await {
            Ok(change) => notify(&notifications, change),
            Err(RecvError::Lagged(_)) => true,
            Err(RecvError::Closed) => return,
        };
        // Whatever comes at once is told at once.
        while let Ok(change) = changes.try_recv() {
            stale |= notify(&notifications, change);
        }
        if !stale {
            continue;
        }
        match store.status().await {
            Ok(current) => {
                status.send_if_modified(|known| {
                    let differs = *known != current;
                    *known = current;
                    differs
                });
            }
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "the status could not be read"),
        }
        tokio::time::sleep(STATUS_PAUSE).await;
    }
}

/// Passes a customer's message on. Answers whether the status may be another one now.
fn notify(notifications: &broadcast::Sender<CustomerWrote>, change: Change) -> bool {
    match change {
        Change::CustomerWrote(wrote) => {
            // Nobody listening is fine.
            let _ = notifications.send(Arc::unwrap_or_clone(wrote));
            true
        }
        Change::CustomerTyping { .. } => false,
        _ => true,
    }
}

async fn expire(store: Store) {
    let mut tick = tokio::time::interval(EXPIRE_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match store.expire_due().await {
            Ok(()) => {}
            Err(StoreError::Closed) => return,
            Err(error) => tracing::warn!(%error, "messages that waited too long could not be marked"),
        }
    }
}
