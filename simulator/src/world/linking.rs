//! Linking beside the QR code: codes that are typed, and passkeys.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Linked, Result, World, WorldError};
use crate::network::account::Kind;

/// A device asks to be linked to this phone by a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRequestView {
    /// For instance `Chrome (Linux)`.
    pub platform: String,
    /// The device wants the phone to show a notification.
    pub notify: bool,
    pub asked_at: i64,
    pub expires_at: i64,
    /// How often a code may still be typed.
    pub attempts_left: u8,
}

/// How far linking behind a passkey is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyStage {
    /// The device was asked for an assertion.
    Asked,
    /// The network took the assertion.
    Proved,
    /// Phone and device show a code to be compared; the device goes on when its person agrees.
    Compare,
    Linked,
    /// The assertion, or what followed, was wrong.
    Refused,
    /// The device went away, or took too long.
    Ended,
}

impl PasskeyStage {
    pub fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Proved | Self::Compare)
    }
}

/// The newest attempt to link a device to an account that has a passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyView {
    pub stage: PasskeyStage,
    /// The `PublicKeyCredentialRequestOptions` that the device was given.
    pub request: Value,
    /// What the phone shows at the stage `compare`: `XXXX-XXXX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl World {
    /// The code that a device shows is typed on the phone. Returns when the device has proved its part.
    pub async fn enter_code(&self, number: &str, code: &str) -> Result<Linked> {
        let person = self.person(number, Kind::Phone)?;
        let code = code.to_owned();
        self.to_its_end(async move { person.enter_code(&code).await }).await
    }

    /// Linking asks for the account's passkey, or no longer.
    pub async fn require_passkey(&self, number: &str, required: bool) -> Result<()> {
        self.person(number, Kind::Phone)?.require_passkey(required).await
    }

    /// Plays the person's browser: the assertion that answers a request. Of the account whose device was asked, or of another
    /// one, which is then wrong.
    pub async fn assert_passkey(&self, request: &Value, number: Option<&str>) -> Result<Value> {
        let challenge = request.get("challenge").and_then(Value::as_str).unwrap_or_default();
        let challenge = challenge.trim_end_matches('=');
        let number = match number {
            Some(number) => number.to_owned(),
            None => self.0.network.ceremonies.asked(challenge).ok_or(WorldError::NoPasskey)?.to_string(),
        };
        let person = self.person(&number, Kind::Phone)?;
        person.assert_passkey(challenge).await.ok_or(WorldError::NoPasskey)
    }
}
