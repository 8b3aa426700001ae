//! The files on disk, and what is known of each.

use std::collections::HashMap;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Mutex;

use crate::crypto;
use crate::network::Network;
use crate::network::account::lock;
use crate::network::media::{MediaKind, Path, Token};
use crate::store::{MediaRow, Op, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("there is no such file")]
    Unknown,
    #[error("the path of this file has expired")]
    Expired(u16),
    #[error("the bytes do not have the hash that names them")]
    WrongHash,
    #[error("a file has at least one byte")]
    Empty,
    #[error("that much of the file is not here yet")]
    BadOffset,
    #[error("a file of this kind has at most {0} bytes")]
    TooLarge(u64),
    #[error("the transfer broke off: {0}")]
    Broken(String),
    #[error("{0}")]
    Disk(#[from] io::Error),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Blob {
    pub kind: MediaKind,
    /// Bytes of ciphertext.
    pub size: u64,
    /// Number of the account that uploaded it.
    pub uploader: u64,
    /// Counts the paths given for it: the newest.
    pub generation: u32,
    /// Paths before this one are answered with `gone`.
    pub alive_from: u32,
    pub gone: u16,
}

impl Blob {
    fn is_alive(&self) -> bool {
        self.alive_from <= self.generation
    }
}

/// A file in place, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub url: String,
    pub direct_path: String,
}

/// The shelf of one network.
#[derive(Debug)]
pub struct Media {
    folder: PathBuf,
    blobs: Mutex<HashMap<Token, Blob>>,
}

impl Media {
    /// Opens the folder and forgets what was not finished in a way that can be gone on with.
    pub fn open(folder: PathBuf, rows: Vec<MediaRow>) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                std::fs::remove_file(path)?;
            }
        }
        let known = rows.into_iter().filter_map(|row| Some((Token(row.token), row.blob?)));
        Ok(Self { folder, blobs: Mutex::new(known.collect()) })
    }

    /// The finished file.
    pub(super) fn file(&self, token: Token) -> PathBuf {
        self.folder.join(token.to_string())
    }

    /// What came of an upload that broke off.
    pub(super) fn part(&self, token: Token) -> PathBuf {
        self.folder.join(format!("{token}.part"))
    }

    /// A name that nobody else writes to.
    pub(super) fn fresh(&self, token: Token) -> PathBuf {
        self.folder.join(format!("{token}.{}.new", hex::encode(crypto::random::<6>())))
    }

    pub fn blob(&self, token: Token) -> Option<Blob> {
        lock(&self.blobs).get(&token).cloned()
    }

    /// The file behind a path, unless that path has expired.
    pub fn find(&self, path: Path) -> Result<(PathBuf, Blob), MediaError> {
        let blob = self.blob(path.token).ok_or(MediaError::Unknown)?;
        if path.generation > blob.generation {
            return Err(MediaError::Unknown);
        }
        if path.generation < blob.alive_from {
            return Err(MediaError::Expired(blob.gone));
        }
        Ok((self.file(path.token), blob))
    }

    fn row(token: Token, blob: Option<&Blob>) -> Op {
        Op::Media(MediaRow { token: token.0, blob: blob.cloned() })
    }
}

impl Network {
    fn stored(&self, token: Token, blob: &Blob) -> Stored {
        let direct_path = Path { token, generation: blob.generation }.direct_path(blob.kind);
        let host = self.media_host.get().map_or("127.0.0.1", String::as_str);
        Stored { url: format!("https://{host}{direct_path}&mms3=true"), direct_path }
    }

    /// How to reach a file, when it is there and its newest path still works.
    pub(super) fn stored_alive(&self, token: Token) -> Option<Stored> {
        let blob = self.media.blob(token).filter(Blob::is_alive)?;
        Some(self.stored(token, &blob))
    }

    /// Takes in a finished file: it has the hash `token`, and lies at `from` in the media folder.
    pub(super) async fn shelve(
        &self,
        from: &FilePath,
        token: Token,
        kind: MediaKind,
        size: u64,
        uploader: u64,
    ) -> Result<Stored, MediaError> {
        tokio::fs::rename(from, self.media.file(token)).await?;
        let blob = {
            let mut blobs = lock(&self.media.blobs);
            let blob =
                blobs.entry(token).or_insert(Blob { kind, size, uploader, generation: 1, alive_from: 1, gone: 410 });
            if !blob.is_alive() {
                blob.generation += 1;
            }
            blob.clone()
        };
        self.store.write(vec![Media::row(token, Some(&blob))]).await?;
        Ok(self.stored(token, &blob))
    }

    /// Takes in encrypted bytes of somebody who lives in this process.
    pub async fn put_media(&self, kind: MediaKind, uploader: u64, bytes: &[u8]) -> Result<Stored, MediaError> {
        let token = Token(crypto::sha256(bytes));
        if bytes.is_empty() {
            return Err(MediaError::Empty);
        }
        if bytes.len() as u64 > kind.most() {
            return Err(MediaError::TooLarge(kind.most()));
        }
        let fresh = self.media.fresh(token);
        tokio::fs::write(&fresh, bytes).await?;
        self.shelve(&fresh, token, kind, bytes.len() as u64, uploader).await
    }

    /// As [`Network::put_media`], for a file that was written where [`Network::media_scratch`] said.
    pub async fn put_media_file(
        &self,
        kind: MediaKind,
        uploader: u64,
        from: &FilePath,
        token: Token,
    ) -> Result<Stored, MediaError> {
        let size = tokio::fs::metadata(from).await?.len();
        if size > kind.most() {
            tokio::fs::remove_file(from).await?;
            return Err(MediaError::TooLarge(kind.most()));
        }
        self.shelve(from, token, kind, size, uploader).await
    }

    /// Where a file can be written before it is taken in. It is gone after the next start.
    pub fn media_scratch(&self) -> PathBuf {
        self.media.fresh(Token(crypto::random()))
    }

    /// Gives a file that somebody still has a new path.
    pub async fn renew_media(&self, token: Token) -> Result<Stored, MediaError> {
        let blob = {
            let mut blobs = lock(&self.media.blobs);
            let blob = blobs.get_mut(&token).ok_or(MediaError::Unknown)?;
            blob.generation += 1;
            blob.clone()
        };
        self.store.write(vec![Media::row(token, Some(&blob))]).await?;
        Ok(self.stored(token, &blob))
    }

    /// Makes all paths given so far expire; those of one uploader when one is named. With `lost` the files themselves are
    /// removed, so that nobody can renew them. Answers how many files that concerned.
    pub async fn expire_media(&self, uploader: Option<u64>, code: u16, lost: bool) -> Result<usize, MediaError> {
        let mut removed = Vec::new();
        let ops: Vec<Op> = {
            let mut blobs = lock(&self.media.blobs);
            let concerned: Vec<Token> = blobs
                .iter()
                .filter(|(_, blob)| uploader.is_none_or(|number| number == blob.uploader))
                .map(|(token, _)| *token)
                .collect();
            concerned
                .into_iter()
                .filter_map(|token| {
                    if lost {
                        blobs.remove(&token);
                        removed.push(token);
                        return Some(Media::row(token, None));
                    }
                    let blob = blobs.get_mut(&token)?;
                    (blob.alive_from, blob.gone) = (blob.generation + 1, code);
                    Some(Media::row(token, Some(blob)))
                })
                .collect()
        };
        let count = ops.len();
        self.store.write(ops).await?;
        for token in removed {
            tokio::fs::remove_file(self.media.file(token)).await?;
        }
        Ok(count)
    }
}
