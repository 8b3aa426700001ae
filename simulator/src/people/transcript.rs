//! What a person wrote and got, read from the state file.

mod fold;

use rusqlite::{OptionalExtension as _, Row, params};
use waproto::buffa::Message as _;
use waproto::whatsapp::Message;

use super::content;
use crate::network::Network;
use crate::store::{MessageRow, Store, StoreError};
use crate::world::{Change, Content, Direction, Fetched, MessageView, QuoteContent, Status};

const COLUMNS: &str = "m.owner, m.peer, m.id, m.direction, m.author, m.author_device, m.at, m.status, m.status_at, m.body, \
                       f.data";
const TABLES: &str =
    "messages AS m LEFT JOIN fetched AS f ON f.owner = m.owner AND f.id = m.id AND f.author = m.author";

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

/// A message, and what came of fetching its file.
#[derive(Debug)]
struct Line {
    row: MessageRow,
    fetched: Option<Fetched>,
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let int = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let fetched: Option<Vec<u8>> = row.get(10)?;
    let row = MessageRow {
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
    };
    Ok(Line { row, fetched: fetched.and_then(|data| serde_json::from_slice(&data).ok()) })
}

async fn find_line(store: &Store, owner: u64, id: &str) -> Result<Option<Line>, StoreError> {
    let id = id.to_owned();
    store
        .read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE m.owner = ?1 AND m.id = ?2 ORDER BY m.author != m.owner LIMIT 1"
            );
            connection.prepare_cached(&sql)?.query_row(params![owner.cast_signed(), id], line).optional()
        })
        .await
}

/// One message by its id; the owner's own first, should both sides have chosen the same.
pub async fn find(store: &Store, owner: u64, id: &str) -> Result<Option<MessageRow>, StoreError> {
    Ok(find_line(store, owner, id).await?.map(|line| line.row))
}

/// Tells whoever watches that a line changed.
pub(super) async fn tell(network: &Network, owner: u64, id: &str) {
    if network.changes.receiver_count() == 0 {
        return;
    }
    if let Ok(Some(line)) = find_line(&network.store, owner, id).await {
        network.changed(Change::Message { number: owner.to_string(), message: Box::new(shown(&line).0) });
    }
}

/// The transcript, oldest first, with what later messages made of earlier ones; with one other number or with all.
pub async fn list(network: &Network, owner: u64, peer: Option<u64>) -> Result<Vec<MessageView>, StoreError> {
    let lines: Vec<Line> = network
        .store
        .read(move |connection| {
            let sql = match peer {
                Some(_) => format!("SELECT {COLUMNS} FROM {TABLES} WHERE m.owner = ?1 AND m.peer = ?2 ORDER BY m.seq"),
                None => format!("SELECT {COLUMNS} FROM {TABLES} WHERE m.owner = ?1 AND ?2 IS NULL ORDER BY m.seq"),
            };
            let mut statement = connection.prepare_cached(&sql)?;
            let peer = peer.map(u64::cast_signed);
            statement.query_map(params![owner.cast_signed(), peer], line)?.collect()
        })
        .await?;
    Ok(fold::fold(network, &lines))
}

/// One message alone.
pub fn view(row: &MessageRow) -> MessageView {
    let message = Message::decode_from_slice(&row.body).ok();
    view_of(row, message.as_ref(), None)
}

fn shown(line: &Line) -> (MessageView, Message) {
    let message = Message::decode_from_slice(&line.row.body).ok();
    (view_of(&line.row, message.as_ref(), line.fetched.clone()), message.unwrap_or_default())
}

fn view_of(row: &MessageRow, message: Option<&Message>, fetched: Option<Fetched>) -> MessageView {
    let mut content = message.map_or_else(|| Content::Other("malformed".to_owned()), content::from_message);
    if let Content::Media(media) = &mut content {
        media.fetched = fetched;
    }
    MessageView {
        id: row.id.clone(),
        direction: if row.direction == 0 { Direction::Sent } else { Direction::Received },
        with: row.peer.to_string(),
        from: row.author.to_string(),
        device: row.author_device,
        content,
        quote: message.and_then(quote),
        effects: crate::world::Effects::default(),
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

fn quote(message: &Message) -> Option<QuoteContent> {
    let context = content::context_of(message)?;
    let author = context.participant.as_deref().unwrap_or_default();
    Some(QuoteContent {
        id: context.stanza_id.clone()?,
        from: author.chars().take_while(char::is_ascii_digit).collect(),
        text: context.quoted_message.as_option().and_then(content::words),
    })
}
