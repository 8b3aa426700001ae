//! What the devices of one account say to each other: the phone to its companions, and they to it.

use waproto::buffa::Message as _;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::protocol_message::Type;

use super::outbox::{enc, new_message_id};
use super::person::Person;
use crate::network::Network;
use crate::network::account::{Device, lock};
use crate::network::address::Address;
use crate::network::route::{Copy, Outbound};
use crate::store::StoreError;
use crate::world::{HistoryProgress, Result};

/// Messages to companions that can be repeated.
const REMEMBERED: usize = 64;

impl Person {
    /// Sends a companion something that only devices of one account say to each other.
    pub(super) async fn send_peer(
        &self,
        companion: &Device,
        id: Option<String>,
        message: &Message,
        note: impl FnOnce(&mut HistoryProgress),
    ) -> Result<()> {
        let mut keyring = self.keys().await;
        if !self.ready_for(&mut keyring, companion).await? {
            return Ok(());
        }
        let sealed = keyring.seal(companion.address, &message.encode_to_vec()).await?;
        note(&mut lock(&companion.record).history);
        let mut ops = vec![Network::device_op(companion)];
        ops.extend(keyring.session_op(companion.address));
        self.network.store.write(ops).await?;
        let id = id.unwrap_or_else(new_message_id);
        {
            let mut told = lock(&self.told_companions);
            told.retain(|(other, _)| *other != id);
            if told.len() == REMEMBERED {
                told.pop_front();
            }
            told.push_back((id.clone(), message.clone()));
        }
        let outbound = Outbound {
            id,
            to: Address::phone(self.number()).jid(),
            kind: "text".to_owned(),
            extra: vec![("category", "peer".to_owned())],
            copies: vec![Copy { to: companion.address, by_lid: false, enc: vec![enc(sealed, None)] }],
            device_identity: None,
        };
        self.network.deliver(&self.account, 0, outbound).await?;
        drop(keyring);
        Ok(())
    }

    /// Tells a companion again what it could not read.
    pub(super) async fn repeat_to_companion(
        &self,
        companion: &Device,
        id: &str,
    ) -> std::result::Result<(), StoreError> {
        let told = lock(&self.told_companions).iter().find(|(told, _)| told == id).map(|(_, message)| message.clone());
        let Some(message) = told else {
            return self.share_state_key(companion.address.device, Some(id.to_owned())).await;
        };
        if let Err(error) = self.send_peer(companion, Some(id.to_owned()), &message, |_| ()).await {
            tracing::warn!(%error, id, "a companion was not told again");
        }
        Ok(())
    }

    /// What a companion asks of its phone.
    pub(super) async fn grant(&self, device: u16, id: &str, wish: Message) -> std::result::Result<(), StoreError> {
        // Some clients wrap it like a copy for an own device.
        let inner = wish.device_sent_message.as_option().and_then(|copy| copy.message.as_option()).unwrap_or(&wish);
        let Some(protocol) = inner.protocol_message.as_option() else { return Ok(()) };
        match protocol.r#type {
            Some(Type::APP_STATE_SYNC_KEY_REQUEST) => self.share_state_key(device, None).await,
            Some(Type::PEER_DATA_OPERATION_REQUEST_MESSAGE) => {
                let Some(request) = protocol.peer_data_operation_request_message.as_option() else { return Ok(()) };
                if let Err(error) = self.answer_request(device, id, request).await {
                    tracing::warn!(%error, device, "a companion's request was not answered");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
