//! What the phone still has.

use std::time::Duration;

use axum::extract::State;
use ownline_model::{
    conversation::AskForOlder,
    event::{Event, HistoryArrived},
    ids::ConversationId,
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    api::{app::App, problems::Problems, refusal},
    store::change::Change,
};

/// A phone that is on answers within seconds.
const PHONE_WITHIN: Duration = Duration::from_secs(25);

/// Asks the phone for messages that came before the oldest one here, or before a gap's end. Answers once they are stored.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/older",
    operation_id = "ask_for_older",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The conversation, on the own number.")),
    request_body = AskForOlder,
    responses((status = 200, body = HistoryArrived, description = "How many messages came."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn ask_for_older(
    State(app): State<App>,
    Path(id): Path<ConversationId>,
    Json(ask): Json<AskForOlder>,
) -> Result<Json<HistoryArrived>, ApiError> {
    let item = app.store.conversation(id).await?.ok_or(ApiError::from(ProblemCode::NotFound))?;
    if ask.before.is_none() && !item.older_on_phone {
        return Err(ProblemCode::NothingOlder.into());
    }
    let older = app.store.older_than(id, ask.before).await?.ok_or(ApiError::from(ProblemCode::NothingOlder))?;
    let changes = app.store.changes();
    app.session.ask_for_older(older).await.map_err(refusal::session)?;
    match tokio::time::timeout(PHONE_WITHIN, arrival(changes, item.conversation.id)).await {
        Ok(Some(arrived)) => Ok(Json(arrived)),
        Ok(None) => Err(ProblemCode::Unavailable.into()),
        Err(_) => Err(ProblemCode::PhoneOffline.into()),
    }
}

/// The next history of this chat. `None` when the program ends.
async fn arrival(mut changes: Receiver<Change>, id: ConversationId) -> Option<HistoryArrived> {
    loop {
        match changes.recv().await {
            Ok(Change::Event(event)) => {
                if let Event::HistoryArrived(arrived) = &*event
                    && arrived.conversation_id == Some(id)
                {
                    return Some(arrived.clone());
                }
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
