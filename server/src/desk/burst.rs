//! Customers write several messages in a row, and a machine that was away pushes hundreds at once. What the first one of a
//! chat made the desk look up holds for those behind it: nothing else writes while a push is applied. The chat's row is
//! written once, behind its last message; what replicas are told stays the same.

use std::collections::HashMap;

use ownline_model::{
    contact::{Contact, ContactIdentity},
    conversation::{ConversationState, Scope},
    event::Event,
    ids::{ContactId, ConversationId},
    message::{Direction, Message, MessageStatus},
    sync::Truth,
    ticket::Ticket,
};

use super::{Applied, Caller, Done, ingest, policy, work};
use crate::store::{Stored, Tx, contacts, conversations, conversations::Thread, messages};

#[derive(Default)]
pub(super) struct Burst(HashMap<ContactId, Chat>);

/// A chat whose ticket is open.
struct Chat {
    identity: ContactIdentity,
    contact: Contact,
    ticket: Ticket,
    /// As the database has it.
    stored: Thread,
    thread: Thread,
}

impl Burst {
    /// Notes what a customer's message has led to.
    pub(super) fn keep(
        &mut self,
        identity: &ContactIdentity,
        contact: Contact,
        ticket: Option<Ticket>,
        thread: Thread,
    ) {
        self.forget(thread.conversation.id);
        if let Some(ticket) = ticket.filter(policy::is_open) {
            let chat = Chat { identity: identity.clone(), contact, ticket, stored: thread.clone(), thread };
            self.0.insert(identity.id, chat);
        }
    }

    pub(super) fn forget(&mut self, id: ConversationId) {
        self.0.retain(|_, chat| chat.thread.conversation.id != id);
    }

    /// Writes what is still to be written. Comes before anything else looks at the database, and at the end.
    pub(super) async fn flush(&mut self, tx: &mut Tx) -> Stored<()> {
        for chat in self.0.values_mut().filter(|chat| chat.stored != chat.thread) {
            conversations::update(tx, &chat.stored.conversation, &chat.thread).await?;
            chat.stored.clone_from(&chat.thread);
        }
        Ok(())
    }

    /// Stores a customer's further message; `None` leaves it to the long way, with nothing done.
    pub(super) async fn next(
        &mut self,
        tx: &mut Tx,
        caller: &Caller,
        identity: &ContactIdentity,
        scope: Scope,
        message: &Message,
    ) -> Done<Option<Applied>> {
        let Some(chat) = self.0.get_mut(&identity.id) else { return Ok(None) };
        let known = &chat.thread.conversation;
        if message.direction != Direction::Inbound
            || chat.identity != *identity
            || (known.channel_id, known.scope) != (message.channel_id, scope)
            || message.details.reply_to.is_some()
            || (message.position != 0 && message.position <= chat.thread.last_position)
            || !work::is_work(message, tx.now())
        {
            return Ok(None);
        }
        ingest::check(message)?;
        let mut thread = chat.thread.clone();
        let mut message = ingest::as_stored(message.clone(), None, &mut thread, scope, caller);
        message.ticket_id = Some(chat.ticket.id);
        thread.conversation.state = ConversationState::Active;
        if message.status != MessageStatus::Read {
            thread.conversation.unread += 1;
        }
        ingest::show_as_last(&mut thread, &message, tx.now());
        if !messages::insert_new(tx, &message).await? {
            return Ok(None);
        }
        tx.journal(Event::MessageNew(message.clone()));
        if thread.conversation != chat.thread.conversation {
            thread.conversation.version += 1;
            tx.journal(Event::ConversationUpdated(thread.conversation.clone()));
        }
        let truth = Truth {
            contact: Some(chat.contact.clone()),
            conversation: Some(thread.conversation.clone()),
            message: Some(message.clone()),
            ticket: Some(chat.ticket.clone()),
            ..Truth::default()
        };
        if ingest::is_news_of(&chat.contact, &message) {
            contacts::touch(tx, chat.contact.id, message.at).await?;
            chat.contact.last_interaction_at = Some(message.at);
        }
        chat.thread = thread;
        Ok(Some(Applied::now(truth)))
    }
}
