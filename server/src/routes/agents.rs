//! People.

use crate::app::App;
use crate::{
    accounts::AgentOrEnrolment,
    desk::{Refusal, policy},
    store::agents,
};
use axum::extract::State;
use axum::http::StatusCode;
use ownline_model::ids::AgentId;
use ownline_model::{
    account::{AgentPatch, Enrolment, NewAgent},
    agent::Agent,
};
use ownline_web::{ApiError, Json, Path};

use super::{problems::Problems, signed::Signed};

/// The people of the team.
#[utoipa::path(
    get,
    path = "/api/agents",
    operation_id = "list_agents",
    tag = "desk",
    responses((status = 200, body = Vec<Agent>, description = "Everyone, by name."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_agents(State(app): State<App>, Signed(who): Signed) -> Result<Json<Vec<Agent>>, ApiError> {
    Ok(Json(agents::all(&app.reader(&who)).await.map_err(Refusal::from)?))
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
pub(crate) async fn create_agent(
    State(app): State<App>,
    Signed(who): Signed,
    Json(body): Json<NewAgent>,
) -> Result<(StatusCode, Json<Enrolment>), ApiError> {
    policy::must_manage_agents(&app.caller(&who))?;
    match app.accounts().add(who.tenant, body, None).await? {
        AgentOrEnrolment::Enrolment(enrolment) => Ok((StatusCode::CREATED, Json(enrolment))),
        AgentOrEnrolment::Agent(_) => Err(ApiError::internal("a person without a password needs a code")),
    }
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
pub(crate) async fn update_agent(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<AgentId>,
    Json(body): Json<AgentPatch>,
) -> Result<Json<Agent>, ApiError> {
    policy::must_manage_agents(&app.caller(&who))?;
    Ok(Json(app.accounts().change(who.tenant, id, body).await?))
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
pub(crate) async fn renew_enrolment(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<AgentId>,
) -> Result<(StatusCode, Json<Enrolment>), ApiError> {
    policy::must_manage_agents(&app.caller(&who))?;
    Ok((StatusCode::CREATED, Json(app.accounts().renew_enrolment(who.tenant, id).await?)))
}
