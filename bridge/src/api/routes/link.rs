//! Linking a WhatsApp number to this machine.

use axum::{extract::State, http::StatusCode};
use ownline_model::{bridge::Link, problem::ProblemCode, session::SessionState};
use ownline_web::{ApiError, Json};

use crate::{
    api::{app::App, problems::Problems, refusal},
    store::LinkSettings,
    time::now,
};

/// Offers QR codes. The course of it shows in `GET /status` and `GET /qr`.
#[utoipa::path(
    post,
    path = "/link",
    operation_id = "link",
    tag = "bridge",
    request_body = Link,
    responses((status = 202, description = "A code will be on offer in a moment."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn link(State(app): State<App>, Json(link): Json<Link>) -> Result<StatusCode, ApiError> {
    if !link.consent {
        return Err(ProblemCode::ConsentRequired.into());
    }
    if app.store.me().await?.is_none() {
        return Err(ProblemCode::NotSignedIn.into());
    }
    let linked = app.store.session().borrow().is_linked();
    // A replica that was made anew has forgotten what was said at linking; then it may be said again.
    let forgotten = linked && app.store.link_settings().await?.is_none();
    if linked && !forgotten {
        return Err(ProblemCode::AlreadyLinked.into());
    }
    let settings = LinkSettings { number_use: link.number_use, lends: link.lends, consent_at: now() };
    app.store.set_link_settings(settings).await?;
    if forgotten {
        return Ok(StatusCode::ACCEPTED);
    }
    app.session.link().await.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}

/// Logs this machine out of the number. Chats stay.
#[utoipa::path(
    post,
    path = "/unlink",
    operation_id = "unlink",
    tag = "bridge",
    responses((status = 202, description = "Unlinked."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn unlink(State(app): State<App>) -> Result<StatusCode, ApiError> {
    app.session.unlink().await.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}

/// Connects anew. After another client took the session over, this takes it back.
#[utoipa::path(
    post,
    path = "/restart",
    operation_id = "restart",
    tag = "bridge",
    responses((status = 202, description = "Connecting."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn restart(State(app): State<App>) -> Result<StatusCode, ApiError> {
    let replaced = matches!(*app.store.session().borrow(), SessionState::Replaced);
    if replaced { app.session.take_back().await } else { app.session.restart().await }.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}
