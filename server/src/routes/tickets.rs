//! TODO tickets

use axum::http::StatusCode;
use ownline_model::{
    message::{Message, NewMessage},
    ticket::{Ticket, AssignTicket, ResolveTicket},
    page::{Page},
    desk_query::{TicketQuery},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

/// Tickets, newest first.
#[utoipa::path(
    get,
    path = "/api/tickets",
    operation_id = "list_tickets",
    tag = "desk",
    params(TicketQuery),
    responses((status = 200, body = Page<Ticket>, description = "A page of tickets."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_tickets() -> Result<Json<Page<Ticket>>, ApiError> {
    pending()
}

/// One ticket.
#[utoipa::path(
    get,
    path = "/api/tickets/{id}",
    operation_id = "get_ticket",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The ticket.")),
    responses((status = 200, body = Ticket, description = "The ticket."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn get_ticket() -> Result<Json<Ticket>, ApiError> {
    pending()
}

/// Takes the ticket (no `to`) or hands it to someone. Taking is exclusive: the second to ask gets `ticket_taken`.
#[utoipa::path(
    post,
    path = "/api/tickets/{id}/assign",
    operation_id = "assign_ticket",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The ticket.")),
    request_body = AssignTicket,
    responses((status = 200, body = Ticket, description = "The ticket, assigned."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn assign_ticket() -> Result<Json<Ticket>, ApiError> {
    pending()
}

/// Answers the customer as the ticket's assignee, through the owner's machine.
#[utoipa::path(
    post,
    path = "/api/tickets/{id}/reply",
    operation_id = "reply_ticket",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The ticket.")),
    request_body = NewMessage,
    responses((status = 201, body = Message, description = "Queued, or the same message again."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn reply_ticket() -> Result<(StatusCode, Json<Message>), ApiError> {
    pending()
}

/// Says that the work is done.
#[utoipa::path(
    post,
    path = "/api/tickets/{id}/resolve",
    operation_id = "resolve_ticket",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The ticket.")),
    request_body = ResolveTicket,
    responses((status = 200, body = Ticket, description = "The ticket, resolved."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn resolve_ticket() -> Result<Json<Ticket>, ApiError> {
    pending()
}

/// Ends the ticket for good.
#[utoipa::path(
    post,
    path = "/api/tickets/{id}/close",
    operation_id = "close_ticket",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The ticket.")),
    responses((status = 200, body = Ticket, description = "The ticket, closed."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn close_ticket() -> Result<Json<Ticket>, ApiError> {
    pending()
}

/// Takes a resolved ticket up again.
#[utoipa::path(
    post,
    path = "/api/tickets/{id}/reopen",
    operation_id = "reopen_ticket",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The ticket.")),
    responses((status = 200, body = Ticket, description = "The ticket, taken up again."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn reopen_ticket() -> Result<Json<Ticket>, ApiError> {
    pending()
}
