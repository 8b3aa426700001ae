//! TODO auth

use axum::http::StatusCode;
use ownline_model::{
    account::{Tokens, Login, Refresh, Enrol, ProfileUpdate},
    agent::{Agent},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

/// Signs in with e-mail and password.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    operation_id = "login",
    tag = "account",
    request_body = Login,
    responses((status = 200, body = Tokens, description = "Signed in."), Problems),
    security(())
)]
pub(crate) async fn login() -> Result<Json<Tokens>, ApiError> {
    pending()
}

/// Gives the next tokens for a refresh token, which is spent by it. Using a spent one ends the session.
#[utoipa::path(
    post,
    path = "/api/auth/refresh",
    operation_id = "refresh",
    tag = "account",
    request_body = Refresh,
    responses((status = 200, body = Tokens, description = "The next tokens."), Problems),
    security(())
)]
pub(crate) async fn refresh() -> Result<Json<Tokens>, ApiError> {
    pending()
}

/// Ends the session of a refresh token. Repeating it is harmless.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    operation_id = "logout",
    tag = "account",
    request_body = Refresh,
    responses((status = 204, description = "The session has ended."), Problems),
    security(())
)]
pub(crate) async fn logout() -> Result<StatusCode, ApiError> {
    pending()
}

/// Sets the first password by a one-time code from the admin.
#[utoipa::path(
    post,
    path = "/api/auth/enrol",
    operation_id = "enrol",
    tag = "account",
    request_body = Enrol,
    responses((status = 200, body = Tokens, description = "The password is set; signed in."), Problems),
    security(())
)]
pub(crate) async fn enrol() -> Result<Json<Tokens>, ApiError> {
    pending()
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/api/auth/profile",
    operation_id = "get_profile",
    tag = "desk",
    responses((status = 200, body = Agent, description = "The person who asks."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn get_profile() -> Result<Json<Agent>, ApiError> {
    pending()
}

/// Changes the own name or password. A new password ends all other sessions.
#[utoipa::path(
    put,
    path = "/api/auth/profile",
    operation_id = "update_profile",
    tag = "account",
    request_body = ProfileUpdate,
    responses((status = 200, body = Agent, description = "The changed profile."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn update_profile() -> Result<Json<Agent>, ApiError> {
    pending()
}
