//! People who sign in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ids::AgentId, time::UtcMillis};

/// What a person may do. Each role may do what the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers customers.
    Agent,
    /// Also assigns and transfers tickets of others.
    Supervisor,
    /// Also enrols people and sets policy.
    Admin,
}

impl Role {
    pub fn may_transfer_any_ticket(self) -> bool {
        self >= Self::Supervisor
    }

    pub fn may_manage_agents(self) -> bool {
        self == Self::Admin
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    pub id: AgentId,
    pub version: i64,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// False once an admin has switched the account off; its tickets stay where they are.
    pub active: bool,
    /// False until the one-time code was used to set a password.
    pub enrolled: bool,
    pub created_at: UtcMillis,
}
