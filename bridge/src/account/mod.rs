//! The agent's account at the team's server: the one HTTP client towards it, and the tokens, which never leave this
//! process. Used by `sync` (push, pull) and by `api` (sign-in, forwarded requests).

use ownline_model::{
    agent::Agent,
    bridge::{EnrolAt, SignIn},
    health::ServerHealth,
    problem::ProblemCode,
};
use ownline_web::ApiError;

#[derive(Debug, Clone)]
pub struct Account;

impl Account {
    pub(crate) async fn check(&self, _url: &str) -> Result<ServerHealth, ApiError> {
        Err(ProblemCode::Unavailable.into())
    }
    pub(crate) async fn sign_in(&self, _sign_in: SignIn) -> Result<Agent, ApiError> {
        Err(ProblemCode::Unavailable.into())
    }
    pub(crate) async fn enrol(&self, _enrol: EnrolAt) -> Result<Agent, ApiError> {
        Err(ProblemCode::Unavailable.into())
    }
    pub(crate) async fn sign_out(&self) -> Result<(), ApiError> {
        Err(ProblemCode::Unavailable.into())
    }
}
