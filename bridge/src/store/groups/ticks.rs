//! How far our messages have come in groups. WhatsApp tells it member by member; a message has two ticks once all who were
//! there when it left have it, and blue ones once all have read it, as on the phone. Whoever has left since does not count.

use std::collections::HashSet;

use ownline_model::{
    conversation::Conversation,
    message::{Direction, Message, MessageKind, MessageStatus},
    time::UtcMillis,
};

use super::{Member, info_of};
use crate::store::{
    Result, Store,
    inbound::{MessageRef, StatusNews, WaIdentity},
    people, progress,
    table::{self},
    writer::Tx,
};

/// One member's receipt for messages of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTick {
    pub group: WaIdentity,
    pub who: WaIdentity,
    pub wa_ids: Vec<String>,
    pub status: MessageStatus,
    pub at: UtcMillis,
}

impl Store {
    pub async fn note_group_ticks(&self, ticks: Vec<GroupTick>) -> Result<()> {
        self.write(move |tx| ticks.iter().try_for_each(|tick| note(tx, tick))).await
    }
}

fn note(tx: &mut Tx<'_>, tick: &GroupTick) -> Result<()> {
    let Some(conversation) = people::own_conversation(tx, &tick.group)? else { return Ok(()) };
    for wa_id in &tick.wa_ids {
        let sent = table::message::by_wa_id(tx, conversation.id, wa_id, Direction::Outbound)?;
        let Some(message) = sent.filter(|message| !is_final(message)) else { continue };
        let Some(who) = super::id_of(tx, &tick.who, None)? else { continue };
        if table::group::put_tick(tx, message.id, &who, tick.status)? {
            advance(tx, &conversation, &message, tick.at)?;
        }
    }
    Ok(())
}

/// Nothing comes after it.
fn is_final(message: &Message) -> bool {
    match message.status {
        MessageStatus::Played => true,
        MessageStatus::Read => message.kind != MessageKind::Voice,
        _ => false,
    }
}

/// Keeps who is there when a message leaves.
pub(in crate::store) fn left(tx: &Tx<'_>, message: &Message) -> Result<()> {
    let Some(conversation) = table::conversation::get(tx, message.conversation_id)? else { return Ok(()) };
    if let Some(members) = others(tx, &conversation)? {
        let ids = members.iter().map(|member| super::id_of(tx, &member.person, None));
        let ids: Vec<String> = ids.filter_map(Result::transpose).collect::<Result<_>>()?;
        table::group::put_sent_to(tx, message.id, &ids)?;
    }
    Ok(())
}

/// The other members. `None`: they are not known, or it is no group.
fn others(tx: &Tx<'_>, conversation: &Conversation) -> Result<Option<Vec<Member>>> {
    let Some(contact) = table::contact::get(tx, conversation.contact_id)? else { return Ok(None) };
    let Some((info, me)) = info_of(tx, &contact)? else { return Ok(None) };
    Ok(Some(info.members.into_iter().filter(|member| !member.person.is_same_person(&me)).collect()))
}

fn advance(tx: &mut Tx<'_>, conversation: &Conversation, message: &Message, at: UtcMillis) -> Result<()> {
    let Some(there) = others(tx, conversation)? else { return Ok(()) };
    let expected = if let Some(sent_to) = table::group::sent_to(tx, message.id)? {
        sent_to
    } else {
        let ids = there.iter().map(|member| super::known_id(tx, &member.person));
        ids.filter_map(Result::transpose).collect::<Result<_>>()?
    };
    for status in [MessageStatus::Played, MessageStatus::Read, MessageStatus::Delivered] {
        let ticked = table::group::ticked(tx, message.id, status)?;
        if !ticked.is_empty() && all_have(tx, &expected, &ticked, &there)? {
            let news = StatusNews { message: MessageRef::Id(message.id), status, at, failure: None };
            progress::advance(tx, &news)?;
            if is_final(&Message { status, ..message.clone() }) {
                table::group::forget_ticks(tx, message.id)?;
            }
            break;
        }
    }
    Ok(())
}

/// Whether nobody who is still there is missing.
fn all_have(tx: &Tx<'_>, expected: &[String], ticked: &HashSet<String>, there: &[Member]) -> Result<bool> {
    for who in expected.iter().filter(|who| !ticked.contains(*who)) {
        let is_missing = match table::group::person(tx, who)? {
            Some(person) if ticked.contains(&person.id) => false,
            Some(_) => match super::identity_of(tx, who)? {
                Some(person) => there.iter().any(|member| member.person.is_same_person(&person)),
                None => true,
            },
            None => true,
        };
        if is_missing {
            return Ok(false);
        }
    }
    Ok(true)
}
