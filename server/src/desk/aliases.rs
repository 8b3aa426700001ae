//! Provisional ids within one push. A machine that was set up anew knows its number, chats and messages under fresh ids;
//! what it pushes behind the change that settles such an id still bears the old one.

use std::collections::HashMap;

use ownline_model::{
    ids::{ChannelId, ContactId, ConversationId, MessageId},
    sync::{Op, Truth},
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Aliases {
    channels: HashMap<ChannelId, ChannelId>,
    contacts: HashMap<ContactId, ContactId>,
    conversations: HashMap<ConversationId, ConversationId>,
    messages: HashMap<MessageId, MessageId>,
}

fn settle<Id: Copy + Eq + std::hash::Hash>(known: &HashMap<Id, Id>, id: &mut Id) {
    if let Some(settled) = known.get(id) {
        *id = *settled;
    }
}

fn learn<Id: Copy + Eq + std::hash::Hash>(known: &mut HashMap<Id, Id>, provisional: Id, settled: Option<Id>) {
    if let Some(settled) = settled.filter(|settled| *settled != provisional) {
        known.insert(provisional, settled);
    }
}

impl Aliases {
    /// The change, with the ids that count.
    pub(crate) fn settle(&self, mut op: Op) -> Op {
        match &mut op {
            Op::ChannelReported { channel_id, .. } => settle(&self.channels, channel_id),
            Op::ConversationOpened { contact, conversation_id, channel_id, .. } => {
                settle(&self.contacts, &mut contact.id);
                settle(&self.conversations, conversation_id);
                settle(&self.channels, channel_id);
            }
            Op::MessageReceived { contact, message, .. } => {
                settle(&self.contacts, &mut contact.id);
                settle(&self.conversations, &mut message.conversation_id);
                settle(&self.channels, &mut message.channel_id);
            }
            Op::Reply { message } => {
                settle(&self.conversations, &mut message.conversation_id);
                settle(&self.channels, &mut message.channel_id);
            }
            Op::MessageStatus { message_id, .. }
            | Op::RetryMessage { message_id }
            | Op::MessageAmended { message_id, .. } => {
                settle(&self.messages, message_id);
            }
            Op::ConversationRead { conversation_id, .. } | Op::ConversationScope { conversation_id, .. } => {
                settle(&self.conversations, conversation_id);
            }
            Op::ContactPatched { contact_id, .. }
            | Op::NumberChanged { contact_id, .. }
            | Op::OptedOut { contact_id, .. }
            | Op::OptedIn { contact_id, .. } => settle(&self.contacts, contact_id),
            Op::TicketTake { .. }
            | Op::TicketTransfer { .. }
            | Op::TicketResolve { .. }
            | Op::TicketClose { .. }
            | Op::TicketReopen { .. } => {}
        }
        op
    }

    /// Notes under which ids the server knows what `op` (as it was pushed) named.
    pub(crate) fn learn(&mut self, op: &Op, truth: &Truth) {
        let (conversation, message) =
            (truth.conversation.as_ref().map(|it| it.id), truth.message.as_ref().map(|it| it.id));
        match op {
            Op::ChannelReported { channel_id, .. } => {
                learn(&mut self.channels, *channel_id, truth.channel.as_ref().map(|it| it.id));
            }
            Op::ConversationOpened { contact, conversation_id, .. } => {
                learn(&mut self.contacts, contact.id, truth.contact.as_ref().map(|it| it.id));
                learn(&mut self.conversations, *conversation_id, conversation);
            }
            Op::MessageReceived { contact, message: pushed, .. } => {
                learn(&mut self.contacts, contact.id, truth.contact.as_ref().map(|it| it.id));
                learn(&mut self.conversations, pushed.conversation_id, conversation);
                learn(&mut self.messages, pushed.id, message);
            }
            Op::Reply { message: pushed } => {
                learn(&mut self.conversations, pushed.conversation_id, conversation);
                learn(&mut self.messages, pushed.id, message);
            }
            _ => {}
        }
    }
}
