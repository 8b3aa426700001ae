//! TODO contacts

use ownline_model::{
    contact::{Contact, ContactPatch},
    page::{Page},
    desk_query::{ContactQuery},
};
use ownline_web::{ApiError, Json};

use super::problems::Problems;

fn pending<T>() -> Result<T, ApiError> {
    Err(ownline_model::problem::ProblemCode::Unavailable.into())
}

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
pub(crate) async fn list_contacts() -> Result<Json<Page<Contact>>, ApiError> {
    pending()
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
pub(crate) async fn get_contact() -> Result<Json<Contact>, ApiError> {
    pending()
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
pub(crate) async fn patch_contact() -> Result<Json<Contact>, ApiError> {
    pending()
}
