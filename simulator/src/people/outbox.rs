//! What a person says: encrypted for every device of the other side, and for the person's own companions.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::{Message, message::DeviceSentMessage};

use super::content::{self, Envelope};
use super::keyring::{Keyring, KeyringError, Sealed};
use super::person::Person;
use super::transcript;
use crate::crypto;
use crate::network::account::Device;
use crate::network::address::Address;
use crate::network::route::{Copy, Outbound, Receipt};
use crate::network::{now_ms, now_seconds};
use crate::store::{MessageRow, Op};
use crate::world::{Content, Direction, Result, Sent, Status, WorldError};

impl From<KeyringError> for WorldError {
    fn from(error: KeyringError) -> Self {
        Self::Storage(format!("keys: {error}"))
    }
}

/// A message id as phones make them.
pub fn new_message_id() -> String {
    format!("3EB0{}", hex::encode_upper(crypto::random::<9>()))
}

pub(super) fn enc(sealed: Sealed, count: Option<u32>) -> Node {
    let mut enc = NodeBuilder::new("enc").attr("v", 2).attr("type", sealed.kind);
    if let Some(count) = count {
        enc = enc.attr("count", count);
    }
    enc.bytes(sealed.bytes).build()
}

/// The copy for the author's own devices.
pub(super) fn device_sent(to: u64, message: Message) -> Message {
    Message {
        device_sent_message: MessageField::some(DeviceSentMessage {
            destination_jid: Some(Address::phone(to).jid().to_string()),
            message: MessageField::some(message),
            phash: None,
        }),
        ..Default::default()
    }
}

impl Person {
    /// Says something. Returns when it is with the network and written.
    pub async fn say(&self, to: u64, content: &Content, id: Option<String>) -> Result<Sent> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        self.network.account(to).ok_or_else(|| WorldError::NoSuchAccount(to.to_string()))?;
        let named = match content {
            Content::Reaction(reaction) => Some(reaction.id.clone()),
            Content::Edit(edit) => Some(edit.id.clone()),
            Content::Revoke(revoke) => Some(revoke.id.clone()),
            _ => None,
        };
        let mut own = true;
        if let Some(id) = named {
            let found = transcript::find(&self.network.store, self.number(), &id).await?;
            let row = found.ok_or_else(|| WorldError::NoSuchMessage(id.clone()))?;
            own = row.author == self.number();
            if !own && !matches!(content, Content::Reaction(_)) {
                return Err(WorldError::NoSuchMessage(id));
            }
        }
        let message = content::to_message(content, to, |_| own)?;
        let id = id.unwrap_or_else(new_message_id);
        let at = self.say_all(to, vec![(id.clone(), message)]).await?;
        Ok(Sent { id, at: at * 1000 })
    }

    /// Says several things in order, in one write. Returns the seconds they bear.
    pub async fn say_all(&self, to: u64, messages: Vec<(String, Message)>) -> Result<i64> {
        let mut keyring = self.keys().await;
        let mut ops = Vec::new();
        let targets = self.prepare(&mut keyring, to).await?;
        let mut outbound = Vec::with_capacity(messages.len());
        let mut rows = Vec::with_capacity(messages.len());
        for (id, message) in messages {
            let envelope = content::envelope(&message);
            let body = message.encode_to_vec();
            let own_copy = targets
                .iter()
                .any(|target| target.number == self.number())
                .then(|| device_sent(to, message).encode_to_vec());
            let mut copies = Vec::with_capacity(targets.len());
            for target in &targets {
                let plain = match &own_copy {
                    Some(copy) if target.number == self.number() => copy,
                    _ => &body,
                };
                let sealed = keyring.seal(*target, plain).await?;
                copies.push(Copy { to: *target, by_lid: false, enc: vec![enc(sealed, None)] });
            }
            let now = now_ms();
            rows.push(MessageRow {
                owner: self.number(),
                peer: to,
                id: id.clone(),
                direction: transcript::direction(Direction::Sent),
                author: self.number(),
                author_device: 0,
                at: now,
                status: transcript::status(Status::Sent),
                status_at: now,
                body,
            });
            outbound.push(stanza(id, to, envelope, copies));
        }
        let watched = self.network.changes.receiver_count() > 0;
        let views: Vec<_> = if watched { rows.iter().map(transcript::view).collect() } else { Vec::new() };
        ops.extend(rows.into_iter().map(|row| Op::Message(Box::new(row))));
        ops.extend(targets.iter().filter_map(|target| keyring.session_op(*target)));
        // The sessions are on disk before anything they encrypted leaves; the lock is held, so that the order of two calls
        // is the order on the wire.
        self.network.store.write(ops).await?;
        let mut at = now_seconds();
        for outbound in outbound {
            at = self.network.deliver(&self.account, 0, outbound).await?;
        }
        drop(keyring);
        self.network.store.flush().await?;
        for view in views {
            self.network.changed(crate::world::Change::Message { number: self.number().to_string(), message: view });
        }
        Ok(at)
    }

    /// All devices to encrypt for, each with a session.
    async fn prepare(&self, keyring: &mut Keyring, to: u64) -> Result<Vec<Address>> {
        let account = self.network.account(to).ok_or_else(|| WorldError::NoSuchAccount(to.to_string()))?;
        let mut devices = account.devices();
        if to != self.number() {
            devices.extend(self.account.companions());
        }
        devices.retain(|device| device.address != self.device.address);
        let mut targets = Vec::with_capacity(devices.len());
        for device in devices {
            if self.ready_for(keyring, &device).await? {
                targets.push(device.address);
            }
        }
        Ok(targets)
    }

    /// Makes sure of a session with a device. False when its keys are of no use.
    pub(super) async fn ready_for(&self, keyring: &mut Keyring, device: &Device) -> Result<bool> {
        if keyring.has_session(device.address, &device.identity()) {
            return Ok(true);
        }
        let bundle = self.network.take_bundle(device).await?;
        match keyring.begin(device.address, &bundle).await {
            Ok(()) => Ok(true),
            Err(error) => {
                tracing::warn!(%error, device = %device.address.jid(), "no session can be made");
                Ok(false)
            }
        }
    }

    /// Opens messages of `from`: sends read receipts.
    pub async fn mark_read(&self, from: u64, ids: &[String]) -> Result<()> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        let mut by_device: Vec<(u16, Vec<String>)> = Vec::new();
        let mut ops = Vec::new();
        let now = now_ms();
        for id in ids {
            let row = transcript::find(&self.network.store, self.number(), id).await?;
            let row = row.filter(|row| row.author == from && row.author != self.number());
            let row = row.ok_or_else(|| WorldError::NoSuchMessage(id.clone()))?;
            match by_device.iter_mut().find(|(device, _)| *device == row.author_device) {
                Some((_, ids)) => ids.push(id.clone()),
                None => by_device.push((row.author_device, vec![id.clone()])),
            }
            let status = transcript::status(Status::Read);
            ops.push(Op::Status { owner: self.number(), id: id.clone(), author: from, status, at: now });
        }
        self.network.store.write(ops).await?;
        for (device, ids) in by_device {
            let to = Address::new(from, device);
            let receipt = Receipt { to, by_lid: false, ids, kind: "read".to_owned(), at: now / 1000 };
            self.network.pass_receipt(&self.account, 0, receipt).await?;
        }
        self.network.store.flush().await?;
        for id in ids {
            self.tell_message(id).await;
        }
        Ok(())
    }

    /// Tells whoever watches that a line of the transcript changed.
    pub(super) async fn tell_message(&self, id: &str) {
        if self.network.changes.receiver_count() == 0 {
            return;
        }
        if let Ok(Some(row)) = transcript::find(&self.network.store, self.number(), id).await {
            let message = transcript::view(&row);
            self.network.changed(crate::world::Change::Message { number: self.number().to_string(), message });
        }
    }
}

pub(super) fn stanza(id: String, to: u64, envelope: Envelope, copies: Vec<Copy>) -> Outbound {
    let extra = envelope.edit.map(|edit| ("edit", edit.to_owned())).into_iter().collect();
    let to = Address::phone(to).jid();
    Outbound { id, to, kind: envelope.kind.to_owned(), extra, copies, device_identity: None }
}
