//! A person's Signal keys and sessions, and the work done with them. One session per correspondent's device, whatever name
//! the stanza used for it.

mod group;
mod stores;

use std::collections::HashMap;

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use wacore_libsignal::protocol::{
    CiphertextMessage, DeviceId, IdentityKey, IdentityKeyPair, KeyPair, PreKeyBundle, PreKeyId, PreKeySignalMessage,
    ProtocolAddress, SessionRecord, SignalMessage, SignalProtocolError, SignedPreKeyId, UsePQRatchet, message_decrypt,
    message_encrypt, process_prekey_bundle,
};

use super::passkey::Passkey;
use crate::crypto::{self, Key};
use crate::network::account::SignedPreKey;
use crate::network::address::Address;
use crate::network::keys::Bundle;
use crate::store::{Op, SenderKeyRow};
use group::OwnKeys;
pub(super) use group::{Holders, Sender};
use stores::{Identity, OneTime, SenderKeys, Sessions, Signed};

/// One-time prekeys a person makes at a time.
const BATCH: u32 = 30;

#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("{0}")]
    Signal(#[from] SignalProtocolError),
    #[error("a key of the other side is malformed")]
    BadKey,
    #[error("the ciphertext is neither a message nor a prekey message")]
    BadType,
}

/// What is kept of a person's secrets; sessions and one-time keys are kept beside them.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    #[serde(with = "crypto::hexed")]
    pub identity: [u8; 32],
    pub registration_id: u32,
    pub signed_prekey_id: u32,
    #[serde(with = "crypto::hexed")]
    pub signed_prekey: [u8; 32],
    pub next_prekey: u32,
    /// A phone's part; unused by customers.
    #[serde(default)]
    pub phone: Option<PhoneSecrets>,
    /// Switched off.
    #[serde(default)]
    pub offline: bool,
}

/// What a phone keeps for its companions.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PhoneSecrets {
    /// Names this generation of the account's device list.
    pub raw_id: u32,
    pub next_key_index: u32,
    /// The key of the application state, shared with every companion.
    #[serde(with = "crypto::hexed")]
    pub state_key_id: [u8; 6],
    #[serde(with = "crypto::hexed")]
    pub state_key: [u8; 32],
    /// UTC milliseconds.
    pub state_key_at: i64,
    #[serde(default)]
    pub passkey: Option<Passkey>,
}

pub(super) struct Keyring {
    number: u64,
    pub secrets: Secrets,
    identity: Identity,
    signed: Signed,
    one_time: OneTime,
    sessions: Sessions,
    sender_keys: SenderKeys,
    own_keys: OwnKeys,
    random: StdRng,
}

fn at(address: Address) -> ProtocolAddress {
    ProtocolAddress::new(&address.number.to_string(), DeviceId::from(u32::from(address.device)))
}

/// A plaintext for the wire: the message and `n` bytes of value `n`.
pub(super) fn pad(mut message: Vec<u8>, random: &mut impl rand::Rng) -> Vec<u8> {
    let padding: u8 = random.random_range(1..=16);
    message.resize(message.len() + usize::from(padding), padding);
    message
}

pub(super) fn unpad(mut message: Vec<u8>) -> Vec<u8> {
    if let Some(padding) = message.last().map(|last| usize::from(*last))
        && (1..=16).contains(&padding)
        && padding <= message.len()
    {
        message.truncate(message.len() - padding);
    }
    message
}

impl Secrets {
    pub(super) fn generate(phone: Option<PhoneSecrets>) -> Self {
        Self {
            identity: *crypto::key_pair().private_key.serialize(),
            registration_id: rand::rng().random_range(1..=0x3ffe),
            signed_prekey_id: 1,
            signed_prekey: *crypto::key_pair().private_key.serialize(),
            next_prekey: 1,
            phone,
            offline: false,
        }
    }
}

/// What is kept of the keys for groups.
#[derive(Debug, Default)]
pub(super) struct GroupKeys {
    pub keys: Vec<SenderKeyRow>,
    pub holders: Vec<(u64, Vec<u8>)>,
}

/// A ciphertext and its kind: `msg`, `pkmsg` or `skmsg`.
pub(super) struct Sealed {
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

impl Keyring {
    /// Puts the keyring together again. `None` when a stored key is damaged.
    pub(super) fn open(
        number: u64,
        secrets: Secrets,
        one_time: Vec<(u32, [u8; 32])>,
        sessions: Vec<(u64, u16, Vec<u8>)>,
        groups: GroupKeys,
    ) -> Option<Self> {
        let identity = crypto::pair_of(&secrets.identity)?;
        let signed = crypto::pair_of(&secrets.signed_prekey)?;
        let signature = crypto::sign(&identity, &[&signed.public_key.serialize()]);
        let mut records = HashMap::with_capacity(sessions.len());
        for (peer, device, record) in sessions {
            let mut record = SessionRecord::deserialize(&record).ok()?;
            // Every session is written before what it encrypted leaves: no counters need to be reserved.
            record.waive_counter_lease();
            records.insert(at(Address::new(peer, device)), record);
        }
        let pair = IdentityKeyPair::new(IdentityKey::new(identity.public_key), identity.private_key);
        Some(Self {
            number,
            identity: Identity { pair, registration_id: secrets.registration_id },
            signed: Signed { id: secrets.signed_prekey_id, pair: signed, signature },
            one_time: OneTime(one_time.into_iter().collect()),
            sessions: Sessions(records),
            sender_keys: group::opened(groups.keys)?,
            own_keys: OwnKeys::opened(groups.holders),
            random: crypto::generator(),
            secrets,
        })
    }

    pub(super) fn identity(&self) -> Key {
        crypto::bare(self.identity.pair.public_key())
    }

    /// Signs with the identity.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> [u8; 64] {
        let pair = KeyPair::new(*self.identity.pair.public_key(), self.identity.pair.private_key().clone());
        crypto::sign(&pair, parts)
    }

    /// X25519 with the identity.
    pub(super) fn agree(&self, their: &Key) -> Option<[u8; 32]> {
        let pair = KeyPair::new(*self.identity.pair.public_key(), self.identity.pair.private_key().clone());
        crypto::agree(&pair, their)
    }

    pub(super) fn signed_prekey(&self) -> SignedPreKey {
        SignedPreKey {
            id: self.signed.id,
            key: crypto::bare(&self.signed.pair.public_key),
            signature: self.signed.signature,
        }
    }

    pub(super) fn secrets_op(&self) -> Op {
        Op::Person { number: self.number, data: serde_json::to_vec(&self.secrets).unwrap_or_default() }
    }

    /// Makes more one-time prekeys. Returns their public halves and what is to be written.
    pub(super) fn more_prekeys(&mut self) -> (Vec<(u32, Key)>, Vec<Op>) {
        let mut public = Vec::new();
        let mut private = Vec::new();
        for _ in 0..BATCH {
            let id = self.secrets.next_prekey;
            self.secrets.next_prekey = if id >= 0xff_fff0 { 1 } else { id + 1 };
            let pair = crypto::key_pair();
            public.push((id, crypto::bare(&pair.public_key)));
            private.push((id, *pair.private_key.serialize()));
        }
        self.one_time.0.extend(private.iter().copied());
        let ops = vec![Op::PersonPreKeys { number: self.number, keys: private }, self.secrets_op()];
        (public, ops)
    }

    /// Whether there is a session with this device as it is now: one with another identity is of no use.
    pub(super) fn has_session(&self, address: Address, identity: &Key) -> bool {
        self.sessions.0.get(&at(address)).is_some_and(|record| {
            record
                .session_state()
                .and_then(|state| state.remote_identity_key().ok().flatten())
                .is_some_and(|known| crypto::bare(known.public_key()) == *identity)
                && record.session_state().is_some_and(|state| state.has_usable_sender_chain().unwrap_or(false))
        })
    }

    pub(super) fn forget(&mut self, address: Address) -> Op {
        self.sessions.0.remove(&at(address));
        Op::RemoveSession { number: self.number, peer: address.number, device: address.device }
    }

    /// Begins a session from a bundle.
    pub(super) async fn begin(&mut self, address: Address, bundle: &Bundle) -> Result<(), KeyringError> {
        let key = |key: &Key| crypto::public(key).ok_or(KeyringError::BadKey);
        let prekey = match &bundle.prekey {
            Some((id, public)) => Some((PreKeyId::from(*id), key(public)?)),
            None => None,
        };
        let bundle = PreKeyBundle::new(
            bundle.registration_id,
            DeviceId::from(u32::from(address.device)),
            prekey,
            SignedPreKeyId::from(bundle.signed_prekey.id),
            key(&bundle.signed_prekey.key)?,
            bundle.signed_prekey.signature.to_vec(),
            IdentityKey::new(key(&bundle.identity)?),
        )?;
        process_prekey_bundle(
            &at(address),
            &mut self.sessions,
            &mut self.identity,
            &bundle,
            &mut self.random,
            UsePQRatchet::No,
        )
        .await?;
        Ok(())
    }

    /// Encrypts an encoded Message for a device that there is a session with.
    pub(super) async fn seal(&mut self, address: Address, message: &[u8]) -> Result<Sealed, KeyringError> {
        let plain = pad(message.to_vec(), &mut self.random);
        match message_encrypt(&plain, &at(address), &mut self.sessions, &mut self.identity).await? {
            CiphertextMessage::PreKeySignalMessage(message) => {
                Ok(Sealed { kind: "pkmsg", bytes: message.serialized().to_vec() })
            }
            CiphertextMessage::SignalMessage(message) => {
                Ok(Sealed { kind: "msg", bytes: message.serialized().to_vec() })
            }
            _ => Err(KeyringError::BadType),
        }
    }

    /// Decrypts to an encoded Message. Adds to `ops` what must be written before the message is confirmed.
    pub(super) async fn open_message(
        &mut self,
        from: Address,
        kind: &str,
        bytes: &[u8],
        ops: &mut Vec<Op>,
    ) -> Result<Vec<u8>, KeyringError> {
        let message = match kind {
            "pkmsg" => CiphertextMessage::PreKeySignalMessage(PreKeySignalMessage::try_from(bytes)?),
            "msg" => CiphertextMessage::SignalMessage(SignalMessage::try_from(bytes)?),
            _ => return Err(KeyringError::BadType),
        };
        let opened = message_decrypt(
            &message,
            &at(from),
            &mut self.sessions,
            &mut self.identity,
            &mut self.one_time,
            &self.signed,
            &mut self.random,
            UsePQRatchet::No,
        )
        .await?;
        if let Some(id) = opened.consumed_prekey_id {
            let id = u32::from(id);
            self.one_time.0.remove(&id);
            ops.push(Op::RemovePersonPreKey { number: self.number, id });
        }
        ops.extend(self.session_op(from));
        Ok(unpad(opened.plaintext))
    }

    /// The session as it must be written.
    pub(super) fn session_op(&self, address: Address) -> Option<Op> {
        let record = self.sessions.0.get(&at(address))?.serialize().ok()?;
        Some(Op::Session { number: self.number, peer: address.number, device: address.device, record })
    }
}
