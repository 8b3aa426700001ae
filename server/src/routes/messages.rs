//! TODO messages

use axum::http::StatusCode;
use ownline_model::{
    message::{Message, NewMessage},
    page::{Page},
    desk_query::{MessageQuery},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

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
pub(crate) async fn list_messages() -> Result<Json<Page<Message>>, ApiError> {
    pending()
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
pub(crate) async fn send_message() -> Result<(StatusCode, Json<Message>), ApiError> {
    pending()
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
pub(crate) async fn retry_message() -> Result<Json<Message>, ApiError> {
    pending()
}
