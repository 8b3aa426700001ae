//! Saying that the work is done.

use ownline_model::{event::Event, ids::TicketId};

use super::{find, store};
use crate::{
    desk::{Applied, Caller, Done, Refusal},
    store::Tx,
};

const NOTE_MAX_CHARS: usize = 10_000;

pub(crate) async fn resolve(tx: &mut Tx, caller: &Caller, id: TicketId, note: Option<String>) -> Done<Applied> {
    if note.as_deref().is_some_and(|note| note.chars().count() > NOTE_MAX_CHARS) {
        return Err(Refusal::field("note", "A note is at most 10,000 characters."));
    }
    let before = find(tx, id).await?;
    let after = before.clone().resolve(caller.actor(), note, tx.now())?;
    store(tx, before, after, Event::TicketResolved, Event::ConversationUpdated).await
}
