//! Contacts that became one: what the server logged, and what only this machine knows.

use axum::{
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use ownline_model::{
    contact::Merge,
    ids::{ContactId, MergeId},
    limits::BODY_MAX_BYTES,
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json, Path};

use crate::api::{app::App, forward::forward, problems::Problems};

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
    Path(id): Path<ContactId>,
    request: Request,
) -> Result<Response, ApiError> {
    let here = app.store.merges(id).await?;
    let the_servers_too = app.store.contact(id).await?.is_none_or(|contact| contact.version > 0);
    let mut merges = match (here, the_servers_too) {
        (here, true) => {
            let answer = forward(&app, request).await;
            let Some(here) = here.filter(|here| !here.is_empty()) else { return answer };
            // That the server cannot be asked now hides nothing that is known here.
            let there: Vec<Merge> = match answer {
                Ok(answer) if answer.status().is_success() => {
                    let body = to_bytes(answer.into_body(), BODY_MAX_BYTES).await.map_err(ApiError::internal)?;
                    serde_json::from_slice(&body).map_err(ApiError::internal)?
                }
                _ => vec![],
            };
            [here, there].concat()
        }
        (Some(here), false) => here,
        (None, false) => return Err(ProblemCode::NotFound.into()),
    };
    merges.sort_by_key(|merge| std::cmp::Reverse((merge.at, merge.id)));
    Ok(Json(merges).into_response())
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
    Path(id): Path<MergeId>,
    request: Request,
) -> Result<Response, ApiError> {
    match app.store.undo_merge(id).await? {
        Some(undone) => Ok(Json(undone).into_response()),
        None => forward(&app, request).await,
    }
}
