//! What Ownline talks about, and nothing about how: identifiers, contacts, conversations, messages, the ticket state
//! machine, permissions, events, and the bodies that cross the wire. Pure: no runtime, no SQL, no web framework.
//!
//! Conventions: UUIDv7 identifiers, UTC milliseconds, E.164 numbers with a leading `+`, `snake_case` JSON.

pub mod account;
pub mod agent;
pub mod bridge;
pub mod channel;
pub mod contact;
pub mod conversation;
pub mod desk_query;
pub mod details;
pub mod event;
pub mod group;
pub mod health;
pub mod ids;
pub mod limits;
pub mod message;
pub mod page;
pub mod phone;
pub mod problem;
pub mod realtime;
pub mod safety;
pub mod session;
pub mod sync;
pub mod ticket;
pub mod time;

/// Version of the sync protocol that this build speaks; a server serves this one and the two before it.
pub const PROTOCOL: u32 = 1;
