//! What the bridge does not answer itself goes to the server, with the agent's token, which the screen never sees.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use ownline_model::{limits::BODY_MAX_BYTES, problem::ProblemCode};
use ownline_web::{ApiError, ui};

use crate::api::app::App;

/// Everything that no route took: the server's part of `/api/`, or the screen.
pub(super) async fn fallback(State(app): State<App>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return forward(&app, request).await.unwrap_or_else(axum::response::IntoResponse::into_response);
    }
    if super::router::is_own_path(request.uri().path()) {
        return ApiError::from(ProblemCode::MethodNotAllowed).into_response();
    }
    ui::serve(ui::Host::Bridge, request).await
}

/// Signing in and syncing are the bridge's own business: their answers hold tokens.
fn is_kept_back(path: &str) -> bool {
    path.starts_with("/api/sync/")
        || matches!(
            path,
            "/api/auth/login" | "/api/auth/refresh" | "/api/auth/logout" | "/api/auth/enrol" | "/api/setup"
        )
}

/// Hands a request on as it is.
pub(super) async fn forward(app: &App, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    // A path with dots in it could name something else to the server than it does to us.
    if is_kept_back(parts.uri.path()) || parts.uri.path().contains("..") || parts.uri.path().contains('%') {
        return Err(ProblemCode::NotFound.into());
    }
    let body = to_bytes(body, BODY_MAX_BYTES).await.map_err(|_| ApiError::from(ProblemCode::BodyTooLarge))?;
    let path = parts.uri.path_and_query().map_or(parts.uri.path(), |path| path.as_str());
    let body = (!body.is_empty()).then(|| body.to_vec());
    let answer = app.account.forward(parts.method, path, body).await?;
    let status = answer.status();
    if status == StatusCode::UNAUTHORIZED {
        // The screen's own token is fine; it is the server that wants a new sign-in or a right password.
        tracing::debug!("the server refused a forwarded request");
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let retry_after = answer.headers().get(header::RETRY_AFTER).cloned();
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Only JSON comes from there; anything else must not be taken for a page of ours.
    headers.insert(
        header::CONTENT_TYPE,
        kind.filter(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("application/")))
            .unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    if let Some(retry_after) = retry_after {
        headers.insert(header::RETRY_AFTER, retry_after);
    }
    Ok(response)
}
