//! A WhatsApp network on localhost, for development and tests: servers that speak the wire protocol, and simulated people
//! with real keys.

pub mod control;
pub mod crypto;
pub mod network;
pub mod people;
pub mod store;
pub mod world;
