//! TODO conversations

use ownline_model::{
    conversation::{ConversationItem, ConversationCounts, Conversation},
    message::{ReadUpTo},
    page::{Page},
    desk_query::{ConversationQuery},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

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
pub(crate) async fn list_conversations() -> Result<Json<Page<ConversationItem>>, ApiError> {
    pending()
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
pub(crate) async fn conversation_counts() -> Result<Json<ConversationCounts>, ApiError> {
    pending()
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
pub(crate) async fn get_conversation() -> Result<Json<ConversationItem>, ApiError> {
    pending()
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
pub(crate) async fn mark_read() -> Result<Json<Conversation>, ApiError> {
    pending()
}
