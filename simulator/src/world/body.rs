//! What the calls of [`World`] do.

use std::sync::Arc;

use rand::RngExt as _;
use tokio::sync::broadcast;

use super::{
    Change, CustomerView, DeviceView, Fault, FaultKind, FaultView, Linked, MarkRead, MessageView, NewCustomer,
    NewPhone, PhoneView, Result, SendMessage, Sent, State, Typing, Unlinked, World, WorldError,
};
use crate::network::account::{Account, Device, Kind, lock};
use crate::network::address::{Address, parse_group, parse_lid, parse_number};
use crate::network::certificate::Authority;
use crate::people::{Newcomer, OpenedFile, Person, transcript};
use crate::store::{Op, Store, StoreError};

/// Under this name the network's keys are kept.
pub(super) const AUTHORITY: &str = "authority";

pub(super) fn new_authority(store: &Store) -> std::result::Result<Authority, StoreError> {
    let authority = Authority::generate();
    store.post_first(vec![Op::Meta { key: AUTHORITY, value: authority.export() }])?;
    Ok(authority)
}

const MAX_NAME: usize = 100;

pub(super) fn number(text: &str) -> Result<u64> {
    parse_number(text).ok_or_else(|| WorldError::BadNumber(text.to_owned()))
}

/// A person by the number, or a group by its jid.
fn chat(text: &str) -> Result<u64> {
    if text.ends_with("@g.us") { group_id(text) } else { number(text) }
}

pub(super) fn group_id(text: &str) -> Result<u64> {
    parse_group(text).ok_or_else(|| WorldError::BadGroup(text.to_owned()))
}

pub(super) fn name(text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(WorldError::BadName);
    }
    Ok(name.to_owned())
}

#[expect(clippy::unused_async, reason = "callers need not know which of the calls wait")]
impl World {
    /// Hexadecimal public key of the certificate root, 32 bytes.
    pub fn root_key(&self) -> String {
        hex::encode(self.0.network.root_key())
    }

    /// Changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.network.changes.subscribe()
    }

    // --- phones

    /// Makes a phone. The same number and name again answers the phone that is there.
    pub async fn create_phone(&self, phone: NewPhone) -> Result<PhoneView> {
        let person = self.create(&phone.number, &phone.name, phone.lid.as_deref(), Kind::Phone, phone.hosted).await?;
        if phone.passkey {
            person.require_passkey(true).await?;
        }
        Ok(phone_view(&person))
    }

    /// All phones, by number.
    pub async fn phones(&self) -> Vec<PhoneView> {
        self.persons(Kind::Phone).iter().map(|person| phone_view(person)).collect()
    }

    pub async fn phone(&self, number: &str) -> Result<PhoneView> {
        Ok(phone_view(&*self.person(number, Kind::Phone)?))
    }

    /// The phone scans the linking code and approves. Returns when the device has proved its part.
    pub async fn scan(&self, number: &str, qr: &str) -> Result<Linked> {
        let person = self.person(number, Kind::Phone)?;
        let qr = qr.to_owned();
        self.to_its_end(async move { person.scan(&qr).await }).await
    }

    /// Written on the phone itself; its linked devices get their copies.
    pub async fn phone_send(&self, number: &str, message: SendMessage) -> Result<Sent> {
        self.send(number, Kind::Phone, message).await
    }

    /// Transcript of the phone; with one other number, or all when absent. Oldest first.
    pub async fn phone_messages(&self, number: &str, with: Option<&str>) -> Result<Vec<MessageView>> {
        self.messages(number, Kind::Phone, with).await
    }

    pub async fn phone_typing(&self, from: &str, typing: Typing) -> Result<()> {
        self.person(from, Kind::Phone)?.typing(chat(&typing.to)?, typing.state)
    }

    pub async fn phone_read(&self, from: &str, read: MarkRead) -> Result<()> {
        self.mark_read(from, Kind::Phone, read).await
    }

    /// Unlinks one device, or all when absent.
    pub async fn logout(&self, number: &str, device: Option<u16>) -> Result<Unlinked> {
        Ok(Unlinked { devices: self.person(number, Kind::Phone)?.unlink(device).await? })
    }

    /// Switches the phone off or on. Linked devices go on without it.
    pub async fn set_offline(&self, number: &str, offline: bool) -> Result<PhoneView> {
        let person = self.person(number, Kind::Phone)?;
        person.set_offline(offline).await?;
        Ok(phone_view(&person))
    }

    // --- customers

    pub async fn create_customer(&self, customer: NewCustomer) -> Result<CustomerView> {
        let NewCustomer { number, name, lid } = customer;
        let person = self.create(&number, &name, lid.as_deref(), Kind::Customer, false).await?;
        Ok(customer_view(&person))
    }

    /// All customers, by number.
    pub async fn customers(&self) -> Vec<CustomerView> {
        self.persons(Kind::Customer).iter().map(|person| customer_view(person)).collect()
    }

    pub async fn customer(&self, number: &str) -> Result<CustomerView> {
        Ok(customer_view(&*self.person(number, Kind::Customer)?))
    }

    pub async fn customer_send(&self, number: &str, message: SendMessage) -> Result<Sent> {
        self.send(number, Kind::Customer, message).await
    }

    pub async fn customer_messages(&self, number: &str, with: Option<&str>) -> Result<Vec<MessageView>> {
        self.messages(number, Kind::Customer, with).await
    }

    pub async fn customer_typing(&self, from: &str, typing: Typing) -> Result<()> {
        self.person(from, Kind::Customer)?.typing(chat(&typing.to)?, typing.state)
    }

    pub async fn customer_read(&self, from: &str, read: MarkRead) -> Result<()> {
        self.mark_read(from, Kind::Customer, read).await
    }

    /// The file of a message that this person has, decrypted and checked.
    pub async fn file(&self, owner: &str, kind: Kind, id: &str) -> Result<OpenedFile> {
        self.person(owner, kind)?.open_file(id).await
    }

    // --- faults and state

    /// Takes a disturbance into force; those that strike at once have struck when this returns.
    pub async fn add_fault(&self, fault: Fault) -> Result<FaultView> {
        let target = fault.number.as_deref().map(number).transpose()?;
        if let Some(target) = target {
            self.0.network.account(target).ok_or_else(|| WorldError::NoSuchAccount(target.to_string()))?;
        }
        let view = self.0.network.faults.add(fault, target);
        self.strike(&view.fault, target).await?;
        self.0.network.changed(Change::Faults);
        Ok(view)
    }

    pub async fn faults(&self) -> Vec<FaultView> {
        self.0.network.faults.list()
    }

    pub async fn clear_faults(&self) {
        self.0.network.faults.clear();
        self.0.network.changed(Change::Faults);
    }

    pub async fn state(&self) -> State {
        State {
            phones: self.phones().await,
            customers: self.customers().await,
            groups: self.groups().await,
            faults: self.faults().await,
            connections: self.0.network.connections(),
            waiting_to_link: self.0.network.offers.waiting(),
        }
    }

    // --- what these share

    pub(super) fn person(&self, text: &str, kind: Kind) -> Result<Arc<Person>> {
        let digits = number(text)?;
        let person = self.0.people.get(digits).filter(|person| person.account.kind == kind);
        person.ok_or_else(|| match kind {
            Kind::Phone => WorldError::NoSuchPhone(text.to_owned()),
            Kind::Customer => WorldError::NoSuchCustomer(text.to_owned()),
        })
    }

    fn persons(&self, kind: Kind) -> Vec<Arc<Person>> {
        let accounts = self.0.network.accounts().into_iter().filter(|account| account.kind == kind);
        accounts.filter_map(|account| self.0.people.get(account.number)).collect()
    }

    pub(super) async fn create(
        &self,
        text: &str,
        named: &str,
        lid: Option<&str>,
        kind: Kind,
        hosted: bool,
    ) -> Result<Arc<Person>> {
        let (number, name) = (number(text)?, name(named)?);
        let lid = match lid {
            Some(lid) => Some(parse_lid(lid).ok_or_else(|| WorldError::BadLid(lid.to_owned()))?),
            None => None,
        };
        if let Some(person) = self.0.people.get(number) {
            let account = &person.account;
            let same = account.kind == kind && account.name() == name && lid.is_none_or(|lid| lid == account.lid);
            return if same { Ok(person) } else { Err(WorldError::Taken(text.to_owned())) };
        }
        if let Some(lid) = lid
            && self.0.network.number_of_lid(lid).is_some()
        {
            return Err(WorldError::Taken(lid.to_string()));
        }
        let lid = lid.unwrap_or_else(|| self.free_lid());
        self.0.people.create(Newcomer { number, lid, name, kind, hosted }).await
    }

    /// Hidden ids are numbers of 15 digits that say nothing about the telephone number.
    fn free_lid(&self) -> u64 {
        loop {
            let lid = rand::rng().random_range(100_000_000_000_000..1_000_000_000_000_000);
            if self.0.network.number_of_lid(lid).is_none() && self.0.network.account(lid).is_none() {
                return lid;
            }
        }
    }

    async fn send(&self, from: &str, kind: Kind, message: SendMessage) -> Result<Sent> {
        let person = self.person(from, kind)?;
        let to = chat(&message.to)?;
        if message.id.as_deref().is_some_and(|id| id.is_empty() || id.len() > 64) {
            return Err(WorldError::BadRequest("an id has 1 to 64 characters".to_owned()));
        }
        self.to_its_end(async move { person.say(to, message).await }).await
    }

    /// Goes on when whoever asked has gone: nobody must be left half linked, nothing written but not sent.
    pub(super) async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.0.network.tasks.spawn(work).await.map_err(|_| WorldError::Closing)?
    }

    async fn mark_read(&self, reader: &str, kind: Kind, read: MarkRead) -> Result<()> {
        let person = self.person(reader, kind)?;
        let chat = chat(&read.to)?;
        self.to_its_end(async move { person.mark_read(chat, &read).await }).await
    }

    async fn messages(&self, owner: &str, kind: Kind, with: Option<&str>) -> Result<Vec<MessageView>> {
        let person = self.person(owner, kind)?;
        let with = with.map(chat).transpose()?;
        Ok(transcript::list(&self.0.network, person.number(), with).await?)
    }

    /// What a new fault does to connections that stand.
    async fn strike(&self, fault: &Fault, target: Option<u64>) -> Result<()> {
        use crate::network::stream_error;
        let network = &self.0.network;
        if let FaultKind::ExpiredMedia { code, lost } = fault.kind {
            let files = network.expire_media(target, code, lost).await.map_err(WorldError::from)?;
            tracing::info!(files, "the paths of media files have expired");
            return Ok(());
        }
        for account in network.accounts() {
            if target.is_some_and(|target| target != account.number) {
                continue;
            }
            for device in account.companions() {
                if fault.device.is_some_and(|index| index != device.address.device) {
                    continue;
                }
                if fault.kind == FaultKind::LoggedOut {
                    network.unlink(&account, device.address.device).await?;
                    continue;
                }
                let Some(link) = device.link() else { continue };
                match fault.kind {
                    FaultKind::Replaced => link.end(vec![stream_error(None, Some("replaced"))]),
                    FaultKind::StreamError { code } => link.end(vec![stream_error(Some(code), None)]),
                    FaultKind::Close | FaultKind::Ban { .. } | FaultKind::Failure { .. } | FaultKind::Outdated => {
                        link.end(Vec::new());
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn phone_view(person: &Person) -> PhoneView {
    let account: &Account = &person.account;
    // One look under the lock: it is held to the end of the expression that takes it.
    let (hosted, passkey_required) = {
        let profile = lock(&account.profile);
        (profile.hosted, profile.passkey.is_some())
    };
    PhoneView {
        number: account.number.to_string(),
        name: account.name(),
        lid: account.lid.to_string(),
        hosted,
        offline: person.is_offline(),
        link_request: person.network.requests.view(account.number),
        passkey_required,
        passkey: person.network.ceremonies.view(account.number),
        devices: account.devices().iter().map(|device| device_view(device, person)).collect(),
    }
}

fn customer_view(person: &Person) -> CustomerView {
    CustomerView {
        number: person.number().to_string(),
        name: person.account.name(),
        lid: person.account.lid.to_string(),
        business: lock(&person.account.profile).business.as_ref().map(|business| business.name.clone()),
        queued: lock(&person.device.queue).len(),
        prekeys: lock(&person.device.prekeys).len(),
    }
}

fn device_view(device: &Device, person: &Person) -> DeviceView {
    let record = lock(&device.record).clone();
    let link = device.link();
    let Address { device: index, .. } = device.address;
    DeviceView {
        device: index,
        jid: device.address.jid().to_string(),
        key_index: record.key_index,
        connected: if index == 0 { !person.is_offline() } else { link.is_some() },
        available: if index == 0 { !person.is_offline() } else { link.is_some_and(|link| link.is_available()) },
        push_name: record.push_name,
        platform: record.platform,
        linked_at: record.linked_at,
        queued: lock(&device.queue).len(),
        prekeys: lock(&device.prekeys).len(),
        registration_id: record.registration_id,
        history: (index != 0).then_some(record.history),
    }
}
