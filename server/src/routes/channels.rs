//! Numbers.

use crate::app::App;
use crate::{desk::Refusal, store::channels};
use axum::extract::State;
use ownline_model::channel::Channel;
use ownline_web::{ApiError, Json};

use super::{problems::Problems, signed::Signed};

/// The numbers that the team talks from.
#[utoipa::path(
    get,
    path = "/api/channels",
    operation_id = "list_channels",
    tag = "desk",
    responses((status = 200, body = Vec<Channel>, description = "Every number, by name."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_channels(State(app): State<App>, Signed(who): Signed) -> Result<Json<Vec<Channel>>, ApiError> {
    Ok(Json(channels::all(&app.reader(&who)).await.map_err(Refusal::from)?))
}
