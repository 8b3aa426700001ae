//! The screen, built by `ui/` and carried inside the binary (read from the folder in debug builds).

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use ownline_model::problem::ProblemCode;
use rust_embed::RustEmbed;

use crate::error::ApiError;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../ui/dist"]
#[allow_missing = true]
struct Assets;

/// Which program serves the screen; the page reads it from a `meta` tag and knows whom to sign in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    Bridge,
    Server,
}

/// No script, style, frame or connection but our own. Inline styles are allowed for positions computed by lists.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; manifest-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One file of the screen, for the window, which serves the page itself.
pub fn asset(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    Assets::get(path).map(|asset| asset.data)
}

/// Answers with an asset, or with the page itself for a path that the page routes.
#[expect(clippy::unused_async, reason = "routers take asynchronous handlers")]
pub async fn serve(host: Host, request: Request<Body>) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return ApiError::from(ProblemCode::NotFound).into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if let Some(asset) = Assets::get(path).filter(|_| path != "index.html") {
        let kind = asset.metadata.mimetype().to_owned();
        let mut response = asset.data.into_owned().into_response();
        let headers = response.headers_mut();
        if let Ok(kind) = HeaderValue::from_str(&kind) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        // Vite puts a hash of the content into names under assets/.
        let lifetime = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
        return response;
    }
    if path.starts_with("api/") || path.starts_with("assets/") {
        return ApiError::from(ProblemCode::NotFound).into_response();
    }
    let Some(page) = Assets::get("index.html") else {
        return (StatusCode::NOT_FOUND, "The screen is not built: run `npm run build` in ui/.").into_response();
    };
    let name = match host {
        Host::Bridge => "bridge",
        Host::Server => "server",
    };
    let page = String::from_utf8_lossy(&page.data)
        .replace(r#"name="ownline-host" content="""#, &format!(r#"name="ownline-host" content="{name}""#));
    (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        ],
        page,
    )
        .into_response()
}
