//! The plain values that cross the control interface. Numbers are E.164 digits without `+`; times are UTC milliseconds.

use serde::{Deserialize, Serialize};

use super::fault::FaultView;
use super::groups::GroupView;
use super::history::HistoryProgress;
use super::linking::{LinkRequestView, PasskeyView};

use super::content::{Content, Effects, QuoteContent};

/// A primary phone with an account, as `POST /phones` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPhone {
    pub number: String,
    pub name: String,
    /// Digits of the hidden id; made up when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lid: Option<String>,
    /// A WhatsApp Business account in coexistence: the linking HMAC and signatures take their hosted form.
    #[serde(default)]
    pub hosted: bool,
    /// Linking asks for the account's passkey.
    #[serde(default)]
    pub passkey: bool,
}

/// A customer with one device of its own, as `POST /customers` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    pub number: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lid: Option<String>,
}

/// A phone with its linked devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneView {
    pub number: String,
    pub name: String,
    pub lid: String,
    pub hosted: bool,
    /// Switched off by `offline`: linked devices go on without it.
    pub offline: bool,
    /// What the phone's notification shows: a device wants to be linked by a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_request: Option<LinkRequestView>,
    /// The account has a passkey, which linking asks for.
    pub passkey_required: bool,
    /// The newest attempt to link a device behind the passkey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyView>,
    pub devices: Vec<DeviceView>,
}

/// A linked device (companion) or a phone (device 0), as the network sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// 0 is the phone.
    pub device: u16,
    /// For instance `4915112345678:3@s.whatsapp.net`.
    pub jid: String,
    pub key_index: u32,
    pub connected: bool,
    /// The client said it is in the foreground (`<presence type=available>`).
    pub available: bool,
    pub push_name: String,
    pub platform: String,
    pub linked_at: i64,
    /// Stanzas that this device has not confirmed.
    pub queued: usize,
    /// One-time prekeys that the network still holds for it.
    pub prekeys: usize,
    pub registration_id: u32,
    /// What the phone has handed over to it of its past; nothing for the phone itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryProgress>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerView {
    pub number: String,
    pub name: String,
    pub lid: String,
    /// The name under which it is listed as a business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<String>,
    pub queued: usize,
    pub prekeys: usize,
}

/// What `scan` answers when the device took the link and proved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    pub jid: String,
    pub lid: String,
    pub device: u16,
    pub key_index: u32,
}

/// `POST /customers/{number}/messages` and `POST /phones/{number}/messages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendMessage {
    pub to: String,
    /// The WhatsApp id; made up when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteContent>,
    #[serde(flatten)]
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub id: String,
    /// Seconds, as on the wire, times 1000.
    pub at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Sent,
    Received,
}

/// How far a message got; only moves forward. For a received message: whether this person opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Handed to the network and refused.
    Failed,
    /// With the network.
    Sent,
    /// On a device of the recipient.
    Delivered,
    Read,
    Played,
}

/// One message of a person's transcript, decrypted by that person's own keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageView {
    pub id: String,
    pub direction: Direction,
    /// The other side of the chat: a number, or a group's jid.
    pub with: String,
    /// Number of the author.
    pub from: String,
    /// Device of the author: 0 a phone, else a linked device.
    pub device: u16,
    #[serde(flatten)]
    pub content: Content,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteContent>,
    /// What later messages made of it; known to transcripts, not to live news of a single message.
    #[serde(default)]
    pub effects: Effects,
    pub at: i64,
    pub status: Status,
    /// When `status` was reached.
    pub status_at: i64,
    /// How far an own message in a group is with each of its readers; known to transcripts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<ReaderView>,
}

/// How far a message is with one reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderView {
    /// Number of the reader.
    pub from: String,
    pub status: Status,
    /// When it was reached; 0 while nothing is known.
    pub time: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypingState {
    Composing,
    /// Recording a voice message.
    Recording,
    Paused,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    pub to: String,
    pub state: TypingState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// Whose messages.
    pub to: String,
    pub ids: Vec<String>,
    /// Voice messages were listened to.
    #[serde(default)]
    pub played: bool,
}

/// `POST /phones/{number}/offline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetOffline {
    #[serde(default = "yes")]
    pub offline: bool,
}

fn yes() -> bool {
    true
}

impl Default for SetOffline {
    fn default() -> Self {
        Self { offline: true }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlinked {
    pub devices: Vec<u16>,
}

/// `POST /load`: customers write to one account, all at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    pub to: String,
    /// How many customers write; those that do not exist are made.
    pub customers: u32,
    /// How many messages in all.
    pub messages: u32,
    /// Messages per second over all customers; as fast as possible when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// How many of a hundred messages are pictures instead of texts.
    #[serde(default)]
    pub media_percent: f64,
    /// Give up after so many milliseconds (default 10 minutes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// Times are milliseconds since the load began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadReport {
    pub customers: u32,
    pub messages: u32,
    /// Messages that every linked device of the recipient confirmed.
    pub delivered: u32,
    /// Sessions were set up.
    pub prepared_ms: u64,
    /// All were encrypted and handed to the network.
    pub sent_ms: u64,
    /// All were confirmed.
    pub delivered_ms: u64,
    /// The first and the last were confirmed.
    pub first_ms: u64,
    pub last_ms: u64,
    /// Half, and 95 of 100, were confirmed within this time after they were sent.
    pub p50_ms: u64,
    pub p95_ms: u64,
    /// Delivered messages per second from the first send to the last receipt.
    pub per_second: f64,
}

/// `GET /state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub phones: Vec<PhoneView>,
    pub customers: Vec<CustomerView>,
    pub groups: Vec<GroupView>,
    pub faults: Vec<FaultView>,
    /// Open sockets, whether logged in or showing a linking code.
    pub connections: usize,
    /// Sockets that hold linking references now. The network never sees the code itself.
    pub waiting_to_link: usize,
}

/// Something happened: for the page's live view. A reader that is too slow misses some and asks for `state` again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// A phone was made, renamed, switched on or off.
    Phone {
        number: String,
    },
    Customer {
        number: String,
    },
    /// A group was made or changed.
    Group {
        id: String,
    },
    /// A device was linked, unlinked, connected or lost its connection.
    Device {
        number: String,
        device: u16,
    },
    /// A message entered a transcript of `number`, or its status moved.
    Message {
        number: String,
        message: Box<MessageView>,
    },
    /// `from` writes to `number` (as `number`, a simulated person, sees it).
    Typing {
        number: String,
        from: String,
        /// Where, unless it is to `number` alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        state: TypingState,
    },
    /// `from` came online or went away (as `number` sees it).
    Presence {
        number: String,
        from: String,
        available: bool,
    },
    /// A socket offers linking references, or no longer does.
    WaitingToLink {
        count: usize,
    },
    Faults,
}
