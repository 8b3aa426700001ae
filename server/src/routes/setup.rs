//! The first admin.

use axum::extract::State;
use axum::http::StatusCode;
use ownline_model::account::{Setup, Tokens};
use ownline_web::{ApiError, Json};

use crate::app::App;

use super::{problems::Problems, signed::From};

/// Makes the first admin, by the token that a fresh server logs. Works once.
#[utoipa::path(
    post,
    path = "/api/setup",
    operation_id = "setup",
    tag = "server",
    request_body = Setup,
    responses((status = 201, body = Tokens, description = "The first admin, signed in."), Problems),
    security(())
)]
pub(crate) async fn setup(
    State(app): State<App>,
    From(from): From,
    Json(body): Json<Setup>,
) -> Result<(StatusCode, Json<Tokens>), ApiError> {
    Ok((StatusCode::CREATED, Json(app.accounts().set_up(body, from).await?)))
}
