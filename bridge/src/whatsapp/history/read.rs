//! One chunk, chat by chat, without ever holding all of it.

use std::collections::HashMap;

use ownline_model::{
    conversation::OnPhone,
    details::Reaction,
    limits::clean_name,
    message::{Direction, MessageStatus},
    phone::PhoneNumber,
    time::UtcMillis,
};
use tokio::sync::mpsc;
use whatsapp_rust::{
    Jid,
    wacore::{
        history_sync::{HistorySyncError, HistorySyncStream, MAX_DECOMPRESSED},
        time,
        types::message::{MessageInfo, MessageSource},
    },
    waproto::whatsapp::{
        self as wa, conversation::EndOfHistoryTransferType as End, web_message_info::Status as WireStatus,
    },
};

use super::super::{
    identity,
    inbound::{self, Own},
    phone_state,
};
use crate::store::{
    history::{HistoryChat, HistoryMessage},
    inbound::WaIdentity,
};

/// Messages in one step of the import, and chats where they hold few.
const STEP_MESSAGES: usize = 500;
const STEP_CHATS: usize = 200;
/// Reactions shown under one message.
const REACTIONS_MAX: usize = 100;
/// Names in one step.
const STEP_NAMES: usize = 1_000;

pub(super) enum Piece {
    Chats {
        /// Chats of the chunk that are done with these.
        done: u32,
        chats: Vec<HistoryChat>,
    },
    Names(Vec<(WaIdentity, String)>),
}

/// Reads a chunk from the chat after `done` on. Answers with the number of chats that could not be read. Stops early when
/// nobody listens any more.
pub(super) fn chunk(data: &[u8], done: u32, own: &Own, pieces: &mpsc::Sender<Piece>) -> Result<u32, HistorySyncError> {
    let people = People::of(data)?;
    let mut stream = HistorySyncStream::new(data, MAX_DECOMPRESSED);
    for _ in 0..done {
        if stream.next_conversation_bytes()?.is_none() {
            break;
        }
    }
    let mut step = Step { done, chats: vec![], messages: 0 };
    let mut conversation = wa::Conversation::default();
    let mut skipped = 0;
    while stream.next_conversation_into(&mut conversation)? {
        let unreadable = u32::try_from(stream.skipped_conversations()).unwrap_or(u32::MAX);
        step.done += 1 + unreadable - skipped;
        skipped = unreadable;
        if let Some(chat) = chat(std::mem::take(&mut conversation), &people, own) {
            step.messages += chat.messages.len();
            step.chats.push(chat);
        }
        if step.is_full() && pieces.blocking_send(step.take()).is_err() {
            return Ok(0);
        }
    }
    let unreadable = u32::try_from(stream.skipped_conversations()).unwrap_or(u32::MAX);
    if pieces.blocking_send(step.take()).is_err() {
        return Ok(0);
    }
    for names in people.names.chunks(STEP_NAMES) {
        if pieces.blocking_send(Piece::Names(names.to_vec())).is_err() {
            break;
        }
    }
    Ok(unreadable)
}

struct Step {
    done: u32,
    chats: Vec<HistoryChat>,
    messages: usize,
}

impl Step {
    fn is_full(&self) -> bool {
        self.messages >= STEP_MESSAGES || self.chats.len() >= STEP_CHATS
    }

    fn take(&mut self) -> Piece {
        self.messages = 0;
        Piece::Chats { done: self.done, chats: std::mem::take(&mut self.chats) }
    }
}

/// What a chunk tells of people beside their chats.
#[derive(Default)]
struct People {
    /// Numbers by hidden id, and hidden ids by the digits of the number.
    number_of: HashMap<String, PhoneNumber>,
    lid_of: HashMap<String, String>,
    names: Vec<(WaIdentity, String)>,
    /// The same by the digits of number and hidden id.
    name_by: HashMap<String, String>,
}

impl People {
    /// They stand behind the chats, so the chunk is gone through once for them alone.
    fn of(data: &[u8]) -> Result<Self, HistorySyncError> {
        let mut stream = HistorySyncStream::new(data, MAX_DECOMPRESSED);
        while stream.next_conversation_bytes()?.is_some() {}
        let rest = stream.remainder()?;
        let mut people = Self::default();
        for pair in rest.phone_number_to_lid_mappings {
            if let (Some(pn), Some(lid)) = (jid(pair.pn_jid.as_deref()), jid(pair.lid_jid.as_deref())) {
                if let Some(phone) = identity::person(&pn).phone {
                    people.number_of.insert(lid.user_base().to_owned(), phone);
                }
                people.lid_of.insert(pn.user_base().to_owned(), lid.user_base().to_owned());
            }
        }
        for named in rest.pushnames {
            let name = named.pushname.as_deref().map(clean_name).filter(|name| !name.is_empty() && name != "-");
            if let (Some(address), Some(name)) = (jid(named.id.as_deref()), name) {
                let person = people.complete(identity::person(&address));
                let keys = [person.phone.as_ref().map(PhoneNumber::digits), person.lid.as_deref()];
                people.name_by.extend(keys.into_iter().flatten().map(|key| (key.to_owned(), name.clone())));
                if !person.is_empty() {
                    people.names.push((person, name));
                }
            }
        }
        Ok(people)
    }

    /// The name that somebody chose.
    fn name_of(&self, who: &WaIdentity) -> Option<String> {
        let keys = [who.phone.as_ref().map(PhoneNumber::digits), who.lid.as_deref()];
        keys.into_iter().flatten().find_map(|key| self.name_by.get(key).cloned())
    }

    fn complete(&self, mut person: WaIdentity) -> WaIdentity {
        if person.phone.is_none()
            && let Some(lid) = &person.lid
        {
            person.phone = self.number_of.get(lid).cloned();
        }
        if person.lid.is_none()
            && let Some(phone) = &person.phone
        {
            person.lid = self.lid_of.get(phone.digits()).cloned();
        }
        person
    }
}

fn jid(text: Option<&str>) -> Option<Jid> {
    text?.parse().ok()
}

/// One chat. `None` for what is no chat of the desk: broadcasts, channels, the account's own.
fn chat(conversation: wa::Conversation, people: &People, own: &Own) -> Option<HistoryChat> {
    let address = jid(Some(&conversation.id))?;
    let other = jid(conversation.pn_jid.as_deref()).or_else(|| jid(conversation.lid_jid.as_deref()));
    let person = match identity::chat(&address) {
        group if group.is_group() => group,
        _ => people.complete(identity::person_of(&address, other.as_ref())),
    };
    if person.is_empty() || own.is(&address) {
        return None;
    }
    let mut messages = Vec::with_capacity(conversation.messages.len());
    let mut failed = 0;
    for entry in conversation.messages {
        let Some(web) = entry.message.into_option() else {
            failed += 1;
            continue;
        };
        if let Some(message) = message(&web, &address, &person, people, own) {
            messages.push(message);
        }
    }
    let name = [conversation.name, conversation.display_name].into_iter().flatten().map(|name| clean_name(&name));
    Some(HistoryChat {
        username: phone_state::username(conversation.username.as_deref()),
        name: name.into_iter().find(|name| !name.is_empty()),
        unread: conversation.unread_count.unwrap_or(0),
        more: more(conversation.end_of_history_transfer_type, conversation.end_of_history_transfer),
        on_phone: OnPhone {
            archived: conversation.archived.unwrap_or(false),
            pinned: conversation.pinned.is_some_and(|pinned| pinned > 0),
            muted_until: conversation
                .mute_end_time
                .and_then(|until| i64::try_from(until).ok())
                .filter(|until| *until > 0)
                .map(|seconds| UtcMillis(seconds.saturating_mul(1_000))),
        },
        chat: person,
        messages,
        failed,
    })
}

fn more(kind: Option<End>, ended: Option<bool>) -> Option<bool> {
    match kind {
        Some(
            End::COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY
            | End::COMPLETE_ON_DEMAND_SYNC_BUT_MORE_MSG_REMAIN_ON_PRIMARY,
        ) => Some(true),
        Some(
            End::COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
            | End::COMPLETE_ON_DEMAND_SYNC_WITH_MORE_MSG_ON_PRIMARY_BUT_NO_ACCESS,
        ) => Some(false),
        None => ended.map(|ended| !ended),
    }
}

/// `None` for what is no message: notices of WhatsApp, keys, edits that stand in their target already.
fn message(
    web: &wa::WebMessageInfo,
    chat: &Jid,
    person: &WaIdentity,
    people: &People,
    own: &Own,
) -> Option<HistoryMessage> {
    let key = web.key.as_option()?;
    let from_me = key.from_me.unwrap_or(false);
    let sender = if from_me {
        own.pn.clone()?
    } else if person.is_group() {
        jid(web.participant.as_deref()).or_else(|| jid(key.participant.as_deref()))?
    } else {
        chat.clone()
    };
    let seconds = i64::try_from(web.message_timestamp?).ok()?;
    let info = MessageInfo {
        id: key.id.clone()?,
        source: MessageSource { chat: chat.clone(), sender, is_from_me: from_me, ..MessageSource::default() },
        push_name: web.push_name.clone().unwrap_or_default(),
        timestamp: time::from_secs(seconds)?,
        ..MessageInfo::default()
    };
    let mut fact = inbound::fact(web.message.as_option()?, &info, own).ok()?;
    fact.chat = person.clone();
    if let Some(author) = &mut fact.author {
        author.person = people.complete(std::mem::take(&mut author.person));
        author.name = author.name.take().or_else(|| people.name_of(&author.person));
    }
    fact.details.reactions =
        web.reactions.iter().filter_map(|it| reaction(it, person, own)).take(REACTIONS_MAX).collect();
    let status = match web.status {
        Some(WireStatus::ERROR) => MessageStatus::Failed,
        Some(WireStatus::DELIVERY_ACK) => MessageStatus::Delivered,
        Some(WireStatus::READ) => MessageStatus::Read,
        Some(WireStatus::PLAYED) => MessageStatus::Played,
        Some(WireStatus::PENDING | WireStatus::SERVER_ACK) | None => MessageStatus::Sent,
    };
    Some(HistoryMessage { fact, status })
}

fn reaction(reaction: &wa::Reaction, chat: &WaIdentity, own: &Own) -> Option<Reaction> {
    let emoji = reaction.text.clone().filter(|emoji| !emoji.is_empty() && emoji.len() <= 64)?;
    let key = reaction.key.as_option();
    let who = key.and_then(|key| jid(key.participant.as_deref())).filter(|_| chat.is_group());
    let from_me = key.and_then(|key| key.from_me).unwrap_or(false) || who.as_ref().is_some_and(|who| own.is(who));
    let by = who.filter(|_| !from_me).map(|who| identity::person(&who));
    Some(Reaction {
        emoji,
        direction: if from_me { Direction::Outbound } else { Direction::Inbound },
        agent_id: None,
        by: by.and_then(|by| by.lid.or_else(|| by.phone.map(|phone| phone.digits().to_owned()))),
        at: UtcMillis(reaction.sender_timestamp_ms.unwrap_or(0)),
    })
}
