//! Everything about this bridge at once.

use ownline_model::{
    bridge::{BridgeStatus, LinkedNumber},
    problem::{Problem, ProblemCode},
};
use rusqlite::Connection;

use super::{Result, Store, desk, history, lock, own, row, safety, table};

/// Over an index of those few: the status is told again and again while a large history comes in.
pub(super) const UNREAD: &str = "SELECT coalesce(sum(unread), 0) FROM conversation WHERE unread > 0";

impl Store {
    pub async fn status(&self) -> Result<BridgeStatus> {
        let session = self.inner.session.borrow().clone();
        let server = self.inner.server.borrow().clone();
        let clock_skew_ms = *self.inner.clock_skew.borrow();
        let mut notices = lock(&self.inner.notices).clone();
        self.read(move |connection| {
            notices.extend(number_notice(connection)?);
            notices.extend(safety::notice(connection)?);
            Ok(BridgeStatus {
                session,
                server,
                agent: desk::me(connection)?,
                number: number(connection)?,
                outbox: table::outbox::count(connection)?,
                sending: sending(connection)?,
                unread: count(connection, UNREAD)?,
                notices,
                history: history::progress(connection)?,
                clock_skew_ms,
            })
        })
        .await
    }
}

fn number(connection: &Connection) -> Result<Option<LinkedNumber>> {
    let (Some(account), Some(channel)) = (own::account(connection)?, own::channel_id(connection)?) else {
        return Ok(None);
    };
    Ok(Some(LinkedNumber {
        channel_id: channel,
        number: account.phone,
        name: account.name,
        default_scope: own::default_scope(connection)?,
        lends: own::settings(connection)?.is_some_and(|settings| settings.lends),
    }))
}

/// Messages that this machine has to hand to WhatsApp.
fn sending(connection: &Connection) -> Result<u64> {
    let Some(channel) = own::channel_id(connection)? else { return Ok(0) };
    let queued: Option<i64> = row::scalar(
        connection,
        "SELECT count(*) FROM message WHERE channel_id = ? AND status = 'queued'",
        [channel.0.into_bytes()],
    )?;
    Ok(queued.unwrap_or(0).unsigned_abs())
}

fn number_notice(connection: &Connection) -> Result<Option<Problem>> {
    let refused = table::value::get(connection, own::REFUSED)?;
    Ok(refused.map(|code| {
        let code = ProblemCode::ALL.iter().find(|known| known.as_str() == code).copied();
        Problem::new(code.unwrap_or(ProblemCode::NumberAlreadyLinked))
    }))
}

fn count(connection: &Connection, sql: &str) -> Result<u64> {
    Ok(row::scalar::<i64>(connection, sql, [])?.unwrap_or(0).unsigned_abs())
}
