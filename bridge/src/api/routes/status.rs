//! What the bridge says about itself.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use ownline_model::{
    bridge::{BridgeStatus, Challenge, ChallengeAnswer, ClientInfo, QrCode},
    health::BridgeHealth,
    problem::{Problem, ProblemCode},
    session::SessionState,
};
use ownline_web::{ApiError, Json};

use crate::api::{app::App, picture, problems::Problems};

/// Whether the bridge is there. Says nothing else, because it is open to every program on this machine.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "health",
    tag = "bridge",
    responses((status = 200, body = BridgeHealth, description = "It is.")),
    security(())
)]
pub(crate) async fn health() -> Json<BridgeHealth> {
    Json(BridgeHealth { ok: true })
}

/// Proves that this is the bridge whose token the caller knows, before the caller shows the token.
#[utoipa::path(
    post,
    path = "/challenge",
    operation_id = "challenge",
    tag = "bridge",
    request_body = Challenge,
    responses((status = 200, body = ChallengeAnswer, description = "The proof."), Problems),
    security(())
)]
pub(crate) async fn challenge(
    State(app): State<App>,
    Json(challenge): Json<Challenge>,
) -> Result<Json<ChallengeAnswer>, ApiError> {
    let nonce = &challenge.nonce;
    let well_formed = (32..=128).contains(&nonce.len())
        && nonce.len().is_multiple_of(2)
        && nonce.bytes().all(|b| b.is_ascii_hexdigit());
    if !well_formed {
        return Err(Problem::new(ProblemCode::InvalidRequest)
            .with_field("nonce")
            .with_detail("16 to 64 random bytes, hexadecimal")
            .into());
    }
    Ok(Json(ChallengeAnswer { proof: app.tokens.prove(nonce) }))
}

/// Everything about this bridge at once: session, server, number, what waits.
#[utoipa::path(
    get,
    path = "/status",
    operation_id = "status",
    tag = "bridge",
    responses((status = 200, body = BridgeStatus, description = "The bridge's state."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn status(State(app): State<App>) -> Result<Json<BridgeStatus>, ApiError> {
    Ok(Json(app.store.status().await?))
}

/// The linked number, and this program's version.
#[utoipa::path(
    get,
    path = "/client-info",
    operation_id = "client_info",
    tag = "bridge",
    responses((status = 200, body = ClientInfo, description = "The linked number, where one is."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn client_info(State(app): State<App>) -> Result<Json<ClientInfo>, ApiError> {
    let account = app.store.linked().await?;
    Ok(Json(ClientInfo {
        number: account.as_ref().map(|account| account.phone.clone()),
        name: account.as_ref().map(|account| account.name.clone()),
        platform: account.and_then(|account| account.platform),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

/// The QR code on offer.
#[utoipa::path(
    get,
    path = "/qr",
    operation_id = "qr",
    tag = "bridge",
    responses((status = 200, body = QrCode, description = "The code, and until when it counts."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn qr(State(app): State<App>) -> Result<Json<QrCode>, ApiError> {
    offered(&app).map(Json)
}

/// The QR code as a picture that scales.
#[utoipa::path(
    get,
    path = "/qr.svg",
    operation_id = "qr_svg",
    tag = "bridge",
    responses((status = 200, body = String, content_type = "image/svg+xml", description = "The code."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn qr_svg(State(app): State<App>) -> Result<Response, ApiError> {
    let code = offered(&app)?;
    Ok(image("image/svg+xml", picture::svg(&code.code).map_err(ApiError::internal)?.into_bytes()))
}

/// The QR code as a picture of pixels, each module eight wide, so that it stays sharp.
#[utoipa::path(
    get,
    path = "/qr.png",
    operation_id = "qr_png",
    tag = "bridge",
    responses((status = 200, body = Vec<u8>, content_type = "image/png", description = "The code."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn qr_png(State(app): State<App>) -> Result<Response, ApiError> {
    let code = offered(&app)?;
    Ok(image("image/png", picture::png(&code.code).map_err(ApiError::internal)?))
}

fn offered(app: &App) -> Result<QrCode, ApiError> {
    if let Some(code) = app.store.qr().borrow().clone() {
        return Ok(code);
    }
    match &*app.store.session().borrow() {
        SessionState::Unlinked { problem: Some(problem) } if problem == "qr_expired" => {
            Err(ProblemCode::QrExpired.into())
        }
        state if state.is_linked() => Err(ProblemCode::AlreadyLinked.into()),
        _ => Err(ProblemCode::NoQrCode.into()),
    }
}

fn image(kind: &'static str, bytes: Vec<u8>) -> Response {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
        bytes,
    )
        .into_response()
}
