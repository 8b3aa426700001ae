//! What only a phone does: approves devices, signs the list of them, and shares the key of the application state.

use std::sync::Arc;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::message::{
    AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId, AppStateSyncKeyShare,
    ProtocolMessage, protocol_message::Type,
};
use waproto::whatsapp::{
    ADVDeviceIdentity, ADVEncryptionType, ADVKeyIndexList, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC,
    ADVSignedKeyIndexList, Message,
};

use super::keyring::PhoneSecrets;
use super::outbox::{enc, new_message_id};
use super::person::Person;
use super::qr::LinkingCode;
use crate::crypto::{self, Key};
use crate::network::account::{Device, DeviceRecord, SignedPreKey, lock};
use crate::network::address::Address;
use crate::network::pairing::Approval;
use crate::network::route::{Copy, Outbound};
use crate::network::{Network, now_ms, now_seconds};
use crate::store::StoreError;
use crate::world::{Change, Linked, Result, WorldError};

/// Linked devices an account may have at once.
const MAX_DEVICES: usize = 4;
/// Device indexes wrap around before they outgrow the byte they travel in.
const LAST_INDEX: u16 = 99;

/// Prefixes of what is signed, so that no signature can be taken for another.
mod prefix {
    pub(super) const ACCOUNT: &[u8] = &[6, 0];
    pub(super) const DEVICE: &[u8] = &[6, 1];
    pub(super) const KEY_INDEX_LIST: &[u8] = &[6, 2];
    pub(super) const HOSTED: &[u8] = &[6, 5];
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

/// The approval of one device: what is sent, and what its proof must contain.
struct Certificate {
    details: Vec<u8>,
    /// The phone's identity.
    account_key: Key,
    account_signature: [u8; 64],
    container: Vec<u8>,
}

impl Person {
    fn phone_secrets(keyring: &super::keyring::Keyring) -> Result<&PhoneSecrets> {
        keyring.secrets.phone.as_ref().ok_or_else(|| WorldError::NoSuchPhone(String::new()))
    }

    /// Scans a linking code and approves. Returns when the device proved itself and is linked.
    pub async fn scan(&self, code: &str) -> Result<Linked> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        let code: LinkingCode = code.parse()?;
        let offer = self.network.offers.find(&code.reference, &code.noise, &code.identity)?;
        if self.account.companions().len() >= MAX_DEVICES {
            return Err(WorldError::TooManyDevices);
        }
        let (certificate, approval) = self.certify(&code).await?;
        let proof = offer.approve(&self.network, &self.account, &approval).await?;
        let device_identity = certificate.verify(&proof, &code.identity)?;
        let registration = &offer.registration;
        let address = Address::new(self.number(), approval.device);
        let device = Arc::new(Device::new(
            address,
            DeviceRecord {
                registration_id: registration.registration_id,
                identity: registration.identity,
                noise: Some(hex::encode(registration.noise)),
                signed_prekey: registration.signed_prekey,
                key_index: approval.key_index,
                device_identity,
                push_name: String::new(),
                platform: registration.platform.clone(),
                linked_at: now_ms(),
                uploaded: false,
                keys_shared: false,
            },
        ));
        self.account.add_device(Arc::clone(&device));
        self.network.store.write(vec![Network::device_op(&device)]).await?;
        self.sign_device_list().await?;
        self.network.announce_devices(&self.account, "add", approval.device).await?;
        // The device comes back with a login.
        offer.link.end(vec![crate::network::restart()]);
        self.network.changed(Change::Device { number: self.number().to_string(), device: approval.device });
        Ok(Linked {
            jid: address.jid().to_string(),
            lid: wacore_binary::Jid::lid_device(self.account.lid.to_string(), approval.device).to_string(),
            device: approval.device,
            key_index: approval.key_index,
        })
    }

    /// Makes the certificate for the device behind a code, under an index that no other device has.
    async fn certify(&self, code: &LinkingCode) -> Result<(Certificate, Approval)> {
        let mut keyring = self.keys().await;
        let (raw_id, key_index) = {
            let phone = Self::phone_secrets(&keyring)?;
            (phone.raw_id, phone.next_key_index)
        };
        let hosted = lock(&self.account.profile).hosted;
        let details = ADVDeviceIdentity {
            raw_id: Some(raw_id),
            timestamp: Some(now_seconds().cast_unsigned()),
            key_index: Some(key_index),
            account_type: Some(if hosted { ADVEncryptionType::HOSTED } else { ADVEncryptionType::E2EE }),
            device_type: Some(ADVEncryptionType::E2EE),
        }
        .encode_to_vec();
        // The device itself is an ordinary one even where the account is hosted, so the ordinary prefix is right.
        let account_signature = keyring.sign(&[prefix::ACCOUNT, &details, &code.identity]);
        let account_key = keyring.identity();
        let signed = ADVSignedDeviceIdentity {
            details: Some(details.clone()),
            account_signature_key: Some(account_key.to_vec()),
            account_signature: Some(account_signature.to_vec()),
            device_signature: None,
        }
        .encode_to_vec();
        let hmac_prefix = if hosted { prefix::HOSTED } else { &[] };
        let container = ADVSignedDeviceIdentityHMAC {
            hmac: Some(crypto::hmac_sha256(&code.secret, &[hmac_prefix, &signed]).to_vec()),
            details: Some(signed),
            account_type: hosted.then_some(ADVEncryptionType::HOSTED),
        }
        .encode_to_vec();
        if let Some(phone) = &mut keyring.secrets.phone {
            phone.next_key_index += 1;
        }
        let secrets = keyring.secrets_op();
        drop(keyring);
        let device = self.next_device();
        self.network.store.write(vec![secrets, Network::profile_op(&self.account)]).await?;
        let business = hosted.then(|| self.account.name());
        let approval = Approval { device, key_index, container: container.clone(), business };
        Ok((Certificate { details, account_key, account_signature, container }, approval))
    }

    fn next_device(&self) -> u16 {
        let used: Vec<u16> = self.account.companions().iter().map(|device| device.address.device).collect();
        let mut profile = lock(&self.account.profile);
        loop {
            profile.last_device = if profile.last_device >= LAST_INDEX { 1 } else { profile.last_device + 1 };
            if !used.contains(&profile.last_device) {
                return profile.last_device;
            }
        }
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

impl Certificate {
    /// Checks the identity that the device signed, and completes it: some clients leave out the account's key, which they
    /// know the server to have.
    fn verify(&self, proof: &[u8], identity: &Key) -> Result<Vec<u8>> {
        debug_assert!(!self.container.is_empty(), "the container was sent");
        let refused = |why: &str| WorldError::LinkRefused(why.to_owned());
        let mut signed =
            ADVSignedDeviceIdentity::decode_from_slice(proof).map_err(|_| refused("its proof is malformed"))?;
        if signed.details.as_deref() != Some(&self.details) {
            return Err(refused("its proof is about another device"));
        }
        if signed.account_signature.as_deref().is_some_and(|signature| signature != self.account_signature) {
            return Err(refused("its proof bears another account signature"));
        }
        let signature = signed.device_signature.as_deref().unwrap_or_default();
        if !crypto::verify(identity, &[prefix::DEVICE, &self.details, identity, &self.account_key], signature) {
            return Err(refused("its signature is wrong"));
        }
        signed.account_signature_key = Some(self.account_key.to_vec());
        signed.account_signature = Some(self.account_signature.to_vec());
        Ok(signed.encode_to_vec())
    }
}
