//! The few primitives that the network and the people share, over the Signal library's curve.

use std::num::NonZeroU32;

use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};
use wacore_libsignal::crypto::aes_256_cbc_encrypt_into;
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

/// HKDF-SHA256 to `N` bytes. An empty salt is a string of zeros.
pub fn hkdf<const N: usize>(salt: &[u8], input: &[u8], info: &[u8]) -> [u8; N] {
    let extracted = hmac_sha256(salt, &[input]);
    let mut output = [0; N];
    let mut block: Vec<u8> = Vec::new();
    for (chunk, count) in output.chunks_mut(32).zip(1_u8..) {
        block = hmac_sha256(&extracted, &[&block, info, &[count]]).to_vec();
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    output
}

/// The key that a code typed by a person leads to.
pub fn pbkdf2(code: &[u8], salt: &[u8], rounds: NonZeroU32) -> [u8; 32] {
    let mut key = [0; 32];
    ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, code, &mut key);
    key
}

/// AES-256 in counter mode, the whole block being the counter. The same again turns it back.
pub fn aes_ctr(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8]) {
    ctr::Ctr128BE::<aes::Aes256>::new(key.into(), iv.into()).apply_keystream(data);
}

/// A file as it lies on the media hosts: ciphertext and ten bytes of its MAC. `info` names its kind.
pub fn seal_media(key: &[u8; 32], info: &[u8], plain: &[u8]) -> Vec<u8> {
    let expanded: [u8; 112] = hkdf(&[], key, info);
    let (iv, cipher, mac) = (&expanded[..16], &expanded[16..48], &expanded[48..80]);
    let mut sealed = Vec::with_capacity(plain.len() + 32);
    aes_256_cbc_encrypt_into(plain, cipher, iv, &mut sealed).expect("key and vector have the right length");
    let tag = hmac_sha256(mac, &[iv, &sealed]);
    sealed.extend_from_slice(&tag[..10]);
    sealed
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
    fn hkdf_goes_on_for_as_long_as_is_asked() {
        // RFC 5869, test case 1.
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let output: [u8; 42] = hkdf(&salt, &[0x0b; 22], &info);
        assert_eq!(
            hex::encode(output),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
    }

    #[test]
    fn counter_mode_agrees_with_nist() {
        // SP 800-38A, F.5.5: the counter carries out of its last bytes into the block before.
        let key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
        let key: [u8; 32] = hex::decode(key).expect("hex").try_into().expect("32 bytes");
        let iv = 0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff_u128.to_be_bytes();
        let mut data = hex::decode("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51").expect("hex");
        aes_ctr(&key, &iv, &mut data);
        assert_eq!(hex::encode(data), "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5");
        let mut carried = [0; 32];
        aes_ctr(&key, &[0xff; 16], &mut carried);
        let mut second = [0; 16];
        aes_ctr(&key, &[0; 16], &mut second);
        assert_eq!(carried[16..], second);
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
