//! How the rules stand right now, for the screen.

use ownline_model::{
    ids::{ConversationId, MessageId},
    problem::{Problem, ProblemCode},
    safety::{HeldMessage, SafetyReport},
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::super::{Result, Store, own, row, table};
use crate::{safety::meters, time::now};

const HELD_SHOWN: u32 = 100;
/// So many replies of colleagues that wait here are more than a bad day.
const MANY_ORDERED: i64 = 20;

impl Store {
    pub async fn safety_report(&self) -> Result<SafetyReport> {
        self.read(|connection| {
            let (rules, now) = (super::rules(connection)?, now());
            let standing = super::line::standing(connection)?;
            Ok(SafetyReport {
                mode: standing.mode(&rules, now),
                reason: standing.reason(&rules, now).map(str::to_owned),
                until: standing.until(&rules, now),
                meters: meters(&rules, &standing, &super::ledger(connection, now)?, now),
                held: held(connection)?,
                opted_out: table::opt_out::count(connection)?,
            })
        })
        .await
    }
}

fn held(connection: &Connection) -> Result<Vec<HeldMessage>> {
    let Some(channel) = own::channel_id(connection)? else { return Ok(vec![]) };
    let mut statement = connection.prepare_cached(
        "SELECT m.id, m.conversation_id, json_extract(c.body, '$.name'), json_extract(m.body, '$.details.hold')
         FROM message m JOIN conversation v ON v.id = m.conversation_id JOIN contact c ON c.id = v.contact_id
         WHERE m.channel_id = ? AND m.status = 'queued' AND json_extract(m.body, '$.details.hold') IS NOT NULL
         ORDER BY coalesce(json_extract(m.body, '$.details.hold.until'), 9e18) DESC, m.rowid LIMIT ?",
    )?;
    let mut rows = statement.query(params![channel.0.into_bytes(), HELD_SHOWN])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        held.push(HeldMessage {
            message_id: MessageId(Uuid::from_bytes(row.get(0)?)),
            conversation_id: ConversationId(Uuid::from_bytes(row.get(1)?)),
            name: row.get(2)?,
            hold: serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?,
        });
    }
    Ok(held)
}

/// The team asks for more than this number sends: its owner should look.
pub(in crate::store) fn notice(connection: &Connection) -> Result<Option<Problem>> {
    let (Some(channel), Some(owner)) = (own::channel_id(connection)?, own::owner(connection)?) else { return Ok(None) };
    let ordered: Option<i64> = row::scalar(
        connection,
        "SELECT count(*) FROM message WHERE channel_id = ? AND status = 'queued'
             AND json_extract(body, '$.details.hold') IS NOT NULL AND json_extract(body, '$.author_id') <> ?",
        params![channel.0.into_bytes(), owner.id.to_string()],
    )?;
    let ordered = ordered.unwrap_or(0);
    Ok((ordered > MANY_ORDERED).then(|| {
        Problem::new(ProblemCode::ManyOrdered).with_detail(format!("{ordered} messages of colleagues wait here."))
    }))
}
