//! Repeats messages for customers' devices that could not open them.
//!
//! The library does it by itself while it remembers the message, and confirms the wish before it has. A kill in between costs
//! the message: nobody asks a second time. So each wish is noted in the store as it comes, and what has not arrived after a
//! while is repeated from there.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};
use whatsapp_rust::{Client, Jid, MessageRetransmission, wacore_binary::NodeRef};

use super::{hook, identity, outbound};
use crate::store::{Repeat, Store};

/// What the library needs for its own repetition, and the customer's device to confirm it.
const GRACE: Duration = Duration::from_secs(5);

/// The wishes as they come.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    notes: Option<Store>,
    more: Arc<Notify>,
}

impl Wishes {
    pub(super) fn noted_in(notes: Option<Store>) -> Self {
        Self { notes, more: Arc::default() }
    }

    /// Called with each stanza as it comes, before the library acts on it. In groups the library's own repetition is trusted;
    /// so it is with the account's own devices, which name a recipient.
    pub(super) fn note(&self, stanza: &NodeRef<'_>) {
        if stanza.tag != "receipt" {
            return;
        }
        let attribute = |name| stanza.get_attr(name).map(|value| value.as_str().into_owned());
        let of_one = attribute("participant").is_none() && attribute("recipient").is_none();
        if attribute("type").as_deref() == Some("retry")
            && of_one
            && let (Some(notes), Some(id), Some(device)) = (&self.notes, attribute("id"), attribute("from"))
        {
            notes.note_repeat_now(id, device);
            self.more.notify_one();
        }
    }
}

/// Runs as long as the connection.
pub(super) async fn run(client: Arc<Client>, store: Store, mut online: watch::Receiver<Option<u64>>, wishes: Wishes) {
    loop {
        if online.wait_for(Option::is_some).await.is_err() {
            return;
        }
        // Once each in a connection.
        let mut repeated = HashSet::new();
        loop {
            let more = repeat_all(&client, &store, &mut repeated).await;
            tokio::select! {
                gone = online.wait_for(Option::is_none) => match gone {
                    Ok(_) => break,
                    Err(_) => return,
                },
                () = wishes.more.notified() => {}
                () = tokio::time::sleep(GRACE), if more => {}
            }
        }
    }
}

/// Whether there are wishes that the library still has time for.
async fn repeat_all(client: &Arc<Client>, store: &Store, repeated: &mut HashSet<(String, String)>) -> bool {
    let (due, more) = match store.repeats(GRACE).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "what customers could not read could not be looked up");
            return true;
        }
    };
    for repeat in due {
        if repeated.insert((repeat.device.clone(), repeat.message.wa_id.clone())) {
            let id = repeat.message.wa_id.clone();
            match again(client, repeat).await {
                Ok(()) => tracing::info!(id, "repeated a message that a customer could not read"),
                Err(why) => tracing::warn!(id, why, "a message that a customer could not read was not repeated"),
            }
        }
    }
    more
}

async fn again(client: &Arc<Client>, repeat: Repeat) -> Result<(), String> {
    let device: Jid = repeat.device.parse().map_err(|_| "its device has no address".to_owned())?;
    let mut asker = identity::person(&device);
    hook::complete(client, &mut asker).await;
    if !asker.is_same_person(&repeat.message.chat) {
        return Err("its device is not the customer's".to_owned());
    }
    let chat = device.to_non_ad();
    let uses_lids = chat.is_lid();
    let wire =
        outbound::message(&repeat.message, &chat, &hook::own(client), uses_lids).map_err(|error| error.to_string())?;
    let request = MessageRetransmission::new(chat, device, wire, repeat.message.wa_id, 1);
    client.retransmit_message(request).await.map_err(|error| error.to_string())
}
