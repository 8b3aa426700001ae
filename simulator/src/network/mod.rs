//! What WhatsApp's servers do: connections, accounts, devices, prekeys, routing, queues. It carries what it cannot read, and
//! never sees a linking code: only the references it handed out.

pub mod account;
pub mod address;
pub mod business;
pub mod certificate;
pub mod faults;
pub mod frame;
pub mod groups;
mod iq;
pub use iq::appstate;
pub use iq::keys;
pub mod link;
pub mod link_code;
pub mod media;
pub mod noise;
pub mod pairing;
pub mod passkey;
pub mod presence;
pub mod profile;
pub mod queue;
pub mod receipts;
mod registering;
pub mod route;
mod session;
mod socket;
pub mod watch;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::crypto;
use crate::store::{AccountRow, Op, Store, StoreError};
use crate::world::Change;
use account::{Account, Attachment, Collections, Device, Profile, lock};
use address::{Address, server_jid};
use certificate::Authority;
use faults::Faults;
use media::Media;
use pairing::Offers;
use queue::Key;

pub use session::stream_error;
pub use socket::router;

#[derive(Debug, Default)]
struct Directory {
    accounts: HashMap<u64, Arc<Account>>,
    lids: HashMap<u64, u64>,
}

/// Files that simulated people decrypt at a time.
const FETCHING: usize = 2;

/// The servers' whole state.
pub struct Network {
    pub store: Store,
    authority: Authority,
    certificate: Vec<u8>,
    directory: RwLock<Directory>,
    groups: groups::Groups,
    pub faults: Faults,
    pub media: Media,
    /// Files that simulated people decrypt now.
    pub fetching: tokio::sync::Semaphore,
    pub offers: Offers,
    /// Devices that ask to be linked by a code.
    pub requests: link_code::Requests,
    /// Devices that are asked for a passkey.
    pub ceremonies: passkey::Ceremonies,
    pub changes: broadcast::Sender<Change>,
    pub tasks: TaskTracker,
    pub cancel: CancellationToken,
    connections: AtomicUsize,
    /// Customers that were said to be there or away.
    pub presences: profile::Presences,
    /// Who is told about whose presence.
    pub subscriptions: presence::Subscriptions,
    /// Loads that count confirmations now.
    pub watches: Mutex<Vec<Arc<watch::Watch>>>,
    /// `host:port` that `media_conn` names.
    pub media_host: OnceLock<String>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

/// UTC now, in milliseconds.
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub fn now_seconds() -> i64 {
    now_ms() / 1000
}

impl Network {
    pub fn new(
        store: Store,
        media: Media,
        authority: Authority,
        changes: broadcast::Sender<Change>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            store,
            certificate: authority.chain(),
            authority,
            directory: RwLock::default(),
            groups: groups::Groups::default(),
            faults: Faults::default(),
            media,
            fetching: tokio::sync::Semaphore::new(FETCHING),
            offers: Offers::default(),
            requests: link_code::Requests::default(),
            ceremonies: passkey::Ceremonies::default(),
            changes,
            tasks: TaskTracker::new(),
            cancel,
            connections: AtomicUsize::new(0),
            presences: profile::Presences::default(),
            subscriptions: presence::Subscriptions::default(),
            watches: Mutex::default(),
            media_host: OnceLock::new(),
        }
    }

    pub fn root_key(&self) -> crypto::Key {
        crypto::bare(&self.authority.root.public_key)
    }

    fn noise_identity(&self) -> noise::Identity<'_> {
        noise::Identity { key: &self.authority.server, certificate: &self.certificate }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Tells whoever watches; nobody has to.
    pub fn changed(&self, change: Change) {
        let _ = self.changes.send(change);
    }

    // --- the directory

    pub fn account(&self, number: u64) -> Option<Arc<Account>> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).accounts.get(&number).cloned()
    }

    pub fn accounts(&self) -> Vec<Arc<Account>> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let mut accounts: Vec<_> = directory.accounts.values().cloned().collect();
        accounts.sort_by_key(|account| account.number);
        accounts
    }

    pub fn device(&self, address: Address) -> Option<Arc<Device>> {
        self.account(address.number)?.device(address.device)
    }

    pub fn number_of_lid(&self, lid: u64) -> Option<u64> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).lids.get(&lid).copied()
    }

    /// The device that a jid names, by number or by hidden id. A number need not have an account.
    pub fn resolve(&self, jid: &Jid) -> Option<Address> {
        let user: u64 = jid.user.parse().ok()?;
        if jid.server.is_lid_family() {
            Some(Address::new(self.number_of_lid(user)?, jid.device))
        } else if jid.server.is_pn_family() || jid.server == wacore_binary::Server::Legacy {
            Some(Address::new(user, jid.device))
        } else {
            None
        }
    }

    /// Adds an account that is not there yet. False when its number or LID is taken.
    pub fn add_account(&self, account: Arc<Account>) -> bool {
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        if directory.accounts.contains_key(&account.number) || directory.lids.contains_key(&account.lid) {
            return false;
        }
        directory.lids.insert(account.lid, account.number);
        directory.accounts.insert(account.number, account);
        true
    }

    /// Takes an account that is about to get another number out.
    pub fn remove_account(&self, number: u64) {
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = directory.accounts.remove(&number) {
            directory.lids.remove(&account.lid);
        }
    }

    /// Puts back what a restart found. A queued stanza that no longer decodes is left out.
    pub fn restore(&self, row: AccountRow) -> Result<Arc<Account>, StoreError> {
        let broken = |error: serde_json::Error| StoreError::Database(format!("account {}: {error}", row.number));
        let profile: Profile = serde_json::from_slice(&row.data).map_err(broken)?;
        let account = Arc::new(Account::new(profile));
        let mut collections = Collections::new();
        for (name, _, patch) in row.patches {
            collections.entry(name).or_default().push(patch);
        }
        *lock(&account.collections) = collections;
        for saved in row.devices {
            let record = serde_json::from_slice(&saved.data).map_err(broken)?;
            let device = Device::new(Address::new(row.number, saved.device), record);
            *lock(&device.prekeys) = saved.prekeys.into_iter().collect();
            let mut queue = lock(&device.queue);
            for entry in saved.queue {
                let Some(node) =
                    entry.node.get(1..).and_then(|bytes| wacore_binary::marshal::unmarshal_ref(bytes).ok())
                else {
                    tracing::warn!(number = row.number, device = saved.device, "a queued stanza is unreadable");
                    continue;
                };
                let node = node.to_owned();
                let peer = route::author(&node);
                if let Some(key) = Key::of(&node) {
                    queue.restore(entry.seq, &key, peer, Arc::new(node));
                }
            }
            drop(queue);
            account.add_device(Arc::new(device));
        }
        self.add_account(Arc::clone(&account));
        Ok(account)
    }

    pub fn profile_op(account: &Account) -> Op {
        let data = serde_json::to_vec(&*lock(&account.profile)).unwrap_or_default();
        Op::Account { number: account.number, data }
    }

    pub fn device_op(device: &Device) -> Op {
        let data = serde_json::to_vec(&*lock(&device.record)).unwrap_or_default();
        Op::Device { number: device.address.number, device: device.address.device, data }
    }

    // --- queues

    /// Puts a stanza of `peer` into the device's queue and wakes whoever serves it. It is on disk after the next flush.
    pub async fn enqueue(&self, device: &Device, peer: u64, node: Node) -> Result<(), StoreError> {
        self.enqueue_all(device, peer, vec![node]).await
    }

    /// The same for several, in their order: one look at the queue and one word to the writer for all.
    pub async fn enqueue_all(&self, device: &Device, peer: u64, nodes: Vec<Node>) -> Result<(), StoreError> {
        let prepared: Vec<(Key, Vec<u8>, Node)> = nodes
            .into_iter()
            .filter_map(|node| Some((Key::of(&node)?, wacore_binary::marshal(&node).ok()?, node)))
            .collect();
        if prepared.is_empty() {
            return Ok(());
        }
        let permit = self.store.reserve().await?;
        {
            let mut queue = lock(&device.queue);
            if device.is_removed() {
                return Ok(());
            }
            let Address { number, device } = device.address;
            let mut ops = Vec::with_capacity(prepared.len());
            for (key, encoded, node) in prepared {
                let (seq, replaced) = queue.push(&key, peer, Arc::new(node));
                ops.push(Op::Enqueue { number, device, seq, node: encoded });
                ops.extend(replaced.map(|seq| Op::Dequeue { number, device, seq }));
            }
            // Under the lock, so that no confirmation can overtake it on the way to the disk.
            permit.send(ops);
        }
        device.wake.notify_one();
        Ok(())
    }

    /// Removes what the device has confirmed, each with the peer it came from. False when nothing waited under that key.
    pub async fn confirm(&self, device: &Device, keys: &[(Key, u64)]) -> Result<bool, StoreError> {
        let ops: Vec<Op> = {
            let mut queue = lock(&device.queue);
            let Address { number, device } = device.address;
            keys.iter()
                .filter_map(|(key, peer)| queue.confirm(key, *peer))
                .map(|seq| Op::Dequeue { number, device, seq })
                .collect()
        };
        if ops.is_empty() {
            return Ok(false);
        }
        self.store.post(ops).await?;
        if device.address.device != 0 {
            self.count(device.address.number, keys);
        }
        Ok(true)
    }

    /// Tells running loads what a linked device has confirmed.
    fn count(&self, number: u64, keys: &[(Key, u64)]) {
        for watch in lock(&self.watches).iter().filter(|watch| watch.number == number) {
            watch.confirmed(keys.iter().map(|(key, _)| &*key.id));
        }
    }

    // --- devices coming and going

    /// Removes a linked device, tells it, its siblings and those who write to it.
    pub async fn remove_device(&self, account: &Arc<Account>, index: u16) -> Result<bool, StoreError> {
        let Some(device) = account.remove_device(index) else { return Ok(false) };
        {
            let _queue = lock(&device.queue);
            device.mark_removed();
        }
        self.store.write(vec![Op::RemoveDevice { number: account.number, device: index }]).await?;
        if let Some(Attachment::Socket(link)) = lock(&device.attachment).take() {
            link.end(vec![stream_error(Some(401), Some("device_removed"))]);
        }
        self.changed(Change::Device { number: account.number.to_string(), device: index });
        self.announce_devices(account, "remove", index).await?;
        Ok(true)
    }

    /// Tells siblings and correspondents that the account's list of devices has changed.
    pub async fn announce_devices(&self, account: &Account, what: &'static str, index: u16) -> Result<(), StoreError> {
        let (watchers, list, at) = {
            let profile = lock(&account.profile);
            (profile.watchers.clone(), profile.key_index_list.clone(), profile.key_index_at)
        };
        let address = Address::new(account.number, index);
        let lid = Jid::lid_device(account.lid.to_string(), index);
        let told = watchers.into_iter().filter(|number| *number != account.number).chain([account.number]);
        for number in told {
            let Some(watcher) = self.account(number) else { continue };
            for device in watcher.companions() {
                if device.address == address {
                    continue;
                }
                let mut child = NodeBuilder::new("device").attr("jid", address.jid()).attr("lid", lid.clone());
                if let Some(changed) = account.device(index) {
                    child = child.attr("key-index", lock(&changed.record).key_index);
                }
                let keys = NodeBuilder::new("key-index-list").attr("ts", at).bytes(list.clone()).build();
                let body =
                    if what == "remove" { NodeBuilder::new("key-index-list").attr("ts", at).build() } else { keys };
                let change = NodeBuilder::new(what).children([child.build(), body]).build();
                let notification = NodeBuilder::new("notification")
                    .attr("from", Address::phone(account.number).jid())
                    .attr("lid", Jid::lid(account.lid.to_string()))
                    .attr("type", "devices")
                    .attr("id", route::new_stanza_id())
                    .attr("t", now_seconds())
                    .children([change])
                    .build();
                self.enqueue(&device, account.number, notification).await?;
            }
        }
        Ok(())
    }

    /// Ends every connection, politely.
    pub fn close_all(&self) {
        for account in self.accounts() {
            for device in account.companions() {
                if let Some(link) = device.link() {
                    link.end(vec![NodeBuilder::new("xmlstreamend").build()]);
                }
            }
        }
    }
}

/// A stanza of the server's own: `<iq from=SRV …>` and such.
fn from_server(tag: &'static str) -> NodeBuilder {
    NodeBuilder::new(tag).attr("from", server_jid())
}

/// Tells a client to connect again at once.
pub fn restart() -> Node {
    stream_error(Some(515), None)
}
