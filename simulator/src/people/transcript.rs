//! What a person wrote and got, read from the state file.

use rusqlite::{OptionalExtension as _, Row, params};
use waproto::buffa::Message as _;
use waproto::whatsapp::Message;

use super::content;
use crate::store::{MessageRow, Store, StoreError};
use crate::world::{Content, Direction, MessageView, Status};

const COLUMNS: &str = "owner, peer, id, direction, author, author_device, at, status, status_at, body";

pub fn direction(direction: Direction) -> u8 {
    match direction {
        Direction::Sent => 0,
        Direction::Received => 1,
    }
}

/// Grows as a message gets further.
pub fn status(status: Status) -> u8 {
    match status {
        Status::Failed => 0,
        Status::Sent => 1,
        Status::Delivered => 2,
        Status::Read => 3,
        Status::Played => 4,
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let int = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(MessageRow {
        owner: int(0)?,
        peer: int(1)?,
        id: row.get(2)?,
        direction: row.get(3)?,
        author: int(4)?,
        author_device: row.get(5)?,
        at: row.get(6)?,
        status: row.get(7)?,
        status_at: row.get(8)?,
        body: row.get(9)?,
    })
}

/// One message by its id; the owner's own first, should both sides have chosen the same.
pub async fn find(store: &Store, owner: u64, id: &str) -> Result<Option<MessageRow>, StoreError> {
    let id = id.to_owned();
    store
        .read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM messages WHERE owner = ?1 AND id = ?2 ORDER BY author != owner LIMIT 1"
                ))?
                .query_row(params![owner.cast_signed(), id], row)
                .optional()
        })
        .await
}

/// The transcript, oldest first; with one other number or with all.
pub async fn list(store: &Store, owner: u64, peer: Option<u64>) -> Result<Vec<MessageView>, StoreError> {
    let rows: Vec<MessageRow> = store
        .read(move |connection| {
            let sql = match peer {
                Some(_) => format!("SELECT {COLUMNS} FROM messages WHERE owner = ?1 AND peer = ?2 ORDER BY seq"),
                None => format!("SELECT {COLUMNS} FROM messages WHERE owner = ?1 AND ?2 IS NULL ORDER BY seq"),
            };
            let mut statement = connection.prepare_cached(&sql)?;
            let peer = peer.map(u64::cast_signed);
            statement.query_map(params![owner.cast_signed(), peer], row)?.collect()
        })
        .await?;
    Ok(rows.iter().map(view).collect())
}

pub fn view(row: &MessageRow) -> MessageView {
    let content = Message::decode_from_slice(&row.body)
        .map_or_else(|_| Content::Other("malformed".to_owned()), |message| content::from_message(&message));
    MessageView {
        id: row.id.clone(),
        direction: if row.direction == 0 { Direction::Sent } else { Direction::Received },
        with: row.peer.to_string(),
        from: row.author.to_string(),
        device: row.author_device,
        content,
        at: row.at,
        status: match row.status {
            0 => Status::Failed,
            1 => Status::Sent,
            2 => Status::Delivered,
            3 => Status::Read,
            _ => Status::Played,
        },
        status_at: row.status_at,
    }
}
