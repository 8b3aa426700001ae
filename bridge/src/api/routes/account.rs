//! The team's server: finding it, signing in and out.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    agent::Agent,
    bridge::{CheckServer, EnrolAt, SignIn},
    health::ServerHealth,
};
use ownline_web::{ApiError, Json};

use crate::api::{app::App, problems::Problems};

/// Whether there is an Ownline server at an address.
#[utoipa::path(
    post,
    path = "/server/check",
    operation_id = "check_server",
    tag = "bridge",
    request_body = CheckServer,
    responses((status = 200, body = ServerHealth, description = "There is; this is what it says."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn check_server(
    State(app): State<App>,
    Json(check): Json<CheckServer>,
) -> Result<Json<ServerHealth>, ApiError> {
    Ok(Json(app.account.check(&check.url).await?))
}

/// Signs in to the team's server.
#[utoipa::path(
    post,
    path = "/server/sign-in",
    operation_id = "sign_in",
    tag = "bridge",
    request_body = SignIn,
    responses((status = 200, body = Agent, description = "Signed in as this person."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn sign_in(State(app): State<App>, Json(sign_in): Json<SignIn>) -> Result<Json<Agent>, ApiError> {
    Ok(Json(app.account.sign_in(sign_in).await?))
}

/// Sets the first password by a one-time code, and signs in.
#[utoipa::path(
    post,
    path = "/server/enrol",
    operation_id = "enrol_at",
    tag = "bridge",
    request_body = EnrolAt,
    responses((status = 200, body = Agent, description = "Enrolled and signed in as this person."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn enrol_at(State(app): State<App>, Json(enrol): Json<EnrolAt>) -> Result<Json<Agent>, ApiError> {
    Ok(Json(app.account.enrol(enrol).await?))
}

/// Signs out. What waits for the server stays and goes out when the same person signs in again.
#[utoipa::path(
    post,
    path = "/server/sign-out",
    operation_id = "sign_out",
    tag = "bridge",
    responses((status = 204, description = "Signed out."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn sign_out(State(app): State<App>) -> Result<StatusCode, ApiError> {
    app.account.sign_out().await?;
    Ok(StatusCode::NO_CONTENT)
}
