//! One file up: encrypted under the key that was kept for it, brought to WhatsApp, noted. The message that bears it leaves
//! afterwards.

use std::io::{self, BufReader, BufWriter};

use ownline_model::{
    event::Event,
    ids::MessageId,
    message::{Failure, MessageStatus},
    problem::ProblemCode,
};
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;
use whatsapp_rust::wacore::upload::{EncryptedMediaInfo, encrypt_media_streaming_with_key};

use super::{
    Line,
    hosts::{Encrypted, HostError},
    media_type,
};
use crate::{
    files,
    media::{
        folder::Held,
        intake::is_full,
        work::{End, Job},
    },
    store::{
        StoreError,
        change::Change,
        inbound::{MediaKey, MessageRef, RemoteFile, StatusNews},
        media::{ToUpload, Uploaded},
    },
    time::now,
};

const TRIES: u32 = 6;

pub(super) struct Sending {
    pub(super) line: Line,
    pub(super) upload: ToUpload,
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it could not be encrypted: {0}")]
    Encryption(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Job for Sending {
    fn key(&self) -> Uuid {
        self.upload.file.id.0
    }

    fn tries(&self) -> Option<u32> {
        Some(TRIES)
    }

    async fn run(&self) -> End {
        let sent = tokio::select! {
            sent = self.send() => sent,
            () = self.withdrawn() => return End::Done,
        };
        match sent {
            Ok(()) => End::Done,
            Err(SendError::Host(HostError::Refused(413))) => self.failed(ProblemCode::MediaTooLarge, false).await,
            Err(SendError::Host(HostError::Refused(_))) => self.failed(ProblemCode::MediaUnavailable, true).await,
            Err(SendError::Io(error)) if is_full(&error) => self.failed(ProblemCode::DiskFull, true).await,
            // The sealed file is gone or damaged.
            Err(SendError::Io(error))
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) =>
            {
                self.failed(ProblemCode::MediaUnknown, false).await
            }
            Err(error) => End::Later(error.to_string()),
        }
    }

    async fn give_up(&self, _why: String) {
        self.failed(ProblemCode::MediaUnavailable, true).await;
    }
}

impl Sending {
    /// Ends when the message no longer waits for its file: it was taken back, or ran out of time.
    async fn withdrawn(&self) {
        let mut changes = self.line.store.changes();
        // A store that cannot be read says nothing.
        while self.line.store.is_queued(self.upload.message_id).await.unwrap_or(true) {
            loop {
                match changes.recv().await {
                    Ok(Change::Event(event)) if is_status_of(&event, self.upload.message_id) => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        }
    }

    async fn send(&self) -> Result<(), SendError> {
        let mut fresh = [0; 32];
        rand::fill(&mut fresh);
        let key = self.line.store.upload_key(self.upload.file.id, fresh).await?;
        let (held, info) = self.encrypt(key).await?;
        let file = Encrypted {
            path: held.path(),
            length: tokio::fs::metadata(held.path()).await?.len(),
            enc_sha256: info.file_enc_sha256,
        };
        let brought = self.line.bring(&file, media_type(self.upload.media)).await?;
        let uploaded = Uploaded {
            file: RemoteFile {
                media: self.upload.media,
                direct_path: brought.direct_path,
                url: brought.url,
                media_key: MediaKey(info.media_key),
                sha256: Some(info.file_sha256),
                enc_sha256: info.file_enc_sha256,
                size: info.file_length,
                key_timestamp: Some(now().0 / 1000),
            },
            sidecar: info.streaming_sidecar,
        };
        self.line.store.file_is_uploaded(self.upload.file.id, uploaded).await?;
        Ok(())
    }

    /// The same key makes the same bytes, so that an attempt that broke off goes on where it was.
    async fn encrypt(&self, key: [u8; 32]) -> Result<(Held, EncryptedMediaInfo), SendError> {
        let folder = self.line.store.folder().clone();
        let (name, kind) = (self.upload.file.name.clone(), media_type(self.upload.media));
        let encrypting = tokio::task::spawn_blocking(move || {
            let plain = BufReader::with_capacity(64 * 1024, folder.read(&name)?);
            let held = folder.fresh();
            let out = BufWriter::with_capacity(64 * 1024, files::create_private(&held.path())?);
            match encrypt_media_streaming_with_key(plain, out, kind, Some(&key), None) {
                Ok(info) => Ok((held, info)),
                Err(error) => Err(match error.downcast::<io::Error>() {
                    Ok(error) => SendError::Io(error),
                    Err(error) => SendError::Encryption(error.to_string()),
                }),
            }
        });
        encrypting.await.map_err(io::Error::other)?
    }

    async fn failed(&self, code: ProblemCode, retryable: bool) -> End {
        tracing::warn!(message = %self.upload.message_id, code = code.as_str(), "a file could not be handed to WhatsApp");
        let failure = Failure { code: code.as_str().to_owned(), detail: code.title().to_owned(), retryable };
        let news = StatusNews {
            message: MessageRef::Id(self.upload.message_id),
            status: MessageStatus::Failed,
            at: now(),
            failure: Some(failure),
        };
        match self.line.store.advance_statuses(vec![news]).await {
            Ok(_) => End::Done,
            Err(error) => End::Later(error.to_string()),
        }
    }
}

fn is_status_of(event: &Event, id: MessageId) -> bool {
    matches!(event, Event::MessageStatus(message) if message.id == id)
}
