//! What the handlers share.

use std::{path::Path, sync::Arc};

use futures_util::future::BoxFuture;
use ownline_model::{ids::TenantId, time::UtcMillis};
use ownline_web::ApiError;
use tokio_util::sync::CancellationToken;

use crate::{
    accounts::{Accounts, Directory, Identity},
    clock::Clock,
    config::Config,
    desk::{Caller, Done, channel},
    media::Files,
    realtime::Hub,
    store::{Committed, Reader, Store, StoreError, Tx},
};

#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    accounts: Accounts,
    hub: Hub,
    files: Files,
    clock: Clock,
    behind_proxy: bool,
    stop: CancellationToken,
}

impl App {
    /// Opens the data folder (made where it is missing, private to this user).
    pub async fn open(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        make_private_folder(&config.data)?;
        let hub = Hub::default();
        let people = Arc::new(Directory::default());
        let on_commit = {
            let (hub, people) = (hub.clone(), Arc::clone(&people));
            Box::new(move |committed: &[Committed]| {
                people.follow(committed);
                hub.publish(committed);
            })
        };
        let store = Store::open(&config.data.join("ownline.db"), on_commit).await?;
        let accounts =
            Accounts::open(&config.data, store.clone(), hub.clone(), people, clock.clone(), config.lifetimes).await?;
        let files = Files::open(&config.data)?;
        let inner = Inner {
            store,
            accounts,
            hub,
            files,
            clock,
            behind_proxy: config.behind_proxy,
            stop: CancellationToken::new(),
        };
        Ok(Self(Arc::new(inner)))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    pub(crate) fn files(&self) -> &Files {
        &self.0.files
    }

    pub(crate) fn now(&self) -> UtcMillis {
        self.0.clock.now()
    }

    pub(crate) fn behind_proxy(&self) -> bool {
        self.0.behind_proxy
    }

    /// The first-run token, until there is an admin.
    pub fn setup_token(&self) -> Option<String> {
        self.0.accounts.setup_token()
    }

    pub(crate) fn stop_token(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Returns when the server ends.
    pub(crate) async fn stopping(&self) {
        self.0.stop.cancelled().await;
    }

    /// The person who acts, as the desk needs them.
    pub(crate) fn caller(&self, who: &Identity) -> Caller {
        let bridge_online = self.0.hub.bridge_is_online(who.tenant, who.agent.id);
        Caller { agent: who.agent.clone(), bridge_online }
    }

    /// Does one thing as this person, whole or not at all.
    pub(crate) async fn act<T, F>(&self, who: &Identity, operation: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, &'t Caller) -> BoxFuture<'t, Done<T>> + Send + 'static,
    {
        let caller = self.caller(who);
        let done = self
            .0
            .store
            .write(who.tenant, self.now(), move |tx| Box::pin(async move { operation(tx, &caller).await }))
            .await;
        Ok(done?)
    }

    /// What this person's team has, to be read.
    pub(crate) fn reader(&self, who: &Identity) -> Reader {
        self.0.store.reader(who.tenant)
    }

    /// Brings `owner_online` of a person's numbers to what the hub says at that moment, so that the last one to write is
    /// right however connections come and go.
    pub(crate) async fn settle_presence(&self, who: &Identity) {
        let (hub, tenant, agent) = (self.0.hub.clone(), who.tenant, who.agent.id);
        let done: Result<(), StoreError> = self
            .0
            .store
            .write(tenant, self.now(), move |tx| {
                Box::pin(async move { channel::presence(tx, agent, hub.bridge_is_online(tenant, agent)).await })
            })
            .await;
        match done {
            // At the end of the server everyone leaves; its next start begins with nobody there.
            Ok(()) | Err(StoreError::Closed) => {}
            Err(error) => tracing::error!(%error, "presence was not noted"),
        }
    }

    /// Nobody is connected to a server that has just started.
    pub(crate) async fn begin_alone(&self) -> Result<TenantId, StoreError> {
        let tenant = self.0.store.first_tenant().await?;
        self.0.store.write(tenant, self.now(), |tx| Box::pin(channel::all_offline(tx))).await?;
        Ok(tenant)
    }

    /// What is done from time to time, now.
    pub async fn run_jobs(&self) -> anyhow::Result<()> {
        let tenant = self.0.store.first_tenant().await?;
        crate::jobs::expire(self, tenant).await?;
        crate::jobs::purge(self, tenant).await?;
        crate::jobs::remove_files(self, tenant).await?;
        Ok(())
    }

    /// Ends sockets, finishes what is being written, closes the files.
    pub async fn close(&self) {
        self.0.stop.cancel();
        self.0.hub.end();
        self.0.store.close().await;
    }
}

pub(crate) fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
