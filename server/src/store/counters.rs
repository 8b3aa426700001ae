//! Numbers of the lists, kept in the transaction of the change they count.

use std::collections::BTreeMap;

use ownline_model::{
    conversation::{Conversation, ConversationCounts, ConversationState},
    ids::{AgentId, TenantId},
};
use sea_orm::{
    ActiveValue::Set,
    DatabaseTransaction, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::{Source, Stored};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub n: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

const ALL: &str = "all";
const CLOSED: &str = "closed";
const WAITING: &str = "waiting";
const UNASSIGNED: &str = "unassigned";
const UNREAD: &str = "unread";

fn mine(agent: AgentId) -> String {
    format!("mine:{agent}")
}

/// Changes to the numbers, summed until the commit.
#[derive(Debug, Default)]
pub(crate) struct Deltas(BTreeMap<String, i64>);

impl Deltas {
    pub(super) fn add(&mut self, _tenant: TenantId, other: Self) {
        for (name, n) in other.0 {
            *self.0.entry(name).or_default() += n;
        }
    }

    fn count(&mut self, conversation: &Conversation, sign: i64) {
        let mut bump = |name: &str, n: i64| *self.0.entry(name.to_owned()).or_default() += sign * n;
        let closed = conversation.state == ConversationState::Closed;
        bump(if closed { CLOSED } else { ALL }, 1);
        if conversation.state == ConversationState::Waiting {
            bump(WAITING, 1);
        }
        if is_unassigned(conversation) {
            bump(UNASSIGNED, 1);
        }
        if let Some(agent) = conversation.assignee_id.filter(|_| !closed) {
            bump(&mine(agent), 1);
        }
        bump(UNREAD, i64::from(conversation.unread));
    }

    /// Notes that `before` became `after`; `None` where there is none.
    pub(super) fn moved(&mut self, before: Option<&Conversation>, after: Option<&Conversation>) {
        if let Some(before) = before {
            self.count(before, -1);
        }
        if let Some(after) = after {
            self.count(after, 1);
        }
    }
}

/// Has an open ticket that nobody has taken.
pub(super) fn is_unassigned(conversation: &Conversation) -> bool {
    conversation.ticket_id.is_some()
        && conversation.assignee_id.is_none()
        && conversation.state != ConversationState::Closed
}

pub(super) async fn apply(batch: &DatabaseTransaction, tenant: TenantId, deltas: Deltas) -> Stored<()> {
    for (name, n) in deltas.0.into_iter().filter(|(_, n)| *n != 0) {
        let row = ActiveModel { tenant_id: Set(tenant.0), name: Set(name), n: Set(n) };
        let sum = Expr::col((Entity, Column::N)).add(Expr::cust("excluded.n"));
        Entity::insert(row)
            .on_conflict(OnConflict::columns([Column::TenantId, Column::Name]).value(Column::N, sum).to_owned())
            .exec_without_returning(batch)
            .await?;
    }
    Ok(())
}

pub(crate) async fn conversations(db: &impl Source, agent: AgentId) -> Stored<ConversationCounts> {
    let mine = mine(agent);
    let names = [ALL, CLOSED, WAITING, UNASSIGNED, UNREAD, &mine];
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Name.is_in(names))
        .all(db.conn())
        .await?;
    let n = |name: &str| rows.iter().find(|row| row.name == name).map_or(0, |row| u64::try_from(row.n).unwrap_or(0));
    Ok(ConversationCounts {
        mine: n(&mine),
        unassigned: n(UNASSIGNED),
        all: n(ALL),
        waiting: n(WAITING),
        closed: n(CLOSED),
        archived: 0,
        unread: n(UNREAD),
    })
}
