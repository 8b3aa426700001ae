//! Votes of polls: opened with the poll's secret, counted per person.

use ownline_model::{
    details::Content,
    message::{Amendment, Direction, Message},
};

use super::{Aspect, ChangeFact, Result, Stamp, who};
use crate::{
    store::{
        groups,
        inbound::{LinkedAccount, SealedVote},
        own,
        table::{self},
        writer::Tx,
    },
    votes,
};

pub(super) fn count(
    tx: &Tx<'_>,
    message: &mut Message,
    fact: &ChangeFact,
    by: Option<&str>,
    vote: &SealedVote,
) -> Result<Option<Amendment>> {
    let Some(Content::Poll(poll)) = message.details.content.as_deref_mut() else { return Ok(None) };
    let Some(secret) = table::poll_secret::get(tx, message.id)? else {
        tracing::debug!(id = %fact.wa_id, "a vote in a poll whose secret is not known");
        return Ok(None);
    };
    let Some(me) = own::account(tx)?.map(LinkedAccount::identity) else { return Ok(None) };
    let asked = match &message.details.sender {
        Some(sender) => groups::identity_of(tx, &sender.id)?,
        None => None,
    };
    let author = if message.direction == Direction::Outbound { &me } else { asked.as_ref().unwrap_or(&fact.chat) };
    let voter = if fact.from_me { &me } else { fact.by.as_ref().unwrap_or(&fact.chat) };
    let Some(hashes) = votes::open(&secret.0, &message.wa_id, author, voter, &vote.payload, &vote.iv) else {
        tracing::debug!(id = %fact.wa_id, "a vote that the poll's secret does not open");
        return Ok(None);
    };
    let chosen: Vec<usize> = poll
        .options
        .iter()
        .enumerate()
        .filter(|(_, option)| hashes.contains(&votes::hash(&option.text)))
        .map(|(index, _)| index)
        .collect();
    let body = serde_json::to_string(&chosen)?;
    if !table::amended::advance(tx, message.id, Aspect::Vote, who(fact, by), &Stamp::of(fact), Some(&body))? {
        return Ok(None);
    }
    let mut counts = vec![0; poll.options.len()];
    for chosen in table::amended::bodies(tx, message.id, Aspect::Vote)? {
        for index in serde_json::from_str::<Vec<usize>>(&chosen)? {
            if let Some(count) = counts.get_mut(index) {
                *count += 1;
            }
        }
    }
    for (option, count) in poll.options.iter_mut().zip(&counts) {
        option.votes = *count;
    }
    Ok(Some(Amendment::Votes { votes: counts }))
}
