//! What only a phone does: signs the list of its devices, unlinks them, and shares the key of the application state.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::message::{
    AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId, AppStateSyncKeyShare,
    ProtocolMessage, protocol_message::Type,
};
use waproto::whatsapp::{ADVEncryptionType, ADVKeyIndexList, ADVSignedKeyIndexList, Message};

use super::keyring::PhoneSecrets;
use super::outbox::{enc, new_message_id};
use super::person::Person;
use crate::crypto::Key;
use crate::network::account::{SignedPreKey, lock};
use crate::network::address::Address;
use crate::network::route::{Copy, Outbound};
use crate::network::{Network, now_seconds};
use crate::store::StoreError;
use crate::world::{Result, WorldError};

/// Prefixes of what is signed, so that no signature can be taken for another.
pub(super) mod prefix {
    pub(in crate::people) const ACCOUNT: &[u8] = &[6, 0];
    pub(in crate::people) const DEVICE: &[u8] = &[6, 1];
    pub(in crate::people) const KEY_INDEX_LIST: &[u8] = &[6, 2];
    pub(in crate::people) const HOSTED: &[u8] = &[6, 5];
}

/// The public keys that go with a request for repetition.
pub(super) fn retry_keys(identity: &Key, prekey: (u32, &Key), signed: &SignedPreKey) -> Node {
    let id = |id: u32| NodeBuilder::new("id").bytes(&id.to_be_bytes()[1..]).build();
    let value = |key: &[u8]| NodeBuilder::new("value").bytes(key).build();
    let signature = NodeBuilder::new("signature").bytes(signed.signature).build();
    NodeBuilder::new("keys")
        .children([
            NodeBuilder::new("type").bytes([5]).build(),
            NodeBuilder::new("identity").bytes(*identity).build(),
            NodeBuilder::new("key").children([id(prekey.0), value(prekey.1)]).build(),
            NodeBuilder::new("skey").children([id(signed.id), value(&signed.key), signature]).build(),
        ])
        .build()
}

impl Person {
    pub(super) fn phone_secrets(keyring: &super::keyring::Keyring) -> Result<&PhoneSecrets> {
        keyring.secrets.phone.as_ref().ok_or_else(|| WorldError::NoSuchPhone(String::new()))
    }

    /// Signs the list of devices as it is now, for whoever asks the network.
    pub(super) async fn sign_device_list(&self) -> std::result::Result<(), StoreError> {
        let keyring = self.keys().await;
        let Some(phone) = &keyring.secrets.phone else { return Ok(()) };
        let mut valid: Vec<u32> =
            self.account.companions().iter().map(|device| lock(&device.record).key_index).collect();
        valid.push(0);
        valid.sort_unstable();
        let at = now_seconds().cast_unsigned();
        let hosted = lock(&self.account.profile).hosted;
        let details = ADVKeyIndexList {
            raw_id: Some(phone.raw_id),
            timestamp: Some(at),
            current_index: Some(phone.next_key_index.saturating_sub(1)),
            valid_indexes: valid,
            account_type: hosted.then_some(ADVEncryptionType::HOSTED),
        }
        .encode_to_vec();
        let signature = keyring.sign(&[prefix::KEY_INDEX_LIST, &details]);
        drop(keyring);
        let list = ADVSignedKeyIndexList {
            details: Some(details),
            account_signature: Some(signature.to_vec()),
            account_signature_key: None,
        };
        {
            let mut profile = lock(&self.account.profile);
            profile.key_index_list = list.encode_to_vec();
            profile.key_index_at = at;
        }
        self.network.store.write(vec![Network::profile_op(&self.account)]).await
    }

    /// Unlinks one companion, or all of them.
    pub async fn unlink(&self, device: Option<u16>) -> Result<Vec<u16>> {
        let mut gone = Vec::new();
        for companion in self.account.companions() {
            let index = companion.address.device;
            if device.is_none_or(|wanted| wanted == index) && self.network.remove_device(&self.account, index).await? {
                gone.push(index);
            }
        }
        self.sign_device_list().await?;
        Ok(gone)
    }

    /// Sends the application state key to a companion, which waits for it after its first login.
    pub(super) async fn share_state_key(&self, device: u16, id: Option<String>) -> std::result::Result<(), StoreError> {
        let Some(companion) = self.account.device(device) else { return Ok(()) };
        let mut keyring = self.keys().await;
        let Some(phone) = keyring.secrets.phone.clone() else { return Ok(()) };
        if !self.ready_for(&mut keyring, &companion).await.unwrap_or(false) {
            return Ok(());
        }
        let message = key_share(&phone, self.account.companions().iter().map(|device| lock(&device.record).key_index));
        let sealed = match keyring.seal(companion.address, &message.encode_to_vec()).await {
            Ok(sealed) => sealed,
            Err(error) => {
                tracing::warn!(%error, device, "the key share cannot be encrypted");
                return Ok(());
            }
        };
        lock(&companion.record).keys_shared = true;
        let mut ops = vec![Network::device_op(&companion)];
        ops.extend(keyring.session_op(companion.address));
        self.network.store.write(ops).await?;
        let outbound = Outbound {
            id: id.unwrap_or_else(new_message_id),
            to: Address::phone(self.number()).jid(),
            kind: "text".to_owned(),
            extra: vec![("category", "peer".to_owned())],
            copies: vec![Copy { to: companion.address, by_lid: false, enc: vec![enc(sealed, None)] }],
            device_identity: None,
        };
        self.network.deliver(&self.account, 0, outbound).await.map(drop)
    }
}

fn key_share(phone: &PhoneSecrets, key_indexes: impl Iterator<Item = u32>) -> Message {
    let mut indexes = vec![0];
    indexes.extend(key_indexes);
    indexes.sort_unstable();
    let fingerprint = AppStateSyncKeyFingerprint {
        raw_id: Some(phone.raw_id),
        current_index: Some(phone.next_key_index.saturating_sub(1)),
        device_indexes: indexes,
    };
    let key = AppStateSyncKey {
        key_id: MessageField::some(AppStateSyncKeyId { key_id: Some(phone.state_key_id.to_vec()) }),
        key_data: MessageField::some(AppStateSyncKeyData {
            key_data: Some(phone.state_key.to_vec()),
            fingerprint: MessageField::some(fingerprint),
            timestamp: Some(phone.state_key_at),
        }),
    };
    Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(Type::APP_STATE_SYNC_KEY_SHARE),
            app_state_sync_key_share: MessageField::some(AppStateSyncKeyShare { keys: vec![key] }),
            ..Default::default()
        }),
        ..Default::default()
    }
}
