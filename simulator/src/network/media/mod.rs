//! The media hosts: encrypted files go up under the hash of their bytes and come down under a path that expires. They are
//! streamed to and from the state folder; nothing here can decrypt them.

mod download;
mod name;
mod resume;
mod shelf;
mod throttle;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::Network;
pub use name::{MediaKind, Path, Token};
pub use shelf::{Blob, Media, MediaError, Stored};
pub use throttle::Trouble;

/// `/mms/…` and the paths under which what was uploaded is found again.
pub fn routes(network: Arc<Network>) -> Router {
    Router::new()
        .route("/mms/{kind}/{token}", post(upload::upload))
        .route("/v/{folder}/{name}", get(download::download))
        .with_state(network)
}

/// Media hosts answer refusals as short JSON texts.
fn refusal(status: StatusCode, why: &str) -> Response {
    let body = json!({ "error": { "code": status.as_u16(), "message": why } });
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

impl From<&MediaError> for StatusCode {
    fn from(error: &MediaError) -> Self {
        match error {
            MediaError::Unknown => Self::NOT_FOUND,
            MediaError::Expired(code) => Self::from_u16(*code).unwrap_or(Self::GONE),
            MediaError::WrongHash | MediaError::Empty | MediaError::BadOffset => Self::BAD_REQUEST,
            MediaError::TooLarge(_) => Self::PAYLOAD_TOO_LARGE,
            MediaError::Broken(_) => Self::SERVICE_UNAVAILABLE,
            MediaError::Disk(_) | MediaError::Store(_) => Self::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for MediaError {
    fn into_response(self) -> Response {
        if matches!(self, Self::Disk(_) | Self::Store(_)) {
            tracing::error!(error = %self, "a media transfer failed");
        }
        refusal(StatusCode::from(&self), &self.to_string())
    }
}

/// The parameters of a query string, also of one that begins a second time: a client that appends `?auth=…` to a path
/// that has a query already is understood.
fn parameters(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query.unwrap_or_default().split(['&', '?']).filter_map(|part| part.split_once('='))
}

fn parameter<'q>(query: Option<&'q str>, wanted: &str) -> Option<&'q str> {
    parameters(query).find_map(|(name, value)| (name == wanted).then_some(value))
}

/// The account whose `media_conn` a transfer shows, if any.
fn account_of(network: &Network, query: Option<&str>) -> Option<u64> {
    let number: u64 = parameter(query, "auth")?.strip_prefix(AUTH)?.parse().ok()?;
    network.account(number).map(|account| account.number)
}

const AUTH: &str = "sim-";

/// What `media_conn` tells a device to show.
pub fn auth(number: u64) -> String {
    format!("{AUTH}{number}")
}

impl From<MediaError> for crate::world::WorldError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Unknown | MediaError::Expired(_) => Self::MediaGone(error.to_string()),
            MediaError::Store(error) => error.into(),
            MediaError::Disk(error) => Self::Storage(error.to_string()),
            error => Self::BadMedia(error.to_string()),
        }
    }
}
