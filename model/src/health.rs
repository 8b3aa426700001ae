//! How a program says that it is there.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/health` of the server: open to all, so it says little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerHealth {
    pub ok: bool,
    /// Always `ownline-server`: how a bridge tells it from any other web server.
    pub product: String,
    pub protocol: u32,
    /// The oldest protocol that is served.
    pub protocol_min: u32,
    /// True until the first admin exists.
    pub setup_needed: bool,
}

/// `GET /health` of the bridge: open, and says nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BridgeHealth {
    pub ok: bool,
}
