//! TODO agents

use axum::http::StatusCode;
use ownline_model::{
    account::{NewAgent, Enrolment, AgentPatch},
    agent::{Agent},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
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
pub(crate) async fn list_agents() -> Result<Json<Vec<Agent>>, ApiError> {
    pending()
}

/// Adds a person (admin).
#[utoipa::path(
    post,
    path = "/api/agents",
    operation_id = "create_agent",
    tag = "admin",
    request_body = NewAgent,
    responses((status = 201, body = Enrolment, description = "The person, and the code that is shown only now."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn create_agent() -> Result<(StatusCode, Json<Enrolment>), ApiError> {
    pending()
}

/// Changes a person's name or role, or switches the account off, which ends its sessions at once (admin).
#[utoipa::path(
    patch,
    path = "/api/agents/{id}",
    operation_id = "update_agent",
    tag = "admin",
    params(("id" = String, Path, format = "uuid", description = "The person.")),
    request_body = AgentPatch,
    responses((status = 200, body = Agent, description = "The changed person."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn update_agent() -> Result<Json<Agent>, ApiError> {
    pending()
}

/// Makes a new enrolment code; earlier ones stop working (admin).
#[utoipa::path(
    post,
    path = "/api/agents/{id}/enrolment",
    operation_id = "renew_enrolment",
    tag = "admin",
    params(("id" = String, Path, format = "uuid", description = "The person.")),
    responses((status = 201, body = Enrolment, description = "The new code, shown only now."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn renew_enrolment() -> Result<(StatusCode, Json<Enrolment>), ApiError> {
    pending()
}
