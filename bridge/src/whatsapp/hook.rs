//! From the socket into the store, before WhatsApp is told: the library acknowledges a message only after this hook has
//! returned. Whatever happens before that, WhatsApp delivers the message again.

use std::{sync::Arc, time::Duration};

use whatsapp_rust::{Client, InboundDurabilityHook, types::durability_hook::InboundMessage};

use super::{
    happenings::{Happening, Reporter},
    identity,
    inbound::{self, NotForTheDesk, Own},
    missed::{self, Missed},
    order::{self, Order},
    placeholders::{Placeholders, Taken},
    recovered,
    unread::Unread,
};
use crate::{
    failpoint,
    store::{
        Owed, Store, StoreError, TakenIn,
        inbound::{Incoming, WaIdentity},
    },
};

/// A store that is busy for a moment gets another chance before the message goes back to WhatsApp. The socket waits meanwhile.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1_500)];

pub(super) struct StoreFirst {
    store: Store,
    reporter: Reporter,
    placeholders: Placeholders,
    missed: Missed,
}

impl StoreFirst {
    pub(super) fn new(store: Store, reporter: Reporter, missed: Missed) -> Self {
        Self { store, placeholders: reporter.placeholders(), reporter, missed }
    }

    async fn take_in(&self, taken: TakenIn) -> Result<(), StoreError> {
        for pause in PAUSES {
            match self.store.take_in(taken.clone()).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Closed) => return Err(StoreError::Closed),
                Err(error) => tracing::warn!(%error, "received messages could not be stored; trying again"),
            }
            tokio::time::sleep(pause).await;
        }
        self.store.take_in(taken).await
    }
}

/// Sends nothing: the library holds the sender's lock while the hook runs.
#[async_trait::async_trait]
impl InboundDurabilityHook for StoreFirst {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        anyhow::ensure!(self.reporter.lets_in().await, "the agent has not confirmed this number");
        failpoint::here("received");
        let taken = self.placeholders.take().await;
        let (Order { facts, waiting, .. }, owed) = self.read(&client, batch, &taken).await;
        let stanzas: Vec<_> = batch.iter().map(|message| missed::stanza(&message.info)).collect();
        let count = facts.len();
        let recorded = self.take_in(TakenIn { facts, batch: stanzas.clone(), owed }).await;
        failpoint::here("committed");
        match recorded {
            Ok(()) => {
                self.missed.settled(&stanzas);
                self.reporter.arrivals().settle(batch.iter().map(|message| &*message.info));
                self.placeholders.stored(taken, waiting);
            }
            Err(error) => {
                self.placeholders.put_back(taken);
                tracing::error!(%error, count, "received messages could not be stored; WhatsApp keeps them");
                self.reporter.report(Happening::NotStored);
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl StoreFirst {
    /// What of a batch is for the desk, with both names of each person where the library knows them, among what could not be
    /// read, in the order of arrival; and what of the batch only has its place.
    async fn read(&self, client: &Client, batch: &[InboundMessage], taken: &Taken) -> (Order, Vec<Owed>) {
        let own = own(client);
        let arrivals = self.reporter.arrivals();
        let (mut facts, mut owed) = (Vec::with_capacity(batch.len()), Vec::new());
        for message in batch {
            let place = arrivals.place(&message.info);
            let recovered = recovered::facts(message, &own);
            if !recovered.is_empty() {
                failpoint::here("recovered");
            }
            facts.extend(recovered.into_iter().map(|fact| (place, Ok(fact))));
            if self.missed.is_missed(message) {
                let unread = Unread::new(Arc::clone(&message.info));
                facts.push((place, gap(&unread, &own)));
                owed.extend(unread.owed());
            } else {
                facts.push((place, inbound::incoming(&message.message, &message.info, &own)));
            }
        }
        (in_order(client, &self.placeholders, taken, facts).await, owed)
    }
}

/// What was taken, and what came with it, each with its place on the wire.
async fn in_order(
    client: &Client,
    placeholders: &Placeholders,
    taken: &Taken,
    read: Vec<(u64, Result<Incoming, NotForTheDesk>)>,
) -> Order {
    let own = own(client);
    let gaps = taken.messages().filter(|message| !message.earlier);
    // Ahead of their own repetitions, which have the same places.
    let mut facts: Vec<_> =
        gaps.map(|message| (placeholders.arrivals().place(&message.info), gap(message, &own))).collect();
    facts.extend(read);
    facts.sort_by_key(|(place, _)| *place);
    let mut complete = Vec::with_capacity(facts.len());
    for (_, fact) in facts {
        match fact {
            Ok(mut fact) => {
                complete_all(client, &mut fact).await;
                complete.push(fact);
            }
            Err(why) => tracing::debug!(?why, "not for the desk"),
        }
    }
    let mut earlier = Vec::new();
    for message in taken.messages().filter(|message| message.earlier) {
        if let Ok(mut place) = gap(message, &own) {
            complete_all(client, &mut place).await;
            earlier.push((message.clone(), place));
        }
    }
    order::arrange(complete, earlier, |id| placeholders.may_come(id))
}

/// The place of a message that could not be decrypted.
fn gap(message: &Unread, own: &Own) -> Result<Incoming, NotForTheDesk> {
    inbound::undecryptable(&message.info, message.view_once, own).map(Into::into)
}

/// Stores the places of undecryptable messages that no batch has taken along.
pub(super) async fn store_gaps(store: &Store, client: &Client, placeholders: &Placeholders, taken: Taken) {
    if taken.is_empty() {
        return;
    }
    let Order { facts, waiting, .. } = in_order(client, placeholders, &taken, Vec::new()).await;
    if facts.is_empty() {
        return placeholders.stored(taken, waiting);
    }
    match store.record_inbound(facts).await {
        Ok(_) => placeholders.stored(taken, waiting),
        Err(error) => {
            tracing::error!(%error, "the places of undecryptable messages could not be stored yet");
            placeholders.put_back(taken);
        }
    }
}

pub(super) fn own(client: &Client) -> Own {
    Own { pn: client.pn(), lid: client.lid() }
}

/// Whom the chat is with, and in a group who made it.
pub(super) async fn complete_all(client: &Client, fact: &mut Incoming) {
    complete(client, fact.chat_mut()).await;
    if let Some(author) = fact.author_mut() {
        complete(client, author).await;
    }
}

/// Adds the number to a hidden id and the other way round, from what the library has learnt before.
pub(super) async fn complete(client: &Client, chat: &mut WaIdentity) {
    if chat.is_group() || (chat.phone.is_some() && chat.lid.is_some()) {
        return;
    }
    let Some(address) = identity::address(chat) else { return };
    if let Ok(Some(known)) = client.get_lid_pn_entry(&address).await {
        let phone = whatsapp_rust::Jid::pn(&*known.phone_number);
        let lid = whatsapp_rust::Jid::lid(&*known.lid);
        *chat = identity::person_of(&address, Some(if chat.phone.is_some() { &lid } else { &phone }));
    }
}
