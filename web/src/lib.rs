//! What every Ownline program that answers HTTP shares: problem answers, strict request bodies, the embedded screen, the
//! ready line, logs and the shutdown signal.

pub mod disposition;
pub mod error;
pub mod extract;
pub mod program;
pub mod ui;

pub use error::ApiError;
pub use extract::{Json, Path, Query};
