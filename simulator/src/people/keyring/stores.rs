//! Where the Signal library finds and leaves keys and sessions: in memory; whoever uses them writes what changed.

use std::collections::HashMap;

use async_trait::async_trait;
use wacore_libsignal::protocol::{
    Direction, GenericSignedPreKey as _, IdentityChange, IdentityKey, IdentityKeyPair, IdentityKeyStore, KeyPair,
    PreKeyId, PreKeyRecord, PreKeyStore, ProtocolAddress, SenderKeyRecord, SenderKeyStore, SessionCheckoutKey,
    SessionCheckoutStoreResult, SessionRecord, SessionStore, SignalProtocolError, SignedPreKeyId, SignedPreKeyRecord,
    SignedPreKeyStore, Timestamp,
};
use wacore_libsignal::store::sender_key_name::SenderKeyName;

use crate::crypto;

pub(super) struct Identity {
    pub pair: IdentityKeyPair,
    pub registration_id: u32,
}

pub(super) struct OneTime(pub HashMap<u32, [u8; 32]>);

pub(super) struct Signed {
    pub id: u32,
    pub pair: KeyPair,
    pub signature: [u8; 64],
}

#[derive(Default)]
pub(super) struct Sessions(pub HashMap<ProtocolAddress, SessionRecord>);

/// Keys for groups, by group and whose device it is.
#[derive(Default)]
pub(super) struct SenderKeys(pub HashMap<String, SenderKeyRecord>);

type SignalResult<T> = Result<T, SignalProtocolError>;

#[async_trait]
impl IdentityKeyStore for Identity {
    async fn get_identity_key_pair(&self) -> SignalResult<IdentityKeyPair> {
        Ok(self.pair.clone())
    }

    async fn get_local_registration_id(&self) -> SignalResult<u32> {
        Ok(self.registration_id)
    }

    // Simulated people trust whom the network names: the directory is the truth here.
    async fn save_identity(&mut self, _: &ProtocolAddress, _: &IdentityKey) -> SignalResult<IdentityChange> {
        Ok(IdentityChange::NewOrUnchanged)
    }

    fn try_save_identity(&mut self, _: &ProtocolAddress, _: &IdentityKey) -> Option<SignalResult<IdentityChange>> {
        Some(Ok(IdentityChange::NewOrUnchanged))
    }

    async fn is_trusted_identity(&self, _: &ProtocolAddress, _: &IdentityKey, _: Direction) -> SignalResult<bool> {
        Ok(true)
    }

    fn try_is_trusted_identity(
        &self,
        _: &ProtocolAddress,
        _: &IdentityKey,
        _: Direction,
    ) -> Option<SignalResult<bool>> {
        Some(Ok(true))
    }

    async fn get_identity(&self, _: &ProtocolAddress) -> SignalResult<Option<IdentityKey>> {
        Ok(None)
    }
}

#[async_trait]
impl PreKeyStore for OneTime {
    async fn get_pre_key(&self, id: PreKeyId) -> SignalResult<PreKeyRecord> {
        let private = self.0.get(&u32::from(id)).ok_or(SignalProtocolError::InvalidPreKeyId)?;
        let pair = crypto::pair_of(private).ok_or(SignalProtocolError::InvalidPreKeyId)?;
        Ok(PreKeyRecord::new(id, &pair))
    }

    async fn save_pre_key(&mut self, id: PreKeyId, record: &PreKeyRecord) -> SignalResult<()> {
        self.0.insert(u32::from(id), *record.private_key()?.serialize());
        Ok(())
    }

    async fn remove_pre_key(&mut self, id: PreKeyId) -> SignalResult<()> {
        self.0.remove(&u32::from(id));
        Ok(())
    }
}

#[async_trait]
impl SignedPreKeyStore for Signed {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> SignalResult<SignedPreKeyRecord> {
        if u32::from(id) != self.id {
            return Err(SignalProtocolError::InvalidSignedPreKeyId);
        }
        Ok(SignedPreKeyRecord::new(id, Timestamp::from_epoch_millis(0), &self.pair, &self.signature))
    }

    async fn save_signed_pre_key(&mut self, _: SignedPreKeyId, _: &SignedPreKeyRecord) -> SignalResult<()> {
        Ok(())
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> SignalResult<Option<SessionRecord>> {
        Ok(self.0.get(address).cloned())
    }

    fn try_load_session_for_update(
        &self,
        address: &ProtocolAddress,
    ) -> Option<SignalResult<(Option<SessionRecord>, Option<SessionCheckoutKey>)>> {
        Some(Ok((self.0.get(address).cloned(), None)))
    }

    async fn has_session(&self, address: &ProtocolAddress) -> SignalResult<bool> {
        Ok(self.0.contains_key(address))
    }

    fn try_has_session(&self, address: &ProtocolAddress) -> Option<SignalResult<bool>> {
        Some(Ok(self.0.contains_key(address)))
    }

    async fn store_session(&mut self, address: &ProtocolAddress, mut record: SessionRecord) -> SignalResult<()> {
        record.waive_counter_lease();
        self.0.insert(address.clone(), record);
        Ok(())
    }

    fn try_store_session_from_checkout(
        &mut self,
        address: &ProtocolAddress,
        mut record: SessionRecord,
        _: Option<SessionCheckoutKey>,
        _: bool,
    ) -> SessionCheckoutStoreResult {
        record.waive_counter_lease();
        self.0.insert(address.clone(), record);
        SessionCheckoutStoreResult::Stored
    }
}

#[async_trait]
impl SenderKeyStore for SenderKeys {
    async fn store_sender_key(&mut self, name: &SenderKeyName, mut record: SenderKeyRecord) -> SignalResult<()> {
        record.waive_counter_lease()?;
        self.0.insert(name.cache_key().to_owned(), record);
        Ok(())
    }

    async fn load_sender_key(&self, name: &SenderKeyName) -> SignalResult<Option<SenderKeyRecord>> {
        Ok(self.0.get(name.cache_key()).cloned())
    }
}
