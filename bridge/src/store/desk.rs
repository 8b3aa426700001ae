//! What the screens read: whole lists, page by page, each page starting where the last one ended (keyset).

use std::borrow::Cow;

use ownline_model::{
    agent::Agent,
    channel::Channel,
    contact::Contact,
    conversation::{ConversationCounts, ConversationItem, ConversationView},
    desk_query::{ContactQuery, ConversationQuery, MessageQuery, TicketQuery, page_limit},
    ids::{ContactId, ConversationId, TicketId},
    message::Message,
    page::Page,
    ticket::Ticket,
};
use rusqlite::{Connection, Row, params, params_from_iter, types::Value};
use uuid::Uuid;

use super::{
    Result, Store, account,
    phone_state::{self, ARCHIVED, PINNED, PUT_AWAY},
    row, table,
};

/// The person who is signed in.
pub(super) fn me(connection: &Connection) -> Result<Option<Agent>> {
    let Some(me) = account::agent(connection)? else { return Ok(None) };
    Ok(Some(table::agent::get(connection, me.id)?.unwrap_or(me)))
}

/// More than WhatsApp lets anybody pin.
const PINNED_MAX: i64 = 20;

const ITEM: &str = "SELECT v.body, c.body, t.body, v.older_on_phone FROM conversation v
    JOIN contact c ON c.id = v.contact_id
    LEFT JOIN ticket t ON t.id = v.ticket_id AND t.state <> 'closed'";

fn read_item(connection: &Connection, row: &Row<'_>) -> Result<ConversationItem> {
    let ticket: Option<String> = row.get(2)?;
    let conversation = serde_json::from_str(&row.get::<_, String>(0)?)?;
    let contact = serde_json::from_str(&row.get::<_, String>(1)?)?;
    Ok(ConversationItem {
        on_phone: phone_state::on_phone(connection, &conversation, &contact)?,
        conversation,
        contact,
        ticket: ticket.map(|body| serde_json::from_str(&body)).transpose()?,
        older_on_phone: row.get(3)?,
    })
}

pub(super) fn item(connection: &Connection, id: ConversationId) -> Result<Option<ConversationItem>> {
    let mut statement = connection.prepare_cached(&format!("{ITEM} WHERE v.id = ?"))?;
    let mut rows = statement.query([id.0.into_bytes()])?;
    rows.next()?.map(|row| read_item(connection, row)).transpose()
}

/// Conditions with their values, for a statement put together from filters.
#[derive(Clone, Default)]
struct Filter {
    conditions: Vec<Cow<'static, str>>,
    values: Vec<Value>,
}

impl Filter {
    fn and(&mut self, condition: impl Into<Cow<'static, str>>, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    fn sql(&self) -> String {
        if self.conditions.is_empty() { String::new() } else { format!(" WHERE {}", self.conditions.join(" AND ")) }
    }
}

fn blob(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

/// Cuts the one row too many that tells whether there is a next page.
fn page<T>(mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> Result<String>) -> Result<Page<T>> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(place).transpose()?;
    Ok(Page { items, next_cursor })
}

/// The SQL condition of a view. `?` in it stands for the person who asks.
fn view_condition(view: ConversationView, searched: bool) -> String {
    let condition = match view {
        ConversationView::Mine => "coalesce(t.assignee_id, v.assignee_id) = ? AND v.state <> 'closed'",
        ConversationView::Unassigned => "t.state = 'open' AND t.assignee_id IS NULL",
        ConversationView::All => "v.state <> 'closed'",
        ConversationView::Waiting => "v.state = 'waiting'",
        ConversationView::Closed => "v.state = 'closed'",
        ConversationView::Archived => ARCHIVED,
    };
    match view {
        // Whoever searches finds what was put away as well.
        ConversationView::All | ConversationView::Waiting if !searched => format!("{condition} AND NOT {PUT_AWAY}"),
        _ => condition.to_owned(),
    }
}

fn conversations(connection: &Connection, query: &ConversationQuery) -> Result<Page<ConversationItem>> {
    let limit = page_limit(query.limit);
    let view = query.view.unwrap_or_default();
    let me = me(connection)?.map_or(Uuid::nil(), |me| me.id.0);
    let mut filter = Filter::default();
    let searched = query.q.as_deref().filter(|text| !text.trim().is_empty());
    filter.and(view_condition(view, searched.is_some()), (view == ConversationView::Mine).then(|| blob(me)));
    if let Some(text) = searched {
        filter.and(r"c.search LIKE ? ESCAPE '\'", [Value::Text(row::contains(text))]);
    }
    // The chats that the owner has pinned on the phone stand before the first page, and in no other place.
    let mut pinned = Vec::new();
    if searched.is_none() {
        if query.cursor.is_none() {
            let mut first = filter.clone();
            first.and(PINNED, []);
            pinned = items(connection, first, PINNED_MAX)?;
        }
        filter.and(format!("NOT {PINNED}"), []);
    }
    if let Some((at, id)) = query.cursor.as_deref().and_then(row::read_cursor::<(i64, Uuid)>) {
        filter.and("(v.last_activity_at, v.id) < (?, ?)", [Value::Integer(at), blob(id)]);
    }
    let found = items(connection, filter, i64::from(limit) + 1)?;
    let mut page =
        page(found, limit, |item| row::cursor(&(item.conversation.last_activity_at.0, item.conversation.id.0)))?;
    page.items.splice(..0, pinned);
    Ok(page)
}

fn items(connection: &Connection, mut filter: Filter, limit: i64) -> Result<Vec<ConversationItem>> {
    filter.values.push(Value::Integer(limit));
    let sql = format!("{ITEM}{} ORDER BY v.last_activity_at DESC, v.id DESC LIMIT ?", filter.sql());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(filter.values))?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read_item(connection, row)?);
    }
    Ok(items)
}

fn counts(connection: &Connection) -> Result<ConversationCounts> {
    let me = me(connection)?.map_or(Uuid::nil(), |me| me.id.0);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT
             count(*) FILTER (WHERE coalesce(t.assignee_id, v.assignee_id) = ?1 AND v.state <> 'closed'),
             count(*) FILTER (WHERE t.state = 'open' AND t.assignee_id IS NULL),
             count(*) FILTER (WHERE v.state <> 'closed' AND NOT {PUT_AWAY}),
             count(*) FILTER (WHERE v.state = 'waiting' AND NOT {PUT_AWAY}),
             count(*) FILTER (WHERE v.state = 'closed'),
             count(*) FILTER (WHERE {ARCHIVED}),
             coalesce(sum(v.unread), 0)
         FROM conversation v
         JOIN contact c ON c.id = v.contact_id
         LEFT JOIN ticket t ON t.id = v.ticket_id AND t.state <> 'closed'"
    ))?;
    Ok(statement.query_row([me.into_bytes()], |row| {
        let count = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
        Ok(ConversationCounts {
            mine: count(0)?,
            unassigned: count(1)?,
            all: count(2)?,
            waiting: count(3)?,
            closed: count(4)?,
            archived: count(5)?,
            unread: count(6)?,
        })
    })?)
}

fn messages(connection: &Connection, id: ConversationId, query: &MessageQuery) -> Result<Option<Page<Message>>> {
    let id = ConversationId(table::alias::resolve(connection, id.0)?);
    if table::conversation::get(connection, id)?.is_none() {
        return Ok(None);
    }
    let limit = page_limit(query.limit);
    let (position, before) =
        query.cursor.as_deref().and_then(row::read_cursor::<(i64, Uuid)>).unwrap_or((i64::MAX, Uuid::max()));
    let newest_first: Vec<Message> = row::all(
        connection,
        "SELECT body FROM message WHERE conversation_id = ? AND (position, id) < (?, ?)
         ORDER BY position DESC, id DESC LIMIT ?",
        params![id.0.into_bytes(), position, before.into_bytes(), limit + 1],
    )?;
    let mut page = page(newest_first, limit, |oldest| row::cursor(&(oldest.position, oldest.id.0)))?;
    page.items.reverse();
    Ok(Some(page))
}

fn tickets(connection: &Connection, query: &TicketQuery) -> Result<Page<Ticket>> {
    let limit = page_limit(query.limit);
    let mut filter = Filter::default();
    if let Some(state) = query.state {
        filter.and("state = ?", [Value::Text(row::name(&state)?)]);
    }
    if let Some(assignee) = query.assignee {
        filter.and("assignee_id = ?", [blob(assignee.0)]);
    }
    if let Some((at, id)) = query.cursor.as_deref().and_then(row::read_cursor::<(i64, Uuid)>) {
        filter.and("(created_at, id) < (?, ?)", [Value::Integer(at), blob(id)]);
    }
    filter.values.push(Value::Integer(i64::from(limit) + 1));
    let sql = format!("SELECT body FROM ticket{} ORDER BY created_at DESC, id DESC LIMIT ?", filter.sql());
    let items = row::all(connection, &sql, params_from_iter(filter.values))?;
    page(items, limit, |ticket: &Ticket| row::cursor(&(ticket.created_at.0, ticket.id.0)))
}

fn contacts(connection: &Connection, query: &ContactQuery) -> Result<Page<Contact>> {
    let limit = page_limit(query.limit);
    let mut filter = Filter::default();
    if let Some(text) = query.q.as_deref().filter(|text| !text.trim().is_empty()) {
        filter.and(r"search LIKE ? ESCAPE '\'", [Value::Text(row::contains(text))]);
    }
    if let Some((name, id)) = query.cursor.as_deref().and_then(row::read_cursor::<(String, Uuid)>) {
        filter.and("(name_key, id) > (?, ?)", [Value::Text(name), blob(id)]);
    }
    filter.values.push(Value::Integer(i64::from(limit) + 1));
    let sql = format!("SELECT body FROM contact{} ORDER BY name_key, id LIMIT ?", filter.sql());
    let items = row::all(connection, &sql, params_from_iter(filter.values))?;
    page(items, limit, |contact: &Contact| row::cursor(&(contact.name.to_lowercase(), contact.id.0)))
}

impl Store {
    /// The person who is signed in.
    pub async fn me(&self) -> Result<Option<Agent>> {
        self.read(me).await
    }

    pub async fn agents(&self) -> Result<Vec<Agent>> {
        self.read(table::agent::all).await
    }

    pub async fn channels(&self) -> Result<Vec<Channel>> {
        self.read(table::channel::all).await
    }

    pub async fn contacts(&self, query: ContactQuery) -> Result<Page<Contact>> {
        self.read(move |connection| contacts(connection, &query)).await
    }

    pub async fn contact(&self, id: ContactId) -> Result<Option<Contact>> {
        self.read(move |connection| {
            let id = ContactId(table::alias::resolve(connection, id.0)?);
            table::contact::get(connection, id)
        })
        .await
    }

    pub async fn conversations(&self, query: ConversationQuery) -> Result<Page<ConversationItem>> {
        self.read(move |connection| conversations(connection, &query)).await
    }

    pub async fn conversation_counts(&self) -> Result<ConversationCounts> {
        self.read(counts).await
    }

    pub async fn conversation(&self, id: ConversationId) -> Result<Option<ConversationItem>> {
        self.read(move |connection| {
            let id = ConversationId(table::alias::resolve(connection, id.0)?);
            item(connection, id)
        })
        .await
    }

    /// `None`: there is no such conversation.
    pub async fn messages(&self, id: ConversationId, query: MessageQuery) -> Result<Option<Page<Message>>> {
        self.read(move |connection| messages(connection, id, &query)).await
    }

    pub async fn tickets(&self, query: TicketQuery) -> Result<Page<Ticket>> {
        self.read(move |connection| tickets(connection, &query)).await
    }

    pub async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>> {
        self.read(move |connection| table::ticket::get(connection, id)).await
    }
}
