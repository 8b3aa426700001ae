//! Ending a ticket, and with it the conversation's turn.

use ownline_model::{event::Event, ids::TicketId};

use super::{find, store};
use crate::{
    desk::{Applied, Caller, Done},
    store::Tx,
};

pub(crate) async fn close(tx: &mut Tx, caller: &Caller, id: TicketId) -> Done<Applied> {
    let before = find(tx, id).await?;
    let after = before.clone().close(caller.actor(), tx.now())?;
    store(tx, before, after, Event::TicketClosed, Event::ConversationUpdated).await
}
