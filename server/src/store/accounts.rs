//! Tenants, sessions, refresh tokens, enrolment codes, and which requests were granted. Secrets are stored as hashes.

use ownline_model::{
    ids::{AgentId, ChangeId, TenantId},
    time::UtcMillis,
};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{AnyTenant, Source, StoreError, Stored, Tx};

pub(super) async fn first_tenant(conn: &DatabaseConnection) -> Stored<TenantId> {
    let query =
        Statement::from_string(conn.get_database_backend(), "SELECT id FROM tenant ORDER BY created_at LIMIT 1");
    let row = conn.query_one_raw(query).await?.ok_or_else(|| StoreError::Damaged("no tenant".to_owned()))?;
    Ok(TenantId(row.try_get("", "id")?))
}

pub(crate) type Hash = [u8; 32];

/// A sign-in: a family of refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) tenant: TenantId,
    pub(crate) id: Uuid,
    pub(crate) agent: AgentId,
    pub(crate) revoked_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) session: Session,
    pub(crate) expires_at: UtcMillis,
    pub(crate) used_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EnrolmentCode {
    pub(crate) tenant: TenantId,
    pub(crate) agent: AgentId,
    pub(crate) expires_at: UtcMillis,
    pub(crate) used_at: Option<UtcMillis>,
    pub(crate) replaced_at: Option<UtcMillis>,
}

async fn one(db: &impl Source, sql: &str, values: Vec<Value>) -> Stored<Option<QueryResult>> {
    let statement = Statement::from_sql_and_values(db.conn().get_database_backend(), sql, values);
    Ok(db.conn().query_one_raw(statement).await?)
}

async fn execute(tx: &Tx, sql: &str, values: Vec<Value>) -> Stored<u64> {
    let statement = Statement::from_sql_and_values(tx.conn().get_database_backend(), sql, values);
    Ok(tx.conn().execute_raw(statement).await?.rows_affected())
}

fn moment(row: &QueryResult, column: &str) -> Stored<Option<UtcMillis>> {
    Ok(row.try_get::<Option<i64>>("", column)?.map(UtcMillis))
}

fn bytes(hash: &Hash) -> Value {
    hash.to_vec().into()
}

const REFRESH: &str = "SELECT r.expires_at, r.used_at, s.tenant_id, s.id, s.agent_id, s.revoked_at \
    FROM refresh_token r JOIN session s ON s.id = r.session_id WHERE r.token_hash = $1";

fn refresh_token(row: &QueryResult) -> Stored<RefreshToken> {
    Ok(RefreshToken {
        session: Session {
            tenant: TenantId(row.try_get("", "tenant_id")?),
            id: row.try_get("", "id")?,
            agent: AgentId(row.try_get("", "agent_id")?),
            revoked_at: moment(row, "revoked_at")?,
        },
        expires_at: UtcMillis(row.try_get("", "expires_at")?),
        used_at: moment(row, "used_at")?,
    })
}

impl AnyTenant<'_> {
    /// The tenant of a refresh token: it is not known before the token is.
    pub(crate) async fn refresh_token(&self, hash: &Hash) -> Stored<Option<RefreshToken>> {
        let query = Statement::from_sql_and_values(self.0.get_database_backend(), REFRESH, [bytes(hash)]);
        self.0.query_one_raw(query).await?.as_ref().map(refresh_token).transpose()
    }

    pub(crate) async fn enrolment(&self, hash: &Hash) -> Stored<Option<EnrolmentCode>> {
        let query = Statement::from_sql_and_values(self.0.get_database_backend(), ENROLMENT, [bytes(hash)]);
        self.0.query_one_raw(query).await?.as_ref().map(enrolment_code).transpose()
    }

    /// Sessions that ended after `since`: their access tokens may still be within their time.
    pub(crate) async fn revoked_since(&self, since: UtcMillis) -> Stored<Vec<(Uuid, UtcMillis)>> {
        let query = Statement::from_sql_and_values(
            self.0.get_database_backend(),
            "SELECT id, revoked_at FROM session WHERE revoked_at IS NOT NULL AND revoked_at > $1",
            [since.0.into()],
        );
        let rows = self.0.query_all_raw(query).await?;
        rows.iter().map(|row| Ok((row.try_get("", "id")?, UtcMillis(row.try_get("", "revoked_at")?)))).collect()
    }
}

pub(crate) async fn refresh_token_in(tx: &Tx, hash: &Hash) -> Stored<Option<RefreshToken>> {
    one(tx, REFRESH, vec![bytes(hash)]).await?.as_ref().map(refresh_token).transpose()
}

pub(crate) async fn insert_session(tx: &Tx, id: Uuid, agent: AgentId) -> Stored<()> {
    execute(
        tx,
        "INSERT INTO session (tenant_id, id, agent_id, created_at) VALUES ($1, $2, $3, $4)",
        vec![tx.tenant().into(), id.into(), agent.0.into(), tx.now().0.into()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn insert_refresh_token(tx: &Tx, hash: &Hash, session: Uuid, expires_at: UtcMillis) -> Stored<()> {
    execute(
        tx,
        "INSERT INTO refresh_token (tenant_id, token_hash, session_id, expires_at) VALUES ($1, $2, $3, $4)",
        vec![tx.tenant().into(), bytes(hash), session.into(), expires_at.0.into()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn spend_refresh_token(tx: &Tx, hash: &Hash) -> Stored<()> {
    execute(
        tx,
        "UPDATE refresh_token SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL",
        vec![tx.now().0.into(), bytes(hash)],
    )
    .await?;
    Ok(())
}

/// Ends a session; false when it had ended before.
pub(crate) async fn revoke_session(tx: &Tx, id: Uuid) -> Stored<bool> {
    let ended = execute(
        tx,
        "UPDATE session SET revoked_at = $1 WHERE tenant_id = $2 AND id = $3 AND revoked_at IS NULL",
        vec![tx.now().0.into(), tx.tenant().into(), id.into()],
    )
    .await?;
    Ok(ended == 1)
}

/// Ends a person's sessions, but for `keep`; returns which.
pub(crate) async fn revoke_sessions_of(tx: &Tx, agent: AgentId, keep: Option<Uuid>) -> Stored<Vec<Uuid>> {
    let statement = Statement::from_sql_and_values(
        tx.conn().get_database_backend(),
        "UPDATE session SET revoked_at = $1 WHERE tenant_id = $2 AND agent_id = $3 AND revoked_at IS NULL AND id <> $4 RETURNING id",
        [tx.now().0.into(), tx.tenant().into(), agent.0.into(), keep.unwrap_or_default().into()],
    );
    let rows = tx.conn().query_all_raw(statement).await?;
    rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

const ENROLMENT: &str =
    "SELECT tenant_id, agent_id, expires_at, used_at, replaced_at FROM enrolment WHERE code_hash = $1";

fn enrolment_code(row: &QueryResult) -> Stored<EnrolmentCode> {
    Ok(EnrolmentCode {
        tenant: TenantId(row.try_get("", "tenant_id")?),
        agent: AgentId(row.try_get("", "agent_id")?),
        expires_at: UtcMillis(row.try_get("", "expires_at")?),
        used_at: moment(row, "used_at")?,
        replaced_at: moment(row, "replaced_at")?,
    })
}

pub(crate) async fn enrolment_in(tx: &Tx, hash: &Hash) -> Stored<Option<EnrolmentCode>> {
    one(tx, ENROLMENT, vec![bytes(hash)]).await?.as_ref().map(enrolment_code).transpose()
}

/// Stores a new code; the person's unused ones stop working.
pub(crate) async fn insert_enrolment(tx: &Tx, hash: &Hash, agent: AgentId, expires_at: UtcMillis) -> Stored<()> {
    execute(
        tx,
        "UPDATE enrolment SET replaced_at = $1 WHERE tenant_id = $2 AND agent_id = $3 AND used_at IS NULL AND replaced_at IS NULL",
        vec![tx.now().0.into(), tx.tenant().into(), agent.0.into()],
    )
    .await?;
    execute(
        tx,
        "INSERT INTO enrolment (tenant_id, code_hash, agent_id, expires_at) VALUES ($1, $2, $3, $4)",
        vec![tx.tenant().into(), bytes(hash), agent.0.into(), expires_at.0.into()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn spend_enrolment(tx: &Tx, hash: &Hash) -> Stored<()> {
    execute(tx, "UPDATE enrolment SET used_at = $1 WHERE code_hash = $2", vec![tx.now().0.into(), bytes(hash)]).await?;
    Ok(())
}

/// Whether this request was granted before.
pub(crate) async fn was_applied(tx: &Tx, change: ChangeId) -> Stored<bool> {
    let sql = "SELECT 1 AS found FROM applied_change WHERE tenant_id = $1 AND id = $2";
    Ok(one(tx, sql, vec![tx.tenant().into(), change.0.into()]).await?.is_some())
}

pub(crate) async fn note_applied(tx: &Tx, change: ChangeId) -> Stored<()> {
    execute(
        tx,
        "INSERT INTO applied_change (tenant_id, id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        vec![tx.tenant().into(), change.0.into(), tx.now().0.into()],
    )
    .await?;
    Ok(())
}

/// Drops what has no use any more: spent sign-ins past their time, and memories of requests older than any outbox.
pub(crate) async fn purge(tx: &Tx, changes_before: UtcMillis) -> Stored<u64> {
    let now = tx.now().0;
    let tokens = execute(
        tx,
        "DELETE FROM refresh_token WHERE tenant_id = $1 AND expires_at < $2",
        vec![tx.tenant().into(), now.into()],
    )
    .await?;
    let sessions = execute(
        tx,
        "DELETE FROM session WHERE tenant_id = $1 AND created_at < $2 \
         AND NOT EXISTS (SELECT 1 FROM refresh_token r WHERE r.session_id = session.id)",
        vec![tx.tenant().into(), changes_before.0.into()],
    )
    .await?;
    let changes = execute(
        tx,
        "DELETE FROM applied_change WHERE tenant_id = $1 AND at < $2",
        vec![tx.tenant().into(), changes_before.0.into()],
    )
    .await?;
    Ok(tokens + sessions + changes)
}
