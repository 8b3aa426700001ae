//! What happened, in order: the truth that every replica follows.

use ownline_model::{event::Event, ids::TenantId, sync::JournalEntry, time::UtcMillis};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement, entity::prelude::*,
};

use super::{Committed, Source, StoreError, Stored, Tx, redact, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: i64,
    pub event: String,
    /// The conversation or contact, so that its entries are found again.
    pub about: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Rows of one statement. Fixed, so that the prepared statement is found again.
const CHUNK: usize = 16;

/// Gives `events` the tenant's next numbers and stores them, all in the batch's transaction: a number that was given can
/// never turn up later than a higher one.
pub(super) async fn append(
    batch: &DatabaseTransaction,
    tenant: TenantId,
    events: Vec<(UtcMillis, Event)>,
    committed: &mut Vec<Committed>,
) -> Stored<()> {
    if events.is_empty() {
        return Ok(());
    }
    let allocate = Statement::from_sql_and_values(
        batch.get_database_backend(),
        "UPDATE tenant SET journal_seq = journal_seq + $1 WHERE id = $2 RETURNING journal_seq",
        [(events.len() as i64).into(), tenant.0.into()],
    );
    let row = batch.query_one_raw(allocate).await?.ok_or_else(|| StoreError::Damaged("no such tenant".to_owned()))?;
    let mut seq = row.try_get::<i64>("", "journal_seq")? - events.len() as i64;
    let mut rows = Vec::with_capacity(events.len());
    for (at, event) in events {
        seq += 1;
        let json = words::json(&event);
        rows.push(ActiveModel {
            tenant_id: Set(tenant.0),
            seq: Set(seq),
            at: Set(at.0),
            event: Set(json.clone()),
            about: Set(redact::about(&event)),
        });
        committed.push(Committed { tenant, seq, event, json: json.into() });
    }
    let mut rows = rows.into_iter();
    while rows.len() >= CHUNK {
        Entity::insert_many(rows.by_ref().take(CHUNK)).exec_without_returning(batch).await?;
    }
    for row in rows {
        Entity::insert(row).exec_without_returning(batch).await?;
    }
    Ok(())
}

/// Entries after `seq`, oldest first.
pub(crate) async fn after(db: &impl Source, seq: i64, limit: u64) -> Stored<Vec<JournalEntry>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter()
        .map(|row| Ok(JournalEntry { seq: row.seq, at: UtcMillis(row.at), event: words::read_json(&row.event)? }))
        .collect()
}

/// Puts what may still be told in the place of an entry.
pub(super) async fn rewrite(tx: &Tx, seq: i64, event: &Event) -> Stored<()> {
    Entity::update_many()
        .col_expr(Column::Event, Expr::value(words::json(event)))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Seq.eq(seq))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Takes an entry out. The sequence has a gap then; a later entry always says what became of it.
pub(super) async fn drop_one(tx: &Tx, seq: i64) -> Stored<()> {
    Entity::delete_by_id((tx.tenant(), seq)).exec(tx.conn()).await?;
    Ok(())
}

/// The newest number given, and the newest one purged.
pub(crate) async fn bounds(db: &impl Source) -> Stored<(i64, i64)> {
    let query = Statement::from_sql_and_values(
        db.conn().get_database_backend(),
        "SELECT journal_seq, journal_floor FROM tenant WHERE id = $1",
        [db.tenant().into()],
    );
    let row = db.conn().query_one_raw(query).await?.ok_or_else(|| StoreError::Damaged("no such tenant".to_owned()))?;
    Ok((row.try_get("", "journal_seq")?, row.try_get("", "journal_floor")?))
}

/// Drops up to `limit` entries older than `before`; returns how many went. Replicas that were away for longer start
/// again with a snapshot.
pub(crate) async fn purge(tx: &Tx, before: UtcMillis, limit: u64) -> Stored<u64> {
    let (_, floor) = bounds(tx).await?;
    let old = Entity::find()
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Seq.gt(floor))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(tx.conn())
        .await?;
    let Some(last) = old.iter().take_while(|row| row.at < before.0).last().map(|row| row.seq) else {
        return Ok(0);
    };
    let raise = Statement::from_sql_and_values(
        tx.conn().get_database_backend(),
        "UPDATE tenant SET journal_floor = $1 WHERE id = $2",
        [last.into(), tx.tenant().into()],
    );
    tx.conn().execute_raw(raise).await?;
    let gone = Entity::delete_many()
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Seq.lte(last))
        .exec(tx.conn())
        .await?;
    Ok(gone.rows_affected)
}
