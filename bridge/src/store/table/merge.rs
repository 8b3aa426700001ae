//! Contacts that became one on this machine, with what it takes to part them again.

use ownline_model::{
    contact::Contact,
    conversation::Conversation,
    ids::{ContactId, ConversationId, MergeId},
    time::UtcMillis,
};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::store::{Result, row};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Entry {
    pub(in crate::store) id: MergeId,
    /// The one that stayed, as it was.
    pub(in crate::store) before: Contact,
    /// The one that went into it, as it was.
    pub(in crate::store) merged: Contact,
    pub(in crate::store) reason: String,
    /// The server logs it, and parts the two.
    pub(in crate::store) by_server: bool,
    /// Chats that bear the other contact now.
    pub(in crate::store) moved: Vec<ConversationId>,
    /// Chats that went into another one, as they were.
    pub(in crate::store) joined: Vec<(Conversation, ConversationId)>,
    /// Whether either had opted out: the word, when, and whether the team is to know. First the one that stayed.
    pub(in crate::store) opted_out: [Option<(String, UtcMillis, bool)>; 2],
    pub(in crate::store) at: UtcMillis,
    pub(in crate::store) undone_at: Option<UtcMillis>,
}

const BODY: &str = "SELECT body FROM merge WHERE";

pub(in crate::store) fn put(connection: &Connection, entry: &Entry) -> Result<()> {
    row::run(
        connection,
        "INSERT OR REPLACE INTO merge (id, contact_id, merged_id, at, undone, body) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            entry.id.0.into_bytes(),
            entry.before.id.0.into_bytes(),
            entry.merged.id.0.into_bytes(),
            entry.at.0,
            entry.undone_at.is_some(),
            serde_json::to_string(entry)?
        ],
    )?;
    Ok(())
}

/// Notes which messages a chat has before it goes into another one.
pub(in crate::store) fn note_messages(connection: &Connection, merge: MergeId, chat: ConversationId) -> Result<()> {
    row::run(
        connection,
        "INSERT INTO merge_message (merge_id, message_id, conversation_id)
         SELECT ?1, id, ?2 FROM message WHERE conversation_id = ?2",
        [merge.0.into_bytes(), chat.0.into_bytes()],
    )?;
    Ok(())
}

/// Gives a chat back the messages that it had, as far as they are still in the other one.
pub(in crate::store) fn give_back(
    connection: &Connection,
    merge: MergeId,
    from: ConversationId,
    into: ConversationId,
) -> Result<()> {
    row::run(
        connection,
        "UPDATE message SET conversation_id = ?2, body = replace(body, ?4, ?5)
         WHERE conversation_id = ?3
             AND id IN (SELECT message_id FROM merge_message WHERE merge_id = ?1 AND conversation_id = ?2)",
        params![merge.0.into_bytes(), from.0.into_bytes(), into.0.into_bytes(), into.to_string(), from.to_string()],
    )?;
    Ok(())
}

/// A message turns out to be another.
pub(in crate::store) fn rename_message(connection: &Connection, old: [u8; 16], new: [u8; 16]) -> Result<()> {
    row::run(connection, "UPDATE OR REPLACE merge_message SET message_id = ? WHERE message_id = ?", [new, old])?;
    Ok(())
}

pub(in crate::store) fn get(connection: &Connection, id: MergeId) -> Result<Option<Entry>> {
    row::one(connection, &format!("{BODY} id = ?"), [id.0.into_bytes()])
}

/// The merges of a contact, under each id that it had, newest first.
pub(in crate::store) fn of_contact(connection: &Connection, contact: ContactId) -> Result<Vec<Entry>> {
    let sql = format!(
        "{BODY} contact_id = ?1 OR contact_id IN (SELECT old FROM alias WHERE new = ?1) ORDER BY at DESC, id DESC"
    );
    row::all(connection, &sql, [contact.0.into_bytes()])
}

/// Merges in which a contact went into another one, the newest first.
pub(in crate::store) fn of_merged(connection: &Connection, merged: ContactId) -> Result<Vec<Entry>> {
    row::all(connection, &format!("{BODY} merged_id = ? ORDER BY at DESC, id DESC"), [merged.0.into_bytes()])
}
