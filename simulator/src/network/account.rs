//! Accounts and devices as the network's servers know them: public keys, queues, connections. Nothing here can decrypt.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use super::address::Address;
use super::business::Business;
use super::link::Link;
use super::profile::{Picture, Timelock};
use super::queue::Queue;
use crate::crypto::Key;
use crate::world::HistoryProgress;

/// Locks, and goes on with the value even when another thread panicked while it held it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A phone of ours, to which companions are linked.
    Phone,
    Customer,
}

/// What is kept of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Profile {
    pub number: u64,
    pub lid: u64,
    pub name: String,
    pub kind: Kind,
    #[serde(default)]
    pub hosted: bool,
    /// Encoded `ADVSignedKeyIndexList`, signed by the phone.
    #[serde(default)]
    pub key_index_list: Vec<u8>,
    /// When the list was signed, in seconds.
    #[serde(default)]
    pub key_index_at: u64,
    /// Who asked for this account's devices and is told when they change.
    #[serde(default)]
    pub watchers: HashSet<u64>,
    /// The highest device index given so far.
    #[serde(default)]
    pub last_device: u16,
    #[serde(default)]
    pub blocked: Vec<u64>,
    #[serde(default)]
    pub privacy: BTreeMap<String, String>,
    /// Linking asks for it.
    #[serde(default)]
    pub passkey: Option<PublicPasskey>,
    #[serde(default)]
    pub picture: Option<Picture>,
    #[serde(default)]
    pub timelock: Option<Timelock>,
    #[serde(default)]
    pub business: Option<Business>,
}

/// A passkey, as the network knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicPasskey {
    #[serde(with = "crate::crypto::hexed")]
    pub credential: Vec<u8>,
    /// A point of P-256, uncompressed.
    #[serde(with = "crate::crypto::hexed")]
    pub key: Vec<u8>,
}

/// Application state of an account: an append-only list of patches per collection. Patch `n` leads to version `n + 1`.
pub type Collections = HashMap<String, Vec<Vec<u8>>>;

#[derive(Debug)]
pub struct Account {
    pub number: u64,
    pub lid: u64,
    pub kind: Kind,
    pub profile: Mutex<Profile>,
    devices: Mutex<BTreeMap<u16, Arc<Device>>>,
    pub collections: Mutex<Collections>,
}

impl Account {
    pub fn new(profile: Profile) -> Self {
        Self {
            number: profile.number,
            lid: profile.lid,
            kind: profile.kind,
            profile: Mutex::new(profile),
            devices: Mutex::default(),
            collections: Mutex::default(),
        }
    }

    pub fn name(&self) -> String {
        lock(&self.profile).name.clone()
    }

    pub fn device(&self, index: u16) -> Option<Arc<Device>> {
        lock(&self.devices).get(&index).cloned()
    }

    /// All devices, the phone first.
    pub fn devices(&self) -> Vec<Arc<Device>> {
        lock(&self.devices).values().cloned().collect()
    }

    pub fn companions(&self) -> Vec<Arc<Device>> {
        lock(&self.devices).range(1..).map(|(_, device)| Arc::clone(device)).collect()
    }

    pub fn add_device(&self, device: Arc<Device>) {
        lock(&self.devices).insert(device.address.device, device);
    }

    pub fn remove_device(&self, index: u16) -> Option<Arc<Device>> {
        lock(&self.devices).remove(&index)
    }
}

/// A signed prekey, public half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedPreKey {
    pub id: u32,
    pub key: Key,
    pub signature: [u8; 64],
}

impl Serialize for SignedPreKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.id, hex::encode(self.key), hex::encode(self.signature)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SignedPreKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, key, signature) = <(u32, String, String)>::deserialize(deserializer)?;
        let mut this = Self { id, key: [0; 32], signature: [0; 64] };
        hex::decode_to_slice(key, &mut this.key).map_err(serde::de::Error::custom)?;
        hex::decode_to_slice(signature, &mut this.signature).map_err(serde::de::Error::custom)?;
        Ok(this)
    }
}

/// What is kept of a device. The one-time prekeys and the queue are kept beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceRecord {
    pub registration_id: u32,
    #[serde(with = "crate::crypto::hexed")]
    pub identity: Key,
    /// Static key of the handshake; absent for simulated people, who have no socket.
    pub noise: Option<String>,
    pub signed_prekey: SignedPreKey,
    pub key_index: u32,
    /// Encoded `ADVSignedDeviceIdentity` with all four fields; empty for a phone.
    #[serde(with = "crate::crypto::hexed")]
    pub device_identity: Vec<u8>,
    pub push_name: String,
    pub platform: String,
    /// UTC milliseconds.
    pub linked_at: i64,
    /// The companion has uploaded its prekeys, so that the phone can write to it.
    pub uploaded: bool,
    /// The phone has sent its application state keys.
    pub keys_shared: bool,
    /// What the phone has handed over of its past.
    #[serde(default)]
    pub history: HistoryProgress,
}

/// What reaches a simulated person beside its queue.
#[derive(Debug)]
pub enum LocalEvent {
    /// `<chatstate>` or `<presence>`: lost when nobody looks.
    Live(wacore_binary::Node),
    /// A companion uploaded its prekeys for the first time.
    CompanionReady(u16),
    /// A companion unlinked itself: the list of devices must be signed anew.
    CompanionGone(u16),
}

/// Where a device is attached now.
#[derive(Debug)]
pub enum Attachment {
    Socket(Arc<Link>),
    Local(mpsc::Sender<LocalEvent>),
}

#[derive(Debug)]
pub struct Device {
    pub address: Address,
    pub record: Mutex<DeviceRecord>,
    /// One-time prekeys by id, oldest first.
    pub prekeys: Mutex<BTreeMap<u32, Key>>,
    pub queue: Mutex<Queue>,
    pub attachment: Mutex<Option<Attachment>>,
    /// Rung when something was queued.
    pub wake: Notify,
    /// Asked for more prekeys since it last uploaded some.
    pub prekeys_asked: AtomicBool,
    /// Removed from its account.
    removed: AtomicBool,
}

impl Device {
    pub fn new(address: Address, record: DeviceRecord) -> Self {
        Self {
            address,
            record: Mutex::new(record),
            prekeys: Mutex::default(),
            queue: Mutex::default(),
            attachment: Mutex::default(),
            wake: Notify::new(),
            prekeys_asked: AtomicBool::new(false),
            removed: AtomicBool::new(false),
        }
    }

    pub fn identity(&self) -> Key {
        lock(&self.record).identity
    }

    pub fn link(&self) -> Option<Arc<Link>> {
        match &*lock(&self.attachment) {
            Some(Attachment::Socket(link)) => Some(Arc::clone(link)),
            Some(Attachment::Local(_)) | None => None,
        }
    }

    pub fn mark_removed(&self) {
        self.removed.store(true, Ordering::Release);
    }

    pub fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }
}
