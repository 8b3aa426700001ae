//! Whether the agent sits before a screen.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    bridge::AgentPresent,
    problem::{Problem, ProblemCode},
};
use ownline_web::{ApiError, Json};

use crate::api::{app::App, problems::Problems};

const WINDOW_MAX_BYTES: usize = 64;

/// Says whether the agent sits before this window. The line shows as online while at least one window says so; a window says
/// it again each minute, and counts for two and a half.
#[utoipa::path(
    put,
    path = "/presence",
    operation_id = "put_presence",
    tag = "bridge",
    request_body = AgentPresent,
    responses((status = 204, description = "Noted."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn put_presence(
    State(app): State<App>,
    Json(presence): Json<AgentPresent>,
) -> Result<StatusCode, ApiError> {
    let window = presence.window.unwrap_or_default();
    if window.len() > WINDOW_MAX_BYTES {
        let problem = Problem::new(ProblemCode::InvalidRequest).with_field("window");
        return Err(problem.with_detail("At most 64 bytes.").into());
    }
    app.attendance.note(window, presence.present);
    Ok(StatusCode::NO_CONTENT)
}
