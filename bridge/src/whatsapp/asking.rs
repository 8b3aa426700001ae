//! Asks for messages whose words have not come. The library asks once, when it meets such a message, and forgets it with the
//! program; what it asked for before this connection is asked for anew, and so is what it does not know to be missing.

use std::{collections::HashSet, sync::Arc, time::Duration};

use ownline_model::time::UtcMillis;
use tokio::sync::watch;
use whatsapp_rust::{
    Client, Jid, NodeBuilder, RetryReason, RetryRequestOptions,
    wacore_binary::{JidExt as _, Node},
};

use super::missed::Missed;
use crate::{
    store::{Owed, Stanza, Store},
    time::now,
};

/// Asked for in one connection at most; the rest has its turn in the next.
const AT_MOST: usize = 100;
const BETWEEN: Duration = Duration::from_millis(250);

/// Runs as long as the connection.
pub(super) async fn run(client: Arc<Client>, store: Store, mut online: watch::Receiver<Option<u64>>, missed: Missed) {
    let mut before = now();
    loop {
        if online.wait_for(Option::is_some).await.is_err() {
            return;
        }
        let mut asked = HashSet::new();
        loop {
            ask_for_all(&client, &store, &missed, before, &mut asked).await;
            tokio::select! {
                gone = online.wait_for(Option::is_none) => match gone {
                    Ok(_) => break,
                    Err(_) => return,
                },
                () = missed.more() => {}
            }
        }
        before = now();
    }
}

async fn ask_for_all(
    client: &Arc<Client>,
    store: &Store,
    missed: &Missed,
    before: UtcMillis,
    asked: &mut HashSet<Stanza>,
) {
    let owed = match store.owed().await {
        Ok(owed) => owed,
        Err(error) => return tracing::error!(%error, "messages without their words could not be read"),
    };
    let due = owed.into_iter().filter(|still| still.placed && !still.owed.view_once);
    for still in due {
        let is_due = still.since < before || missed.is_unasked(&still.owed.stanza);
        if !is_due || asked.contains(&still.owed.stanza) || asked.len() >= AT_MOST {
            continue;
        }
        let id = &still.owed.stanza.id;
        tracing::info!(id, "asking for the words of a message again");
        let options = RetryRequestOptions::new().with_reason(RetryReason::UnknownError);
        match client.request_message_retry(&wish(&still.owed).as_node_ref(), options).await {
            Ok(_) => missed.asked(&still.owed.stanza),
            Err(error) => tracing::warn!(%error, id, "a message could not be asked for"),
        }
        asked.insert(still.owed.stanza);
        tokio::time::sleep(BETWEEN).await;
    }
}

/// The message as far as its sender, and the own phone, must know it: whoever is faster fills the place.
fn wish(owed: &Owed) -> Node {
    let stanza = &owed.stanza;
    let node = NodeBuilder::new("message").attr("id", stanza.id.clone()).attr("t", owed.at.0 / 1000);
    if stanza.chat.parse::<Jid>().is_ok_and(|chat| chat.is_group()) {
        return node.attr("from", stanza.chat.clone()).attr("participant", stanza.sender.clone()).build();
    }
    let node = node.attr("from", stanza.sender.clone());
    if owed.from_me {
        return node.attr("recipient", stanza.chat.clone()).build();
    }
    let other = if stanza.sender.ends_with("@lid") { "sender_pn" } else { "sender_lid" };
    match &owed.other {
        Some(address) => node.attr(other, address.clone()).build(),
        None => node.build(),
    }
}
