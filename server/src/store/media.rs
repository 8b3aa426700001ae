//! Which file belongs to which message. The bytes are elsewhere.

use std::collections::HashSet;

use ownline_model::{
    details::Attachment,
    ids::{AgentId, ConversationId, MediaId, MessageId},
    message::MessageKind,
    time::UtcMillis,
};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, Statement, Value,
    entity::prelude::*,
};

use super::{Source, Stored, Tx, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "media")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub file: String,
    pub author_id: Uuid,
    pub message_id: Option<Uuid>,
    pub kind: String,
    pub attachment: String,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// A file that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) id: MediaId,
    /// Its name in the folder.
    pub(crate) file: String,
    pub(crate) author: AgentId,
    pub(crate) message: Option<MessageId>,
    pub(crate) kind: MessageKind,
    pub(crate) attachment: Attachment,
    pub(crate) created_at: UtcMillis,
}

fn media(row: Model) -> Stored<Media> {
    Ok(Media {
        id: MediaId(row.id),
        file: row.file,
        author: AgentId(row.author_id),
        message: row.message_id.map(MessageId),
        kind: words::read_word(&row.kind)?,
        attachment: words::read_json(&row.attachment)?,
        created_at: UtcMillis(row.created_at),
    })
}

pub(crate) async fn insert(tx: &Tx, media: &Media) -> Stored<()> {
    let row = ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(media.id.0),
        file: Set(media.file.clone()),
        author_id: Set(media.author.0),
        message_id: Set(media.message.map(|id| id.0)),
        kind: Set(words::word(&media.kind)),
        attachment: Set(words::json(&media.attachment)),
        created_at: Set(media.created_at.0),
    };
    Entity::insert(row).exec_without_returning(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn find(db: &impl Source, id: MediaId) -> Stored<Option<Media>> {
    Entity::find_by_id((db.tenant(), id.0)).one(db.conn()).await?.map(media).transpose()
}

pub(crate) async fn of_message(db: &impl Source, id: MessageId) -> Stored<Option<Media>> {
    let row = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::MessageId.eq(id.0))
        .one(db.conn())
        .await?;
    row.map(media).transpose()
}

/// How many files a person has handed over that no message has taken.
pub(crate) async fn unused_of(db: &impl Source, author: AgentId) -> Stored<u64> {
    Ok(Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::AuthorId.eq(author.0))
        .filter(Column::MessageId.is_null())
        .count(db.conn())
        .await?)
}

/// The file belongs to this message from now on.
pub(crate) async fn take(tx: &Tx, id: MediaId, message: MessageId) -> Stored<()> {
    Entity::update_many()
        .col_expr(Column::MessageId, Expr::value(message.0))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(id.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn execute(tx: &Tx, sql: &str, values: Vec<Value>) -> Stored<u64> {
    let statement = Statement::from_sql_and_values(tx.conn().get_database_backend(), sql, values);
    Ok(tx.conn().execute_raw(statement).await?.rows_affected())
}

/// Lets go of those that match; their files are removed after the commit.
async fn release(tx: &Tx, which: &str, value: Value) -> Stored<u64> {
    let note =
        format!("INSERT OR IGNORE INTO media_gone (tenant_id, file) SELECT tenant_id, file FROM media WHERE {which}");
    execute(tx, &note, vec![tx.tenant().into(), value.clone()]).await?;
    execute(tx, &format!("DELETE FROM media WHERE {which}"), vec![tx.tenant().into(), value]).await
}

pub(crate) async fn release_message(tx: &Tx, id: MessageId) -> Stored<u64> {
    release(tx, "tenant_id = $1 AND message_id = $2", id.0.into()).await
}

pub(crate) async fn release_conversation(tx: &Tx, id: ConversationId) -> Stored<u64> {
    let which =
        "tenant_id = $1 AND message_id IN (SELECT id FROM message WHERE tenant_id = $1 AND conversation_id = $2)";
    release(tx, which, id.0.into()).await
}

/// Handed over before this moment and never taken.
pub(crate) async fn release_unused(tx: &Tx, before: UtcMillis) -> Stored<u64> {
    release(tx, "tenant_id = $1 AND message_id IS NULL AND created_at < $2", before.0.into()).await
}

/// Files to remove.
pub(crate) async fn gone(db: &impl Source, limit: u64) -> Stored<Vec<String>> {
    let query = Statement::from_sql_and_values(
        db.conn().get_database_backend(),
        "SELECT file FROM media_gone WHERE tenant_id = $1 LIMIT $2",
        [db.tenant().into(), (limit as i64).into()],
    );
    let rows = db.conn().query_all_raw(query).await?;
    rows.iter().map(|row| Ok(row.try_get("", "file")?)).collect()
}

/// They have been removed.
pub(crate) async fn forget(tx: &Tx, files: &[String]) -> Stored<()> {
    for file in files {
        let values = vec![tx.tenant().into(), file.as_str().into()];
        execute(tx, "DELETE FROM media_gone WHERE tenant_id = $1 AND file = $2", values).await?;
    }
    Ok(())
}

/// Which of these files are somebody's, of whichever tenant.
pub(crate) async fn known(db: &impl Source, files: &[String]) -> Stored<HashSet<String>> {
    let rows = Entity::find().filter(Column::File.is_in(files)).select_only().column(Column::File);
    Ok(rows.into_tuple::<String>().all(db.conn()).await?.into_iter().collect())
}
