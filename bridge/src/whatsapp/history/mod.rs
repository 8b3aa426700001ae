//! The import of what the phone hands over: one chunk after another, in steps that outlive a crash. It needs no connection.

pub(super) mod again;
mod read;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use whatsapp_rust::{
    Client, Jid,
    wacore::types::events::LazyHistorySync,
    waproto::{buffa::Enumeration as _, whatsapp::history_sync::HistorySyncType},
};

use super::{identity, inbound::Own};
use crate::session_port::SessionError;
use crate::store::{
    Store, StoreError,
    change::Change,
    history::{ChunkKind, HistoryChunk, OlderThan, WaitingChunk},
    inbound::LinkedAccount,
};
use read::Piece;

/// Messages that the phone is asked for at once.
const ASKED_AT_ONCE: i32 = 50;
/// Pieces read ahead of the store.
const AHEAD: usize = 2;

/// A chunk as the store keeps it.
fn chunk(arrived: &LazyHistorySync) -> HistoryChunk {
    HistoryChunk {
        kind: kind(arrived.sync_type()),
        order: arrived.chunk_order(),
        percent: arrived.progress().and_then(|percent| u8::try_from(percent).ok()),
        data: arrived.compressed_bytes().to_vec(),
    }
}

/// Keeps a chunk before anything is made of it.
pub(super) async fn keep(store: &Store, arrived: &LazyHistorySync) {
    if let Err(error) = store.keep_history(chunk(arrived)).await {
        tracing::error!(%error, "a piece of the phone's history could not be kept; the chats can be asked for more");
    }
}

/// Asks the phone for what came before a message. It answers with a chunk, when it is on.
pub(super) async fn ask_for_older(client: &Arc<Client>, older: &OlderThan) -> Result<(), SessionError> {
    let chat = identity::wire_address(&older.chat, client.is_lid_migrated().await).ok_or(SessionError::Unavailable)?;
    let asked = client.fetch_message_history(&chat, &older.wa_id, older.from_me, older.at.0, ASKED_AT_ONCE).await;
    asked.map(drop).map_err(|error| SessionError::Failed(error.to_string()))
}

fn kind(sync_type: i32) -> ChunkKind {
    match HistorySyncType::from_i32(sync_type) {
        Some(HistorySyncType::INITIAL_BOOTSTRAP) => ChunkKind::Initial,
        Some(HistorySyncType::RECENT) => ChunkKind::Recent,
        Some(HistorySyncType::FULL) => ChunkKind::Full,
        Some(HistorySyncType::PUSH_NAME) => ChunkKind::Names,
        Some(HistorySyncType::ON_DEMAND) => ChunkKind::OnDemand,
        _ => ChunkKind::Other,
    }
}

/// Imports until cancelled.
pub(super) async fn run(store: Store, cancel: CancellationToken) {
    let mut changes = store.changes();
    loop {
        match cancel.run_until_cancelled(import_waiting(&store)).await {
            None | Some(Err(StoreError::Closed)) => return,
            Some(Ok(())) => {}
            // A full disk, a number that is not linked any more: the next chunk, or the next start, goes on.
            Some(Err(error)) => tracing::error!(%error, "the import of the phone's history has stopped"),
        }
        loop {
            let change = tokio::select! {
                () = cancel.cancelled() => return,
                change = changes.recv() => change,
            };
            match change {
                Ok(Change::History) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => break,
                Ok(_) => {}
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

async fn import_waiting(store: &Store) -> Result<(), StoreError> {
    while let Some(chunk) = store.waiting_history().await? {
        let Some(account) = store.linked().await? else { return Ok(()) };
        import(store, chunk, own(&account)).await?;
    }
    Ok(())
}

fn own(account: &LinkedAccount) -> Own {
    Own { pn: Some(Jid::pn(account.phone.digits())), lid: account.lid.as_deref().map(Jid::lid) }
}

async fn import(store: &Store, chunk: WaitingChunk, own: Own) -> Result<(), StoreError> {
    let WaitingChunk { id, kind, done, data } = chunk;
    let (pieces, mut read) = mpsc::channel(AHEAD);
    let reading = tokio::task::spawn_blocking(move || read::chunk(&data, done, &own, &pieces));
    let mut failed = 0;
    while let Some(piece) = read.recv().await {
        match piece {
            Piece::Names(names) => store.import_names(names).await?,
            Piece::Chats { done, chats } => {
                store.import_history(id, done, chats).await?;
            }
        }
    }
    match reading.await {
        Ok(Ok(unreadable)) => failed += u64::from(unreadable),
        Ok(Err(error)) => {
            tracing::error!(%error, ?kind, "a piece of history ends in the middle");
            failed += 1;
        }
        Err(error) => {
            tracing::error!(%error, ?kind, "a piece of history cannot be read");
            failed += 1;
        }
    }
    store.finish_history(id, failed).await
}
