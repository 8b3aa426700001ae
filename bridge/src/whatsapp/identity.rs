//! WhatsApp addresses and the people behind them.

use ownline_model::phone::PhoneNumber;
use whatsapp_rust::{Jid, wacore_binary::JidExt as _};

use crate::store::inbound::WaIdentity;

/// The person behind an address; empty for addresses that are no person.
pub(super) fn person(jid: &Jid) -> WaIdentity {
    let mut identity = WaIdentity::default();
    if jid.is_psa() || jid.user.is_empty() {
        return identity;
    }
    if jid.server.is_pn_family() {
        identity.phone = PhoneNumber::from_digits(jid.user_base()).ok();
    } else if jid.server.is_lid_family() && jid.user_base().bytes().all(|byte| byte.is_ascii_digit()) {
        identity.lid = Some(jid.user_base().to_owned());
    }
    identity
}

/// One person from the address in use and the other one, where WhatsApp told it.
pub(super) fn person_of(jid: &Jid, other: Option<&Jid>) -> WaIdentity {
    let mut identity = person(jid);
    if let Some(other) = other.filter(|_| !identity.is_empty()) {
        let other = person(other);
        identity.phone = identity.phone.or(other.phone);
        identity.lid = identity.lid.or(other.lid);
    }
    identity
}

/// Where to send: the number where it is known (the library then chooses how to address it), else the hidden id.
pub(super) fn address(identity: &WaIdentity) -> Option<Jid> {
    by_number(identity).or_else(|| by_lid(identity))
}

/// Where receipts and typing go, which the library sends to the very address it is given: an account that WhatsApp has
/// moved to hidden ids uses those.
pub(super) fn wire_address(identity: &WaIdentity, uses_lids: bool) -> Option<Jid> {
    if uses_lids { by_lid(identity).or_else(|| by_number(identity)) } else { address(identity) }
}

fn by_number(identity: &WaIdentity) -> Option<Jid> {
    identity.phone.as_ref().map(|phone| Jid::pn(phone.digits()))
}

fn by_lid(identity: &WaIdentity) -> Option<Jid> {
    identity.lid.as_deref().map(Jid::lid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> Jid {
        text.parse().expect("jid")
    }

    fn number(text: &str) -> Option<PhoneNumber> {
        text.parse().ok()
    }

    #[test]
    fn knows_people_by_number_and_by_hidden_id() {
        let by_number = WaIdentity { phone: number("+5511987654321"), lid: None };
        assert_eq!(person(&jid("5511987654321@s.whatsapp.net")), by_number);
        assert_eq!(person(&jid("5511987654321:17@s.whatsapp.net")), by_number, "a device is not another person");
        assert_eq!(person(&jid("9988776655@lid")), WaIdentity { phone: None, lid: Some("9988776655".into()) });
        for nobody in ["123-456@g.us", "status@broadcast", "1234@newsletter", "0@s.whatsapp.net"] {
            assert!(person(&jid(nobody)).is_empty(), "{nobody}");
        }
    }

    #[test]
    fn puts_both_names_of_one_person_together() {
        let both = person_of(&jid("9988776655@lid"), Some(&jid("5511987654321:3@s.whatsapp.net")));
        assert_eq!(both, WaIdentity { phone: number("+5511987654321"), lid: Some("9988776655".into()) });
        assert!(person_of(&jid("1-2@g.us"), Some(&jid("5511987654321@s.whatsapp.net"))).is_empty());
    }

    #[test]
    fn addresses_people_as_they_can_be_reached() {
        let both = WaIdentity { phone: number("+5511987654321"), lid: Some("99".into()) };
        let hidden = WaIdentity { phone: None, lid: Some("99".into()) };
        assert_eq!(address(&both), Some(jid("5511987654321@s.whatsapp.net")));
        assert_eq!(address(&hidden), Some(jid("99@lid")));
        assert_eq!(wire_address(&both, true), Some(jid("99@lid")));
        assert_eq!(wire_address(&both, false), Some(jid("5511987654321@s.whatsapp.net")));
        assert_eq!(address(&WaIdentity::default()), None);
    }
}
