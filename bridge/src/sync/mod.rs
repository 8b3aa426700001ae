//! Keeping the replica and the team's server alike: push what waits, pull what is new, and listen for the word that there
//! is more. Push and pull take turns in one task, never at once: what the journal says can then be told from what this
//! machine has just said.

mod backoff;
mod media;
mod pull;
mod push;
mod socket;

use ownline_model::{bridge::ServerLink, time::UtcMillis};
use tokio::sync::{Notify, broadcast::error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::{
    account::{Account, RemoteError},
    store::{Store, StoreError, change::Change},
    time::now,
};
use backoff::Backoff;

/// Pulled even if nobody said that there is more.
const AT_LEAST_EVERY: std::time::Duration = std::time::Duration::from_mins(1);

/// Runs until cancelled.
pub async fn run(store: Store, account: Account, cancel: CancellationToken) {
    let more = Notify::new();
    tokio::select! {
        () = cancel.cancelled() => {}
        () = exchange(&store, &account, &more) => {}
        () = socket::listen(&store, &account, &more) => {}
        () = media::run(&store, &account) => {}
    }
}

async fn exchange(store: &Store, account: &Account, more: &Notify) {
    let mut changes = store.changes();
    let mut backoff = Backoff::default();
    loop {
        let wait = match account.signed_in().await {
            Ok(signed_in) => {
                let url = signed_in.server;
                announce_attempt(store, &url);
                match turn(store, account).await {
                    Ok(()) => {
                        backoff = Backoff::default();
                        announce_in_sync(store, &url);
                        Wait::ForNews
                    }
                    Err(error) => give_up(store, &url, &error, &mut backoff),
                }
            }
            Err(RemoteError::Store(StoreError::Closed)) => return,
            Err(_) => {
                announce_signed_out(store).await;
                Wait::ForSignIn
            }
        };
        match wait {
            Wait::ForNews => {
                tokio::select! {
                    () = more.notified() => {}
                    () = tokio::time::sleep(AT_LEAST_EVERY) => {}
                    () = next(&mut changes, |change| matches!(change, Change::Outbox | Change::SignedIn)) => {}
                }
            }
            Wait::ForSignIn => next(&mut changes, |change| matches!(change, Change::SignedIn)).await,
            // Work that is added meanwhile does not shorten the wait; a new sign-in or a socket that connects does.
            Wait::Until(pause) => {
                tokio::select! {
                    () = more.notified() => {}
                    () = tokio::time::sleep(pause) => {}
                    () = next(&mut changes, |change| matches!(change, Change::SignedIn)) => {}
                }
            }
        }
    }
}

enum Wait {
    ForNews,
    ForSignIn,
    Until(std::time::Duration),
}

/// One push of everything that waits and one pull to the journal's end.
async fn turn(store: &Store, account: &Account) -> Result<(), RemoteError> {
    push::everything(store, account).await?;
    pull::everything(store, account).await
}

fn announce_attempt(store: &Store, url: &str) {
    let fresh = match &*store.server_link().borrow() {
        // A retry that works shows when it has worked.
        ServerLink::InSync { url: known, .. }
        | ServerLink::Offline { url: known, .. }
        | ServerLink::UpdateNeeded { url: known } => known != url,
        _ => true,
    };
    if fresh {
        store.set_server_link(ServerLink::Connecting { url: url.to_owned() });
    }
}

fn announce_in_sync(store: &Store, url: &str) {
    let already = matches!(&*store.server_link().borrow(), ServerLink::InSync { url: known, .. } if known == url);
    if !already {
        tracing::info!(server = url, "in sync with the server");
        store.set_server_link(ServerLink::InSync { url: url.to_owned(), since: now() });
    }
}

async fn announce_signed_out(store: &Store) {
    let link = match (store.me().await, store.last_server().await) {
        // The server ended the sign-in; the person did not.
        (Ok(Some(_)), Ok(Some(url))) => ServerLink::SignInNeeded { url },
        _ => ServerLink::SignedOut,
    };
    store.set_server_link(link);
}

fn give_up(store: &Store, url: &str, error: &RemoteError, backoff: &mut Backoff) -> Wait {
    let pause = backoff.next();
    let url = url.to_owned();
    match error {
        RemoteError::NotSignedIn | RemoteError::SignInNeeded => return Wait::ForSignIn,
        RemoteError::UpdateNeeded => {
            tracing::error!("this version is too old for the server; the outbox is kept");
            store.set_server_link(ServerLink::UpdateNeeded { url });
            return Wait::Until(backoff::LONG);
        }
        error => {
            tracing::warn!(%error, attempt = backoff.attempt(), "no sync with the server");
            let next_try_at = UtcMillis(now().0 + pause.as_millis() as i64);
            store.set_server_link(ServerLink::Offline { url, attempt: backoff.attempt(), next_try_at });
        }
    }
    Wait::Until(pause)
}

/// Waits for a change of a kind. Having missed some counts as one.
async fn next(changes: &mut tokio::sync::broadcast::Receiver<Change>, wanted: impl Fn(&Change) -> bool) {
    loop {
        match changes.recv().await {
            Ok(change) if wanted(&change) => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
