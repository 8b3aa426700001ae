//! What the bridge says about itself and takes from its own window. These routes exist on the bridge only.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    agent::Agent, conversation::Scope, ids::ChannelId, phone::PhoneNumber, session::SessionState, time::UtcMillis,
};

/// `GET /status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BridgeStatus {
    pub session: SessionState,
    pub server: ServerLink,
    /// Who is signed in to the team's server.
    pub agent: Option<Agent>,
    pub number: Option<LinkedNumber>,
    /// Changes that wait for the server.
    pub outbox: u64,
    /// Messages that wait for WhatsApp on this machine.
    pub sending: u64,
    /// Unread customer messages, for the tray.
    pub unread: u64,
    /// What the agent should know and can do something about: a store file set aside, a number that another agent holds, …
    #[serde(default)]
    pub notices: Vec<crate::problem::Problem>,
    /// This machine's clock minus the server's, in milliseconds, once known.
    pub clock_skew_ms: Option<i64>,
}

/// The link to the team's server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServerLink {
    SignedOut,
    Connecting {
        url: String,
    },
    InSync {
        url: String,
        since: UtcMillis,
    },
    /// Work goes on; it goes out when the server is back.
    Offline {
        url: String,
        attempt: u32,
        next_try_at: UtcMillis,
    },
    /// The server no longer takes this sign-in.
    SignInNeeded {
        url: String,
    },
    /// The server is too new for this app.
    UpdateNeeded {
        url: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkedNumber {
    pub channel_id: ChannelId,
    pub number: PhoneNumber,
    pub name: String,
    pub default_scope: Scope,
    pub lends: bool,
}

/// `GET /client-info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientInfo {
    pub number: Option<PhoneNumber>,
    pub name: Option<String>,
    /// The phone's own platform, as WhatsApp tells it: `android`, `iphone`, …
    pub platform: Option<String>,
    pub version: String,
}

/// What an agent links, which decides what new chats share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberUse {
    /// New chats are shared with the team.
    Work,
    /// New chats stay on this machine until shared.
    Personal,
}

/// `POST /link`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub number_use: NumberUse,
    /// The agent has read that an unofficial client may breach WhatsApp's terms.
    pub consent: bool,
    /// Whether colleagues may answer through this number.
    #[serde(default = "yes")]
    pub lends: bool,
}

fn yes() -> bool {
    true
}

/// `GET /qr`: the code on offer, to draw or to copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QrCode {
    pub code: String,
    pub expires_at: UtcMillis,
    pub attempt_expires_at: UtcMillis,
}

/// `POST /server/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckServer {
    pub url: String,
}

/// `POST /server/sign-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub url: String,
    pub email: String,
    pub password: String,
}

/// `POST /server/enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolAt {
    pub url: String,
    pub code: String,
    pub password: String,
}

/// `POST /browser-link`: an address that opens this bridge's screen in a browser, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrowserLink {
    pub url: String,
    pub expires_at: UtcMillis,
}

/// `POST /browser-session`: the code of a browser link against a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemBrowserLink {
    pub code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrowserSession {
    pub token: String,
}

/// `POST /challenge`: a client proves the bridge before it shows it the token (see threat 10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// 16 to 64 random bytes, hexadecimal.
    pub nonce: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChallengeAnswer {
    /// HMAC-SHA256 under the token of `ownline-bridge:` and the nonce, hexadecimal.
    pub proof: String,
}
