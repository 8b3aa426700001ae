//! An upload on its way to the disk. What came before it broke off is kept, so that the client can go on from there.

use std::io::SeekFrom;
use std::path::PathBuf;

use axum::body::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::{Media, MediaError, Token};

const CHUNK: usize = 64 * 1024;

pub(super) struct Incoming {
    file: File,
    /// Written to under a name of its own, so that two attempts at one file never meet.
    pub(super) path: PathBuf,
    part: PathBuf,
    hash: Sha256,
    pub(super) length: u64,
    most: u64,
}

impl Incoming {
    /// Begins at `offset`, with what an earlier attempt left.
    pub(super) async fn begin(media: &Media, token: Token, offset: u64, most: u64) -> Result<Self, MediaError> {
        let (path, part) = (media.fresh(token), media.part(token));
        let mut hash = Sha256::new();
        if offset == 0 {
            let file = File::create(&path).await?;
            return Ok(Self { file, path, part, hash, length: 0, most });
        }
        // Taken by renaming: whoever comes second finds nothing to go on with.
        tokio::fs::rename(&part, &path).await.map_err(|_| MediaError::BadOffset)?;
        let mut file = File::options().read(true).write(true).open(&path).await?;
        if file.metadata().await?.len() < offset {
            tokio::fs::rename(&path, &part).await?;
            return Err(MediaError::BadOffset);
        }
        file.set_len(offset).await?;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = file.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
        }
        file.seek(SeekFrom::End(0)).await?;
        Ok(Self { file, path, part, hash, length: offset, most })
    }

    pub(super) async fn write(&mut self, chunk: &Bytes) -> Result<(), MediaError> {
        self.length += chunk.len() as u64;
        if self.length > self.most {
            return Err(MediaError::TooLarge(self.most));
        }
        self.hash.update(chunk);
        self.file.write_all(chunk).await?;
        Ok(())
    }

    /// The file is whole: checks that it is the one it claims to be.
    pub(super) async fn finish(mut self, token: Token) -> Result<(PathBuf, u64), MediaError> {
        self.file.flush().await?;
        drop(self.file);
        let wrong = match self.length {
            0 => Some(MediaError::Empty),
            _ if <[u8; 32]>::from(self.hash.finalize()) != token.0 => Some(MediaError::WrongHash),
            _ => None,
        };
        if let Some(wrong) = wrong {
            tokio::fs::remove_file(&self.path).await?;
            return Err(wrong);
        }
        // What an earlier attempt left is of no more use.
        let _ = tokio::fs::remove_file(&self.part).await;
        Ok((self.path, self.length))
    }

    /// The client went away: keeps what came.
    pub(super) async fn keep(mut self) -> Result<(), MediaError> {
        self.file.flush().await?;
        tokio::fs::rename(&self.path, &self.part).await?;
        Ok(())
    }

    /// It can never become what it claims to be.
    pub(super) async fn discard(self) {
        drop(self.file);
        let _ = tokio::fs::remove_file(&self.path).await;
    }
}
