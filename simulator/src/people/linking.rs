//! How a phone approves a device: it certifies the device's keys, and waits for the device's own signature.

use std::sync::Arc;

use waproto::buffa::Message as _;
use waproto::whatsapp::{ADVDeviceIdentity, ADVEncryptionType, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC};

use super::person::Person;
use super::phone::prefix;
use super::qr::LinkingCode;
use crate::crypto::{self, Key};
use crate::network::account::{Device, DeviceRecord, lock};
use crate::network::address::Address;
use crate::network::pairing::{Approval, Offer};
use crate::network::{Network, now_ms, now_seconds};
use crate::world::{Change, HistoryProgress, Linked, Result, WorldError};

/// Linked devices an account may have at once.
const MAX_DEVICES: usize = 4;
/// Device indexes wrap around before they outgrow the byte they travel in.
const LAST_INDEX: u16 = 99;

/// The approval of one device: what is sent, and what its proof must contain.
struct Certificate {
    details: Vec<u8>,
    /// The phone's identity.
    account_key: Key,
    account_signature: [u8; 64],
    container: Vec<u8>,
}

impl Person {
    /// Scans a linking code and approves. Returns when the device proved itself and is linked.
    pub async fn scan(self: &Arc<Self>, code: &str) -> Result<Linked> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        let code: LinkingCode = code.parse()?;
        let offer = self.network.offers.find(&code.reference, &code.noise, &code.identity)?;
        self.check_room()?;
        self.pass_gate(&offer, code.secret).await?;
        self.approve(&offer, &code.secret).await
    }

    /// Whether one more device may be linked.
    pub(super) fn check_room(&self) -> Result<()> {
        if self.account.companions().len() >= MAX_DEVICES { Err(WorldError::TooManyDevices) } else { Ok(()) }
    }

    /// Approves the device behind an offer; `secret` is what the two share.
    pub(super) async fn approve(&self, offer: &Offer, secret: &[u8; 32]) -> Result<Linked> {
        self.first_state().await?;
        let identity = offer.registration.identity;
        let (certificate, approval) = self.certify(&identity, secret).await?;
        let proof = offer.approve(&self.network, &self.account, &approval).await?;
        let device_identity = certificate.verify(&proof, &identity)?;
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
                history: HistoryProgress::default(),
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

    /// Makes the certificate for a device, under an index that no other device has.
    async fn certify(&self, identity: &Key, secret: &[u8; 32]) -> Result<(Certificate, Approval)> {
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
        let account_signature = keyring.sign(&[prefix::ACCOUNT, &details, identity]);
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
            hmac: Some(crypto::hmac_sha256(secret, &[hmac_prefix, &signed]).to_vec()),
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
