//! Tickets.

use ownline_model::{
    ids::{AgentId, ChannelId, ContactId, ConversationId, TicketId},
    page::Page,
    ticket::{Ticket, TicketState},
    time::UtcMillis,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait as _, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    Statement,
    entity::prelude::*,
};

use super::{Source, StoreError, Stored, Tx, cursor, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub number: i64,
    pub conversation_id: Uuid,
    pub contact_id: Uuid,
    pub channel_id: Uuid,
    pub subject: String,
    pub state: String,
    pub priority: String,
    pub category: Option<String>,
    pub assignee_id: Option<Uuid>,
    pub resolution_note: Option<String>,
    pub created_at: i64,
    pub assigned_at: Option<i64>,
    pub first_reply_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub hidden: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

pub(super) fn ticket(row: Model) -> Stored<Ticket> {
    Ok(Ticket {
        id: TicketId(row.id),
        version: row.version,
        number: row.number,
        conversation_id: ConversationId(row.conversation_id),
        contact_id: ContactId(row.contact_id),
        channel_id: ChannelId(row.channel_id),
        subject: row.subject,
        state: words::read_word(&row.state)?,
        priority: words::read_word(&row.priority)?,
        category: row.category,
        assignee_id: row.assignee_id.map(AgentId),
        resolution_note: row.resolution_note,
        created_at: UtcMillis(row.created_at),
        assigned_at: row.assigned_at.map(UtcMillis),
        first_reply_at: row.first_reply_at.map(UtcMillis),
        resolved_at: row.resolved_at.map(UtcMillis),
        closed_at: row.closed_at.map(UtcMillis),
        pending: false,
    })
}

fn row(tenant: Uuid, ticket: &Ticket) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tenant),
        id: Set(ticket.id.0),
        version: Set(ticket.version),
        number: Set(ticket.number),
        conversation_id: Set(ticket.conversation_id.0),
        contact_id: Set(ticket.contact_id.0),
        channel_id: Set(ticket.channel_id.0),
        subject: Set(ticket.subject.clone()),
        state: Set(words::word(&ticket.state)),
        priority: Set(words::word(&ticket.priority)),
        category: Set(ticket.category.clone()),
        assignee_id: Set(ticket.assignee_id.map(|id| id.0)),
        resolution_note: Set(ticket.resolution_note.clone()),
        created_at: Set(ticket.created_at.0),
        assigned_at: Set(ticket.assigned_at.map(|at| at.0)),
        first_reply_at: Set(ticket.first_reply_at.map(|at| at.0)),
        resolved_at: Set(ticket.resolved_at.map(|at| at.0)),
        closed_at: Set(ticket.closed_at.map(|at| at.0)),
        hidden: NotSet,
    }
}

pub(crate) async fn find(db: &impl Source, id: TicketId) -> Stored<Option<Ticket>> {
    let query = Entity::find_by_id((db.tenant(), id.0)).filter(Column::Hidden.eq(false));
    query.one(db.conn()).await?.map(ticket).transpose()
}

pub(crate) async fn all_of_conversation(db: &impl Source, conversation: ConversationId) -> Stored<Vec<Ticket>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::ConversationId.eq(conversation.0))
        .all(db.conn())
        .await?;
    rows.into_iter().map(ticket).collect()
}

/// What a list asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter<'q> {
    pub(crate) state: Option<TicketState>,
    pub(crate) assignee: Option<AgentId>,
    pub(crate) cursor: Option<&'q str>,
    pub(crate) limit: u32,
}

/// Newest first, from the one after the cursor.
pub(crate) async fn page(db: &impl Source, filter: Filter<'_>) -> Stored<Result<Page<Ticket>, cursor::InvalidCursor>> {
    let place = match filter.cursor.map(cursor::decode::<i64>).transpose() {
        Ok(place) => place,
        Err(invalid) => return Ok(Err(invalid)),
    };
    let query = page_query(db.tenant(), filter.state, filter.assignee, place, filter.limit);
    let mut rows = query.all(db.conn()).await?;
    let more = cursor::has_more(&mut rows, filter.limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| cursor::encode(&row.number));
    Ok(Ok(Page { items: rows.into_iter().map(ticket).collect::<Stored<_>>()?, next_cursor }))
}

pub(super) fn page_query(
    tenant: Uuid,
    state: Option<TicketState>,
    assignee: Option<AgentId>,
    before: Option<i64>,
    limit: u32,
) -> Select<Entity> {
    let mut query = Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::Hidden.eq(false))
        .order_by(Column::Number, Order::Desc)
        .limit(u64::from(limit) + 1);
    if let Some(state) = state {
        query = query.filter(Column::State.eq(words::word(&state)));
    }
    if let Some(assignee) = assignee {
        query = query.filter(Column::AssigneeId.eq(assignee.0));
    }
    if let Some(number) = before {
        query = query.filter(Column::Number.lt(number));
    }
    query
}

/// In the order of their ids, for a snapshot.
pub(crate) async fn after(db: &impl Source, id: Uuid, limit: u64) -> Stored<Vec<Ticket>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Id.gt(id))
        .filter(Column::Hidden.eq(false))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter().map(ticket).collect()
}

/// Shows it to nobody, or to everybody again.
pub(crate) async fn set_hidden(tx: &Tx, id: TicketId, hidden: bool) -> Stored<()> {
    Entity::update_many()
        .col_expr(Column::Hidden, Expr::value(hidden))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(id.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The next number for people, taken in the transaction: none is given twice.
pub(crate) async fn next_number(tx: &Tx) -> Stored<i64> {
    let take = Statement::from_sql_and_values(
        tx.conn().get_database_backend(),
        "UPDATE tenant SET ticket_number = ticket_number + 1 WHERE id = $1 RETURNING ticket_number",
        [tx.tenant().into()],
    );
    let row = tx.conn().query_one_raw(take).await?.ok_or_else(|| StoreError::Damaged("no such tenant".to_owned()))?;
    Ok(row.try_get("", "ticket_number")?)
}

pub(crate) async fn insert(tx: &Tx, ticket: &Ticket) -> Stored<()> {
    Entity::insert(row(tx.tenant(), ticket)).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// Stores the moved ticket if it is still at `base_version`: compare and swap. False: someone was faster.
pub(crate) async fn swap(tx: &Tx, base_version: i64, ticket: &Ticket) -> Stored<bool> {
    let done = Entity::update_many()
        .set(row(tx.tenant(), ticket))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(ticket.id.0))
        .filter(Column::Version.eq(base_version))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}
