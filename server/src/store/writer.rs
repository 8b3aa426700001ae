//! Group commit. One task owns the only writing connection: it takes whatever operations have queued up, runs each in a
//! savepoint, and commits them together. A lone operation is a batch of one and waits for nobody; under load one `fsync`
//! serves hundreds. Answers go out after the commit.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use ownline_model::{event::Event, ids::TenantId, time::UtcMillis};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{OnCommit, StoreError, Stored, Tx, counters, journal, redact::Redaction};

/// Operations that may wait for the writer; more callers wait at the door.
const QUEUE: usize = 1024;
/// Operations in one commit: bounds how long the first waits for the last.
const BATCH: usize = 256;

/// An event that is durable.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) tenant: TenantId,
    pub(crate) seq: i64,
    pub(crate) event: Event,
    /// The event's JSON, as journalled: made once, sent to every socket.
    pub(crate) json: Arc<str>,
}

/// What an operation left to be done at the commit.
struct Done {
    tenant: TenantId,
    now: UtcMillis,
    events: Vec<Event>,
    redactions: Vec<Redaction>,
    counts: counters::Deltas,
}

/// Tells the caller how it went.
type Settle = Box<dyn FnOnce(Result<(), String>) + Send>;
type Ran = (Option<Done>, Settle);
type Job = Box<dyn for<'b> FnOnce(&'b DatabaseTransaction) -> BoxFuture<'b, Stored<Ran>> + Send>;

#[derive(Clone)]
pub(super) struct Handle {
    jobs: mpsc::Sender<Job>,
    task: Arc<Mutex<Option<tokio::task::JoinHandle<()>>>>,
    stop: tokio_util::sync::CancellationToken,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

pub(super) fn start(conn: DatabaseConnection, on_commit: OnCommit) -> Handle {
    let (jobs, queue) = mpsc::channel(QUEUE);
    let stop = tokio_util::sync::CancellationToken::new();
    let task = tokio::spawn(write_batches(conn, queue, on_commit, stop.clone()));
    Handle { jobs, task: Arc::new(Mutex::new(Some(task))), stop }
}

impl Handle {
    pub(super) async fn run<T, E, F>(&self, tenant: TenantId, now: UtcMillis, operation: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |batch| {
            Box::pin(async move {
                let conn = batch.begin().await?;
                let mut tx = Tx {
                    tenant,
                    now,
                    conn,
                    events: Vec::new(),
                    ordered: 0,
                    redactions: Vec::new(),
                    counts: counters::Deltas::default(),
                };
                let outcome = match AssertUnwindSafe(operation(&mut tx)).catch_unwind().await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(StoreError::Panicked.into()),
                };
                tx.order_events();
                let Tx { conn, events, redactions, counts, .. } = tx;
                let done = if outcome.is_ok() {
                    conn.commit().await?;
                    Some(Done { tenant, now, events, redactions, counts })
                } else {
                    conn.rollback().await?;
                    None
                };
                let settle: Settle = Box::new(move |committed| {
                    let outcome = match committed {
                        Ok(()) => outcome,
                        // A refusal stands, whatever became of the others.
                        Err(cause) => outcome.and(Err(StoreError::Commit(cause).into())),
                    };
                    // The caller may have gone away; the change stands all the same.
                    let _ = answer.send(outcome);
                });
                Ok((done, settle))
            })
        });
        if self.stop.is_cancelled() || self.jobs.send(job).await.is_err() {
            return Err(StoreError::Closed.into());
        }
        answered.await.unwrap_or_else(|_| Err(StoreError::Commit("the batch was given up".to_owned()).into()))
    }

    /// Finishes what is queued and closes the connection.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

async fn write_batches(
    conn: DatabaseConnection,
    mut queue: mpsc::Receiver<Job>,
    on_commit: OnCommit,
    stop: tokio_util::sync::CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            taken = queue.recv_many(&mut batch, BATCH) => if taken == 0 { break },
            () = stop.cancelled() => break,
        }
        write(&conn, std::mem::take(&mut batch), &on_commit).await;
    }
    queue.close();
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        write(&conn, std::mem::take(&mut batch), &on_commit).await;
    }
    let _ = conn.close().await;
}

async fn write(conn: &DatabaseConnection, jobs: Vec<Job>, on_commit: &OnCommit) {
    let mut settles = Vec::with_capacity(jobs.len());
    let result = commit(conn, jobs, &mut settles).await;
    match &result {
        Ok(committed) if !committed.is_empty() => on_commit(committed),
        Ok(_) => {}
        Err(error) => tracing::error!(%error, operations = settles.len(), "a batch was not committed"),
    }
    let told = result.map(drop).map_err(|error| error.to_string());
    for settle in settles {
        settle(told.clone());
    }
}

async fn commit(conn: &DatabaseConnection, jobs: Vec<Job>, settles: &mut Vec<Settle>) -> Stored<Vec<Committed>> {
    // The write lock is taken at the start: another process (`agent create`) is waited for, never collided with.
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let batch = conn.begin_with_options(options).await?;
    let mut done: Vec<Done> = Vec::with_capacity(jobs.len());
    for job in jobs {
        let (change, settle) = job(&batch).await?;
        settles.push(settle);
        let Some(change) = change else { continue };
        for redaction in &change.redactions {
            // Not in the journal yet, but on its way there.
            done.iter_mut().filter(|d| d.tenant == change.tenant).for_each(|d| redaction.apply_all(&mut d.events));
        }
        done.push(change);
    }
    if done.is_empty() {
        batch.rollback().await?;
        return Ok(Vec::new());
    }
    let mut committed = Vec::new();
    let mut counts = counters::Deltas::default();
    let mut start = 0;
    // Operations of one tenant in a row share one stretch of its sequence.
    while start < done.len() {
        let tenant = done[start].tenant;
        let end = done[start..].iter().position(|other| other.tenant != tenant).map_or(done.len(), |n| start + n);
        let events =
            done[start..end].iter_mut().flat_map(|d| std::mem::take(&mut d.events).into_iter().map(|e| (d.now, e)));
        journal::append(&batch, tenant, events.collect(), &mut committed).await?;
        for change in &mut done[start..end] {
            counts.add(tenant, std::mem::take(&mut change.counts));
        }
        counters::apply(&batch, tenant, std::mem::take(&mut counts)).await?;
        start = end;
    }
    batch.commit().await?;
    Ok(committed)
}
