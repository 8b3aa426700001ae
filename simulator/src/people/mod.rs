//! Simulated phones and customers: in-process devices with real Signal keys, attached to the network like any device.

mod app_state;
mod attach;
mod content;
mod fetch;
mod generate;
mod group;
pub mod history;
mod inbox;
mod keyring;
mod link_code;
mod linking;
mod media_retry;
mod outbox;
pub mod passkey;
mod peer;
mod person;
mod phone;
mod poll;
pub mod qr;
mod thumbnail;
pub mod transcript;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::crypto;
use crate::network::Network;
use crate::network::account::{Account, Device, DeviceRecord, Kind, Profile, lock};
use crate::network::address::Address;
use crate::store::{AccountRow, Op, StoreError};
use crate::world::{Change, HistoryProgress, Result, WorldError};
pub use fetch::OpenedFile;
use keyring::{GroupKeys, Keyring, PhoneSecrets, Secrets};
pub use outbox::{Said, new_message_id};
pub use person::Person;

/// Everybody who is simulated.
#[derive(Debug)]
pub struct People {
    network: Arc<Network>,
    persons: RwLock<HashMap<u64, Arc<Person>>>,
}

impl From<StoreError> for WorldError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Self::Closing,
            error => Self::Storage(error.to_string()),
        }
    }
}

/// Who is to be made.
#[derive(Debug)]
pub struct Newcomer {
    pub number: u64,
    pub lid: u64,
    pub name: String,
    pub kind: Kind,
    pub hosted: bool,
}

impl People {
    pub fn new(network: Arc<Network>) -> Self {
        Self { network, persons: RwLock::default() }
    }

    pub fn get(&self, number: u64) -> Option<Arc<Person>> {
        self.persons.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    /// Puts back whom a restart found.
    pub fn restore(&self, mut row: AccountRow) -> std::result::Result<(), StoreError> {
        let damaged = |what: &str| StoreError::Database(format!("account {}: {what}", row.number));
        let secrets: Secrets = row
            .person
            .as_deref()
            .and_then(|data| serde_json::from_slice(data).ok())
            .ok_or_else(|| damaged("no secrets"))?;
        let prekeys = std::mem::take(&mut row.prekeys);
        let sessions = std::mem::take(&mut row.sessions);
        let groups =
            GroupKeys { keys: std::mem::take(&mut row.sender_keys), holders: std::mem::take(&mut row.key_holders) };
        let keyring =
            Keyring::open(row.number, secrets, prekeys, sessions, groups).ok_or_else(|| damaged("a damaged key"))?;
        let no_device = damaged("no device");
        let account = self.network.restore(row)?;
        let device = account.device(0).ok_or(no_device)?;
        self.settle(&account, &device, keyring);
        Ok(())
    }

    /// Makes an account, its device and its person.
    pub async fn create(&self, newcomer: Newcomer) -> Result<Arc<Person>> {
        let Newcomer { number, lid, name, kind, hosted } = newcomer;
        let phone = (kind == Kind::Phone).then(|| PhoneSecrets {
            raw_id: u32::from_be_bytes(crypto::random()) >> 1,
            next_key_index: 1,
            state_key_id: [[0, 0].as_slice(), &crypto::random::<4>()].concat().try_into().unwrap_or_default(),
            state_key: crypto::random(),
            state_key_at: crate::network::now_ms(),
            passkey: None,
        });
        let secrets = Secrets::generate(phone);
        let mut keyring = Keyring::open(number, secrets, Vec::new(), Vec::new(), GroupKeys::default())
            .ok_or_else(|| WorldError::Storage("new keys are unusable".to_owned()))?;
        let (prekeys, mut ops) = keyring.more_prekeys();
        let account = Arc::new(Account::new(Profile {
            number,
            lid,
            name: name.clone(),
            kind,
            hosted,
            key_index_list: Vec::new(),
            key_index_at: 0,
            watchers: std::collections::HashSet::default(),
            last_device: 0,
            blocked: Vec::new(),
            privacy: std::collections::BTreeMap::default(),
            passkey: None,
            picture: None,
            timelock: None,
            business: None,
        }));
        let device = Arc::new(Device::new(
            Address::phone(number),
            DeviceRecord {
                registration_id: keyring.secrets.registration_id,
                identity: keyring.identity(),
                noise: None,
                signed_prekey: keyring.signed_prekey(),
                key_index: 0,
                device_identity: Vec::new(),
                push_name: name,
                platform: "android".to_owned(),
                linked_at: crate::network::now_ms(),
                uploaded: true,
                keys_shared: true,
                history: HistoryProgress { done: true, ..HistoryProgress::default() },
            },
        ));
        lock(&device.prekeys).extend(prekeys.iter().copied());
        account.add_device(Arc::clone(&device));
        if !self.network.add_account(Arc::clone(&account)) {
            return Err(WorldError::Taken(number.to_string()));
        }
        ops.push(Network::profile_op(&account));
        ops.push(Network::device_op(&device));
        ops.push(Op::PreKeys { number, device: 0, keys: prekeys });
        let person = self.settle(&account, &device, keyring);
        self.network.store.write(ops).await?;
        self.network.changed(match kind {
            Kind::Phone => Change::Phone { number: number.to_string() },
            Kind::Customer => Change::Customer { number: number.to_string() },
        });
        Ok(person)
    }

    /// Gives a customer another number. Correspondents are told; the network knows the old number no longer.
    pub async fn change_number(&self, from: u64, to: u64) -> Result<()> {
        if self.network.account(to).is_some() {
            return Err(WorldError::Taken(to.to_string()));
        }
        let person = self.get(from).ok_or_else(|| WorldError::NoSuchCustomer(from.to_string()))?;
        let told = self.network.correspondents(&person.account).await?;
        // Nothing of it happens while the keys are held.
        let keys = person.keys().await;
        person.retired.cancel();
        self.persons.write().unwrap_or_else(PoisonError::into_inner).remove(&from);
        self.network.remove_account(from);
        let data = {
            let mut profile = lock(&person.account.profile).clone();
            profile.number = to;
            serde_json::to_vec(&profile).unwrap_or_default()
        };
        self.network.store.write(vec![Op::Move { from, to }, Op::Account { number: to, data }]).await?;
        drop(keys);
        let row = self.network.store.account(to).await?;
        let row = row.ok_or_else(|| WorldError::Storage("the account is gone".to_owned()))?;
        self.restore(row)?;
        let change = crate::network::profile::modified(from, to, person.account.lid);
        self.network.tell_correspondents(&person.account, &told, "contacts", &change).await?;
        self.network.changed(Change::Customer { number: to.to_string() });
        Ok(())
    }

    /// Attaches a person to the network and lets it live.
    fn settle(&self, account: &Arc<Account>, device: &Arc<Device>, keyring: Keyring) -> Arc<Person> {
        let person = Person::attach(&self.network, account, device, keyring);
        self.persons.write().unwrap_or_else(PoisonError::into_inner).insert(account.number, Arc::clone(&person));
        person
    }
}
