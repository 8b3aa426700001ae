//! How the number stands with WhatsApp. Kept under the number, so that unlinking and linking again changes nothing.

use ownline_model::{session::SessionState, time::UtcMillis};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::super::{Result, Store, change::Change, own, table, writer::Tx};
use crate::{
    safety::{Standing, Stop},
    time::now,
};

const LINE: &str = "safety.line";
/// Why nothing leaves, of the session that this machine holds.
const STOP: &str = "safety.stop";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Line {
    linked_at: Option<UtcMillis>,
    frozen_until: Option<UtcMillis>,
    restricted_until: Option<UtcMillis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stopped {
    why: Stop,
    until: Option<UtcMillis>,
}

/// `None` before the first number is known.
fn key(connection: &Connection) -> Result<Option<String>> {
    Ok(own::channel(connection)?.map(|channel| format!("{LINE}.{}", channel.number.digits())))
}

fn line(connection: &Connection) -> Result<Line> {
    match key(connection)? {
        Some(key) => Ok(table::value::get_json(connection, &key)?.unwrap_or_default()),
        None => Ok(Line::default()),
    }
}

/// Changes what is held of the number, and looks at what waits with other eyes.
fn change(tx: &mut Tx<'_>, change: impl FnOnce(&mut Line)) -> Result<()> {
    let Some(key) = key(tx)? else { return Ok(()) };
    let before = line(tx)?;
    let mut after = before;
    change(&mut after);
    if after != before {
        table::value::set_json(tx, &key, &after)?;
        tx.tell(Change::ToSend);
        tx.tell(Change::Status);
    }
    Ok(())
}

pub(super) fn standing(connection: &Connection) -> Result<Standing> {
    let line = line(connection)?;
    let stopped: Option<Stopped> = table::value::get_json(connection, STOP)?;
    Ok(Standing {
        linked_at: line.linked_at,
        frozen_until: line.frozen_until,
        restricted_until: line.restricted_until,
        stop: stopped.map(|stopped| (stopped.why, stopped.until)),
    })
}

/// The number is linked. Only its first link counts.
pub(in crate::store) fn note_link(tx: &mut Tx<'_>) -> Result<()> {
    let consent = own::settings(tx)?.map(|settings| settings.consent_at);
    let at = consent.unwrap_or_else(now).min(now());
    change(tx, |line| line.linked_at = line.linked_at.or(Some(at)))
}

/// What the session's state says about sending.
pub(in crate::store) fn note_session(tx: &mut Tx<'_>, state: &SessionState) -> Result<()> {
    let stopped = match state {
        SessionState::Banned { until, .. } => Some(Stopped { why: Stop::Banned, until: *until }),
        SessionState::LoggedOut { .. } => Some(Stopped { why: Stop::LoggedOut, until: None }),
        SessionState::ClientOutdated => Some(Stopped { why: Stop::ClientOutdated, until: None }),
        _ => None,
    };
    if table::value::get_json::<Stopped>(tx, STOP)? != stopped {
        match stopped {
            Some(stopped) => table::value::set_json(tx, STOP, &stopped)?,
            None => table::value::set(tx, STOP, None)?,
        }
        tx.tell(Change::ToSend);
        tx.tell(Change::Status);
    }
    match state {
        SessionState::Banned { until, .. } => restricted(tx, until.unwrap_or_else(now)),
        SessionState::Restricted { until, .. } => freeze(tx, *until),
        _ => Ok(()),
    }
}

/// The days of care begin when the restriction ends.
fn restricted(tx: &mut Tx<'_>, until: UtcMillis) -> Result<()> {
    change(tx, |line| line.restricted_until = line.restricted_until.max(Some(until)))
}

fn freeze(tx: &mut Tx<'_>, until: Option<UtcMillis>) -> Result<()> {
    let (known, rules) = (line(tx)?.frozen_until.filter(|&until| until > now()), super::rules(tx)?);
    // What WhatsApp said before is better than a guess.
    let until = until.or(known).unwrap_or_else(|| now().plus_millis(rules.freeze_ms));
    change(tx, |line| {
        line.frozen_until = Some(until);
        line.restricted_until = line.restricted_until.max(Some(until));
    })
}

impl Store {
    pub async fn standing(&self) -> Result<Standing> {
        self.read(standing).await
    }

    /// WhatsApp takes no new chats from this number (463), until then where it says so.
    pub async fn new_chats_frozen(&self, until: Option<UtcMillis>) -> Result<()> {
        self.write(move |tx| freeze(tx, until)).await
    }
}
