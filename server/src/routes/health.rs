//! Whether the server is there.

use crate::PROTOCOL_MIN;
use crate::app::App;
use axum::extract::State;
use ownline_model::PROTOCOL;
use ownline_model::health::ServerHealth;
use ownline_web::{ApiError, Json};

use super::problems::Problems;

/// Whether this is an Ownline server, and which protocol it speaks. Open to all.
#[utoipa::path(
    get,
    path = "/api/health",
    operation_id = "health",
    tag = "server",
    responses((status = 200, body = ServerHealth, description = "The server is there."), Problems),
    security(())
)]
pub(crate) async fn health(State(app): State<App>) -> Result<Json<ServerHealth>, ApiError> {
    let setup_needed = app.accounts().setup_needed().await?;
    Ok(Json(ServerHealth {
        ok: true,
        product: "ownline-server".to_owned(),
        protocol: PROTOCOL,
        protocol_min: PROTOCOL_MIN,
        setup_needed,
    }))
}
