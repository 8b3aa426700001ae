//! Linking by a code that is typed on the phone: which of WhatsApp's refusals means what, and the request itself.

use std::sync::Arc;

use ownline_model::phone::PhoneNumber;
use whatsapp_rust::{
    Client,
    pair_code::{PairCodeOptions, PairCodeRejection},
};

/// How often a code that came to nothing is replaced before the attempt ends.
pub(super) const ROUNDS: u8 = 3;

/// The attempt under way.
#[derive(Debug)]
pub(super) struct ByNumber {
    pub(super) phone: PhoneNumber,
    /// A code was asked for on this connection.
    pub(super) asked: bool,
    pub(super) rounds: u8,
}

impl ByNumber {
    pub(super) const fn new(phone: PhoneNumber) -> Self {
        Self { phone, asked: false, rounds: 0 }
    }
}

/// Asks for a code. The answer comes as an event, whichever it is.
pub(super) async fn ask(client: Arc<Client>, phone: PhoneNumber) {
    // A code of an earlier connection leads nowhere.
    client.cancel_pair_code().await;
    let options = PairCodeOptions {
        phone_number: phone.digits().to_owned(),
        display_os: Some(system().to_owned()),
        ..Default::default()
    };
    if let Err(error) = client.pair_with_code(options).await {
        tracing::warn!(%error, "no code to type on the phone");
    }
}

/// As WhatsApp names systems; it takes no other words here.
const fn system() -> &'static str {
    if cfg!(windows) {
        "Windows"
    } else if cfg!(target_os = "macos") {
        "Mac OS"
    } else {
        "Linux"
    }
}

/// The word for `Unlinked.problem`. WhatsApp answers a number that it does not know and one for which too many codes were
/// asked alike; `number_refused` stands for both.
pub(super) fn problem(rejection: Option<PairCodeRejection>) -> &'static str {
    match rejection {
        Some(PairCodeRejection::BadRequest) => "number_refused",
        Some(PairCodeRejection::Unknown(404)) => "not_on_whatsapp",
        Some(PairCodeRejection::RateOverlimit) => "too_many_codes",
        Some(PairCodeRejection::Forbidden | PairCodeRejection::FeatureNotAvailable) => "pairing_code_unavailable",
        Some(_) => "pairing_failed",
        None => "whatsapp_unreachable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_word() {
        assert_eq!(problem(Some(PairCodeRejection::BadRequest)), "number_refused");
        assert_eq!(problem(Some(PairCodeRejection::Unknown(404))), "not_on_whatsapp");
        assert_eq!(problem(Some(PairCodeRejection::RateOverlimit)), "too_many_codes");
        assert_eq!(problem(Some(PairCodeRejection::FeatureNotAvailable)), "pairing_code_unavailable");
        assert_eq!(problem(Some(PairCodeRejection::InternalServerError)), "pairing_failed");
        assert_eq!(problem(None), "whatsapp_unreachable");
    }
}
