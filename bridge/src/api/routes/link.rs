//! Linking a WhatsApp number to this machine.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    bridge::{ConfirmNumber, Link, PairingCode},
    phone::PhoneNumber,
    problem::{Problem, ProblemCode},
    session::SessionState,
};
use ownline_web::{ApiError, Json};

use crate::{
    api::{app::App, problems::Problems, refusal},
    store::LinkSettings,
    time::now,
};

/// Offers QR codes, or with `phone` a code to type on that phone. The course of it shows in `GET /status`, `GET /qr` and
/// `GET /pairing-code`.
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
    let phone = link.phone.as_deref().map(|typed| PhoneNumber::from_typed(typed, link.country.as_deref()));
    let phone = phone.transpose().map_err(|_| Problem::new(ProblemCode::InvalidPhoneNumber).with_field("phone"))?;
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
    let begun = match phone {
        Some(phone) => app.session.link_by_number(phone).await,
        None => app.session.link().await,
    };
    begun.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}

/// Ends the attempt to link, whatever it has come to.
#[utoipa::path(
    post,
    path = "/link/cancel",
    operation_id = "cancel_link",
    tag = "bridge",
    responses((status = 202, description = "Nothing is being linked any more."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn cancel_link(State(app): State<App>) -> Result<StatusCode, ApiError> {
    app.session.cancel_link().await.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}

/// Says whether to go on with a phone that holds another number than the chats here. Until then nothing of it is kept.
#[utoipa::path(
    post,
    path = "/link/confirm",
    operation_id = "confirm_number",
    tag = "bridge",
    request_body = ConfirmNumber,
    responses((status = 202, description = "Going on, or unlinked again."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn confirm_number(
    State(app): State<App>,
    Json(confirm): Json<ConfirmNumber>,
) -> Result<StatusCode, ApiError> {
    app.session.confirm_number(confirm.go_on).await.map_err(refusal::session)?;
    Ok(StatusCode::ACCEPTED)
}

/// The code to type on the phone.
#[utoipa::path(
    get,
    path = "/pairing-code",
    operation_id = "pairing_code",
    tag = "bridge",
    responses((status = 200, body = PairingCode, description = "The code, and until when it counts."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn pairing_code(State(app): State<App>) -> Result<Json<PairingCode>, ApiError> {
    let code = app.store.pairing_code().borrow().clone();
    code.map(Json).ok_or_else(|| ProblemCode::NoPairingCode.into())
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
