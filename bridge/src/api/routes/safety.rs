//! The sending rules as they stand, and the customers who asked not to be written to.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    ids::ContactId,
    safety::{OptOut, SafetyReport},
};
use ownline_web::{ApiError, Json, Path};

use crate::api::{app::App, problems::Problems};

/// What may be sent now, how full each budget is, and what waits because of a rule.
#[utoipa::path(
    get,
    path = "/safety",
    operation_id = "safety_report",
    tag = "bridge",
    responses((status = 200, body = SafetyReport, description = "How the rules stand."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn safety_report(State(app): State<App>) -> Result<Json<SafetyReport>, ApiError> {
    Ok(Json(app.store.safety_report().await?))
}

/// Customers who asked not to be written to, the newest first.
#[utoipa::path(
    get,
    path = "/safety/opt-outs",
    operation_id = "opt_outs",
    tag = "bridge",
    responses((status = 200, body = Vec<OptOut>, description = "Who asked, when, and with which word."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn opt_outs(State(app): State<App>) -> Result<Json<Vec<OptOut>>, ApiError> {
    Ok(Json(app.store.opt_outs().await?))
}

/// Lets a customer be written to again, on the customer's own word.
#[utoipa::path(
    delete,
    path = "/safety/opt-outs/{contact_id}",
    operation_id = "lift_opt_out",
    tag = "bridge",
    params(("contact_id" = String, Path, format = "uuid", description = "The customer.")),
    responses((status = 204, description = "The customer may be written to."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn lift_opt_out(
    State(app): State<App>,
    Path(contact): Path<ContactId>,
) -> Result<StatusCode, ApiError> {
    app.store.lift_opt_out(contact).await?;
    Ok(StatusCode::NO_CONTENT)
}
