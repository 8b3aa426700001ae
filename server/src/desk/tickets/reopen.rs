//! Taking a resolved ticket up again.

use ownline_model::{event::Event, ids::TicketId};

use super::{find, store};
use crate::{
    desk::{Applied, Caller, Done},
    store::Tx,
};

pub(crate) async fn reopen(tx: &mut Tx, caller: &Caller, id: TicketId) -> Done<Applied> {
    let before = find(tx, id).await?;
    let after = before.clone().reopen(caller.actor())?;
    store(tx, before, after, Event::TicketUpdated, Event::ConversationUpdated).await
}
