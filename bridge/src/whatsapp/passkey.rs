//! The passkey that some accounts must give before a device is linked. The agent's own browser makes it; here it is checked
//! against what WhatsApp asked, and put into the form that WhatsApp takes.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use whatsapp_rust::passkey::{Assertion, PasskeyError};

use crate::session_port::SessionError;

/// A browser's answer is a few kilobytes; larger is something else.
const PART_MAX: usize = 64 * 1024;

/// How long WhatsApp gives for the answer, where it says so.
pub(super) fn lasts(options: &str) -> Option<Duration> {
    let options: Value = serde_json::from_str(options).ok()?;
    options.get("timeout")?.as_u64().filter(|millis| *millis > 0).map(Duration::from_millis)
}

/// The browser's `PublicKeyCredential` in WhatsApp's form.
pub(super) fn assertion(credential: &Value, options: &Value) -> Result<Assertion, SessionError> {
    let raw_id = part(credential, "rawId").or_else(|_| part(credential, "id"))?;
    let response = credential.get("response").ok_or(SessionError::NoAssertion("response is missing"))?;
    let client_data = part(response, "clientDataJSON")?;
    let authenticator_data = part(response, "authenticatorData")?;
    let signature = part(response, "signature")?;
    check_client_data(&client_data, options)?;
    let id = BASE64_URL_SAFE_NO_PAD.encode(&raw_id);
    let user_handle = part(response, "userHandle").ok().map(|handle| BASE64_URL_SAFE_NO_PAD.encode(handle));
    let json = json!({
        "id": id,
        "rawId": id,
        "type": "public-key",
        "response": {
            "clientDataJSON": BASE64_URL_SAFE_NO_PAD.encode(&client_data),
            "authenticatorData": BASE64_URL_SAFE_NO_PAD.encode(&authenticator_data),
            "signature": BASE64_URL_SAFE_NO_PAD.encode(&signature),
            "userHandle": user_handle,
        },
    });
    Ok(Assertion { assertion_json: json.to_string().into_bytes(), credential_id: raw_id })
}

/// An answer to another question would cost one of WhatsApp's tries.
fn check_client_data(client_data: &[u8], options: &Value) -> Result<(), SessionError> {
    let data: Value =
        serde_json::from_slice(client_data).map_err(|_| SessionError::NoAssertion("clientDataJSON is not JSON"))?;
    if data.get("type").and_then(Value::as_str) != Some("webauthn.get") {
        return Err(SessionError::NoAssertion("it does not come from a sign-in with a passkey"));
    }
    let challenge = |value: &Value| value.get("challenge")?.as_str().map(|text| text.trim_end_matches('=').to_owned());
    if challenge(&data) != challenge(options) {
        return Err(SessionError::NoAssertion("it answers another question than the one that WhatsApp asks now"));
    }
    Ok(())
}

fn part(of: &Value, name: &'static str) -> Result<Vec<u8>, SessionError> {
    let text = of.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && text.len() <= PART_MAX);
    text.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok())
        .ok_or(SessionError::NoAssertion("a part of it is missing or not base64url"))
}

/// The library passes WhatsApp's refusal on as text only.
pub(super) fn refusal(error: &PasskeyError) -> SessionError {
    let text = error.to_string();
    if text.contains("server error response") {
        SessionError::PasskeyRefused(text)
    } else {
        tracing::warn!(%error, "the passkey could not be given to WhatsApp");
        SessionError::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Value {
        json!({ "challenge": "Y2hhbGxlbmdl", "rpId": "web.whatsapp.com", "timeout": 60_000 })
    }

    fn credential(client_data: &Value) -> Value {
        json!({
            "id": "Y3JlZA", "rawId": "Y3JlZA", "type": "public-key", "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": BASE64_URL_SAFE_NO_PAD.encode(client_data.to_string()),
                "authenticatorData": "YXV0aA==", "signature": "c2ln", "userHandle": "dXNlcg",
            },
        })
    }

    #[test]
    fn a_browsers_answer_takes_whatsapps_form() {
        let given = credential(&json!({ "type": "webauthn.get", "challenge": "Y2hhbGxlbmdl=" }));
        let assertion = assertion(&given, &options()).expect("an assertion");
        assert_eq!(assertion.credential_id, b"cred");
        let json: Value = serde_json::from_slice(&assertion.assertion_json).expect("JSON");
        assert_eq!(json["response"]["authenticatorData"], "YXV0aA", "without padding");
        assert_eq!((&json["rawId"], &json["type"]), (&json!("Y3JlZA"), &json!("public-key")));
        assert_eq!(json.as_object().expect("object").len(), 4, "nothing else is told");
    }

    #[test]
    fn an_answer_to_another_question_is_not_sent() {
        let others = [
            json!({ "type": "webauthn.get", "challenge": "b3RoZXI" }),
            json!({ "type": "webauthn.create", "challenge": "Y2hhbGxlbmdl" }),
            json!("no object"),
        ];
        for other in others {
            assert!(matches!(assertion(&credential(&other), &options()), Err(SessionError::NoAssertion(_))), "{other}");
        }
        for broken in [json!({}), json!({ "rawId": "§" }), json!({ "rawId": "Y3JlZA", "response": {} })] {
            assert!(matches!(assertion(&broken, &options()), Err(SessionError::NoAssertion(_))), "{broken}");
        }
    }

    #[test]
    fn the_time_is_what_whatsapp_says() {
        assert_eq!(lasts(&options().to_string()), Some(Duration::from_mins(1)));
        assert_eq!(lasts("{}"), None);
        assert_eq!(lasts("nonsense"), None);
    }

    #[test]
    fn a_refusal_is_told_from_a_lost_connection() {
        let refused = PasskeyError::Flow(
            "passkey_prologue iq failed: received a server error response: code=401, text='not-authorized'".into(),
        );
        assert!(matches!(refusal(&refused), SessionError::PasskeyRefused(_)));
        let lost = PasskeyError::Flow("ref iq failed: client is not connected".into());
        assert_eq!(refusal(&lost), SessionError::Unavailable);
    }
}
