//! Handing a ticket on: the assignee their own, supervisors any.

use ownline_model::{
    event::Event,
    ids::{AgentId, TicketId},
};

use super::{find, store};
use crate::{
    desk::{Applied, Caller, Done, Refusal},
    store::{Tx, agents},
};

pub(crate) async fn transfer(tx: &mut Tx, caller: &Caller, id: TicketId, to: AgentId) -> Done<Applied> {
    let before = find(tx, id).await?;
    if !agents::find(tx, to).await?.is_some_and(|agent| agent.active) {
        return Err(Refusal::field("to", "There is no such person on the team."));
    }
    let after = before.clone().transfer(caller.actor(), to, tx.now())?;
    store(tx, before, after, Event::TicketAssigned, Event::ConversationTransferred).await
}
