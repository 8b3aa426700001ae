//! What a phone knows from before, and hands over: when a device is linked, and when it asks for more.

mod on_demand;
mod plan;
mod send;
mod source;

use std::sync::Arc;
use std::time::Duration;

use super::person::Person;
use crate::network::Network;
use crate::network::account::{Device, lock};
use crate::network::now_ms;
use crate::store::{Op, StoreError};
use crate::world::{Change, HistoryProgress, HistorySummary, NewHistory, Result, WorldError};
use plan::Plan;
use source::Sources;

/// Chats that can be invented.
pub const MOST_CONVERSATIONS: u32 = 100_000;

/// A history, opened and cut into parts.
struct Opened {
    sources: Sources,
    plan: Plan,
}

impl Opened {
    async fn open(network: &Network, owner: u64, spec: NewHistory) -> std::result::Result<Self, StoreError> {
        let chunk = spec.chunk;
        let sources = Sources::open(network, owner, spec).await?;
        let sizes = (0..sources.chats()).map(|index| {
            let chat = sources.chat(network, index);
            chat.messages - chat.kept_back
        });
        let plan = Plan::new(sizes.collect(), chunk);
        Ok(Self { sources, plan })
    }
}

impl Person {
    /// Gives the phone a past, in place of the one that it had.
    pub async fn set_history(&self, mut spec: NewHistory) -> Result<HistorySummary> {
        spec.until.get_or_insert_with(now_ms);
        for item in &mut spec.items {
            let group = item.with.ends_with("@g.us");
            if !group && crate::network::address::parse_number(&item.with).is_none() {
                return Err(WorldError::BadNumber(item.with.clone()));
            }
            item.messages.sort_by_key(|message| message.at);
        }
        let data = serde_json::to_vec(&spec).unwrap_or_default();
        let opened = Opened::open(&self.network, self.number(), spec).await?;
        self.network.store.write(vec![Op::History { number: self.number(), data }]).await?;
        self.network.changed(Change::Phone { number: self.number().to_string() });
        self.state_of_history(&opened.sources.spec).await?;
        let conversations = opened.sources.chats();
        let kept_back =
            (0..conversations).map(|index| u64::from(opened.sources.chat(&self.network, index).kept_back)).sum();
        let chunks = opened.plan.chunks().count() as u32;
        Ok(HistorySummary { conversations, messages: opened.plan.messages(), kept_back, chunks })
    }

    async fn history(&self) -> std::result::Result<Option<NewHistory>, StoreError> {
        use rusqlite::OptionalExtension as _;
        let number = self.number().cast_signed();
        let data: Option<Vec<u8>> = self
            .network
            .store
            .read(move |connection| {
                connection
                    .prepare_cached("SELECT data FROM histories WHERE number = ?1")?
                    .query_row([number], |row| row.get(0))
                    .optional()
            })
            .await?;
        let broken = |error: serde_json::Error| StoreError::Database(format!("a history is damaged: {error}"));
        data.map(|data| serde_json::from_slice(&data).map_err(broken)).transpose()
    }

    /// Hands the history over to a companion, beside everything else; goes on where the end of the program broke it off.
    pub(super) fn begin_history(self: &Arc<Self>, device: u16) {
        let Some(companion) = self.account.device(device) else { return };
        {
            let record = lock(&companion.record);
            if !record.keys_shared || record.history.done {
                return;
            }
        }
        if !lock(&self.handing_over).insert(device) {
            return;
        }
        let person = Arc::clone(self);
        self.network.tasks.spawn(async move {
            let outcome = tokio::select! {
                () = person.network.cancel.cancelled() => Ok(()),
                outcome = person.hand_over(&companion) => outcome,
            };
            lock(&person.handing_over).remove(&device);
            if let Err(error) = outcome {
                tracing::error!(%error, device, "a history could not be handed over");
            }
        });
    }

    async fn hand_over(&self, companion: &Device) -> Result<()> {
        let Some(spec) = self.history().await? else {
            return self.note_history(companion, |progress| progress.done = true).await;
        };
        let pace = Duration::from_millis(spec.pace_ms);
        let opened = Opened::open(&self.network, self.number(), spec).await?;
        let sent = lock(&companion.record).history.chunks as usize;
        for chunk in opened.plan.chunks().skip(sent) {
            // A phone that is off goes on when it is on again.
            if self.is_offline() || companion.is_removed() {
                return Ok(());
            }
            let message = self.history_message(&opened.sources, &chunk).await?;
            let done = chunk.progress == 100;
            self.send_peer(companion, None, &message, |progress| {
                progress.chunks += 1;
                progress.messages += chunk.messages();
                progress.progress = chunk.progress;
                progress.done = done;
            })
            .await?;
            self.network.changed(self.device_changed(companion));
            tokio::time::sleep(pace).await;
        }
        Ok(())
    }

    async fn note_history(&self, companion: &Device, note: impl FnOnce(&mut HistoryProgress)) -> Result<()> {
        note(&mut lock(&companion.record).history);
        self.network.store.write(vec![Network::device_op(companion)]).await?;
        Ok(())
    }

    fn device_changed(&self, companion: &Device) -> Change {
        Change::Device { number: self.number().to_string(), device: companion.address.device }
    }
}
