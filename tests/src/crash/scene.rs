//! The stage of the trials: the owner of a number, a colleague who answers some of its chats, and their customers.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, Result, bail};
use futures_util::future;
use ownline_model::{bridge::ServerLink, message::Message, page::Page};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    count,
    ledger::{Chat, Said},
    statuses::Statuses,
    traffic,
    trial::{CHATS, CHATS_OF_OWNER, Trial, Trouble},
};
use crate::{
    agent::{AgentApp, HURRIED},
    desk::Person,
    http::Api,
    network::Phone,
    stage::Stage,
};

/// A lost acknowledgement is noticed after 20 s, and a bridge that met a dead server comes back after as long at most.
const STILL_FOR: Duration = Duration::from_mins(1);
/// A bridge that is to die of its work gets so long to do it.
const DIES_WITHIN: Duration = Duration::from_secs(2);
/// Messages whose way is told.
const WAYS: usize = 3;
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// An agent whose address changes with each start.
#[derive(Debug)]
struct Desk {
    app: AgentApp,
    address: watch::Sender<Api>,
}

impl Desk {
    fn new(app: AgentApp) -> Self {
        let address = watch::Sender::new(app.api.clone());
        Self { app, address }
    }

    async fn start_again(&mut self) -> Result<()> {
        self.app.start_again().await?;
        self.address.send_replace(self.app.api.clone());
        Ok(())
    }
}

impl Desk {
    /// Starts the bridge so that it ends at a moment of its own. True: it did, before the patience was over.
    async fn start_to_die(&mut self, at: &str) -> Result<bool> {
        let Ok(()) = self.app.start_again_with(&[("OWNLINE_DIE_AT", at)]).await else { return Ok(true) };
        self.address.send_replace(self.app.api.clone());
        self.app.program.ends_by_itself(DIES_WITHIN).await
    }
}

#[derive(Debug)]
pub(super) struct Scene {
    owner: Desk,
    colleague: Desk,
    phone: Phone,
    supervisor: Person,
    chats: Vec<Chat>,
    statuses: Statuses,
    stage: Stage,
}

impl Scene {
    pub(super) async fn set() -> Result<Self> {
        let stage = Stage::set().await?;
        let supervisor = stage.desk.supervisor("Sam").await?;
        let (owner, phone) = stage.linked_agent_under("Ana", "5511988887600", Some(HURRIED)).await?;
        let colleague = stage.agent("Bruno").await?;
        let mut chats = Vec::with_capacity(CHATS);
        for index in 0..CHATS {
            let customer = stage.network.customer(&format!("55119123456{index:02}"), &format!("Joana {index}")).await?;
            let text = "hello".to_owned();
            let wa_id = customer.writes(&phone, &text).await?;
            let agent = if index < CHATS_OF_OWNER { &owner } else { &colleague };
            let item = agent.conversation_with(&customer.number).await?;
            agent.takes(&item.ticket.context("a ticket")?).await?;
            let id = item.conversation.id;
            let inbound = vec![Said { wa_id, text }];
            chats.push(Chat { customer, id, inbound, outbound: Vec::new(), read: HashSet::new() });
        }
        owner.is_in_sync().await?;
        colleague.is_in_sync().await?;
        let (owner, colleague) = (Desk::new(owner), Desk::new(colleague));
        Ok(Self { owner, colleague, phone, supervisor, chats, statuses: Statuses::default(), stage })
    }

    pub(super) fn messages(&self) -> (u64, u64) {
        let sum = |count: fn(&Chat) -> usize| self.chats.iter().map(count).sum::<usize>() as u64;
        (sum(|chat| chat.inbound.len()), sum(|chat| chat.outbound.len()))
    }

    pub(super) async fn missing_ticks(&self) -> Result<u64> {
        count::missing_ticks(&self.chats, &self.owner.app.api).await
    }

    pub(super) async fn play(&mut self, trial: &Trial) -> Result<()> {
        if trial.once_online {
            self.owner.app.is_online().await?;
        }
        self.play_with(trial, true).await?;
        self.sample_statuses(trial).await
    }

    /// The trial's traffic without its kill.
    pub(super) async fn play_calmly(&mut self, trial: &Trial) -> Result<()> {
        self.play_with(trial, false).await
    }

    async fn play_with(&mut self, trial: &Trial, kills: bool) -> Result<()> {
        let Self { owner, colleague, phone, chats, stage, .. } = self;
        let flows = chats.iter().zip(&trial.chats).enumerate().map(|(index, (chat, steps))| {
            let desk = if index < CHATS_OF_OWNER { &owner.address } else { &colleague.address };
            traffic::flow(chat, phone, desk.subscribe(), steps, trial.seed)
        });
        let flows = future::try_join_all(flows.collect::<Vec<_>>());
        let spoken = if kills {
            let strike = strike(trial, stage, phone, owner, colleague);
            future::try_join(flows, strike).await?.0
        } else {
            flows.await?
        };
        for (chat, spoken) in self.chats.iter_mut().zip(spoken) {
            chat.inbound.extend(spoken.inbound);
            chat.outbound.extend(spoken.outbound);
            chat.read.extend(spoken.read);
        }
        Ok(())
    }

    fn places(&self) -> [(&'static str, Api); 3] {
        [
            ("the server", self.supervisor.api.clone()),
            ("the owner's replica", self.owner.app.api.clone()),
            ("the colleague's replica", self.colleague.app.api.clone()),
        ]
    }

    /// Looks at the end of one chat in each place, while everything is still on its way.
    async fn sample_statuses(&mut self, trial: &Trial) -> Result<()> {
        let id = self.chats[(trial.seed % CHATS as u64) as usize].id;
        for (place, api) in self.places() {
            let page: Page<Message> = api.get(&format!("/api/conversations/{id}/messages?limit=50")).await?;
            self.statuses.note(place, &page.items)?;
        }
        Ok(())
    }

    pub(super) async fn start_everything_anew(&mut self) -> Result<()> {
        for desk in [&mut self.owner, &mut self.colleague] {
            desk.app.program.stop().await?;
            desk.start_again().await?;
        }
        self.stage.desk.program.stop().await?;
        self.stage.desk.program.start_again().await?;
        self.owner.app.is_online().await
    }

    /// Waits until nothing is on its way any more and every place holds what was said.
    pub(super) async fn come_to_rest(&mut self) -> Result<()> {
        // Faults that found nothing to strike.
        let _: Value = self.stage.network.api.delete("/faults").await?;
        // An access token lives for minutes.
        self.supervisor = self.stage.desk.sign_in("Sam").await?;
        let mut last = vec!["not looked at yet".to_owned()];
        let mut deadline = Instant::now() + STILL_FOR;
        loop {
            let found = self.look_around().await?;
            if found.is_empty() {
                return Ok(());
            }
            if found != last {
                last = found;
                deadline = Instant::now() + STILL_FOR;
            } else if Instant::now() > deadline {
                let (owner, server) = (self.owner.app.program.log_tail(), self.stage.desk.program.log_tail());
                let ways = self.ways(&last);
                bail!(
                    "does not come out:\n{}\n{ways}\nthe owner's log:\n{owner}\nthe server's log:\n{server}",
                    last.join("\n")
                );
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The way that the messages in question took: through the network, stanza by stanza, and as the owner's bridge tells it.
    fn ways(&self, found: &[String]) -> String {
        let said = self.chats.iter().flat_map(|chat| chat.inbound.iter().chain(&chat.outbound));
        let lost = said.filter(|said| found.iter().any(|found| found.contains(&said.wa_id)));
        let way = |said: &Said| {
            let through = self.stage.network.program.log_of(&said.wa_id).join("\n");
            let bridge = self.owner.app.program.log_of(&said.wa_id).join("\n");
            format!("the way of “{}” ({}):\n{through}\n{bridge}\n", said.text, said.wa_id)
        };
        lost.take(WAYS).map(way).collect()
    }

    async fn look_around(&mut self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for desk in [&self.owner, &self.colleague] {
            let status = desk.app.status().await?;
            if status.outbox > 0 || status.sending > 0 || !matches!(status.server, ServerLink::InSync { .. }) {
                let (name, link) = (&desk.app.name, &status.server);
                found.push(format!("{name}: {} to push, {} to send, {link:?}", status.outbox, status.sending));
            }
            if !status.notices.is_empty() {
                bail!("{} is told: {:?}", desk.app.name, status.notices);
            }
        }
        if found.is_empty() {
            let places = self.places();
            let repeated = self.stage.network.asked_again();
            found = count::differences(&self.chats, &self.phone, &places, &mut self.statuses, &repeated).await?;
        }
        Ok(found)
    }
}

/// Pulls the plug at the trial's moment, and starts again what was killed.
async fn strike(trial: &Trial, stage: &mut Stage, phone: &Phone, owner: &mut Desk, colleague: &mut Desk) -> Result<()> {
    let fault = match trial.trouble {
        Some(Trouble::DropAck) => Some(json!({ "drop_ack": { "number": phone.number, "times": 1 } })),
        Some(Trouble::Corrupt(times)) => Some(json!({ "corrupt": { "number": phone.number, "times": times } })),
        Some(Trouble::Cut(at)) if at != "now" => Some(json!({ "cut": { "number": phone.number, "at": at } })),
        _ => None,
    };
    if let Some(fault) = fault {
        stage.network.fault(fault).await?;
    }
    if let Some((name, times)) = trial.dies_at {
        owner.app.program.kill().await?;
        let died = owner.start_to_die(&format!("{name}:{times}")).await?;
        if !died {
            // The traffic did not bring it there; the plug does.
            owner.app.program.kill().await?;
        }
    } else if trial.trouble == Some(Trouble::Cut("now")) {
        // The kill then meets the connection on its way back.
        sleep(trial.moment / 2).await;
        stage.network.cut(phone).await?;
        sleep(trial.moment / 2).await;
    } else {
        sleep(trial.moment).await;
    }
    if trial.victim.is_owner() {
        owner.app.program.kill().await?;
    }
    if trial.victim.is_server() {
        stage.desk.program.kill().await?;
        stage.desk.program.start_again().await?;
    }
    if trial.victim == super::Victim::Colleague {
        colleague.app.program.kill().await?;
        colleague.start_again().await?;
    }
    for fall in &trial.falls {
        owner.start_again().await?;
        sleep(*fall).await;
        owner.app.program.kill().await?;
    }
    if trial.victim.is_owner() {
        owner.start_again().await?;
    }
    Ok(())
}
