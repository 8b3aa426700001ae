//! The one state machine of an agent's WhatsApp session, as the screen, `GET /status` and the desk show it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{phone::PhoneNumber, time::UtcMillis};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionState {
    /// No number is linked and none is being linked.
    Unlinked {
        /// Why the last attempt ended, when it ended badly: `qr_expired`, `pairing_failed`, `hosted_account_unsupported`, …
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// A QR code is on offer.
    WaitingForScan {
        /// When the code on offer rotates.
        code_expires_at: UtcMillis,
        /// When the last code of this attempt ends and the agent must ask for new ones.
        attempt_expires_at: UtcMillis,
    },
    /// The account asks for its passkey before it links; the agent's own browser can give it.
    PasskeyNeeded {
        until: Option<UtcMillis>,
        /// The passkey was taken: the phone shows this code too, and the agent says that they are the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// The phone that scanned holds another number than this machine's chats. Nothing goes on until the agent decides.
    ConfirmNumber {
        number: PhoneNumber,
        previous: PhoneNumber,
    },
    /// The phone has approved; keys are being exchanged.
    Pairing,
    /// Linked, fetching what was missed.
    Syncing {
        #[serde(skip_serializing_if = "Option::is_none")]
        messages_waiting: Option<u32>,
    },
    Online {
        since: UtcMillis,
    },
    Reconnecting {
        attempt: u32,
        next_try_at: UtcMillis,
        /// Where WhatsApp gave one: `maintenance`, `slow_down` (too many connections), `refused`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Another client took this session over. Nothing happens until the agent asks to take it back.
    Replaced,
    /// The phone (or WhatsApp) ended the link: `unlinked_on_phone`, `refused`, …
    LoggedOut {
        reason: String,
    },
    /// WhatsApp limits this number (time-lock on new chats, …).
    Restricted {
        kind: String,
        until: Option<UtcMillis>,
    },
    Banned {
        code: i32,
        until: Option<UtcMillis>,
    },
    /// WhatsApp refuses this version of the app.
    ClientOutdated,
}

/// [`SessionState`] without its details, for lists and colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStateName {
    Unlinked,
    WaitingForScan,
    PasskeyNeeded,
    ConfirmNumber,
    Pairing,
    Syncing,
    Online,
    Reconnecting,
    Replaced,
    LoggedOut,
    Restricted,
    Banned,
    ClientOutdated,
}

impl SessionState {
    pub const UNLINKED: Self = Self::Unlinked { problem: None };

    pub const fn name(&self) -> SessionStateName {
        match self {
            Self::Unlinked { .. } => SessionStateName::Unlinked,
            Self::WaitingForScan { .. } => SessionStateName::WaitingForScan,
            Self::PasskeyNeeded { .. } => SessionStateName::PasskeyNeeded,
            Self::ConfirmNumber { .. } => SessionStateName::ConfirmNumber,
            Self::Pairing => SessionStateName::Pairing,
            Self::Syncing { .. } => SessionStateName::Syncing,
            Self::Online { .. } => SessionStateName::Online,
            Self::Reconnecting { .. } => SessionStateName::Reconnecting,
            Self::Replaced => SessionStateName::Replaced,
            Self::LoggedOut { .. } => SessionStateName::LoggedOut,
            Self::Restricted { .. } => SessionStateName::Restricted,
            Self::Banned { .. } => SessionStateName::Banned,
            Self::ClientOutdated => SessionStateName::ClientOutdated,
        }
    }

    /// Whether messages can leave now.
    pub const fn can_send(&self) -> bool {
        matches!(self, Self::Online { .. })
    }

    /// Whether this device is known to WhatsApp, so that a restart needs no scan.
    pub const fn is_linked(&self) -> bool {
        !matches!(
            self,
            Self::Unlinked { .. }
                | Self::WaitingForScan { .. }
                | Self::PasskeyNeeded { .. }
                | Self::ConfirmNumber { .. }
                | Self::Pairing
                | Self::LoggedOut { .. }
        )
    }
}
