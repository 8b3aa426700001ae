//! What a person reads: decrypts, writes it down, and only then confirms.

use std::sync::Arc;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeContent, NodeValue};
use wacore_libsignal::protocol::SignalProtocolError;
use waproto::buffa::Message as _;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::SenderKeyDistributionMessage;

use super::content::{self, FileRef};
use super::fetch;
use super::keyring::{Keyring, KeyringError, Sender};
use super::media_retry::Request;
use super::outbox::{device_sent, enc_in, stanza};
use super::person::Person;
use super::transcript;
use crate::network::account::Kind;
use crate::network::address::{Address, group_of, parse_group};
use crate::network::queue::Key;
use crate::network::receipts::{Receipt, Retry};
use crate::network::route::Copy;
use crate::network::{now_ms, now_seconds};
use crate::store::{MessageRow, Op, StoreError};
use crate::world::{Change, Direction, Status};

/// A correspondent that keeps asking for a repetition is given up.
const MAX_RETRIES: u64 = 5;

/// What is to be done once a batch is written.
#[derive(Default)]
struct After {
    receipts: Vec<Receipt>,
    /// Undecryptable: where from, id, attempt.
    retries: Vec<(Origin, String, u64)>,
    /// Asked of us: who, in which group, id, attempt.
    repetitions: Vec<(Address, Option<u64>, String, u64)>,
    /// What companions want of the phone: who, the message's id, what.
    wishes: Vec<(u16, String, Message)>,
    changed: Vec<String>,
    /// Files to be fetched: message, author.
    files: Vec<(String, u64, FileRef)>,
    renewals: Vec<Request>,
    prekeys_low: bool,
}

/// Whom a message is from, and where it was said.
#[derive(Debug, Clone, Copy)]
struct Origin {
    author: Address,
    by_lid: bool,
    /// Said in a group; and the author's hidden id, under which its key is kept.
    group: Option<(u64, u64)>,
}

impl Origin {
    fn delivered(self, id: &str) -> Receipt {
        let Self { author: to, by_lid, group } = self;
        let group = group.map(|(group, _)| group);
        Receipt { to, by_lid, group, ids: vec![id.to_owned()], kind: String::new(), at: now_seconds() }
    }

    /// Under which the author's key for the group is kept.
    fn sender(self) -> Option<Sender> {
        self.group.map(|(group, lid)| Sender { group, lid, device: self.author.device })
    }
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

fn jid(node: &Node, key: &str) -> Option<Jid> {
    node.attrs.get(key).and_then(NodeValue::to_jid)
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
        for (origin, id, count) in after.retries {
            self.ask_again(origin, &id, count).await?;
        }
        for (device, group, id, count) in after.repetitions {
            self.repeat(device, group, &id, count).await?;
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

    /// Where a message comes from.
    fn origin(&self, node: &Node) -> Option<Origin> {
        let from = jid(node, "from")?;
        let Some(group) = group_of(&from) else {
            return Some(Origin {
                author: self.network.resolve(&from)?,
                by_lid: from.server.is_lid_family(),
                group: None,
            });
        };
        let member = jid(node, "participant")?;
        let author = self.network.resolve(&member)?;
        let lid = self.network.account(author.number)?.lid;
        Some(Origin { author, by_lid: member.server.is_lid_family(), group: Some((group, lid)) })
    }

    async fn read_message(&self, keyring: &mut Keyring, node: &Node, ops: &mut Vec<Op>, after: &mut After) {
        let Some(origin) = self.origin(node) else { return };
        let id = text(node, "id");
        for enc in node.get_children_by_tag("enc") {
            let kind = text(enc, "type");
            let opened = match origin.sender() {
                Some(sender) if kind == "skmsg" => keyring.open_from_group(sender, bytes(enc), ops).await,
                _ => keyring.open_message(origin.author, &kind, bytes(enc), ops).await,
            };
            let mut message = match opened.map(|plain| Message::decode_from_slice(&plain)) {
                Ok(Ok(message)) => message,
                Ok(Err(error)) => {
                    tracing::warn!(%error, id, "a decrypted message is malformed");
                    continue;
                }
                // Read before; the confirmation was lost with the end of the program.
                Err(KeyringError::Signal(SignalProtocolError::DuplicatedMessage(..))) => {
                    if origin.author.number != self.number() {
                        after.receipts.push(origin.delivered(&id));
                    }
                    continue;
                }
                Err(error) => {
                    tracing::info!(%error, id, from = %origin.author.jid(), "a message cannot be decrypted; asking again");
                    let count = enc.attrs.get("count").and_then(|count| count.as_str().parse().ok()).unwrap_or(0) + 1;
                    after.retries.push((origin, id, count));
                    // Without the key that it brought, the rest cannot be read either.
                    return;
                }
            };
            if let Some(distribution) = message.sender_key_distribution_message.take() {
                self.take_key(keyring, origin, &distribution, ops).await;
                if message == Message::default() {
                    continue;
                }
            }
            self.take_in(origin, &id, node, message, ops, after);
        }
    }

    async fn take_key(
        &self,
        keyring: &mut Keyring,
        origin: Origin,
        told: &SenderKeyDistributionMessage,
        ops: &mut Vec<Op>,
    ) {
        let named = told.group_id.as_deref().and_then(parse_group);
        let key = told.axolotl_sender_key_distribution_message.as_deref();
        let (Some(sender), Some(key)) = (origin.sender().filter(|sender| Some(sender.group) == named), key) else {
            tracing::warn!(from = %origin.author.jid(), "a key for another group than it came in");
            return;
        };
        if let Err(error) = keyring.take_key(sender, key, ops).await {
            tracing::warn!(%error, from = %origin.author.jid(), "a key for a group is of no use");
        }
    }

    fn take_in(
        &self,
        origin: Origin,
        id: &str,
        node: &Node,
        mut message: Message,
        ops: &mut Vec<Op>,
        after: &mut After,
    ) {
        let from = origin.author;
        let own = from.number == self.number();
        if own && text(node, "category") == "peer" {
            after.wishes.push((from.device, id.to_owned(), message));
            return;
        }
        let mut peer = from.number;
        if let Some((group, _)) = origin.group {
            peer = group;
        } else if let Some(mut copy) = message.device_sent_message.take() {
            let chat = copy.destination_jid.as_deref().and_then(|jid| jid.parse().ok());
            let Some(chat) = chat.and_then(|jid| self.network.resolve(&jid)) else { return };
            let Some(inner) = copy.message.take() else { return };
            (peer, message) = (chat.number, inner);
        } else if own {
            let chat = jid(node, "recipient");
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
            after.receipts.push(origin.delivered(id));
        } else if let Some(group) = origin.group.and_then(|(group, _)| self.network.group(group)) {
            ops.push(Op::Readers { owner: self.number(), id: id.to_owned(), readers: self.readers(&group) });
        }
    }

    fn read_receipt(&self, node: &Node, ops: &mut Vec<Op>, after: &mut After) {
        let resolve = |key: &str| jid(node, key).and_then(|jid| self.network.resolve(&jid));
        let group = jid(node, "from").as_ref().and_then(group_of);
        let Some(from) = resolve(if group.is_some() { "participant" } else { "from" }) else { return };
        let kind = text(node, "type");
        if kind == "retry" {
            let count = node
                .get_optional_child("retry")
                .and_then(|retry| retry.attrs.get("count").and_then(|count| count.as_str().parse().ok()))
                .unwrap_or(1);
            after.repetitions.push((from, group, text(node, "id"), count));
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
        let opened = || resolve("participant").or_else(|| resolve("recipient")).map(|author| author.number);
        let author = if from.number == self.number() && group.is_none() { opened() } else { None };
        let author = author.unwrap_or(self.number());
        let at = text(node, "t").parse::<i64>().map_or_else(|_| now_ms(), |seconds| seconds * 1000);
        let list = node.get_optional_child("list");
        let more = list.into_iter().flat_map(|list| list.get_children_by_tag("item")).map(|item| text(item, "id"));
        for id in std::iter::once(text(node, "id")).chain(more) {
            after.changed.push(id.clone());
            let (owner, status) = (self.number(), transcript::status(status));
            ops.push(match group {
                Some(_) => Op::ReadBy { owner, id, reader: from.number, status, at },
                None => Op::Status { owner, id, author, status, at },
            });
        }
    }

    /// Asks the author to encrypt a message anew, with fresh keys of ours.
    async fn ask_again(&self, origin: Origin, id: &str, count: u64) -> Result<(), StoreError> {
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
        let Origin { author: to, by_lid, group } = origin;
        let retry = Retry { to, by_lid, group: group.map(|(group, _)| group), id: id.to_owned(), children };
        self.network.pass_retry(&self.account, 0, retry).await
    }

    /// Encrypts a message anew for a device that could not read it.
    async fn repeat(&self, device: Address, group: Option<u64>, id: &str, count: u64) -> Result<(), StoreError> {
        if count > MAX_RETRIES {
            tracing::warn!(id, device = %device.jid(), "asked too often for a repetition");
            return Ok(());
        }
        let Some(target) = self.network.device(device) else { return Ok(()) };
        let found = transcript::find(&self.network.store, self.number(), id).await?;
        let own = device.number == self.number();
        let Some(row) = found.filter(|row| row.author == self.number()) else {
            if own && group.is_none() {
                // What only devices of one account say to each other does not enter the transcript.
                self.network.store.write(vec![self.keys().await.forget(device)]).await?;
                return self.repeat_to_companion(&target, id).await;
            }
            return Ok(());
        };
        if let Some(group) = group {
            return if row.peer == group { self.repeat_in_group(&target, group, row, count).await } else { Ok(()) };
        }
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
