//! One run of the library's client: from the opened device to its end, with everything that it started.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use whatsapp_rust::{
    Client, ClientBuilderError, NodeFilter, RawNodeLease,
    wacore::{runtime::Runtime as _, types::events::Subscription},
};

use super::{
    catch_up::CatchUp,
    confirming::{Told, receipts},
    device::Device,
    dial::Dial,
    endpoint::{Network, Version},
    happenings::{Gate, Happening, Happenings, Reporter, happenings},
    hook::StoreFirst,
    inbound::Own,
    placeholders::Placeholders,
    repeating::Wishes,
    runtime::OwnedRuntime,
};
use crate::store::Store;

/// How long the library may take to hand over what it still holds. A stop of the whole program has 5 s.
const GOODBYE_WITHIN: Duration = Duration::from_millis(2_500);
const TASKS_WITHIN: Duration = Duration::from_millis(500);
const LOGOUT_WITHIN: Duration = Duration::from_secs(3);
/// How often the library writes what changes slowly; keys are written at once.
const SAVE_EVERY: Duration = Duration::from_secs(30);

pub(super) struct Connection {
    client: Arc<Client>,
    device: Device,
    runtime: OwnedRuntime,
    happenings: Happenings,
    reporter: Reporter,
    keeper: Option<Keeper>,
    _subscriptions: [Subscription; 2],
    _stanzas: RawNodeLease,
}

/// The task that stores receipts.
struct Keeper {
    task: JoinHandle<()>,
    end: DropGuard,
}

impl Keeper {
    fn start(told: Told, store: Store, device: &Device) -> Self {
        let (manager, end) = (device.manager(), CancellationToken::new());
        let own = move || {
            let device = manager.get_device_snapshot();
            Own { pn: device.pn.clone(), lid: device.lid.clone() }
        };
        let task = tokio::spawn(told.keep(store, own, end.clone()));
        Self { task, end: end.drop_guard() }
    }

    /// Waits until everything that has come is stored.
    async fn end(self) {
        drop(self.end);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that stores receipts has failed");
        }
    }
}

impl Connection {
    /// Builds the client and lets it run: it connects, and connects again, by itself. Without a store nothing that arrives is
    /// kept: for a device that only says goodbye.
    pub(super) async fn open(
        device: Device,
        network: &Network,
        version: Version,
        keeps: Option<&Store>,
    ) -> Result<Self, ClientBuilderError> {
        let placeholders = keeps.map_or_else(Placeholders::default, |store| Placeholders::noted_in(store.clone()));
        placeholders.go_on().await;
        let (receipts, told) = receipts();
        let (reporter, happenings) = happenings(placeholders, receipts);
        let runtime = OwnedRuntime::default();
        let builder = Client::builder()
            .with_runtime(runtime.clone())
            .with_persistence_manager(device.manager())
            .with_transport_factory(Dial::new(network.transport(), reporter.clone()))
            .with_http_client_arc(network.http())
            .with_version_override(version)
            .with_skip_history_sync(keeps.is_none())
            .with_background_saver_interval(SAVE_EVERY);
        let builder = match keeps {
            Some(store) => {
                let hook = StoreFirst::new(store.clone(), reporter.clone(), device.missed());
                builder.with_inbound_durability_hook(hook)
            }
            None => builder,
        };
        let client = builder.build().await?.into_client();
        let keeper = keeps.map(|store| Keeper::start(told, store.clone(), &device));
        let catch_up = CatchUp::new(Arc::downgrade(&client), runtime.clone());
        let subscriptions =
            [client.subscribe_handler(Arc::new(reporter.clone())), client.subscribe_handler(Arc::new(catch_up))];
        let stanzas = client.acquire_raw_node_forwarding();
        runtime.spawn_detached(Box::pin(hear_ends(Arc::downgrade(&client), reporter.clone())));
        runtime.spawn_detached(Box::pin(run_to_its_end(Arc::clone(&client), reporter.clone())));
        Ok(Self {
            client,
            device,
            runtime,
            happenings,
            reporter,
            keeper,
            _subscriptions: subscriptions,
            _stanzas: stanzas,
        })
    }

    pub(super) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    pub(super) fn placeholders(&self) -> Placeholders {
        self.reporter.placeholders()
    }

    /// What customers' devices ask for again.
    pub(super) fn wishes(&self) -> Wishes {
        self.reporter.wishes()
    }

    /// The number is the agent's: what arrives is kept.
    pub(super) fn let_in(&self) {
        self.reporter.decide(Gate::Open);
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// `None` is never the first news of an end: [`Happening::RunEnded`] comes before it.
    pub(super) async fn next(&mut self) -> Option<Happening> {
        self.happenings.next().await
    }

    pub(super) fn ready(&mut self) -> Option<Happening> {
        self.happenings.ready()
    }

    /// Takes this device off the account's list, as far as WhatsApp can be reached.
    pub(super) async fn log_out(&self) -> bool {
        let told = tokio::time::timeout(LOGOUT_WITHIN, self.client.logout()).await;
        if told.is_err() {
            tracing::warn!("WhatsApp did not confirm that this device is unlinked");
        }
        told.is_ok()
    }

    /// Says goodbye, writes what is in memory, and waits until every task has ended. What happened meanwhile and has not been
    /// looked at yet comes back.
    pub(super) async fn close(mut self) -> Vec<Happening> {
        self.reporter.decide(Gate::Shut);
        if tokio::time::timeout(GOODBYE_WITHIN, self.client.disconnect()).await.is_err() {
            tracing::warn!("the WhatsApp connection did not close in time");
        }
        if let Err(error) = self.device.save().await {
            tracing::error!(%error, "the device's keys could not be written");
        }
        drop((self.client, self.reporter));
        self.runtime.end(TASKS_WITHIN).await;
        if let Some(keeper) = self.keeper {
            keeper.end().await;
        }
        let mut left = vec![];
        while let Some(happening) = self.happenings.ready() {
            left.push(happening);
        }
        left
    }
}

/// The library keeps to itself why a stream ends that it opens again.
async fn hear_ends(client: Weak<Client>, reporter: Reporter) {
    loop {
        let Some(ended) = client.upgrade().map(|client| client.wait_for_node(NodeFilter::tag("stream:error"))) else {
            return;
        };
        let Ok(node) = ended.await else { return };
        let code = node.get().get_attr("code").and_then(|code| code.as_str().parse().ok());
        if let Some(code) = code {
            reporter.report(Happening::StreamEnded { code });
        }
    }
}

async fn run_to_its_end(client: Arc<Client>, reporter: Reporter) {
    client.run().await;
    reporter.report(Happening::RunEnded);
}
