//! What the agent decides about the own line.

use axum::extract::State;
use ownline_model::{bridge::LineSettings, problem::ProblemCode};
use ownline_web::{ApiError, Json};

use crate::api::{app::App, problems::Problems};

/// The own line's settings.
#[utoipa::path(
    get,
    path = "/settings",
    operation_id = "line_settings",
    tag = "bridge",
    responses((status = 200, body = LineSettings, description = "The settings."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn line_settings(State(app): State<App>) -> Result<Json<LineSettings>, ApiError> {
    app.store.line_settings().await?.map(Json).ok_or_else(|| ProblemCode::NotLinked.into())
}

/// Changes them, as a whole. What chats share that exist already does not change.
#[utoipa::path(
    put,
    path = "/settings",
    operation_id = "put_line_settings",
    tag = "bridge",
    request_body = LineSettings,
    responses((status = 200, body = LineSettings, description = "The settings now."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn put_line_settings(
    State(app): State<App>,
    Json(settings): Json<LineSettings>,
) -> Result<Json<LineSettings>, ApiError> {
    if !app.store.set_line_settings(settings).await? {
        return Err(ProblemCode::NotLinked.into());
    }
    line_settings(State(app)).await
}
