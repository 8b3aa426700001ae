//! The database's form, step by step. Steps are only ever appended.

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};

use super::{StoreError, Stored};

const STEPS: &[&str] = &[
    include_str!("migrations/0001_desk.sql"),
    include_str!("migrations/0002_details.sql"),
    include_str!("migrations/0003_journal_about.sql"),
    include_str!("migrations/0004_media.sql"),
    include_str!("migrations/0005_hidden.sql"),
    include_str!("migrations/0006_contact_merge.sql"),
];

pub(super) async fn run(conn: &DatabaseConnection) -> Stored<()> {
    conn.execute_unprepared("CREATE TABLE IF NOT EXISTS schema_step (step INTEGER NOT NULL PRIMARY KEY) STRICT")
        .await?;
    let backend = conn.get_database_backend();
    let newest = Statement::from_string(backend, "SELECT coalesce(max(step), 0) AS step FROM schema_step");
    let done: i64 = match conn.query_one_raw(newest).await? {
        Some(row) => row.try_get("", "step")?,
        None => 0,
    };
    if done > STEPS.len() as i64 {
        return Err(StoreError::Damaged("the data was written by a newer version of ownline-server".to_owned()));
    }
    for (index, step) in STEPS.iter().enumerate().skip(done as usize) {
        let tx = conn.begin().await?;
        tx.execute_unprepared(step).await?;
        tx.execute_unprepared(&format!("INSERT INTO schema_step (step) VALUES ({})", index + 1)).await?;
        tx.commit().await?;
    }
    // One tenant for now; its id goes into every token and row.
    let tenant = Statement::from_sql_and_values(
        backend,
        "INSERT INTO tenant (id, created_at) SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM tenant)",
        [uuid::Uuid::now_v7().into(), jiff::Timestamp::now().as_millisecond().into()],
    );
    conn.execute_raw(tenant).await?;
    Ok(())
}
