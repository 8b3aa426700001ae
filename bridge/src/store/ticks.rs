//! Read receipts that customers are owed: noted when a person has read, given when the policy says so and WhatsApp is there.

use ownline_model::{
    bridge::ReadReceipts,
    conversation::Conversation,
    ids::ConversationId,
    message::{Direction, MessageStatus},
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    Result, Store,
    change::Change,
    groups,
    inbound::WaIdentity,
    own, people, row,
    table::{self},
    writer::Tx,
};
use crate::time::now;

/// One chat's receipts that are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTicks {
    pub conversation_id: ConversationId,
    pub chat: WaIdentity,
    /// In a group: who wrote these.
    pub author: Option<WaIdentity>,
    pub wa_ids: Vec<String>,
}

impl Store {
    /// A person has read these messages of the customer.
    pub async fn owe_ticks(&self, conversation: ConversationId, wa_ids: Vec<String>) -> Result<()> {
        self.write(move |tx| {
            if own::read_receipts(tx)? == ReadReceipts::Never {
                return Ok(());
            }
            for wa_id in &wa_ids {
                row::run(
                    tx,
                    "INSERT INTO owed_tick (conversation_id, wa_id, owed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    params![conversation.0.into_bytes(), wa_id, now().0],
                )?;
            }
            tx.tell(Change::TicksOwed);
            Ok(())
        })
        .await
    }

    pub async fn ticks_due(&self) -> Result<Vec<DueTicks>> {
        self.read(due).await
    }

    /// WhatsApp has taken them.
    pub async fn ticks_given(&self, given: DueTicks) -> Result<()> {
        self.write(move |tx| {
            for wa_id in &given.wa_ids {
                forget(tx, given.conversation_id, wa_id)?;
            }
            Ok(())
        })
        .await
    }
}

/// Nothing is owed any more: the agent wants nobody to know.
pub(super) fn forgive(tx: &Tx<'_>) -> Result<()> {
    row::run(tx, "DELETE FROM owed_tick", [])?;
    Ok(())
}

/// A chat may have given way to another since.
fn forget(tx: &Tx<'_>, conversation: ConversationId, wa_id: &str) -> Result<()> {
    row::run(
        tx,
        "DELETE FROM owed_tick WHERE wa_id = ?1
         AND (conversation_id = ?2 OR conversation_id IN (SELECT old FROM alias WHERE new = ?2))",
        params![wa_id, conversation.0.into_bytes()],
    )?;
    Ok(())
}

fn due(connection: &Connection) -> Result<Vec<DueTicks>> {
    let policy = own::read_receipts(connection)?;
    let mut statement =
        connection.prepare_cached("SELECT conversation_id, wa_id FROM owed_tick ORDER BY conversation_id, owed_at")?;
    let mut rows = statement.query([])?;
    let mut found: Vec<(ConversationId, Vec<String>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = Uuid::from_bytes(row.get::<_, [u8; 16]>(0)?);
        let id = ConversationId(table::alias::resolve(connection, id)?);
        match found.iter_mut().find(|(known, _)| *known == id) {
            Some((_, wa_ids)) => wa_ids.push(row.get(1)?),
            None => found.push((id, vec![row.get(1)?])),
        }
    }
    let mut due = Vec::new();
    for (conversation_id, wa_ids) in found {
        let Some(conversation) = table::conversation::get(connection, conversation_id)? else { continue };
        let is_due = match policy {
            ReadReceipts::OnView => true,
            ReadReceipts::OnReply => is_answered(&conversation),
            ReadReceipts::Never => false,
        };
        if is_due && let Some(contact) = table::contact::get(connection, conversation.contact_id)? {
            let chat = people::wa_identity(&contact);
            for (author, wa_ids) in by_author(connection, conversation_id, &chat, wa_ids)? {
                due.push(DueTicks { conversation_id, chat: chat.clone(), author, wa_ids });
            }
        }
    }
    Ok(due)
}

type Authored = (Option<WaIdentity>, Vec<String>);

/// Each member of a group gets a receipt of its own.
fn by_author(
    connection: &Connection,
    conversation: ConversationId,
    chat: &WaIdentity,
    wa_ids: Vec<String>,
) -> Result<Vec<Authored>> {
    if !chat.is_group() {
        return Ok(vec![(None, wa_ids)]);
    }
    let mut found: Vec<Authored> = Vec::new();
    for wa_id in wa_ids {
        let author = groups::author_of(connection, conversation, &wa_id)?;
        match found.iter_mut().find(|(known, _)| *known == author) {
            Some((_, wa_ids)) => wa_ids.push(wa_id),
            None => found.push((author, vec![wa_id])),
        }
    }
    Ok(found)
}

/// The last word in the chat is ours, and it has left.
fn is_answered(conversation: &Conversation) -> bool {
    conversation.last_message.as_ref().is_some_and(|last| {
        last.direction == Direction::Outbound && !matches!(last.status, MessageStatus::Queued | MessageStatus::Failed)
    })
}
