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
    include_str!("migrations/0007_verified_name.sql"),
];

pub(super) async fn run(conn: &DatabaseConnection) -> Stored<()> {
    run_up_to(conn, STEPS.len()).await
}

async fn run_up_to(conn: &DatabaseConnection, steps: usize) -> Stored<()> {
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
    for (index, step) in STEPS.iter().enumerate().take(steps).skip(done as usize) {
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

#[cfg(test)]
mod tests {
    use sea_orm::{Database, QueryResult};
    use uuid::Uuid;

    use super::*;

    async fn all(conn: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
        conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.expect("rows")
    }

    #[tokio::test]
    async fn an_older_journal_learns_what_its_entries_are_about() {
        let file = crate::desk::testing::folder().join("ownline.db");
        let conn = Database::connect(format!("sqlite://{}?mode=rwc", file.display())).await.expect("opens");
        run_up_to(&conn, 1).await.expect("the first form");
        let (chat, contact) = (Uuid::now_v7(), Uuid::now_v7());
        let events = [
            format!(r#"{{"name":"message:new","data":{{"id":"{}","conversation_id":"{chat}"}}}}"#, Uuid::now_v7()),
            format!(r#"{{"name":"conversation:updated","data":{{"id":"{chat}"}}}}"#),
            format!(r#"{{"name":"contact:updated","data":{{"id":"{contact}"}}}}"#),
            format!(r#"{{"name":"agent:updated","data":{{"id":"{}"}}}}"#, Uuid::now_v7()),
        ];
        for (seq, event) in events.iter().enumerate() {
            let insert = Statement::from_sql_and_values(
                conn.get_database_backend(),
                "INSERT INTO journal (tenant_id, seq, at, event) SELECT id, $1, 0, $2 FROM tenant",
                [(seq as i64).into(), event.as_str().into()],
            );
            conn.execute_raw(insert).await.expect("inserted");
        }
        run(&conn).await.expect("this form");
        let rows = all(&conn, "SELECT about FROM journal ORDER BY seq").await;
        let about: Vec<Option<Uuid>> = rows.iter().map(|row| row.try_get("", "about").expect("about")).collect();
        assert_eq!(about, [Some(chat), Some(chat), Some(contact), None]);
        run(&conn).await.expect("a second time changes nothing");
    }
}
