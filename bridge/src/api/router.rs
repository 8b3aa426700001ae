//! Every route of the bridge, on one page.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware,
    response::IntoResponse as _,
    routing::{any, get},
};
use ownline_model::limits::BODY_MAX_BYTES;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::{app::App, forward, guard::guard, realtime, routes as r};

/// The desk: the same paths and schemas as on the server.
fn desk() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(r::agents::get_profile))
        .routes(routes!(r::agents::list_agents))
        .routes(routes!(r::channels::list_channels))
        .routes(routes!(r::contacts::list_contacts))
        .routes(routes!(r::contacts::get_contact, r::contacts::patch_contact))
        .routes(routes!(r::merges::list_merges))
        .routes(routes!(r::merges::undo_merge))
        .routes(routes!(r::conversations::list_conversations, r::conversations::start_conversation))
        .routes(routes!(r::conversations::conversation_counts))
        .routes(routes!(r::conversations::get_conversation))
        .routes(routes!(r::conversations::mark_read))
        .routes(routes!(r::history::ask_for_older))
        .routes(routes!(r::messages::list_messages, r::messages::send_message))
        .routes(routes!(r::messages::retry_message))
        .routes(routes!(r::media::upload_media))
        .routes(routes!(r::media::get_media, r::media::fetch_media))
        .routes(routes!(r::tickets::list_tickets))
        .routes(routes!(r::tickets::get_ticket))
        .routes(routes!(r::tickets::assign_ticket))
        .routes(routes!(r::tickets::reply_ticket))
        .routes(routes!(r::tickets::resolve_ticket))
        .routes(routes!(r::tickets::close_ticket))
        .routes(routes!(r::tickets::reopen_ticket))
}

/// What only a bridge has, behind the token.
fn own() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(r::status::status))
        .routes(routes!(r::status::client_info))
        .routes(routes!(r::status::qr))
        .routes(routes!(r::conversations::set_scope))
        .routes(routes!(r::conversations::team_view))
        .routes(routes!(r::groups::get_group))
        .routes(routes!(r::safety::safety_report))
        .routes(routes!(r::safety::opt_outs))
        .routes(routes!(r::safety::lift_opt_out))
        .routes(routes!(r::status::qr_svg))
        .routes(routes!(r::status::qr_png))
        .routes(routes!(r::link::link))
        .routes(routes!(r::link::cancel_link))
        .routes(routes!(r::link::confirm_number))
        .routes(routes!(r::link::pairing_code))
        .routes(routes!(r::passkey::passkey_request, r::passkey::answer_passkey))
        .routes(routes!(r::passkey::confirm_passkey))
        .routes(routes!(r::presence::put_presence))
        .routes(routes!(r::settings::line_settings, r::settings::put_line_settings))
        .routes(routes!(r::link::unlink))
        .routes(routes!(r::link::restart))
        .routes(routes!(r::account::check_server))
        .routes(routes!(r::account::sign_in))
        .routes(routes!(r::account::enrol_at))
        .routes(routes!(r::account::sign_out))
        .routes(routes!(r::browser::browser_link))
        .routes(routes!(r::messages::edit_message, r::messages::revoke_message))
        .routes(routes!(r::media::put_still))
        .routes(routes!(r::messages::react))
        .routes(routes!(r::messages::mark_played))
        .routes(routes!(r::pictures::contact_picture))
}

/// Open to whoever passes the guard's first gates: they show nothing and take no token.
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(r::status::health))
        .routes(routes!(r::status::challenge))
        .routes(routes!(r::browser::browser_session))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ownline bridge",
        description = "An agent's own line: the WhatsApp session, the replica of the desk, and the way to the server.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    modifiers(&Bearer),
    components(schemas(
        ownline_model::problem::Problem,
        ownline_model::realtime::ClientFrame,
        ownline_model::realtime::ServerFrame,
    ))
)]
struct Contract;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        openapi.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Contract::openapi()).merge(desk()).merge(own()).merge(open())
}

/// The bridge's own paths outside of `/api/`, which the screen's router never sees.
const OWN_PATHS: [&str; 25] = [
    "/health",
    "/challenge",
    "/status",
    "/client-info",
    "/qr",
    "/qr.svg",
    "/qr.png",
    "/link",
    "/link/cancel",
    "/link/confirm",
    "/pairing-code",
    "/passkey",
    "/passkey/confirm",
    "/presence",
    "/settings",
    "/unlink",
    "/safety",
    "/safety/opt-outs",
    "/restart",
    "/server/check",
    "/server/sign-in",
    "/server/enrol",
    "/server/sign-out",
    "/browser-link",
    "/browser-session",
];

pub(super) fn is_own_path(path: &str) -> bool {
    OWN_PATHS.contains(&path) || path.starts_with("/safety/opt-outs/")
}

/// Nobody waits longer for an answer. The longest is a question to the server or to WhatsApp.
const ANSWER_WITHIN: Duration = Duration::from_secs(45);

/// The whole API behind its guard.
pub(crate) fn router(app: App) -> Router {
    let (router, contract) = routes().split_for_parts();
    let contract = Arc::new(contract);
    router
        .route("/api/openapi.json", get(move || async move { axum::Json(Arc::clone(&contract)).into_response() }))
        .route("/api/realtime", any(realtime::open))
        .fallback(forward::fallback)
        // A server's method on a path that the bridge serves too, such as `PUT /api/auth/profile`.
        .method_not_allowed_fallback(forward::fallback)
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), guard))
        .with_state(app)
}

/// The OpenAPI document, as `GET /api/openapi.json` and `ownline-bridge openapi` give it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_outside_of_api_is_an_own_path() {
        for path in openapi().paths.paths.keys().filter(|path| !path.starts_with("/api/")) {
            assert!(is_own_path(path), "{path} would be served as a page, without a token");
        }
    }
}
