//! The certificate chain that the server shows in its handshake: root → intermediate → leaf, where the leaf certifies the
//! server's static key. Root and keys are made once and kept, so that clients that remember a leaf stay valid.

use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::{CertChain, cert_chain};

use crate::crypto;

/// The intermediate certificate's serial number; the leaf names it as its issuer.
const INTERMEDIATE_SERIAL: u32 = 1;
const LEAF_SERIAL: u32 = 2;
/// The root's serial number. Clients want to find it written out, not left at its default.
const ROOT_SERIAL: u32 = 0;

/// 2020-01-01 and 2120-01-01: a test that moves its clock must not run out of certificates.
const NOT_BEFORE: u64 = 1_577_836_800;
const NOT_AFTER: u64 = 4_733_510_400;

/// Keys of the authority and of the server.
pub struct Authority {
    pub root: KeyPair,
    pub intermediate: KeyPair,
    pub server: KeyPair,
}

impl Authority {
    pub fn generate() -> Self {
        Self { root: crypto::key_pair(), intermediate: crypto::key_pair(), server: crypto::key_pair() }
    }

    /// Restores the three private keys from [`Authority::export`].
    pub fn import(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 96 {
            return None;
        }
        let key = |index: usize| crypto::pair_of(&bytes[index * 32..(index + 1) * 32]);
        Some(Self { root: key(0)?, intermediate: key(1)?, server: key(2)? })
    }

    pub fn export(&self) -> Vec<u8> {
        [&self.root, &self.intermediate, &self.server]
            .into_iter()
            .flat_map(|pair| *pair.private_key.serialize())
            .collect()
    }

    /// Encoded `CertChain`.
    pub fn chain(&self) -> Vec<u8> {
        let intermediate = details(INTERMEDIATE_SERIAL, ROOT_SERIAL, &self.intermediate);
        let leaf = details(LEAF_SERIAL, INTERMEDIATE_SERIAL, &self.server);
        CertChain { leaf: certificate(leaf, &self.intermediate), intermediate: certificate(intermediate, &self.root) }
            .encode_to_vec()
    }
}

fn details(serial: u32, issuer: u32, subject: &KeyPair) -> Vec<u8> {
    cert_chain::noise_certificate::Details {
        serial: Some(serial),
        issuer_serial: Some(issuer),
        key: Some(crypto::bare(&subject.public_key).to_vec()),
        not_before: Some(NOT_BEFORE),
        not_after: Some(NOT_AFTER),
    }
    .encode_to_vec()
}

fn certificate(details: Vec<u8>, issuer: &KeyPair) -> MessageField<cert_chain::NoiseCertificate> {
    let signature = crypto::sign(issuer, &[&details]).to_vec();
    MessageField::some(cert_chain::NoiseCertificate { details: Some(details), signature: Some(signature) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(certificate: cert_chain::NoiseCertificate) -> (Vec<u8>, cert_chain::noise_certificate::Details, Vec<u8>) {
        let bytes = certificate.details.expect("details");
        let details = cert_chain::noise_certificate::Details::decode_from_slice(&bytes).expect("well-formed");
        (bytes, details, certificate.signature.expect("a signature"))
    }

    #[test]
    fn each_certificate_is_signed_by_the_one_above() {
        let authority = Authority::generate();
        let chain = CertChain::decode_from_slice(&authority.chain()).expect("well-formed");
        let (middle_bytes, middle, by_root) = parse(chain.intermediate.into_option().expect("an intermediate"));
        let (leaf_bytes, leaf, by_middle) = parse(chain.leaf.into_option().expect("a leaf"));
        let root = crypto::bare(&authority.root.public_key);
        let middle_key: crypto::Key = middle.key.expect("a key").try_into().expect("32 bytes");
        assert!(crypto::verify(&root, &[&middle_bytes], &by_root));
        assert!(crypto::verify(&middle_key, &[&leaf_bytes], &by_middle));
        assert!(!crypto::verify(&root, &[&leaf_bytes], &by_middle));
        assert_eq!(middle.issuer_serial, Some(0));
        assert_eq!(leaf.issuer_serial, middle.serial);
        assert_eq!(leaf.key.as_deref(), Some(&crypto::bare(&authority.server.public_key)[..]));
    }

    #[test]
    fn the_keys_survive_being_kept() {
        let authority = Authority::generate();
        let again = Authority::import(&authority.export()).expect("the same keys");
        assert_eq!(crypto::bare(&again.root.public_key), crypto::bare(&authority.root.public_key));
        assert_eq!(crypto::bare(&again.server.public_key), crypto::bare(&authority.server.public_key));
        assert!(Authority::import(&[0; 95]).is_none());
    }
}
