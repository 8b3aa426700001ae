//! Numbers that the desk talks from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{AgentId, ChannelId},
    phone::PhoneNumber,
    session::SessionStateName,
    time::UtcMillis,
};

/// An agent's own WhatsApp number, held by the bridge on that agent's machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    pub id: ChannelId,
    pub version: i64,
    pub number: PhoneNumber,
    /// The name shown to customers.
    pub name: String,
    pub owner_id: AgentId,
    /// Whether other agents may answer through this number.
    pub lends: bool,
    pub session: SessionStateName,
    /// Whether the owner's bridge is connected to the server now.
    pub owner_online: bool,
    pub updated_at: UtcMillis,
}
