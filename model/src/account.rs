//! Signing in, enrolment and people's administration.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    agent::{Agent, Role},
    time::UtcMillis,
};

/// `POST /api/auth/login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub email: String,
    pub password: String,
}

/// `POST /api/auth/refresh` and `POST /api/auth/logout`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    pub refresh_token: String,
}

/// What signing in, refreshing and enrolling give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    pub access_token: String,
    pub access_expires_at: UtcMillis,
    /// Used once: each refresh gives the next one, and using an old one ends the session.
    pub refresh_token: String,
    pub refresh_expires_at: UtcMillis,
    pub agent: Agent,
}

/// `POST /api/auth/enrol`: the one-time code from the admin, and the password to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    pub code: String,
    #[schema(min_length = 10)]
    pub password: String,
}

/// `POST /api/setup`: the first admin, by the first-run token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    pub token: String,
    pub name: String,
    pub email: String,
    #[schema(min_length = 10)]
    pub password: String,
}

/// `POST /api/agents` (admin).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgent {
    pub name: String,
    pub email: String,
    pub role: Role,
}

/// `PATCH /api/agents/{id}` (admin): absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentPatch {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub active: Option<bool>,
}

/// The answer to a new agent or a new code: the only time the code is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Enrolment {
    pub agent: Agent,
    /// Such as `K7QF-2MXR-9TDW`.
    pub code: String,
    pub expires_at: UtcMillis,
}

/// `PUT /api/auth/profile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileUpdate {
    pub name: Option<String>,
    /// Needed to change the password.
    pub current_password: Option<String>,
    pub new_password: Option<String>,
}
