//! Messages to the customer. From the own machine on the own number: a fact. From anywhere else: a request that the
//! server checks and hands to the owner's machine, which sends it under the WhatsApp id fixed by its author.

use ownline_model::{
    channel::Channel,
    conversation::ConversationState,
    event::Event,
    ids::{ConversationId, MessageId, TicketId},
    limits,
    message::{Direction, Message, MessageStatus, NewMessage, Origin, wa_message_id},
    problem::ProblemCode,
    sync::Truth,
    ticket::Ticket,
};

use super::{Applied, Caller, Done, Refusal, compose, details, ingest, opt_out, policy, save_conversation, work};
use crate::store::{Tx, channels, conversations, conversations::Thread, media, messages, tickets};

/// A reply that a bridge pushes.
pub(crate) async fn pushed(tx: &mut Tx, caller: &Caller, message: Message) -> Done<Applied> {
    let place = Place::find(tx, message.conversation_id).await?;
    ingest::check(&message)?;
    if message.direction != Direction::Outbound {
        return Err(Refusal::field("message.direction", "A reply goes to the customer."));
    }
    if let Some(known) = place.known(tx, message.id, &message.wa_id).await? {
        return place.again(tx, caller, known, &message).await;
    }
    let mut stored = Message { origin: Origin::Desk, position: message.position.max(0), ..message };
    if place.channel.owner_id == caller.id() {
        // It has left already, or leaves now: nothing that the server thinks of it can undo that.
        return place.store(tx, caller, stored, Leaves::Already).await;
    }
    stored.details = details::clean(stored.details);
    compose::check_routed(&mut stored)?;
    policy::must_be_let_write(caller, &place.channel, &place.before.conversation, place.ticket.as_ref())?;
    opt_out::must_want_to_hear(tx, place.before.conversation.contact_id).await?;
    stored.status = MessageStatus::Queued;
    stored.failure = None;
    place.store(tx, caller, stored, Leaves::FromTheOwnersMachine).await
}

/// A message written on the server's own screen.
pub(crate) async fn written(
    tx: &mut Tx,
    caller: &Caller,
    conversation: ConversationId,
    new: NewMessage,
    random: [u8; 9],
) -> Done<Message> {
    let place = Place::find(tx, conversation).await?;
    let wa_id = wa_message_id(random);
    if let Some(known) = place.known(tx, new.id, &wa_id).await? {
        return if known.author_id == Some(caller.id()) { Ok(known) } else { Err(ProblemCode::NotFound.into()) };
    }
    let composed = compose::compose(tx, caller, &place.before.conversation, &new).await?;
    policy::must_be_let_write(caller, &place.channel, &place.before.conversation, place.ticket.as_ref())?;
    opt_out::must_want_to_hear(tx, place.before.conversation.contact_id).await?;
    if let Some(file) = &composed.file {
        media::take(tx, file.id, new.id).await?;
    }
    let message = Message {
        id: new.id,
        conversation_id: place.before.conversation.id,
        channel_id: place.channel.id,
        ticket_id: None,
        wa_id,
        direction: Direction::Outbound,
        origin: Origin::Desk,
        author_id: Some(caller.id()),
        kind: composed.kind,
        text: composed.text,
        status: MessageStatus::Queued,
        failure: None,
        position: 0,
        at: tx.now(),
        expires_at: None,
        details: composed.details,
    };
    let applied = place.store(tx, caller, message, Leaves::FromTheOwnersMachine).await?;
    applied.truth.message.ok_or_else(|| ProblemCode::Internal.into())
}

/// The same, to the customer of a ticket: only its assignee, also on the own number.
pub(crate) async fn to_ticket(
    tx: &mut Tx,
    caller: &Caller,
    id: TicketId,
    new: NewMessage,
    random: [u8; 9],
) -> Done<Message> {
    let ticket = tickets::find(tx, id).await?.ok_or(ProblemCode::NotFound)?;
    let conversation = ticket.conversation_id;
    if messages::find(tx, new.id).await?.is_none() {
        ticket.reply(caller.actor(), tx.now())?;
    }
    written(tx, caller, conversation, new, random).await
}

/// How a reply gets to WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// From the machine that pushed it.
    Already,
    /// The owner's machine has yet to fetch it.
    FromTheOwnersMachine,
}

/// Where a reply goes.
struct Place {
    before: Thread,
    channel: Channel,
    ticket: Option<Ticket>,
}

impl Place {
    async fn find(tx: &Tx, id: ConversationId) -> Done<Self> {
        let before = conversations::find(tx, id).await?.ok_or(ProblemCode::NotFound)?;
        let channel = channels::find(tx, before.conversation.channel_id).await?.ok_or(ProblemCode::NotFound)?;
        let ticket = work::open_ticket(tx, &before.conversation).await?;
        Ok(Self { before, channel, ticket })
    }

    /// The message that stands here already under this id or this WhatsApp id.
    async fn known(&self, tx: &Tx, id: MessageId, wa_id: &str) -> Done<Option<Message>> {
        let conversation = self.before.conversation.id;
        let found = messages::same_as(tx, conversation, Direction::Outbound, wa_id, id).await?;
        if let Some(elsewhere) = found.iter().find(|m| m.conversation_id != conversation) {
            tracing::debug!(message = %elsewhere.id, "an id of another conversation was used again");
            return Err(Refusal::field("id", "Another message has this id."));
        }
        Ok(found.into_iter().next())
    }

    async fn again(self, tx: &mut Tx, caller: &Caller, known: Message, news: &Message) -> Done<Applied> {
        let is_owner = self.channel.owner_id == caller.id();
        let mut message = known.clone();
        if is_owner && news.status != MessageStatus::Failed {
            message.status = known.status.advance(news.status);
        }
        let mut thread = self.before.clone();
        if message.status != known.status {
            message.failure = None;
            messages::update(tx, &message).await?;
            tx.journal(Event::MessageStatus(message.clone()));
            if thread.last_message_id == Some(message.id) {
                thread.conversation.last_message = Some(ingest::last_message(&message));
            }
            save_conversation(tx, &self.before, &mut thread, Event::ConversationUpdated).await?;
        }
        Ok(Applied::before(Truth {
            conversation: Some(thread.conversation),
            message: Some(message),
            ticket: self.ticket,
            ..Truth::default()
        }))
    }

    async fn store(self, tx: &mut Tx, caller: &Caller, message: Message, leaves: Leaves) -> Done<Applied> {
        let Self { before, ticket, .. } = self;
        let mut thread = before.clone();
        let said = (message.text.clone(), message.details.clone());
        let scope = thread.conversation.scope;
        let mut message = ingest::as_stored(message, None, &mut thread, scope, caller);
        if leaves == Leaves::FromTheOwnersMachine {
            // The machine that sends it needs the words, whatever the chat's scope.
            (message.text, message.details) = said;
            message.expires_at = Some(tx.now().plus_millis(limits::ROUTED_REPLY_TTL_MS));
        }
        ingest::settle_quote(tx, &mut message).await?;
        message.ticket_id = ticket.as_ref().filter(|ticket| policy::is_open(ticket)).map(|ticket| ticket.id);
        let ticket = work::note_reply(tx, ticket, caller.actor()).await?;
        thread.conversation.state = ConversationState::Waiting;
        ingest::show_as_last(&mut thread, &message, tx.now());
        messages::insert(tx, &message).await?;
        tx.journal(Event::MessageNew(message.clone()));
        save_conversation(tx, &before, &mut thread, Event::ConversationUpdated).await?;
        Ok(Applied::now(Truth {
            conversation: Some(thread.conversation),
            message: Some(message),
            ticket,
            ..Truth::default()
        }))
    }
}
