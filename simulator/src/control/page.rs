//! The page at `/`: phones, customers, their chats and faults, in a browser. Its files are carried in the program.

use axum::{
    Router,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::Control;

/// Nothing but our own files; text reaches the document as text nodes only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! file {
    ($kind:expr, $name:literal) => {
        get(async || answer($kind, include_str!(concat!("page/", $name))))
    };
}

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/", file!(HTML, "index.html"))
        .route("/page/tokens.css", file!(CSS, "tokens.css"))
        .route("/page/page.css", file!(CSS, "page.css"))
        .route("/page/icon.svg", file!(SVG, "icon.svg"))
        .route("/page/main.js", file!(JS, "main.js"))
        .route("/page/api.js", file!(JS, "api.js"))
        .route("/page/dom.js", file!(JS, "dom.js"))
        .route("/page/world.js", file!(JS, "world.js"))
        .route("/page/words.js", file!(JS, "words.js"))
        .route("/page/person_form.js", file!(JS, "person_form.js"))
        .route("/page/phones.js", file!(JS, "phones.js"))
        .route("/page/customers.js", file!(JS, "customers.js"))
        .route("/page/group_form.js", file!(JS, "group_form.js"))
        .route("/page/chat.js", file!(JS, "chat.js"))
        .route("/page/bubble.js", file!(JS, "bubble.js"))
        .route("/page/attach.js", file!(JS, "attach.js"))
        .route("/page/faults.js", file!(JS, "faults.js"))
}

fn answer(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, text).into_response()
}
