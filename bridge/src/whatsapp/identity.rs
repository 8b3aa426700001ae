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

/// Longer ones do not occur.
const GROUP_ID_MAX: usize = 40;

/// The person or the group of a chat; empty for everything else.
pub(super) fn chat(jid: &Jid) -> WaIdentity {
    if !jid.is_group() {
        return person(jid);
    }
    let id = jid.user.as_str();
    // Old groups bear their founder's number and a moment.
    let sound = (1..=GROUP_ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if sound { WaIdentity::group(id) } else { WaIdentity::default() }
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
    group(identity).or_else(|| by_number(identity)).or_else(|| by_lid(identity))
}

/// Where receipts and typing go, which the library sends to the very address it is given: an account that WhatsApp has
/// moved to hidden ids uses those.
pub(super) fn wire_address(identity: &WaIdentity, uses_lids: bool) -> Option<Jid> {
    if uses_lids { by_lid(identity).or_else(|| address(identity)) } else { address(identity) }
}

fn group(identity: &WaIdentity) -> Option<Jid> {
    identity.lid.as_deref().filter(|_| identity.is_group()).map(Jid::group)
}

fn by_number(identity: &WaIdentity) -> Option<Jid> {
    identity.phone.as_ref().map(|phone| Jid::pn(phone.digits()))
}

fn by_lid(identity: &WaIdentity) -> Option<Jid> {
    identity.lid.as_deref().filter(|_| !identity.is_group()).map(Jid::lid)
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
        let by_number = WaIdentity { phone: number("+5511987654321"), ..Default::default() };
        assert_eq!(person(&jid("5511987654321@s.whatsapp.net")), by_number);
        assert_eq!(person(&jid("5511987654321:17@s.whatsapp.net")), by_number, "a device is not another person");
        assert_eq!(person(&jid("9988776655@lid")), WaIdentity { lid: Some("9988776655".into()), ..Default::default() });
        for nobody in ["123-456@g.us", "status@broadcast", "1234@newsletter", "0@s.whatsapp.net"] {
            assert!(person(&jid(nobody)).is_empty(), "{nobody}");
        }
    }

    #[test]
    fn puts_both_names_of_one_person_together() {
        let both = person_of(&jid("9988776655@lid"), Some(&jid("5511987654321:3@s.whatsapp.net")));
        assert_eq!(
            both,
            WaIdentity { phone: number("+5511987654321"), lid: Some("9988776655".into()), ..Default::default() }
        );
        assert!(person_of(&jid("1-2@g.us"), Some(&jid("5511987654321@s.whatsapp.net"))).is_empty());
    }

    #[test]
    fn a_group_is_a_chat_and_no_person() {
        for id in ["120363021033254949", "5511987654321-1400000000"] {
            let known = chat(&jid(&format!("{id}@g.us")));
            assert_eq!(known, WaIdentity::group(id));
            for uses_lids in [true, false] {
                assert_eq!(wire_address(&known, uses_lids), Some(jid(&format!("{id}@g.us"))), "never a person's");
            }
            assert_eq!(address(&known), Some(jid(&format!("{id}@g.us"))));
        }
        assert!(chat(&jid("status@broadcast")).is_empty());
        assert!(chat(&Jid::group("1".repeat(41))).is_empty());
        assert_eq!(chat(&jid("99@lid")), person(&jid("99@lid")));
    }

    #[test]
    fn addresses_people_as_they_can_be_reached() {
        let both = WaIdentity { phone: number("+5511987654321"), lid: Some("99".into()), ..Default::default() };
        let hidden = WaIdentity { phone: None, lid: Some("99".into()), ..Default::default() };
        assert_eq!(address(&both), Some(jid("5511987654321@s.whatsapp.net")));
        assert_eq!(address(&hidden), Some(jid("99@lid")));
        assert_eq!(wire_address(&both, true), Some(jid("99@lid")));
        assert_eq!(wire_address(&both, false), Some(jid("5511987654321@s.whatsapp.net")));
        assert_eq!(address(&WaIdentity::default()), None);
    }
}
