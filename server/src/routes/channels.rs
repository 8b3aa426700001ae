//! TODO channels

use ownline_model::{
    channel::{Channel},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

/// The numbers that the team talks from.
#[utoipa::path(
    get,
    path = "/api/channels",
    operation_id = "list_channels",
    tag = "desk",
    responses((status = 200, body = Vec<Channel>, description = "Every number, by name."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_channels() -> Result<Json<Vec<Channel>>, ApiError> {
    pending()
}
