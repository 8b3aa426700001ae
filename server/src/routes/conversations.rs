//! Conversations.

use crate::app::App;
use crate::{
    desk::{self, Refusal},
    store::{
        conversations::{self, Filter},
        counters,
    },
};
use axum::extract::State;
use ownline_model::{
    conversation::{Conversation, ConversationCounts, ConversationItem},
    desk_query::ConversationQuery,
    message::ReadUpTo,
    page::Page,
};
use ownline_model::{desk_query::page_limit, ids::ConversationId, problem::ProblemCode};
use ownline_web::{ApiError, Json, Path, Query};

use super::{problems::Problems, signed::Signed};

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
    Signed(who): Signed,
    Query(query): Query<ConversationQuery>,
) -> Result<Json<Page<ConversationItem>>, ApiError> {
    let filter = Filter {
        view: query.view.unwrap_or_default(),
        q: query.q.as_deref(),
        cursor: query.cursor.as_deref(),
        limit: page_limit(query.limit),
    };
    let page = conversations::page(&app.reader(&who), who.agent.id, filter).await;
    Ok(Json(page.map_err(Refusal::from)?.map_err(Refusal::from)?))
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
pub(crate) async fn conversation_counts(
    State(app): State<App>,
    Signed(who): Signed,
) -> Result<Json<ConversationCounts>, ApiError> {
    let counts = counters::conversations(&app.reader(&who), who.agent.id).await;
    Ok(Json(counts.map_err(Refusal::from)?))
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
    Signed(who): Signed,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationItem>, ApiError> {
    let item = conversations::find_item(&app.reader(&who), id).await.map_err(Refusal::from)?;
    Ok(Json(item.ok_or(ProblemCode::NotFound)?))
}

/// Notes that a person has seen everything up to a position.
#[utoipa::path(
    put,
    path = "/api/conversations/{id}/read",
    operation_id = "mark_read",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The conversation.")),
    request_body = ReadUpTo,
    responses((status = 200, body = Conversation, description = "The conversation after it."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn mark_read(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<ConversationId>,
    Json(body): Json<ReadUpTo>,
) -> Result<Json<Conversation>, ApiError> {
    let applied = app.act(&who, move |tx, _| Box::pin(desk::read::up_to(tx, id, body.position))).await?;
    Ok(Json(applied.truth.conversation.ok_or(ProblemCode::NotFound)?))
}
