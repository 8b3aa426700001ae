//! Who is who: one address per device, whatever name (telephone number or hidden id) a stanza uses for it.

use wacore_binary::{Jid, JidExt as _, NodeValue, Server};

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

/// Ids of groups begin here. Telephone numbers are shorter: one number says which chat is meant, be it with a person or a
/// group.
const FIRST_GROUP: u64 = 120_363_000_000_000_000;
const LAST_GROUP: u64 = 120_363_999_999_999_999;

/// Whether a chat is a group.
pub fn is_group(chat: u64) -> bool {
    (FIRST_GROUP..=LAST_GROUP).contains(&chat)
}

/// An id that no group has yet, most likely.
pub fn new_group_id() -> u64 {
    FIRST_GROUP + u64::from_be_bytes(crate::crypto::random()) % 1_000_000_000_000
}

/// The id of the group that something names, the same each time.
pub fn group_id_of(what: &str) -> u64 {
    let digest = crate::crypto::sha256(what.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    FIRST_GROUP + number % 1_000_000_000_000
}

pub fn chat_jid(chat: u64) -> Jid {
    if is_group(chat) { Jid::group(chat.to_string()) } else { Address::phone(chat).jid() }
}

/// As the control interface names a chat: a person by the number, a group by its jid.
pub fn chat_name(chat: u64) -> String {
    if is_group(chat) { chat_jid(chat).to_string() } else { chat.to_string() }
}

/// The group that a jid names.
pub fn group_of(jid: &Jid) -> Option<u64> {
    if jid.is_group() { jid.user.parse().ok().filter(|id| is_group(*id)) } else { None }
}

/// The id of a group, with or without its `@g.us`.
pub fn parse_group(text: &str) -> Option<u64> {
    let digits = text.strip_suffix("@g.us").unwrap_or(text);
    let digits = digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)?;
    digits.parse().ok().filter(|id| is_group(*id))
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
    fn a_group_is_told_from_a_person() {
        let id = new_group_id();
        let name = chat_name(id);
        assert!(name.ends_with("@g.us") && is_group(id), "{name}");
        assert_eq!((parse_group(&name), parse_group(&id.to_string())), (Some(id), Some(id)));
        assert_eq!(group_of(&chat_jid(id)), Some(id));
        assert_eq!((chat_name(4_915_112_345_678), is_group(999_999_999_999_999)), ("4915112345678".to_owned(), false));
        for wrong in ["", "@g.us", "4915112345678", "4915112345678@g.us", "120363x@g.us"] {
            assert_eq!(parse_group(wrong), None, "{wrong}");
        }
    }

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
