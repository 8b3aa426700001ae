//! Messages.

use crate::app::App;
use crate::{
    desk::{self, Refusal},
    store::{conversations, messages},
};
use axum::extract::State;
use axum::http::StatusCode;
use ownline_model::{
    desk_query::MessageQuery,
    message::{Message, NewMessage},
    page::Page,
};
use ownline_model::{
    desk_query::page_limit,
    ids::{ConversationId, MessageId},
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path, Query};

use super::{problems::Problems, signed::Signed};

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
    Signed(who): Signed,
    Path(id): Path<ConversationId>,
    Query(query): Query<MessageQuery>,
) -> Result<Json<Page<Message>>, ApiError> {
    let db = app.reader(&who);
    let thread = conversations::find(&db, id).await.map_err(Refusal::from)?.ok_or(ProblemCode::NotFound)?;
    let limit = page_limit(query.limit);
    let page = messages::page(&db, thread.conversation.id, query.cursor.as_deref(), limit).await;
    Ok(Json(page.map_err(Refusal::from)?.map_err(Refusal::from)?))
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
    Signed(who): Signed,
    Path(id): Path<ConversationId>,
    Json(body): Json<NewMessage>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    let random = rand::random();
    let sent = app.act(&who, move |tx, caller| Box::pin(desk::reply::written(tx, caller, id, body, random)));
    Ok((StatusCode::CREATED, Json(sent.await?)))
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
    Signed(who): Signed,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>, ApiError> {
    let applied = app.act(&who, move |tx, caller| Box::pin(desk::delivery::retry(tx, caller, id))).await?;
    Ok(Json(applied.truth.message.ok_or(ProblemCode::NotFound)?))
}
