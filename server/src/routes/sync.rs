//! TODO sync

use ownline_model::{
    sync::{Push, PushAnswer, PullAnswer},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

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
pub(crate) async fn push() -> Result<Json<PushAnswer>, ApiError> {
    pending()
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
pub(crate) async fn pull() -> Result<Json<PullAnswer>, ApiError> {
    pending()
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
