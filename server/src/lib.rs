//! The central server: the authority on who owns a ticket, on numbers, permissions and the order of messages.
//!
//! `router` lists the routes; `routes` decode and authorise; `desk` holds the rules; `store` hides the database;
//! `realtime` tells sockets what has become durable; `accounts` knows who may come in; `media` holds files; `jobs` clean up.

mod accounts;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
mod desk;
mod jobs;
pub mod lifecycle;
mod media;
mod realtime;
pub mod router;
mod routes;
#[expect(unreachable_pub, reason = "the entity derive makes public items; the module itself is private")]
mod store;

/// The oldest sync protocol that is served: this one and the two before it.
pub const PROTOCOL_MIN: u32 = if ownline_model::PROTOCOL > 2 { ownline_model::PROTOCOL - 2 } else { 1 };
