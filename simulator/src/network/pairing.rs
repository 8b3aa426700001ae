//! Linking by QR code, the network's half: references handed to sockets, and the answer that a phone approved.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::account::{Account, SignedPreKey, lock};
use super::link::Link;
use super::{Network, from_server};
use crate::crypto::{self, Key};
use crate::world::{Change, WorldError};

/// References a socket gets; each is shown for a while.
const REFS: usize = 6;
const FIRST: Duration = Duration::from_mins(1);
const NEXT: Duration = Duration::from_secs(20);
/// How long a spent reference is still told apart from one that never was.
const REMEMBER: Duration = Duration::from_hours(1);
/// How long a device may take to prove itself.
const PROOF: Duration = Duration::from_secs(20);

/// What a device says of itself when it asks to be linked.
#[derive(Debug, Clone)]
pub struct Registration {
    pub noise: Key,
    pub registration_id: u32,
    pub identity: Key,
    pub signed_prekey: SignedPreKey,
    pub platform: String,
}

/// What the device answered to `pair-success`.
pub type Proof = Result<Vec<u8>, String>;

#[derive(Debug)]
enum Progress {
    Open,
    /// A phone has approved and waits for the device's proof, which answers the iq with this id.
    Approved {
        iq: String,
        proof: oneshot::Sender<Proof>,
    },
    Closed,
}

/// A socket that waits to be linked.
#[derive(Debug)]
pub struct Offer {
    pub registration: Registration,
    pub link: Arc<Link>,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Reference {
    offer: Arc<Offer>,
    from: Instant,
    until: Instant,
}

#[derive(Debug, Default)]
pub struct Offers {
    references: Mutex<HashMap<String, Reference>>,
}

/// What the phone made for the device, and where the network puts it.
#[derive(Debug)]
pub struct Approval {
    pub device: u16,
    pub key_index: u32,
    /// Encoded `ADVSignedDeviceIdentityHMAC`.
    pub container: Vec<u8>,
    pub business: Option<String>,
}

impl Offers {
    /// Hands out references for a socket.
    pub fn open(&self, registration: Registration, link: Arc<Link>) -> (Arc<Offer>, Vec<String>) {
        let offer = Arc::new(Offer { registration, link, progress: Mutex::new(Progress::Open) });
        let mut references = lock(&self.references);
        let now = Instant::now();
        references.retain(|_, reference| reference.until + REMEMBER > now);
        let mut from = now;
        let names = (0..REFS)
            .map(|index| {
                let until = from + if index == 0 { FIRST } else { NEXT };
                let name = new_reference();
                references.insert(name.clone(), Reference { offer: Arc::clone(&offer), from, until });
                from = until;
                name
            })
            .collect();
        (offer, names)
    }

    /// Sockets that could be linked now.
    pub fn waiting(&self) -> usize {
        let now = Instant::now();
        lock(&self.references)
            .values()
            .filter(|reference| reference.from <= now && now < reference.until && reference.offer.is_open())
            .count()
    }

    /// The socket that shows this reference now, with the keys that its code names.
    pub fn find(&self, reference: &str, noise: &Key, identity: &Key) -> Result<Arc<Offer>, WorldError> {
        let references = lock(&self.references);
        let found = references.get(reference).ok_or(WorldError::UnknownQr)?;
        let registration = &found.offer.registration;
        if registration.noise != *noise || registration.identity != *identity {
            return Err(WorldError::ForeignQr);
        }
        if found.offer.is_used() {
            return Err(WorldError::UsedQr);
        }
        // A code that is not shown yet cannot be seen either, but a client that counts faster than we do is forgiven.
        if found.until <= Instant::now() || !found.offer.is_open() {
            return Err(WorldError::ExpiredQr);
        }
        Ok(Arc::clone(&found.offer))
    }
}

/// Looks like WhatsApp's: a version, an `@` and base64, without a comma.
pub(super) fn new_reference() -> String {
    use base64::Engine as _;
    let random: [u8; 48] = crypto::random();
    format!("2@{}", base64::engine::general_purpose::STANDARD.encode(random))
}

impl Offer {
    pub fn is_open(&self) -> bool {
        matches!(*lock(&self.progress), Progress::Open) && !self.link.cancel.is_cancelled()
    }

    pub fn is_used(&self) -> bool {
        matches!(*lock(&self.progress), Progress::Approved { .. } | Progress::Closed)
    }

    /// The device's answer to an iq of ours. True when it was the proof.
    pub fn answered(&self, iq: &str, proof: Proof) -> bool {
        let mut progress = lock(&self.progress);
        if !matches!(&*progress, Progress::Approved { iq: expected, .. } if expected == iq) {
            return false;
        }
        if let Progress::Approved { proof: waiting, .. } = std::mem::replace(&mut *progress, Progress::Closed) {
            // The phone may have given up.
            let _ = waiting.send(proof);
        }
        true
    }

    /// The socket has ended.
    pub fn ended(&self) {
        let mut progress = lock(&self.progress);
        if matches!(*progress, Progress::Approved { .. }) {
            // Dropping the sender tells the phone.
            *progress = Progress::Closed;
        }
    }

    /// Tells the device that a phone approved, and returns its proof: the encoded, fully signed device identity.
    pub async fn approve(
        &self,
        network: &Network,
        account: &Account,
        approval: &Approval,
    ) -> Result<Vec<u8>, WorldError> {
        let iq = super::route::new_stanza_id();
        let (proof, answer) = oneshot::channel();
        {
            let mut progress = lock(&self.progress);
            if !matches!(*progress, Progress::Open) {
                return Err(WorldError::UsedQr);
            }
            *progress = Progress::Approved { iq: iq.clone(), proof };
        }
        network.changed(Change::WaitingToLink { count: network.offers.waiting() });
        if !self.link.send(pair_success(&iq, account, approval)).await {
            return Err(WorldError::ExpiredQr);
        }
        match tokio::time::timeout(PROOF, answer).await {
            Err(_) => Err(WorldError::LinkTimeout),
            Ok(Err(_)) => Err(WorldError::LinkRefused("it closed the connection".to_owned())),
            Ok(Ok(Err(reason))) => Err(WorldError::LinkRefused(reason)),
            Ok(Ok(Ok(identity))) => Ok(identity),
        }
    }
}

/// `<pair-device>` with the references.
pub fn pair_device(references: &[String]) -> Node {
    let children = references.iter().map(|name| NodeBuilder::new("ref").bytes(name.as_bytes()).build());
    from_server("iq")
        .attr("type", "set")
        .attr("id", super::route::new_stanza_id())
        .attr("xmlns", "md")
        .children([NodeBuilder::new("pair-device").children(children).build()])
        .build()
}

fn pair_success(iq: &str, account: &Account, approval: &Approval) -> Node {
    use wacore_binary::Jid;
    let device = NodeBuilder::new("device")
        .attr("jid", Jid::pn_device(account.number.to_string(), approval.device))
        .attr("lid", Jid::lid_device(account.lid.to_string(), approval.device))
        .build();
    let mut children = vec![
        NodeBuilder::new("device-identity").bytes(approval.container.clone()).build(),
        device,
        NodeBuilder::new("platform").attr("name", "android").build(),
    ];
    children.extend(approval.business.as_deref().map(|name| NodeBuilder::new("biz").attr("name", name).build()));
    from_server("iq")
        .attr("type", "set")
        .attr("id", iq)
        .attr("xmlns", "md")
        .children([NodeBuilder::new("pair-success").children(children).build()])
        .build()
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn registration() -> Registration {
        Registration {
            noise: [1; 32],
            registration_id: 7,
            identity: [2; 32],
            signed_prekey: SignedPreKey { id: 1, key: [3; 32], signature: [4; 64] },
            platform: "test".to_owned(),
        }
    }

    #[test]
    fn a_code_is_believed_only_with_the_keys_of_its_socket_and_while_it_lives() {
        let offers = Offers::default();
        let (link, _out) = Link::new(CancellationToken::new());
        let link = Arc::new(link);
        let (offer, names) = offers.open(registration(), Arc::clone(&link));
        assert_eq!(names.len(), 6);
        assert_eq!(offers.waiting(), 1);
        let find = |name: &str, noise, identity| offers.find(name, noise, identity).map(|_| ());
        assert_eq!(find(&names[0], &[1; 32], &[2; 32]), Ok(()));
        assert_eq!(find("2@nothing", &[1; 32], &[2; 32]), Err(WorldError::UnknownQr));
        assert_eq!(find(&names[0], &[9; 32], &[2; 32]), Err(WorldError::ForeignQr));
        assert_eq!(find(&names[0], &[1; 32], &[9; 32]), Err(WorldError::ForeignQr));
        *lock(&offer.progress) = Progress::Closed;
        assert_eq!(find(&names[0], &[1; 32], &[2; 32]), Err(WorldError::UsedQr));
        *lock(&offer.progress) = Progress::Open;
        lock(&offers.references).get_mut(&names[0]).expect("there").until = Instant::now();
        assert_eq!(find(&names[0], &[1; 32], &[2; 32]), Err(WorldError::ExpiredQr));
        link.cancel.cancel();
        assert_eq!(find(&names[1], &[1; 32], &[2; 32]), Err(WorldError::ExpiredQr), "the socket has gone");
    }
}
