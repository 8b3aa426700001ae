//! The database, wholly hidden: values of the model go in and come out. Every query is bound to one tenant by the
//! [`Reader`] or [`Tx`] it runs on, so that no query can forget it.
//!
//! Reads run on a pool. Writes run one after the other on one connection ([`writer`]); what arrives while a commit is
//! under way shares the next one.

pub(crate) mod accounts;
pub(crate) mod agents;
pub(crate) mod channels;
pub(crate) mod contacts;
pub(crate) mod conversations;
pub(crate) mod counters;
pub(crate) mod cursor;
pub(crate) mod journal;
pub(crate) mod media;
pub(crate) mod merges;
pub(crate) mod messages;
pub(crate) mod migrations;
#[cfg(test)]
mod plans;
pub(crate) mod redact;
pub(crate) mod tickets;
mod words;
mod writer;

use std::{path::Path, time::Duration};

use futures_util::future::BoxFuture;
use ownline_model::{event::Event, ids::TenantId, time::UtcMillis};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqlxSqliteConnector,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub(crate) use writer::Committed;

/// Why the database did not do it. Never the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Database(#[from] DbErr),
    #[error("database: {0}")]
    Open(#[from] sea_orm::sqlx::Error),
    #[error("damaged row: {0}")]
    Damaged(String),
    #[error("the operation ended unexpectedly")]
    Panicked,
    #[error("the commit failed: {0}")]
    Commit(String),
    #[error("the server is ending")]
    Closed,
}

pub(crate) type Stored<T> = Result<T, StoreError>;

/// The database of one server.
#[derive(Debug, Clone)]
pub struct Store {
    readers: DatabaseConnection,
    writer: writer::Handle,
}

/// Where the store tells what has become durable.
pub(crate) type OnCommit = Box<dyn Fn(&[Committed]) + Send + Sync>;

impl Store {
    /// Opens (or makes) the database file and brings it to this build's form. `on_commit` hears of every event after it
    /// is durable, in order.
    pub(crate) async fn open(file: &Path, on_commit: OnCommit) -> Stored<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(256)
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "memory")
            // What owners take back leaves no trace in pages that are free again.
            .pragma("secure_delete", "on");
        let write_pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let write_conn = SqlxSqliteConnector::from_sqlx_sqlite_pool(write_pool);
        migrations::run(&write_conn).await?;
        let read_pool = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(4)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.pragma("query_only", "on").pragma("cache_size", "-4096"))
            .await?;
        let readers = SqlxSqliteConnector::from_sqlx_sqlite_pool(read_pool);
        Ok(Self { readers, writer: writer::start(write_conn, on_commit) })
    }

    pub(crate) fn reader(&self, tenant: TenantId) -> Reader {
        Reader { tenant, conn: self.readers.clone() }
    }

    /// Runs `operation` in a transaction and answers once it is durable. Its writes are undone when it fails.
    pub(crate) async fn write<T, E, F>(&self, tenant: TenantId, now: UtcMillis, operation: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.writer.run(tenant, now, operation).await
    }

    /// The one tenant that this server serves for now.
    pub(crate) async fn first_tenant(&self) -> Stored<TenantId> {
        accounts::first_tenant(&self.readers).await
    }

    /// Queries that must work before a tenant is known: finding the person who signs in.
    pub(crate) fn any_tenant(&self) -> AnyTenant<'_> {
        AnyTenant(&self.readers)
    }

    /// Waits for what is queued, then closes the files.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        let _ = self.readers.clone().close().await;
    }

    #[cfg(test)]
    async fn plan(&self, statement: &sea_orm::Statement) -> String {
        let mut explained = statement.clone();
        explained.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let rows = self.readers.query_all_raw(explained).await.expect("plan");
        rows.iter().map(|row| row.try_get::<String>("", "detail").expect("detail")).collect::<Vec<_>>().join("\n")
    }
}

pub(crate) struct AnyTenant<'s>(&'s DatabaseConnection);

/// Something to query for one tenant.
pub(crate) trait Source: Sync {
    type Conn: ConnectionTrait;
    fn tenant(&self) -> uuid::Uuid;
    fn conn(&self) -> &Self::Conn;
}

/// Reads of one tenant.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    tenant: TenantId,
    conn: DatabaseConnection,
}

impl Source for Reader {
    type Conn = DatabaseConnection;
    fn tenant(&self) -> uuid::Uuid {
        self.tenant.0
    }
    fn conn(&self) -> &DatabaseConnection {
        &self.conn
    }
}

/// One operation's transaction: a savepoint inside the batch that is committed as a whole.
pub(crate) struct Tx {
    tenant: TenantId,
    now: UtcMillis,
    conn: DatabaseTransaction,
    events: Vec<Event>,
    /// How many of the events are in their final order.
    ordered: usize,
    /// What must go out of the operations before it in the same commit, too.
    redactions: Vec<redact::Redaction>,
    counts: counters::Deltas,
}

impl Source for Tx {
    type Conn = DatabaseTransaction;
    fn tenant(&self) -> uuid::Uuid {
        self.tenant.0
    }
    fn conn(&self) -> &DatabaseTransaction {
        &self.conn
    }
}

impl Tx {
    /// The moment of the operation: one value, wherever it is written.
    pub(crate) const fn now(&self) -> UtcMillis {
        self.now
    }

    /// Appends an event to the journal, in this transaction. Replicas and sockets get it after the commit.
    pub(crate) fn journal(&mut self, event: Event) {
        debug_assert!(event.is_lasting(), "only lasting events are journalled");
        self.events.push(event);
    }

    /// How many events there are so far.
    pub(crate) fn journalled(&self) -> usize {
        self.events.len()
    }

    /// Puts the events since the last call in the order in which a replica can apply them: what is referred to before
    /// what refers to it.
    pub(crate) fn order_events(&mut self) {
        self.events[self.ordered..].sort_by_key(|event| match event {
            Event::AgentUpdated(_) | Event::ChannelStatus(_) => 0,
            Event::ContactUpdated(_) | Event::ContactMerged(_) => 1,
            Event::ConversationNew(_)
            | Event::ConversationUpdated(_)
            | Event::ConversationAssigned(_)
            | Event::ConversationTransferred(_) => 2,
            Event::TicketCreated(_)
            | Event::TicketAssigned(_)
            | Event::TicketUpdated(_)
            | Event::TicketReply(_)
            | Event::TicketResolved(_)
            | Event::TicketClosed(_) => 3,
            // Whoever drops a chat has heard all about it.
            Event::ConversationUnshared(_) => 5,
            _ => 4,
        });
        self.ordered = self.events.len();
    }
}
