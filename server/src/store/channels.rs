//! Numbers that the desk talks from.

use ownline_model::{
    channel::Channel,
    ids::{AgentId, ChannelId},
    phone::PhoneNumber,
    time::UtcMillis,
};
use sea_orm::{
    ActiveValue::Set, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, entity::prelude::*,
};

use super::{Source, StoreError, Stored, Tx, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "channel")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub number: String,
    pub name: String,
    pub owner_id: Uuid,
    pub lends: bool,
    pub session: String,
    pub owner_online: bool,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

fn channel(row: Model) -> Stored<Channel> {
    Ok(Channel {
        id: ChannelId(row.id),
        version: row.version,
        number: row.number.parse().map_err(|_| StoreError::Damaged(format!("channel {}: number", row.id)))?,
        name: row.name,
        owner_id: AgentId(row.owner_id),
        lends: row.lends,
        session: words::read_word(&row.session)?,
        owner_online: row.owner_online,
        updated_at: UtcMillis(row.updated_at),
    })
}

fn row(tenant: Uuid, channel: &Channel) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tenant),
        id: Set(channel.id.0),
        version: Set(channel.version),
        number: Set(channel.number.as_str().to_owned()),
        name: Set(channel.name.clone()),
        owner_id: Set(channel.owner_id.0),
        lends: Set(channel.lends),
        session: Set(words::word(&channel.session)),
        owner_online: Set(channel.owner_online),
        updated_at: Set(channel.updated_at.0),
    }
}

pub(crate) async fn find(db: &impl Source, id: ChannelId) -> Stored<Option<Channel>> {
    Entity::find_by_id((db.tenant(), id.0)).one(db.conn()).await?.map(channel).transpose()
}

pub(crate) async fn by_number(db: &impl Source, number: &PhoneNumber) -> Stored<Option<Channel>> {
    let row = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Number.eq(number.as_str()))
        .one(db.conn())
        .await?;
    row.map(channel).transpose()
}

pub(crate) async fn of_owner(db: &impl Source, owner: AgentId) -> Stored<Vec<Channel>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::OwnerId.eq(owner.0))
        .all(db.conn())
        .await?;
    rows.into_iter().map(channel).collect()
}

/// Those whose owner counts as connected.
pub(crate) async fn online(db: &impl Source) -> Stored<Vec<Channel>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::OwnerOnline.eq(true))
        .all(db.conn())
        .await?;
    rows.into_iter().map(channel).collect()
}

/// Every number, by name.
pub(crate) async fn all(db: &impl Source) -> Stored<Vec<Channel>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Id)
        .all(db.conn())
        .await?;
    rows.into_iter().map(channel).collect()
}

/// In the order of their ids, for a snapshot.
pub(crate) async fn after(db: &impl Source, id: Uuid, limit: u64) -> Stored<Vec<Channel>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Id.gt(id))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter().map(channel).collect()
}

pub(crate) async fn insert(tx: &Tx, channel: &Channel) -> Stored<()> {
    Entity::insert(row(tx.tenant(), channel)).exec_without_returning(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn update(tx: &Tx, channel: &Channel) -> Stored<()> {
    Entity::update_many()
        .set(row(tx.tenant(), channel))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(channel.id.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}
