//! Messages.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    desk_query::MessageQuery,
    ids::{ConversationId, MessageId},
    message::{EditMessage, Message, NewMessage, React},
    page::Page,
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path, Query};

use crate::{
    api::{app::App, message_query::Taking, problems::Problems},
    store::TakeBack,
};

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

/// Changes the words of a message of the own number, within WhatsApp's quarter of an hour. Shown at once; where WhatsApp does
/// not take it, it is undone and `failure` says why.
#[utoipa::path(
    patch,
    path = "/api/messages/{id}",
    operation_id = "edit_message",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The message.")),
    request_body = EditMessage,
    responses((status = 200, body = Message, description = "The message with its new words."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn edit_message(
    State(app): State<App>,
    Path(id): Path<MessageId>,
    Json(edit): Json<EditMessage>,
) -> Result<Json<Message>, ApiError> {
    Ok(Json(app.store.edit_message(id, edit.text).await?))
}

/// Takes a message of the own number back. One that waits to be sent, whoever wrote it, never leaves: it stays as failed, with
/// `cancelled` as its reason. One that has left is taken back for everyone, undone like an edit. `already_sent`: it is just
/// leaving, or was to be taken back only while it waits.
#[utoipa::path(
    delete,
    path = "/api/messages/{id}",
    operation_id = "revoke_message",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The message."), Taking),
    responses((status = 200, body = Message, description = "What is left of it."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn revoke_message(
    State(app): State<App>,
    Path(id): Path<MessageId>,
    Query(taking): Query<Taking>,
) -> Result<Json<Message>, ApiError> {
    let whence = if taking.unsent { TakeBack::Unsent } else { TakeBack::Anywhere };
    Ok(Json(app.store.take_back(id, whence).await?))
}

/// Reacts to a message of a chat on the own number, or takes the reaction back. Undone like an edit.
#[utoipa::path(
    put,
    path = "/api/messages/{id}/reaction",
    operation_id = "react",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The message.")),
    request_body = React,
    responses((status = 200, body = Message, description = "The message with its reactions."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn react(
    State(app): State<App>,
    Path(id): Path<MessageId>,
    Json(react): Json<React>,
) -> Result<Json<Message>, ApiError> {
    Ok(Json(app.store.react(id, react.emoji).await?))
}

/// The agent has listened to a voice note of the customer, who sees it where the line tells of reading.
#[utoipa::path(
    post,
    path = "/api/messages/{id}/played",
    operation_id = "mark_played",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The message.")),
    responses((status = 204, description = "Noted."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn mark_played(State(app): State<App>, Path(id): Path<MessageId>) -> Result<StatusCode, ApiError> {
    if let Some(tick) = app.store.mark_played(id).await? {
        app.session.mark_played(tick);
    }
    Ok(StatusCode::NO_CONTENT)
}
