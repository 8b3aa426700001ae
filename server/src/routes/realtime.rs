//! `GET /api/realtime`: the WebSocket.

use axum::{
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, Uri, header},
    response::Response,
};
use ownline_model::problem::{Problem, ProblemCode};
use ownline_web::ApiError;

use crate::{app::App, realtime::socket};

/// Small: a thousand idle sockets must not cost a hundred megabytes.
const BUFFER: usize = 4 * 1024;
/// What a client may say at once.
const FRAME_MAX: usize = 16 * 1024;

/// Opens the socket. Frames are `ClientFrame` and `ServerFrame`; the first one is `hello` with the access token.
#[utoipa::path(
    get,
    path = "/api/realtime",
    operation_id = "realtime",
    tag = "realtime",
    responses(
        (status = 101, description = "The socket is open; say hello within 5 s."),
        super::problems::Problems,
    ),
    security(())
)]
pub(crate) async fn realtime(
    State(app): State<App>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    // Before anything else: a page of another origin learns nothing.
    must_be_same_origin(&headers)?;
    let upgrade = upgrade.map_err(|rejection| {
        ApiError::from(Problem::new(ProblemCode::InvalidRequest).with_detail(rejection.body_text()))
    })?;
    Ok(upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(FRAME_MAX)
        .max_frame_size(FRAME_MAX)
        .on_upgrade(move |socket| socket::serve(app, socket)))
}

/// Browsers tell the page's origin: it must be this server. Programs tell none.
fn must_be_same_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let authority = origin
        .as_ref()
        .and_then(|origin| matches!(origin.scheme_str(), Some("http" | "https")).then(|| origin.authority()).flatten());
    match (authority, host) {
        (Some(authority), Some(host)) if authority.as_str().eq_ignore_ascii_case(host) && origins.next().is_none() => {
            Ok(())
        }
        _ => Err(ProblemCode::ForbiddenOrigin.into()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ask(host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        must_be_same_origin(&headers).is_ok()
    }

    #[test]
    fn only_our_own_pages_and_programs() {
        assert!(ask("desk.example.org", None));
        assert!(ask("desk.example.org", Some("https://desk.example.org")));
        assert!(ask("127.0.0.1:7600", Some("http://127.0.0.1:7600")));
        for evil in ["null", "https://evil.example", "https://desk.example.org.evil.example", "file://desk.example.org"]
        {
            assert!(!ask("desk.example.org", Some(evil)), "{evil}");
        }
        assert!(!ask("127.0.0.1:7600", Some("http://127.0.0.1:7601")));
    }
}
