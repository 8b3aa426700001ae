//! Profile pictures, one after another: where is it, what is it, and then it is here. How fast is the store's to say.

mod download;

use std::{
    io::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use ownline_model::ids::ContactId;
use tokio::sync::watch;
use whatsapp_rust::Client;

use super::{commands, http::Http};
use crate::{
    media::folder::{Held, MediaFolder},
    store::{
        Store, StoreError,
        pictures::{Asked, Turn},
    },
};
use download::DownloadError;

const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// WhatsApp's own names for pictures are numbers.
const ID_MAX_CHARS: usize = 64;

struct Line {
    store: Store,
    client: Arc<Client>,
    http: Arc<Http>,
}

/// Asks for the pictures that somebody wants to see, whenever the line is online. Runs until dropped.
pub(super) async fn run(store: Store, client: Arc<Client>, http: Arc<Http>, mut online: watch::Receiver<Option<u64>>) {
    let line = Line { store, client, http };
    loop {
        if online.wait_for(Option::is_some).await.is_err() {
            return;
        }
        tokio::select! {
            () = line.ask_on() => return,
            gone = online.wait_for(Option::is_none) => if gone.is_err() { return },
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PictureError {
    #[error("WhatsApp did not say where it is: {0}")]
    Asking(String),
    #[error(transparent)]
    Download(#[from] DownloadError),
    #[error("it could not be kept: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Line {
    async fn ask_on(&self) {
        loop {
            let turn = self.store.wanted_pictures().next().await;
            let Some(contact) = turn.contact() else { continue };
            match self.ask(contact).await {
                Ok(()) => turn.done(),
                Err(PictureError::Store(StoreError::Closed)) => return,
                Err(error) => self.failed(turn, contact, &error).await,
            }
        }
    }

    async fn failed(&self, mut turn: Turn, contact: ContactId, error: &PictureError) {
        tracing::debug!(%contact, %error, "a picture did not come");
        let asked = match error {
            PictureError::Download(DownloadError::Unusable(_)) => Asked::Unusable,
            _ if turn.again() => return,
            _ => Asked::Trouble,
        };
        turn.done();
        if let Err(error) = self.store.picture_asked(contact, asked).await {
            tracing::warn!(%error, "it could not be noted that a picture did not come");
        }
    }

    async fn ask(&self, contact: ContactId) -> Result<(), PictureError> {
        let Some(subject) = self.store.picture_subject(contact).await? else { return Ok(()) };
        let Some(jid) = commands::wire_address(&self.client, &subject.who).await else {
            return Ok(self.store.picture_asked(contact, Asked::Nothing).await?);
        };
        let found = self.client.contacts().get_profile_picture_with_timeout(&jid, true, Some(ANSWER_WITHIN)).await;
        let Some(found) = found.map_err(|error| PictureError::Asking(error.to_string()))? else {
            return Ok(self.store.picture_asked(contact, Asked::Nothing).await?);
        };
        let id: String = found.id.chars().filter(|c| !c.is_control()).take(ID_MAX_CHARS).collect();
        if subject.known.as_ref() == Some(&id) {
            return Ok(self.store.picture_asked(contact, Asked::Same).await?);
        }
        let bytes = download::picture(&self.http, &found.url).await?;
        let folder = self.store.folder().clone();
        let sealing = tokio::task::spawn_blocking(move || seal(&folder, &bytes));
        let held = sealing.await.map_err(io::Error::other)??;
        if self.store.picture_came(contact, id, held.name.clone()).await? {
            held.keep();
        }
        Ok(())
    }
}

fn seal(folder: &MediaFolder, bytes: &[u8]) -> io::Result<Held> {
    let mut file = folder.create()?;
    file.write_all(bytes)?;
    Ok(file.finish()?.0)
}
