//! How far a message has come: told by the machine that sends, and only ever forward. A failed one may be tried again.

use ownline_model::{
    channel::Channel,
    conversation::Scope,
    event::Event,
    ids::MessageId,
    limits,
    message::{Direction, Failure, Message, MessageStatus},
    problem::ProblemCode,
    sync::Truth,
};

use super::{Applied, Caller, Done, Refusal, amend, ingest, opt_out, policy, save_conversation, work};
use crate::store::{Tx, channels, conversations, messages};

pub(super) async fn find(tx: &Tx, id: MessageId) -> Done<(Message, Channel)> {
    let message = messages::find(tx, id).await?.ok_or(ProblemCode::NotFound)?;
    let channel = channels::find(tx, message.channel_id).await?.ok_or(ProblemCode::NotFound)?;
    Ok((message, channel))
}

/// News from the owner's machine.
pub(crate) async fn status(
    tx: &mut Tx,
    caller: &Caller,
    id: MessageId,
    news: MessageStatus,
    failure: Option<Failure>,
) -> Done<Applied> {
    let (before, channel) = find(tx, id).await?;
    policy::must_own(caller, &channel)?;
    let status = before.status.advance(news);
    if status == before.status {
        return Ok(Applied::before(Truth { message: Some(before), ..Truth::default() }));
    }
    let failure = failure.filter(|_| status == MessageStatus::Failed);
    let mut message = Message { status, failure, expires_at: None, ..before.clone() };
    let thread = conversations::find(tx, before.conversation_id).await?.ok_or(ProblemCode::NotFound)?;
    if thread.conversation.scope != Scope::Shared && status != MessageStatus::Failed {
        // Written on the server's screen: its words were here for the machine that sends them, and have left now.
        ingest::withhold(&mut message, thread.conversation.scope);
        if (&message.text, &message.details) != (&before.text, &before.details) {
            amend::unsay(tx, &before, &thread.conversation).await?;
        }
    }
    change(tx, &before, message).await
}

/// Puts a failed message back into the queue of the owner's machine, under the same WhatsApp id.
pub(crate) async fn retry(tx: &mut Tx, caller: &Caller, id: MessageId) -> Done<Applied> {
    let (before, channel) = find(tx, id).await?;
    let owner = channel.owner_id == caller.id();
    if !owner && before.author_id != Some(caller.id()) {
        return Err(ProblemCode::NotFound.into());
    }
    if before.status != MessageStatus::Failed {
        return Ok(Applied::before(Truth { message: Some(before), ..Truth::default() }));
    }
    if before.failure.as_ref().is_some_and(|failure| !failure.retryable) {
        return Err(Refusal::because(ProblemCode::InvalidRequest, "Sending this message again cannot help."));
    }
    let thread = conversations::find(tx, before.conversation_id).await?.ok_or(ProblemCode::NotFound)?;
    opt_out::must_want_to_hear(tx, thread.conversation.contact_id).await?;
    if !owner {
        let ticket = work::open_ticket(tx, &thread.conversation).await?;
        policy::must_be_let_write(caller, &channel, &thread.conversation, ticket.as_ref())?;
    }
    let expires_at = Some(tx.now().plus_millis(limits::ROUTED_REPLY_TTL_MS));
    change(tx, &before, Message { status: MessageStatus::Queued, failure: None, expires_at, ..before.clone() }).await
}

/// Replies that their owner's machine did not fetch within the day.
pub(crate) async fn expire(tx: &mut Tx, limit: u64) -> Done<usize> {
    let late = messages::expired(tx, tx.now(), limit).await?;
    for before in &late {
        let failure = Failure {
            code: "expired".to_owned(),
            detail: "The owner's machine did not come online within a day.".to_owned(),
            retryable: true,
        };
        let failed =
            Message { status: MessageStatus::Failed, failure: Some(failure), expires_at: None, ..before.clone() };
        change(tx, before, failed).await?;
    }
    Ok(late.len())
}

async fn change(tx: &mut Tx, before: &Message, message: Message) -> Done<Applied> {
    messages::update(tx, &message).await?;
    tx.journal(Event::MessageStatus(message.clone()));
    let thread = conversations::find(tx, message.conversation_id).await?.ok_or(ProblemCode::NotFound)?;
    let mut after = thread.clone();
    if after.last_message_id == Some(message.id) {
        after.conversation.last_message = Some(ingest::last_message(&message));
    }
    let was_unread =
        before.direction == Direction::Inbound && before.status.advance(MessageStatus::Read) != before.status;
    if was_unread && message.status.advance(MessageStatus::Read) == message.status {
        let unread = messages::count_unread(tx, after.conversation.id, after.read_position).await?;
        after.conversation.unread = u32::try_from(unread).unwrap_or(u32::MAX);
    }
    save_conversation(tx, &thread, &mut after, Event::ConversationUpdated).await?;
    Ok(Applied::now(Truth { conversation: Some(after.conversation), message: Some(message), ..Truth::default() }))
}
