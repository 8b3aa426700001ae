//! The localhost API: the desk's routes from the replica, the bridge's own routes, and the rest forwarded to the server.

pub(crate) mod app;
mod picture;
mod problems;
pub(crate) mod refusal;
mod router;
mod routes;
mod settle;
pub(crate) mod tokens;

pub use router::openapi;
pub use tokens::prove;
