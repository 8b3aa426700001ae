//! The world from outside: the HTTP control API, the page that shows it, and the command line for bulk load.
//!
//! Other programs drive the simulator through these routes: paths, field names and codes are kept.

mod body;
mod chats;
pub mod cli;
mod customers;
mod faults;
mod file;
mod groups;
mod guard;
mod history;
mod live;
mod load;
mod offered;
mod page;
mod passkeys;
mod phones;
mod problem;
mod profile;
pub mod scenario;
mod sending;
mod transcript;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    routing::{get, post, put},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::world::World;
use offered::Offered;
use problem::Problem;

/// A picture or a voice note in base64 fits; nothing a simulator needs is larger.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// What every route can reach.
#[derive(Debug, Clone)]
struct Control {
    world: World,
    offered: Offered,
    closing: CancellationToken,
}

/// All routes. `closing` ends the live streams, which would otherwise keep a graceful shutdown waiting.
pub fn router(world: World, closing: CancellationToken) -> Router {
    let control = Control { world, offered: Offered::default(), closing };
    Router::new()
        .route("/root-key", get(root_key))
        .route("/state", get(live::state))
        .route("/phones", get(phones::list).post(phones::create))
        .route("/phones/{number}/scan", post(phones::scan))
        .route("/phones/{number}/enter-code", post(phones::enter_code))
        .route("/phones/{number}/chats", get(chats::list))
        .route("/phones/{number}/chats/{with}", post(chats::change))
        .route("/phones/{number}/app-state", get(chats::state))
        .route("/phones/{number}/contacts", post(chats::contact))
        .route("/phones/{number}/name", post(chats::rename))
        .route("/phones/{number}/picture", put(profile::phone_picture).delete(profile::no_phone_picture))
        .route("/phones/{number}/privacy", post(profile::phone_privacy))
        .route("/phones/{number}/timelock", post(profile::timelock))
        .route("/phones/{number}/devices/{device}/deplete-prekeys", post(profile::deplete))
        .route("/customers/{number}/picture", put(profile::customer_picture).delete(profile::no_customer_picture))
        .route("/customers/{number}/privacy", post(profile::customer_privacy))
        .route("/customers/{number}/name", post(profile::rename))
        .route("/customers/{number}/business", post(profile::business))
        .route("/customers/{number}/change-number", post(profile::change_number))
        .route("/customers/{number}/presence", post(profile::presence))
        .route("/phones/{number}/history", post(history::set))
        .route("/phones/{number}/passkey", post(passkeys::gate))
        .route("/passkeys/assert", post(passkeys::assert))
        .route("/phones/{number}/messages", get(phones::transcript).post(phones::send))
        .route("/phones/{number}/messages/{id}/media", get(file::of_phone))
        .route("/phones/{number}/logout", post(phones::logout))
        .route("/phones/{number}/offline", post(phones::offline))
        .route("/customers", get(customers::list).post(customers::create))
        .route("/customers/{number}/messages", get(customers::transcript).post(customers::send))
        .route("/customers/{number}/messages/{id}/media", get(file::of_customer))
        .route("/customers/{number}/typing", post(customers::typing))
        .route("/customers/{number}/read", post(customers::read))
        .route("/groups", get(groups::list).post(groups::create))
        .route("/groups/{id}", get(groups::read).post(groups::edit))
        .route("/groups/{id}/members", post(groups::members))
        .route("/groups/{id}/leave", post(groups::leave))
        .route("/groups/{id}/messages", get(groups::transcript))
        .route("/groups/{id}/picture", put(groups::picture).delete(groups::no_picture))
        .route("/load", post(load::run))
        .route("/scenarios", post(scenario::run))
        .route("/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/offered-codes", get(offered::list).post(offered::offer))
        .route("/events", get(live::events))
        .merge(page::routes())
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(guard::admit))
        .with_state(control)
}

/// So that any client can be told to trust this network.
async fn root_key(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "root_key": control.world.root_key() }))
}

#[cfg(test)]
mod tests;
