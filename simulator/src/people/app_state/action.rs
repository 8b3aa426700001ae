//! The entries of the application state: where each kind is kept, under which index, and what it says.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension as _;
use serde_json::{Value, json};
use wacore_binary::Jid;
use waproto::buffa::MessageField;
use waproto::whatsapp::sync_action_value::{
    ArchiveChatAction, ContactAction, DeleteChatAction, MarkChatAsReadAction, MuteAction, PinAction, PushNameSetting,
    StarAction, SyncActionMessage, SyncActionMessageRange,
};
use waproto::whatsapp::syncd_mutation::SyncdOperation;
use waproto::whatsapp::{MessageKey, SyncActionValue};

use super::super::person::Person;
use super::seal::Mutation;
use crate::network::address::{Address, chat_jid, chat_name, parse_group, parse_number};
use crate::network::now_ms;
use crate::world::{ChatChange, ChatView, Result, WorldError};

/// The collections, in the order in which devices fetch them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Name {
    CriticalBlock,
    CriticalUnblockLow,
    RegularHigh,
    RegularLow,
    Regular,
}

impl Name {
    pub(super) const ALL: [Self; 5] =
        [Self::CriticalBlock, Self::CriticalUnblockLow, Self::RegularHigh, Self::RegularLow, Self::Regular];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CriticalBlock => "critical_block",
            Self::CriticalUnblockLow => "critical_unblock_low",
            Self::RegularHigh => "regular_high",
            Self::RegularLow => "regular_low",
            Self::Regular => "regular",
        }
    }
}

/// An entry to be set or removed.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub name: Name,
    pub index: String,
    value: SyncActionValue,
    version: i32,
    operation: SyncdOperation,
}

impl Action {
    fn set(name: Name, version: i32, index: &Value, value: SyncActionValue) -> Self {
        let value = SyncActionValue { timestamp: Some(now_ms()), ..value };
        Self { name, index: index.to_string(), value, version, operation: SyncdOperation::SET }
    }

    pub(super) fn mutation(&self) -> Mutation {
        Mutation {
            operation: self.operation,
            index: self.index.clone(),
            value: self.value.clone(),
            version: self.version,
        }
    }
}

pub(super) fn push_name(name: &str) -> Action {
    let setting = PushNameSetting { name: Some(name.to_owned()) };
    let value = SyncActionValue { push_name_setting: MessageField::some(setting), ..Default::default() };
    Action::set(Name::CriticalBlock, 1, &json!(["setting_pushName"]), value)
}

pub(super) fn contact(jid: &str, name: Option<String>, lid: Option<String>) -> Action {
    let operation = if name.is_some() { SyncdOperation::SET } else { SyncdOperation::REMOVE };
    let first = name.as_deref().and_then(|name| name.split_whitespace().next()).map(str::to_owned);
    let contact = ContactAction {
        full_name: name,
        first_name: first,
        lid_jid: lid,
        save_on_primary_addressbook: Some(true),
        ..Default::default()
    };
    let value = SyncActionValue { contact_action: MessageField::some(contact), ..Default::default() };
    Action { operation, ..Action::set(Name::CriticalUnblockLow, 2, &json!(["contact", jid]), value) }
}

/// What a change of a chat sets.
pub(super) fn of_chat(jid: &str, change: ChatChange, range: Option<&SyncActionMessageRange>) -> Result<Vec<Action>> {
    let range = || range.cloned().map_or_else(MessageField::none, MessageField::some);
    let mut actions = Vec::new();
    if let Some(archived) = change.archived {
        let archive = ArchiveChatAction { archived: Some(archived), message_range: range() };
        let value = SyncActionValue { archive_chat_action: MessageField::some(archive), ..Default::default() };
        actions.push(Action::set(Name::RegularLow, 3, &json!(["archive", jid]), value));
    }
    if let Some(pinned) = change.pinned {
        let pin = PinAction { pinned: Some(pinned) };
        let value = SyncActionValue { pin_action: MessageField::some(pin), ..Default::default() };
        actions.push(Action::set(Name::RegularLow, 5, &json!(["pin_v1", jid]), value));
    }
    if let Some(until) = change.muted_until {
        let mute = MuteAction { muted: Some(until.is_some()), mute_end_timestamp: until, ..Default::default() };
        let value = SyncActionValue { mute_action: MessageField::some(mute), ..Default::default() };
        actions.push(Action::set(Name::RegularHigh, 2, &json!(["mute", jid]), value));
    }
    if let Some(read) = change.read {
        let mark = MarkChatAsReadAction { read: Some(read), message_range: range() };
        let value = SyncActionValue { mark_chat_as_read_action: MessageField::some(mark), ..Default::default() };
        actions.push(Action::set(Name::RegularLow, 3, &json!(["markChatAsRead", jid]), value));
    }
    if let Some(star) = change.star {
        if star.id.is_empty() {
            return Err(WorldError::BadRequest("star: the id of a message".to_owned()));
        }
        let action = StarAction { starred: Some(star.starred) };
        let value = SyncActionValue { star_action: MessageField::some(action), ..Default::default() };
        let from_me = if star.from_me { "1" } else { "0" };
        actions.push(Action::set(Name::RegularHigh, 2, &json!(["star", jid, star.id, from_me, "0"]), value));
    }
    if change.delete == Some(true) {
        let action = DeleteChatAction { message_range: range() };
        let value = SyncActionValue { delete_chat_action: MessageField::some(action), ..Default::default() };
        actions.push(Action::set(Name::RegularHigh, 6, &json!(["deleteChat", jid, "1"]), value));
    }
    Ok(actions)
}

/// Shows what an entry says of a chat.
pub(super) fn show(
    index: &str,
    value: &SyncActionValue,
    with: impl Fn(&str) -> String,
    chats: &mut BTreeMap<String, ChatView>,
) {
    let Ok(index) = serde_json::from_str::<Vec<String>>(index) else { return };
    let [kind, jid, rest @ ..] = index.as_slice() else { return };
    let with = with(jid);
    let chat = chats.entry(with.clone()).or_insert_with(|| ChatView { with, ..ChatView::default() });
    match kind.as_str() {
        "archive" => {
            chat.archived = value.archive_chat_action.as_option().is_some_and(|action| action.archived == Some(true));
        }
        "pin_v1" => chat.pinned = value.pin_action.as_option().is_some_and(|action| action.pinned == Some(true)),
        "mute" => {
            let mute = value.mute_action.as_option().filter(|action| action.muted == Some(true));
            chat.muted_until = mute.map(|action| action.mute_end_timestamp.unwrap_or(-1));
        }
        "markChatAsRead" => chat.read = value.mark_chat_as_read_action.as_option().and_then(|action| action.read),
        "contact" => chat.name = value.contact_action.as_option().and_then(|action| action.full_name.clone()),
        "star" if value.star_action.as_option().is_some_and(|action| action.starred == Some(true)) => {
            chat.starred.extend(rest.first().cloned());
            chat.starred.sort_unstable();
        }
        "deleteChat" => chat.deleted = true,
        _ => {}
    }
}

impl Person {
    /// The jid under which the state names a chat: a number's, or a group's.
    pub(super) fn chat_jid(&self, with: &str, by_lid: bool) -> Result<String> {
        if with.ends_with("@g.us") {
            return Ok(with.to_owned());
        }
        let number = parse_number(with).ok_or_else(|| WorldError::BadNumber(with.to_owned()))?;
        let lid = self.lid_of(with).filter(|_| by_lid);
        Ok(lid.unwrap_or_else(|| Address::phone(number).jid().to_string()))
    }

    pub(super) fn lid_of(&self, with: &str) -> Option<String> {
        let account = self.network.account(parse_number(with)?)?;
        Some(Jid::lid(account.lid.to_string()).to_string())
    }

    /// The other way round.
    pub(super) fn with_of(&self, jid: &str) -> String {
        let parsed = jid.parse::<Jid>().ok();
        let number =
            parsed.as_ref().and_then(|jid| self.network.resolve(jid)).map(|address| address.number.to_string());
        number.unwrap_or_else(|| jid.strip_suffix("@s.whatsapp.net").unwrap_or(jid).to_owned())
    }

    /// Everybody with whom messages were exchanged, and how many of theirs were not opened.
    pub(super) async fn lived_chats(&self) -> Result<BTreeMap<String, ChatView>> {
        let owner = self.number().cast_signed();
        let rows: Vec<(i64, u32)> = self
            .network
            .store
            .read(move |connection| {
                let sql =
                    "SELECT peer, sum(author != owner AND status < 3) FROM messages WHERE owner = ?1 GROUP BY peer";
                let mut statement = connection.prepare_cached(sql)?;
                statement.query_map([owner], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .await?;
        let chats = rows.into_iter().map(|(peer, unread)| {
            let with = chat_name(peer.cast_unsigned());
            (with.clone(), ChatView { with, unread, ..ChatView::default() })
        });
        Ok(chats.collect())
    }

    /// The newest message of a chat: changes of a chat hold for what came until then.
    pub(super) async fn last_message(&self, with: &str) -> Result<Option<SyncActionMessageRange>> {
        let Some(peer) = parse_number(with).or_else(|| parse_group(with)) else { return Ok(None) };
        let owner = self.number();
        let row: Option<(String, i64, i64)> = self
            .network
            .store
            .read(move |connection| {
                let sql =
                    "SELECT id, author, at FROM messages WHERE owner = ?1 AND peer = ?2 ORDER BY seq DESC LIMIT 1";
                connection
                    .prepare_cached(sql)?
                    .query_row([owner.cast_signed(), peer.cast_signed()], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })
                    .optional()
            })
            .await?;
        let group = self.network.group(peer);
        let author_in_group = |author: i64| {
            let author = self.network.account(author.cast_unsigned()).filter(|author| author.number != owner)?;
            Some(group.as_ref()?.names(&author, 0).0.to_string())
        };
        Ok(row.map(|(id, author, at)| SyncActionMessageRange {
            last_message_timestamp: Some(at / 1000),
            last_system_message_timestamp: None,
            messages: vec![SyncActionMessage {
                key: MessageField::some(MessageKey {
                    remote_jid: Some(chat_jid(peer).to_string()),
                    from_me: Some(author.cast_unsigned() == owner),
                    id: Some(id),
                    participant: author_in_group(author),
                }),
                timestamp: Some(at / 1000),
            }],
        }))
    }
}
