//! From the socket into the store, before WhatsApp is told: the library acknowledges a message only after this hook has
//! returned. Whatever happens before that, WhatsApp delivers the message again.

use std::{sync::Arc, time::Duration};

use whatsapp_rust::{
    Client, InboundDurabilityHook, types::durability_hook::InboundMessage, wacore::types::events::UnavailableType,
};

use super::{
    happenings::{Happening, Reporter},
    identity,
    inbound::{self, Own},
    placeholders::{Placeholders, Taken},
};
use crate::{
    failpoint,
    store::{
        Store, StoreError,
        inbound::{Incoming, WaIdentity},
    },
};

/// A store that is busy for a moment gets another chance before the message goes back to WhatsApp. The socket waits meanwhile.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1_500)];

pub(super) struct StoreFirst {
    store: Store,
    reporter: Reporter,
    placeholders: Placeholders,
}

impl StoreFirst {
    pub(super) fn new(store: Store, reporter: Reporter) -> Self {
        Self { store, placeholders: reporter.placeholders(), reporter }
    }

    async fn record(&self, facts: Vec<Incoming>) -> Result<(), StoreError> {
        for pause in PAUSES {
            match self.store.record_inbound(facts.clone()).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Closed) => return Err(StoreError::Closed),
                Err(error) => tracing::warn!(%error, "received messages could not be stored; trying again"),
            }
            tokio::time::sleep(pause).await;
        }
        self.store.record_inbound(facts).await.map(drop)
    }
}

/// Sends nothing: the library holds the sender's lock while the hook runs.
#[async_trait::async_trait]
impl InboundDurabilityHook for StoreFirst {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        anyhow::ensure!(self.reporter.lets_in().await, "the agent has not confirmed this number");
        failpoint::here("received");
        let taken = self.placeholders.take();
        let facts = taken.among(facts(&client, batch).await, gaps(&client, &taken).await);
        if facts.is_empty() {
            return Ok(());
        }
        let count = facts.len();
        let recorded = self.record(facts).await.map_err(|error| {
            self.placeholders.put_back(taken);
            tracing::error!(%error, count, "received messages could not be stored; WhatsApp keeps them");
            self.reporter.report(Happening::NotStored);
            error.into()
        });
        failpoint::here("committed");
        recorded
    }
}

/// What of a batch is for the desk, with both names of each person where the library knows them.
pub(super) async fn facts(client: &Client, batch: &[InboundMessage]) -> Vec<Incoming> {
    let own = own(client);
    let mut facts = Vec::with_capacity(batch.len());
    for message in batch {
        match inbound::incoming(&message.message, &message.info, &own) {
            Ok(mut fact) => {
                complete(client, fact.chat_mut()).await;
                facts.push(fact);
            }
            Err(why) => tracing::debug!(?why, id = %message.info.id, "not for the desk"),
        }
    }
    facts
}

/// The places of messages that could not be decrypted.
async fn gaps(client: &Client, taken: &Taken) -> Vec<Incoming> {
    let own = own(client);
    let mut facts = Vec::new();
    for message in taken.messages() {
        let view_once = message.unavailable_type == UnavailableType::ViewOnce;
        if let Ok(mut fact) = inbound::undecryptable(&message.info, view_once, &own) {
            complete(client, &mut fact.chat).await;
            facts.push(fact.into());
        }
    }
    facts
}

/// Stores the places of undecryptable messages that no batch has taken along.
pub(super) async fn store_gaps(store: &Store, client: &Client, placeholders: &Placeholders, taken: Taken) {
    if taken.is_empty() {
        return;
    }
    let facts = gaps(client, &taken).await;
    if !facts.is_empty()
        && let Err(error) = store.record_inbound(facts).await
    {
        tracing::error!(%error, "the places of undecryptable messages could not be stored yet");
        placeholders.put_back(taken);
    }
}

pub(super) fn own(client: &Client) -> Own {
    Own { pn: client.pn(), lid: client.lid() }
}

/// Adds the number to a hidden id and the other way round, from what the library has learnt before.
pub(super) async fn complete(client: &Client, chat: &mut WaIdentity) {
    if chat.phone.is_some() && chat.lid.is_some() {
        return;
    }
    let Some(address) = identity::address(chat) else { return };
    if let Ok(Some(known)) = client.get_lid_pn_entry(&address).await {
        let phone = whatsapp_rust::Jid::pn(&*known.phone_number);
        let lid = whatsapp_rust::Jid::lid(&*known.lid);
        *chat = identity::person_of(&address, Some(if chat.phone.is_some() { &lid } else { &phone }));
    }
}
