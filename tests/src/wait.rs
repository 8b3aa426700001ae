//! Waiting for something to become true, with a story to tell when it does not.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

const WITHIN: Duration = Duration::from_mins(1);
/// The programs are other processes: asking again is the only event there is.
const ASK_EVERY: Duration = Duration::from_millis(40);

/// Asks until `look` gives something that `enough` accepts, and gives it back. Fails with the last thing seen.
pub async fn until<T: Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T>,
    enough: impl Fn(&T) -> bool,
) -> Result<T> {
    until_within(WITHIN, what, &mut look, enough).await
}

pub async fn until_within<T: Debug>(
    within: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T>,
    enough: impl Fn(&T) -> bool,
) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        let seen = look().await;
        match &seen {
            Ok(value) if enough(value) => return seen,
            _ if Instant::now() > deadline => bail!("waited in vain for: {what}\nlast seen: {seen:#?}"),
            _ => tokio::time::sleep(ASK_EVERY).await,
        }
    }
}
