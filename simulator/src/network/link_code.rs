//! Linking by a code of eight characters, the network's half: it carries the request of a device to the phone whose number it
//! names, and what the two say to each other. The code itself never comes here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};

use super::account::{Kind, lock};
use super::pairing::Offer;
use super::{Network, from_server, iq, now_ms, now_seconds, route};
use crate::crypto::{self, Key};
use crate::world::{Change, LinkRequestView, WorldError};

/// How long a code may be typed after the device asked.
const VALID: Duration = Duration::from_mins(3);
/// How often a phone may answer one request: a code is typed wrong so many times.
const ATTEMPTS: u8 = 3;
/// How long a device may take to answer the phone.
const FINISH: Duration = Duration::from_secs(30);
/// Salt, initial vector and key, as each side wraps its key of the moment under the code.
pub const WRAPPED: usize = 80;

/// What the device answers to a phone that typed a code.
#[derive(Debug)]
pub struct Finish {
    pub bundle: Vec<u8>,
    pub identity: Key,
}

#[derive(Debug, Default)]
struct Progress {
    attempts: u8,
    /// A phone waits for the device's answer.
    finish: Option<oneshot::Sender<Finish>>,
}

/// A device's wish to be linked to a number.
#[derive(Debug)]
pub struct Request {
    pub reference: Vec<u8>,
    /// The device's key of the moment, under the code.
    pub wrapped: [u8; WRAPPED],
    pub offer: Arc<Offer>,
    platform: String,
    /// The phone is to show a notification.
    pushes: bool,
    since: Instant,
    asked_at: i64,
    progress: Mutex<Progress>,
}

/// The newest request of each number.
#[derive(Debug, Default)]
pub struct Requests(Mutex<HashMap<u64, Arc<Request>>>);

impl Requests {
    /// The request that the phone of this number can answer now.
    pub fn find(&self, number: u64) -> Result<Arc<Request>, WorldError> {
        let request = lock(&self.0).get(&number).cloned().ok_or(WorldError::NoLinkRequest)?;
        if request.offer.is_used() {
            return Err(WorldError::UsedQr);
        }
        if !request.is_open() {
            return Err(WorldError::ExpiredCode);
        }
        Ok(request)
    }

    /// What the phone of this number shows.
    pub fn view(&self, number: u64) -> Option<LinkRequestView> {
        let request = lock(&self.0).get(&number).cloned().filter(|request| request.is_open())?;
        let attempts = lock(&request.progress).attempts;
        Some(LinkRequestView {
            platform: request.platform.clone(),
            notify: request.pushes,
            asked_at: request.asked_at,
            expires_at: request.asked_at + i64::try_from(VALID.as_millis()).unwrap_or_default(),
            attempts_left: ATTEMPTS.saturating_sub(attempts),
        })
    }
}

impl Request {
    fn is_open(&self) -> bool {
        self.offer.is_open() && self.since.elapsed() <= VALID && lock(&self.progress).attempts < ATTEMPTS
    }

    /// Tells the device that its code was typed, and returns its answer.
    pub async fn hello(&self, wrapped: &[u8; WRAPPED], identity: &Key) -> Result<Finish, WorldError> {
        let (finish, answer) = oneshot::channel();
        {
            let mut progress = lock(&self.progress);
            if progress.attempts >= ATTEMPTS {
                return Err(WorldError::ExpiredCode);
            }
            progress.attempts += 1;
            progress.finish = Some(finish);
        }
        let leaf = |tag: &'static str, bytes: &[u8]| NodeBuilder::new(tag).bytes(bytes.to_vec()).build();
        let hello = NodeBuilder::new("link_code_companion_reg").attr("stage", "primary_hello").children([
            leaf("link_code_pairing_wrapped_primary_ephemeral_pub", wrapped),
            leaf("primary_identity_pub", identity),
            leaf("link_code_pairing_ref", &self.reference),
        ]);
        let notification = from_server("notification")
            .attr("type", "link_code_companion_reg")
            .attr("id", route::new_stanza_id())
            .attr("t", now_seconds())
            .children([hello.build()])
            .build();
        if !self.offer.link.send(notification).await {
            return Err(WorldError::ExpiredCode);
        }
        tokio::select! {
            () = self.offer.link.cancel.cancelled() => Err(WorldError::ExpiredCode),
            answer = tokio::time::timeout(FINISH, answer) => match answer {
                Ok(Ok(finish)) => Ok(finish),
                // Another call of the phone took its place.
                Ok(Err(_)) => Err(WorldError::WrongCode),
                Err(_) => Err(WorldError::LinkTimeout),
            },
        }
    }
}

fn content(node: &NodeRef<'_>, tag: &str) -> Option<Vec<u8>> {
    let child = node.get_optional_child(tag)?;
    match child.content_bytes() {
        Some(bytes) => Some(bytes.to_vec()),
        None => child.content_as_string().map(|text| text.as_bytes().to_vec()),
    }
}

/// `<link_code_companion_reg>` from a device that is not linked yet.
pub(super) fn answer(network: &Network, offer: &Arc<Offer>, question: &NodeRef<'_>, part: &NodeRef<'_>) -> Node {
    let mut attrs = part.attrs();
    let number = attrs
        .optional_jid("jid")
        .and_then(|jid| network.resolve(&jid))
        .and_then(|address| network.account(address.number))
        .filter(|account| account.kind == Kind::Phone)
        .map(|account| account.number);
    let Some(number) = number else { return iq::error(question, 400, "bad-request") };
    let stage = attrs.optional_string("stage").unwrap_or_default();
    let answered = match &*stage {
        "companion_hello" => hello(network, offer, number, part).map(|reference| {
            let reference = NodeBuilder::new("link_code_pairing_ref").bytes(reference).build();
            let reg = NodeBuilder::new("link_code_companion_reg").attr("stage", "companion_hello");
            iq::result(question).children([reg.children([reference]).build()]).build()
        }),
        "companion_finish" => finish(network, number, part).map(|()| iq::result(question).build()),
        _ => None,
    };
    answered.unwrap_or_else(|| iq::error(question, 400, "bad-request"))
}

fn hello(network: &Network, offer: &Arc<Offer>, number: u64, part: &NodeRef<'_>) -> Option<Vec<u8>> {
    let wrapped = content(part, "link_code_pairing_wrapped_companion_ephemeral_pub")?.try_into().ok()?;
    let noise = content(part, "companion_server_auth_key_pub")?;
    let platform = String::from_utf8(content(part, "companion_platform_display")?).ok()?;
    content(part, "companion_platform_id").filter(|id| !id.is_empty())?;
    content(part, "link_code_pairing_nonce")?;
    // Real servers refuse what is no "Browser (System)".
    if noise != offer.registration.noise || !platform.contains(" (") || !platform.ends_with(')') {
        return None;
    }
    let pushes = part.attrs().optional_string("should_show_push_notification").is_some_and(|value| value == "true");
    let reference = crypto::random::<32>().to_vec();
    let request = Request {
        reference: reference.clone(),
        wrapped,
        offer: Arc::clone(offer),
        platform,
        pushes,
        since: Instant::now(),
        asked_at: now_ms(),
        progress: Mutex::default(),
    };
    lock(&network.requests.0).insert(number, Arc::new(request));
    network.changed(Change::Phone { number: number.to_string() });
    Some(reference)
}

fn finish(network: &Network, number: u64, part: &NodeRef<'_>) -> Option<()> {
    let bundle = content(part, "link_code_pairing_wrapped_key_bundle")?;
    let identity = content(part, "companion_identity_public")?.try_into().ok()?;
    let reference = content(part, "link_code_pairing_ref")?;
    let request = lock(&network.requests.0).get(&number).cloned()?;
    if request.reference != reference {
        return None;
    }
    let waiting = lock(&request.progress).finish.take()?;
    // The phone may have given up.
    let _ = waiting.send(Finish { bundle, identity });
    Some(())
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::super::account::SignedPreKey;
    use super::super::link::Link;
    use super::super::pairing::{Offers, Registration};
    use super::*;

    #[test]
    fn a_request_is_open_for_three_minutes_and_three_attempts() {
        let (link, _out) = Link::new(CancellationToken::new());
        let registration = Registration {
            noise: [1; 32],
            registration_id: 7,
            identity: [2; 32],
            signed_prekey: SignedPreKey { id: 1, key: [3; 32], signature: [4; 64] },
            platform: "test".to_owned(),
        };
        let (offer, _) = Offers::default().open(registration, Arc::new(link));
        let asked = |ago: Duration, attempts: u8| Request {
            reference: vec![1],
            wrapped: [0; WRAPPED],
            offer: Arc::clone(&offer),
            platform: "Chrome (Linux)".to_owned(),
            pushes: true,
            since: Instant::now().checked_sub(ago).expect("the machine runs for longer"),
            asked_at: 0,
            progress: Mutex::new(Progress { attempts, finish: None }),
        };
        let requests = Requests::default();
        let find = |request: Request| {
            lock(&requests.0).insert(1, Arc::new(request));
            requests.find(1).map(|_| ())
        };
        assert_eq!(requests.find(1).map(|_| ()), Err(WorldError::NoLinkRequest));
        assert_eq!(find(asked(Duration::from_secs(170), 2)), Ok(()));
        assert_eq!(requests.view(1).map(|view| view.attempts_left), Some(1));
        assert_eq!(find(asked(Duration::from_secs(181), 0)), Err(WorldError::ExpiredCode));
        assert_eq!(find(asked(Duration::ZERO, 3)), Err(WorldError::ExpiredCode));
        assert_eq!(requests.view(1), None);
        assert_eq!(find(asked(Duration::ZERO, 0)), Ok(()));
        offer.link.cancel.cancel();
        assert_eq!(requests.find(1).map(|_| ()), Err(WorldError::ExpiredCode), "the device has gone");
    }
}
