//! Messages.

use ownline_model::{
    ids::{AgentId, ChannelId, ConversationId, MessageId, TicketId},
    message::{Direction, Message},
    page::Page,
    time::UtcMillis,
};
use sea_orm::{
    ActiveValue::Set,
    Condition, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::{Source, Stored, Tx, cursor, media, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub channel_id: Uuid,
    pub ticket_id: Option<Uuid>,
    pub wa_id: String,
    pub direction: String,
    pub origin: String,
    pub author_id: Option<Uuid>,
    pub kind: String,
    pub text: Option<String>,
    pub status: String,
    pub failure: Option<String>,
    pub position: i64,
    pub at: i64,
    pub expires_at: Option<i64>,
    pub details: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

fn message(row: Model) -> Stored<Message> {
    Ok(Message {
        id: MessageId(row.id),
        conversation_id: ConversationId(row.conversation_id),
        channel_id: ChannelId(row.channel_id),
        ticket_id: row.ticket_id.map(TicketId),
        wa_id: row.wa_id,
        direction: words::read_word(&row.direction)?,
        origin: words::read_word(&row.origin)?,
        author_id: row.author_id.map(AgentId),
        kind: words::read_word(&row.kind)?,
        text: row.text,
        status: words::read_word(&row.status)?,
        failure: row.failure.as_deref().map(words::read_json).transpose()?,
        position: row.position,
        at: UtcMillis(row.at),
        expires_at: row.expires_at.map(UtcMillis),
        details: row.details.as_deref().map(words::read_json).transpose()?.unwrap_or_default(),
    })
}

fn row(tenant: Uuid, message: &Message) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tenant),
        id: Set(message.id.0),
        conversation_id: Set(message.conversation_id.0),
        channel_id: Set(message.channel_id.0),
        ticket_id: Set(message.ticket_id.map(|id| id.0)),
        wa_id: Set(message.wa_id.clone()),
        direction: Set(words::word(&message.direction)),
        origin: Set(words::word(&message.origin)),
        author_id: Set(message.author_id.map(|id| id.0)),
        kind: Set(words::word(&message.kind)),
        text: Set(message.text.clone()),
        status: Set(message.status.as_str().to_owned()),
        failure: Set(message.failure.as_ref().map(words::json)),
        position: Set(message.position),
        at: Set(message.at.0),
        expires_at: Set(message.expires_at.map(|at| at.0)),
        details: Set(Some(&message.details).filter(|details| !details.is_empty()).map(words::json)),
    }
}

pub(crate) async fn find(db: &impl Source, id: MessageId) -> Stored<Option<Message>> {
    Entity::find_by_id((db.tenant(), id.0)).one(db.conn()).await?.map(message).transpose()
}

/// The message that WhatsApp knows under `wa_id` in this conversation, and the one (perhaps another) that has `id`.
pub(crate) async fn same_as(
    db: &impl Source,
    conversation: ConversationId,
    direction: Direction,
    wa_id: &str,
    id: MessageId,
) -> Stored<Vec<Message>> {
    let tenant = || Column::TenantId.eq(db.tenant());
    let by_wa_id = Condition::all()
        .add(tenant())
        .add(Column::ConversationId.eq(conversation.0))
        .add(Column::Direction.eq(words::word(&direction)))
        .add(Column::WaId.eq(wa_id));
    let by_id = Condition::all().add(tenant()).add(Column::Id.eq(id.0));
    let rows = Entity::find().filter(Condition::any().add(by_wa_id).add(by_id)).all(db.conn()).await?;
    rows.into_iter().map(message).collect()
}

/// The newest page first; `cursor` leads to older ones; oldest to newest inside the page.
pub(crate) async fn page(
    db: &impl Source,
    conversation: ConversationId,
    before: Option<&str>,
    limit: u32,
) -> Stored<Result<Page<Message>, cursor::InvalidCursor>> {
    let place = match before.map(cursor::decode::<i64>).transpose() {
        Ok(place) => place,
        Err(invalid) => return Ok(Err(invalid)),
    };
    let mut rows = page_query(db.tenant(), conversation, place, limit).all(db.conn()).await?;
    let more = cursor::has_more(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| cursor::encode(&row.position));
    rows.reverse();
    Ok(Ok(Page { items: rows.into_iter().map(message).collect::<Stored<_>>()?, next_cursor }))
}

pub(super) fn page_query(
    tenant: Uuid,
    conversation: ConversationId,
    before: Option<i64>,
    limit: u32,
) -> Select<Entity> {
    let mut query = Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::ConversationId.eq(conversation.0))
        .order_by(Column::Position, Order::Desc)
        .limit(u64::from(limit) + 1);
    if let Some(position) = before {
        query = query.filter(Column::Position.lt(position));
    }
    query
}

/// Customer messages from after `from` up to `to` that nobody has read, and at most `limit` of them.
pub(crate) async fn unread_between(
    db: &impl Source,
    conversation: ConversationId,
    from: i64,
    to: i64,
    limit: u64,
) -> Stored<Vec<Message>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::ConversationId.eq(conversation.0))
        .filter(Column::Position.gt(from))
        .filter(Column::Position.lte(to))
        .filter(Column::Direction.eq("inbound"))
        .filter(Column::Status.is_not_in(["read", "played"]))
        .order_by_asc(Column::Position)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter().map(message).collect()
}

/// How many customer messages after `from` nobody has read.
pub(crate) async fn count_unread(db: &impl Source, conversation: ConversationId, from: i64) -> Stored<u64> {
    Ok(Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::ConversationId.eq(conversation.0))
        .filter(Column::Position.gt(from))
        .filter(Column::Direction.eq("inbound"))
        .filter(Column::Status.is_not_in(["read", "played"]))
        .count(db.conn())
        .await?)
}

/// The first message at this place or after it.
pub(crate) async fn at_or_after(
    db: &impl Source,
    conversation: ConversationId,
    position: i64,
) -> Stored<Option<Message>> {
    first_query(db.tenant(), conversation, position).one(db.conn()).await?.map(message).transpose()
}

/// The place before the first message.
pub(crate) async fn before_first(db: &impl Source, conversation: ConversationId) -> Stored<i64> {
    let first = first_query(db.tenant(), conversation, i64::MIN).one(db.conn()).await?;
    Ok(first.map_or(-1, |row| row.position.min(0) - 1))
}

pub(super) fn first_query(tenant: Uuid, conversation: ConversationId, from: i64) -> Select<Entity> {
    Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::ConversationId.eq(conversation.0))
        .filter(Column::Position.gte(from))
        .order_by_asc(Column::Position)
        .limit(1)
}

/// Replies that nobody fetched in time.
pub(crate) async fn expired(db: &impl Source, now: UtcMillis, limit: u64) -> Stored<Vec<Message>> {
    let rows = expired_query(db.tenant(), now, limit).all(db.conn()).await?;
    rows.into_iter().map(message).collect()
}

pub(super) fn expired_query(tenant: Uuid, now: UtcMillis, limit: u64) -> Select<Entity> {
    Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Expr::cust(r#""message"."status" = 'queued' AND "message"."expires_at" IS NOT NULL"#))
        .filter(Column::ExpiresAt.lte(now.0))
        .order_by_asc(Column::ExpiresAt)
        .limit(limit)
}

/// All of a conversation, oldest first.
pub(crate) async fn all_of(db: &impl Source, conversation: ConversationId) -> Stored<Vec<Message>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::ConversationId.eq(conversation.0))
        .order_by_asc(Column::Position)
        .all(db.conn())
        .await?;
    rows.into_iter().map(message).collect()
}

/// In the order of their ids, for a snapshot.
pub(crate) async fn after(db: &impl Source, id: Uuid, limit: u64) -> Stored<Vec<Message>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Id.gt(id))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter().map(message).collect()
}

pub(crate) async fn insert(tx: &Tx, message: &Message) -> Stored<()> {
    Entity::insert(row(tx.tenant(), message)).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// Stores a message that is probably new; false, and nothing done, where its place or name is taken.
pub(crate) async fn insert_new(tx: &Tx, message: &Message) -> Stored<bool> {
    let insert = Entity::insert(row(tx.tenant(), message)).on_conflict(OnConflict::new().do_nothing().to_owned());
    match insert.exec_without_returning(tx.conn()).await {
        Ok(rows) => Ok(rows > 0),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn update(tx: &Tx, message: &Message) -> Stored<()> {
    Entity::update_many()
        .set(row(tx.tenant(), message))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(message.id.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The newest one.
pub(crate) async fn last_of(db: &impl Source, conversation: ConversationId) -> Stored<Option<Message>> {
    let newest = of_conversation(db.tenant(), conversation).order_by(Column::Position, Order::Desc);
    newest.one(db.conn()).await?.map(message).transpose()
}

/// The customer's newest one.
pub(crate) async fn last_inbound_of(db: &impl Source, conversation: ConversationId) -> Stored<Option<Message>> {
    let newest = of_conversation(db.tenant(), conversation).order_by(Column::Position, Order::Desc);
    newest.filter(Column::Direction.eq("inbound")).one(db.conn()).await?.map(message).transpose()
}

/// Replies that wait for the owner's machine.
pub(crate) async fn queued_of(db: &impl Source, conversation: ConversationId) -> Stored<Vec<Message>> {
    let rows = of_conversation(db.tenant(), conversation).filter(Column::Status.eq("queued")).all(db.conn()).await?;
    rows.into_iter().map(message).collect()
}

fn of_conversation(tenant: Uuid, conversation: ConversationId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::ConversationId.eq(conversation.0))
}

/// Takes all words out of a chat.
pub(crate) async fn silence(tx: &Tx, conversation: ConversationId) -> Stored<()> {
    Entity::update_many()
        .col_expr(Column::Text, Expr::value(Option::<String>::None))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::ConversationId.eq(conversation.0))
        .exec(tx.conn())
        .await?;
    let with_details = of_conversation(tx.tenant(), conversation).filter(Column::Details.is_not_null());
    for row in with_details.all(tx.conn()).await? {
        let mut stored = message(row)?;
        stored.details = stored.details.without_words();
        update(tx, &stored).await?;
    }
    Ok(())
}

/// Drops all messages of a chat.
pub(crate) async fn delete_all(tx: &Tx, conversation: ConversationId) -> Stored<()> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::ConversationId.eq(conversation.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Drops a message that another row has taken the place of.
pub(crate) async fn delete(tx: &Tx, id: MessageId) -> Stored<()> {
    media::release_message(tx, id).await?;
    Entity::delete_by_id((tx.tenant(), id.0)).exec(tx.conn()).await?;
    Ok(())
}
