//! Keys for groups: each device has one of its own for each group, tells it to every device that reads along, and from then
//! on encrypts what it says there once for all. Keys are kept by hidden ids, which stay when a number changes.

use std::collections::{HashMap, HashSet};

use wacore_libsignal::protocol::{
    SenderKeyDistributionMessage, SenderKeyRecord, create_sender_key_distribution_message, group_decrypt,
    group_encrypt, process_sender_key_distribution_message,
};
use wacore_libsignal::store::sender_key_name::SenderKeyName;

use super::stores::SenderKeys;
use super::{Keyring, KeyringError, Sealed, pad, unpad};
use crate::store::{Op, SenderKeyRow};

/// A device in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::people) struct Sender {
    pub group: u64,
    pub lid: u64,
    pub device: u16,
}

impl Sender {
    fn name(self) -> SenderKeyName {
        SenderKeyName::new(self.group.to_string(), format!("{}.{}", self.lid, self.device))
    }
}

/// Which devices have the own key of a group, by hidden id and index.
pub(in crate::people) type Holders = HashSet<(u64, u16)>;

#[derive(Default)]
pub(super) struct OwnKeys(HashMap<u64, Holders>);

impl OwnKeys {
    pub(super) fn opened(rows: Vec<(u64, Vec<u8>)>) -> Self {
        // A list that is lost only means that everybody is told again.
        Self(rows.into_iter().map(|(group, data)| (group, serde_json::from_slice(&data).unwrap_or_default())).collect())
    }
}

pub(super) fn opened(rows: Vec<SenderKeyRow>) -> Option<SenderKeys> {
    let mut keys = SenderKeys::default();
    for SenderKeyRow { group, lid, device, record } in rows {
        let mut record = SenderKeyRecord::deserialize(&record).ok()?;
        // Every key is written before what it encrypted leaves: no counters need to be reserved.
        record.waive_counter_lease().ok()?;
        keys.0.insert(Sender { group, lid, device }.name().cache_key().to_owned(), record);
    }
    Some(keys)
}

impl Keyring {
    /// Whether a device has the own key of a group.
    pub(in crate::people) fn holds(&self, group: u64, device: (u64, u16)) -> bool {
        self.own_keys.0.get(&group).is_some_and(|holders| holders.contains(&device))
    }

    /// Remembers who was told the own key.
    pub(in crate::people) fn told(&mut self, group: u64, devices: impl IntoIterator<Item = (u64, u16)>) -> Op {
        let holders = self.own_keys.0.entry(group).or_default();
        holders.extend(devices);
        let data = serde_json::to_vec(holders).unwrap_or_default();
        Op::KeyHolders { number: self.number, group, data }
    }

    /// Takes another key when one of those who have the present one reads along no more.
    pub(in crate::people) fn renew_key(&mut self, own: Sender, present: &Holders) {
        let stale = self.own_keys.0.get(&own.group).is_some_and(|holders| !holders.is_subset(present));
        if stale {
            self.own_keys.0.remove(&own.group);
            self.sender_keys.0.remove(own.name().cache_key());
        }
    }

    /// What tells a device the own key as it is now: what was said before stays closed to it.
    pub(in crate::people) async fn distribution(&mut self, own: Sender) -> Result<Vec<u8>, KeyringError> {
        let message =
            create_sender_key_distribution_message(&own.name(), &mut self.sender_keys, &mut self.random).await?;
        Ok(message.serialized().to_vec())
    }

    /// Encrypts an encoded Message for all who have the own key.
    pub(in crate::people) async fn seal_for_group(
        &mut self,
        own: Sender,
        message: &[u8],
    ) -> Result<Sealed, KeyringError> {
        let plain = pad(message.to_vec(), &mut self.random);
        let sealed = group_encrypt(&mut self.sender_keys, &own.name(), &plain, &mut self.random).await?;
        Ok(Sealed { kind: "skmsg", bytes: sealed.serialized().to_vec() })
    }

    /// Takes in the key that a device tells. Adds to `ops` what must be written before the message is confirmed.
    pub(in crate::people) async fn take_key(
        &mut self,
        from: Sender,
        distribution: &[u8],
        ops: &mut Vec<Op>,
    ) -> Result<(), KeyringError> {
        let distribution = SenderKeyDistributionMessage::try_from(distribution)?;
        process_sender_key_distribution_message(&from.name(), &distribution, &mut self.sender_keys).await?;
        ops.extend(self.sender_key_op(from));
        Ok(())
    }

    /// Decrypts to an encoded Message what a device said to all.
    pub(in crate::people) async fn open_from_group(
        &mut self,
        from: Sender,
        bytes: &[u8],
        ops: &mut Vec<Op>,
    ) -> Result<Vec<u8>, KeyringError> {
        let plain = group_decrypt(bytes, &mut self.sender_keys, &from.name()).await?;
        ops.extend(self.sender_key_op(from));
        Ok(unpad(plain))
    }

    /// A key as it must be written.
    pub(in crate::people) fn sender_key_op(&self, of: Sender) -> Option<Op> {
        let record = self.sender_keys.0.get(of.name().cache_key())?.serialize().ok()?;
        let Sender { group, lid, device } = of;
        Some(Op::SenderKey { number: self.number, group, lid, device, record })
    }
}
