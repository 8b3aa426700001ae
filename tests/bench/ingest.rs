//! What the server takes in from bridges, each answer after a durable commit.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use ownline_model::{
    PROTOCOL,
    contact::{ContactIdentity, ContactKind},
    conversation::Scope,
    details::MessageDetails,
    ids::{ChangeId, ChannelId, ContactId, ConversationId, DeviceId, MessageId},
    message::{Direction, Message, MessageKind, MessageStatus, Origin},
    phone::PhoneNumber,
    session::SessionStateName,
    sync::{Change, Op, Outcome, Push, PushAnswer},
    time::UtcMillis,
};
use ownline_tests::{Person, Stage};
use reqwest::{Method, header::CONTENT_TYPE};

use crate::{disk, figures::Figures, size::Size};

const CONNECTIONS: usize = 16;
const BATCH: usize = 64;

pub(crate) async fn measure(stage: &Stage, size: &Size, figures: &mut Figures) -> Result<()> {
    let mut bridges = Vec::new();
    for index in 0..CONNECTIONS {
        let person = stage.desk.agent(&format!("Ingest {index}")).await?;
        bridges.push(Bridge::new(person, index).await?);
    }
    // Contacts, chats and tickets are made in the first round, which does not count.
    round(stage, &bridges, size.batches, 0, None).await?;
    for number in 1..=size.rounds {
        round(stage, &bridges, size.batches, number, Some(figures)).await?;
        lone(&bridges[0], number, size.lone_messages / size.rounds, figures).await?;
        disk::measure(&stage.folder(), figures)?;
    }
    figures.mebibytes("server memory after the load", "MiB PSS", stage.desk.program.memory()?);
    Ok(())
}

/// The generator shares the machine: what it says is written before the clock runs, what it hears is read afterwards.
async fn round(
    stage: &Stage,
    bridges: &[Bridge],
    batches: usize,
    number: usize,
    figures: Option<&mut Figures>,
) -> Result<()> {
    let mut bodies = Vec::new();
    for bridge in bridges {
        let bodies_of = (0..batches).map(|batch| {
            bridge.body((0..BATCH).map(|n| bridge.message(&format!("{number} {batch} {n}"), n % 10)).collect())
        });
        bodies.push(bodies_of.collect::<Result<Vec<_>>>()?);
    }
    let before = stage.desk.program.cpu()?;
    let start = Instant::now();
    let pushes = bridges.iter().zip(bodies).map(async |(bridge, bodies)| {
        let mut answers = Vec::with_capacity(bodies.len());
        for body in bodies {
            answers.push(bridge.send(body).await?);
        }
        anyhow::Ok(answers)
    });
    let answers = futures_util::future::try_join_all(pushes).await?;
    let elapsed = start.elapsed();
    let cpu = stage.desk.program.cpu()?.saturating_sub(before);
    for answer in answers.iter().flatten() {
        check(answer, BATCH)?;
    }
    if let Some(figures) = figures {
        let messages = (CONNECTIONS * batches * BATCH) as f64;
        figures.add("server ingest", "messages/s", messages / elapsed.as_secs_f64());
        figures.add("  server's CPU", "µs/message", cpu.as_secs_f64() * 1e6 / messages);
    }
    Ok(())
}

async fn lone(bridge: &Bridge, round: usize, messages: usize, figures: &mut Figures) -> Result<()> {
    for number in 0..messages {
        let body = bridge.body(vec![bridge.message(&format!("lone {round} {number}"), number % 10)])?;
        let start = Instant::now();
        let answer = bridge.send(body).await?;
        figures.milliseconds("server ingest of a lone message", start.elapsed());
        check(&answer, 1)?;
    }
    Ok(())
}

/// Every change must be applied.
fn check(answer: &[u8], changes: usize) -> Result<()> {
    let answer: PushAnswer = serde_json::from_slice(answer)?;
    let applied = answer.results.iter().filter(|result| result.outcome == Outcome::Applied).count();
    ensure!(applied == changes, "not all applied: {:?}", answer.results);
    Ok(())
}

struct Bridge {
    person: Person,
    index: usize,
    channel_id: ChannelId,
    device_id: DeviceId,
    conversations: Vec<(ContactId, ConversationId)>,
    /// Places of messages, as a bridge proposes them: each behind those before it.
    position: AtomicI64,
}

impl Bridge {
    async fn new(person: Person, index: usize) -> Result<Self> {
        let bridge = Self {
            person,
            index,
            channel_id: ChannelId::fresh(),
            device_id: DeviceId::fresh(),
            conversations: (0..10).map(|_| (ContactId::fresh(), ConversationId::fresh())).collect(),
            position: AtomicI64::new(1),
        };
        let report = Op::ChannelReported {
            channel_id: bridge.channel_id,
            number: PhoneNumber::from_digits(&format!("55117000{index:05}"))?,
            name: "Ingest".to_owned(),
            session: SessionStateName::Online,
            lends: true,
        };
        check(&bridge.send(bridge.body(vec![report])?).await?, 1)?;
        Ok(bridge)
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
                verified_name: None,
                username: None,
                kind: ContactKind::default(),
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
                position: self.position.fetch_add(1, Ordering::Relaxed),
                at: UtcMillis(1_700_000_000_000),
                expires_at: None,
                details: MessageDetails::default(),
            },
        }
    }

    fn body(&self, ops: Vec<Op>) -> Result<Vec<u8>> {
        let changes = ops.into_iter().map(|op| Change { id: ChangeId::fresh(), op }).collect();
        Ok(serde_json::to_vec(&Push { protocol: PROTOCOL, device_id: self.device_id, changes })?)
    }

    async fn send(&self, body: Vec<u8>) -> Result<Vec<u8>> {
        let request = self.person.api.request(Method::POST, "/api/sync/push");
        let response = request.header(CONTENT_TYPE, "application/json").body(body).send().await.context("a push")?;
        ensure!(response.status().is_success(), "a push was answered with {}", response.status());
        Ok(response.bytes().await?.to_vec())
    }
}
