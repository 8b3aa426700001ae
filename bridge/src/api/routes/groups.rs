//! Groups of the own number.

use std::time::Duration;

use axum::extract::State;
use ownline_model::{
    group::Group,
    ids::ConversationId,
    problem::{Problem, ProblemCode},
};
use ownline_web::{ApiError, Json, Path};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    api::{app::App, problems::Problems, refusal},
    session_port::SessionError,
    store::change::Change,
};

/// WhatsApp answers within a second where it is there.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What is known of the group behind a chat on the own number: its subject, its members, who may write.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/group",
    operation_id = "get_group",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The group's conversation.")),
    responses((status = 200, body = Group, description = "The group, as last known."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn get_group(State(app): State<App>, Path(id): Path<ConversationId>) -> Result<Json<Group>, ApiError> {
    let mut changes = app.store.changes();
    let answer = tokio::time::timeout(ANSWER_WITHIN, async {
        loop {
            if let Some(group) = app.store.group(id).await? {
                return Ok(Json(group));
            }
            // WhatsApp is being asked, where it is there.
            if !app.store.session().borrow().can_send() {
                return Err(refusal::session(SessionError::NotConnected));
            }
            while !matches!(changes.recv().await, Ok(Change::Groups) | Err(RecvError::Lagged(_) | RecvError::Closed)) {}
        }
    });
    let unknown =
        || Problem::new(ProblemCode::Unavailable).with_detail("WhatsApp has not told yet who is in this group.");
    answer.await.unwrap_or_else(|_| Err(unknown().into()))
}
