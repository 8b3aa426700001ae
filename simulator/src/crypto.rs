//! The few primitives that the network and the people share, over the Signal library's curve.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};
use wacore_libsignal::protocol::{KeyPair, PrivateKey, PublicKey};

/// A bare Curve25519 public key, as it travels on the wire.
pub type Key = [u8; 32];

/// A generator that may be held across an await, seeded by the system.
pub fn generator() -> StdRng {
    rand::make_rng()
}

/// `N` random bytes.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes
}

pub fn key_pair() -> KeyPair {
    KeyPair::generate(&mut rand::rng())
}

/// The bare form of a public key.
pub fn bare(key: &PublicKey) -> Key {
    let mut bare = [0; 32];
    bare.copy_from_slice(&key.serialize()[1..]);
    bare
}

pub fn public(key: &Key) -> Option<PublicKey> {
    PublicKey::from_djb_public_key_bytes(key).ok()
}

/// The pair of a stored private key.
pub fn pair_of(private: &[u8]) -> Option<KeyPair> {
    KeyPair::try_from(PrivateKey::deserialize(private).ok()?).ok()
}

/// X25519. `None` for a key that is no point of the curve.
pub fn agree(pair: &KeyPair, their: &Key) -> Option<[u8; 32]> {
    pair.calculate_agreement(&public(their)?).ok()
}

/// XEdDSA over the concatenation of `parts`. A curve that refuses to sign is a broken build.
pub fn sign(pair: &KeyPair, parts: &[&[u8]]) -> [u8; 64] {
    pair.private_key
        .calculate_signature_for_multipart_message(parts, &mut rand::rng())
        .expect("signing with a well-formed key cannot fail")
}

pub fn verify(key: &Key, parts: &[&[u8]], signature: &[u8]) -> bool {
    public(key).is_some_and(|key| key.verify_signature_for_multipart_message(parts, signature))
}

pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HKDF-SHA256 to 64 bytes with empty info, as Noise uses it.
pub fn hkdf_pair(salt: &[u8; 32], input: &[u8]) -> ([u8; 32], [u8; 32]) {
    let extracted = hmac_sha256(salt, &[input]);
    let first = hmac_sha256(&extracted, &[&[1]]);
    let second = hmac_sha256(&extracted, &[&first, &[2]]);
    (first, second)
}

/// Bytes as hexadecimal text in JSON: `#[serde(with = "crate::crypto::hexed")]`.
pub mod hexed {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = hex::decode(text).map_err(D::Error::custom)?;
        T::try_from(bytes).map_err(|_| D::Error::custom("wrong length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hkdf_agrees_with_rfc_5869() {
        // Test case 3: empty salt (a string of zeros) and empty info.
        let (first, second) = hkdf_pair(&[0; 32], &[0x0b; 22]);
        assert_eq!(hex::encode(first), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
        assert_eq!(hex::encode(&second[..10]), "9d201395faa4b61a96c8");
    }

    #[test]
    fn a_signature_binds_the_whole_message() {
        let pair = key_pair();
        let signature = sign(&pair, &[b"\x06\x00", b"details"]);
        let key = bare(&pair.public_key);
        assert!(verify(&key, &[b"\x06\x00details"], &signature));
        assert!(!verify(&key, &[b"\x06\x01details"], &signature));
        assert!(!verify(&bare(&key_pair().public_key), &[b"\x06\x00details"], &signature));
    }
}
