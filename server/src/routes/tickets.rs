//! Tickets.

use crate::app::App;
use crate::{
    desk::{self, Applied, Refusal, tickets as moves},
    store::tickets::{self, Filter},
};
use axum::extract::State;
use axum::http::StatusCode;
use ownline_model::{
    desk_query::TicketQuery,
    message::{Message, NewMessage},
    page::Page,
    ticket::{AssignTicket, ResolveTicket, Ticket},
};
use ownline_model::{desk_query::page_limit, ids::TicketId, problem::ProblemCode};
use ownline_web::{ApiError, Json, Path, Query};

use super::{problems::Problems, signed::Signed};

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
    Signed(who): Signed,
    Query(query): Query<TicketQuery>,
) -> Result<Json<Page<Ticket>>, ApiError> {
    let filter = Filter {
        state: query.state,
        assignee: query.assignee,
        cursor: query.cursor.as_deref(),
        limit: page_limit(query.limit),
    };
    let page = tickets::page(&app.reader(&who), filter).await;
    Ok(Json(page.map_err(Refusal::from)?.map_err(Refusal::from)?))
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
pub(crate) async fn get_ticket(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<TicketId>,
) -> Result<Json<Ticket>, ApiError> {
    let ticket = tickets::find(&app.reader(&who), id).await.map_err(Refusal::from)?;
    Ok(Json(ticket.ok_or(ProblemCode::NotFound)?))
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
    Signed(who): Signed,
    Path(id): Path<TicketId>,
    Json(body): Json<AssignTicket>,
) -> Result<Json<Ticket>, ApiError> {
    let applied = app.act(&who, move |tx, caller| match body.to {
        Some(to) => Box::pin(moves::transfer::transfer(tx, caller, id, to)),
        None => Box::pin(moves::take::take(tx, caller, id)),
    });
    moved(applied.await?)
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
    Signed(who): Signed,
    Path(id): Path<TicketId>,
    Json(body): Json<NewMessage>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    let random = rand::random();
    let sent = app.act(&who, move |tx, caller| Box::pin(desk::reply::to_ticket(tx, caller, id, body, random)));
    Ok((StatusCode::CREATED, Json(sent.await?)))
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
    Signed(who): Signed,
    Path(id): Path<TicketId>,
    Json(body): Json<ResolveTicket>,
) -> Result<Json<Ticket>, ApiError> {
    moved(app.act(&who, move |tx, caller| Box::pin(moves::resolve::resolve(tx, caller, id, body.note))).await?)
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
pub(crate) async fn close_ticket(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<TicketId>,
) -> Result<Json<Ticket>, ApiError> {
    moved(app.act(&who, move |tx, caller| Box::pin(moves::close::close(tx, caller, id))).await?)
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
pub(crate) async fn reopen_ticket(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<TicketId>,
) -> Result<Json<Ticket>, ApiError> {
    moved(app.act(&who, move |tx, caller| Box::pin(moves::reopen::reopen(tx, caller, id))).await?)
}

fn moved(applied: Applied) -> Result<Json<Ticket>, ApiError> {
    Ok(Json(applied.truth.ticket.ok_or(ProblemCode::NotFound)?))
}
