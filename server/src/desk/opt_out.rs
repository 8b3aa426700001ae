//! Customers who asked not to be written to: nobody of the team writes to them until they write again.

use ownline_model::{ids::ContactId, limits::clean_name, problem::ProblemCode, time::UtcMillis};

use super::{Applied, Caller, Done, identity, save_contact};
use crate::store::{Tx, contacts, contacts::Known, conversations, messages};

const WORD_CHARS: usize = 64;

pub(crate) async fn opted_out(tx: &mut Tx, caller: &Caller, id: ContactId, word: &str, at: UtcMillis) -> Done<Applied> {
    let known = identity::find(tx, id).await?;
    identity::must_talk_to(tx, caller, known.contact.id).await?;
    if known.contact.opted_out_at.is_some_and(|before| before >= at) {
        return Ok(Applied::before(identity::truth(known.contact)));
    }
    let word = Some(clean_name(word).chars().take(WORD_CHARS).collect());
    save(tx, known, Some(at), word).await
}

pub(crate) async fn opted_in(tx: &mut Tx, caller: &Caller, id: ContactId, at: UtcMillis) -> Done<Applied> {
    let known = identity::find(tx, id).await?;
    identity::must_talk_to(tx, caller, known.contact.id).await?;
    // An older change of mind does not undo a newer one.
    if known.contact.opted_out_at.is_none_or(|before| before > at) {
        return Ok(Applied::before(identity::truth(known.contact)));
    }
    save(tx, known, None, None).await
}

async fn save(tx: &mut Tx, mut known: Known, at: Option<UtcMillis>, word: Option<String>) -> Done<Applied> {
    known.contact.opted_out_at = at;
    known.opted_out_word = word;
    save_contact(tx, &mut known).await?;
    Ok(Applied::now(identity::truth(known.contact)))
}

/// Refuses a text that the server would hand to a machine, unless the customer has written since.
pub(super) async fn must_want_to_hear(tx: &Tx, id: ContactId) -> Done<()> {
    let known = contacts::find(tx, id).await?.ok_or(ProblemCode::NotFound)?;
    let Some(since) = known.contact.opted_out_at else { return Ok(()) };
    for chat in conversations::all_of_contact(tx, known.contact.id).await? {
        let last = messages::last_inbound_of(tx, chat.conversation.id).await?;
        if last.is_some_and(|last| last.at > since) {
            return Ok(());
        }
    }
    Err(ProblemCode::OptedOut.into())
}
