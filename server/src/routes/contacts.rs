//! Customers.

use crate::app::App;
use crate::{
    desk::{self, Refusal},
    store::{contacts, merges},
};
use axum::extract::State;
use ownline_model::{
    contact::{Contact, ContactPatch, Merge, TeamOptOut},
    desk_query::ContactQuery,
    page::Page,
};
use ownline_model::{
    desk_query::page_limit,
    ids::{ContactId, MergeId},
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path, Query};

use super::{problems::Problems, signed::Signed};

/// Customers, by name.
#[utoipa::path(
    get,
    path = "/api/contacts",
    operation_id = "list_contacts",
    tag = "desk",
    params(ContactQuery),
    responses((status = 200, body = Page<Contact>, description = "A page of customers."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_contacts(
    State(app): State<App>,
    Signed(who): Signed,
    Query(query): Query<ContactQuery>,
) -> Result<Json<Page<Contact>>, ApiError> {
    let db = app.reader(&who);
    let limit = page_limit(query.limit);
    let page = contacts::page(&db, query.q.as_deref(), query.cursor.as_deref(), limit).await.map_err(Refusal::from)?;
    Ok(Json(page.map_err(Refusal::from)?))
}

/// One customer.
#[utoipa::path(
    get,
    path = "/api/contacts/{id}",
    operation_id = "get_contact",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The customer.")),
    responses((status = 200, body = Contact, description = "The customer."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn get_contact(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<ContactId>,
) -> Result<Json<Contact>, ApiError> {
    let known = contacts::find(&app.reader(&who), id).await.map_err(Refusal::from)?;
    Ok(Json(known.filter(|known| !known.hidden).ok_or(ProblemCode::NotFound)?.contact))
}

/// Changes what the team noted about a customer. Absent fields stay as they are.
#[utoipa::path(
    patch,
    path = "/api/contacts/{id}",
    operation_id = "patch_contact",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The customer.")),
    request_body = ContactPatch,
    responses((status = 200, body = Contact, description = "The changed customer."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn patch_contact(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<ContactId>,
    Json(body): Json<ContactPatch>,
) -> Result<Json<Contact>, ApiError> {
    let (contact, _) = app.act(&who, move |tx, _| Box::pin(desk::contact::patch(tx, id, None, body))).await?;
    Ok(Json(contact))
}

/// The contacts that became this one, newest first.
#[utoipa::path(
    get,
    path = "/api/contacts/{id}/merges",
    operation_id = "list_merges",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The customer.")),
    responses((status = 200, body = Vec<Merge>, description = "What was merged, and what of it was undone."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_merges(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<ContactId>,
) -> Result<Json<Vec<Merge>>, ApiError> {
    let db = app.reader(&who);
    let known = contacts::find(&db, id).await.map_err(Refusal::from)?;
    let known = known.filter(|known| !known.hidden).ok_or(ProblemCode::NotFound)?;
    Ok(Json(merges::of_contact(&db, known.contact.id).await.map_err(Refusal::from)?))
}

/// Parts two contacts again; they stay apart. Undoing twice changes nothing.
#[utoipa::path(
    post,
    path = "/api/merges/{id}/undo",
    operation_id = "undo_merge",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The merge.")),
    responses((status = 200, body = Merge, description = "The merge, undone."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn undo_merge(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<MergeId>,
) -> Result<Json<Merge>, ApiError> {
    Ok(Json(app.act(&who, move |tx, _| Box::pin(desk::part::undo(tx, id))).await?))
}

/// Customers who asked not to be written to, newest first.
#[utoipa::path(
    get,
    path = "/api/opt-outs",
    operation_id = "list_opt_outs",
    tag = "desk",
    params(PageQuery),
    responses((status = 200, body = Page<TeamOptOut>, description = "A page of them."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn list_opt_outs(
    State(app): State<App>,
    Signed(who): Signed,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<TeamOptOut>>, ApiError> {
    let page = contacts::opted_out(&app.reader(&who), query.cursor.as_deref(), page_limit(query.limit)).await;
    Ok(Json(page.map_err(Refusal::from)?.map_err(Refusal::from)?))
}

/// A list without a filter.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many; 50 when absent, at most 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}
