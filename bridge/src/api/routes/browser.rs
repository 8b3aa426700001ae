//! The same screen in a browser: a link that works once, against a token of the browser's own.

use axum::{extract::State, http::StatusCode};
use ownline_model::{
    bridge::{BrowserLink, BrowserSession, RedeemBrowserLink},
    problem::ProblemCode,
};
use ownline_web::{ApiError, Json};

use crate::api::{app::App, problems::Problems};

/// An address that opens this screen in a browser, once. The code stands in the fragment, which browsers never send.
#[utoipa::path(
    post,
    path = "/browser-link",
    operation_id = "browser_link",
    tag = "bridge",
    responses((status = 201, body = BrowserLink, description = "The address, and until when it works."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn browser_link(State(app): State<App>) -> Result<(StatusCode, Json<BrowserLink>), ApiError> {
    let (code, expires_at) = app.tokens.offer_browser_code();
    Ok((StatusCode::CREATED, Json(BrowserLink { url: format!("{}/#code={code}", app.url), expires_at })))
}

/// Gives a token for the code of a browser link, which is spent by it.
#[utoipa::path(
    post,
    path = "/browser-session",
    operation_id = "browser_session",
    tag = "bridge",
    request_body = RedeemBrowserLink,
    responses((status = 201, body = BrowserSession, description = "A token for this browser, until the bridge ends."), Problems),
    security(())
)]
pub(crate) async fn browser_session(
    State(app): State<App>,
    Json(redeem): Json<RedeemBrowserLink>,
) -> Result<(StatusCode, Json<BrowserSession>), ApiError> {
    let token = app.tokens.redeem_browser_code(&redeem.code).ok_or(ApiError::from(ProblemCode::LinkUsed))?;
    Ok((StatusCode::CREATED, Json(BrowserSession { token })))
}
