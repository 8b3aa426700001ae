//! What the server takes in from bridges, each answer after a durable commit.

use std::time::Instant;

use anyhow::{Result, ensure};
use ownline_model::{
    PROTOCOL,
    contact::ContactIdentity,
    conversation::Scope,
    ids::{ChangeId, ChannelId, ContactId, ConversationId, DeviceId, MessageId},
    message::{Direction, Message, MessageKind, MessageStatus, Origin},
    phone::PhoneNumber,
    session::SessionStateName,
    sync::{Change, Op, Outcome, Push, PushAnswer},
    time::UtcMillis,
};
use ownline_tests::{Person, Stage};

use crate::figures::Figures;

const CONNECTIONS: usize = 16;
const BATCHES: usize = 12;
const BATCH: usize = 64;
const ROUNDS: usize = 3;

pub(crate) async fn measure(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let mut bridges = Vec::new();
    for index in 0..CONNECTIONS {
        let person = stage.desk.agent(&format!("Ingest {index}")).await?;
        bridges.push(Bridge::new(person, index).await?);
    }
    for round in 0..ROUNDS {
        let start = Instant::now();
        let pushes = bridges.iter().map(|bridge| bridge.push_all(round));
        let counts = futures_util::future::try_join_all(pushes).await?;
        let total: usize = counts.into_iter().sum();
        figures.add("server ingest", "messages/s", total as f64 / start.elapsed().as_secs_f64());
    }
    for number in 0..200 {
        let start = Instant::now();
        bridges[0].push(vec![bridges[0].message(&format!("lone {number}"), number % 10)]).await?;
        figures.add("server ingest of a lone message", "ms", start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(())
}

struct Bridge {
    person: Person,
    index: usize,
    channel_id: ChannelId,
    device_id: DeviceId,
    conversations: Vec<(ContactId, ConversationId)>,
}

impl Bridge {
    async fn new(person: Person, index: usize) -> Result<Self> {
        let bridge = Self {
            person,
            index,
            channel_id: ChannelId::fresh(),
            device_id: DeviceId::fresh(),
            conversations: (0..10).map(|_| (ContactId::fresh(), ConversationId::fresh())).collect(),
        };
        let report = Op::ChannelReported {
            channel_id: bridge.channel_id,
            number: PhoneNumber::from_digits(&format!("55117000{index:05}"))?,
            name: "Ingest".to_owned(),
            session: SessionStateName::Online,
            lends: true,
        };
        bridge.push(vec![report]).await?;
        Ok(bridge)
    }

    async fn push_all(&self, round: usize) -> Result<usize> {
        let mut pushed = 0;
        for batch in 0..BATCHES {
            let ops = (0..BATCH).map(|n| self.message(&format!("{round} {batch} {n}"), n % 10)).collect();
            pushed += self.push(ops).await?;
        }
        Ok(pushed)
    }

    fn message(&self, text: &str, chat: usize) -> Op {
        let (contact_id, conversation_id) = self.conversations[chat];
        let id = MessageId::fresh();
        Op::MessageReceived {
            contact: ContactIdentity {
                id: contact_id,
                phone: PhoneNumber::from_digits(&format!("55118{:04}{chat:04}", self.index)).ok(),
                lid: None,
                push_name: Some(format!("Customer {chat}")),
            },
            scope: Scope::Shared,
            message: Message {
                id,
                conversation_id,
                channel_id: self.channel_id,
                ticket_id: None,
                wa_id: id.to_string(),
                direction: Direction::Inbound,
                origin: Origin::Customer,
                author_id: None,
                kind: MessageKind::Text,
                text: Some(format!("Where is my order? {text}")),
                status: MessageStatus::Delivered,
                failure: None,
                position: 1,
                at: UtcMillis(1_700_000_000_000),
                expires_at: None,
            },
        }
    }

    /// One push; every change must be applied.
    async fn push(&self, ops: Vec<Op>) -> Result<usize> {
        let changes = ops.into_iter().map(|op| Change { id: ChangeId::fresh(), op }).collect();
        let push = Push { protocol: PROTOCOL, device_id: self.device_id, changes };
        let answer: PushAnswer = self.person.api.post("/api/sync/push", &push).await?;
        let applied = answer.results.iter().filter(|result| result.outcome == Outcome::Applied).count();
        ensure!(applied == push.changes.len(), "not all applied: {:?}", answer.results);
        Ok(applied)
    }
}
