//! Disturbances, as they are asked for.

use serde::{Deserialize, Serialize};

/// A disturbance. It counts down `times` and is then gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    #[serde(flatten)]
    pub kind: FaultKind,
    /// The account it strikes; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The linked device it strikes; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<u16>,
    /// The stanzas it strikes, by tag: `message` (when absent), `receipt`, `notification`, `ack`, `iq`, or `any`. For faults
    /// of media transfers `upload`, `download` or `any` (when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stanza: Option<String>,
    /// How often it strikes; until cleared when absent (immediate ends of the stream: once).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How many fitting stanzas pass before the first strike.
    #[serde(default)]
    pub skip: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The stanza is lost on the way to the device (and sent again at its next login).
    Drop,
    Delay {
        ms: u64,
    },
    Duplicate,
    /// The stanza is overtaken by the one behind it.
    Reorder,
    /// The next encrypted message to the device cannot be decrypted, so that it asks for a repetition.
    Corrupt,
    /// Messages from the device are refused: `<ack error=code>`.
    Refuse {
        code: u16,
    },
    /// Messages from the device are taken, but not acknowledged.
    DropAck,
    /// The connection is closed instead of sending the stanza.
    Cut,
    /// At once: the connection is closed without a word.
    Close,
    /// At once: another client took the place of this one.
    Replaced,
    /// At once: the phone removed the device.
    LoggedOut,
    /// Temporary ban: closes the connection, and refuses logins with reason 402.
    Ban {
        code: u16,
        /// Seconds.
        expire: u64,
    },
    /// Closes the connection, and refuses logins with this reason.
    Failure {
        reason: u16,
    },
    /// Closes the connection, and refuses logins with reason 405.
    Outdated,
    /// At once: `<stream:error code=…>` and the end of the connection.
    StreamError {
        code: u16,
    },
    /// Media transfers begin so late, and go on at this speed.
    SlowMedia {
        ms: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes_per_second: Option<u64>,
    },
    /// A byte of a downloaded file is another one.
    CorruptMedia,
    /// A media transfer breaks off after so many bytes.
    CutMedia {
        after: u64,
    },
    /// Media transfers are answered with this status.
    RefuseMedia {
        code: u16,
    },
    /// At once: the paths of all files uploaded so far (by the account named) are answered with this status.
    ExpiredMedia {
        code: u16,
        /// The files are gone for good: the phone cannot upload them again either.
        lost: bool,
    },
}

/// A fault in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultView {
    pub id: u64,
    #[serde(flatten)]
    pub fault: Fault,
    /// How often it struck.
    pub struck: u32,
}
