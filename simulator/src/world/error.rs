//! What can go wrong when somebody outside asks the simulated world for something.

use serde::Serialize;

/// A refused request. [`WorldError::code`] is stable; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    #[error("{0} is not a telephone number: 7 to 15 digits are needed, with the country code and without '+'")]
    BadNumber(String),
    #[error("{0} is not a LID: 6 to 18 digits are needed")]
    BadLid(String),
    #[error("a name may not be empty or longer than 100 characters")]
    BadName,
    #[error("the message has no content, or more than 65536 bytes of it")]
    BadContent,
    #[error("this kind of content is not supported yet: {0}")]
    UnsupportedContent(&'static str),
    #[error("{0}")]
    BadRequest(String),
    #[error("there is no phone with the number {0}")]
    NoSuchPhone(String),
    #[error("there is no customer with the number {0}")]
    NoSuchCustomer(String),
    #[error("the number {0} has no account on this network")]
    NoSuchAccount(String),
    #[error("there is no group {0}")]
    NoSuchGroup(String),
    #[error("{0} is no group: its id is 120363 and twelve more digits")]
    BadGroup(String),
    #[error("a group's subject has 1 to 100 characters")]
    BadSubject,
    #[error("{0} is not in this group")]
    NotAMember(String),
    #[error("{0} is no admin of this group")]
    NotAnAdmin(String),
    #[error("there is no message with the id {0}")]
    NoSuchMessage(String),
    #[error("the number or LID {0} is taken by another account")]
    Taken(String),
    #[error("this is not a WhatsApp linking code")]
    BadQr,
    #[error("this linking code was not issued by this network")]
    UnknownQr,
    #[error("this linking code is no longer valid; scan the one that is on the screen now")]
    ExpiredQr,
    #[error("this linking code was used already")]
    UsedQr,
    #[error("the keys in this linking code are not those of the device that shows it")]
    ForeignQr,
    #[error("a linking code has eight letters and digits")]
    BadCode,
    #[error("no device asks to be linked to this number by a code")]
    NoLinkRequest,
    #[error("this linking code is no longer valid; ask the device for a new one")]
    ExpiredCode,
    #[error("this is not the code that the device shows")]
    WrongCode,
    #[error("the device is now asked for the account's passkey; linking goes on when it has answered")]
    PasskeyRequired,
    #[error("there is no passkey that answers this request")]
    NoPasskey,
    #[error("this account has four linked devices already, which is the most there may be")]
    TooManyDevices,
    #[error("the phone is switched off")]
    PhoneOff,
    #[error("the device refused the link: {0}")]
    LinkRefused(String),
    #[error("the device did not answer in time")]
    LinkTimeout,
    #[error("not everything was delivered in time: {0}")]
    LoadTimeout(String),
    #[error("the file of this message cannot be had: {0}")]
    MediaGone(String),
    #[error("the file is not one to send: {0}")]
    BadMedia(String),
    #[error("the simulator is shutting down")]
    Closing,
    #[error("the state could not be written: {0}")]
    Storage(String),
}

/// The class of a [`WorldError`], which decides the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The request makes no sense: 400.
    Invalid,
    /// What it names does not exist: 404.
    Missing,
    /// It existed: 410.
    Gone,
    /// It contradicts the present state: 409.
    Conflict,
    /// A device or a queue did not answer: 504.
    Timeout,
    /// The simulator itself failed or is closing: 503.
    Unavailable,
}

impl WorldError {
    /// The stable code, as problems carry it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadNumber(_) => "bad_number",
            Self::BadLid(_) => "bad_lid",
            Self::BadName => "bad_name",
            Self::BadContent => "bad_content",
            Self::UnsupportedContent(_) => "unsupported_content",
            Self::BadRequest(_) => "bad_request",
            Self::NoSuchPhone(_) => "no_such_phone",
            Self::NoSuchCustomer(_) => "no_such_customer",
            Self::NoSuchAccount(_) => "no_such_account",
            Self::NoSuchGroup(_) => "no_such_group",
            Self::BadGroup(_) => "bad_group",
            Self::BadSubject => "bad_subject",
            Self::NotAMember(_) => "not_a_member",
            Self::NotAnAdmin(_) => "not_an_admin",
            Self::NoSuchMessage(_) => "no_such_message",
            Self::Taken(_) => "taken",
            Self::BadQr => "bad_qr",
            Self::UnknownQr => "unknown_qr",
            Self::ExpiredQr => "expired_qr",
            Self::UsedQr => "used_qr",
            Self::ForeignQr => "foreign_qr",
            Self::BadCode => "bad_code",
            Self::NoLinkRequest => "no_link_request",
            Self::ExpiredCode => "expired_code",
            Self::WrongCode => "wrong_code",
            Self::PasskeyRequired => "passkey_required",
            Self::NoPasskey => "no_passkey",
            Self::TooManyDevices => "too_many_devices",
            Self::PhoneOff => "phone_off",
            Self::LinkRefused(_) => "link_refused",
            Self::LinkTimeout => "link_timeout",
            Self::LoadTimeout(_) => "load_timeout",
            Self::MediaGone(_) => "media_gone",
            Self::BadMedia(_) => "bad_media",
            Self::Closing => "closing",
            Self::Storage(_) => "storage",
        }
    }

    /// Which HTTP status fits.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::BadNumber(_)
            | Self::BadLid(_)
            | Self::BadName
            | Self::BadContent
            | Self::UnsupportedContent(_)
            | Self::BadMedia(_)
            | Self::BadCode
            | Self::BadGroup(_)
            | Self::BadSubject
            | Self::BadRequest(_) => ErrorClass::Invalid,
            Self::NoSuchPhone(_)
            | Self::NoSuchCustomer(_)
            | Self::NoSuchAccount(_)
            | Self::NoSuchMessage(_)
            | Self::NoSuchGroup(_)
            | Self::NoLinkRequest
            | Self::NoPasskey
            | Self::UnknownQr => ErrorClass::Missing,
            Self::ExpiredQr | Self::ExpiredCode | Self::MediaGone(_) => ErrorClass::Gone,
            Self::Taken(_)
            // A text that is no linking code at all is as wrong for this phone as another's code.
            | Self::BadQr
            | Self::UsedQr
            | Self::ForeignQr
            | Self::WrongCode
            | Self::PasskeyRequired
            | Self::TooManyDevices
            | Self::NotAMember(_)
            | Self::NotAnAdmin(_)
            | Self::PhoneOff
            | Self::LinkRefused(_) => ErrorClass::Conflict,
            Self::LinkTimeout | Self::LoadTimeout(_) => ErrorClass::Timeout,
            Self::Closing | Self::Storage(_) => ErrorClass::Unavailable,
        }
    }
}

pub type Result<T> = std::result::Result<T, WorldError>;
