//! One file down: what is missing of it, then verified, decrypted into a sealed file, looked at, and only then here.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _, Write},
};

use ownline_model::{
    details::{Attachment, FileState},
    limits::DOCUMENT_MAX_BYTES,
    problem::ProblemCode,
};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;
use whatsapp_rust::{MediaRetryResult, MediaReuploadError, MediaReuploadRequest, download::DownloadUtils};

use super::{
    super::{commands, groups},
    Line,
    hosts::HostError,
    media_type,
};
use crate::{
    media::{
        describe,
        folder::{Held, MediaFolder},
        intake::is_full,
        work::{End, Job},
    },
    store::{StoreError, inbound::RemoteFile, media::Fetch},
};

const TRIES: u32 = 6;

pub(super) struct Fetching {
    pub(super) line: Line,
    pub(super) fetch: Fetch,
}

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Host(#[from] HostError),
    #[error("what came is not what was sent")]
    Corrupt,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Job for Fetching {
    fn key(&self) -> Uuid {
        self.fetch.message_id.0
    }

    fn tries(&self) -> Option<u32> {
        Some(TRIES)
    }

    async fn run(&self) -> End {
        let Some(remote) = self.fetch.remote.clone() else { return End::Done };
        if remote.size > DOCUMENT_MAX_BYTES {
            return self.failed(ProblemCode::MediaTooLarge.as_str()).await;
        }
        let mut asked_phone = false;
        let mut corrupt = 0;
        let mut remote = remote;
        loop {
            match self.fetch(&remote).await {
                Ok(()) => return End::Done,
                Err(FetchError::Corrupt) if corrupt == 0 => corrupt += 1,
                Err(FetchError::Corrupt) => return self.failed("media_corrupt").await,
                Err(FetchError::Host(HostError::NotThere)) if !asked_phone => {
                    asked_phone = true;
                    match self.ask_phone(&remote).await {
                        Ok(direct_path) => remote.direct_path = direct_path,
                        Err(end) => return end,
                    }
                }
                Err(FetchError::Host(HostError::NotThere)) => return self.ended(FileState::Gone).await,
                Err(FetchError::Host(HostError::Refused(_))) => {
                    return self.failed(ProblemCode::MediaUnavailable.as_str()).await;
                }
                Err(FetchError::Host(HostError::Trouble(why))) => return End::Later(why),
                Err(FetchError::Io(error)) if is_full(&error) => {
                    return self.failed(ProblemCode::DiskFull.as_str()).await;
                }
                Err(error) => return End::Later(error.to_string()),
            }
        }
    }

    async fn give_up(&self, _why: String) {
        self.failed(ProblemCode::MediaUnavailable.as_str()).await;
    }
}

impl Fetching {
    async fn failed(&self, code: &str) -> End {
        self.ended(FileState::Failed { code: code.to_owned() }).await
    }

    async fn ended(&self, state: FileState) -> End {
        tracing::warn!(message = %self.fetch.message_id, ?state, "a file could not be fetched");
        match self.line.store.file_is_not_here(self.fetch.message_id, state).await {
            Ok(()) => End::Done,
            Err(error) => End::Later(error.to_string()),
        }
    }

    async fn fetch(&self, remote: &RemoteFile) -> Result<(), FetchError> {
        let folder = self.line.store.folder().clone();
        let (held, part) = self.part(&folder).await?;
        self.bring(remote, part).await?;
        let (path, size) = (held.path(), remote.size);
        let (fetch, remote) = (self.fetch.clone(), remote.clone());
        let opening = tokio::task::spawn_blocking(move || {
            let part = File::options().read(true).append(true).open(path)?;
            open(&folder, part, &remote, &fetch)
        });
        let (opened, attachment) = opening.await.map_err(io::Error::other)??;
        tracing::debug!(message = %self.fetch.message_id, size, "a file is here");
        let name = opened.name.clone();
        if self.line.store.file_is_here(self.fetch.message_id, attachment, name).await? {
            opened.keep();
        }
        self.line.store.folder().remove(&held.name);
        Ok(())
    }

    /// The file that holds what has come so far: the one of an earlier run, or a new one that later runs find.
    async fn part(&self, folder: &MediaFolder) -> Result<(Held, tokio::fs::File), FetchError> {
        let name = if let Some(name) = &self.fetch.part {
            name.clone()
        } else {
            let name = folder.fresh().name.clone();
            self.line.store.set_fetch_part(self.fetch.message_id, name.clone()).await?;
            name
        };
        let (held, file) = folder.append(&name)?;
        Ok((held, tokio::fs::File::from_std(file)))
    }

    /// Writes what is missing.
    async fn bring(&self, remote: &RemoteFile, mut part: tokio::fs::File) -> Result<(), FetchError> {
        let most = encrypted_length(remote.size).unwrap_or(DOCUMENT_MAX_BYTES);
        let mut have = part.metadata().await?.len();
        if Some(have) == encrypted_length(remote.size) {
            return Ok(());
        }
        let mut response = self.line.open(remote, have).await?;
        match response.status().as_u16() {
            206 => {}
            // All of it is here, or more than there is.
            416 => return Ok(()),
            _ => {
                part.set_len(0).await?;
                have = 0;
            }
        }
        while let Some(chunk) = response.chunk().await.map_err(HostError::from)? {
            have += chunk.len() as u64;
            if have > most {
                part.set_len(0).await?;
                return Err(FetchError::Corrupt);
            }
            part.write_all(&chunk).await?;
        }
        part.flush().await?;
        part.sync_data().await?;
        Ok(())
    }

    /// The file has expired at WhatsApp: the phone may still have it, and puts it there again.
    async fn ask_phone(&self, remote: &RemoteFile) -> Result<String, End> {
        let client = &self.line.client;
        let address = commands::receipt_address(client, &self.fetch.chat, self.fetch.author.as_ref()).await;
        let Some((chat, author)) = address else { return Err(self.ended(FileState::Gone).await) };
        let request = MediaReuploadRequest {
            msg_id: groups::stanza_id(&self.fetch.wa_id),
            chat_jid: &chat,
            media_key: &remote.media_key.0,
            is_from_me: self.fetch.from_me,
            participant: author.as_ref(),
        };
        match client.media_reupload().request(&request).await {
            Ok(MediaRetryResult::Success { direct_path }) => {
                let stored = self.line.store.set_remote_path(self.fetch.message_id, direct_path.clone()).await;
                stored.map_err(|error| End::Later(error.to_string()))?;
                Ok(direct_path)
            }
            Ok(MediaRetryResult::NotFound | MediaRetryResult::DecryptionError) => {
                Err(self.ended(FileState::Gone).await)
            }
            Ok(MediaRetryResult::GeneralError) | Err(MediaReuploadError::Timeout) => {
                Err(self.failed(ProblemCode::PhoneOffline.as_str()).await)
            }
            Err(error) => Err(End::Later(error.to_string())),
        }
    }
}

/// Bytes of a file as WhatsApp has it: padded to blocks, and a code that proves it.
fn encrypted_length(size: u64) -> Option<u64> {
    (size > 0).then(|| (size / 16 + 1) * 16 + 10)
}

/// Verifies and decrypts what came. Nothing of it is kept unless all of it is right.
fn open(
    folder: &MediaFolder,
    mut part: File,
    remote: &RemoteFile,
    fetch: &Fetch,
) -> Result<(Held, Attachment), FetchError> {
    let begin_anew = |part: &File| part.set_len(0).map(|()| FetchError::Corrupt);
    part.rewind()?;
    if hash_of(&mut part)? != remote.enc_sha256 {
        return Err(begin_anew(&part)?);
    }
    part.rewind()?;
    let mut plain = Hashed { out: folder.create()?, hash: Sha256::new(), failed: None };
    let reader = BufReader::with_capacity(64 * 1024, &mut part);
    let decrypted =
        DownloadUtils::decrypt_stream_to_writer(reader, &remote.media_key.0, media_type(remote.media), &mut plain);
    if let Some(error) = plain.failed.take() {
        return Err(error.into());
    }
    let hash: [u8; 32] = plain.hash.finalize().into();
    if decrypted.is_err() || remote.sha256.is_some_and(|told| told != hash) {
        return Err(begin_anew(&part)?);
    }
    let (held, _) = plain.out.finish()?;
    let known = Attachment { sha256: Some(hex::encode(hash)), ..fetch.attachment.clone() };
    let attachment = describe::as_stranger(known, fetch.kind, folder.read(&held.name)?)?;
    Ok((held, attachment))
}

fn hash_of(file: &mut File) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&buffer[..read]);
    }
}

/// A writer that remembers what the disk said, which the library does not pass on as such.
struct Hashed<W> {
    out: W,
    hash: Sha256,
    failed: Option<io::Error>,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.write(bytes) {
            Ok(written) => {
                self.hash.update(&bytes[..written]);
                Ok(written)
            }
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_files_have_a_known_length() {
        assert_eq!(encrypted_length(0), None);
        assert_eq!(encrypted_length(1), Some(26));
        assert_eq!(encrypted_length(15), Some(26));
        assert_eq!(encrypted_length(16), Some(42));
    }
}
