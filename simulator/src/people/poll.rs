//! Votes: only those who have the poll can read them.

use wacore::poll::{
    PollVoteAddressing, PollVoteCiphertext, compute_option_hash, decrypt_poll_vote_with_fallback,
    encrypt_poll_vote_with_secret,
};
use waproto::whatsapp::Message;
use waproto::whatsapp::message::PollUpdateMessage;

use super::content::{SealedVote, from_message};
use crate::network::Network;
use crate::network::address::Address;
use crate::world::{Content, PollContent, WorldError};

/// A poll, and what its votes are sealed with.
#[derive(Debug)]
pub(super) struct Poll {
    pub id: String,
    /// Number of its author.
    pub author: u64,
    pub content: PollContent,
    secret: Vec<u8>,
}

impl Poll {
    pub(super) fn of(id: &str, author: u64, message: &Message) -> Option<Self> {
        let Content::Poll(content) = from_message(message) else { return None };
        let secret = message.message_context_info.as_option()?.message_secret.clone()?;
        Some(Self { id: id.to_owned(), author, content, secret })
    }

    /// Chooses options by their words. `names` are those of the poll's author and of the voter, as the chat has them.
    pub(super) fn vote(&self, names: &[String; 2], chosen: &[String]) -> Result<SealedVote, WorldError> {
        let refused = |why: String| Err(WorldError::BadRequest(why));
        if let Some(other) = chosen.iter().find(|option| !self.content.options.contains(option)) {
            return refused(format!("the poll has no option “{other}”"));
        }
        if self.content.max > 0 && chosen.len() > self.content.max as usize {
            return refused(format!("at most {} options can be chosen", self.content.max));
        }
        let hashes: Vec<Vec<u8>> = chosen.iter().map(|option| compute_option_hash(option).to_vec()).collect();
        encrypt_poll_vote_with_secret(&hashes, &self.secret, &self.id, &names[0], &names[1])
            .map(|(payload, iv)| SealedVote { payload, iv })
            .map_err(|error| WorldError::Storage(format!("the vote cannot be sealed: {error}")))
    }

    /// The words that `voter` chose. A vote may be sealed under telephone numbers or under hidden ids.
    pub(super) fn open(&self, network: &Network, voter: u64, update: &PollUpdateMessage) -> Option<Vec<String>> {
        let sealed = update.vote.as_option()?;
        let ciphertext =
            PollVoteCiphertext { enc_payload: sealed.enc_payload.as_deref()?, enc_iv: sealed.enc_iv.as_deref()? };
        let numbers = (by_number(self.author), by_number(voter));
        let lids = (by_lid(network, self.author)?, by_lid(network, voter)?);
        let names = |(creator, voter): &'_ (String, String)| (creator.clone(), voter.clone());
        let (first, second) = (names(&numbers), names(&lids));
        let hashes = decrypt_poll_vote_with_fallback(
            ciphertext,
            &self.secret,
            &self.id,
            PollVoteAddressing { poll_creator_jid: &first.0, voter_jid: &first.1 },
            Some(PollVoteAddressing { poll_creator_jid: &second.0, voter_jid: &second.1 }),
        )
        .ok()?;
        let words = |hash: &Vec<u8>| {
            self.content
                .options
                .iter()
                .find(|option| compute_option_hash(option).as_slice() == hash.as_slice())
                .cloned()
        };
        hashes.iter().map(words).collect()
    }
}

fn by_number(number: u64) -> String {
    Address::phone(number).jid().to_string()
}

fn by_lid(network: &Network, number: u64) -> Option<String> {
    Some(wacore_binary::Jid::lid(network.account(number)?.lid.to_string()).to_string())
}
