//! HTTP: decode, authorise, call. No rule of the desk lives here.

pub(crate) mod agents;
pub(crate) mod auth;
pub(crate) mod channels;
pub(crate) mod contacts;
pub(crate) mod conversations;
pub(crate) mod health;
pub(crate) mod media;
pub(crate) mod messages;
pub(crate) mod problems;
pub(crate) mod ranges;
pub(crate) mod realtime;
pub(crate) mod setup;
pub(crate) mod signed;
pub(crate) mod sync;
pub(crate) mod tickets;
