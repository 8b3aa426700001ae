//! Customers write and agents answer, whoever is alive. An agent whose program is gone posts again, under the same id, as
//! the screen does.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::future;
use ownline_model::{
    ids::{ConversationId, MessageId},
    message::{Message, NewMessage},
    problem::ProblemCode,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    ledger::{Chat, Said},
    trial::{Deed, Step},
};
use crate::{
    http::{Api, Refused},
    network::{Customer, Phone},
};

const ACCEPTED_WITHIN: Duration = Duration::from_mins(1);
/// Longer than a start takes: mostly the news of the new address comes first.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What a chat's two sides did in one trial.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) inbound: Vec<Said>,
    pub(super) outbound: Vec<Said>,
    pub(super) read: Vec<String>,
}

/// The two sides do not wait for each other: a dead bridge does not keep a customer from writing.
pub(super) async fn flow(
    chat: &Chat,
    phone: &Phone,
    desk: watch::Receiver<Api>,
    steps: &[Step],
    seed: u64,
) -> Result<Spoken> {
    let (theirs, ours) = future::try_join(
        customer(&chat.customer, phone, steps, chat.inbound.len(), seed),
        agent(desk, chat.id, steps, chat.outbound.len(), seed),
    )
    .await?;
    Ok(Spoken { inbound: theirs.0, read: theirs.1, outbound: ours })
}

async fn customer(
    customer: &Customer,
    phone: &Phone,
    steps: &[Step],
    before: usize,
    seed: u64,
) -> Result<(Vec<Said>, Vec<String>)> {
    let (mut said, mut read) = (Vec::new(), Vec::new());
    for step in steps {
        sleep(step.after).await;
        match step.deed {
            Deed::Writes => {
                let text = format!("in {} of seed {seed}", before + said.len());
                let wa_id = customer.writes(phone, &text).await?;
                said.push(Said { wa_id, text });
            }
            Deed::Reads => {
                let received = customer.chat(phone).await?.into_iter().filter(|seen| seen.direction == "in");
                let ids: Vec<String> = received.map(|seen| seen.id).collect();
                if !ids.is_empty() {
                    customer.reads(phone, &ids).await?;
                    read.extend(ids);
                }
            }
            Deed::Answers => {}
        }
    }
    Ok((said, read))
}

async fn agent(
    mut desk: watch::Receiver<Api>,
    id: ConversationId,
    steps: &[Step],
    before: usize,
    seed: u64,
) -> Result<Vec<Said>> {
    let mut said: Vec<Said> = Vec::new();
    for step in steps {
        sleep(step.after).await;
        if step.deed == Deed::Answers {
            let text = format!("out {} of seed {seed}", before + said.len());
            let new = NewMessage::text(MessageId::fresh(), text.clone());
            let stored = post(&mut desk, id, &new).await.with_context(|| format!("posting “{text}”"))?;
            said.push(Said { wa_id: stored.wa_id, text });
        }
    }
    Ok(said)
}

async fn post(desk: &mut watch::Receiver<Api>, id: ConversationId, new: &NewMessage) -> Result<Message> {
    let deadline = Instant::now() + ACCEPTED_WITHIN;
    let path = format!("/api/conversations/{id}/messages");
    loop {
        let api = desk.borrow_and_update().clone();
        let error = match api.post(&path, new).await {
            Ok(stored) => return Ok(stored),
            Err(error) => error,
        };
        if is_final(&error) || Instant::now() > deadline {
            bail!(error);
        }
        // Either way it is tried again: at the new address, or here.
        let _ = timeout(TRY_AGAIN_AFTER, desk.changed()).await;
    }
}

/// A refusal that trying again does not change. Another program may have got the port of a dead one: it does not know
/// the token.
fn is_final(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| {
        let stranger = refused.problem.as_ref().is_some_and(|problem| problem.code == ProblemCode::Unauthenticated);
        refused.status < 500 && !stranger
    })
}
