//! Numbers that the team talks from.

use axum::extract::State;
use ownline_model::channel::Channel;
use ownline_web::{ApiError, Json};

use crate::api::{app::App, problems::Problems};

/// The numbers that the team talks from.
#[utoipa::path(
    get,
    path = "/api/channels",
    operation_id = "list_channels",
    tag = "desk",
    responses((status = 200, body = Vec<Channel>, description = "Every number, by name."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_channels(State(app): State<App>) -> Result<Json<Vec<Channel>>, ApiError> {
    Ok(Json(app.store.channels().await?))
}
