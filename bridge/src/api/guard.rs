//! Who may talk to the bridge at all. The gates stand in this order: host, origin, token, kind of body. A web page can make
//! a browser send almost anything to a port of this machine; it cannot make it lie about host and origin.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use ownline_model::problem::ProblemCode;
use ownline_web::ApiError;

use crate::api::app::App;

/// Of the window, on the three systems' webviews.
const WINDOW_ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// Where nobody has to show a token: these answers tell nothing, and take nothing.
const OPEN: [&str; 3] = ["/health", "/challenge", "/browser-session"];

/// Checks every request and marks every answer.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let own_hosts = app.own_hosts();
    if !host_is_ours(&request, &own_hosts) {
        return finish(ApiError::from(ProblemCode::ForbiddenHost).into_response(), None);
    }
    let origin = match checked_origin(request.headers(), &own_hosts) {
        Ok(origin) => origin,
        Err(error) => return finish(error.into_response(), None),
    };
    if request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return finish(preflight(request.headers()), origin);
    }
    let response = match admit(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    finish(response, origin)
}

/// Exactly one `Host`, exactly ours.
fn host_is_ours(request: &Request, own_hosts: &[String; 2]) -> bool {
    let ours = |host: &str| own_hosts.iter().any(|own| own == host);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    // A request line with a whole address in it must not name another host either.
    host.to_str().is_ok_and(ours) && request.uri().authority().map(Authority::as_str).is_none_or(ours)
}

/// The origin, if the browser named one and it is allowed. Programs name none.
fn checked_origin(headers: &HeaderMap, own_hosts: &[String; 2]) -> Result<Option<HeaderValue>, ApiError> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(None) };
    let allowed = origins.next().is_none()
        && origin.to_str().is_ok_and(|origin| {
            WINDOW_ORIGINS.contains(&origin)
                || origin.strip_prefix("http://").is_some_and(|host| own_hosts.iter().any(|own| own == host))
        });
    if allowed { Ok(Some(origin.clone())) } else { Err(ProblemCode::ForbiddenOrigin.into()) }
}

fn preflight(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"));
    answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    // Chromium asks before a page of another address space may reach this machine.
    if headers.contains_key("access-control-request-private-network") {
        answer
            .insert(HeaderName::from_static("access-control-allow-private-network"), HeaderValue::from_static("true"));
    }
    response
}

/// Whether a path is the screen's: pages and assets hold no secret and are fetched before there is a token.
fn is_screen(request: &Request) -> bool {
    let path = request.uri().path();
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !path.starts_with("/api/")
        && path != "/api"
        && !super::router::is_own_path(path)
}

/// The token, in a header and nowhere else, and a body that no form can send. The socket shows its token in its first frame.
fn admit(app: &App, request: &Request) -> Result<(), ApiError> {
    let path = request.uri().path();
    let open = OPEN.contains(&path) || path == "/api/realtime" || is_screen(request);
    if !open && !bearer(request.headers()).is_some_and(|token| app.tokens.accepts(token)) {
        return Err(ProblemCode::Unauthenticated.into());
    }
    if has_body(request) && !is_json(request.headers()) && !takes_a_file(request) {
        return Err(ProblemCode::UnsupportedMediaType.into());
    }
    Ok(())
}

/// The places where a body is a file rather than JSON. The token in a header keeps forms out of them all the same.
fn takes_a_file(request: &Request) -> bool {
    let path = request.uri().path();
    match *request.method() {
        Method::POST => path == "/api/media",
        Method::PUT => path.strip_prefix("/api/media/").and_then(|rest| rest.strip_suffix("/still")).is_some(),
        _ => false,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()?.strip_prefix("Bearer ")
}

fn has_body(request: &Request) -> bool {
    let headers = request.headers();
    headers.contains_key(header::CONTENT_TYPE)
        || headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0")
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The headers of every answer.
fn finish(mut response: Response<Body>, origin: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("retry-after, content-disposition, content-range"),
        );
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
