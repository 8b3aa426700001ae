//! What a person wrote and got, read from the state file.

mod fold;

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Row, params};
use wacore_binary::Jid;
use waproto::buffa::Message as _;
use waproto::whatsapp::Message;

use super::content;
use crate::network::Network;
use crate::network::address::{chat_name, is_group};
use crate::store::{MessageRow, Store, StoreError};
use crate::world::{Change, Content, Direction, Fetched, MessageView, QuoteContent, ReaderView, Status};

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
        let message = Box::new(shown(network, &line).0);
        network.changed(Change::Message { number: owner.to_string(), message });
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
    let mut views = fold::fold(network, &lines);
    if lines.iter().any(|line| is_group(line.row.peer) && line.row.author == owner) {
        let mut readers = readers(&network.store, owner).await?;
        for view in views.iter_mut().filter(|view| view.direction == Direction::Sent) {
            view.receipts = readers.remove(&view.id).unwrap_or_default();
        }
    }
    Ok(views)
}

/// How far the owner's messages in groups are with each reader.
async fn readers(store: &Store, owner: u64) -> Result<HashMap<String, Vec<ReaderView>>, StoreError> {
    let rows: Vec<(String, ReaderView)> = store
        .read(move |connection| {
            let sql = "SELECT id, reader, status, at FROM readers WHERE owner = ?1 ORDER BY id, reader";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([owner.cast_signed()], |row| {
                let reader: i64 = row.get(1)?;
                let view = ReaderView { from: reader.to_string(), status: status_of(row.get(2)?), time: row.get(3)? };
                Ok((row.get(0)?, view))
            })?;
            rows.collect()
        })
        .await?;
    let mut readers: HashMap<String, Vec<ReaderView>> = HashMap::new();
    for (id, reader) in rows {
        readers.entry(id).or_default().push(reader);
    }
    Ok(readers)
}

/// One message alone.
pub fn view(network: &Network, row: &MessageRow) -> MessageView {
    let message = Message::decode_from_slice(&row.body).ok();
    view_of(network, row, message.as_ref(), None)
}

fn shown(network: &Network, line: &Line) -> (MessageView, Message) {
    let message = Message::decode_from_slice(&line.row.body).ok();
    (view_of(network, &line.row, message.as_ref(), line.fetched.clone()), message.unwrap_or_default())
}

fn status_of(status: u8) -> Status {
    match status {
        0 => Status::Failed,
        1 => Status::Sent,
        2 => Status::Delivered,
        3 => Status::Read,
        _ => Status::Played,
    }
}

fn view_of(network: &Network, row: &MessageRow, message: Option<&Message>, fetched: Option<Fetched>) -> MessageView {
    let mut content = message.map_or_else(|| Content::Other("malformed".to_owned()), content::from_message);
    if let Content::Media(media) = &mut content {
        media.fetched = fetched;
    }
    MessageView {
        id: row.id.clone(),
        direction: if row.direction == 0 { Direction::Sent } else { Direction::Received },
        with: chat_name(row.peer),
        from: row.author.to_string(),
        device: row.author_device,
        content,
        quote: message.and_then(|message| quote(network, message)),
        effects: crate::world::Effects::default(),
        at: row.at,
        status: status_of(row.status),
        status_at: row.status_at,
        receipts: Vec::new(),
    }
}

fn quote(network: &Network, message: &Message) -> Option<QuoteContent> {
    let context = content::context_of(message)?;
    let author = context.participant.as_deref().and_then(|jid| jid.parse::<Jid>().ok());
    let author = author.and_then(|jid| network.resolve(&jid)).map(|author| author.number.to_string());
    Some(QuoteContent {
        id: context.stanza_id.clone()?,
        from: author.unwrap_or_default(),
        text: context.quoted_message.as_option().and_then(content::words),
    })
}
