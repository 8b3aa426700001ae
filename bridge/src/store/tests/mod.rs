//! The store told as stories: what a machine sees, and what must be true afterwards.

mod actions;
mod amend;
mod answers;
mod apply;
mod businesses;
mod cancel;
mod damage;
mod groups;
mod history;
mod inbound;
mod lists;
mod media;
mod merged_scopes;
mod merges;
mod outbound;
mod owed;
mod pictures;
mod privacy;
mod safety;
mod sharing;
mod tickets;

use ownline_model::{
    account::Tokens,
    agent::{Agent, Role},
    bridge::NumberUse,
    channel::Channel,
    contact::{Contact, ContactKind},
    conversation::{Conversation, ConversationState, Priority, Scope},
    desk_query::{ContactQuery, MessageQuery},
    details::MessageDetails,
    ids::{AgentId, ChannelId, ContactId, ConversationId, MessageId, TicketId},
    message::{Direction, Message, MessageKind, MessageStatus, NewMessage, Origin},
    phone::PhoneNumber,
    session::SessionStateName,
    sync::{self, JournalEntry, Op},
    ticket::{Ticket, TicketState},
    time::UtcMillis,
};

use super::{
    LinkSettings, Store,
    inbound::{InboundFact, LinkedAccount, RecordOutcome, Recorded, WaIdentity},
};
use crate::{config::KeySource, keys, time::now};

/// A machine with a store in a folder of its own.
struct Machine {
    store: Store,
    me: Agent,
    folder: tempfile::TempDir,
}

const OWN: &str = "+5511900000001";

fn phone(text: &str) -> PhoneNumber {
    text.parse().expect("a number")
}

fn agent(name: &str) -> Agent {
    Agent {
        id: AgentId::fresh(),
        version: 1,
        name: name.to_owned(),
        email: format!("{name}@example.org"),
        role: Role::Agent,
        active: true,
        enrolled: true,
        created_at: UtcMillis(0),
    }
}

fn tokens(agent: &Agent) -> Tokens {
    Tokens {
        access_token: "access-canary".to_owned(),
        access_expires_at: UtcMillis(0),
        refresh_token: "refresh-canary".to_owned(),
        refresh_expires_at: UtcMillis(0),
        agent: agent.clone(),
    }
}

impl Machine {
    /// Signed in as Ana, linked to her number, work or personal.
    async fn linked(number_use: NumberUse) -> Self {
        let machine = Self::signed_in().await;
        let settings = LinkSettings { number_use, lends: true, consent_at: now() };
        machine.store.set_link_settings(settings).await.expect("settings");
        let account = LinkedAccount {
            phone: phone(OWN),
            lid: None,
            name: "Ana".to_owned(),
            platform: Some("android".to_owned()),
        };
        machine.store.set_linked(account).await.expect("linked");
        machine
    }

    async fn signed_in() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let me = agent("ana");
        let store = open(&folder);
        store.sign_in("https://desk.example.org".to_owned(), tokens(&me)).await.expect("signed in");
        Self { store, me, folder }
    }

    async fn receive(&self, facts: Vec<InboundFact>) -> Vec<Recorded> {
        self.store.record_inbound(facts).await.expect("recorded")
    }

    /// A customer writes one text.
    async fn hear(&self, from: &str, wa_id: &str, text: &str) -> Recorded {
        self.receive(vec![fact(by_phone(from), wa_id, text)]).await[0]
    }

    async fn messages(&self, id: ConversationId) -> Vec<Message> {
        self.store.messages(id, MessageQuery::default()).await.expect("read").expect("a conversation").items
    }

    async fn outbox(&self) -> Vec<sync::Change> {
        self.store.outbox(1000).await.expect("outbox")
    }

    /// As if the server had taken everything that waits, as it was told.
    async fn drain(&self) {
        let results = self.outbox().await.into_iter().map(|change| sync::ChangeResult {
            id: change.id,
            outcome: sync::Outcome::Applied,
            truth: sync::Truth::default(),
        });
        self.store.apply_results(results.collect()).await.expect("settled");
    }

    async fn pull(&self, events: Vec<ownline_model::event::Event>) {
        let entries = events.into_iter().enumerate().map(|(index, event)| JournalEntry {
            seq: index as i64 + 1,
            at: now(),
            event,
        });
        self.store.apply_pull(entries.collect(), "cursor".to_owned(), true).await.expect("pulled");
    }

    async fn own_channel(&self) -> ChannelId {
        self.store.status().await.expect("status").number.expect("a number").channel_id
    }
}

fn open(folder: &tempfile::TempDir) -> Store {
    let key = keys::obtain(folder.path(), &KeySource::File(folder.path().join("key"))).expect("a key");
    Store::open(folder.path(), &key).expect("a store")
}

fn by_phone(number: &str) -> WaIdentity {
    WaIdentity { phone: Some(phone(number)), ..Default::default() }
}

fn by_lid(lid: &str) -> WaIdentity {
    WaIdentity { lid: Some(lid.to_owned()), ..Default::default() }
}

fn fact(chat: WaIdentity, wa_id: &str, text: &str) -> InboundFact {
    InboundFact {
        wa_id: wa_id.to_owned(),
        chat,
        author: None,
        from_me: false,
        push_name: Some("Carla".to_owned()),
        business: None,
        kind: MessageKind::Text,
        text: Some(text.to_owned()),
        at: now(),
        details: MessageDetails::default(),
        remote: None,
        secret: None,
    }
}

fn reply(text: &str) -> NewMessage {
    NewMessage::text(MessageId::fresh(), text.to_owned())
}

fn contact(name: &str, number: &str) -> Contact {
    Contact {
        id: ContactId::fresh(),
        version: 1,
        name: name.to_owned(),
        push_name: None,
        verified_name: None,
        phone: Some(phone(number)),
        lid: None,
        username: None,
        kind: ContactKind::default(),
        picture_id: None,
        email: None,
        tags: Vec::new(),
        notes: String::new(),
        blocked: false,
        opted_out_at: None,
        created_at: UtcMillis(0),
        last_interaction_at: None,
    }
}

fn channel(owner: &Agent, number: &str) -> Channel {
    Channel {
        id: ChannelId::fresh(),
        version: 1,
        number: phone(number),
        name: owner.name.clone(),
        owner_id: owner.id,
        lends: true,
        session: SessionStateName::Online,
        owner_online: true,
        updated_at: UtcMillis(0),
    }
}

fn conversation(channel: ChannelId, contact: ContactId) -> Conversation {
    Conversation {
        id: ConversationId::fresh(),
        version: 1,
        contact_id: contact,
        channel_id: channel,
        state: ConversationState::Active,
        priority: Priority::Medium,
        scope: Scope::Shared,
        tags: Vec::new(),
        assignee_id: None,
        ticket_id: None,
        unread: 0,
        last_message: None,
        last_activity_at: UtcMillis(1),
        created_at: UtcMillis(0),
    }
}

fn ticket(conversation: &Conversation) -> Ticket {
    Ticket {
        id: TicketId::fresh(),
        version: 1,
        number: 1,
        conversation_id: conversation.id,
        contact_id: conversation.contact_id,
        channel_id: conversation.channel_id,
        subject: "Hello".to_owned(),
        state: TicketState::Open,
        priority: Priority::Medium,
        category: None,
        assignee_id: None,
        resolution_note: None,
        created_at: UtcMillis(1),
        assigned_at: None,
        first_reply_at: None,
        resolved_at: None,
        closed_at: None,
        pending: false,
    }
}

/// A message as the server knows it.
fn known_message(conversation: &Conversation, wa_id: &str, direction: Direction, status: MessageStatus) -> Message {
    Message {
        id: MessageId::fresh(),
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        ticket_id: None,
        wa_id: wa_id.to_owned(),
        direction,
        origin: if direction == Direction::Inbound { Origin::Customer } else { Origin::Desk },
        author_id: None,
        kind: MessageKind::Text,
        text: Some("hello".to_owned()),
        status,
        failure: None,
        position: 1,
        at: UtcMillis(1),
        expires_at: None,
        details: MessageDetails::default(),
    }
}

fn kinds(changes: &[sync::Change]) -> Vec<&'static str> {
    changes.iter().map(|change| super::table::outbox::kind(&change.op)).collect()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, super::DeskError>) -> &'static str {
    match result {
        Err(super::DeskError::Refused(problem)) => problem.code.as_str(),
        other => panic!("not refused: {other:?}"),
    }
}
