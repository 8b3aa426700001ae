//! The writer thread: takes all batches that wait, folds what cancels out, and commits them in one transaction.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, Transaction, params};
use tokio::sync::mpsc;

use super::op::{MediaRow, Op};
use super::{Batch, StoreError};

/// The most batches in one transaction.
const GATHER: usize = 512;

pub(super) fn run(mut connection: Connection, mut batches: mpsc::Receiver<Batch>) {
    while let Some(first) = batches.blocking_recv() {
        let mut gathered = vec![first];
        while gathered.len() < GATHER
            && let Ok(next) = batches.try_recv()
        {
            gathered.push(next);
        }
        let mut waiting = Vec::new();
        let mut ops = Vec::new();
        let mut last = false;
        for batch in gathered {
            ops.extend(batch.ops);
            waiting.extend(batch.done);
            last |= batch.last;
        }
        let outcome = if ops.is_empty() { Ok(()) } else { commit(&mut connection, ops) };
        if let Err(error) = &outcome {
            tracing::error!(%error, "the state could not be written");
        }
        for done in waiting {
            // Whoever asked may have gone.
            let _ = done.send(outcome.clone());
        }
        if last {
            break;
        }
    }
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::debug!(%error, "the log stays beside the state file");
    }
}

/// SQLite's integers are signed.
fn int(value: u64) -> i64 {
    value.cast_signed()
}

fn commit(connection: &mut Connection, ops: Vec<Op>) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    apply(&transaction, ops)?;
    transaction.commit()?;
    Ok(())
}

/// Sessions are overwritten and queue entries removed many times in one transaction: only their last state is written.
#[derive(Default)]
struct Folded {
    sessions: HashMap<(u64, u64, u16), Option<Vec<u8>>>,
    queue: BTreeMap<(u64, u16, u64), Vec<u8>>,
}

impl Folded {
    /// Writes what has gathered.
    fn flush(&mut self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        for ((number, peer, device), record) in std::mem::take(&mut self.sessions) {
            match record {
                Some(record) => transaction
                    .prepare_cached("INSERT OR REPLACE INTO sessions VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![int(number), int(peer), device, record])?,
                None => transaction
                    .prepare_cached("DELETE FROM sessions WHERE number = ?1 AND peer = ?2 AND device = ?3")?
                    .execute(params![int(number), int(peer), device])?,
            };
        }
        let mut enqueue = transaction.prepare_cached("INSERT OR REPLACE INTO queue VALUES (?1, ?2, ?3, ?4)")?;
        for ((number, device, seq), node) in std::mem::take(&mut self.queue) {
            enqueue.execute(params![int(number), device, int(seq), node])?;
        }
        Ok(())
    }
}

fn apply(transaction: &Transaction<'_>, ops: Vec<Op>) -> Result<(), StoreError> {
    let mut folded = Folded::default();
    for op in ops {
        one(transaction, op, &mut folded)?;
    }
    folded.flush(transaction)
}

fn one(transaction: &Transaction<'_>, op: Op, folded: &mut Folded) -> Result<(), StoreError> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        transaction.prepare_cached(sql)?.execute(values)?;
        Ok(())
    };
    match op {
        Op::Meta { key, value } => run("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![key, value]),
        Op::Account { number, data } => {
            run("INSERT OR REPLACE INTO accounts VALUES (?1, ?2)", params![int(number), data])
        }
        Op::Device { number, device, data } => {
            run("INSERT OR REPLACE INTO devices VALUES (?1, ?2, ?3)", params![int(number), device, data])
        }
        Op::RemoveDevice { number, device } => {
            folded.queue.retain(|key, _| (key.0, key.1) != (number, device));
            for sql in [
                "DELETE FROM devices WHERE number = ?1 AND device = ?2",
                "DELETE FROM prekeys WHERE number = ?1 AND device = ?2",
                "DELETE FROM queue WHERE number = ?1 AND device = ?2",
            ] {
                run(sql, params![int(number), device])?;
            }
            Ok(())
        }
        Op::PreKeys { number, device, keys } => {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO prekeys VALUES (?1, ?2, ?3, ?4)")?;
            for (id, key) in keys {
                insert.execute(params![int(number), device, id, key])?;
            }
            Ok(())
        }
        Op::RemovePreKey { number, device, id } => {
            run("DELETE FROM prekeys WHERE number = ?1 AND device = ?2 AND id = ?3", params![int(number), device, id])
        }
        Op::ClearPreKeys { number, device } => {
            run("DELETE FROM prekeys WHERE number = ?1 AND device = ?2", params![int(number), device])
        }
        Op::Enqueue { number, device, seq, node } => {
            folded.queue.insert((number, device, seq), node);
            Ok(())
        }
        Op::Dequeue { number, device, seq } => {
            if folded.queue.remove(&(number, device, seq)).is_some() {
                return Ok(());
            }
            run(
                "DELETE FROM queue WHERE number = ?1 AND device = ?2 AND seq = ?3",
                params![int(number), device, int(seq)],
            )
        }
        Op::Patch { number, collection, version, patch } => run(
            "INSERT OR REPLACE INTO patches VALUES (?1, ?2, ?3, ?4)",
            params![int(number), collection, int(version), patch],
        ),
        Op::Person { number, data } => run("INSERT OR REPLACE INTO people VALUES (?1, ?2)", params![int(number), data]),
        Op::Move { from, to } => {
            folded.flush(transaction)?;
            for sql in [
                "UPDATE accounts SET number = ?2 WHERE number = ?1",
                "UPDATE devices SET number = ?2 WHERE number = ?1",
                "UPDATE prekeys SET number = ?2 WHERE number = ?1",
                "UPDATE queue SET number = ?2 WHERE number = ?1",
                "UPDATE people SET number = ?2 WHERE number = ?1",
                "UPDATE person_prekeys SET number = ?2 WHERE number = ?1",
                "UPDATE sessions SET number = ?2 WHERE number = ?1",
                "UPDATE messages SET owner = ?2, author = CASE author WHEN ?1 THEN ?2 ELSE author END WHERE owner = ?1",
                "UPDATE fetched SET owner = ?2 WHERE owner = ?1",
                "UPDATE sender_keys SET number = ?2 WHERE number = ?1",
                "UPDATE key_holders SET number = ?2 WHERE number = ?1",
                "UPDATE readers SET owner = ?2 WHERE owner = ?1",
                "UPDATE readers SET reader = ?2 WHERE reader = ?1",
            ] {
                run(sql, params![int(from), int(to)])?;
            }
            Ok(())
        }
        Op::History { number, data } => {
            run("INSERT OR REPLACE INTO histories VALUES (?1, ?2)", params![int(number), data])
        }
        Op::PersonPreKeys { number, keys } => {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO person_prekeys VALUES (?1, ?2, ?3)")?;
            for (id, key) in keys {
                insert.execute(params![int(number), id, key])?;
            }
            Ok(())
        }
        Op::RemovePersonPreKey { number, id } => {
            run("DELETE FROM person_prekeys WHERE number = ?1 AND id = ?2", params![int(number), id])
        }
        Op::Session { number, peer, device, record } => {
            folded.sessions.insert((number, peer, device), Some(record));
            Ok(())
        }
        Op::RemoveSession { number, peer, device } => {
            folded.sessions.insert((number, peer, device), None);
            Ok(())
        }
        Op::Group { id, data } => run("INSERT OR REPLACE INTO groups VALUES (?1, ?2)", params![int(id), data]),
        Op::SenderKey { number, group, lid, device, record } => run(
            "INSERT OR REPLACE INTO sender_keys VALUES (?1, ?2, ?3, ?4, ?5)",
            params![int(number), int(group), int(lid), device, record],
        ),
        Op::KeyHolders { number, group, data } => {
            run("INSERT OR REPLACE INTO key_holders VALUES (?1, ?2, ?3)", params![int(number), int(group), data])
        }
        Op::Readers { owner, id, readers } => {
            for reader in readers {
                run("INSERT OR IGNORE INTO readers VALUES (?1, ?2, ?3, 1, 0)", params![int(owner), id, int(reader)])?;
            }
            Ok(())
        }
        Op::ReadBy { owner, id, reader, status, at } => {
            run(
                "UPDATE readers SET status = ?4, at = ?5 WHERE owner = ?1 AND id = ?2 AND reader = ?3 AND status < ?4",
                params![int(owner), id, int(reader), status, at],
            )?;
            // It is as far as it is with the last of them.
            run(
                "UPDATE messages SET status = least.status, status_at = ?3 FROM
                     (SELECT min(status) AS status FROM readers WHERE owner = ?1 AND id = ?2) AS least
                 WHERE owner = ?1 AND id = ?2 AND author = ?1 AND messages.status < least.status",
                params![int(owner), id, at],
            )
        }
        Op::Media(MediaRow { token, blob: Some(blob) }) => {
            let data = serde_json::to_vec(&blob).unwrap_or_default();
            run("INSERT OR REPLACE INTO media VALUES (?1, ?2)", params![token, data])
        }
        Op::Media(MediaRow { token, blob: None }) => run("DELETE FROM media WHERE token = ?1", params![token]),
        Op::Fetched { owner, id, author, data } => {
            run("INSERT OR REPLACE INTO fetched VALUES (?1, ?2, ?3, ?4)", params![int(owner), id, int(author), data])
        }
        Op::Message(row) => run(
            // A message that arrives twice keeps its first line.
            "INSERT INTO messages (owner, peer, id, direction, author, author_device, at, status, status_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (owner, id, author) DO NOTHING",
            params![
                int(row.owner),
                int(row.peer),
                row.id,
                row.direction,
                int(row.author),
                row.author_device,
                row.at,
                row.status,
                row.status_at,
                row.body
            ],
        ),
        Op::Status { owner, id, author, status, at } => run(
            "UPDATE messages SET status = ?4, status_at = ?5
             WHERE owner = ?1 AND id = ?2 AND author = ?3 AND status < ?4",
            params![int(owner), id, int(author), status, at],
        ),
    }
}
