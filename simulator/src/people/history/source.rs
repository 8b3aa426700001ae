//! Where the chats of a phone's history come from: told message by message, invented from a seed, or lived through. All of
//! them are read piece by piece, newest first.

use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::web_message_info::Status;
use waproto::whatsapp::{Message, MessageKey, WebMessageInfo};

use super::MOST_CONVERSATIONS;
use crate::crypto;
use crate::network::Network;
use crate::network::address::{Address, chat_jid, is_group, parse_group, parse_number};
use crate::store::{MessageRow, StoreError};
use crate::world::{HistoryItem, HistoryMessage, NewHistory};

const DEFAULT_MESSAGES: u32 = 10;
const MINUTE_MS: i64 = 60_000;
/// Numbers of invented people; each seed has as many as there may be chats.
const FIRST_NUMBER: u64 = 4_917_600_000_000;
const FIRST_LID: u64 = 240_000_000_000_000;
const SEEDS: u64 = 900;

const GIVEN: &[&str] =
    &["Ana", "Bruno", "Chen", "Dana", "Emre", "Fatou", "Greta", "Hugo", "Inês", "Jonas", "Kenji", "Lívia"];
const FAMILY: &[&str] =
    &["Almeida", "Becker", "Costa", "Diallo", "Evans", "Ferrari", "García", "Hansen", "Ito", "Jansen"];
const SAID: &[&str] = &[
    "Hello, is the blue one in stock?",
    "Yes, three of them.",
    "When would it arrive?",
    "It leaves today and is there on Thursday.",
    "Thank you! 🙏",
    "Could you send the invoice again?",
    "Of course, one moment.",
    "The parcel was damaged.",
    "We are sorry. A new one is on its way.",
    "Perfect, até já 👋",
];

/// A chat and where its messages are.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    /// A number's jid or a group's.
    pub jid: String,
    pub lid: Option<String>,
    pub name: Option<String>,
    pub archived: bool,
    pub pinned: bool,
    pub muted_until: Option<i64>,
    pub unread: u32,
    /// All messages, and those of them that are given only when asked for.
    pub messages: u32,
    pub kept_back: u32,
}

/// One message of a chat.
#[derive(Debug)]
pub(super) struct Line {
    pub id: String,
    pub from_me: bool,
    pub participant: Option<String>,
    pub at: i64,
    pub status: Status,
    pub push_name: Option<String>,
    pub message: Message,
}

impl Line {
    pub(super) fn into_info(self, chat: &str) -> WebMessageInfo {
        WebMessageInfo {
            key: MessageField::some(MessageKey {
                remote_jid: Some(chat.to_owned()),
                from_me: Some(self.from_me),
                id: Some(self.id),
                participant: self.participant.clone(),
            }),
            message: MessageField::some(self.message),
            message_timestamp: Some((self.at / 1000).cast_unsigned()),
            status: Some(self.status),
            participant: self.participant,
            push_name: self.push_name,
            ..Default::default()
        }
    }
}

fn said(text: &str) -> Message {
    Message { conversation: Some(text.to_owned()), ..Default::default() }
}

/// Numbers that look random and are always the same (SplitMix64).
fn mix(seed: u64, first: u64, second: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ first.rotate_left(32) ^ second;
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick(from: &[&'static str], number: u64) -> &'static str {
    from[(number % from.len() as u64) as usize]
}

/// All that a phone knows, by place.
#[derive(Debug)]
pub(super) struct Sources {
    pub spec: NewHistory,
    owner: u64,
    until: i64,
    /// Correspondents on this phone and how many messages there are, the newest chat first.
    lived: Vec<(u64, u32)>,
}

impl Sources {
    pub(super) async fn open(network: &Network, owner: u64, spec: NewHistory) -> Result<Self, StoreError> {
        let lived = if spec.transcript {
            network
                .store
                .read(move |connection| {
                    let sql =
                        "SELECT peer, count(*) FROM messages WHERE owner = ?1 GROUP BY peer ORDER BY max(seq) DESC";
                    let mut statement = connection.prepare_cached(sql)?;
                    let rows = statement.query_map([owner.cast_signed()], |row| {
                        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, u32>(1)?))
                    })?;
                    rows.collect()
                })
                .await?
        } else {
            Vec::new()
        };
        let until = spec.until.unwrap_or_default();
        Ok(Self { spec, owner, until, lived })
    }

    pub(super) fn chats(&self) -> u32 {
        self.spec.items.len() as u32 + self.lived.len() as u32 + self.spec.conversations
    }

    fn offset(&self) -> u64 {
        (self.spec.seed % SEEDS) * u64::from(MOST_CONVERSATIONS)
    }

    fn place(&self, index: u32) -> Place<'_> {
        let index = index as usize;
        let (told, lived) = (self.spec.items.len(), self.lived.len());
        if let Some(item) = self.spec.items.get(index) {
            Place::Told(item)
        } else if let Some((peer, count)) = self.lived.get(index - told) {
            Place::Lived(*peer, *count)
        } else {
            Place::Invented((index - told - lived) as u64)
        }
    }

    pub(super) fn chat(&self, network: &Network, index: u32) -> Chat {
        let plain = Chat {
            jid: String::new(),
            lid: None,
            name: None,
            archived: false,
            pinned: false,
            muted_until: None,
            unread: 0,
            messages: 0,
            kept_back: 0,
        };
        let lid_of = |number: u64| network.account(number).map(|account| format!("{}@lid", account.lid));
        match self.place(index) {
            Place::Told(item) => {
                let number = parse_number(&item.with);
                let messages = item.messages.len() as u32;
                Chat {
                    jid: number.map_or_else(|| item.with.clone(), |number| Address::phone(number).jid().to_string()),
                    lid: item.lid.as_ref().map(|lid| format!("{lid}@lid")).or_else(|| lid_of(number?)),
                    name: item.name.clone(),
                    archived: item.archived,
                    pinned: item.pinned,
                    muted_until: item.muted_until,
                    unread: item.unread,
                    messages,
                    kept_back: item.kept_back.min(messages),
                }
            }
            Place::Lived(peer, messages) => {
                let person = || network.account(peer).map(|account| account.name());
                Chat {
                    jid: chat_jid(peer).to_string(),
                    lid: lid_of(peer),
                    name: network.group(peer).map(|group| group.subject.text).or_else(person),
                    messages,
                    ..plain
                }
            }
            Place::Invented(index) => {
                let number = self.offset() + index;
                let messages = self.spec.messages_per_conversation.unwrap_or(DEFAULT_MESSAGES);
                let luck = mix(self.spec.seed, index, u64::MAX);
                Chat {
                    jid: Address::phone(FIRST_NUMBER + number).jid().to_string(),
                    lid: Some(format!("{}@lid", FIRST_LID + number)),
                    name: Some(format!("{} {}", pick(GIVEN, luck), pick(FAMILY, luck >> 32))),
                    archived: luck.is_multiple_of(17),
                    unread: u32::from(luck.is_multiple_of(5)).min(messages),
                    messages,
                    kept_back: self.spec.kept_back.min(messages),
                    ..plain
                }
            }
        }
    }

    /// The name under which messages name their chat.
    pub(super) fn id_of(&self, chat: &Chat) -> String {
        chat.lid.clone().filter(|_| self.spec.by_lid).unwrap_or_else(|| chat.jid.clone())
    }

    /// `count` messages of a chat from the place `from` on, newest first.
    pub(super) async fn lines(
        &self,
        network: &Network,
        index: u32,
        from: u32,
        count: u32,
    ) -> Result<Vec<Line>, StoreError> {
        match self.place(index) {
            Place::Told(item) => Ok(self.told(network, item, from, count)),
            Place::Lived(peer, _) => self.lived(network, peer, from, count).await,
            Place::Invented(chat) => {
                let name = self.chat(network, index).name;
                let all = self.spec.messages_per_conversation.unwrap_or(DEFAULT_MESSAGES);
                let places = from..from.saturating_add(count).min(all);
                Ok(places.map(|place| self.invented(chat, u64::from(place), name.as_deref())).collect())
            }
        }
    }

    /// A chat's messages are kept in the order in which they were written.
    fn told(&self, network: &Network, item: &HistoryItem, from: u32, count: u32) -> Vec<Line> {
        let numbered = item.messages.iter().enumerate().rev().skip(from as usize).take(count as usize);
        numbered.map(|(place, message)| self.told_line(network, item, place, message)).collect()
    }

    fn told_line(&self, network: &Network, item: &HistoryItem, place: usize, message: &HistoryMessage) -> Line {
        let id = message.id.clone().unwrap_or_else(|| {
            let digest = crypto::sha256(format!("{} {} {place}", self.owner, item.with).as_bytes());
            format!("3EB0{}", hex::encode_upper(&digest[..9]))
        });
        let number = message.from.as_deref().and_then(parse_number);
        let author = number.map(|number| name_in(network, parse_group(&item.with), number));
        let named = number.and_then(|number| network.account(number)).map(|account| account.name());
        Line {
            id,
            from_me: message.from_me,
            participant: author.filter(|_| !message.from_me),
            at: message.at,
            status: match message.status.as_deref() {
                Some("sent") => Status::SERVER_ACK,
                Some("read") => Status::READ,
                _ => Status::DELIVERY_ACK,
            },
            push_name: named
                .or_else(|| item.name.clone().filter(|_| message.from.is_none()))
                .filter(|_| !message.from_me),
            message: said(&message.text),
        }
    }

    fn invented(&self, chat: u64, place: u64, name: Option<&str>) -> Line {
        let luck = mix(self.spec.seed, chat, place);
        let from_me = luck.is_multiple_of(2);
        let at = self.until - chat.cast_signed() * MINUTE_MS - place.cast_signed() * (37 * MINUTE_MS);
        Line {
            id: format!("3EB0{luck:016X}{:02X}", mix(luck, place, chat) & 0xff),
            from_me,
            participant: None,
            at,
            status: if from_me { Status::READ } else { Status::DELIVERY_ACK },
            push_name: name.filter(|_| !from_me).map(str::to_owned),
            message: said(&format!("{} ({place})", pick(SAID, luck >> 8))),
        }
    }

    async fn lived(&self, network: &Network, peer: u64, from: u32, count: u32) -> Result<Vec<Line>, StoreError> {
        let owner = self.owner;
        let rows: Vec<MessageRow> = network
            .store
            .read(move |connection| {
                let sql = "SELECT id, author, at, status, body FROM messages
                           WHERE owner = ?1 AND peer = ?2 ORDER BY seq DESC LIMIT ?3 OFFSET ?4";
                let mut statement = connection.prepare_cached(sql)?;
                let values = rusqlite::params![owner.cast_signed(), peer.cast_signed(), count, from];
                let rows = statement.query_map(values, |row| {
                    Ok(MessageRow {
                        owner,
                        peer,
                        id: row.get(0)?,
                        direction: 0,
                        author: row.get::<_, i64>(1)?.cast_unsigned(),
                        author_device: 0,
                        at: row.get(2)?,
                        status: row.get(3)?,
                        status_at: 0,
                        body: row.get(4)?,
                    })
                })?;
                rows.collect()
            })
            .await?;
        Ok(rows.into_iter().filter_map(|row| lived_line(network, owner, row)).collect())
    }
}

/// The jid under which a chat knows a person: in most groups that is the hidden id.
fn name_in(network: &Network, chat: Option<u64>, number: u64) -> String {
    let group = chat.and_then(|chat| network.group(chat)).zip(network.account(number));
    let name = group.map_or_else(|| Address::phone(number).jid(), |(group, account)| group.names(&account, 0).0);
    name.to_string()
}

/// A line of the transcript as it is handed over.
pub(super) fn lived_line(network: &Network, owner: u64, row: MessageRow) -> Option<Line> {
    let from_me = row.author == owner;
    let in_group = is_group(row.peer) && !from_me;
    Some(Line {
        from_me,
        participant: in_group.then(|| name_in(network, Some(row.peer), row.author)),
        at: row.at,
        status: match row.status {
            0 => Status::ERROR,
            1 => Status::SERVER_ACK,
            2 => Status::DELIVERY_ACK,
            3 => Status::READ,
            _ => Status::PLAYED,
        },
        push_name: if from_me { None } else { network.account(row.author).map(|account| account.name()) },
        message: Message::decode_from_slice(&row.body).ok()?,
        id: row.id,
    })
}

enum Place<'s> {
    Told(&'s HistoryItem),
    Lived(u64, u32),
    Invented(u64),
}
