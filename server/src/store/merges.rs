//! The log of contacts that became one, and of those that were parted again.

use ownline_model::{
    contact::{Contact, Merge},
    conversation::Conversation,
    ids::{ContactId, ConversationId, MergeId, MessageId},
    ticket::Ticket,
    time::UtcMillis,
};
use sea_orm::{ActiveValue::Set, EntityTrait as _, QueryFilter as _, QueryOrder as _, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::{Source, Stored, Tx, contacts::Known, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_merge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub contact_id: Uuid,
    pub merged_id: Uuid,
    pub reason: String,
    pub at: i64,
    pub undone_at: Option<i64>,
    pub merged: String,
    pub before: String,
    pub moved: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// A contact as it was, with the name that the team gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Then {
    pub(crate) contact: Contact,
    pub(crate) given_name: Option<String>,
    pub(crate) opted_out_word: Option<String>,
    pub(crate) hidden: bool,
}

impl From<&Known> for Then {
    fn from(known: &Known) -> Self {
        Self {
            contact: known.contact.clone(),
            given_name: known.given_name.clone(),
            opted_out_word: known.opted_out_word.clone(),
            hidden: known.hidden,
        }
    }
}

/// What went from one contact to the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// Conversations that bear the other contact now.
    pub(crate) conversations: Vec<ConversationId>,
    pub(crate) joined: Vec<Joined>,
}

/// A conversation that went into another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Joined {
    pub(crate) from: Conversation,
    pub(crate) into: ConversationId,
    pub(crate) last_message_id: Option<MessageId>,
    pub(crate) last_position: i64,
    pub(crate) read_position: i64,
    /// Messages with the places that they had.
    pub(crate) messages: Vec<(MessageId, i64)>,
    /// As they were.
    pub(crate) tickets: Vec<Ticket>,
}

/// An entry of the log, with what only the server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) merge: Merge,
    pub(crate) merged: Then,
    pub(crate) before: Then,
    pub(crate) moved: Moved,
}

fn entry(row: &Model) -> Stored<Entry> {
    let merged: Then = words::read_json(&row.merged)?;
    Ok(Entry {
        merge: Merge {
            id: MergeId(row.id),
            contact_id: ContactId(row.contact_id),
            merged: merged.contact.clone(),
            reason: row.reason.clone(),
            at: UtcMillis(row.at),
            undone_at: row.undone_at.map(UtcMillis),
        },
        merged,
        before: words::read_json(&row.before)?,
        moved: words::read_json(&row.moved)?,
    })
}

pub(crate) async fn insert(tx: &Tx, entry: &Entry) -> Stored<()> {
    let row = ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(entry.merge.id.0),
        contact_id: Set(entry.merge.contact_id.0),
        merged_id: Set(entry.merge.merged.id.0),
        reason: Set(entry.merge.reason.clone()),
        at: Set(entry.merge.at.0),
        undone_at: Set(None),
        merged: Set(words::json(&entry.merged)),
        before: Set(words::json(&entry.before)),
        moved: Set(words::json(&entry.moved)),
    };
    Entity::insert(row).exec_without_returning(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn find(db: &impl Source, id: MergeId) -> Stored<Option<Entry>> {
    Entity::find_by_id((db.tenant(), id.0)).one(db.conn()).await?.as_ref().map(entry).transpose()
}

/// Those of a contact, newest first.
pub(crate) async fn of_contact(db: &impl Source, contact: ContactId) -> Stored<Vec<Merge>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::ContactId.eq(contact.0))
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .all(db.conn())
        .await?;
    rows.iter().map(|row| Ok(entry(row)?.merge)).collect()
}

/// Whether a person has said that these two are not one.
pub(crate) async fn are_apart(db: &impl Source, a: ContactId, b: ContactId) -> Stored<bool> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::MergedId.is_in([a.0, b.0]))
        .filter(Column::ContactId.is_in([a.0, b.0]))
        .filter(Column::UndoneAt.is_not_null())
        .count(db.conn())
        .await?;
    Ok(rows > 0)
}

/// Parted again. False: that was done before.
pub(crate) async fn undo(tx: &Tx, id: MergeId) -> Stored<bool> {
    let done = Entity::update_many()
        .col_expr(Column::UndoneAt, Expr::value(tx.now().0))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(id.0))
        .filter(Column::UndoneAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}
