//! Profile pictures of customers.

use std::io::Read as _;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use ownline_model::{ids::ContactId, problem::ProblemCode};
use ownline_web::{ApiError, Path};

use crate::{
    api::{app::App, file_answer, problems::Problems},
    store::pictures::Face,
};

/// The small profile picture of a customer, as it is here at this moment: nobody waits for WhatsApp. Where none is here, or an old
/// one, looking makes it come; `picture_id` of the contact changes when it has.
#[utoipa::path(
    get,
    path = "/api/contacts/{id}/picture",
    operation_id = "contact_picture",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The customer.")),
    responses(
        (status = 200, content_type = "image/jpeg", description = "The picture."),
        (status = 304, description = "It is the one of `If-None-Match`."),
        Problems
    ),
    security(("bearer" = []))
)]
pub(crate) async fn contact_picture(
    State(app): State<App>,
    Path(id): Path<ContactId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let picture = match app.store.look_at(id).await? {
        Face::NoContact => return Err(ProblemCode::NotFound.into()),
        Face::NoPicture => return Err(ProblemCode::NoPicture.into()),
        Face::Picture(picture) => picture,
    };
    // The file's name is made anew for each picture, and says nothing.
    let tag = format!("\"{}\"", picture.name);
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let folder = app.store.folder().clone();
        let opening = tokio::task::spawn_blocking(move || {
            let mut jpeg = Vec::new();
            folder.read(&picture.name)?.read_to_end(&mut jpeg).map(|_| jpeg)
        });
        match opening.await.map_err(ApiError::internal)? {
            Ok(jpeg) => file_answer::bytes(jpeg.into(), "image/jpeg", &headers)?,
            Err(error) => {
                tracing::error!(%error, "a picture is missing or damaged on the disk");
                app.store.picture_is_lost(id).await?;
                return Err(ProblemCode::NoPicture.into());
            }
        }
    };
    response.headers_mut().insert(header::ETAG, HeaderValue::from_str(&tag).map_err(ApiError::internal)?);
    Ok(response)
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
}
