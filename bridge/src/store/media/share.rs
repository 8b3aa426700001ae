//! Files that the team's server is still to get: of shared chats, and of replies through a colleague's number.

use ownline_model::{conversation::Scope, ids::MessageId, message::Message};

use super::{Result, Store, table};
use crate::store::{change::Change, own, progress, table::local_file::LocalFile, writer::Tx};

const AT_ONCE: u32 = 32;

#[derive(Debug, Clone)]
pub struct ToShare {
    pub message_id: MessageId,
    pub file: LocalFile,
}

/// The team may have the file of this message: to be called when a message with a file of this machine is stored, or when its
/// chat becomes shared.
pub(in crate::store) fn share(tx: &mut Tx<'_>, message: &Message) -> Result<()> {
    let own = own::channel_id(tx)? == Some(message.channel_id);
    let told = !own || progress::scope_of(tx, message.conversation_id)? == Scope::Shared;
    if told && table::local_file::of_message(tx, message.id)?.is_some() {
        table::file_work::share(tx, message.id)?;
        tx.tell(Change::Files);
    }
    Ok(())
}

impl Store {
    /// Files to hand to the server, of messages that it knows: those that still wait in the outbox come later.
    pub async fn shares(&self) -> Result<Vec<ToShare>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT m.body FROM file_share s JOIN message m ON m.id = s.message_id
                 WHERE NOT EXISTS (SELECT 1 FROM outbox o
                     WHERE o.subject_id = s.message_id AND o.kind IN ('message_received', 'reply'))
                 ORDER BY s.seq LIMIT ?",
            )?;
            let mut rows = statement.query([AT_ONCE])?;
            let mut shares = Vec::new();
            while let Some(row) = rows.next()? {
                let message: Message = serde_json::from_str(&row.get::<_, String>(0)?)?;
                let open = own::channel_id(connection)? != Some(message.channel_id)
                    || progress::scope_of(connection, message.conversation_id)? == Scope::Shared;
                // A chat that became private meanwhile stays here.
                if open && let Some(file) = table::local_file::of_message(connection, message.id)? {
                    shares.push(ToShare { message_id: message.id, file });
                }
            }
            Ok(shares)
        })
        .await
    }

    /// The server has it, or does not want it.
    pub async fn file_is_shared(&self, message: MessageId) -> Result<()> {
        self.write(move |tx| table::file_work::shared(tx, MessageId(table::alias::resolve(tx, message.0)?))).await
    }
}
