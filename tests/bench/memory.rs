//! What a program occupies, once it has nothing more to do.

use std::time::{Duration, Instant};

use anyhow::Result;
use ownline_tests::{AgentApp, program::Memory};

const SETTLES_WITHIN: Duration = Duration::from_secs(20);
const UNMOVED_FOR: Duration = Duration::from_secs(5);

/// The memory once it has not moved by more than one in a hundred for five seconds.
pub(crate) async fn at_rest(app: &AgentApp) -> Result<Memory> {
    let start = Instant::now();
    let mut settled = app.program.memory()?;
    let mut since = Instant::now();
    while since.elapsed() < UNMOVED_FOR && start.elapsed() < SETTLES_WITHIN {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = app.program.memory()?;
        if now.abs_diff(settled) > settled / 100 {
            (settled, since) = (now, Instant::now());
        }
    }
    app.program.memory_in_full()
}
