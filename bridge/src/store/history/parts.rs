//! Which parts of the history have come. A part that was on its way when the program ended is confirmed already and does
//! not come again by itself: its number is missing in the row, and the phone is asked for it.

use std::time::Duration;

use ownline_model::bridge::HistoryProgress;
use rusqlite::{Connection, params};

use super::{ChunkKind, stored_progress};
use crate::{
    store::{Result, Store, row, table, writer::Tx},
    time::now,
};

/// A phone that sends part after part is not asked meanwhile.
const QUIET_FOR: Duration = Duration::from_secs(8);
/// Times that one part is asked for.
const TRIES: u32 = 2;
/// How many connections the import has seen: `first`, then `more`.
const CONNECTIONS: &str = "history.connections";
/// Parts asked for at a time.
const AT_ONCE: usize = 8;
/// A part that could have any number.
const PARTS_MAX: u32 = 10_000;

/// Kinds in the phone's order. The others come once, or not at all.
const KINDS: [ChunkKind; 3] = [ChunkKind::Initial, ChunkKind::Recent, ChunkKind::Full];

/// Notes that a part came. False: it had come before.
pub(super) fn came(tx: &Tx<'_>, kind: ChunkKind, part: Option<u32>) -> Result<bool> {
    let Some(part) = part.filter(|part| *part <= PARTS_MAX && KINDS.contains(&kind)) else { return Ok(true) };
    let changed = row::run(
        tx,
        "INSERT INTO history_part (kind, part, came) VALUES (?, ?, 1)
         ON CONFLICT (kind, part) DO UPDATE SET came = 1 WHERE came = 0",
        params![row::name(&kind)?, part],
    )?;
    Ok(changed > 0)
}

/// Whether nothing is left to wait for: every part has come, or the phone was asked for it often enough.
pub(super) fn settled(connection: &Connection, progress: &HistoryProgress) -> Result<bool> {
    let mut some = false;
    for (kind, part) in candidates(connection, progress)? {
        if asked(connection, kind, part)? < TRIES {
            return Ok(false);
        }
        some = true;
    }
    Ok(some || progress.percent == Some(100))
}

pub(super) fn begin(tx: &Tx<'_>) -> Result<()> {
    row::run(tx, "DELETE FROM history_part", [])?;
    table::value::set(tx, CONNECTIONS, None)
}

impl Store {
    /// The number is connected. An import that began on an earlier connection may have lost what was on its way.
    pub async fn history_connects(&self) -> Result<()> {
        self.write(|tx| {
            let first = table::value::get(tx, CONNECTIONS)?.is_none();
            table::value::set(tx, CONNECTIONS, Some(if first { "first" } else { "more" }))
        })
        .await
    }

    /// The parts to ask the phone for now, noted as asked for.
    pub async fn missing_history(&self) -> Result<Vec<(ChunkKind, u32)>> {
        // Looked at every few seconds and nearly always empty: no reason to write.
        let missing = self.read(overdue).await?;
        if missing.is_empty() {
            return Ok(missing);
        }
        self.write(move |tx| {
            for (kind, part) in &missing {
                row::run(
                    tx,
                    "INSERT INTO history_part (kind, part, came, asked) VALUES (?, ?, 0, 1)
                     ON CONFLICT (kind, part) DO UPDATE SET asked = asked + 1",
                    params![row::name(kind)?, part],
                )?;
            }
            Ok(missing)
        })
        .await
    }
}

fn overdue(connection: &Connection) -> Result<Vec<(ChunkKind, u32)>> {
    let quiet_for = i64::try_from(QUIET_FOR.as_millis()).unwrap_or(i64::MAX);
    let progress = stored_progress(connection)?.unwrap_or_default();
    if progress.updated_at.is_none_or(|at| now().since(at) < quiet_for) {
        return Ok(vec![]);
    }
    let mut overdue = vec![];
    for (kind, part) in candidates(connection, &progress)? {
        if overdue.len() < AT_ONCE && asked(connection, kind, part)? < TRIES {
            overdue.push((kind, part));
        }
    }
    Ok(overdue)
}

fn asked(connection: &Connection, kind: ChunkKind, part: u32) -> Result<u32> {
    let asked: Option<u32> = row::scalar(
        connection,
        "SELECT asked FROM history_part WHERE kind = ? AND part = ?",
        params![row::name(&kind)?, part],
    )?;
    Ok(asked.unwrap_or(0))
}

/// What is missing: numbers left out, and, as long as the phone has not said that this was all, the one that comes next.
fn candidates(connection: &Connection, progress: &HistoryProgress) -> Result<Vec<(ChunkKind, u32)>> {
    let all = progress.percent == Some(100);
    let mut candidates = vec![];
    let mut lasts = [None; KINDS.len()];
    for (kind, last) in KINDS.into_iter().zip(&mut lasts) {
        let came: Vec<u32> = connection
            .prepare_cached("SELECT part FROM history_part WHERE kind = ? AND came = 1 ORDER BY part")?
            .query_map([row::name(&kind)?], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        *last = came.last().copied();
        let first = came.first().copied().unwrap_or(0).min(1);
        let mut came = came.into_iter().peekable();
        for part in first..last.unwrap_or(0) {
            if came.peek() == Some(&part) {
                came.next();
            } else {
                candidates.push((kind, part));
            }
        }
    }
    // A phone that has handed over nothing at all may have nothing, or not have begun.
    let Some(newest) = lasts.iter().rposition(Option::is_some) else { return Ok(candidates) };
    let interrupted = table::value::get(connection, CONNECTIONS)?.as_deref() == Some("more");
    for (kind, last) in KINDS.into_iter().zip(lasts).take(newest) {
        // The last of a kind does not say that it is the last.
        if interrupted || (last.is_none() && kind != ChunkKind::Initial) {
            candidates.push((kind, last.unwrap_or(0) + 1));
        }
    }
    if !all {
        candidates.push((KINDS[newest], lasts[newest].unwrap_or(0) + 1));
        if let Some(next) = KINDS.get(newest + 1) {
            candidates.push((*next, 1));
        }
    }
    Ok(candidates)
}
