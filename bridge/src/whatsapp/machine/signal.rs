//! What the state machine hears, and what it asks of the task around it.

use std::time::Duration;

use ownline_model::{phone::PhoneNumber, time::UtcMillis};

/// Stable words for `Unlinked.problem`.
pub(in crate::whatsapp) mod problem {
    pub(in crate::whatsapp) const QR_EXPIRED: &str = "qr_expired";
    /// Nobody typed the code on the phone in time, or only wrong ones.
    pub(in crate::whatsapp) const PAIRING_CODE_EXPIRED: &str = "pairing_code_expired";
    pub(in crate::whatsapp) const PAIRING_FAILED: &str = "pairing_failed";
    pub(in crate::whatsapp) const HOSTED_UNSUPPORTED: &str = "hosted_account_unsupported";
    pub(in crate::whatsapp) const PASSKEY_TIMED_OUT: &str = "passkey_timed_out";
    pub(in crate::whatsapp) const PASSKEY_REFUSED: &str = "passkey_refused";
    pub(in crate::whatsapp) const UNREACHABLE: &str = "whatsapp_unreachable";
    pub(in crate::whatsapp) const KEYS_DAMAGED: &str = "session_keys_damaged";
    /// The device was let go here, and WhatsApp could not be told.
    pub(in crate::whatsapp) const LEFT_ON_PHONE: &str = "device_left_on_phone";
}

/// What can happen to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::whatsapp) enum Signal {
    /// The agent asked for codes to scan, or with `by_number` for one to type on the phone.
    LinkAsked {
        by_number: bool,
    },
    /// No code came within the time that is given to it.
    NoCodeCame,
    CodeShown {
        lasts: Duration,
    },
    CodesExhausted,
    /// The code to type on the phone.
    PairingCodeShown {
        lasts: Duration,
    },
    /// There is no code to type, nor will there be.
    NoPairingCode {
        problem: &'static str,
    },
    PairSucceeded,
    /// The phone that linked holds another number than the chats of this machine.
    OtherNumber {
        number: PhoneNumber,
        previous: PhoneNumber,
    },
    /// The agent goes on with that number.
    NumberConfirmed,
    /// The agent does not, and the device is off the phone again, as far as WhatsApp could be told.
    NumberDeclined {
        told: bool,
    },
    PairFailed {
        error: String,
    },
    /// WhatsApp wants the account's passkey before it links.
    PasskeyAsked {
        lasts: Option<Duration>,
    },
    /// The passkey was taken; the phone shows the same code, and the agent compares them.
    PasskeyCode {
        code: String,
    },
    PasskeyFailed,
    /// The time for the code to type, or for the passkey, is over.
    TimeIsOver,
    /// A linked device begins to connect, at start or because the agent asked.
    Started,
    /// The network is dialled.
    Dialling,
    DialFailed,
    OfflinePreview {
        messages: u32,
    },
    Connected,
    Disconnected,
    /// WhatsApp ends the stream with this code.
    StreamEnded {
        code: u16,
    },
    Replaced,
    LoggedOut {
        reason: &'static str,
    },
    Banned {
        code: i32,
        until: Option<UtcMillis>,
    },
    /// `<failure>` with a reason that is neither a logout nor a ban. The library goes on by itself where `retries` says so.
    Refused {
        code: i32,
        retries: bool,
    },
    ClientOutdated,
    /// The agent unlinked here.
    Unlinked,
    /// The device's keys cannot be read.
    KeysDamaged,
}

/// What the task must do after a signal, besides showing the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::whatsapp) enum Effect {
    /// Keep the device's fresh keys on disk now: losing them means another scan.
    SaveDevice,
    /// End the connection; another one comes only when asked or at `Machine::wakes_at`.
    Close,
    /// End the connection and forget the device, so that a new scan is possible. Messages stay.
    CloseAndForget,
}
