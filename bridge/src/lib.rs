//! The bridge: an agent's WhatsApp session, the encrypted replica, sync with the team's server, and the localhost API.
//!
//! `api`, `sync` and `whatsapp` never call each other. They meet in the `store` and are woken by its changes; the one
//! exception is [`session_port`], for what needs an answer from the live session.

pub mod account;
pub mod api;
pub mod config;
pub mod failpoint;
mod files;
pub mod keys;
mod lifecycle;
mod media;
pub mod safety;
pub mod session_port;
pub mod store;
pub mod sync;
pub mod time;
mod votes;
pub mod whatsapp;

pub use config::{Config, Endpoint, KeySource, Listen};
pub use lifecycle::{Address, Bridge, RunningBridge, StartError, discover};
