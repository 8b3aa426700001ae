//! Conversations.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    conversation::{Conversation, ConversationCounts, ConversationItem, SetScope, StartConversation, TeamView},
    desk_query::ConversationQuery,
    ids::ConversationId,
    message::ReadUpTo,
    page::Page,
    phone::PhoneNumber,
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path, Query};

use crate::api::{app::App, problems::Problems, refusal};

/// Conversations, latest activity first.
#[utoipa::path(
    get,
    path = "/api/conversations",
    operation_id = "list_conversations",
    tag = "desk",
    params(ConversationQuery),
    responses((status = 200, body = Page<ConversationItem>, description = "A page of conversations."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_conversations(
    State(app): State<App>,
    Query(query): Query<ConversationQuery>,
) -> Result<Json<Page<ConversationItem>>, ApiError> {
    Ok(Json(app.store.conversations(query).await?))
}

/// How many conversations each view holds.
#[utoipa::path(
    get,
    path = "/api/conversations/counts",
    operation_id = "conversation_counts",
    tag = "desk",
    responses((status = 200, body = ConversationCounts, description = "How many each view holds."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn conversation_counts(State(app): State<App>) -> Result<Json<ConversationCounts>, ApiError> {
    Ok(Json(app.store.conversation_counts().await?))
}

/// One conversation with its person and its open ticket.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}",
    operation_id = "get_conversation",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The conversation.")),
    responses((status = 200, body = ConversationItem, description = "The conversation."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn get_conversation(
    State(app): State<App>,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationItem>, ApiError> {
    app.store.conversation(id).await?.map(Json).ok_or_else(|| ProblemCode::NotFound.into())
}

/// Notes that a person has seen everything up to a position.
#[utoipa::path(
    put,
    path = "/api/conversations/{id}/read",
    operation_id = "mark_read",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The conversation.")),
    request_body = ReadUpTo,
    responses((status = 200, body = Conversation, description = "The conversation, read up to there."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn mark_read(
    State(app): State<App>,
    Path(id): Path<ConversationId>,
    Json(up_to): Json<ReadUpTo>,
) -> Result<Json<Conversation>, ApiError> {
    let read = app.store.mark_read(id, up_to.position).await?;
    if let Some(ticks) = read.on_own_number {
        app.store.owe_ticks(read.conversation.id, ticks.wa_ids).await?;
    }
    Ok(Json(read.conversation))
}

/// Opens a chat with a number from the agent's own line, if that number is on WhatsApp.
#[utoipa::path(
    post,
    path = "/api/conversations",
    operation_id = "start_conversation",
    tag = "bridge",
    request_body = StartConversation,
    responses((status = 201, body = ConversationItem, description = "The chat, new or known."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn start_conversation(
    State(app): State<App>,
    Json(start): Json<StartConversation>,
) -> Result<(StatusCode, Json<ConversationItem>), ApiError> {
    let phone = PhoneNumber::from_typed(&start.phone, start.country.as_deref())
        .map_err(|_| ApiError::from(ProblemCode::InvalidPhoneNumber))?;
    if let Some(known) = app.store.own_conversation_with(phone.clone()).await? {
        return Ok((StatusCode::CREATED, Json(known)));
    }
    let identity = app.session.is_on_whatsapp(phone).await.map_err(refusal::session)?;
    let identity = identity.ok_or(ApiError::from(ProblemCode::NotOnWhatsapp))?;
    Ok((StatusCode::CREATED, Json(app.store.open_conversation(identity).await?)))
}

/// Decides what a chat on the own number shares. Sharing less takes back what the team had of it.
#[utoipa::path(
    put,
    path = "/api/conversations/{id}/scope",
    operation_id = "set_scope",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The conversation.")),
    request_body = SetScope,
    responses((status = 200, body = ConversationItem, description = "The conversation as it is now."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn set_scope(
    State(app): State<App>,
    Path(id): Path<ConversationId>,
    Json(wish): Json<SetScope>,
) -> Result<Json<ConversationItem>, ApiError> {
    Ok(Json(app.store.set_scope(id, wish).await?))
}

/// What everybody else on the team sees of a chat on the own number.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/team-view",
    operation_id = "team_view",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The conversation.")),
    responses((status = 200, body = TeamView, description = "As it leaves this machine."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn team_view(
    State(app): State<App>,
    Path(id): Path<ConversationId>,
) -> Result<Json<TeamView>, ApiError> {
    Ok(Json(app.store.team_view(id).await?))
}
