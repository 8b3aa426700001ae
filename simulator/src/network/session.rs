//! A socket after its handshake: a device that asks to be linked, one that is logged in, or one that was turned away.

use std::sync::Arc;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeRef};
use waproto::buffa::Message as _;
use waproto::whatsapp::{ClientPayload, DeviceProps, client_payload::DevicePairingRegistrationData};

use super::account::{Account, Attachment, Device, SignedPreKey, lock};
use super::address::Address;
use super::link::{Link, Out};
use super::pairing::{self, Offer, Registration};
use super::queue::{Class, Key as QueueKey};
use super::{Network, iq, now_seconds, presence, receipts, registering, route};
use crate::crypto::Key;
use crate::store::StoreError;
use crate::world::{Change, FaultKind};

/// `<stream:error>` with a code, a conflict, or both.
pub fn stream_error(code: Option<u16>, conflict: Option<&'static str>) -> Node {
    let mut error = NodeBuilder::new("stream:error");
    if let Some(code) = code {
        error = error.attr("code", code);
    }
    if let Some(conflict) = conflict {
        error = error.children([NodeBuilder::new("conflict").attr("type", conflict).build()]);
    }
    error.build()
}

fn failure(reason: u16) -> NodeBuilder {
    NodeBuilder::new("failure").attr("reason", reason).attr("location", "sim")
}

/// Delivered first, then what a reader makes of it.
const RECEIPT_TYPES: &[&str] = &["", "read", "played", "read-self", "played-self", "retry"];

/// The outcome of the client's payload, before anything is said.
pub(super) enum Admission {
    Registering { network: Arc<Network>, link: Arc<Link>, registration: Registration },
    LoggedIn(Serving),
    Refused { link: Arc<Link>, failure: Node },
}

impl Admission {
    pub(super) fn device(&self) -> Option<Arc<Device>> {
        match self {
            Self::LoggedIn(serving) => Some(Arc::clone(&serving.device)),
            Self::Registering { .. } | Self::Refused { .. } => None,
        }
    }

    /// Says the first words.
    pub(super) async fn begin(self) -> Session {
        match self {
            Self::Registering { network, link, registration } => {
                let (offer, references) = network.offers.open(registration, Arc::clone(&link));
                link.send(pairing::pair_device(&references)).await;
                network.changed(Change::WaitingToLink { count: network.offers.waiting() });
                Session::Registering { network, link, offer }
            }
            Self::LoggedIn(serving) => {
                serving.link.send(serving.success()).await;
                Session::Serving(serving)
            }
            Self::Refused { link, failure } => {
                link.end(vec![failure]);
                Session::Refused
            }
        }
    }
}

pub(super) enum Session {
    Registering { network: Arc<Network>, link: Arc<Link>, offer: Arc<Offer> },
    Serving(Serving),
    Refused,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Registering { .. } => f.write_str("registering"),
            Self::Serving(serving) => write!(f, "{}", serving.device.address.jid()),
            Self::Refused => f.write_str("refused"),
        }
    }
}

/// A logged-in device.
pub struct Serving {
    pub network: Arc<Network>,
    pub account: Arc<Account>,
    pub device: Arc<Device>,
    pub link: Arc<Link>,
}

impl Session {
    /// Judges the client's payload. A device that may log in is attached at once, and an older connection of it ended.
    pub(super) async fn admit(
        network: &Arc<Network>,
        link: &Arc<Link>,
        client: Key,
        payload: &ClientPayload,
    ) -> Admission {
        let refused = |failure: NodeBuilder| Admission::Refused { link: Arc::clone(link), failure: failure.build() };
        if let Some(data) = payload.device_pairing_data.as_option() {
            return match registration(client, data) {
                Some(registration) => {
                    Admission::Registering { network: Arc::clone(network), link: Arc::clone(link), registration }
                }
                None => refused(failure(400)),
            };
        }
        let device = payload.device.and_then(|device| u16::try_from(device).ok()).unwrap_or(0);
        let address = Address::new(payload.username.unwrap_or(0), device);
        let known = network.account(address.number).and_then(|account| {
            let device = account.device(address.device)?;
            let noise = lock(&device.record).noise.clone()?;
            (noise == hex::encode(client)).then_some((account, device))
        });
        let Some((account, device)) = known else { return refused(failure(401)) };
        match network.faults.login(address) {
            Some(FaultKind::Ban { code, expire }) => {
                return refused(failure(402).attr("code", code).attr("expire", expire));
            }
            Some(FaultKind::Failure { reason }) => return refused(failure(reason)),
            Some(FaultKind::Outdated) => return refused(failure(405)),
            _ => {}
        }
        let before = lock(&device.attachment).replace(Attachment::Socket(Arc::clone(link)));
        if let Some(Attachment::Socket(older)) = before {
            older.end(vec![stream_error(None, Some("replaced"))]);
        }
        if let Some(name) = &payload.push_name {
            set_push_name(network, &device, name).await;
        }
        network.changed(Change::Device { number: address.number.to_string(), device: address.device });
        Admission::LoggedIn(Serving { network: Arc::clone(network), account, device, link: Arc::clone(link) })
    }

    /// Serves one stanza.
    pub(super) async fn handle(&mut self, node: &NodeRef<'_>) -> Result<(), StoreError> {
        match self {
            Self::Registering { network, offer, .. } => {
                registering::handle(network, offer, node).await;
                Ok(())
            }
            Self::Serving(serving) => serving.handle(node).await,
            Self::Refused => Ok(()),
        }
    }

    pub(super) fn ended(&mut self) {
        match self {
            Self::Registering { network, link, offer } => {
                link.cancel.cancel();
                offer.ended();
                network.changed(Change::WaitingToLink { count: network.offers.waiting() });
            }
            Self::Serving(serving) => {
                if serving.link.is_available() {
                    presence::presence(serving, false);
                }
            }
            Self::Refused => {}
        }
    }
}

async fn set_push_name(network: &Network, device: &Device, name: &str) {
    {
        let mut record = lock(&device.record);
        if record.push_name == name || name.is_empty() {
            return;
        }
        name.clone_into(&mut record.push_name);
    }
    // A push name that is lost is sent again.
    let _ = network.store.post(vec![Network::device_op(device)]).await;
}

fn registration(noise: Key, data: &DevicePairingRegistrationData) -> Option<Registration> {
    let number = |bytes: &Option<Vec<u8>>, length: usize| -> Option<u32> {
        let bytes = bytes.as_deref().filter(|bytes| bytes.len() == length)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    };
    let identity: Key = data.e_ident.as_deref()?.try_into().ok()?;
    let signed_prekey = SignedPreKey {
        id: number(&data.e_skey_id, 3)?,
        key: data.e_skey_val.as_deref()?.try_into().ok()?,
        signature: data.e_skey_sig.as_deref()?.try_into().ok()?,
    };
    signed_prekey.is_signed_by(&identity).then_some(())?;
    let platform = data
        .device_props
        .as_deref()
        .and_then(|props| DeviceProps::decode_from_slice(props).ok())
        .and_then(|props| props.os)
        .unwrap_or_default();
    Some(Registration { noise, registration_id: number(&data.e_regid, 4)?, identity, signed_prekey, platform })
}

impl SignedPreKey {
    /// The identity signs the prekey in its 33-byte form.
    pub fn is_signed_by(&self, identity: &Key) -> bool {
        crate::crypto::verify(identity, &[&[5], &self.key], &self.signature)
    }
}

impl Serving {
    pub fn own(&self, node: &str) -> Option<Address> {
        node.parse::<Jid>().ok().and_then(|jid| self.network.resolve(&jid))
    }

    fn success(&self) -> Node {
        NodeBuilder::new("success")
            .attr("t", now_seconds())
            .attr("lid", Jid::lid_device(self.account.lid.to_string(), self.device.address.device))
            .attr("location", "sim")
            .attr("props", 27)
            .attr("abprops", 0)
            .build()
    }

    async fn handle(&self, node: &NodeRef<'_>) -> Result<(), StoreError> {
        match &*node.tag {
            "iq" => iq::answer(self, node).await,
            "message" => route::message(self, node).await,
            "receipt" => receipts::receipt(self, node).await,
            "ack" => self.acknowledged(node).await,
            "chatstate" => {
                presence::chatstate(self, node);
                Ok(())
            }
            "presence" => {
                self.presence(node).await;
                Ok(())
            }
            "ib" => {
                if let Some(batch) = node.get_optional_child("offline_batch") {
                    let count = batch.attrs().optional_u64("count").unwrap_or(0);
                    self.link.command(Out::OfflineBatch(usize::try_from(count).unwrap_or(usize::MAX))).await;
                }
                Ok(())
            }
            "call" => {
                self.link.send(route::ack(node, "call").build()).await;
                Ok(())
            }
            tag => {
                tracing::debug!(tag, "a stanza that this network does not know");
                Ok(())
            }
        }
    }

    /// The client confirms a receipt or a notification, or refuses a message.
    async fn acknowledged(&self, node: &NodeRef<'_>) -> Result<(), StoreError> {
        let mut attrs = node.attrs();
        let Some(id) = attrs.optional_string("id") else { return Ok(()) };
        let kind = attrs.optional_string("type").unwrap_or_default();
        // The type may be left out of an ack: then it is for the first receipt with this id that waits.
        let class = attrs.optional_string("class");
        let keys = match class.as_deref() {
            Some("receipt") if kind.is_empty() => {
                RECEIPT_TYPES.iter().map(|kind| QueueKey::new(Class::Receipt, &id, kind)).collect()
            }
            Some("receipt") => vec![QueueKey::new(Class::Receipt, &id, &kind)],
            Some("notification") => vec![QueueKey::new(Class::Notification, &id, "")],
            Some("message") => vec![QueueKey::new(Class::Message, &id, "")],
            _ => return Ok(()),
        };
        let refused = attrs.optional_string("error").is_some();
        // In a group it is a member that is meant.
        let named = attrs.optional_jid("participant").or_else(|| attrs.optional_jid("to"));
        let peer = named.and_then(|jid| self.network.resolve(&jid)).map_or(0, |peer| peer.number);
        for key in keys {
            if key.class == Class::Message && !refused && !self.needs_no_receipt(&key, peer) {
                continue;
            }
            if self.network.confirm(&self.device, &[(key, peer)]).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether a message waits under this key that has nothing to decrypt, or that another device of the account wrote into
    /// a group: who reads those need not send a receipt.
    fn needs_no_receipt(&self, key: &QueueKey, peer: u64) -> bool {
        let queue = lock(&self.device.queue);
        let Some(node) = queue.find(key, peer) else { return false };
        let own = node.attrs.get("participant").is_some() && route::author(node) == self.account.number;
        own || node.get_optional_child("enc").is_none()
    }

    async fn presence(&self, node: &NodeRef<'_>) {
        let mut attrs = node.attrs();
        let kind = attrs.optional_string("type").unwrap_or_default();
        match &*kind {
            "subscribe" => {
                let Some(to) = attrs.optional_jid("to") else { return };
                let by_lid = to.server.is_lid_family();
                if let Some(target) = self.network.resolve(&to) {
                    presence::subscribe(self, target.number, by_lid).await;
                }
            }
            "available" | "unavailable" | "" => {
                if let Some(name) = attrs.optional_string("name") {
                    set_push_name(&self.network, &self.device, &name).await;
                }
                let available = kind != "unavailable";
                self.link.set_available(available);
                presence::presence(self, available);
            }
            _ => {}
        }
    }
}
