//! What the sending rules need to know, from what this store holds: what left lately, how the number stands, who may be
//! written to. The verdicts are [`crate::safety`]'s.

mod draft;
mod held;
mod line;
mod opt_outs;
mod report;

use ownline_model::{
    conversation::Conversation,
    problem::{Problem, ProblemCode},
    time::UtcMillis,
};
use rusqlite::Connection;

use super::{Result, Store, table, writer::Tx};
use crate::{
    safety::{self, Ledger, Rules},
    time::now,
};

pub use draft::{Offer, Offers};
pub(super) use held::release;
pub(super) use line::{note_link, note_session};
pub(super) use opt_outs::{heard, keep_opt_out, tell_opt_out};
pub(super) use report::notice;

/// The rules of this start.
const RULES: &str = "safety.rules";
/// Longer than any rule looks back.
const KEPT_MS: i64 = 48 * 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn rules(connection: &Connection) -> Result<Rules> {
    Ok(table::value::get_json(connection, RULES)?.unwrap_or_default())
}

fn ledger(connection: &Connection, now: UtcMillis) -> Result<Ledger> {
    let mut ledger = Ledger::of(table::sent::since(connection, now.plus_millis(-DAY_MS))?);
    ledger.tidy(now);
    Ok(ledger)
}

impl Store {
    /// To be called at each start: what was allowed last time is no longer.
    pub async fn set_sending_rules(&self, rules: Rules) -> Result<()> {
        self.write(move |tx| {
            table::sent::forget_before(tx, now().plus_millis(-KEPT_MS))?;
            table::value::set_json(tx, RULES, &rules)
        })
        .await
    }

    pub async fn sending_rules(&self) -> Result<Rules> {
        self.read(rules).await
    }

    /// What left within the last day.
    pub async fn sent_lately(&self) -> Result<Ledger> {
        self.read(|connection| ledger(connection, now())).await
    }
}

/// Why a message to this customer would never leave, where that is certain while it is written. What a colleague's number
/// (not `own`) may send otherwise, its own machine decides.
pub(super) fn refuses(tx: &Tx<'_>, conversation: &Conversation, own: bool, text: &str) -> Result<Option<Problem>> {
    let Some(contact) = table::contact::get(tx, conversation.contact_id)? else { return Ok(None) };
    if !own {
        let opted_out = table::opt_out::holds(tx, &contact)?;
        return Ok(opted_out.then(|| ProblemCode::OptedOut.into()));
    }
    let (rules, now) = (rules(tx)?, now());
    let standing = line::standing(tx)?;
    if standing.mode(&rules, now) == ownline_model::safety::SendingMode::Stopped {
        let problem = Problem::new(ProblemCode::SendingStopped);
        return Ok(Some(match standing.reason(&rules, now) {
            Some(reason) => problem.with_detail(reason),
            None => problem,
        }));
    }
    let draft = draft::planned(tx, &rules, conversation, &contact, text, now)?;
    Ok(safety::refusal(&rules, &draft).map(|refusal| refusal.code().into()))
}
