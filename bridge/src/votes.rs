//! The seal on votes of polls. A vote names options by hashes and opens with the poll's secret and the names of its author
//! and voter, in numbers or in hidden ids, as the phone at the other end knows them.

use whatsapp_rust::wacore::poll::{PollVoteCiphertext, compute_option_hash, decrypt_poll_vote_with_secret};

use crate::store::inbound::WaIdentity;

pub(crate) fn hash(option: &str) -> Vec<u8> {
    compute_option_hash(option).to_vec()
}

/// The hashes of the options that were chosen.
pub(crate) fn open(
    secret: &[u8; 32],
    poll: &str,
    author: &WaIdentity,
    voter: &WaIdentity,
    payload: &[u8],
    iv: &[u8; 12],
) -> Option<Vec<Vec<u8>>> {
    let sealed = PollVoteCiphertext { enc_payload: payload, enc_iv: iv };
    let voters = names(voter);
    names(author)
        .iter()
        .flat_map(|author| voters.iter().map(move |voter| (author, voter)))
        .find_map(|(author, voter)| decrypt_poll_vote_with_secret(sealed, secret, poll, author, voter).ok())
}

fn names(person: &WaIdentity) -> Vec<String> {
    let by_number = person.phone.as_ref().map(|phone| format!("{}@s.whatsapp.net", phone.digits()));
    let by_lid = person.lid.as_ref().map(|lid| format!("{lid}@lid"));
    [by_number, by_lid].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::poll::encrypt_poll_vote_with_secret;

    use super::*;

    #[test]
    fn opens_under_either_name_and_no_other() {
        let me = WaIdentity { phone: "+4915112345678".parse().ok(), lid: Some("777".into()), ..Default::default() };
        let ana = WaIdentity { phone: "+5511987654321".parse().ok(), lid: Some("99".into()), ..Default::default() };
        let eve = WaIdentity { phone: "+5511900000000".parse().ok(), lid: None, ..Default::default() };
        let yes = hash("yes");
        for (author, voter) in [("4915112345678@s.whatsapp.net", "5511987654321@s.whatsapp.net"), ("777@lid", "99@lid")]
        {
            let (payload, iv) =
                encrypt_poll_vote_with_secret(std::slice::from_ref(&yes), &[7; 32], "POLL", author, voter)
                    .expect("sealed");
            let opened = |secret, poll, author, voter| open(secret, poll, author, voter, &payload, &iv);
            assert_eq!(opened(&[7; 32], "POLL", &me, &ana), Some(vec![yes.clone()]));
            assert_eq!(opened(&[8; 32], "POLL", &me, &ana), None);
            assert_eq!(opened(&[7; 32], "OTHER", &me, &ana), None);
            assert_eq!(opened(&[7; 32], "POLL", &me, &eve), None);
        }
    }
}
