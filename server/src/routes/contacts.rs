//! Customers.

use crate::app::App;
use crate::{
    desk::{self, Refusal},
    store::contacts,
};
use axum::extract::State;
use ownline_model::{
    contact::{Contact, ContactPatch},
    desk_query::ContactQuery,
    page::Page,
};
use ownline_model::{desk_query::page_limit, ids::ContactId, problem::ProblemCode};
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
    let db = app.store().reader(who.tenant);
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
    let known = contacts::find(&app.store().reader(who.tenant), id).await.map_err(Refusal::from)?;
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
    let (contact, _) = app
        .store()
        .write(who.tenant, app.now(), move |tx| Box::pin(async move { desk::contact::patch(tx, id, None, body).await }))
        .await?;
    Ok(Json(contact))
}
