//! Every route of the bridge, on one page.

use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::{app::App, routes as r};

/// The desk: the same paths and schemas as on the server.
fn desk() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(r::agents::get_profile))
        .routes(routes!(r::agents::list_agents))
        .routes(routes!(r::channels::list_channels))
        .routes(routes!(r::contacts::list_contacts))
        .routes(routes!(r::contacts::get_contact, r::contacts::patch_contact))
        .routes(routes!(r::conversations::list_conversations, r::conversations::start_conversation))
        .routes(routes!(r::conversations::conversation_counts))
        .routes(routes!(r::conversations::get_conversation))
        .routes(routes!(r::conversations::mark_read))
        .routes(routes!(r::messages::list_messages, r::messages::send_message))
        .routes(routes!(r::messages::retry_message))
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
        .routes(routes!(r::status::qr_svg))
        .routes(routes!(r::status::qr_png))
        .routes(routes!(r::link::link))
        .routes(routes!(r::link::unlink))
        .routes(routes!(r::link::restart))
        .routes(routes!(r::account::check_server))
        .routes(routes!(r::account::sign_in))
        .routes(routes!(r::account::enrol_at))
        .routes(routes!(r::account::sign_out))
        .routes(routes!(r::browser::browser_link))
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

/// The OpenAPI document, as `GET /api/openapi.json` and `ownline-bridge openapi` give it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    OpenApiRouter::with_openapi(Contract::openapi()).merge(desk()).merge(own()).merge(open()).into_openapi()
}
