//! People.

use ownline_model::{
    agent::Agent,
    ids::{AgentId, TenantId},
    time::UtcMillis,
};
use sea_orm::{
    ActiveValue::Set, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, entity::prelude::*,
};

use super::{AnyTenant, Source, Stored, Tx, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub name: String,
    pub email: String,
    pub email_key: String,
    pub role: String,
    pub active: bool,
    pub password_hash: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// A person with what only the server may know.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) tenant: TenantId,
    pub(crate) agent: Agent,
    pub(crate) password_hash: Option<String>,
}

/// The form of an e-mail address that two spellings share.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

fn account(row: Model) -> Stored<Account> {
    Ok(Account {
        tenant: TenantId(row.tenant_id),
        agent: Agent {
            id: AgentId(row.id),
            version: row.version,
            name: row.name,
            email: row.email,
            role: words::read_word(&row.role)?,
            active: row.active,
            enrolled: row.password_hash.is_some(),
            created_at: UtcMillis(row.created_at),
        },
        password_hash: row.password_hash,
    })
}

fn row(tenant: Uuid, agent: &Agent, password_hash: Option<String>) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tenant),
        id: Set(agent.id.0),
        version: Set(agent.version),
        name: Set(agent.name.clone()),
        email: Set(agent.email.clone()),
        email_key: Set(email_key(&agent.email)),
        role: Set(agent.role.as_str().to_owned()),
        active: Set(agent.active),
        password_hash: Set(password_hash),
        created_at: Set(agent.created_at.0),
    }
}

impl AnyTenant<'_> {
    /// Whoever signs in with this address.
    pub(crate) async fn account_by_email(&self, email: &str) -> Stored<Option<Account>> {
        let row = Entity::find().filter(Column::EmailKey.eq(email_key(email))).one(self.0).await?;
        row.map(account).transpose()
    }

    pub(crate) async fn admin_exists(&self) -> Stored<bool> {
        Ok(Entity::find().filter(Column::Role.eq("admin")).limit(1).one(self.0).await?.is_some())
    }
}

pub(crate) async fn email_is_taken(tx: &Tx, email: &str) -> Stored<bool> {
    Ok(Entity::find().filter(Column::EmailKey.eq(email_key(email))).one(tx.conn()).await?.is_some())
}

pub(crate) async fn admin_exists(tx: &Tx) -> Stored<bool> {
    Ok(Entity::find().filter(Column::Role.eq("admin")).limit(1).one(tx.conn()).await?.is_some())
}

/// Admins that can sign in.
pub(crate) async fn active_admins(tx: &Tx) -> Stored<u64> {
    Ok(Entity::find()
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Role.eq("admin"))
        .filter(Column::Active.eq(true))
        .filter(Column::PasswordHash.is_not_null())
        .count(tx.conn())
        .await?)
}

pub(crate) async fn find_account(db: &impl Source, id: AgentId) -> Stored<Option<Account>> {
    Entity::find_by_id((db.tenant(), id.0)).one(db.conn()).await?.map(account).transpose()
}

pub(crate) async fn find(db: &impl Source, id: AgentId) -> Stored<Option<Agent>> {
    Ok(find_account(db, id).await?.map(|account| account.agent))
}

/// Everyone, by name.
pub(crate) async fn all(db: &impl Source) -> Stored<Vec<Agent>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Id)
        .all(db.conn())
        .await?;
    rows.into_iter().map(|row| account(row).map(|account| account.agent)).collect()
}

/// In the order of their ids, for a snapshot.
pub(crate) async fn after(db: &impl Source, id: Uuid, limit: u64) -> Stored<Vec<Agent>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Id.gt(id))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter().map(|row| account(row).map(|account| account.agent)).collect()
}

pub(crate) async fn insert(tx: &Tx, agent: &Agent, password_hash: Option<String>) -> Stored<()> {
    Entity::insert(row(tx.tenant(), agent, password_hash)).exec_without_returning(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn update(tx: &Tx, agent: &Agent, password_hash: Option<String>) -> Stored<()> {
    Entity::update_many()
        .set(row(tx.tenant(), agent, password_hash))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(agent.id.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}
