//! The task around the state machine: takes commands and what the connection reports, opens and closes connections, and shows
//! the state. Everything that it starts ends before it does.

mod confirm;
mod linking;
mod orders;
mod reports;

use std::time::Duration;

use ownline_model::{session::SessionState, time::UtcMillis};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    asking,
    connection::Connection,
    desk_news,
    device::{self, DeviceError, DeviceFile},
    endpoint::{Network, Version},
    groups,
    happenings::Happening,
    hook,
    link_code::ByNumber,
    machine::{Machine, Signal},
    media, pictures, presence, repeating,
    sender::{self, ServerAnswer},
    ticks,
};
use crate::{
    session_port::SessionCommands,
    store::{Store, inbound::LinkedAccount},
    time::now,
};

/// A session that was ended from outside, as JSON: it must stay so over a restart.
const HELD_KEY: &str = "whatsapp.held";
/// How long an attempt to link may go without a code.
const CODE_WITHIN: Duration = Duration::from_secs(45);
/// Pauses before WhatsApp is asked again for messages that could not be stored.
const STORE_PAUSE: Duration = Duration::from_secs(5);
const STORE_PAUSE_MAX: Duration = Duration::from_mins(5);
/// A device that cannot be read now (a locked file) is tried again.
const DEVICE_PAUSE_MS: i64 = 30_000;

pub(super) struct Session {
    store: Store,
    network: Network,
    file: DeviceFile,
    machine: Machine,
    live: Option<Live>,
    /// Whether the file holds a device that WhatsApp knows.
    registered: bool,
    /// The platform of the phone, told only while pairing.
    platform: Option<String>,
    account: Option<LinkedAccount>,
    /// The attempt to link by a code to type, while there is one.
    by_number: Option<ByNumber>,
    /// What was last kept under [`HELD_KEY`].
    held: Option<SessionState>,
    /// What this connection presented to WhatsApp.
    version: Option<Version>,
    cancel: CancellationToken,
    online: watch::Sender<Option<u64>>,
    connections: u64,
    code_due: Option<Instant>,
    redeliver_at: Option<Instant>,
    store_pause: Duration,
}

/// An open connection, and what works on it: the sender and the requests under way.
struct Live {
    connection: Connection,
    answers: mpsc::Sender<ServerAnswer>,
    end: CancellationToken,
    tasks: TaskTracker,
}

impl Live {
    /// Runs something that ends with the connection.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        self.tasks.spawn(async move {
            end.run_until_cancelled(work).await;
        });
    }
}

impl Session {
    pub(super) fn new(store: Store, network: Network, cancel: CancellationToken) -> Self {
        let file = DeviceFile::new(store.clone());
        Self {
            store,
            network,
            file,
            machine: Machine::new(SessionState::UNLINKED),
            live: None,
            registered: false,
            platform: None,
            account: None,
            by_number: None,
            held: None,
            version: None,
            cancel,
            online: watch::Sender::new(None),
            connections: 0,
            code_due: None,
            redeliver_at: None,
            store_pause: STORE_PAUSE,
        }
    }

    pub(super) async fn run(mut self, mut commands: SessionCommands) {
        let cancel = self.cancel.clone();
        self.begin().await;
        loop {
            let moment = self.next_moment();
            tokio::select! {
                () = cancel.cancelled() => break,
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => break,
                },
                happening = next_of(&mut self.live) => self.happened(happening).await,
                () = until(moment) => self.moment_came().await,
            }
        }
        self.close().await;
    }

    /// Takes up where the last run ended.
    async fn begin(&mut self) {
        self.account = self.store.linked().await.ok().flatten();
        self.platform = self.account.as_ref().and_then(|account| account.platform.clone());
        let held = self.store.value(HELD_KEY).await.ok().flatten();
        let held: Option<SessionState> = held.and_then(|json| serde_json::from_str(&json).ok());
        self.held.clone_from(&held);
        if let Some(SessionState::LoggedOut { .. }) = &held {
            // The machine may have stopped between the logout and forgetting the keys.
            self.forget_device().await;
        }
        self.registered = self.file.exists() && self.is_registered().await;
        if self.registered && matches!(self.machine.state(), SessionState::ConfirmNumber { .. }) {
            return self.show().await;
        }
        if !self.registered && self.account.is_some() {
            // The keys are gone, by whatever hand: what they were linked to is no longer linked.
            self.forget_account().await;
        }
        match held {
            Some(state @ SessionState::LoggedOut { .. }) => self.machine = Machine::new(state),
            Some(state) if self.registered => {
                self.machine = Machine::new(state);
                if self.machine.wakes_at().is_some_and(|until| until <= now()) {
                    self.connect().await;
                }
            }
            _ if self.registered => self.connect().await,
            _ => {}
        }
        self.show().await;
    }

    async fn is_registered(&mut self) -> bool {
        match self.file.open().await {
            Ok(device) => {
                if let (None, Some(account)) = (&self.account, device.account()) {
                    // The machine stopped between pairing and noting the account.
                    match self.other_number(&account.phone).await {
                        Some(other) => {
                            self.machine.on(Signal::LinkAsked { by_number: false }, now());
                            self.machine.on(other, now());
                        }
                        None => self.note_account(account, false).await,
                    }
                }
                device.is_registered()
            }
            Err(error) => {
                self.device_failed(&error).await;
                // A file that cannot be read now still holds a device.
                matches!(error, DeviceError::Unreadable(_))
            }
        }
    }

    // Opening and closing.

    /// Connects a linked device.
    async fn connect(&mut self) {
        self.machine.on(Signal::Started, now());
        self.open().await;
    }

    async fn open(&mut self) {
        self.close().await;
        let device = match self.file.open().await {
            Ok(device) => device,
            Err(error) => return self.device_failed(&error).await,
        };
        let agent = self.store.me().await.ok().flatten();
        let name = agent.as_ref().map(|agent| agent.name.as_str());
        device.introduce(device::stand_in_name(self.account.as_ref(), name)).await;
        let asked = self.network.version(&self.store, device.built_in_version());
        let Some(version) = self.cancel.run_until_cancelled(asked).await else { return };
        self.version = Some(version);
        match Connection::open(device, &self.network, version, Some(&self.store)).await {
            Ok(connection) => {
                let (sender, answers) =
                    sender::sender(self.store.clone(), connection.client(), self.online.subscribe());
                let (end, tasks) = (CancellationToken::new(), TaskTracker::new());
                tasks.spawn(sender.run(end.clone()));
                let (client, online) = (connection.client(), self.online.subscribe());
                let presence = presence::keep(client, self.store.clone(), online);
                tasks.spawn(end.clone().run_until_cancelled_owned(presence));
                let (client, online) = (connection.client(), self.online.subscribe());
                let ticks = ticks::keep(client, self.store.clone(), online);
                tasks.spawn(end.clone().run_until_cancelled_owned(ticks));
                let (client, online) = (connection.client(), self.online.subscribe());
                let groups = groups::keep(client, self.store.clone(), online);
                tasks.spawn(end.clone().run_until_cancelled_owned(groups));
                let files =
                    media::run(self.store.clone(), connection.client(), self.network.http(), self.online.subscribe());
                let faces = pictures::run(
                    self.store.clone(),
                    connection.client(),
                    self.network.http(),
                    self.online.subscribe(),
                );
                let missed = connection.device().missed();
                let asking = asking::run(connection.client(), self.store.clone(), self.online.subscribe(), missed);
                let wishes = connection.wishes();
                let repeating =
                    repeating::run(connection.client(), self.store.clone(), self.online.subscribe(), wishes);
                let live = Live { connection, answers, end, tasks };
                live.spawn(asking);
                live.spawn(repeating);
                live.spawn(files);
                live.spawn(faces);
                self.live = Some(live);
            }
            Err(error) => self.device_failed(&DeviceError::Unreadable(error.to_string())).await,
        }
    }

    async fn device_failed(&mut self, error: &DeviceError) {
        tracing::error!(%error, "the device's keys cannot be used");
        match error {
            DeviceError::Damaged => {
                if let Err(error) = self.file.set_aside().await {
                    tracing::error!(%error, "the damaged file could not be set aside");
                }
                self.registered = false;
                self.machine.on(Signal::KeysDamaged, now());
            }
            DeviceError::Unreadable(_) => {
                let next_try_at = now().plus_millis(DEVICE_PAUSE_MS);
                self.machine = Machine::new(SessionState::Reconnecting { attempt: 1, next_try_at, reason: None });
            }
        }
    }

    /// Ends the connection; what it had still reported about messages is looked at, what about the session is not: the state
    /// is decided already.
    async fn close(&mut self) {
        let Some(live) = self.live.take() else { return };
        self.online.send_replace(None);
        self.code_due = None;
        self.redeliver_at = None;
        live.end.cancel();
        live.tasks.close();
        live.tasks.wait().await;
        let (client, placeholders) = (live.connection.client(), live.connection.placeholders());
        let left = live.connection.close().await;
        // Those that wait for what is ahead of them are noted, and wait for the next connection.
        hook::store_gaps(&self.store, &client, &placeholders, placeholders.take().await).await;
        let news = desk_news::gather(&client, &left);
        desk_news::tell(&self.store, news, None).await;
    }

    async fn forget_device(&mut self) {
        self.registered = false;
        if let Err(error) = self.file.forget().await {
            tracing::error!(%error, "the keys of the unlinked device could not be removed");
        }
        self.forget_account().await;
    }

    async fn forget_account(&mut self) {
        self.platform = None;
        if self.account.take().is_some()
            && let Err(error) = self.store.clear_linked().await
        {
            tracing::error!(%error, "the unlinked account could not be cleared");
        }
    }

    // Time.

    fn next_moment(&self) -> Option<Instant> {
        let reopen = self.machine.wakes_at().filter(|_| self.live.is_none()).map(instant);
        let over = self.machine.time_is_over_at().map(instant);
        [self.code_due, self.redeliver_at, reopen, over].into_iter().flatten().min()
    }

    async fn moment_came(&mut self) {
        let moment = Instant::now();
        if self.code_due.is_some_and(|due| due <= moment) {
            self.code_due = None;
            let effect = self.machine.on(Signal::NoCodeCame, now());
            self.carry_out(effect).await;
        }
        if self.machine.time_is_over_at().is_some_and(|at| at <= now()) {
            let effect = self.machine.on(Signal::TimeIsOver, now());
            self.carry_out(effect).await;
        }
        if self.redeliver_at.is_some_and(|at| at <= moment) {
            self.redeliver_at = None;
            if let Some(live) = &self.live {
                let client = live.connection.client();
                live.spawn(async move { client.reconnect_immediately().await });
            }
        }
        if self.live.is_none() && self.machine.wakes_at().is_some_and(|at| at <= now()) {
            self.connect().await;
        }
        self.show().await;
    }

    // What others see.

    /// Shows the state, withdraws a code that is no longer good, and keeps what must outlive a restart.
    async fn show(&mut self) {
        let state = self.machine.state().clone();
        self.withdraw(&state);
        let held = self.machine.is_held().then(|| state.clone());
        if held != self.held {
            let json = held.as_ref().and_then(|state| serde_json::to_string(state).ok());
            match self.store.set_value(HELD_KEY, json).await {
                Ok(()) => self.held = held,
                Err(error) => tracing::error!(%error, "the session's state could not be kept"),
            }
        }
        if *self.store.session().borrow() != state
            && let Err(error) = self.store.set_session(state).await
        {
            tracing::error!(%error, "the session's state could not be shown");
        }
    }
}

async fn next_of(live: &mut Option<Live>) -> Option<Happening> {
    match live {
        Some(live) => live.connection.next().await,
        None => std::future::pending().await,
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn instant(at: UtcMillis) -> Instant {
    Instant::now() + Duration::from_millis(u64::try_from(at.since(now())).unwrap_or_default())
}

#[cfg(all(test, feature = "simulated-network"))]
mod tests;
