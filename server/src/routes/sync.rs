//! What bridges push and pull.

use crate::app::App;
use crate::{
    PROTOCOL_MIN,
    desk::{self, Refusal, feed},
    store::StoreError,
};
use axum::extract::State;
use ownline_model::sync::{PullAnswer, Push, PushAnswer};
use ownline_model::{limits::SYNC_BATCH_MAX, problem::ProblemCode};
use ownline_web::{ApiError, Json, Query};

use super::{problems::Problems, signed::Signed};

/// A bridge's changes, applied in order, each on its own. Repeating a push is harmless.
#[utoipa::path(
    post,
    path = "/api/sync/push",
    operation_id = "push",
    tag = "sync",
    request_body = Push,
    responses((status = 200, body = PushAnswer, description = "One result for each change; all that was applied is durable."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn push(
    State(app): State<App>,
    Signed(who): Signed,
    Json(body): Json<Push>,
) -> Result<Json<PushAnswer>, ApiError> {
    if body.protocol < PROTOCOL_MIN {
        return Err(ProblemCode::ProtocolTooOld.into());
    }
    if body.changes.len() > SYNC_BATCH_MAX {
        return Err(Refusal::field("changes", "At most 500 changes in a push.").into());
    }
    let now = app.now();
    let results = desk::push::push(app.store(), who.tenant, now, app.caller(&who), body.changes).await;
    Ok(Json(PushAnswer { results: results.map_err(|error| unavailable(&error))?, server_time: now }))
}

/// What happened since a cursor; without one, a snapshot first.
#[utoipa::path(
    get,
    path = "/api/sync/pull",
    operation_id = "pull",
    tag = "sync",
    params(PullQuery),
    responses((status = 200, body = PullAnswer, description = "The next entries."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn pull(
    State(app): State<App>,
    Signed(who): Signed,
    Query(query): Query<PullQuery>,
) -> Result<Json<PullAnswer>, ApiError> {
    if query.protocol.is_some_and(|protocol| protocol < PROTOCOL_MIN) {
        return Err(ProblemCode::ProtocolTooOld.into());
    }
    let db = app.store().reader(who.tenant);
    Ok(Json(feed::pull(&db, who.tenant, app.now(), query.cursor.as_deref(), query.limit).await?))
}

/// `GET /api/sync/pull`.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PullQuery {
    /// The `cursor` of the answer before; absent for a snapshot.
    pub cursor: Option<String>,
    /// How many entries; 500 when absent, which is also the most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The protocol that the bridge speaks.
    pub protocol: Option<u32>,
}

/// The bridge keeps what could not be stored and tries again.
fn unavailable(error: &StoreError) -> ApiError {
    tracing::error!(%error, "a push was not stored");
    ProblemCode::Unavailable.into()
}
