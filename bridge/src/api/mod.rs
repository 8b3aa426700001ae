//! The localhost API: the desk's routes from the replica, the bridge's own routes, and the rest forwarded to the server.

pub(crate) mod app;
pub(crate) mod attendance;
mod file_answer;
mod forward;
mod guard;
mod media_query;
mod message_query;
mod picture;
mod problems;
pub(crate) mod realtime;
pub(crate) mod refusal;
mod router;
mod routes;
pub(crate) mod serve;
mod settle;
pub(crate) mod tokens;

pub use router::openapi;
pub(crate) use router::router;
pub use tokens::prove;
