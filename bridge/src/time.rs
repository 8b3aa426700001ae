//! The clock.

use ownline_model::time::UtcMillis;

/// Now, as UTC milliseconds.
pub fn now() -> UtcMillis {
    UtcMillis(jiff::Timestamp::now().as_millisecond())
}
