//! What can go wrong between this machine and the team's server.

use ownline_model::problem::{Problem, ProblemCode};

use crate::store::{DeskError, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The server said no, and why.
    #[error("the server refused: {}", .0.code.as_str())]
    Refused(Box<Problem>),
    /// No connection, no answer in time, or an answer that is not the server's. Trying again may help.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    #[error("nobody is signed in")]
    NotSignedIn,
    /// The server no longer takes the sign-in.
    #[error("the sign-in has ended")]
    SignInNeeded,
    /// The server no longer speaks this build's protocol.
    #[error("this build is too old for the server")]
    UpdateNeeded,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RemoteError {
    /// The cause without the address, which would only repeat what the agent typed.
    pub(super) fn of_transport(error: &reqwest::Error) -> Self {
        let mut words = if error.is_timeout() { "no answer in time".to_owned() } else { String::new() };
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            words = cause.to_string();
            source = cause.source();
        }
        Self::Unreachable(if words.is_empty() { "no connection".to_owned() } else { words })
    }

    pub fn into_problem(self) -> Problem {
        match self {
            Self::Refused(problem) => *problem,
            Self::Unreachable(cause) => Problem::new(ProblemCode::ServerUnreachable).with_detail(cause),
            Self::NotSignedIn => ProblemCode::NotSignedIn.into(),
            Self::SignInNeeded => ProblemCode::SessionRevoked.into(),
            Self::UpdateNeeded => ProblemCode::ProtocolTooOld.into(),
            Self::Store(error) => {
                tracing::error!(%error, "request failed");
                ProblemCode::Internal.into()
            }
        }
    }
}

impl From<Problem> for RemoteError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<ProblemCode> for RemoteError {
    fn from(code: ProblemCode) -> Self {
        Problem::new(code).into()
    }
}

impl From<DeskError> for RemoteError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(problem) => Self::Refused(problem),
            DeskError::Store(error) => Self::Store(error),
        }
    }
}
