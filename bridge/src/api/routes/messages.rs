//! Messages.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    desk_query::MessageQuery,
    ids::{ConversationId, MessageId},
    message::{Message, NewMessage},
    page::Page,
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path, Query};

use crate::api::{app::App, problems::Problems};

/// Messages, newest page first.
#[utoipa::path(
    get,
    path = "/api/conversations/{id}/messages",
    operation_id = "list_messages",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The conversation."), MessageQuery),
    responses((status = 200, body = Page<Message>, description = "A page, oldest to newest inside."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_messages(
    State(app): State<App>,
    Path(id): Path<ConversationId>,
    Query(query): Query<MessageQuery>,
) -> Result<Json<Page<Message>>, ApiError> {
    app.store.messages(id, query).await?.map(Json).ok_or_else(|| ProblemCode::NotFound.into())
}

/// Writes to the customer. Posting the same id again changes nothing.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/messages",
    operation_id = "send_message",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The conversation.")),
    request_body = NewMessage,
    responses((status = 201, body = Message, description = "Queued, or the same message again."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn send_message(
    State(app): State<App>,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewMessage>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    Ok((StatusCode::CREATED, Json(app.store.write_message(id, new).await?)))
}

/// Tries a failed message once more, under the same WhatsApp id.
#[utoipa::path(
    post,
    path = "/api/messages/{id}/retry",
    operation_id = "retry_message",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The message.")),
    responses((status = 200, body = Message, description = "Queued again."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn retry_message(
    State(app): State<App>,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>, ApiError> {
    Ok(Json(app.store.retry_message(id).await?))
}
