//! A message that a machine has seen on its own number: from the customer, or from the owner's phone.

use ownline_model::{
    contact::{Contact, ContactIdentity},
    conversation::{Conversation, ConversationState, LastMessage, Priority, Scope},
    event::Event,
    ids::{ChannelId, ConversationId, MessageId},
    limits,
    message::{Direction, Message, MessageKind, MessageStatus, Origin, shown_in_lists},
    problem::ProblemCode,
    sync::Truth,
    time::UtcMillis,
};

use super::{
    Applied, Caller, Done, Refusal, amend, burst::Burst, details, identity, policy, save_conversation, scope, work,
};
use crate::store::{Tx, channels, contacts, conversations, conversations::Thread, messages};

/// A customer's last word is noted to the minute: not every message of a burst writes the contact again.
const INTERACTION_STEP_MS: i64 = 60_000;
/// Beyond any chat's length, and far from where arithmetic ends.
const POSITION_MAX: i64 = 1 << 40;

/// Stores a received message once, however often it is pushed, and opens a ticket when the customer has none open.
pub(super) async fn received(
    tx: &mut Tx,
    caller: &Caller,
    identity: &ContactIdentity,
    scope: Scope,
    message: Message,
    burst: &mut Burst,
) -> Done<Applied> {
    if let Some(applied) = burst.next(tx, caller, identity, scope, &message).await? {
        return Ok(applied);
    }
    burst.flush(tx).await?;
    // Kept only where all goes well.
    let mut chats = std::mem::take(burst);
    let channel = own_channel(tx, caller, message.channel_id).await?;
    must_be_shared(scope)?;
    check(&message)?;
    let journalled = tx.journalled();
    let mut contact = identity::settle(tx, identity).await?;
    if tx.journalled() > journalled {
        // People were made, completed or merged: what is known of others may not hold any more.
        chats = Burst::default();
    }
    let journalled = tx.journalled();
    let (before, is_new) = settle_conversation(tx, &contact, channel.id, message.conversation_id, scope).await?;
    if tx.journalled() != journalled {
        contact = identity::find(tx, contact.id).await?.contact;
    }
    chats.forget(before.conversation.id);
    let known = messages::same_as(tx, before.conversation.id, message.direction, &message.wa_id, message.id).await?;
    let here = |m: &&Message| m.conversation_id == before.conversation.id && m.direction == message.direction;
    if let Some(stored) = known.iter().filter(here).find(|m| m.wa_id == message.wa_id).cloned() {
        let applied = again(tx, before, contact, stored, message).await?;
        *burst = chats;
        return Ok(applied);
    }
    if !known.is_empty() {
        return Err(Refusal::field("message.id", "Another message has this id."));
    }

    let mut thread = before.clone();
    let earlier = earlier(tx, &before, &message).await?;
    let mut message = as_stored(message, earlier.map(|it| it.position), &mut thread, scope, caller);
    let is_last = earlier.is_none_or(|it| it.newest) && message.kind != MessageKind::Gap;
    settle_quote(tx, &mut message).await?;
    let mut ticket = work::open_ticket(tx, &thread.conversation).await?;
    match message.direction {
        _ if !is_last => {}
        Direction::Inbound if !work::is_work(&message, tx.now()) => {
            if message.status != MessageStatus::Read {
                thread.conversation.unread += 1;
            }
        }
        Direction::Inbound => {
            ticket = Some(work::ticket_for_customer(tx, ticket, &mut thread.conversation, &contact, &message).await?);
            thread.conversation.state = ConversationState::Active;
            if message.status != MessageStatus::Read {
                thread.conversation.unread += 1;
            }
        }
        Direction::Outbound => {
            ticket = work::note_reply(tx, ticket, caller.actor()).await?;
            thread.conversation.state = ConversationState::Waiting;
        }
    }
    message.ticket_id = ticket.as_ref().filter(|ticket| policy::is_open(ticket)).map(|ticket| ticket.id);
    if is_last {
        show_as_last(&mut thread, &message, tx.now());
    }
    messages::insert(tx, &message).await?;
    tx.journal(Event::MessageNew(message.clone()));
    save(tx, &before, &mut thread, is_new).await?;
    let truth = Truth {
        contact: Some(contact.clone()),
        conversation: Some(thread.conversation.clone()),
        message: Some(message.clone()),
        ticket: ticket.clone(),
        ..Truth::default()
    };
    if is_last && is_news_of(&contact, &message) {
        contacts::touch(tx, contact.id, message.at).await?;
        contact.last_interaction_at = Some(message.at);
    }
    chats.keep(identity, contact, ticket, thread);
    *burst = chats;
    Ok(Applied::now(truth))
}

/// The place of a message that is older than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Earlier {
    position: i64,
    /// All that is newer has yet to come.
    newest: bool,
}

/// Whether a message is from before others: the phone has handed it over, or it is shared later than they were. `None`: it
/// comes after all that is here, whatever place was proposed by a machine that did not know them.
async fn earlier(tx: &Tx, thread: &Thread, message: &Message) -> Done<Option<Earlier>> {
    let (id, proposed) = (thread.conversation.id, message.position);
    if proposed > thread.last_position {
        return Ok(None);
    }
    if proposed == 0 {
        // The last place of what the phone handed over, where that came first; else no place was proposed.
        let follows = thread.last_position == 0
            && messages::at_or_after(tx, id, i64::MIN).await?.is_some_and(|first| first.position < 0)
            && messages::at_or_after(tx, id, 0).await?.is_none();
        return Ok(follows.then_some(Earlier { position: 0, newest: true }));
    }
    let next = messages::at_or_after(tx, id, proposed).await?;
    let is_taken = next.as_ref().is_some_and(|next| next.position == proposed);
    Ok(match next {
        // Below the first place there is history only.
        _ if proposed < 0 && is_taken => {
            Some(Earlier { position: messages::before_first(tx, id).await?, newest: false })
        }
        next if proposed < 0 => Some(Earlier { position: proposed, newest: next.is_none() }),
        Some(next) if !is_taken && next.at >= message.at => Some(Earlier { position: proposed, newest: false }),
        _ => None,
    })
}

pub(super) fn is_news_of(contact: &Contact, message: &Message) -> bool {
    contact.last_interaction_at.is_none_or(|last| message.at.since(last) > INTERACTION_STEP_MS)
}

/// The agent opened a chat on the own number before any message.
pub(crate) async fn opened(
    tx: &mut Tx,
    caller: &Caller,
    identity: &ContactIdentity,
    id: ConversationId,
    channel: ChannelId,
    scope: Scope,
) -> Done<Applied> {
    let channel = own_channel(tx, caller, channel).await?;
    must_be_shared(scope)?;
    let contact = identity::settle(tx, identity).await?;
    let journalled = tx.journalled();
    let (before, is_new) = settle_conversation(tx, &contact, channel.id, id, scope).await?;
    let changed = is_new || tx.journalled() != journalled;
    let mut thread = before.clone();
    save(tx, &before, &mut thread, is_new).await?;
    let ticket = work::open_ticket(tx, &thread.conversation).await?;
    let truth = Truth { contact: Some(contact), conversation: Some(thread.conversation), ticket, ..Truth::default() };
    Ok(Applied { changed, truth })
}

async fn own_channel(tx: &Tx, caller: &Caller, id: ChannelId) -> Done<ownline_model::channel::Channel> {
    let channel = channels::find(tx, id)
        .await?
        .ok_or_else(|| Refusal::because(ProblemCode::NotFound, "This number has not been reported yet."))?;
    policy::must_own(caller, &channel)?;
    Ok(channel)
}

fn must_be_shared(scope: Scope) -> Done<()> {
    if scope == Scope::Private {
        Err(Refusal::field("scope", "Private chats never leave their machine."))
    } else {
        Ok(())
    }
}

pub(super) fn check(message: &Message) -> Done<()> {
    if !details::is_wa_id(&message.wa_id) {
        return Err(Refusal::field("message.wa_id", "Not an id that WhatsApp makes."));
    }
    if message.position.checked_abs().is_none_or(|position| position > POSITION_MAX) {
        return Err(Refusal::field("message.position", "Not a place in a chat."));
    }
    if message.text.as_deref().is_some_and(|text| text.chars().count() > limits::TEXT_MAX_CHARS) {
        return Err(ProblemCode::TextTooLong.into());
    }
    Ok(())
}

/// The contact's talk on the channel: found, or made but not stored yet (true).
async fn settle_conversation(
    tx: &mut Tx,
    contact: &Contact,
    channel: ChannelId,
    id: ConversationId,
    scope: Scope,
) -> Done<(Thread, bool)> {
    if let Some(thread) = conversations::of_contact(tx, contact.id, channel).await? {
        // The owner's machine knows best what its chat shares.
        return Ok((scope::change(tx, thread, scope).await?, false));
    }
    let id_is_taken = conversations::find_hidden_too(tx, id).await?.is_some();
    let conversation = Conversation {
        id: if id_is_taken { ConversationId::fresh() } else { id },
        version: 1,
        contact_id: contact.id,
        channel_id: channel,
        state: ConversationState::Waiting,
        priority: Priority::default(),
        scope,
        tags: Vec::new(),
        assignee_id: None,
        ticket_id: None,
        unread: 0,
        last_message: None,
        last_activity_at: tx.now(),
        created_at: tx.now(),
    };
    let thread = Thread { conversation, last_message_id: None, last_position: 0, read_position: 0, merged_into: None };
    Ok((thread, true))
}

async fn save(tx: &mut Tx, before: &Thread, thread: &mut Thread, is_new: bool) -> Done<()> {
    if is_new {
        conversations::insert(tx, thread).await?;
        tx.journal(Event::ConversationNew(thread.conversation.clone()));
    } else {
        save_conversation(tx, before, thread, Event::ConversationUpdated).await?;
    }
    Ok(())
}

/// The message as the desk keeps it, at its place or the next of its conversation.
pub(super) fn as_stored(
    mut message: Message,
    place: Option<i64>,
    thread: &mut Thread,
    scope: Scope,
    caller: &Caller,
) -> Message {
    message.position = place.unwrap_or_else(|| {
        thread.last_position = (thread.last_position + 1).max(message.position);
        thread.last_position
    });
    message.conversation_id = thread.conversation.id;
    message.channel_id = thread.conversation.channel_id;
    message.details = details::clean(message.details);
    withhold(&mut message, scope);
    match message.direction {
        Direction::Inbound => {
            message.origin = Origin::Customer;
            message.author_id = None;
            message.failure = None;
            message.status = match message.status {
                MessageStatus::Read | MessageStatus::Played => MessageStatus::Read,
                _ => MessageStatus::Delivered,
            };
        }
        Direction::Outbound => message.author_id = Some(caller.id()),
    }
    message.expires_at = None;
    message
}

/// The answered message, under the id that counts here.
pub(super) async fn settle_quote(tx: &Tx, message: &mut Message) -> Done<()> {
    if let Some(quote) = &mut message.details.reply_to {
        let nobody = MessageId(uuid::Uuid::nil());
        let found = messages::same_as(tx, message.conversation_id, quote.direction, &quote.wa_id, nobody).await?;
        quote.message_id = found.first().map(|it| it.id);
    }
    Ok(())
}

/// Takes out what a chat of this scope does not tell.
pub(super) fn withhold(message: &mut Message, scope: Scope) {
    if scope != Scope::Shared {
        message.text = None;
        message.details = message.details.without_words();
    }
}

pub(super) fn show_as_last(thread: &mut Thread, message: &Message, now: UtcMillis) {
    thread.last_message_id = Some(message.id);
    // A clock that runs ahead must not pin its chat to the top.
    let at = message.at.min(now);
    let conversation = &mut thread.conversation;
    conversation.last_activity_at =
        if conversation.last_message.is_none() { at } else { conversation.last_activity_at.max(at) };
    conversation.last_message = Some(last_message(message));
}

pub(super) fn last_message(message: &Message) -> LastMessage {
    LastMessage {
        direction: message.direction,
        kind: message.kind,
        preview: shown_in_lists(message),
        sender: message.details.sender.as_ref().map(|sender| sender.name.clone()).filter(|name| !name.is_empty()),
        status: message.status,
        at: message.at,
    }
}

/// The message is known. A placeholder is replaced in place once its content could be read, what was withheld is filled in
/// once the chat shares it, and what was taken back goes.
async fn again(tx: &mut Tx, before: Thread, contact: Contact, stored: Message, news: Message) -> Done<Applied> {
    let ticket = work::open_ticket(tx, &before.conversation).await?;
    let mut thread = before.clone();
    let scope = thread.conversation.scope;
    let mut message = stored.clone();
    let mut event: fn(Message) -> Event = Event::MessageUpdated;
    let status = stored.status.advance(news.status);
    if news.kind == MessageKind::Revoked {
        if stored.kind != MessageKind::Revoked {
            amend::unsay(tx, &stored, &thread.conversation).await?;
            message = amend::revoked(message, news.details.revoked_at.unwrap_or(news.at));
        }
    } else if stored.kind == MessageKind::Undecryptable && news.kind != MessageKind::Undecryptable {
        (message.kind, message.text) = (news.kind, news.text);
        message.details = details::clean(news.details);
        withhold(&mut message, scope);
        settle_quote(tx, &mut message).await?;
        event = Event::MessageNew;
    } else if scope == Scope::Shared && stored.kind != MessageKind::Revoked {
        details::fill(&mut message, news);
        settle_quote(tx, &mut message).await?;
    }
    if stored.direction == Direction::Outbound {
        message.status = status;
    }
    let changed = message != stored;
    if changed {
        messages::update(tx, &message).await?;
        tx.journal(event(message.clone()));
        if thread.last_message_id == Some(message.id) {
            thread.conversation.last_message = Some(last_message(&message));
        }
        save_conversation(tx, &before, &mut thread, Event::ConversationUpdated).await?;
    }
    let truth = Truth {
        contact: Some(contact),
        conversation: Some(thread.conversation),
        message: Some(message),
        ticket,
        ..Truth::default()
    };
    Ok(Applied { changed, truth })
}
