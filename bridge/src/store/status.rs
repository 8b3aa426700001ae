//! Everything about this bridge at once.

use ownline_model::{
    bridge::{BridgeStatus, LinkedNumber},
    problem::{Problem, ProblemCode},
};
use rusqlite::Connection;

use super::{Result, Store, desk, lock, own, row, table};

impl Store {
    pub async fn status(&self) -> Result<BridgeStatus> {
        let session = self.inner.session.borrow().clone();
        let server = self.inner.server.borrow().clone();
        let clock_skew_ms = *self.inner.clock_skew.borrow();
        let mut notices = lock(&self.inner.notices).clone();
        self.read(move |connection| {
            notices.extend(number_notice(connection)?);
            Ok(BridgeStatus {
                session,
                server,
                agent: desk::me(connection)?,
                number: number(connection)?,
                outbox: table::outbox::count(connection)?,
                sending: count(
                    connection,
                    "SELECT count(*) FROM message m JOIN channel c ON c.id = m.channel_id
                     JOIN value v ON v.key = 'channel.own' AND hex(c.id) = upper(replace(v.value, '-', ''))
                     WHERE m.status = 'queued'",
                )?,
                unread: count(connection, "SELECT coalesce(sum(unread), 0) FROM conversation")?,
                notices,
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
