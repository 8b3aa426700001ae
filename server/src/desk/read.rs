//! A person has seen a conversation up to a position.

use ownline_model::{event::Event, ids::ConversationId, message::MessageStatus, problem::ProblemCode, sync::Truth};

use super::{Applied, Done, save_conversation};
use crate::store::{Tx, conversations, messages};

/// Messages whose status is changed one by one. Of a longer backlog only the counter goes down.
const EACH: u64 = 1_000;

pub(crate) async fn up_to(tx: &mut Tx, id: ConversationId, position: i64) -> Done<Applied> {
    let before = conversations::find(tx, id).await?.ok_or(ProblemCode::NotFound)?;
    let mut thread = before.clone();
    let position = position.min(before.last_position);
    if position <= before.read_position {
        return Ok(Applied::before(Truth { conversation: Some(before.conversation), ..Truth::default() }));
    }
    let seen = messages::unread_between(tx, thread.conversation.id, before.read_position, position, EACH).await?;
    for mut message in seen {
        message.status = MessageStatus::Read;
        messages::update(tx, &message).await?;
        if thread.last_message_id == Some(message.id)
            && let Some(last) = thread.conversation.last_message.as_mut()
        {
            last.status = MessageStatus::Read;
        }
        tx.journal(Event::MessageStatus(message));
    }
    thread.read_position = position;
    let unread = messages::count_unread(tx, thread.conversation.id, position).await?;
    thread.conversation.unread = u32::try_from(unread).unwrap_or(u32::MAX);
    save_conversation(tx, &before, &mut thread, Event::ConversationUpdated).await?;
    Ok(Applied::now(Truth { conversation: Some(thread.conversation), ..Truth::default() }))
}
