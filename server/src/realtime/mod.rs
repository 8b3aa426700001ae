//! The fan-out of events to sockets.

mod hub;
pub(crate) mod socket;

pub(crate) use hub::Hub;
