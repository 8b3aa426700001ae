//! The phone's half of linking by a code of eight characters. The code is a password between the two: each wraps a key of the
//! moment under it, and only with the right code does the phone open what the device sealed.

use std::num::NonZeroU32;
use std::sync::Arc;

use wacore_libsignal::crypto::aes_256_gcm_decrypt;

use super::person::Person;
use crate::crypto::{self, Key};
use crate::network::link_code::WRAPPED;
use crate::world::{Linked, Result, WorldError};

const ROUNDS: NonZeroU32 = NonZeroU32::new(1 << 17).expect("not zero");
const BUNDLE_KEY: &[u8] = b"link_code_pairing_key_bundle_encryption_key";
const SECRET: &[u8] = b"adv_secret";

/// As people type it: in any case, with a dash or spaces.
fn normal(typed: &str) -> Result<String> {
    let code: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
    if code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(code)
    } else {
        Err(WorldError::BadCode)
    }
}

/// Salt, initial vector and key under the code.
fn wrap(code: &str, key: &Key) -> [u8; WRAPPED] {
    let (salt, iv): ([u8; 32], [u8; 16]) = (crypto::random(), crypto::random());
    let mut wrapped = [0; WRAPPED];
    wrapped[..32].copy_from_slice(&salt);
    wrapped[32..48].copy_from_slice(&iv);
    wrapped[48..].copy_from_slice(key);
    crypto::aes_ctr(&crypto::pbkdf2(code.as_bytes(), &salt, ROUNDS), &iv, &mut wrapped[48..]);
    wrapped
}

/// With a wrong code this is some other key: nothing tells.
fn unwrap(code: &str, wrapped: &[u8; WRAPPED]) -> Key {
    let mut iv = [0; 16];
    iv.copy_from_slice(&wrapped[32..48]);
    let mut key = [0; 32];
    key.copy_from_slice(&wrapped[48..]);
    crypto::aes_ctr(&crypto::pbkdf2(code.as_bytes(), &wrapped[..32], ROUNDS), &iv, &mut key);
    key
}

/// What the device seals: its identity, the phone's as it saw it, and its part of the secret.
struct Bundle {
    companion: Key,
    phone: Key,
    random: [u8; 32],
}

/// Salt, initial vector, ciphertext and tag. `None` when it was sealed under another key: the code was wrong.
fn open(shared: &[u8; 32], sealed: &[u8]) -> Option<Bundle> {
    let (salt, rest) = sealed.split_at_checked(32)?;
    let (iv, ciphertext) = rest.split_at_checked(12)?;
    let mut plain = Vec::new();
    aes_256_gcm_decrypt(&crypto::hkdf(salt, shared, BUNDLE_KEY), iv.try_into().ok()?, &[], ciphertext, &mut plain)
        .ok()?;
    let part = |from: usize| plain.get(from..from + 32)?.try_into().ok();
    (plain.len() == 96).then_some(())?;
    Some(Bundle { companion: part(0)?, phone: part(32)?, random: part(64)? })
}

impl Person {
    /// Types the code that a device shows, and approves the device. Returns when it proved itself and is linked.
    pub async fn enter_code(self: &Arc<Self>, typed: &str) -> Result<Linked> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        let code = normal(typed)?;
        let request = self.network.requests.find(self.number())?;
        self.check_room()?;
        let moment = crypto::key_pair();
        let public = crypto::bare(&moment.public_key);
        let theirs = request.wrapped;
        // Deriving the key takes long on purpose.
        let (device, wrapped) = tokio::task::spawn_blocking(move || (unwrap(&code, &theirs), wrap(&code, &public)))
            .await
            .map_err(|_| WorldError::Closing)?;
        let identity = self.keys().await.identity();
        let finish = request.hello(&wrapped, &identity).await?;
        let outcome = self.open_bundle(&moment, &device, &finish.bundle, &finish.identity).await;
        self.network.changed(crate::world::Change::Phone { number: self.number().to_string() });
        let secret = outcome?;
        if finish.identity != request.offer.registration.identity {
            return Err(WorldError::LinkRefused("its identity is not the one it registered with".to_owned()));
        }
        self.pass_gate(&request.offer, secret).await?;
        self.approve(&request.offer, &secret).await
    }

    /// The secret that the device and this phone now share.
    async fn open_bundle(
        &self,
        moment: &wacore_libsignal::protocol::KeyPair,
        device: &Key,
        sealed: &[u8],
        companion: &Key,
    ) -> Result<[u8; 32]> {
        let shared = crypto::agree(moment, device).ok_or(WorldError::WrongCode)?;
        let bundle = open(&shared, sealed).ok_or(WorldError::WrongCode)?;
        let keyring = self.keys().await;
        if bundle.companion != *companion || bundle.phone != keyring.identity() {
            return Err(WorldError::LinkRefused("its key bundle names other keys".to_owned()));
        }
        let identities = keyring.agree(companion).ok_or(WorldError::WrongCode)?;
        Ok(crypto::hkdf(&[], &[shared, identities, bundle.random].concat(), SECRET))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for typed in ["ABCD1234", "abcd-1234", " abcd 1234 "] {
            assert_eq!(normal(typed).as_deref(), Ok("ABCD1234"), "{typed}");
        }
        for wrong in ["", "ABCD123", "ABCD12345", "ABCD123ü", "ABCD123!"] {
            assert_eq!(normal(wrong), Err(WorldError::BadCode), "{wrong}");
        }
    }

    #[test]
    fn only_the_right_code_unwraps_the_key() {
        let wrapped = wrap("ABCD1234", &[7; 32]);
        assert_eq!(unwrap("ABCD1234", &wrapped), [7; 32]);
        assert_ne!(unwrap("ABCD1235", &wrapped), [7; 32]);
        assert_ne!(wrap("ABCD1234", &[7; 32]), wrapped, "fresh salt each time");
    }
}
