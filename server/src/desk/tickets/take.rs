//! Taking a ticket: exclusive. The second to ask gets `ticket_taken`.

use ownline_model::{event::Event, ids::TicketId};

use super::{find, store};
use crate::{
    desk::{Applied, Caller, Done},
    store::Tx,
};

pub(crate) async fn take(tx: &mut Tx, caller: &Caller, id: TicketId) -> Done<Applied> {
    let before = find(tx, id).await?;
    let after = before.clone().take(caller.actor(), tx.now())?;
    store(tx, before, after, Event::TicketAssigned, Event::ConversationAssigned).await
}
