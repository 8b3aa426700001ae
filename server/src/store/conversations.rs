//! Conversations, with the numbers that lists show of them.

use ownline_model::{
    conversation::{Conversation, ConversationItem, ConversationState, ConversationView, OnPhone, Scope},
    ids::{AgentId, ChannelId, ContactId, ConversationId, MessageId, TicketId},
    page::Page,
    time::UtcMillis,
};
use sea_orm::{
    ActiveValue::Set,
    EntityTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use super::{Source, StoreError, Stored, Tx, contacts, counters, cursor, tickets, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub contact_id: Uuid,
    pub channel_id: Uuid,
    pub state: String,
    pub closed: bool,
    pub priority: String,
    pub scope: String,
    pub tags: String,
    pub assignee_id: Option<Uuid>,
    pub ticket_id: Option<Uuid>,
    pub unassigned: bool,
    pub unread: i64,
    pub last_message_id: Option<Uuid>,
    pub last_message: Option<String>,
    pub last_position: i64,
    pub read_position: i64,
    pub last_activity_at: i64,
    pub created_at: i64,
    pub merged_into: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Related<contacts::Entity> for Entity {
    fn to() -> RelationDef {
        Self::belongs_to(contacts::Entity)
            .from((Column::TenantId, Column::ContactId))
            .to((contacts::Column::TenantId, contacts::Column::Id))
            .into()
    }
}

impl Related<tickets::Entity> for Entity {
    fn to() -> RelationDef {
        Self::belongs_to(tickets::Entity)
            .from((Column::TenantId, Column::TicketId))
            .to((tickets::Column::TenantId, tickets::Column::Id))
            .into()
    }
}

/// A conversation with what only the server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) conversation: Conversation,
    pub(crate) last_message_id: Option<MessageId>,
    /// The highest position given.
    pub(crate) last_position: i64,
    /// Everything up to here has been seen by a person.
    pub(crate) read_position: i64,
    pub(crate) merged_into: Option<ConversationId>,
}

fn thread(row: &Model) -> Stored<Thread> {
    Ok(Thread {
        conversation: Conversation {
            id: ConversationId(row.id),
            version: row.version,
            contact_id: ContactId(row.contact_id),
            channel_id: ChannelId(row.channel_id),
            state: words::read_word(&row.state)?,
            priority: words::read_word(&row.priority)?,
            scope: words::read_word(&row.scope)?,
            tags: words::read_json(&row.tags)?,
            assignee_id: row.assignee_id.map(AgentId),
            ticket_id: row.ticket_id.map(TicketId),
            unread: u32::try_from(row.unread).unwrap_or(0),
            last_message: row.last_message.as_deref().map(words::read_json).transpose()?,
            last_activity_at: UtcMillis(row.last_activity_at),
            created_at: UtcMillis(row.created_at),
        },
        last_message_id: row.last_message_id.map(MessageId),
        last_position: row.last_position,
        read_position: row.read_position,
        merged_into: row.merged_into.map(ConversationId),
    })
}

fn row(tenant: Uuid, thread: &Thread) -> ActiveModel {
    let conversation = &thread.conversation;
    ActiveModel {
        tenant_id: Set(tenant),
        id: Set(conversation.id.0),
        version: Set(conversation.version),
        contact_id: Set(conversation.contact_id.0),
        channel_id: Set(conversation.channel_id.0),
        state: Set(words::word(&conversation.state)),
        closed: Set(conversation.state == ConversationState::Closed),
        priority: Set(words::word(&conversation.priority)),
        scope: Set(words::word(&conversation.scope)),
        tags: Set(words::json(&conversation.tags)),
        assignee_id: Set(conversation.assignee_id.map(|id| id.0)),
        ticket_id: Set(conversation.ticket_id.map(|id| id.0)),
        unassigned: Set(counters::is_unassigned(conversation)),
        unread: Set(i64::from(conversation.unread)),
        last_message_id: Set(thread.last_message_id.map(|id| id.0)),
        last_message: Set(conversation.last_message.as_ref().map(words::json)),
        last_position: Set(thread.last_position),
        read_position: Set(thread.read_position),
        last_activity_at: Set(conversation.last_activity_at.0),
        created_at: Set(conversation.created_at.0),
        merged_into: Set(thread.merged_into.map(|id| id.0)),
    }
}

/// Under this id, wherever a merge has taken it, as far as it is shown to anybody.
pub(crate) async fn find(db: &impl Source, id: ConversationId) -> Stored<Option<Thread>> {
    Ok(find_hidden_too(db, id).await?.filter(|thread| is_shown(&thread.conversation)))
}

/// A chat that its owner took back whole is kept only to be found again.
fn is_shown(conversation: &Conversation) -> bool {
    conversation.scope != Scope::Private
}

/// Under this id, wherever a merge has taken it.
pub(crate) async fn find_hidden_too(db: &impl Source, id: ConversationId) -> Stored<Option<Thread>> {
    let mut id = id.0;
    for _ in 0..8 {
        match Entity::find_by_id((db.tenant(), id)).one(db.conn()).await? {
            Some(Model { merged_into: Some(next), .. }) => id = next,
            other => return other.as_ref().map(thread).transpose(),
        }
    }
    Ok(None)
}

/// Under this very id, also where it was merged into another.
pub(crate) async fn find_merged(db: &impl Source, id: ConversationId) -> Stored<Option<Thread>> {
    Entity::find_by_id((db.tenant(), id.0)).one(db.conn()).await?.as_ref().map(thread).transpose()
}

/// Puts a conversation that was merged into another back in its place, and counts it again.
pub(crate) async fn revive(tx: &mut Tx, thread: &Thread) -> Stored<()> {
    let mut changed = row(tx.tenant(), thread);
    changed.tenant_id = sea_orm::ActiveValue::NotSet;
    changed.id = sea_orm::ActiveValue::NotSet;
    Entity::update_many()
        .set(changed)
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(thread.conversation.id.0))
        .exec(tx.conn())
        .await?;
    tx.counts.moved(None, Some(&thread.conversation).filter(|it| is_shown(it)));
    Ok(())
}

/// The contact's talk on a channel.
pub(crate) async fn of_contact(db: &impl Source, contact: ContactId, channel: ChannelId) -> Stored<Option<Thread>> {
    let row = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::ContactId.eq(contact.0))
        .filter(Column::ChannelId.eq(channel.0))
        .filter(Column::MergedInto.is_null())
        .one(db.conn())
        .await?;
    row.as_ref().map(thread).transpose()
}

/// The contact's talks on all channels.
pub(crate) async fn all_of_contact(db: &impl Source, contact: ContactId) -> Stored<Vec<Thread>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::ContactId.eq(contact.0))
        .filter(Column::MergedInto.is_null())
        .all(db.conn())
        .await?;
    rows.iter().map(thread).collect()
}

/// The ids under which a conversation was known before others were merged into it.
pub(crate) async fn former_ids(db: &impl Source, id: ConversationId) -> Stored<Vec<ConversationId>> {
    let (mut found, mut next) = (Vec::new(), vec![id]);
    while let Some(id) = next.pop() {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(db.tenant()))
            .filter(Column::MergedInto.eq(id.0))
            .all(db.conn())
            .await?;
        let ids = rows.into_iter().map(|row| ConversationId(row.id));
        let ids: Vec<_> = ids.filter(|id| !found.contains(id)).collect();
        found.extend(&ids);
        next.extend(ids);
    }
    Ok(found)
}

pub(crate) async fn insert(tx: &mut Tx, thread: &Thread) -> Stored<()> {
    Entity::insert(row(tx.tenant(), thread)).exec_without_returning(tx.conn()).await?;
    tx.counts.moved(None, Some(&thread.conversation).filter(|it| is_shown(it)));
    Ok(())
}

/// Stores `after` in the place of `before`, and keeps the lists' numbers.
pub(crate) async fn update(tx: &mut Tx, before: &Conversation, after: &Thread) -> Stored<()> {
    let mut changed = row(tx.tenant(), after);
    // What never changes is not written again: each indexed column costs.
    changed.created_at = sea_orm::ActiveValue::NotSet;
    changed.tenant_id = sea_orm::ActiveValue::NotSet;
    changed.id = sea_orm::ActiveValue::NotSet;
    Entity::update_many()
        .set(changed)
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(after.conversation.id.0))
        .exec(tx.conn())
        .await?;
    let counted = Some(&after.conversation).filter(|it| after.merged_into.is_none() && is_shown(it));
    tx.counts.moved(Some(before).filter(|it| is_shown(it)), counted);
    Ok(())
}

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter<'q> {
    pub(crate) view: ConversationView,
    pub(crate) q: Option<&'q str>,
    pub(crate) cursor: Option<&'q str>,
    pub(crate) limit: u32,
}

/// Latest activity first, from the one after the cursor.
pub(crate) async fn page(
    db: &impl Source,
    agent: AgentId,
    filter: Filter<'_>,
) -> Stored<Result<Page<ConversationItem>, cursor::InvalidCursor>> {
    let place = match filter.cursor.map(cursor::decode::<(i64, Uuid)>).transpose() {
        Ok(place) => place,
        Err(invalid) => return Ok(Err(invalid)),
    };
    let query = page_query(db.tenant(), agent, filter.view, filter.q, place, filter.limit);
    let mut rows = with_company(query).all(db.conn()).await?;
    let more = cursor::has_more(&mut rows, filter.limit);
    let next_cursor = rows.last().filter(|_| more).map(|(row, ..)| cursor::encode(&(row.last_activity_at, row.id)));
    Ok(Ok(Page { items: rows.into_iter().map(item).collect::<Stored<_>>()?, next_cursor }))
}

pub(super) fn page_query(
    tenant: Uuid,
    agent: AgentId,
    view: ConversationView,
    q: Option<&str>,
    place: Option<(i64, Uuid)>,
    limit: u32,
) -> Select<Entity> {
    // Spelt out, so that the partial index of each view is recognised.
    let words = match view {
        ConversationView::Mine => r#""conversation"."assignee_id" IS NOT NULL AND "conversation"."closed" = 0"#,
        ConversationView::Unassigned => r#""conversation"."unassigned" = 1"#,
        ConversationView::All => r#""conversation"."closed" = 0"#,
        ConversationView::Waiting => r#""conversation"."state" = 'waiting'"#,
        ConversationView::Closed => r#""conversation"."closed" = 1"#,
        // How an owner keeps a chat on the phone stays on the owner's machine.
        ConversationView::Archived => "1 = 0",
    };
    let mut query = Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::MergedInto.is_null())
        .filter(Expr::cust(words))
        .filter(Column::Scope.ne("private"))
        .order_by(Column::LastActivityAt, Order::Desc)
        .order_by(Column::Id, Order::Desc)
        .limit(u64::from(limit) + 1);
    if view == ConversationView::Mine {
        query = query.filter(Column::AssigneeId.eq(agent.0));
    }
    if let Some((at, id)) = place {
        let here = Expr::tuple([Expr::col((Entity, Column::LastActivityAt)), Expr::col((Entity, Column::Id))]);
        query = query.filter(here.lt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    if let Some(contacts) = contacts::matching_ids(tenant, q) {
        query = query.filter(Column::ContactId.in_subquery(contacts));
    }
    query
}

type Company = (Model, Option<contacts::Model>, Option<tickets::Model>);

/// Each conversation with its person and its open ticket, in one query.
pub(super) fn with_company(
    query: Select<Entity>,
) -> sea_orm::SelectThree<Entity, contacts::Entity, tickets::Entity, sea_orm::query::TopologyStar> {
    query.find_also_related(contacts::Entity).find_also_related(tickets::Entity)
}

fn item((row, contact, ticket): Company) -> Stored<ConversationItem> {
    let contact = contact.ok_or_else(|| StoreError::Damaged(format!("conversation {} has no contact", row.id)))?;
    Ok(ConversationItem {
        conversation: thread(&row)?.conversation,
        contact: contacts::contact(contact)?,
        ticket: ticket.map(tickets::ticket).transpose()?,
        // Known on the owner's machine only.
        on_phone: OnPhone::default(),
        older_on_phone: false,
    })
}

/// One conversation with its person and its open ticket, wherever a merge has taken it.
pub(crate) async fn find_item(db: &impl Source, id: ConversationId) -> Stored<Option<ConversationItem>> {
    let Some(thread) = find(db, id).await? else { return Ok(None) };
    let query = Entity::find_by_id((db.tenant(), thread.conversation.id.0));
    with_company(query).one(db.conn()).await?.map(item).transpose()
}

/// In the order of their ids, for a snapshot.
pub(crate) async fn after(db: &impl Source, id: Uuid, limit: u64) -> Stored<Vec<(Uuid, Option<Conversation>)>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Id.gt(id))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter()
        .map(|row| {
            let conversation = thread(&row)?.conversation;
            Ok((row.id, Some(conversation).filter(|it| row.merged_into.is_none() && is_shown(it))))
        })
        .collect()
}
