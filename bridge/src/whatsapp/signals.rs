//! The library's events as signals of the state machine, pure.

use ownline_model::time::UtcMillis;
use whatsapp_rust::wacore::types::events::{ConnectFailureReason, Event, LoggedOut};

use super::{link_code, machine::Signal, passkey};

/// `None`: the event is not about the session itself.
pub(super) fn signal(event: &Event, now: UtcMillis) -> Option<Signal> {
    Some(match event {
        Event::PairingQrCode(code) => Signal::CodeShown { lasts: code.timeout },
        Event::PairingQrCodesExhausted(_) => Signal::CodesExhausted,
        Event::PairSuccess(_) => Signal::PairSucceeded,
        Event::PairError(error) => Signal::PairFailed { error: error.error.clone() },
        Event::QrScannedWithoutMultidevice(_) => Signal::PairFailed { error: "the phone does not link devices".into() },
        Event::PairingCode(code) => Signal::PairingCodeShown { lasts: code.timeout },
        Event::PairingCodeError(error) => Signal::NoPairingCode { problem: link_code::problem(error.rejection) },
        Event::PairPasskeyRequest(asked) => Signal::PasskeyAsked { lasts: passkey::lasts(&asked.request_options_json) },
        Event::PairPasskeyConfirmation(confirmation) => Signal::PasskeyCode { code: confirmation.code.clone() },
        Event::PairPasskeyError(_) => Signal::PasskeyFailed,
        Event::OfflineSyncPreview(preview) => {
            Signal::OfflinePreview { messages: u32::try_from(preview.messages).unwrap_or_default() }
        }
        Event::Connected(_) => Signal::Connected,
        Event::Disconnected(_) => Signal::Disconnected,
        Event::StreamReplaced(_) => Signal::Replaced,
        Event::LoggedOut(logged_out) => Signal::LoggedOut { reason: reason(logged_out) },
        Event::TemporaryBan(ban) => {
            Signal::Banned { code: ban.code.code(), until: Some(now.plus_millis(ban.expire.num_milliseconds())) }
        }
        Event::ClientOutdated(_) => Signal::ClientOutdated,
        Event::ConnectFailure(failure) => match &failure.reason {
            // A ban whose length WhatsApp did not tell.
            ConnectFailureReason::TempBanned => Signal::Banned { code: 402, until: None },
            ConnectFailureReason::BadUserAgent => Signal::ClientOutdated,
            reason => Signal::Refused { code: reason.code(), retries: reason.should_reconnect() },
        },
        _ => return None,
    })
}

fn reason(logged_out: &LoggedOut) -> &'static str {
    match logged_out.reason {
        ConnectFailureReason::AccountLocked => "account_locked",
        ConnectFailureReason::UnknownLogout => "refused",
        _ => "unlinked_on_phone",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use whatsapp_rust::{
        Jid,
        pair_code::PairCodeRejection,
        transport::DisconnectReason,
        wacore::{
            chrono,
            types::events::{
                ClientOutdated, ConnectFailure, Connected, Disconnected, OfflineSyncPreview, PairError,
                PairPasskeyConfirmation, PairPasskeyError, PairPasskeyRequest, PairingCode, PairingCodeError,
                PairingQrCode, PairingQrCodesExhausted, StreamReplaced, TempBanReason, TemporaryBan,
            },
        },
    };

    use super::*;

    const NOW: UtcMillis = UtcMillis(1_000);

    fn failure(reason: ConnectFailureReason) -> Option<Signal> {
        signal(&Event::ConnectFailure(ConnectFailure::builder().reason(reason).build()), NOW)
    }

    fn logout(reason: ConnectFailureReason) -> Option<Signal> {
        signal(&Event::LoggedOut(LoggedOut::builder().on_connect(true).reason(reason).build()), NOW)
    }

    #[test]
    fn each_event_of_the_session_has_its_signal() {
        let code = PairingQrCode::builder().code("2@x".to_owned()).timeout(Duration::from_mins(1)).build();
        assert_eq!(signal(&Event::PairingQrCode(code), NOW), Some(Signal::CodeShown { lasts: Duration::from_mins(1) }));
        let exhausted = PairingQrCodesExhausted::builder().disconnected(true).build();
        assert_eq!(signal(&Event::PairingQrCodesExhausted(exhausted), NOW), Some(Signal::CodesExhausted));
        assert_eq!(signal(&Event::Connected(Connected::builder().build()), NOW), Some(Signal::Connected));
        let gone = Disconnected::builder().reason(DisconnectReason::StreamEnded).build();
        assert_eq!(signal(&Event::Disconnected(gone), NOW), Some(Signal::Disconnected));
        assert_eq!(signal(&Event::StreamReplaced(StreamReplaced::builder().build()), NOW), Some(Signal::Replaced));
        assert_eq!(
            signal(&Event::ClientOutdated(ClientOutdated::builder().build()), NOW),
            Some(Signal::ClientOutdated)
        );
        let error = PairError::builder()
            .id(Jid::default())
            .lid(Jid::default())
            .business_name(String::new())
            .platform(String::new())
            .error("bad".to_owned())
            .build();
        assert_eq!(signal(&Event::PairError(error), NOW), Some(Signal::PairFailed { error: "bad".into() }));
        let preview = OfflineSyncPreview::builder()
            .total(5)
            .app_data_changes(0)
            .messages(3)
            .notifications(1)
            .receipts(1)
            .calls(0)
            .statuses(0)
            .build();
        assert_eq!(signal(&Event::OfflineSyncPreview(preview), NOW), Some(Signal::OfflinePreview { messages: 3 }));
    }

    #[test]
    fn each_event_of_linking_by_code_and_passkey_has_its_signal() {
        let code = PairingCode::builder().code("ABCD1234".to_owned()).timeout(Duration::from_mins(3)).build();
        assert_eq!(
            signal(&Event::PairingCode(code), NOW),
            Some(Signal::PairingCodeShown { lasts: Duration::from_mins(3) })
        );
        let error = PairingCodeError::builder().rejection(PairCodeRejection::RateOverlimit).error("429".into()).build();
        assert_eq!(
            signal(&Event::PairingCodeError(error), NOW),
            Some(Signal::NoPairingCode { problem: "too_many_codes" })
        );
        let asked = PairPasskeyRequest::builder().request_options_json(r#"{"timeout":1000}"#.into()).build();
        assert_eq!(
            signal(&Event::PairPasskeyRequest(asked), NOW),
            Some(Signal::PasskeyAsked { lasts: Some(Duration::from_secs(1)) })
        );
        let compare = PairPasskeyConfirmation::builder().code("ABCD-EFGH".into()).skip_handoff_ux(false).build();
        assert_eq!(
            signal(&Event::PairPasskeyConfirmation(compare), NOW),
            Some(Signal::PasskeyCode { code: "ABCD-EFGH".into() })
        );
        let failed = PairPasskeyError::builder().error("x".into()).continuation(true).build();
        assert_eq!(signal(&Event::PairPasskeyError(failed), NOW), Some(Signal::PasskeyFailed));
    }

    #[test]
    fn bans_end_after_the_time_that_whatsapp_tells() {
        let ban =
            TemporaryBan::builder().code(TempBanReason::BlockedByUsers).expire(chrono::Duration::seconds(60)).build();
        let until = Some(UtcMillis(61_000));
        assert_eq!(signal(&Event::TemporaryBan(ban), NOW), Some(Signal::Banned { code: 102, until }));
        assert_eq!(failure(ConnectFailureReason::TempBanned), Some(Signal::Banned { code: 402, until: None }));
    }

    #[test]
    fn refusals_are_told_apart() {
        assert_eq!(
            failure(ConnectFailureReason::ServiceUnavailable),
            Some(Signal::Refused { code: 503, retries: true })
        );
        assert_eq!(failure(ConnectFailureReason::Unknown(999)), Some(Signal::Refused { code: 999, retries: false }));
        assert_eq!(failure(ConnectFailureReason::BadUserAgent), Some(Signal::ClientOutdated));
        assert_eq!(logout(ConnectFailureReason::LoggedOut), Some(Signal::LoggedOut { reason: "unlinked_on_phone" }));
        assert_eq!(logout(ConnectFailureReason::AccountLocked), Some(Signal::LoggedOut { reason: "account_locked" }));
        assert_eq!(logout(ConnectFailureReason::UnknownLogout), Some(Signal::LoggedOut { reason: "refused" }));
    }
}
