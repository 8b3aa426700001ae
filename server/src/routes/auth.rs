//! Signing in and out, and the own profile.

use axum::extract::State;
use axum::http::StatusCode;
use ownline_model::{
    account::{Enrol, Login, ProfileUpdate, Refresh, Tokens},
    agent::Agent,
};
use ownline_web::{ApiError, Json};

use crate::app::App;

use super::{problems::Problems, signed::From, signed::Signed};

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
pub(crate) async fn login(
    State(app): State<App>,
    From(from): From,
    Json(body): Json<Login>,
) -> Result<Json<Tokens>, ApiError> {
    Ok(Json(app.accounts().sign_in(body, from).await?))
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
pub(crate) async fn refresh(State(app): State<App>, Json(body): Json<Refresh>) -> Result<Json<Tokens>, ApiError> {
    Ok(Json(app.accounts().refresh(&body.refresh_token).await?))
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
pub(crate) async fn logout(State(app): State<App>, Json(body): Json<Refresh>) -> Result<StatusCode, ApiError> {
    app.accounts().sign_out(&body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
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
pub(crate) async fn enrol(
    State(app): State<App>,
    From(from): From,
    Json(body): Json<Enrol>,
) -> Result<Json<Tokens>, ApiError> {
    Ok(Json(app.accounts().enrol(body, from).await?))
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
pub(crate) async fn get_profile(Signed(who): Signed) -> Result<Json<Agent>, ApiError> {
    Ok(Json(who.agent))
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
pub(crate) async fn update_profile(
    State(app): State<App>,
    Signed(who): Signed,
    Json(body): Json<ProfileUpdate>,
) -> Result<Json<Agent>, ApiError> {
    Ok(Json(app.accounts().update_profile(&who, body).await?))
}
