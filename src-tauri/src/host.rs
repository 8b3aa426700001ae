//! The bridge inside this process: started once, its address given to the page, ended with the app.

use std::{path::PathBuf, time::Duration};

use ownline_bridge::{Bridge, RunningBridge, StartError};
use ownline_model::problem::{Problem, ProblemCode};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::options::Options;

/// The programs' promise; what has not ended by then ends with the process.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How the page reaches the bridge.
#[derive(Clone, Serialize)]
pub(crate) struct Connection {
    pub(crate) url: String,
    /// Never logged, hence no `Debug`.
    pub(crate) token: String,
}

pub(crate) struct Host {
    options: Options,
    data: PathBuf,
    state: Mutex<State>,
}

enum State {
    /// Not started yet, or the last start failed: the next one who asks tries again.
    Idle,
    Running(RunningBridge),
    Ended,
}

impl Host {
    pub(crate) fn new(options: Options, data: PathBuf) -> Self {
        Self { options, data, state: Mutex::new(State::Idle) }
    }

    /// The bridge's address, starting the bridge where it does not run: whoever asks again after a failure tries again.
    /// `started` is called once for each start that succeeds.
    pub(crate) async fn connection(&self, started: impl FnOnce(&RunningBridge)) -> Result<Connection, Problem> {
        let mut state = self.state.lock().await;
        if let State::Idle = *state {
            let bridge = Bridge::start(self.options.bridge(&self.data)).await.map_err(|error| {
                tracing::error!(code = error.code().as_str(), %error, "the bridge did not start");
                problem_of(&error)
            })?;
            tracing::info!(url = bridge.url(), "the bridge runs");
            started(&bridge);
            *state = State::Running(bridge);
        }
        match &*state {
            State::Running(bridge) => Ok(Connection { url: bridge.url().to_owned(), token: bridge.token().to_owned() }),
            State::Idle | State::Ended => Err(ProblemCode::Unavailable.into()),
        }
    }

    /// Ends the bridge, for good. A start under way is waited for within the same time.
    pub(crate) async fn stop(&self) {
        let stopping = async {
            let state = std::mem::replace(&mut *self.state.lock().await, State::Ended);
            if let State::Running(bridge) = state {
                bridge.shutdown().await;
            }
        };
        if tokio::time::timeout(STOP_WITHIN, stopping).await.is_err() {
            tracing::warn!("the bridge did not end in time");
        }
    }
}

/// What the agent reads in place of the inbox.
fn problem_of(error: &StartError) -> Problem {
    Problem::new(error.code()).with_detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_start_has_a_code_and_says_what_happened() {
        let problem = problem_of(&StartError::PortInUse(3001));
        assert_eq!(problem.code, ProblemCode::PortInUse);
        assert!(problem.detail.expect("detail").contains("3001"));
    }
}
