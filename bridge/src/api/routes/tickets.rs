//! Tickets. Each action is written to the replica at once and answered with the server's word if that comes in time.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    desk_query::TicketQuery,
    ids::TicketId,
    message::{Message, NewMessage},
    page::Page,
    problem::ProblemCode,
    ticket::{AssignTicket, ResolveTicket, Ticket},
};
use ownline_web::{ApiError, Json, Path, Query};

use crate::{
    api::{app::App, problems::Problems, settle},
    store::TicketAction,
};

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
pub(crate) async fn list_tickets(
    State(app): State<App>,
    Query(query): Query<TicketQuery>,
) -> Result<Json<Page<Ticket>>, ApiError> {
    Ok(Json(app.store.tickets(query).await?))
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
pub(crate) async fn get_ticket(State(app): State<App>, Path(id): Path<TicketId>) -> Result<Json<Ticket>, ApiError> {
    app.store.ticket(id).await?.map(Json).ok_or_else(|| ProblemCode::NotFound.into())
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
pub(crate) async fn assign_ticket(
    State(app): State<App>,
    Path(id): Path<TicketId>,
    Json(assign): Json<AssignTicket>,
) -> Result<Json<Ticket>, ApiError> {
    let action = match assign.to {
        None => TicketAction::Take,
        Some(to) => TicketAction::Transfer { to, reason: assign.reason },
    };
    settle::ticket(&app, id, action).await.map(Json)
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
pub(crate) async fn reply_ticket(
    State(app): State<App>,
    Path(id): Path<TicketId>,
    Json(new): Json<NewMessage>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    Ok((StatusCode::CREATED, Json(app.store.reply_to_ticket(id, new).await?)))
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
pub(crate) async fn resolve_ticket(
    State(app): State<App>,
    Path(id): Path<TicketId>,
    Json(resolve): Json<ResolveTicket>,
) -> Result<Json<Ticket>, ApiError> {
    settle::ticket(&app, id, TicketAction::Resolve { note: resolve.note }).await.map(Json)
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
pub(crate) async fn close_ticket(State(app): State<App>, Path(id): Path<TicketId>) -> Result<Json<Ticket>, ApiError> {
    settle::ticket(&app, id, TicketAction::Close).await.map(Json)
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
pub(crate) async fn reopen_ticket(State(app): State<App>, Path(id): Path<TicketId>) -> Result<Json<Ticket>, ApiError> {
    settle::ticket(&app, id, TicketAction::Reopen).await.map(Json)
}
