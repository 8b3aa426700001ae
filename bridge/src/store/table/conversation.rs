//! Conversations.

use ownline_model::{
    conversation::Conversation,
    ids::{ChannelId, ContactId, ConversationId},
};
use rusqlite::{Connection, params};

use crate::store::{Result, row};

pub(in crate::store) fn get(connection: &Connection, id: ConversationId) -> Result<Option<Conversation>> {
    row::one(connection, "SELECT body FROM conversation WHERE id = ?", [id.0.into_bytes()])
}

pub(in crate::store) fn of(
    connection: &Connection,
    channel: ChannelId,
    contact: ContactId,
) -> Result<Option<Conversation>> {
    row::one(
        connection,
        "SELECT body FROM conversation WHERE channel_id = ? AND contact_id = ?",
        [channel.0.into_bytes(), contact.0.into_bytes()],
    )
}

pub(in crate::store) fn of_contact(connection: &Connection, contact: ContactId) -> Result<Vec<Conversation>> {
    row::all(connection, "SELECT body FROM conversation WHERE contact_id = ?", [contact.0.into_bytes()])
}

/// Fails where another conversation joins the same channel and contact: whoever writes has merged them before.
pub(in crate::store) fn put(connection: &Connection, conversation: &Conversation) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO conversation
             (id, version, contact_id, channel_id, state, assignee_id, ticket_id, unread, last_activity_at, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, contact_id = excluded.contact_id,
             channel_id = excluded.channel_id, state = excluded.state, assignee_id = excluded.assignee_id,
             ticket_id = excluded.ticket_id, unread = excluded.unread, last_activity_at = excluded.last_activity_at,
             body = excluded.body",
        params![
            conversation.id.0.into_bytes(),
            conversation.version,
            conversation.contact_id.0.into_bytes(),
            conversation.channel_id.0.into_bytes(),
            row::name(&conversation.state)?,
            conversation.assignee_id.map(|id| id.0.into_bytes()),
            conversation.ticket_id.map(|id| id.0.into_bytes()),
            conversation.unread,
            conversation.last_activity_at.0,
            serde_json::to_string(conversation)?
        ],
    )?;
    Ok(())
}

pub(in crate::store) fn delete(connection: &Connection, id: ConversationId) -> Result<()> {
    row::run(connection, "DELETE FROM conversation WHERE id = ?", [id.0.into_bytes()])?;
    Ok(())
}
