//! Who is who: one address per device, whatever name (telephone number or hidden id) a stanza uses for it.

use wacore_binary::{Jid, NodeValue, Server};

/// A device of an account. Device 0 is the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Telephone number, E.164 digits.
    pub number: u64,
    pub device: u16,
}

impl Address {
    pub const fn new(number: u64, device: u16) -> Self {
        Self { number, device }
    }

    pub const fn phone(number: u64) -> Self {
        Self { number, device: 0 }
    }

    pub fn jid(self) -> Jid {
        Jid::pn_device(self.number.to_string(), self.device)
    }
}

/// The server itself, as it signs its own stanzas: the server name with an empty user.
pub fn server_jid() -> NodeValue {
    NodeValue::Jid(Jid::new("", Server::Pn))
}

/// Digits of a telephone number, with a leading `+` forgiven.
pub fn parse_number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !(7..=15).contains(&digits.len()) || digits.starts_with('0') {
        return None;
    }
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

pub fn parse_lid(text: &str) -> Option<u64> {
    if !(6..=18).contains(&text.len()) || text.starts_with('0') {
        return None;
    }
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_with_a_country_code() {
        assert_eq!(parse_number("4915112345678"), Some(4_915_112_345_678));
        assert_eq!(parse_number("+4915112345678"), Some(4_915_112_345_678));
        for wrong in ["", "123456", "0491511234", "49 151 1234567", "1234567890123456", "49x5112345678", "++4915112345"]
        {
            assert_eq!(parse_number(wrong), None, "{wrong}");
        }
    }
}
