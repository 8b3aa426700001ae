//! TODO health

use ownline_model::{
    health::{ServerHealth},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

/// Whether this is an Ownline server, and which protocol it speaks. Open to all.
#[utoipa::path(
    get,
    path = "/api/health",
    operation_id = "health",
    tag = "server",
    responses((status = 200, body = ServerHealth, description = "The server is there."), Problems),
    security(())
)]
pub(crate) async fn health() -> Result<Json<ServerHealth>, ApiError> {
    pending()
}
