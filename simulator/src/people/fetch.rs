//! A file that somebody got: fetched from the media hosts, decrypted, and compared with what the message said.

use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wacore::download::DownloadUtils;
use waproto::buffa::Message as _;
use waproto::whatsapp::Message;

use super::content::{self, FileRef};
use super::person::Person;
use super::{attach, transcript};
use crate::network::Network;
use crate::network::media::{MediaError, Path};
use crate::store::Op;
use crate::world::{Fetched, MediaSort, WorldError};

/// Fetches a file in the background and writes down what came of it.
pub(super) fn begin(network: &Arc<Network>, owner: u64, id: String, author: u64, file: FileRef) {
    let network = Arc::clone(network);
    let tasks = network.tasks.clone();
    tasks.spawn(async move {
        let fetched = match plain(&network, file, io::sink()).await {
            Ok(_) => Fetched::Verified,
            Err(why) => Fetched::Failed { why },
        };
        let data = serde_json::to_vec(&fetched).unwrap_or_default();
        let written = network.store.write(vec![Op::Fetched { owner, id: id.clone(), author, data }]).await;
        if let Err(error) = written {
            tracing::warn!(%error, id, "what came of a file was not written down");
        }
        transcript::tell(&network, owner, &id).await;
    });
}

/// Where the encrypted bytes of a file lie.
fn locate(network: &Network, file: &FileRef) -> Result<PathBuf, MediaError> {
    let path = Path::of_direct_path(&file.direct_path).ok_or(MediaError::Unknown)?;
    if path.token != file.token {
        return Err(MediaError::WrongHash);
    }
    network.media.find(path).map(|(file, _)| file)
}

/// Decrypts a file into `into`, and checks it: nothing that was written may be used when this fails.
pub(super) async fn plain<W: Write + Send + 'static>(network: &Network, file: FileRef, into: W) -> Result<W, String> {
    // A few at a time: a burst of large files must not take all memory and threads.
    let _turn = network.fetching.acquire().await.map_err(|error| error.to_string())?;
    let path = locate(network, &file).map_err(|error| error.to_string())?;
    let work = move || {
        let encrypted = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
        let mut counted = Counted { into, hash: Sha256::new(), length: 0 };
        let (_, keys) = attach::kinds(file.sort);
        DownloadUtils::decrypt_stream_to_writer(encrypted, &file.key, keys, &mut counted)
            .map_err(|error| error.to_string())?;
        if <[u8; 32]>::from(counted.hash.finalize()) != file.sha256 {
            return Err("the decrypted bytes have another hash than the message says".to_owned());
        }
        if counted.length != file.size {
            return Err(format!("the message says {} bytes, the file has {}", file.size, counted.length));
        }
        Ok(counted.into)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

/// The decrypted file of a message.
#[derive(Debug)]
pub struct OpenedFile {
    /// At its beginning.
    pub file: File,
    pub size: u64,
    pub mime: String,
    pub sort: MediaSort,
}

impl Person {
    /// Decrypts the file of a message into a scratch file, which is gone when it is closed (or at the next start).
    pub async fn open_file(&self, id: &str) -> Result<OpenedFile, WorldError> {
        let row = transcript::find(&self.network.store, self.number(), id).await?;
        let row = row.ok_or_else(|| WorldError::NoSuchMessage(id.to_owned()))?;
        let message = Message::decode_from_slice(&row.body).unwrap_or_default();
        let reference = content::file_of(&message);
        let reference = reference.ok_or_else(|| WorldError::MediaGone("the message has none".to_owned()))?;
        let scratch = self.network.media_scratch();
        let broken = |error: io::Error| WorldError::Storage(error.to_string());
        let file = File::options().read(true).write(true).create_new(true).open(&scratch).map_err(broken)?;
        let opened = plain(&self.network, reference.clone(), file).await;
        // Where an open file cannot be removed, the next start does it.
        let _ = std::fs::remove_file(&scratch);
        let mut file = opened.map_err(WorldError::MediaGone)?;
        file.seek(SeekFrom::Start(0)).map_err(broken)?;
        Ok(OpenedFile { file, size: reference.size, mime: reference.mime, sort: reference.sort })
    }
}

struct Counted<W> {
    into: W,
    hash: Sha256,
    length: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}
