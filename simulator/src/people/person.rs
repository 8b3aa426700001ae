//! One simulated person: keys behind a lock of their own, and a task that reads what the network holds for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard, mpsc};
use tokio_util::sync::CancellationToken;
use wacore_binary::builder::NodeBuilder;
use waproto::whatsapp::Message;

use super::app_state::AppState;
use super::keyring::Keyring;
use crate::network::Network;
use crate::network::account::{Account, Attachment, Device, LocalEvent, lock};
use crate::network::address::{Address, chat_name, group_of, is_group};
use crate::store::StoreError;
use crate::world::{Change, Result, TypingState, WorldError};

/// Events that wait for a busy person; those that may be lost are lost beyond it.
const EVENTS: usize = 256;
/// Stanzas that a person reads at a time, and writes to the state in one go.
const READ: usize = 128;

pub struct Person {
    pub network: Arc<Network>,
    pub account: Arc<Account>,
    pub device: Arc<Device>,
    keyring: Mutex<Keyring>,
    offline: AtomicBool,
    /// It goes on under another number.
    pub(super) retired: CancellationToken,
    /// What it keeps in step with its companions.
    pub(super) app_state: Mutex<AppState>,
    /// Companions that a history is on its way to.
    pub(super) handing_over: std::sync::Mutex<std::collections::HashSet<u16>>,
    /// What was last sent to companions, should one of them ask again.
    pub(super) told_companions: std::sync::Mutex<std::collections::VecDeque<(String, Message)>>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Person").field(&self.account.number).finish()
    }
}

impl Person {
    pub(super) fn attach(
        network: &Arc<Network>,
        account: &Arc<Account>,
        device: &Arc<Device>,
        keyring: Keyring,
    ) -> Arc<Self> {
        let (events, receiver) = mpsc::channel(EVENTS);
        *lock(&device.attachment) = Some(Attachment::Local(events));
        let person = Arc::new(Self {
            network: Arc::clone(network),
            account: Arc::clone(account),
            device: Arc::clone(device),
            offline: AtomicBool::new(keyring.secrets.offline),
            keyring: Mutex::new(keyring),
            retired: network.cancel.child_token(),
            app_state: Mutex::default(),
            handing_over: std::sync::Mutex::default(),
            told_companions: std::sync::Mutex::default(),
        });
        network.tasks.spawn(Arc::clone(&person).live(receiver));
        // Whatever waits from before is read at once.
        device.wake.notify_one();
        person
    }

    pub fn number(&self) -> u64 {
        self.account.number
    }

    pub fn is_offline(&self) -> bool {
        self.offline.load(Ordering::Acquire)
    }

    pub(super) async fn keys(&self) -> MutexGuard<'_, Keyring> {
        self.keyring.lock().await
    }

    /// Switches the device on or off. On again, it reads what it missed.
    pub async fn set_offline(self: &Arc<Self>, offline: bool) -> Result<()> {
        let op = {
            let mut keyring = self.keys().await;
            keyring.secrets.offline = offline;
            keyring.secrets_op()
        };
        self.offline.store(offline, Ordering::Release);
        self.network.store.write(vec![op]).await?;
        self.network.changed(Change::Phone { number: self.number().to_string() });
        if !offline {
            self.device.wake.notify_one();
        }
        Ok(())
    }

    /// `<chatstate>` to everybody's connected devices.
    pub fn typing(&self, to: u64, state: TypingState) -> Result<()> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        let child = match state {
            TypingState::Composing => NodeBuilder::new("composing").build(),
            TypingState::Recording => NodeBuilder::new("composing").attr("media", "audio").build(),
            TypingState::Paused => NodeBuilder::new("paused").build(),
        };
        if is_group(to) {
            let group = self.group(to)?;
            self.network.type_in_group(&self.account, group.id, vec![child]);
            return Ok(());
        }
        let target = self.network.account(to).ok_or_else(|| WorldError::NoSuchAccount(to.to_string()))?;
        let node =
            NodeBuilder::new("chatstate").attr("from", Address::phone(self.number()).jid()).children([child]).build();
        self.network.send_live(&target, &node);
        Ok(())
    }

    async fn live(self: Arc<Self>, mut events: mpsc::Receiver<LocalEvent>) {
        let cancel = self.retired.clone();
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                () = self.device.wake.notified() => {}
                event = events.recv() => {
                    let Some(event) = event else { return };
                    if let Err(error) = self.hear(event).await {
                        tracing::error!(%error, "a person could not act");
                    }
                    continue;
                }
            }
            if let Err(error) = self.read_queue().await {
                tracing::error!(%error, "a person could not read");
            }
        }
    }

    async fn hear(self: &Arc<Self>, event: LocalEvent) -> std::result::Result<(), StoreError> {
        match event {
            LocalEvent::Live(node) => {
                self.see(&node);
                Ok(())
            }
            LocalEvent::CompanionReady(device) if !self.is_offline() => {
                self.share_state_key(device, None).await?;
                self.begin_history(device);
                Ok(())
            }
            // A phone that is off catches up when it is on.
            LocalEvent::CompanionReady(_) => Ok(()),
            LocalEvent::CompanionGone(_) => self.sign_device_list().await.map(drop),
        }
    }

    async fn read_queue(self: &Arc<Self>) -> std::result::Result<(), StoreError> {
        if self.is_offline() {
            return Ok(());
        }
        self.catch_up().await?;
        loop {
            let batch = lock(&self.device.queue).after(0, u64::MAX, READ);
            if batch.is_empty() || self.is_offline() || self.network.cancel.is_cancelled() {
                return Ok(());
            }
            self.read(batch).await?;
        }
    }

    /// Companions that became ready while the phone was off get their keys, and what was broken off goes on.
    async fn catch_up(self: &Arc<Self>) -> std::result::Result<(), StoreError> {
        for companion in self.account.companions() {
            let waiting = {
                let record = lock(&companion.record);
                record.uploaded && !record.keys_shared
            };
            if waiting {
                self.share_state_key(companion.address.device, None).await?;
            }
            self.begin_history(companion.address.device);
        }
        Ok(())
    }

    /// Typing and presence.
    fn see(&self, node: &wacore_binary::Node) {
        let jid = |key: &str| node.attrs.get(key).and_then(wacore_binary::NodeValue::to_jid);
        let group = jid("from").as_ref().and_then(group_of);
        let from = if group.is_some() { jid("participant") } else { jid("from") };
        let Some(from) = from.and_then(|jid| self.network.resolve(&jid)) else { return };
        let (number, from) = (self.number().to_string(), from.number.to_string());
        if node.tag == "presence" {
            let available = node.attrs.get("type").is_none_or(|kind| kind != "unavailable");
            self.network.changed(Change::Presence { number, from, available });
            return;
        }
        let state = match node.get_optional_child("composing") {
            Some(composing) if composing.attrs.get("media").is_some() => TypingState::Recording,
            Some(_) => TypingState::Composing,
            None => TypingState::Paused,
        };
        self.network.changed(Change::Typing { number, from, group: group.map(chat_name), state });
    }
}
