//! Messages that want to leave, with what the rules ask about them.

use std::collections::{BTreeSet, HashSet};

use ownline_model::{
    contact::Contact,
    conversation::Conversation,
    ids::{ConversationId, MessageId},
    time::UtcMillis,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::super::{
    Result, Store,
    inbound::{ToSend, WaIdentity},
    own, people, progress, row, table,
};
use crate::{
    safety::{Draft, Reach, Rules, Standing, fingerprint, has_link},
    time::now,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub message: ToSend,
    pub draft: Draft,
}

/// What wants to leave now.
#[derive(Debug, Clone)]
pub struct Offers {
    pub rules: Rules,
    pub standing: Standing,
    /// The head of each chat, longest wait first.
    pub offers: Vec<Offer>,
    /// When the first of those that a rule holds may go.
    pub held_until: Option<UtcMillis>,
    /// For [`Store::hold`].
    pub turns: i64,
}

impl Store {
    /// The oldest queued message of each chat, except of those that are `busy` and of those that a rule holds.
    pub async fn offers(&self, limit: u32, busy: HashSet<ConversationId>) -> Result<Offers> {
        self.read(move |connection| {
            let turns = super::held::turns(connection)?;
            let (rules, now) = (super::rules(connection)?, now());
            let standing = super::line::standing(connection)?;
            let Some(channel) = own::channel_id(connection)? else {
                return Ok(Offers { rules, standing, offers: vec![], held_until: None, turns });
            };
            let mut offers = Vec::new();
            for message in progress::to_send(connection, channel, limit)? {
                if !busy.contains(&message.conversation_id) {
                    let draft = of(connection, &rules, &message, now)?;
                    offers.push(Offer { message, draft });
                }
            }
            let held_until: Option<Option<i64>> = row::scalar(
                connection,
                "SELECT min(json_extract(body, '$.details.hold.until')) FROM message
                 WHERE channel_id = ? AND status = 'queued' AND json_extract(body, '$.details.hold.until') > ?",
                params![channel.0.into_bytes(), now.0],
            )?;
            Ok(Offers { rules, standing, offers, held_until: held_until.flatten().map(UtcMillis), turns })
        })
        .await
    }
}

fn of(connection: &Connection, rules: &Rules, message: &ToSend, now: UtcMillis) -> Result<Draft> {
    let chat = message.conversation_id;
    let since = now.plus_millis(-rules.alike_window_ms);
    let alike = match fingerprint(&message.text) {
        Some(print) => table::sent::alike(connection, print, chat, since)?.len(),
        None => 0,
    };
    Ok(Draft {
        message: message.message_id,
        chat,
        reach: reach(connection, rules, chat, now)?,
        opted_out: opted_out(connection, &message.chat)?,
        has_link: has_link(&message.text),
        alike: u32::try_from(alike).unwrap_or(u32::MAX),
        again: message.attempts > 0,
        amends: message.change.is_some(),
    })
}

/// One that is being written.
pub(super) fn planned(
    connection: &Connection,
    rules: &Rules,
    conversation: &Conversation,
    contact: &Contact,
    text: &str,
    now: UtcMillis,
) -> Result<Draft> {
    let chat = conversation.id;
    let alike = match fingerprint(text) {
        Some(print) => {
            let since = now.plus_millis(-rules.alike_window_ms);
            let sent = table::sent::alike(connection, print, chat, since)?;
            let mut people: BTreeSet<ConversationId> = sent.into_iter().collect();
            people.extend(queued_alike(connection, conversation, print)?);
            people.len()
        }
        None => 0,
    };
    Ok(Draft {
        message: MessageId(Uuid::nil()),
        chat,
        reach: reach(connection, rules, chat, now)?,
        opted_out: table::opt_out::holds(connection, contact)?,
        has_link: has_link(text),
        alike: u32::try_from(alike).unwrap_or(u32::MAX),
        again: false,
        amends: false,
    })
}

/// Other chats in which the same words wait.
fn queued_alike(connection: &Connection, conversation: &Conversation, print: [u8; 16]) -> Result<Vec<ConversationId>> {
    let mut statement = connection.prepare_cached(
        "SELECT conversation_id, json_extract(body, '$.text') FROM message
         WHERE channel_id = ? AND status = 'queued' AND conversation_id <> ? AND json_extract(body, '$.text') IS NOT NULL",
    )?;
    let mut rows = statement.query([conversation.channel_id.0.into_bytes(), conversation.id.0.into_bytes()])?;
    let mut chats = Vec::new();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if fingerprint(text) == Some(print) {
            chats.push(ConversationId(Uuid::from_bytes(row.get(0)?)));
        }
    }
    Ok(chats)
}

fn opted_out(connection: &Connection, chat: &WaIdentity) -> Result<bool> {
    match people::find_contact(connection, chat)? {
        Some(contact) => table::opt_out::holds(connection, &contact),
        None => Ok(false),
    }
}

fn reach(connection: &Connection, rules: &Rules, chat: ConversationId, now: UtcMillis) -> Result<Reach> {
    // A group is no stranger: the number is in it. But what somebody says there asks the agent for no answer, however lately.
    if is_group(connection, chat)? {
        return Ok(Reach::Known);
    }
    let heard_at: Option<i64> = row::scalar(
        connection,
        "SELECT json_extract(body, '$.at') FROM message
         WHERE conversation_id = ? AND direction = 'inbound' AND json_extract(body, '$.kind') <> 'gap'
         ORDER BY position DESC LIMIT 1",
        [chat.0.into_bytes()],
    )?;
    let written = match heard_at {
        Some(_) => true,
        None => row::scalar::<i64>(
            connection,
            "SELECT 1 FROM message WHERE conversation_id = ? AND direction = 'outbound'
                 AND status IN ('sent', 'delivered', 'read', 'played') LIMIT 1",
            [chat.0.into_bytes()],
        )?
        .is_some(),
    };
    Ok(Reach::of(rules, heard_at.map(UtcMillis), written, now))
}

fn is_group(connection: &Connection, chat: ConversationId) -> Result<bool> {
    let Some(conversation) = table::conversation::get(connection, chat)? else { return Ok(false) };
    let contact = table::contact::get(connection, conversation.contact_id)?;
    Ok(contact.is_some_and(|contact| !contact.kind.is_person()))
}
