//! Who is there: the line shows as online only while the agent sits before a screen, and only then the customers of the open
//! chats are asked whether they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ownline_model::ids::ConversationId;
use tokio::{sync::watch, time::Instant};
use whatsapp_rust::{Client, Jid};

use super::commands;
use crate::store::Store;

/// Runs as long as the connection. A device that is never present gets no typing, and its receipts count as from someone who
/// is away; the library makes it present at each login.
pub(super) async fn keep(client: Arc<Client>, store: Store, mut online: watch::Receiver<Option<u64>>) {
    let (mut present, mut watched) = (store.present_until(), store.watched_chats());
    let mut shown = None;
    let mut followed = BTreeMap::new();
    loop {
        let connection = *online.borrow_and_update();
        let until = present.borrow_and_update().filter(|until| *until > Instant::now());
        let chats = watched.borrow_and_update().clone();
        if connection.is_some() {
            let wanted = (connection, until.is_some());
            if shown != Some(wanted) && show(&client, until.is_some()).await {
                shown = Some(wanted);
            }
            if until.is_some() {
                follow(&client, &store, &mut followed, &chats).await;
            }
        }
        let changed = tokio::select! {
            changed = online.changed() => changed,
            changed = present.changed() => changed,
            changed = watched.changed() => changed,
            () = over(until) => Ok(()),
        };
        if changed.is_err() {
            return;
        }
    }
}

async fn over(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

async fn show(client: &Client, present: bool) -> bool {
    let presence = client.presence();
    let shown = if present { presence.set_available().await } else { presence.set_unavailable().await };
    if let Err(error) = &shown {
        tracing::warn!(%error, present, "the line's presence could not be shown");
    }
    shown.is_ok()
}

/// Subscribes to the customers of the chats on the screens, and lets go of the others. The library subscribes again after a
/// lost connection.
async fn follow(
    client: &Client,
    store: &Store,
    followed: &mut BTreeMap<ConversationId, Jid>,
    chats: &BTreeSet<ConversationId>,
) {
    let gone: Vec<ConversationId> = followed.keys().filter(|chat| !chats.contains(chat)).copied().collect();
    for chat in gone {
        if let Some(jid) = followed.remove(&chat)
            && let Err(error) = client.presence().unsubscribe(&jid).await
        {
            tracing::debug!(%error, "a customer's presence is still told");
        }
    }
    for chat in chats {
        if followed.contains_key(chat) {
            continue;
        }
        let Ok(Some(customer)) = store.own_chat(*chat).await else { continue };
        if customer.is_group() {
            continue;
        }
        let Some(jid) = commands::wire_address(client, &customer).await else { continue };
        match client.presence().subscribe(jid.clone()).await {
            Ok(()) => drop(followed.insert(*chat, jid)),
            Err(error) => tracing::debug!(%error, "a customer's presence is not told"),
        }
    }
}
