//! Customers.

use axum::extract::State;
use ownline_model::{
    contact::{Contact, ContactPatch},
    desk_query::ContactQuery,
    ids::ContactId,
    page::Page,
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path, Query};

use crate::api::{app::App, problems::Problems};

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
    Query(query): Query<ContactQuery>,
) -> Result<Json<Page<Contact>>, ApiError> {
    Ok(Json(app.store.contacts(query).await?))
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
pub(crate) async fn get_contact(State(app): State<App>, Path(id): Path<ContactId>) -> Result<Json<Contact>, ApiError> {
    app.store.contact(id).await?.map(Json).ok_or_else(|| ProblemCode::NotFound.into())
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
    Path(id): Path<ContactId>,
    Json(patch): Json<ContactPatch>,
) -> Result<Json<Contact>, ApiError> {
    Ok(Json(app.store.patch_contact(id, patch).await?))
}
