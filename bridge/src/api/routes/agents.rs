//! The team, and who is signed in.

use axum::extract::State;
use ownline_model::{agent::Agent, problem::ProblemCode};
use ownline_web::{ApiError, Json};

use crate::api::{app::App, problems::Problems};

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/api/auth/profile",
    operation_id = "get_profile",
    tag = "desk",
    responses((status = 200, body = Agent, description = "The person who asks."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn get_profile(State(app): State<App>) -> Result<Json<Agent>, ApiError> {
    app.store.me().await?.map(Json).ok_or_else(|| ProblemCode::NotSignedIn.into())
}

/// The people of the team.
#[utoipa::path(
    get,
    path = "/api/agents",
    operation_id = "list_agents",
    tag = "desk",
    responses((status = 200, body = Vec<Agent>, description = "Everyone, by name."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_agents(State(app): State<App>) -> Result<Json<Vec<Agent>>, ApiError> {
    Ok(Json(app.store.agents().await?))
}
