//! The passkey gate, the network's half. An account that has a passkey links a device only after the device's person has
//! proved to hold it: the network asks for a WebAuthn assertion, checks it, and then carries between phone and device what
//! they agree on a key with. It sees the assertion, never the key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeRef};

use super::account::{PublicPasskey, lock};
use super::pairing::{Offer, new_reference};
use super::{Network, from_server, iq, now_seconds, route};
use crate::crypto;
use crate::world::{Change, PasskeyStage, PasskeyView};

/// Whom the passkey is for, and the page that may use it.
pub const RELYING_PARTY: &str = "whatsapp.com";
pub const ORIGIN: &str = "https://web.whatsapp.com";
/// How long the person may take.
const VALID: Duration = Duration::from_mins(10);
/// Steps that a slow phone may be behind: a device takes no more than one at a time.
const STEPS: usize = 4;
/// The person was there, and was asked who they are.
const PRESENT_AND_VERIFIED: u8 = 0b101;

/// What the device sends to the phone, in this order.
#[derive(Debug)]
pub enum Step {
    Prologue { payload: Vec<u8>, proof: Option<Vec<u8>> },
    Nonce(Vec<u8>),
    Request(Vec<u8>),
}

/// One attempt to link a device to an account that has a passkey.
#[derive(Debug)]
pub struct Ceremony {
    pub number: u64,
    pub offer: Arc<Offer>,
    /// `PublicKeyCredentialRequestOptions` in JSON.
    pub options: String,
    challenge: String,
    passkey: PublicPasskey,
    since: Instant,
    reference: Mutex<Option<String>>,
    stage: Mutex<(PasskeyStage, Option<String>)>,
    steps: mpsc::Sender<Step>,
}

/// The newest ceremony of each number.
#[derive(Debug, Default)]
pub struct Ceremonies(Mutex<HashMap<u64, Arc<Ceremony>>>);

impl Ceremonies {
    pub fn view(&self, number: u64) -> Option<PasskeyView> {
        let ceremony = lock(&self.0).get(&number).cloned()?;
        let (stage, code) = lock(&ceremony.stage).clone();
        let request = serde_json::from_str(&ceremony.options).unwrap_or_default();
        let stage = if stage.is_open() && !ceremony.is_open() { PasskeyStage::Ended } else { stage };
        Some(PasskeyView { stage, request, code })
    }

    /// The number whose device was given this challenge.
    pub fn asked(&self, challenge: &str) -> Option<u64> {
        lock(&self.0).values().find(|ceremony| ceremony.challenge == challenge).map(|ceremony| ceremony.number)
    }

    fn of(&self, offer: &Arc<Offer>) -> Option<Arc<Ceremony>> {
        let found = lock(&self.0).values().find(|ceremony| Arc::ptr_eq(&ceremony.offer, offer)).cloned();
        found.filter(|ceremony| ceremony.is_open())
    }
}

impl Ceremony {
    fn is_open(&self) -> bool {
        lock(&self.stage).0.is_open() && self.offer.is_open() && self.since.elapsed() <= VALID
    }

    pub fn reference(&self) -> String {
        lock(&self.reference).clone().unwrap_or_default()
    }

    pub fn is(&self, stage: PasskeyStage, code: Option<String>) {
        *lock(&self.stage) = (stage, code);
    }

    /// The phone answers the prologue with its own key of the moment.
    pub async fn go_on(&self, identity: Vec<u8>) -> bool {
        let identity = NodeBuilder::new("primary_ephemeral_identity").bytes(identity).build();
        self.offer.link.send(notification("crsc_continuation", [identity])).await
    }
}

fn notification(kind: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    from_server("notification")
        .attr("type", kind)
        .attr("id", route::new_stanza_id())
        .attr("t", now_seconds())
        .children(children)
        .build()
}

impl Network {
    /// Asks the device behind an offer for an assertion. What it then sends comes out of the receiver.
    pub async fn ask_for_passkey(
        &self,
        number: u64,
        offer: &Arc<Offer>,
        passkey: PublicPasskey,
    ) -> (Arc<Ceremony>, mpsc::Receiver<Step>) {
        let (steps, receiver) = mpsc::channel(STEPS);
        let challenge = BASE64.encode(crypto::random::<32>());
        // The passkey is found by the person's own device: the network names none.
        let options = json!({
            "challenge": challenge,
            "timeout": VALID.as_millis(),
            "rpId": RELYING_PARTY,
            "allowCredentials": [],
            "userVerification": "required",
            "extensions": { "uvm": true },
        })
        .to_string();
        let ceremony = Arc::new(Ceremony {
            number,
            offer: Arc::clone(offer),
            options: options.clone(),
            challenge,
            passkey,
            since: Instant::now(),
            reference: Mutex::default(),
            stage: Mutex::new((PasskeyStage::Asked, None)),
            steps,
        });
        lock(&self.ceremonies.0).insert(number, Arc::clone(&ceremony));
        let options = NodeBuilder::new("passkey_request_options").bytes(options.into_bytes()).build();
        offer.link.send(notification("passkey_prologue_request", [options])).await;
        self.changed(Change::Phone { number: number.to_string() });
        (ceremony, receiver)
    }
}

/// A question of the ceremony from a device that is not linked yet. `None` when it is about something else.
pub(super) fn answer(network: &Network, offer: &Arc<Offer>, question: &NodeRef<'_>) -> Option<Node> {
    let part = question.children()?.first()?;
    let tag = &*part.tag;
    if !matches!(
        tag,
        "ref" | "passkey_request_options" | "passkey_prologue" | "companion_nonce" | "encrypted_pairing_request"
    ) {
        return None;
    }
    let Some(ceremony) = network.ceremonies.of(offer) else {
        return Some(iq::error(question, 404, "item-not-found"));
    };
    let text = |tag: &'static str, text: String| {
        iq::result(question).children([NodeBuilder::new(tag).bytes(text.into_bytes()).build()]).build()
    };
    let taken = match tag {
        "ref" => {
            let reference = new_reference();
            *lock(&ceremony.reference) = Some(reference.clone());
            return Some(text("ref", reference));
        }
        "passkey_request_options" => return Some(text("passkey_request_options", ceremony.options.clone())),
        "passkey_prologue" => prologue(&ceremony, part),
        "companion_nonce" => step(&ceremony, part.content_bytes().map(|bytes| Step::Nonce(bytes.to_vec()))),
        _ => step(&ceremony, part.content_bytes().map(|bytes| Step::Request(bytes.to_vec()))),
    };
    network.changed(Change::Phone { number: ceremony.number.to_string() });
    Some(match taken {
        Ok(()) => iq::result(question).build(),
        Err((code, text)) => iq::error(question, code, text),
    })
}

type Refused = (u16, &'static str);
const BAD: Refused = (400, "bad-request");
const FORBIDDEN: Refused = (403, "forbidden");

fn step(ceremony: &Ceremony, step: Option<Step>) -> Result<(), Refused> {
    ceremony.steps.try_send(step.ok_or(BAD)?).map_err(|_| BAD)
}

fn prologue(ceremony: &Ceremony, part: &NodeRef<'_>) -> Result<(), Refused> {
    let bytes = |tag: &str| part.get_optional_child(tag).and_then(NodeRef::content_bytes).map(<[u8]>::to_vec);
    let credential = bytes("credential_id").ok_or(BAD)?;
    let assertion = bytes("webauthn_assertion").ok_or(BAD)?;
    let payload = bytes("prologue_payload").ok_or(BAD)?;
    if !is_proof(&ceremony.passkey, &ceremony.challenge, &credential, &assertion) {
        ceremony.is(PasskeyStage::Refused, None);
        return Err(FORBIDDEN);
    }
    ceremony.is(PasskeyStage::Proved, None);
    step(ceremony, Some(Step::Prologue { payload, proof: bytes("pairing_handoff_proof") }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assertion {
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
}

/// What a relying party checks of an assertion (WebAuthn, 7.2).
fn is_proof(passkey: &PublicPasskey, challenge: &str, credential: &[u8], assertion: &[u8]) -> bool {
    let checked = || {
        let assertion: Assertion = serde_json::from_slice(assertion).ok()?;
        let decode = |text: &str| BASE64.decode(text.trim_end_matches('=')).ok();
        let client_data = decode(&assertion.response.client_data)?;
        let said: ClientData = serde_json::from_slice(&client_data).ok()?;
        let data = decode(&assertion.response.authenticator_data)?;
        let whole = assertion.kind == "public-key"
            && decode(&assertion.raw_id)? == credential
            && credential == passkey.credential
            && said.kind == "webauthn.get"
            && said.challenge.trim_end_matches('=') == challenge
            && said.origin == ORIGIN
            && data.get(..32)? == crypto::sha256(RELYING_PARTY.as_bytes())
            && data.get(32)? & PRESENT_AND_VERIFIED == PRESENT_AND_VERIFIED;
        let signed = [data, crypto::sha256(&client_data).to_vec()].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &passkey.key);
        key.verify(&signed, &decode(&assertion.response.signature)?).ok()?;
        Some(whole)
    };
    checked() == Some(true)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::people::passkey::Passkey;

    #[test]
    fn only_an_assertion_of_this_passkey_for_this_challenge_and_page_is_a_proof() {
        let mine = Passkey::generate();
        let asked = BASE64.encode([7; 32]);
        let assertion = mine.assert(&asked).expect("signed");
        let proves = |passkey: &Passkey, challenge: &str, assertion: &Value| {
            let public = passkey.public().expect("a key");
            let credential = BASE64.decode(assertion["rawId"].as_str().expect("text")).expect("an id");
            is_proof(&public, challenge, &credential, assertion.to_string().as_bytes())
        };
        assert!(proves(&mine, &asked, &assertion));
        assert!(!proves(&mine, &BASE64.encode([8; 32]), &assertion), "for another challenge");
        let mut foreign = Passkey::generate();
        foreign.credential.clone_from(&mine.credential);
        assert!(!proves(&foreign, &asked, &assertion), "another key");
        let with = |field: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let mut changed = assertion.clone();
            let mut bytes = BASE64.decode(changed["response"][field].as_str().expect("text")).expect("bytes");
            change(&mut bytes);
            changed["response"][field] = BASE64.encode(bytes).into();
            changed
        };
        assert!(!proves(&mine, &asked, &with("signature", &|bytes| *bytes.last_mut().expect("long") ^= 1)));
        assert!(!proves(&mine, &asked, &with("authenticatorData", &|bytes| bytes[32] = 1)), "nobody was verified");
        let elsewhere = |bytes: &mut Vec<u8>| {
            *bytes = String::from_utf8_lossy(bytes).replace("web.whatsapp.com", "evil.example").into_bytes();
        };
        assert!(!proves(&mine, &asked, &with("clientDataJSON", &elsewhere)), "another page");
    }
}
