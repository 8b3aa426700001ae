//! What a person says in a group: once for all who have its key, and the key itself to each device that has not got it yet.

use std::collections::HashMap;
use std::sync::Arc;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::Message;
use waproto::whatsapp::message::SenderKeyDistributionMessage;

use super::content::{self, Envelope};
use super::keyring::{Holders, Keyring, Sender};
use super::outbox::{Said, enc, enc_in, stanza};
use super::person::Person;
use super::{transcript, wire};
use crate::network::account::Device;
use crate::network::address::{Address, chat_jid, chat_name};
use crate::network::groups::Group;
use crate::network::route::Copy;
use crate::store::{MessageRow, Op, StoreError};
use crate::world::{Result, WorldError};

/// `Message.senderKeyDistributionMessage`.
const DISTRIBUTION: u32 = 2;

fn distribution(group: u64, key: Vec<u8>) -> SenderKeyDistributionMessage {
    SenderKeyDistributionMessage {
        group_id: Some(chat_jid(group).to_string()),
        axolotl_sender_key_distribution_message: Some(key),
    }
}

impl Person {
    fn own_key(&self, group: u64) -> Sender {
        Sender { group, lid: self.account.lid, device: 0 }
    }

    /// A group that this person is in.
    pub(super) fn group(&self, id: u64) -> Result<Group> {
        let group = self.network.group(id).ok_or_else(|| WorldError::NoSuchGroup(chat_name(id)))?;
        if group.member(self.account.lid).is_none() {
            return Err(WorldError::NotAMember(self.number().to_string()));
        }
        Ok(group)
    }

    /// A group that this person may write into.
    pub(super) fn group_to_write(&self, id: u64) -> Result<Group> {
        let group = self.group(id)?;
        if group.announce_only && !group.is_admin(self.account.lid) {
            return Err(WorldError::NotAnAdmin(self.number().to_string()));
        }
        Ok(group)
    }

    /// Whoever is to read what this person says in a group.
    pub(super) fn readers(&self, group: &Group) -> Vec<u64> {
        let members = self.network.members(group);
        members.iter().map(|member| member.number).filter(|number| *number != self.number()).collect()
    }

    /// Says several things in order, in one write. Returns the seconds they bear.
    pub(super) async fn say_in_group(&self, id: u64, messages: Vec<Said>) -> Result<i64> {
        let mut keyring = self.keys().await;
        let group = self.group_to_write(id)?;
        let readers = self.readers(&group);
        let devices = self.other_devices(&group);
        // What can be seen once does not reach linked devices, so that a key beside it would not either.
        let once = messages.first().is_some_and(|message| message.envelope.view_once);
        let mut ops = Vec::new();
        let mut keys = self.tell_key(&mut keyring, id, &devices, once, &mut ops).await?;
        let mut outbound = Vec::with_capacity(messages.len());
        let mut views = Vec::new();
        let watched = self.network.changes.receiver_count() > 0;
        for Said { id: message, body, envelope } in messages {
            let for_all = enc_in(keyring.seal_for_group(self.own_key(id), &body).await?, None, envelope);
            let copies = devices.iter().map(|(_, device)| Copy {
                to: device.address,
                by_lid: group.by_lid,
                enc: parts(keys.remove(&device.address), &for_all, envelope, device),
            });
            let copies = copies.collect();
            let row = self.sent(id, message.clone(), body);
            if watched {
                views.push(transcript::view(&self.network, &row));
            }
            ops.push(Op::Message(Box::new(row)));
            ops.push(Op::Readers { owner: self.number(), id: message.clone(), readers: readers.clone() });
            outbound.push(stanza(message, id, envelope, copies));
        }
        ops.extend(keyring.sender_key_op(self.own_key(id)));
        // As everywhere: keys are on disk before anything they encrypted leaves.
        self.network.store.write(ops).await?;
        let at = self.network.deliver_all(&self.account, 0, outbound).await?;
        drop(keyring);
        self.network.store.flush().await?;
        self.told(views);
        Ok(at)
    }

    /// Every device that reads along but this one, with the hidden id of whose it is.
    fn other_devices(&self, group: &Group) -> Vec<(u64, Arc<Device>)> {
        let members = self.network.members(group);
        let devices = members.iter().flat_map(|member| member.devices().into_iter().map(|device| (member.lid, device)));
        devices.filter(|(_, device)| device.address != self.device.address).collect()
    }

    /// Encrypts the own key for each device that lacks it; a new one, when somebody has it who must not read on.
    async fn tell_key(
        &self,
        keyring: &mut Keyring,
        id: u64,
        devices: &[(u64, Arc<Device>)],
        phones_only: bool,
        ops: &mut Vec<Op>,
    ) -> Result<HashMap<Address, Node>> {
        let own = self.own_key(id);
        let present: Holders = devices.iter().map(|(lid, device)| (*lid, device.address.device)).collect();
        keyring.renew_key(own, &present);
        let message = distribution(id, keyring.distribution(own).await?);
        let message = Message { sender_key_distribution_message: MessageField::some(message), ..Default::default() };
        let message = message.encode_to_vec();
        let mut keys = HashMap::new();
        let mut told = Vec::new();
        for (lid, device) in devices {
            let holder = (*lid, device.address.device);
            let passed_over = phones_only && device.address.device != 0;
            if passed_over || keyring.holds(id, holder) || !self.ready_for(keyring, device).await? {
                continue;
            }
            keys.insert(device.address, enc(keyring.seal(device.address, &message).await?, None));
            ops.extend(keyring.session_op(device.address));
            told.push(holder);
        }
        ops.push(keyring.told(id, told));
        Ok(keys)
    }

    /// Says a message of a group again to a device that could not read it, for that device alone and with the key.
    pub(super) async fn repeat_in_group(
        &self,
        target: &Device,
        id: u64,
        row: MessageRow,
        count: u64,
    ) -> std::result::Result<(), StoreError> {
        let address = target.address;
        let reader = self.network.account(address.number);
        let group = self.network.group(id).zip(reader).filter(|(group, reader)| group.member(reader.lid).is_some());
        let Some((group, reader)) = group else { return Ok(()) };
        let Ok(message) = Message::decode_from_slice(&row.body) else { return Ok(()) };
        let envelope = content::envelope(&message);
        let mut keyring = self.keys().await;
        let mut ops = vec![keyring.forget(address)];
        if !self.ready_for(&mut keyring, target).await.unwrap_or(false) {
            return self.network.store.write(ops).await;
        }
        let own = self.own_key(id);
        let sealed = async {
            let key = keyring.distribution(own).await?;
            let mut plain = row.body;
            wire::bytes_field(&mut plain, DISTRIBUTION, &distribution(id, key).encode_to_vec());
            keyring.seal(address, &plain).await
        };
        let sealed = match sealed.await {
            Ok(sealed) => sealed,
            Err(error) => {
                tracing::warn!(%error, id = row.id, "a repetition cannot be encrypted");
                return Ok(());
            }
        };
        ops.push(keyring.told(id, [(reader.lid, address.device)]));
        ops.extend(keyring.session_op(address));
        ops.extend(keyring.sender_key_op(own));
        self.network.store.write(ops).await?;
        let count = u32::try_from(count).unwrap_or(1);
        let copy = Copy { to: address, by_lid: group.by_lid, enc: vec![enc_in(sealed, Some(count), envelope)] };
        let outbound = stanza(row.id, id, envelope, vec![copy]);
        self.network.deliver(&self.account, 0, outbound).await.map(drop)
    }
}

/// What one device gets of a message.
fn parts(key: Option<Node>, for_all: &Node, envelope: Envelope, device: &Device) -> Vec<Node> {
    let mut parts: Vec<Node> = key.into_iter().collect();
    parts.push(if envelope.view_once && device.address.device != 0 {
        NodeBuilder::new("unavailable").attr("type", "view_once").build()
    } else {
        for_all.clone()
    });
    parts.extend(envelope.poll.map(|kind| NodeBuilder::new("meta").attr("polltype", kind).build()));
    parts
}
