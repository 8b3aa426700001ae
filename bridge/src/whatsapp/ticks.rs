//! Gives customers the read receipts that they are owed.

use std::sync::Arc;

use ownline_model::{event::Event, message::Direction};
use tokio::sync::{broadcast::error::RecvError, watch};
use whatsapp_rust::Client;

use super::{commands, groups};
use crate::store::{Store, change::Change};

/// Runs as long as the connection.
pub(super) async fn keep(client: Arc<Client>, store: Store, mut online: watch::Receiver<Option<u64>>) {
    let mut changes = store.changes();
    loop {
        if online.borrow_and_update().is_some() {
            give(&client, &store).await;
        }
        loop {
            tokio::select! {
                moved = online.changed() => match moved {
                    Ok(()) => break,
                    Err(_) => return,
                },
                change = changes.recv() => match change {
                    Ok(change) if !may_owe(&change) => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }
}

/// Something was read, or an answer has left.
fn may_owe(change: &Change) -> bool {
    match change {
        Change::TicksOwed => true,
        Change::Event(event) => {
            matches!(&**event, Event::MessageStatus(message) if message.direction == Direction::Outbound)
        }
        _ => false,
    }
}

async fn give(client: &Client, store: &Store) {
    let due = match store.ticks_due().await {
        Ok(due) => due,
        Err(error) => return tracing::warn!(%error, "what customers are owed could not be read"),
    };
    for due in due {
        // Nobody can be told at an address that is no person's; then nothing is owed either.
        if let Some((to, author)) = commands::receipt_address(client, &due.chat, due.author.as_ref()).await {
            let ids: Vec<&str> = due.wa_ids.iter().map(|id| groups::stanza_id(id)).collect();
            if let Err(error) = client.mark_as_read(&to, author.as_ref(), &ids).await {
                tracing::warn!(%error, "a customer was not told yet that messages are read");
                continue;
            }
        }
        if let Err(error) = store.ticks_given(due).await {
            tracing::warn!(%error, "given ticks could not be noted; they are given once more");
        }
    }
}
