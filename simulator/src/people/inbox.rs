//! What a person reads: decrypts, writes it down, and only then confirms.

use std::sync::Arc;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent, NodeValue};
use wacore_libsignal::protocol::SignalProtocolError;
use waproto::buffa::Message as _;
use waproto::whatsapp::Message;

use super::content::{self, FileRef};
use super::fetch;
use super::keyring::{Keyring, KeyringError};
use super::media_retry::Request;
use super::outbox::{device_sent, enc_in, stanza};
use super::person::Person;
use super::transcript;
use crate::network::account::Kind;
use crate::network::address::Address;
use crate::network::queue::Key;
use crate::network::route::{Copy, Receipt};
use crate::network::{now_ms, now_seconds};
use crate::store::{MessageRow, Op, StoreError};
use crate::world::{Change, Direction, Status};

/// A correspondent that keeps asking for a repetition is given up.
const MAX_RETRIES: u64 = 5;

/// What is to be done once a batch is written.
#[derive(Default)]
struct After {
    receipts: Vec<Receipt>,
    /// Undecryptable: author, id, attempt.
    retries: Vec<(Address, bool, String, u64)>,
    /// Asked of us: who, id, attempt.
    repetitions: Vec<(Address, String, u64)>,
    /// What companions want of the phone: who, the message's id, what.
    wishes: Vec<(u16, String, Message)>,
    changed: Vec<String>,
    /// Files to be fetched: message, author.
    files: Vec<(String, u64, FileRef)>,
    renewals: Vec<Request>,
    prekeys_low: bool,
}

fn text(node: &Node, key: &str) -> String {
    node.attrs.get(key).map(|value| value.as_str().into_owned()).unwrap_or_default()
}

fn bytes(node: &Node) -> &[u8] {
    match &node.content {
        Some(NodeContent::Bytes(bytes)) => bytes,
        _ => &[],
    }
}

fn delivered(author: Address, by_lid: bool, id: &str) -> Receipt {
    Receipt { to: author, by_lid, ids: vec![id.to_owned()], kind: String::new(), at: now_seconds() }
}

impl Person {
    /// Reads stanzas from the queue and confirms them.
    pub(super) async fn read(&self, batch: Vec<(u64, Arc<Node>)>) -> Result<(), StoreError> {
        let mut ops = Vec::new();
        let mut after = After::default();
        {
            let mut keyring = self.keys().await;
            for (_, node) in &batch {
                match &*node.tag {
                    "message" => self.read_message(&mut keyring, node, &mut ops, &mut after).await,
                    "receipt" => self.read_receipt(node, &mut ops, &mut after),
                    "notification" => after.prekeys_low |= text(node, "type") == "encrypt",
                    _ => {}
                }
            }
            self.network.store.write(ops).await?;
        }
        for receipt in after.receipts {
            self.network.pass_receipt(&self.account, 0, receipt).await?;
        }
        for (author, by_lid, id, count) in after.retries {
            self.ask_again(author, by_lid, &id, count).await?;
        }
        for (device, id, count) in after.repetitions {
            self.repeat(device, &id, count).await?;
        }
        for (device, id, wish) in after.wishes {
            self.grant(device, &id, wish).await?;
        }
        for request in after.renewals {
            self.renew(&request).await?;
        }
        if after.prekeys_low {
            self.refill_prekeys().await?;
        }
        let keys: Vec<(Key, u64)> =
            batch.iter().filter_map(|(_, node)| Some((Key::of(node)?, crate::network::route::author(node)))).collect();
        self.network.confirm(&self.device, &keys).await?;
        for id in after.changed {
            self.tell_message(&id).await;
        }
        for (id, author, file) in after.files {
            fetch::begin(&self.network, self.number(), id, author, file);
        }
        Ok(())
    }

    async fn read_message(&self, keyring: &mut Keyring, node: &Node, ops: &mut Vec<Op>, after: &mut After) {
        let from = node.attrs.get("from").and_then(NodeValue::to_jid);
        let Some((from, by_lid)) = from.and_then(|jid| Some((self.network.resolve(&jid)?, jid.server.is_lid_family())))
        else {
            return;
        };
        let id = text(node, "id");
        for enc in node.get_children_by_tag("enc") {
            let opened = keyring.open_message(from, &text(enc, "type"), bytes(enc), ops).await;
            let message = match opened.map(|plain| Message::decode_from_slice(&plain)) {
                Ok(Ok(message)) => message,
                Ok(Err(error)) => {
                    tracing::warn!(%error, id, "a decrypted message is malformed");
                    continue;
                }
                // Read before; the confirmation was lost with the end of the program.
                Err(KeyringError::Signal(SignalProtocolError::DuplicatedMessage(..))) => {
                    if from.number != self.number() {
                        after.receipts.push(delivered(from, by_lid, &id));
                    }
                    continue;
                }
                Err(error) => {
                    tracing::info!(%error, id, from = %from.jid(), "a message cannot be decrypted; asking again");
                    let count = enc.attrs.get("count").and_then(|count| count.as_str().parse().ok()).unwrap_or(0) + 1;
                    after.retries.push((from, by_lid, id.clone(), count));
                    continue;
                }
            };
            self.take_in(from, by_lid, &id, node, message, ops, after);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of reading, split off for length")]
    fn take_in(
        &self,
        from: Address,
        by_lid: bool,
        id: &str,
        node: &Node,
        mut message: Message,
        ops: &mut Vec<Op>,
        after: &mut After,
    ) {
        let own = from.number == self.number();
        if own && text(node, "category") == "peer" {
            after.wishes.push((from.device, id.to_owned(), message));
            return;
        }
        let mut peer = from.number;
        if let Some(mut copy) = message.device_sent_message.take() {
            let chat = copy.destination_jid.as_deref().and_then(|jid| jid.parse().ok());
            let Some(chat) = chat.and_then(|jid| self.network.resolve(&jid)) else { return };
            let Some(inner) = copy.message.take() else { return };
            (peer, message) = (chat.number, inner);
        } else if own {
            let chat = node.attrs.get("recipient").and_then(NodeValue::to_jid);
            peer = chat.and_then(|jid| self.network.resolve(&jid)).map_or(from.number, |chat| chat.number);
        }
        let direction = if own { Direction::Sent } else { Direction::Received };
        let status = if own { Status::Sent } else { Status::Delivered };
        let at = text(node, "t").parse::<i64>().map_or_else(|_| now_ms(), |seconds| seconds * 1000);
        ops.push(Op::Message(Box::new(MessageRow {
            owner: self.number(),
            peer,
            id: id.to_owned(),
            direction: transcript::direction(direction),
            author: from.number,
            author_device: from.device,
            at,
            status: transcript::status(status),
            status_at: now_ms(),
            body: message.encode_to_vec(),
        })));
        after.changed.push(id.to_owned());
        if let Some(file) = content::file_of(&message).filter(|_| !own && self.account.kind == Kind::Customer) {
            after.files.push((id.to_owned(), from.number, file));
        }
        if !own {
            after.receipts.push(delivered(from, by_lid, id));
        }
    }

    fn read_receipt(&self, node: &Node, ops: &mut Vec<Op>, after: &mut After) {
        let resolve =
            |key: &str| node.attrs.get(key).and_then(NodeValue::to_jid).and_then(|jid| self.network.resolve(&jid));
        let Some(from) = resolve("from") else { return };
        let kind = text(node, "type");
        if kind == "retry" {
            let count = node
                .get_optional_child("retry")
                .and_then(|retry| retry.attrs.get("count").and_then(|count| count.as_str().parse().ok()))
                .unwrap_or(1);
            after.repetitions.push((from, text(node, "id"), count));
            return;
        }
        if kind == "server-error" {
            after.renewals.push(Request { from, id: text(node, "id"), node: node.clone() });
            return;
        }
        let status = match kind.as_str() {
            "" => Status::Delivered,
            "read" | "read-self" => Status::Read,
            "played" | "played-self" => Status::Played,
            _ => return,
        };
        // A companion of ours opened what another wrote; anybody else confirms what we wrote.
        let author = if from.number == self.number() { resolve("recipient").map(|chat| chat.number) } else { None };
        let author = author.unwrap_or(self.number());
        let at = text(node, "t").parse::<i64>().map_or_else(|_| now_ms(), |seconds| seconds * 1000);
        let list = node.get_optional_child("list");
        let more = list.into_iter().flat_map(|list| list.get_children_by_tag("item")).map(|item| text(item, "id"));
        for id in std::iter::once(text(node, "id")).chain(more) {
            after.changed.push(id.clone());
            ops.push(Op::Status { owner: self.number(), id, author, status: transcript::status(status), at });
        }
    }

    /// Asks the author to encrypt a message anew, with fresh keys of ours.
    async fn ask_again(&self, author: Address, by_lid: bool, id: &str, count: u64) -> Result<(), StoreError> {
        if count > MAX_RETRIES {
            return Ok(());
        }
        let (keys, ops, signed, identity, registration) = {
            let mut keyring = self.keys().await;
            let (public, ops) = keyring.more_prekeys();
            (public, ops, keyring.signed_prekey(), keyring.identity(), keyring.secrets.registration_id)
        };
        let (number, (first, rest)) = (self.number(), keys.split_at(1));
        crate::network::account::lock(&self.device.prekeys).extend(rest.iter().copied());
        let mut ops = ops;
        ops.push(Op::PreKeys { number, device: 0, keys: rest.to_vec() });
        self.network.store.write(ops).await?;
        let retry =
            NodeBuilder::new("retry").attr("count", count).attr("id", id).attr("t", now_seconds()).attr("v", 1).build();
        let mut children = vec![retry, NodeBuilder::new("registration").bytes(registration.to_be_bytes()).build()];
        if let Some((prekey_id, prekey)) = first.first() {
            children.push(super::phone::retry_keys(&identity, (*prekey_id, prekey), &signed));
        }
        self.network.pass_retry(&self.account, 0, (author, by_lid), id, children).await
    }

    /// Encrypts a message anew for a device that could not read it.
    async fn repeat(&self, device: Address, id: &str, count: u64) -> Result<(), StoreError> {
        if count > MAX_RETRIES {
            tracing::warn!(id, device = %device.jid(), "asked too often for a repetition");
            return Ok(());
        }
        let Some(target) = self.network.device(device) else { return Ok(()) };
        let found = transcript::find(&self.network.store, self.number(), id).await?;
        let own = device.number == self.number();
        let Some(row) = found.filter(|row| row.author == self.number()) else {
            if own {
                // What only devices of one account say to each other does not enter the transcript.
                self.network.store.write(vec![self.keys().await.forget(device)]).await?;
                return self.repeat_to_companion(&target, id).await;
            }
            return Ok(());
        };
        let Ok(message) = Message::decode_from_slice(&row.body) else { return Ok(()) };
        let envelope = content::envelope(&message);
        let plain = if own { device_sent(row.peer, &row.body) } else { row.body };
        let mut keyring = self.keys().await;
        let mut ops = vec![keyring.forget(device)];
        if !self.ready_for(&mut keyring, &target).await.unwrap_or(false) {
            return self.network.store.write(ops).await;
        }
        let sealed = match keyring.seal(device, &plain).await {
            Ok(sealed) => sealed,
            Err(error) => {
                tracing::warn!(%error, id, "a repetition cannot be encrypted");
                return Ok(());
            }
        };
        ops.extend(keyring.session_op(device));
        self.network.store.write(ops).await?;
        let count = u32::try_from(count).unwrap_or(1);
        let copy = Copy { to: device, by_lid: false, enc: vec![enc_in(sealed, Some(count), envelope)] };
        let outbound = stanza(id.to_owned(), row.peer, envelope, vec![copy]);
        self.network.deliver(&self.account, 0, outbound).await.map(drop)
    }

    async fn refill_prekeys(&self) -> Result<(), StoreError> {
        let (keys, mut ops) = self.keys().await.more_prekeys();
        crate::network::account::lock(&self.device.prekeys).extend(keys.iter().copied());
        self.device.prekeys_asked.store(false, std::sync::atomic::Ordering::Release);
        ops.push(Op::PreKeys { number: self.number(), device: 0, keys });
        self.network.store.write(ops).await?;
        if self.account.kind == Kind::Customer {
            self.network.changed(Change::Customer { number: self.number().to_string() });
        }
        Ok(())
    }
}
