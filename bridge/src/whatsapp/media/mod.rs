//! Files between WhatsApp's media hosts and this machine. They travel encrypted; the library encrypts and decrypts, while the
//! way there and back is ours, because only so it goes on where it broke off.

mod fetch;
mod hosts;
mod send;

use std::sync::Arc;

use tokio::sync::watch;
use whatsapp_rust::{Client, download::MediaType};

use super::http::Http;
use crate::{
    media::work::work_off,
    store::{Store, change::Change, inbound::RemoteMedia, media::Source},
};

/// What each piece of work needs.
#[derive(Clone)]
struct Line {
    store: Store,
    client: Arc<Client>,
    http: Arc<Http>,
}

/// Fetches and hands over files whenever the line is online. Runs until dropped.
pub(super) async fn run(store: Store, client: Arc<Client>, http: Arc<Http>, mut online: watch::Receiver<Option<u64>>) {
    let line = Line { store, client, http };
    loop {
        if online.wait_for(Option::is_some).await.is_err() {
            return;
        }
        tokio::select! {
            () = fetches(&line) => return,
            () = sends(&line) => return,
            gone = online.wait_for(Option::is_none) => if gone.is_err() { return },
        }
    }
}

async fn fetches(line: &Line) {
    let changes = line.store.changes();
    let look = || {
        let line = line.clone();
        async move {
            let fetches = line.store.fetches(Source::WhatsApp).await?;
            Ok(fetches.into_iter().map(|fetch| fetch::Fetching { line: line.clone(), fetch }).collect())
        }
    };
    work_off(look, changes, |change| matches!(change, Change::Files)).await;
}

async fn sends(line: &Line) {
    let changes = line.store.changes();
    let look = || {
        let line = line.clone();
        async move {
            let uploads = line.store.uploads().await?;
            Ok(uploads.into_iter().map(|upload| send::Sending { line: line.clone(), upload }).collect())
        }
    };
    work_off(look, changes, |change| matches!(change, Change::Files | Change::ToSend)).await;
}

const fn media_type(media: RemoteMedia) -> MediaType {
    match media {
        RemoteMedia::Image => MediaType::Image,
        RemoteMedia::Video => MediaType::Video,
        RemoteMedia::Audio => MediaType::Audio,
        RemoteMedia::Document => MediaType::Document,
        RemoteMedia::Sticker => MediaType::Sticker,
    }
}
