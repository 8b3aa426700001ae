//! The passkey that some accounts must give before a device is linked.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    bridge::{PasskeyAnswer, PasskeyRequest},
    problem::ProblemCode,
    session::SessionState,
};
use ownline_web::{ApiError, Json};

use crate::api::{app::App, problems::Problems, refusal};

/// What the account's passkey must sign.
#[utoipa::path(
    get,
    path = "/passkey",
    operation_id = "passkey_request",
    tag = "bridge",
    responses((status = 200, body = PasskeyRequest, description = "The options, as WhatsApp gave them."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn passkey_request(State(app): State<App>) -> Result<Json<PasskeyRequest>, ApiError> {
    let options = app.store.passkey().borrow().clone();
    match (options, &*app.store.session().borrow()) {
        (Some(options), SessionState::PasskeyNeeded { until, .. }) => {
            Ok(Json(PasskeyRequest { options, until: *until }))
        }
        _ => Err(ProblemCode::NoPasskeyAsked.into()),
    }
}

/// What the passkey said. Where WhatsApp takes it, the session's state soon holds a code that the phone shows too.
#[utoipa::path(
    post,
    path = "/passkey",
    operation_id = "answer_passkey",
    tag = "bridge",
    request_body = PasskeyAnswer,
    responses((status = 202, description = "WhatsApp took it."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn answer_passkey(
    State(app): State<App>,
    Json(answer): Json<PasskeyAnswer>,
) -> Result<StatusCode, ApiError> {
    app.session.answer_passkey(answer.assertion).await.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}

/// The phone shows the same code as the session's state.
#[utoipa::path(
    post,
    path = "/passkey/confirm",
    operation_id = "confirm_passkey",
    tag = "bridge",
    responses((status = 202, description = "Linking goes on."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn confirm_passkey(State(app): State<App>) -> Result<StatusCode, ApiError> {
    app.session.confirm_passkey().await.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}
