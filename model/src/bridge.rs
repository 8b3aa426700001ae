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
    /// What the phone hands over after linking; absent before the first link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryProgress>,
    /// This machine's clock minus the server's, in milliseconds, once known.
    pub clock_skew_ms: Option<i64>,
}

/// The import of what the phone hands over at linking, and on request later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryProgress {
    pub state: HistoryState,
    /// As the phone tells it.
    pub percent: Option<u8>,
    /// Stored here.
    pub conversations: u64,
    pub messages: u64,
    /// Handed over, but there already or nothing to show.
    pub skipped: u64,
    /// Handed over and not readable; the log says why.
    pub failed: u64,
    pub updated_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryState {
    /// The phone has not begun.
    #[default]
    Waiting,
    Importing,
    Done,
}

/// `GET|PUT /settings`: what the agent decides about the own line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineSettings {
    pub read_receipts: ReadReceipts,
    /// What new chats share.
    pub default_scope: Scope,
    pub lends: bool,
}

/// When the customer's ticks turn blue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadReceipts {
    /// When a person has opened the chat.
    #[default]
    OnView,
    /// When somebody answers.
    OnReply,
    Never,
}

/// `PUT /presence`: whether the agent sits before the screen. The line shows as online only then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentPresent {
    pub present: bool,
    /// A name that the screen made up for itself, so that each window speaks for itself only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

/// `GET /pairing-code`: to type on the phone instead of scanning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PairingCode {
    /// Eight characters, without the dash that people see between the fourth and the fifth.
    pub code: String,
    pub phone: PhoneNumber,
    pub expires_at: UtcMillis,
}

/// `GET /passkey`: what the account's passkey must sign, and `POST /passkey`: what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyRequest {
    /// `PublicKeyCredentialRequestOptions` as JSON, as WhatsApp gave it.
    pub options: serde_json::Value,
    pub until: Option<UtcMillis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswer {
    /// The browser's `PublicKeyCredential` as JSON.
    pub assertion: serde_json::Value,
}

/// `POST /link/confirm`: after the phone of another number has scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmNumber {
    /// False takes the fresh device off the phone again; the chats here stay with their number.
    pub go_on: bool,
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
    /// The own number, as typed: link with an eight-character code instead of a scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// ISO 3166 country of `phone`, used when it has no `+`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
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
