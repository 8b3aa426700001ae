//! The one place where what went wrong inside becomes a problem answer.

use ownline_model::problem::{Problem, ProblemCode};
use ownline_web::ApiError;

use crate::{
    account::RemoteError,
    session_port::SessionError,
    store::{DeskError, StoreError},
};

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => ProblemCode::Unavailable.into(),
            error => Self::internal(error),
        }
    }
}

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(problem) => (*problem).into(),
            DeskError::Store(error) => error.into(),
        }
    }
}

impl From<RemoteError> for ApiError {
    fn from(error: RemoteError) -> Self {
        error.into_problem().into()
    }
}

pub(crate) fn session(error: SessionError) -> ApiError {
    match error {
        SessionError::AlreadyLinked => ProblemCode::AlreadyLinked.into(),
        SessionError::NotLinked => ProblemCode::NotLinked.into(),
        SessionError::NotConnected => {
            Problem::new(ProblemCode::Unavailable).with_detail("WhatsApp is not connected right now.").into()
        }
        SessionError::Unavailable => ProblemCode::Unavailable.into(),
        SessionError::NothingToConfirm => ProblemCode::NothingToConfirm.into(),
        SessionError::NoPasskeyAsked => ProblemCode::NoPasskeyAsked.into(),
        SessionError::NoAssertion(why) => {
            Problem::new(ProblemCode::InvalidRequest).with_field("assertion").with_detail(why).into()
        }
        SessionError::PasskeyRefused(why) => Problem::new(ProblemCode::PasskeyRefused).with_detail(why).into(),
        SessionError::Failed(cause) => Problem::new(ProblemCode::Unavailable).with_detail(cause).into(),
    }
}
