//! Every route of the server, on one page.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use ownline_model::{limits::BODY_MAX_BYTES, problem::ProblemCode};
use ownline_web::{
    ApiError,
    ui::{self, Host},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    set_header::SetResponseHeaderLayer,
    trace::{DefaultOnFailure, TraceLayer},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, routes as r};

/// A push of 500 messages, some of them long.
const PUSH_MAX_BYTES: usize = 8 * 1024 * 1024;
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// The desk: the same paths and schemas as on a bridge.
fn desk() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(r::auth::get_profile, r::auth::update_profile))
        .routes(routes!(r::agents::list_agents, r::agents::create_agent))
        .routes(routes!(r::channels::list_channels))
        .routes(routes!(r::contacts::list_contacts))
        .routes(routes!(r::contacts::get_contact, r::contacts::patch_contact))
        .routes(routes!(r::contacts::list_merges))
        .routes(routes!(r::contacts::undo_merge))
        .routes(routes!(r::contacts::list_opt_outs))
        .routes(routes!(r::conversations::list_conversations))
        .routes(routes!(r::conversations::conversation_counts))
        .routes(routes!(r::conversations::get_conversation))
        .routes(routes!(r::conversations::mark_read))
        .routes(routes!(r::messages::list_messages, r::messages::send_message))
        .routes(routes!(r::messages::retry_message))
        .routes(routes!(r::media::upload_media))
        .routes(routes!(r::media::get_media, r::media::put_media))
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
    OpenApiRouter::new()
        .routes(routes!(r::sync::push))
        .layer(DefaultBodyLimit::max(PUSH_MAX_BYTES))
        .routes(routes!(r::sync::pull))
        .routes(routes!(r::realtime::realtime))
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

/// The whole service: the API, the screen for everything else, and what every answer bears.
pub fn service(app: App) -> Router {
    let (router, document) = routes().split_for_parts();
    // Made once; it never changes while the server runs.
    let document = bytes::Bytes::from(document.to_json().unwrap_or_default());
    let document = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], document) });
    router
        .route("/api/openapi.json", document)
        .method_not_allowed_fallback(async || ApiError::from(ProblemCode::MethodNotAllowed))
        .fallback(async |request: Request| ui::serve(Host::Server, request).await)
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(middleware::from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(if_absent(header::CACHE_CONTROL, "no-store"))
        .layer(if_absent(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(if_absent(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(if_absent(header::X_FRAME_OPTIONS, "DENY"))
        .layer(if_absent(header::REFERRER_POLICY, "no-referrer"))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(DefaultOnFailure::new()))
        .with_state(app)
}

fn if_absent(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The path only: queries may hold what people search for, headers hold tokens.
fn span(request: &Request<Body>) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}

async fn in_time(request: Request, next: Next) -> Response {
    // A file takes as long as it takes; whoever is silent is given up there.
    if request.uri().path().ends_with("/media") {
        return next.run(request).await;
    }
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::from(ProblemCode::Unavailable).into_response(),
    }
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::internal("a handler panicked").into_response()
}
