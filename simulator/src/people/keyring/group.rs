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

#[cfg(test)]
mod tests {
    use wacore_libsignal::protocol::SignalProtocolError;

    use super::super::{GroupKeys, Secrets};
    use super::*;

    const GROUP: u64 = 120_363_000_000_000_001;
    const ANA: Sender = Sender { group: GROUP, lid: 1001, device: 0 };

    fn keyring(number: u64) -> Keyring {
        let keyring = Keyring::open(number, Secrets::generate(None), Vec::new(), Vec::new(), GroupKeys::default());
        keyring.expect("new keys are usable")
    }

    /// What is kept of a keyring's group keys, opened again.
    fn reopened(keyring: &Keyring, ops: Vec<Op>) -> Keyring {
        let mut groups = GroupKeys::default();
        for op in ops {
            match op {
                Op::SenderKey { group, lid, device, record, .. } => {
                    groups.keys.retain(|row| (row.group, row.lid, row.device) != (group, lid, device));
                    groups.keys.push(SenderKeyRow { group, lid, device, record });
                }
                Op::KeyHolders { group, data, .. } => groups.holders = vec![(group, data)],
                other => panic!("{other:?}"),
            }
        }
        let secrets = keyring.secrets.clone();
        Keyring::open(keyring.number, secrets, Vec::new(), Vec::new(), groups).expect("what was kept is usable")
    }

    #[tokio::test]
    async fn who_has_left_cannot_read_on_and_who_comes_cannot_read_back() {
        let (mut ana, mut bruno, mut carla) = (keyring(1), keyring(2), keyring(3));
        let (bruno_at, carla_at) = ((1002, 0), (1003, 0));
        let mut ops = Vec::new();
        let key = ana.distribution(ANA).await.expect("a key");
        bruno.take_key(ANA, &key, &mut ops).await.expect("taken");
        ana.told(GROUP, [bruno_at]);
        let first = ana.seal_for_group(ANA, b"first").await.expect("sealed");
        assert_eq!(first.kind, "skmsg");
        assert_eq!(bruno.open_from_group(ANA, &first.bytes, &mut ops).await.expect("opened"), b"first");

        // Carla is told the key as it is now.
        let key = ana.distribution(ANA).await.expect("the key");
        carla.take_key(ANA, &key, &mut ops).await.expect("taken");
        ana.told(GROUP, [carla_at]);
        carla.open_from_group(ANA, &first.bytes, &mut ops).await.expect_err("said before she came");
        ana.renew_key(ANA, &Holders::from([bruno_at, carla_at]));
        assert!(ana.holds(GROUP, bruno_at), "nobody left: the key stays");

        ana.renew_key(ANA, &Holders::from([carla_at]));
        assert!(!ana.holds(GROUP, carla_at), "a new key, which nobody has yet");
        let key = ana.distribution(ANA).await.expect("a new key");
        carla.take_key(ANA, &key, &mut ops).await.expect("taken");
        let later = ana.seal_for_group(ANA, b"later").await.expect("sealed");
        assert_eq!(carla.open_from_group(ANA, &later.bytes, &mut ops).await.expect("opened"), b"later");
        let refused = bruno.open_from_group(ANA, &later.bytes, &mut ops).await.expect_err("Bruno has left");
        assert!(matches!(refused, KeyringError::Signal(SignalProtocolError::NoSenderKeyState(_))), "{refused}");
    }

    #[tokio::test]
    async fn keys_that_were_written_go_on_where_they_were() {
        let (mut ana, mut bruno) = (keyring(1), keyring(2));
        let (mut of_ana, mut of_bruno) = (Vec::new(), Vec::new());
        let key = ana.distribution(ANA).await.expect("a key");
        bruno.take_key(ANA, &key, &mut of_bruno).await.expect("taken");
        of_ana.push(ana.told(GROUP, [(1002, 0)]));
        for text in ["one", "two"] {
            let sealed = ana.seal_for_group(ANA, text.as_bytes()).await.expect("sealed");
            of_ana.extend(ana.sender_key_op(ANA));
            let opened = bruno.open_from_group(ANA, &sealed.bytes, &mut of_bruno).await.expect("opened");
            assert_eq!(opened, text.as_bytes());
        }
        let (mut ana, mut bruno) = (reopened(&ana, of_ana), reopened(&bruno, of_bruno));
        assert!(ana.holds(GROUP, (1002, 0)));
        let sealed = ana.seal_for_group(ANA, b"three").await.expect("sealed");
        assert_eq!(bruno.open_from_group(ANA, &sealed.bytes, &mut Vec::new()).await.expect("opened"), b"three");
    }
}
