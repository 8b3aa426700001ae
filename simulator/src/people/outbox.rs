//! What a person says: encrypted for every device of the other side, and for the person's own companions.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::{ContextInfo, Message};

use super::content::{self, Envelope, Named, Surroundings};
use super::keyring::{Keyring, KeyringError, Sealed};
use super::person::Person;
use super::poll::Poll;
use super::{attach, transcript, wire};
use crate::crypto;
use crate::network::account::{Device, lock};
use crate::network::address::{Address, chat_jid, is_group};
use crate::network::now_ms;
use crate::network::receipts::Receipt;
use crate::network::route::{Copy, Outbound};
use crate::store::{MessageRow, Op};
use crate::world::{Content, Direction, MarkRead, MessageView, Result, SendMessage, Sent, Status, WorldError};

impl From<KeyringError> for WorldError {
    fn from(error: KeyringError) -> Self {
        Self::Storage(format!("keys: {error}"))
    }
}

/// A message id as phones make them.
pub fn new_message_id() -> String {
    format!("3EB0{}", hex::encode_upper(crypto::random::<9>()))
}

/// A ciphertext without a message around it that anybody would see: keys, and the like.
pub(super) fn enc(sealed: Sealed, count: Option<u32>) -> Node {
    enc_in(sealed, count, Envelope::default())
}

pub(super) fn enc_in(sealed: Sealed, count: Option<u32>, envelope: Envelope) -> Node {
    let mut enc = NodeBuilder::new("enc").attr("v", 2).attr("type", sealed.kind);
    if let Some(count) = count {
        enc = enc.attr("count", count);
    }
    if let Some(media) = envelope.media {
        enc = enc.attr("mediatype", media);
    }
    if envelope.hide {
        enc = enc.attr("decrypt-fail", "hide");
    }
    enc.bytes(sealed.bytes).build()
}

/// The copy for the author's own devices.
pub(super) fn device_sent(to: u64, message: &[u8]) -> Vec<u8> {
    wire::device_sent(&Address::phone(to).jid().to_string(), message)
}

/// A message on its way out.
#[derive(Debug)]
pub struct Said {
    pub id: String,
    /// Encoded.
    pub(super) body: Vec<u8>,
    pub(super) envelope: Envelope,
}

impl Said {
    pub fn new(id: String, message: &Message) -> Self {
        Self { id, body: message.encode_to_vec(), envelope: content::envelope(message) }
    }
}

/// The id of the message that this one speaks of.
fn named(content: &Content) -> Option<&str> {
    match content {
        Content::Reaction(reaction) => Some(&reaction.id),
        Content::Edit(edit) => Some(&edit.id),
        Content::Revoke(revoke) => Some(&revoke.id),
        Content::PollVote(vote) => Some(&vote.id),
        _ => None,
    }
}

impl Person {
    /// Says something. Returns when it is with the network and written.
    pub async fn say(&self, to: u64, message: SendMessage) -> Result<Sent> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        if is_group(to) {
            self.group_to_write(to)?;
        } else {
            self.network.account(to).ok_or_else(|| WorldError::NoSuchAccount(to.to_string()))?;
        }
        let SendMessage { id, mut content, quote, .. } = message;
        let mut around = self.surroundings(to, &content).await?;
        if let Some(quote) = quote {
            around.quote = Some(self.quote(&quote.id).await?);
        }
        if let Content::Media(media) = &mut content {
            around.file = Some(attach::upload(&self.network, self.number(), media).await?);
        }
        let message = content::to_message(&content, around)?;
        let mut said = Said::new(id.unwrap_or_else(new_message_id), &message);
        if let Content::Unknown(unknown) = content {
            wire::bytes_field(&mut said.body, unknown.field, b"something that is not invented yet");
        }
        let id = said.id.clone();
        let at = self.say_all(to, vec![said]).await?;
        Ok(Sent { id, at: at * 1000 })
    }

    /// Looks up what a message speaks of.
    async fn surroundings(&self, to: u64, content: &Content) -> Result<Surroundings> {
        let mut around = Surroundings { peer: to, ..Surroundings::default() };
        let Some(id) = named(content) else { return Ok(around) };
        let row = self.row(id).await?;
        let own = row.author == self.number();
        // In a group admins delete what others wrote.
        let may_delete = own || self.network.group(to).is_some_and(|group| group.is_admin(self.account.lid));
        let allowed = match content {
            Content::Edit(_) => own,
            Content::Revoke(_) => may_delete,
            _ => true,
        };
        if !allowed {
            return Err(WorldError::NoSuchMessage(id.to_owned()));
        }
        let author = is_group(to).then(|| self.name_in(to, row.author)).filter(|_| !own);
        around.named = Some(Named { own, author });
        if let Content::PollVote(vote) = content {
            let message = Message::decode_from_slice(&row.body).unwrap_or_default();
            let poll = Poll::of(&row.id, row.author, &message);
            let poll = poll.ok_or_else(|| WorldError::BadRequest(format!("{id} is no poll")))?;
            let names = [row.author, self.number()].map(|number| self.name_in(to, number));
            around.vote = Some(poll.vote(&names, vote.options.as_deref().unwrap_or_default())?);
        }
        Ok(around)
    }

    /// The jid under which a chat knows a person.
    fn name_in(&self, chat: u64, number: u64) -> String {
        let group = self.network.group(chat).zip(self.network.account(number));
        let name = group.map_or_else(|| Address::phone(number).jid(), |(group, account)| group.names(&account, 0).0);
        name.to_string()
    }

    async fn row(&self, id: &str) -> Result<MessageRow> {
        let found = transcript::find(&self.network.store, self.number(), id).await?;
        found.ok_or_else(|| WorldError::NoSuchMessage(id.to_owned()))
    }

    /// What an answer says about the message that it answers: whose it is, and what it said.
    async fn quote(&self, id: &str) -> Result<ContextInfo> {
        let row = self.row(id).await?;
        let mut quoted = Message::decode_from_slice(&row.body).unwrap_or_default();
        quoted.message_context_info = MessageField::none();
        // A quote in a quote is not repeated.
        if let Some(text) = quoted.extended_text_message.take() {
            quoted.conversation = text.text;
        }
        Ok(ContextInfo {
            stanza_id: Some(row.id),
            participant: Some(self.name_in(row.peer, row.author)),
            quoted_message: MessageField::some(quoted),
            ..Default::default()
        })
    }

    /// Says several things in order, in one write. Returns the seconds they bear.
    pub async fn say_all(&self, to: u64, messages: Vec<Said>) -> Result<i64> {
        if is_group(to) {
            return self.say_in_group(to, messages).await;
        }
        let mut keyring = self.keys().await;
        let mut ops = Vec::new();
        let targets = self.prepare(&mut keyring, to).await?;
        let has_companions = targets.iter().any(|target| target.number == self.number());
        let mut outbound = Vec::with_capacity(messages.len());
        let mut rows = Vec::with_capacity(messages.len());
        for Said { id, body, envelope } in messages {
            let own_copy = has_companions.then(|| device_sent(to, &body));
            let mut copies = Vec::with_capacity(targets.len());
            for target in &targets {
                let own = target.number == self.number();
                let plain = own_copy.as_ref().filter(|_| own).unwrap_or(&body);
                let mut children = if envelope.view_once && target.device != 0 {
                    vec![NodeBuilder::new("unavailable").attr("type", "view_once").build()]
                } else {
                    vec![enc_in(keyring.seal(*target, plain).await?, None, envelope)]
                };
                children.extend(envelope.poll.map(|kind| NodeBuilder::new("meta").attr("polltype", kind).build()));
                copies.push(Copy { to: *target, by_lid: false, enc: children });
            }
            rows.push(self.sent(to, id.clone(), body));
            outbound.push(stanza(id, to, envelope, copies));
        }
        let watched = self.network.changes.receiver_count() > 0;
        let views: Vec<_> =
            if watched { rows.iter().map(|row| transcript::view(&self.network, row)).collect() } else { Vec::new() };
        ops.extend(rows.into_iter().map(|row| Op::Message(Box::new(row))));
        ops.extend(targets.iter().filter_map(|target| keyring.session_op(*target)));
        // The sessions are on disk before anything they encrypted leaves; the lock is held, so that the order of two calls
        // is the order on the wire.
        self.network.store.write(ops).await?;
        let at = self.network.deliver_all(&self.account, 0, outbound).await?;
        drop(keyring);
        self.network.store.flush().await?;
        self.told(views);
        Ok(at)
    }

    /// The own line of what is being said, to a person or in a group.
    pub(super) fn sent(&self, peer: u64, id: String, body: Vec<u8>) -> MessageRow {
        let now = now_ms();
        MessageRow {
            owner: self.number(),
            peer,
            id,
            direction: transcript::direction(Direction::Sent),
            author: self.number(),
            author_device: 0,
            at: now,
            status: transcript::status(Status::Sent),
            status_at: now,
            body,
        }
    }

    /// Tells whoever watches about new lines.
    pub(super) fn told(&self, views: Vec<MessageView>) {
        for view in views {
            self.network
                .changed(crate::world::Change::Message { number: self.number().to_string(), message: Box::new(view) });
        }
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

    /// Opens messages of a chat, or plays them: sends receipts.
    pub async fn mark_read(&self, chat: u64, read: &MarkRead) -> Result<()> {
        if self.is_offline() {
            return Err(WorldError::PhoneOff);
        }
        let group = is_group(chat).then_some(chat);
        let by_lid = group.map(|id| self.group(id)).transpose()?.is_some_and(|group| group.by_lid);
        let (status, kind) = if read.played { (Status::Played, "played") } else { (Status::Read, "read") };
        // Whoever keeps reading to itself tells only its own devices.
        let quiet = lock(&self.account.profile).privacy.get("readreceipts").is_some_and(|value| value == "none");
        // In groups there is no such choice.
        let kind = if quiet && !read.played && group.is_none() { "read-self" } else { kind };
        let mut by_device: Vec<(Address, Vec<String>)> = Vec::new();
        let mut ops = Vec::new();
        let now = now_ms();
        for id in &read.ids {
            let row = transcript::find(&self.network.store, self.number(), id).await?;
            let row = row.filter(|row| row.peer == chat && row.author != self.number());
            let row = row.ok_or_else(|| WorldError::NoSuchMessage(id.clone()))?;
            let author = Address::new(row.author, row.author_device);
            match by_device.iter_mut().find(|(device, _)| *device == author) {
                Some((_, ids)) => ids.push(id.clone()),
                None => by_device.push((author, vec![id.clone()])),
            }
            let status = transcript::status(status);
            ops.push(Op::Status { owner: self.number(), id: id.clone(), author: row.author, status, at: now });
        }
        self.network.store.write(ops).await?;
        for (to, ids) in by_device {
            let receipt = Receipt { to, by_lid, group, ids, kind: kind.to_owned(), at: now / 1000 };
            self.network.pass_receipt(&self.account, 0, receipt).await?;
        }
        self.network.store.flush().await?;
        for id in &read.ids {
            self.tell_message(id).await;
        }
        Ok(())
    }

    /// Tells whoever watches that a line of the transcript changed.
    pub(super) async fn tell_message(&self, id: &str) {
        transcript::tell(&self.network, self.number(), id).await;
    }
}

pub(super) fn stanza(id: String, to: u64, envelope: Envelope, copies: Vec<Copy>) -> Outbound {
    let extra = envelope.edit.map(|edit| ("edit", edit.to_owned())).into_iter().collect();
    let to = chat_jid(to);
    Outbound { id, to, kind: envelope.kind.to_owned(), extra, copies, device_identity: None }
}
