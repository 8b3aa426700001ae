//! Every route of the server, on one page.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        schema::Schema,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, routes as r};

/// The desk: the same paths and schemas as on a bridge.
fn desk() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(r::auth::get_profile, r::auth::update_profile))
        .routes(routes!(r::agents::list_agents, r::agents::create_agent))
        .routes(routes!(r::channels::list_channels))
        .routes(routes!(r::contacts::list_contacts))
        .routes(routes!(r::contacts::get_contact, r::contacts::patch_contact))
        .routes(routes!(r::conversations::list_conversations))
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

/// Accounts and the people's administration: on the server only.
fn accounts() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(r::health::health))
        .routes(routes!(r::setup::setup))
        .routes(routes!(r::auth::login))
        .routes(routes!(r::auth::refresh))
        .routes(routes!(r::auth::logout))
        .routes(routes!(r::auth::enrol))
        .routes(routes!(r::agents::update_agent))
        .routes(routes!(r::agents::renew_enrolment))
}

fn sync() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(r::sync::push)).routes(routes!(r::sync::pull))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ownline server",
        description = "The team's desk: contacts, conversations, tickets, accounts and sync.",
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
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        openapi.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Contract::openapi()).merge(desk()).merge(accounts()).merge(sync())
}

/// The OpenAPI document, as `GET /api/openapi.json` and `ownline-server openapi` give it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
