//! What becomes of messages that are there already: edits, revocations, reactions, votes.

use whatsapp_rust::{
    Jid,
    waproto::whatsapp::{self as wa, message::protocol_message::Type as ProtocolType},
};

use super::words;
use crate::store::inbound::{SealedVote, What};

/// An emoji with its modifiers is far shorter.
const EMOJI_MAX_CHARS: usize = 16;
const ID_MAX: usize = 128;
/// Far more than the hashes of all options take.
const VOTE_MAX_BYTES: usize = 4 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::whatsapp) struct Change {
    pub(in crate::whatsapp) target: Key,
    pub(in crate::whatsapp) what: What,
    /// By the clock of whoever made it, milliseconds since 1970.
    pub(in crate::whatsapp) made_at: Option<i64>,
}

/// Which message, as whoever made the change names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::whatsapp) struct Key {
    pub(in crate::whatsapp) wa_id: String,
    /// Written by whoever made the change.
    pub(in crate::whatsapp) own: bool,
    /// In a group: who wrote it.
    pub(in crate::whatsapp) author: Option<Jid>,
}

pub(super) fn of(base: &wa::Message) -> Option<Change> {
    reaction(base).or_else(|| protocol(base)).or_else(|| vote(base))
}

fn reaction(base: &wa::Message) -> Option<Change> {
    let told = base.reaction_message.as_option()?;
    let emoji: String = told.text.iter().flat_map(|text| text.chars()).filter(|c| !c.is_control()).collect();
    let emoji = Some(emoji.trim().chars().take(EMOJI_MAX_CHARS).collect()).filter(|emoji: &String| !emoji.is_empty());
    Some(Change {
        target: key(told.key.as_option()?)?,
        what: What::Reacted { emoji },
        made_at: told.sender_timestamp_ms,
    })
}

fn protocol(base: &wa::Message) -> Option<Change> {
    let told = base.protocol_message.as_option()?;
    let what = match told.r#type? {
        ProtocolType::REVOKE => What::Revoked,
        ProtocolType::MESSAGE_EDIT => What::Edited { text: words(told.edited_message.as_option()?) },
        _ => return None,
    };
    Some(Change { target: key(told.key.as_option()?)?, what, made_at: told.timestamp_ms })
}

fn vote(base: &wa::Message) -> Option<Change> {
    let told = base.poll_update_message.as_option()?;
    let sealed = told.vote.as_option()?;
    let payload = sealed.enc_payload.clone().filter(|payload| payload.len() <= VOTE_MAX_BYTES)?;
    let iv = sealed.enc_iv.as_deref()?.try_into().ok()?;
    Some(Change {
        target: key(told.poll_creation_message_key.as_option()?)?,
        what: What::Voted(SealedVote { payload, iv }),
        made_at: told.sender_timestamp_ms,
    })
}

fn key(told: &wa::MessageKey) -> Option<Key> {
    let wa_id = told.id.clone().filter(|id| (1..=ID_MAX).contains(&id.len()))?;
    let author = told.participant.as_deref().and_then(|author| author.parse().ok());
    Some(Key { wa_id, own: told.from_me == Some(true), author })
}
