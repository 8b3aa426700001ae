//! Problem answers (RFC 9457) with a stable code. One list for every program, so that a code means one thing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident $code:tt $status:literal $title:literal;)+) => {
        /// What went wrong, for programs. Never renamed once released.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)+
        }

        impl ProblemCode {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status that the code is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// One sentence for people, the same at every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

problems! {
    // Requests
    InvalidRequest "invalid_request" 422 "The request is not well formed.";
    UnsupportedMediaType "unsupported_media_type" 415 "Send JSON.";
    BodyTooLarge "body_too_large" 413 "The request is too large.";
    NotFound "not_found" 404 "There is no such thing, or you may not see it.";
    MethodNotAllowed "method_not_allowed" 405 "That cannot be done here.";
    RateLimited "rate_limited" 429 "Too many attempts. Wait a moment and try again.";
    VersionConflict "version_conflict" 409 "Someone changed this meanwhile.";
    Internal "internal" 500 "Something went wrong on our side. Nothing you wrote is lost.";
    Unavailable "unavailable" 503 "Not available right now. Try again in a moment.";
    // Who you are
    Unauthenticated "unauthenticated" 401 "Sign in first.";
    TokenExpired "token_expired" 401 "Your sign-in has expired.";
    SessionRevoked "session_revoked" 401 "This session has ended. Sign in again.";
    WrongCredentials "wrong_credentials" 401 "E-mail or password is wrong.";
    AccountDisabled "account_disabled" 403 "This account is switched off. Ask your admin.";
    Forbidden "forbidden" 403 "Your role does not allow that.";
    ForbiddenHost "forbidden_host" 403 "This address is not served here.";
    ForbiddenOrigin "forbidden_origin" 403 "Pages from that origin may not use this app.";
    // Enrolment
    EnrolmentCodeUnknown "enrolment_code_unknown" 404 "This enrolment code does not exist. Check it, or ask your admin for a new one.";
    EnrolmentCodeUsed "enrolment_code_used" 409 "This enrolment code has been used already. Sign in, or ask your admin for a new one.";
    EnrolmentCodeExpired "enrolment_code_expired" 410 "This enrolment code has expired. Ask your admin for a new one.";
    PasswordTooShort "password_too_short" 422 "Choose a password of at least 10 characters.";
    EmailTaken "email_taken" 409 "Someone with this e-mail address exists already.";
    SetupDone "setup_done" 409 "This server has its first admin already.";
    SetupTokenWrong "setup_token_wrong" 401 "The first-run token is wrong. It stands in the server's log.";
    // The desk
    TicketTaken "ticket_taken" 409 "Someone else took this ticket a moment ago.";
    TicketWrongState "ticket_wrong_state" 409 "A ticket in this state does not allow that.";
    NotAssignee "not_assignee" 403 "Only the person who has the ticket can do this. Take it first.";
    OwnerConsentMissing "owner_consent_missing" 403 "The owner of this number does not lend it to others.";
    NumberAlreadyLinked "number_already_linked" 409 "This number belongs to another agent of your team.";
    TextEmpty "text_empty" 422 "There is nothing to send.";
    TextTooLong "text_too_long" 422 "The text is longer than WhatsApp allows (65,536 characters).";
    NotYourNumber "not_your_number" 403 "Only the owner of this number can do that.";
    SharedSince "shared_since" 409 "This chat has been shared since the two became one.";
    // The bridge
    NotSignedIn "not_signed_in" 409 "Sign in to your team's server first.";
    NotAnOwnlineServer "not_an_ownline_server" 422 "There is no Ownline server at this address.";
    InsecureServerAddress "insecure_server_address" 422 "The server's address must start with https://.";
    ServerUnreachable "server_unreachable" 503 "Your team's server cannot be reached. Your work is kept and goes out when it is back.";
    ProtocolTooOld "protocol_too_old" 426 "This version of Ownline is too old for your server. Update the app; your unsent work is kept.";
    AlreadyLinked "already_linked" 409 "A WhatsApp number is linked already. Unlink it first.";
    NotLinked "not_linked" 409 "No WhatsApp number is linked yet.";
    ConsentRequired "consent_required" 422 "Confirm that you have read what linking means.";
    NoQrCode "no_qr_code" 404 "There is no QR code on offer right now.";
    QrExpired "qr_expired" 410 "The QR code has expired. Ask for a new one.";
    NotOnWhatsapp "not_on_whatsapp" 422 "This number is not on WhatsApp.";
    InvalidPhoneNumber "invalid_phone_number" 422 "This is not a telephone number in international form.";
    // Files and messages of every kind
    MediaTooLarge "media_too_large" 413 "This file is larger than WhatsApp takes.";
    MediaUnreadable "media_unreadable" 422 "This file cannot be read as what it says it is.";
    MediaUnknown "media_unknown" 404 "This file is no longer here. Choose it again.";
    MediaGone "media_gone" 410 "WhatsApp no longer has this file, nor does the phone.";
    MediaUnavailable "media_unavailable" 503 "This file cannot be fetched right now. Try again in a moment.";
    DiskFull "disk_full" 507 "The disk of this machine is full. Make some room and try again.";
    TooLateToEdit "too_late_to_edit" 409 "WhatsApp takes changes for 15 minutes only.";
    TooLateToRevoke "too_late_to_revoke" 409 "It is too late to take this message back for everyone.";
    NotYourMessage "not_your_message" 403 "Only messages of this number can be changed.";
    MessageNotSent "message_not_sent" 409 "This message has not left yet.";
    AlreadySent "already_sent" 409 "This message has left already.";
    // Groups
    NotAGroup "not_a_group" 404 "This chat is no group.";
    NotAMember "not_a_member" 409 "This number is no longer in this group.";
    AdminsOnly "admins_only" 403 "Only the admins of this group can write in it.";
    NoPicture "no_picture" 404 "No profile picture of this customer is known.";
    // The own line
    OptedOut "opted_out" 409 "This customer asked not to be written to.";
    TooManyAlike "too_many_alike" 409 "The same text went to many people already. Use an approved template on the business channel.";
    LinkFirst "link_first" 409 "The first words to somebody who has not written may not hold a link.";
    ManyOrdered "many_ordered" 409 "Your team has asked for more messages through this number than is safe at once. They go out slowly; look through them.";
    SendingStopped "sending_stopped" 409 "Nothing can be sent from this number right now.";
    NothingOlder "nothing_older" 409 "The phone has nothing older.";
    PhoneOffline "phone_offline" 503 "The phone did not answer. Open WhatsApp on it and try again.";
    NothingToConfirm "nothing_to_confirm" 409 "There is no number to confirm right now.";
    NoPairingCode "no_pairing_code" 404 "There is no pairing code on offer right now.";
    NoPasskeyAsked "no_passkey_asked" 409 "WhatsApp does not ask for a passkey right now.";
    PasskeyRefused "passkey_refused" 422 "WhatsApp did not accept this passkey.";
    StoreDamaged "store_damaged" 500 "The local store file is damaged. It was set aside, nothing was deleted.";
    StoreKeyMissing "store_key_missing" 500 "The key of the local store is not in the keyring.";
    PortInUse "port_in_use" 500 "The port is in use by another program.";
    LinkUsed "link_used" 410 "This link has been used or has expired. Ask the app for a new one.";
}

/// The body of every error answer, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says it.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: ProblemCode,
    /// What happened this time, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The field that is wrong, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds to wait before trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    pub fn new(code: ProblemCode) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: None,
            field: None,
            retry_after: None,
        }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_read_back() {
        let mut seen = std::collections::HashSet::new();
        for code in ProblemCode::ALL {
            assert!(seen.insert(code.as_str()), "{} twice", code.as_str());
            let json = serde_json::to_string(code).expect("json");
            assert_eq!(json, format!("\"{}\"", code.as_str()));
            assert_eq!(serde_json::from_str::<ProblemCode>(&json).expect("back"), *code);
        }
    }

    #[test]
    fn the_contract_names_codes_as_the_wire_does() {
        use utoipa::PartialSchema as _;
        let schema = serde_json::to_value(ProblemCode::schema()).expect("json");
        let named: Vec<&str> =
            schema["enum"].as_array().expect("enum").iter().filter_map(|name| name.as_str()).collect();
        let wire: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(named, wire);
    }
}
