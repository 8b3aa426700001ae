//! TODO setup

use axum::http::StatusCode;
use ownline_model::{
    account::{Setup, Tokens},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

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
pub(crate) async fn setup() -> Result<(StatusCode, Json<Tokens>), ApiError> {
    pending()
}
