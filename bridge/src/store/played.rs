//! Voice notes that were listened to.

use ownline_model::{
    bridge::ReadReceipts,
    event::Event,
    ids::MessageId,
    message::{Direction, Message, MessageKind, MessageStatus},
    problem::ProblemCode,
};

use super::{DeskError, Result, Store, groups, inbound::WaIdentity, own, people, table, writer::Tx};

/// What WhatsApp should hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedTick {
    pub chat: WaIdentity,
    /// In a group: who wrote it.
    pub author: Option<WaIdentity>,
    pub wa_id: String,
}

impl Store {
    /// Notes that the agent has listened to a voice note of a customer. `Some`: the customer may hear of it, once.
    pub async fn mark_played(&self, id: MessageId) -> std::result::Result<Option<PlayedTick>, DeskError> {
        let played = self.write(move |tx| played(tx, id)).await?;
        played.map_err(|code| DeskError::Refused(Box::new(code.into())))
    }

    /// The agent listened to these on another device.
    pub async fn played_on_phone(&self, chat: WaIdentity, wa_ids: Vec<String>) -> Result<()> {
        self.write(move |tx| {
            let Some(conversation) = people::own_conversation(tx, &chat)? else { return Ok(()) };
            for wa_id in &wa_ids {
                if let Some(message) = table::message::by_wa_id(tx, conversation.id, wa_id, Direction::Inbound)? {
                    note(tx, message)?;
                }
            }
            Ok(())
        })
        .await
    }
}

fn played(tx: &mut Tx<'_>, id: MessageId) -> Result<std::result::Result<Option<PlayedTick>, ProblemCode>> {
    let id = MessageId(table::alias::resolve(tx, id.0)?);
    let Some(message) = table::message::get(tx, id)? else { return Ok(Err(ProblemCode::NotFound)) };
    if own::channel_id(tx)? != Some(message.channel_id) {
        return Ok(Err(ProblemCode::NotYourNumber));
    }
    if message.direction != Direction::Inbound || message.kind != MessageKind::Voice {
        return Ok(Err(ProblemCode::InvalidRequest));
    }
    let (conversation, wa_id) = (message.conversation_id, message.wa_id.clone());
    // Who lets customers see only with the answer that something was read does not let them see sooner that it was heard.
    if !note(tx, message)? || own::read_receipts(tx)? != ReadReceipts::OnView {
        return Ok(Ok(None));
    }
    let Some(conversation) = table::conversation::get(tx, conversation)? else { return Ok(Ok(None)) };
    let author = groups::author_of(tx, conversation.id, &wa_id)?;
    let contact = table::contact::get(tx, conversation.contact_id)?;
    Ok(Ok(contact.map(|contact| PlayedTick { chat: people::wa_identity(&contact), author, wa_id })))
}

/// `false`: it was known. What has not been counted as read stays so until its chat is.
fn note(tx: &mut Tx<'_>, mut message: Message) -> Result<bool> {
    let next = message.status.advance(MessageStatus::Played);
    if next == message.status {
        return Ok(false);
    }
    let unread = message.status == MessageStatus::Delivered;
    message.status = next;
    table::message::put(tx, &message)?;
    tx.tell_event(Event::MessageStatus(message.clone()));
    if unread && let Some(mut conversation) = table::conversation::get(tx, message.conversation_id)? {
        conversation.unread = conversation.unread.saturating_sub(1);
        people::put_conversation(tx, conversation, false)?;
    }
    people::refresh_last(tx, &message)?;
    Ok(true)
}
