//! Scaffold.
use ownline_model::{
    agent::Agent,
    bridge::{BridgeStatus, ServerLink},
    channel::Channel,
    contact::{Contact, ContactPatch},
    conversation::{Conversation, ConversationCounts, ConversationItem},
    desk_query::{ContactQuery, ConversationQuery, MessageQuery, TicketQuery},
    ids::{AgentId, ChangeId, ContactId, ConversationId, MessageId, TicketId},
    message::{Message, NewMessage},
    page::Page,
    phone::PhoneNumber,
    problem::Problem,
    ticket::Ticket,
};
use tokio::sync::watch;

use super::{Result, Store, StoreError, inbound::WaIdentity};

#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("refused: {}", .0.code.as_str())]
    Refused(Box<Problem>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone)]
pub enum TicketAction {
    Take,
    Transfer { to: AgentId, reason: Option<String> },
    Resolve { note: Option<String> },
    Close,
    Reopen,
}

#[derive(Debug)]
pub struct Asked {
    pub ticket: Ticket,
    pub change: Option<ChangeId>,
}
#[derive(Debug)]
pub struct Ticks {
    pub chat: WaIdentity,
    pub wa_ids: Vec<String>,
}
#[derive(Debug)]
pub struct ReadMark {
    pub conversation: Conversation,
    pub on_own_number: Option<Ticks>,
}
type Desk<T> = std::result::Result<T, DeskError>;
const CLOSED: StoreError = StoreError::Closed;
impl Store {
    pub async fn me(&self) -> Result<Option<Agent>> { Err(CLOSED) }
    pub async fn agents(&self) -> Result<Vec<Agent>> { Err(CLOSED) }
    pub async fn channels(&self) -> Result<Vec<Channel>> { Err(CLOSED) }
    pub async fn contacts(&self, _q: ContactQuery) -> Result<Page<Contact>> { Err(CLOSED) }
    pub async fn contact(&self, _q: ContactId) -> Result<Option<Contact>> { Err(CLOSED) }
    pub async fn patch_contact(&self, _q: ContactId, _p: ContactPatch) -> Desk<Contact> { Err(CLOSED.into()) }
    pub async fn conversations(&self, _q: ConversationQuery) -> Result<Page<ConversationItem>> { Err(CLOSED) }
    pub async fn conversation_counts(&self) -> Result<ConversationCounts> { Err(CLOSED) }
    pub async fn conversation(&self, _q: ConversationId) -> Result<Option<ConversationItem>> { Err(CLOSED) }
    pub async fn mark_read(&self, _q: ConversationId, _p: i64) -> Desk<ReadMark> { Err(CLOSED.into()) }
    pub async fn own_conversation_with(&self, _p: PhoneNumber) -> Result<Option<ConversationItem>> { Err(CLOSED) }
    pub async fn open_conversation(&self, _p: WaIdentity) -> Desk<ConversationItem> { Err(CLOSED.into()) }
    pub async fn messages(&self, _c: ConversationId, _q: MessageQuery) -> Result<Option<Page<Message>>> { Err(CLOSED) }
    pub async fn write_message(&self, _c: ConversationId, _q: NewMessage) -> Desk<Message> { Err(CLOSED.into()) }
    pub async fn reply_to_ticket(&self, _c: TicketId, _q: NewMessage) -> Desk<Message> { Err(CLOSED.into()) }
    pub async fn retry_message(&self, _c: MessageId) -> Desk<Message> { Err(CLOSED.into()) }
    pub async fn tickets(&self, _q: TicketQuery) -> Result<Page<Ticket>> { Err(CLOSED) }
    pub async fn ticket(&self, _q: TicketId) -> Result<Option<Ticket>> { Err(CLOSED) }
    pub async fn act_on_ticket(&self, _q: TicketId, _a: TicketAction) -> Desk<Asked> { Err(CLOSED.into()) }
    pub async fn status(&self) -> Result<BridgeStatus> { Err(CLOSED) }
    pub fn server_link(&self) -> watch::Receiver<ServerLink> { self.inner.server.subscribe() }
}
