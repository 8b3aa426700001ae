//! A ticket's action is asked of the server. Whoever asked hears the server's word if it comes soon, and otherwise that the
//! ticket waits for it.

use std::time::Duration;

use ownline_model::{bridge::ServerLink, ids::TicketId, problem::ProblemCode, ticket::Ticket};
use ownline_web::ApiError;

use crate::{
    api::app::App,
    store::{TicketAction, change::Change},
};

const WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn ticket(app: &App, id: TicketId, action: TicketAction) -> Result<Ticket, ApiError> {
    // Subscribed before the action is written, so that no answer can slip past.
    let mut changes = app.store.changes();
    let asked = app.store.act_on_ticket(id, action).await?;
    let reachable =
        matches!(&*app.store.server_link().borrow(), ServerLink::InSync { .. } | ServerLink::Connecting { .. });
    let Some(change) = asked.change.filter(|_| reachable) else { return Ok(asked.ticket) };
    let settled = async {
        loop {
            match changes.recv().await {
                Ok(Change::Settled { change: settled, refusal }) if settled == change => break refusal,
                Ok(_) => {}
                // Too much happened to be told; the replica knows.
                Err(_) => break None,
            }
        }
    };
    if let Ok(Some(problem)) = tokio::time::timeout(WITHIN, settled).await {
        return Err((*problem).into());
    }
    app.store.ticket(id).await?.ok_or_else(|| ProblemCode::NotFound.into())
}
