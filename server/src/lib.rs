//! The central server.

pub mod app;
pub mod router;
mod routes;
