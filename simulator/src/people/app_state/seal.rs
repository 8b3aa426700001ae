//! How entries of the application state are encrypted, and the proofs that bind them to their place in a collection.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;
use wacore_libsignal::crypto::{aes_256_cbc_decrypt_into, aes_256_cbc_encrypt_into};
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{
    KeyId, SyncActionData, SyncActionValue, SyncdIndex, SyncdMutation, SyncdPatch, SyncdRecord, SyncdValue,
};

use crate::crypto;

const KEYS_INFO: &[u8] = b"WhatsApp Mutation Keys";
const HASH_INFO: &[u8] = b"WhatsApp Patch Integrity";
const MAC: usize = 32;
const IV: usize = 16;

/// The account's key, and the keys that are derived from it.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub id: Vec<u8>,
    index: [u8; 32],
    cipher: [u8; 32],
    value_mac: [u8; 32],
    snapshot_mac: [u8; 32],
    patch_mac: [u8; 32],
}

impl Keys {
    pub(super) fn new(id: &[u8], key: &[u8; 32]) -> Self {
        let all: [u8; 160] = crypto::hkdf(&[], key, KEYS_INFO);
        let part = |place: usize| {
            let mut part = [0; 32];
            part.copy_from_slice(&all[place * 32..(place + 1) * 32]);
            part
        };
        Self {
            id: id.to_vec(),
            index: part(0),
            cipher: part(1),
            value_mac: part(2),
            snapshot_mac: part(3),
            patch_mac: part(4),
        }
    }

    fn value_mac(&self, operation: SyncdOperation, sealed: &[u8]) -> [u8; MAC] {
        let operation = match operation {
            SyncdOperation::SET => 1,
            SyncdOperation::REMOVE => 2,
        };
        let mut length = [0; 8];
        length[7] = (self.id.len() + 1) as u8;
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.value_mac).expect("HMAC takes keys of any length");
        for part in [&[operation][..], &self.id, sealed, &length] {
            mac.update(part);
        }
        let mut short = [0; MAC];
        short.copy_from_slice(&mac.finalize().into_bytes()[..MAC]);
        short
    }

    /// Encrypts an entry.
    pub(super) fn seal(&self, change: &Mutation) -> SyncdMutation {
        let data = SyncActionData {
            index: Some(change.index.as_bytes().to_vec()),
            value: MessageField::some(change.value.clone()),
            padding: Some(Vec::new()),
            version: Some(change.version),
        };
        let iv: [u8; IV] = crypto::random();
        let mut blob = iv.to_vec();
        let mut sealed = Vec::new();
        aes_256_cbc_encrypt_into(&data.encode_to_vec(), &self.cipher, &iv, &mut sealed)
            .expect("key and vector have the right length");
        blob.extend(sealed);
        blob.extend(self.value_mac(change.operation, &blob));
        let index = crypto::hmac_sha256(&self.index, &[change.index.as_bytes()]);
        SyncdMutation {
            operation: Some(change.operation.into()),
            record: MessageField::some(SyncdRecord {
                index: MessageField::some(SyncdIndex { blob: Some(index.to_vec()) }),
                value: MessageField::some(SyncdValue { blob: Some(blob) }),
                key_id: MessageField::some(self.key_id()),
            }),
        }
    }

    pub(super) fn key_id(&self) -> KeyId {
        KeyId { id: Some(self.id.clone()) }
    }

    /// Decrypts an entry and checks its proofs.
    fn open(&self, mutation: &SyncdMutation) -> Result<Mutation, &'static str> {
        let record = mutation.record.as_option().ok_or("an entry is empty")?;
        if record.key_id.as_option().and_then(|key| key.id.as_deref()) != Some(&self.id) {
            return Err("an entry is under another key");
        }
        let blob = record.value.as_option().and_then(|value| value.blob.as_deref()).ok_or("an entry has no value")?;
        let (sealed, mac) = blob.split_at_checked(blob.len().wrapping_sub(MAC)).ok_or("an entry is too short")?;
        let operation = operation(mutation).ok_or("an entry does something unknown")?;
        if self.value_mac(operation, sealed) != mac {
            return Err("the MAC of an entry is wrong");
        }
        let (iv, sealed) = sealed.split_at_checked(IV).ok_or("an entry is too short")?;
        let mut plain = Vec::new();
        aes_256_cbc_decrypt_into(sealed, &self.cipher, iv, &mut plain).map_err(|_| "an entry cannot be decrypted")?;
        let data = SyncActionData::decode_from_slice(&plain).map_err(|_| "an entry is malformed")?;
        let index = String::from_utf8(data.index.unwrap_or_default()).map_err(|_| "an index is malformed")?;
        if crypto::hmac_sha256(&self.index, &[index.as_bytes()]).as_slice() != index_of(mutation) {
            return Err("the MAC of an index is wrong");
        }
        let value = data.value.into_option().unwrap_or_default();
        Ok(Mutation { operation, index, value, version: data.version.unwrap_or_default() })
    }
}

/// One entry, set or removed.
#[derive(Debug, Clone)]
pub(super) struct Mutation {
    pub operation: SyncdOperation,
    /// A JSON array.
    pub index: String,
    pub value: SyncActionValue,
    /// Of the schema of this kind of entry.
    pub version: i32,
}

fn operation(mutation: &SyncdMutation) -> Option<SyncdOperation> {
    mutation.operation.map_or(Some(SyncdOperation::SET), |operation| operation.as_known())
}

fn index_of(mutation: &SyncdMutation) -> &[u8] {
    let index = mutation.record.as_option().and_then(|record| record.index.as_option());
    index.and_then(|index| index.blob.as_deref()).unwrap_or_default()
}

/// The last bytes of an entry's value.
fn mac_of(mutation: &SyncdMutation) -> Vec<u8> {
    let value = mutation.record.as_option().and_then(|record| record.value.as_option());
    let blob = value.and_then(|value| value.blob.as_deref()).unwrap_or_default();
    blob[blob.len().saturating_sub(MAC)..].to_vec()
}

/// The sum over all entries of a collection, to which one is added and from which one is taken.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    sum: [u8; 128],
    /// The MAC of each entry's value, by the MAC of its index.
    entries: HashMap<Vec<u8>, Vec<u8>>,
}

impl Default for Sum {
    fn default() -> Self {
        Self { sum: [0; 128], entries: HashMap::new() }
    }
}

impl Sum {
    fn turn(&mut self, mac: &[u8], add: bool) {
        let expanded: [u8; 128] = crypto::hkdf(&[], mac, HASH_INFO);
        for (ours, theirs) in self.sum.chunks_exact_mut(2).zip(expanded.chunks_exact(2)) {
            let (a, b) = (u16::from_le_bytes([ours[0], ours[1]]), u16::from_le_bytes([theirs[0], theirs[1]]));
            let sum = if add { a.wrapping_add(b) } else { a.wrapping_sub(b) };
            ours.copy_from_slice(&sum.to_le_bytes());
        }
    }

    fn apply(&mut self, mutations: &[SyncdMutation]) {
        for mutation in mutations {
            let index = index_of(mutation).to_vec();
            if let Some(before) = self.entries.remove(&index) {
                self.turn(&before, false);
            }
            if operation(mutation) == Some(SyncdOperation::SET) {
                let mac = mac_of(mutation);
                self.turn(&mac, true);
                self.entries.insert(index, mac);
            }
        }
    }

    fn snapshot_mac(&self, keys: &Keys, name: &str, version: u64) -> [u8; 32] {
        crypto::hmac_sha256(&keys.snapshot_mac, &[&self.sum, &version.to_be_bytes(), name.as_bytes()])
    }
}

fn patch_mac(keys: &Keys, name: &str, version: u64, snapshot_mac: &[u8], mutations: &[SyncdMutation]) -> [u8; 32] {
    let macs: Vec<u8> = mutations.iter().flat_map(mac_of).collect();
    crypto::hmac_sha256(&keys.patch_mac, &[snapshot_mac, &macs, &version.to_be_bytes(), name.as_bytes()])
}

/// A collection as the phone has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Collection {
    pub version: u64,
    sum: Sum,
    /// What is set, by its index.
    pub entries: HashMap<String, SyncActionValue>,
}

impl Collection {
    /// The patch that makes these changes, leading to the next version.
    pub(super) fn patch(&self, keys: &Keys, name: &str, changes: &[Mutation]) -> SyncdPatch {
        let mutations: Vec<SyncdMutation> = changes.iter().map(|change| keys.seal(change)).collect();
        let version = self.version + 1;
        let mut sum = self.sum.clone();
        sum.apply(&mutations);
        let snapshot_mac = sum.snapshot_mac(keys, name, version);
        let patch_mac = patch_mac(keys, name, version, &snapshot_mac, &mutations);
        SyncdPatch {
            mutations,
            snapshot_mac: Some(snapshot_mac.to_vec()),
            patch_mac: Some(patch_mac.to_vec()),
            key_id: MessageField::some(keys.key_id()),
            device_index: Some(0),
            ..Default::default()
        }
    }

    /// Takes a patch in after checking all its proofs; nothing changes when one of them is wrong.
    pub(super) fn follow(&mut self, keys: &Keys, name: &str, patch: &SyncdPatch) -> Result<(), &'static str> {
        if patch.external_mutations.is_set() {
            return Err("a patch lies in a file");
        }
        let version = self.version + 1;
        let snapshot_mac = patch.snapshot_mac.as_deref().unwrap_or_default();
        let expected = patch_mac(keys, name, version, snapshot_mac, &patch.mutations);
        if patch.patch_mac.as_deref() != Some(&expected) {
            return Err("the MAC of a patch is wrong");
        }
        let mut sum = self.sum.clone();
        sum.apply(&patch.mutations);
        if sum.snapshot_mac(keys, name, version) != snapshot_mac {
            return Err("the MAC of a snapshot is wrong");
        }
        let changes = patch.mutations.iter().map(|mutation| keys.open(mutation)).collect::<Result<Vec<_>, _>>()?;
        for change in changes {
            match change.operation {
                SyncdOperation::SET => self.entries.insert(change.index, change.value),
                SyncdOperation::REMOVE => self.entries.remove(&change.index),
            };
        }
        self.sum = sum;
        self.version = version;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(operation: SyncdOperation, index: &str, at: i64) -> Mutation {
        let value = SyncActionValue { timestamp: Some(at), ..Default::default() };
        Mutation { operation, index: index.to_owned(), value, version: 3 }
    }

    #[test]
    fn whoever_follows_the_patches_has_the_same_and_believes_no_other() {
        let keys = Keys::new(&[1, 2, 3], &[7; 32]);
        let (mut ours, mut theirs) = (Collection::default(), Collection::default());
        for changes in [
            vec![change(SyncdOperation::SET, "a", 1), change(SyncdOperation::SET, "b", 1)],
            vec![change(SyncdOperation::SET, "a", 2)],
            vec![change(SyncdOperation::REMOVE, "b", 3)],
        ] {
            let patch = ours.patch(&keys, "regular_low", &changes);
            assert!(theirs.clone().follow(&keys, "regular_high", &patch).is_err(), "of another collection");
            assert!(theirs.clone().follow(&Keys::new(&[1, 2, 3], &[8; 32]), "regular_low", &patch).is_err());
            let mut other = patch.clone();
            other.mutations.pop();
            assert!(theirs.clone().follow(&keys, "regular_low", &other).is_err(), "an entry is missing");
            ours.follow(&keys, "regular_low", &patch).expect("its own");
            theirs.follow(&keys, "regular_low", &patch).expect("proved");
            assert!(theirs.clone().follow(&keys, "regular_low", &patch).is_err(), "a second time");
        }
        assert_eq!(theirs.version, 3);
        let at: Vec<_> = theirs.entries.iter().map(|(index, value)| (index.as_str(), value.timestamp)).collect();
        assert_eq!(at, [("a", Some(2))]);
        assert_eq!(ours.sum.sum, theirs.sum.sum);
        // An empty collection has an empty sum again.
        let patch = ours.patch(&keys, "regular_low", &[change(SyncdOperation::REMOVE, "a", 4)]);
        ours.follow(&keys, "regular_low", &patch).expect("its own");
        assert_eq!(ours.sum.sum, [0; 128]);
    }
}
