//! A passkey as software keeps it, and the phone's half of linking behind it: phone and device agree on a key of the moment
//! under a commitment, show the same code, and the device sends what it wants certified sealed under that key.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wacore_libsignal::crypto::aes_256_gcm_decrypt;
use waproto::buffa::{Enumeration as _, Message as _};
use waproto::whatsapp::{
    CompanionEphemeralIdentity, EncryptedPairingRequest, PairingRequest, PrimaryEphemeralIdentity, ProloguePayload,
};

use super::person::Person;
use crate::crypto;
use crate::network::Network;
use crate::network::account::{PublicPasskey, lock};
use crate::network::pairing::Offer;
use crate::network::passkey::{Ceremony, ORIGIN, RELYING_PARTY, Step};
use crate::world::{Change, PasskeyStage, Result, WorldError};

/// The letters of a code that two people compare.
const LETTERS: &[u8; 32] = b"123456789ABCDEFGHJKLMNPQRSTVWXYZ";
const REQUEST_KEY: &[u8] = b"Pairing Information Encryption Key";
const HANDOFF_KEY: &[u8] = b"shortcake-passkey-handoff-v1";
/// A phone and the person who holds it are no nearer to the device than this. The device is ready for the phone's next word, and
/// takes its new secret into use, only after its own request was answered, and a busy one needs its time for that.
const DISTANCE: Duration = Duration::from_secs(1);

/// A passkey with its private half.
#[derive(Clone, Serialize, Deserialize)]
pub struct Passkey {
    #[serde(with = "crypto::hexed")]
    pub credential: Vec<u8>,
    #[serde(with = "crypto::hexed")]
    private: Vec<u8>,
}

impl Passkey {
    pub fn generate() -> Self {
        let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .expect("the system has random numbers");
        Self { credential: crypto::random::<20>().to_vec(), private: private.as_ref().to_vec() }
    }

    fn pair(&self) -> Option<EcdsaKeyPair> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.private, &SystemRandom::new()).ok()
    }

    pub fn public(&self) -> Option<PublicPasskey> {
        Some(PublicPasskey { credential: self.credential.clone(), key: self.pair()?.public_key().as_ref().to_vec() })
    }

    /// What a browser on WhatsApp's page gets from the person's device for this challenge (`PublicKeyCredential.toJSON`).
    pub fn assert(&self, challenge: &str) -> Option<Value> {
        let said = json!({ "type": "webauthn.get", "challenge": challenge, "origin": ORIGIN, "crossOrigin": false });
        let client_data = said.to_string();
        let mut data = crypto::sha256(RELYING_PARTY.as_bytes()).to_vec();
        // Present, verified, and kept in more than one place; no counter.
        data.extend([0b1_1101, 0, 0, 0, 0]);
        let signed = [data.as_slice(), &crypto::sha256(client_data.as_bytes())].concat();
        let signature = self.pair()?.sign(&SystemRandom::new(), &signed).ok()?;
        let id = BASE64.encode(&self.credential);
        Some(json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data),
                "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(signature),
                "userHandle": BASE64.encode(crypto::sha256(&self.credential)),
            },
        }))
    }
}

/// Eight letters from five bytes.
fn letters(bytes: [u8; 5]) -> String {
    let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (0..8).rev().map(|place| char::from(LETTERS[(number >> (place * 5) & 31) as usize])).collect()
}

impl Person {
    /// Linking asks for the account's passkey from now on, or no longer.
    pub async fn require_passkey(&self, required: bool) -> Result<()> {
        let mut keyring = self.keys().await;
        let Some(phone) = &mut keyring.secrets.phone else { return Err(WorldError::NoSuchPhone(String::new())) };
        if required && phone.passkey.is_none() {
            phone.passkey = Some(Passkey::generate());
        }
        let public = phone.passkey.as_ref().filter(|_| required).and_then(Passkey::public);
        lock(&self.account.profile).passkey = public;
        let ops = vec![keyring.secrets_op(), Network::profile_op(&self.account)];
        drop(keyring);
        self.network.store.write(ops).await?;
        self.network.changed(Change::Phone { number: self.number().to_string() });
        Ok(())
    }

    /// The assertion that this account's passkey makes.
    pub async fn assert_passkey(&self, challenge: &str) -> Option<Value> {
        self.keys().await.secrets.phone.as_ref()?.passkey.as_ref()?.assert(challenge)
    }

    /// Where the account has a passkey, begins the ceremony instead of approving. `prior` is the secret that device and phone
    /// share already.
    pub(super) async fn pass_gate(self: &Arc<Self>, offer: &Arc<Offer>, prior: [u8; 32]) -> Result<()> {
        let passkey = lock(&self.account.profile).passkey.clone();
        let Some(passkey) = passkey else { return Ok(()) };
        let (ceremony, steps) = self.network.ask_for_passkey(self.number(), offer, passkey).await;
        let person = Arc::clone(self);
        self.network.tasks.spawn(async move {
            let outcome = tokio::select! {
                () = person.network.cancel.cancelled() => return,
                () = ceremony.offer.link.cancel.cancelled() => Some(PasskeyStage::Ended),
                outcome = person.hold(&ceremony, steps, prior) => outcome,
            };
            ceremony.is(outcome.unwrap_or(PasskeyStage::Refused), None);
            person.network.changed(Change::Phone { number: person.number().to_string() });
        });
        Err(WorldError::PasskeyRequired)
    }

    /// The ceremony from the prologue to the approval. `None` when the device said what it must not.
    async fn hold(
        &self,
        ceremony: &Ceremony,
        mut steps: mpsc::Receiver<Step>,
        prior: [u8; 32],
    ) -> Option<PasskeyStage> {
        let Some(Step::Prologue { payload, proof }) = steps.recv().await else { return None };
        if let Some(proof) = proof {
            let key: [u8; 32] = crypto::hkdf(&[], &prior, HANDOFF_KEY);
            (crypto::hmac_sha256(&key, &[&payload]).as_slice() == proof).then_some(())?;
        }
        let prologue = ProloguePayload::decode_from_slice(&payload).ok()?;
        let identity = prologue.companion_ephemeral_identity?;
        let commitment = prologue.commitment.into_option()?.hash?;
        let companion = CompanionEphemeralIdentity::decode_from_slice(&identity).ok()?;
        (companion.r#ref.as_deref() == Some(ceremony.reference().as_str())).then_some(())?;

        let (moment, nonce) = (crypto::key_pair(), crypto::random::<32>());
        let public = crypto::bare(&moment.public_key);
        let answer = PrimaryEphemeralIdentity { public_key: Some(public.to_vec()), nonce: Some(nonce.to_vec()) };
        tokio::time::sleep(DISTANCE).await;
        ceremony.go_on(answer.encode_to_vec()).await.then_some(())?;

        let Some(Step::Nonce(theirs)) = steps.recv().await else { return None };
        (crypto::sha256(&[identity.as_slice(), &theirs].concat()).as_slice() == commitment).then_some(())?;
        let digest = crypto::sha256(&[theirs.as_slice(), &public].concat());
        let code = letters(std::array::from_fn(|place| nonce[place] ^ digest[place]));
        ceremony.is(PasskeyStage::Compare, Some(format!("{}-{}", &code[..4], &code[4..])));
        self.network.changed(Change::Phone { number: self.number().to_string() });

        let Some(Step::Request(sealed)) = steps.recv().await else { return None };
        let shared = crypto::agree(&moment, &companion.public_key?.try_into().ok()?)?;
        let device_type = companion.device_type?.to_i32();
        let salt = format!("Companion Pairing {device_type} with ref {}", ceremony.reference());
        let key = crypto::hkdf(salt.as_bytes(), &shared, REQUEST_KEY);
        let sealed = EncryptedPairingRequest::decode_from_slice(&sealed).ok()?;
        let mut plain = Vec::new();
        let iv = sealed.iv?.try_into().ok()?;
        aes_256_gcm_decrypt(&key, &iv, &[], &sealed.encrypted_payload?, &mut plain).ok()?;
        let request = PairingRequest::decode_from_slice(&plain).ok()?;
        let registration = &ceremony.offer.registration;
        let known = request.companion_public_key.as_deref() == Some(&registration.noise)
            && request.companion_identity_key.as_deref() == Some(&registration.identity);
        known.then_some(())?;
        tokio::time::sleep(DISTANCE).await;
        match self.approve(&ceremony.offer, &request.adv_secret?.try_into().ok()?).await {
            Ok(_) => Some(PasskeyStage::Linked),
            Err(error) => {
                tracing::info!(%error, "a device with a passkey was not linked");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_bytes_are_eight_letters() {
        assert_eq!(letters([0; 5]), "11111111");
        assert_eq!(letters([0xff; 5]), "ZZZZZZZZ");
        assert_eq!(letters([0, 0, 0, 0, 33]), "11111122");
    }
}
