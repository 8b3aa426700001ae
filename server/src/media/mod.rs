//! Files of messages on the server's disk: `media/` in the data folder, private to this user, random names. Whatever comes
//! or goes is streamed; nothing is ever whole in memory. A file counts once a row names it.

mod sniff;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use ownline_model::problem::ProblemCode;
use sha2::{Digest as _, Sha256};
use tokio::{fs::File, io::AsyncWriteExt as _, sync::Semaphore};

pub(crate) use sniff::{Sniffed, is_shown, sniff};

const FOLDER: &str = "media";
/// Uploads under way; more wait their turn.
const AT_ONCE: usize = 16;
/// A sender that is silent for so long has gone.
const SILENCE: Duration = Duration::from_secs(30);
/// Enough of a file to tell what it is.
const HEAD: usize = 4 * 1024;
/// A file that no row names is somebody's unfinished work for so long.
const UNFINISHED: Duration = Duration::from_hours(1);

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReceived {
    #[error("too large")]
    TooLarge,
    #[error("empty")]
    Empty,
    #[error("the sender stopped: {0}")]
    Broken(String),
    #[error("the disk: {0}")]
    Disk(#[from] io::Error),
}

impl From<NotReceived> for ownline_web::ApiError {
    fn from(cause: NotReceived) -> Self {
        match cause {
            NotReceived::TooLarge => ProblemCode::MediaTooLarge.into(),
            NotReceived::Empty => Self::from(ProblemCode::MediaUnreadable).with_detail("The file is empty."),
            NotReceived::Broken(cause) => Self::from(ProblemCode::Unavailable).with_detail(cause),
            NotReceived::Disk(error) => {
                tracing::error!(%error, "a file could not be written");
                ProblemCode::Unavailable.into()
            }
        }
    }
}

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    folder: Arc<Path>,
    permits: Arc<Semaphore>,
}

/// A file that has come whole and is durable. It is removed again unless it is [kept](Self::keep).
#[derive(Debug)]
pub(crate) struct Received {
    path: PathBuf,
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    /// How it begins.
    pub(crate) head: Vec<u8>,
    kept: bool,
}

impl Received {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A row names it now.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Files {
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        crate::app::make_private_folder(&folder)?;
        Ok(Self { folder: folder.into(), permits: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Writes what comes to a new file. `limit` is asked again once the beginning is known.
    pub(crate) async fn receive<E: std::fmt::Display>(
        &self,
        body: impl Stream<Item = Result<Bytes, E>>,
        limit: impl Fn(&[u8]) -> u64,
    ) -> Result<Received, NotReceived> {
        let _permit = self.permits.acquire().await.map_err(|closed| NotReceived::Broken(closed.to_string()))?;
        let name = hex::encode(rand::random::<[u8; 16]>());
        let path = self.folder.join(&name);
        let mut file = create(&path).await?;
        let mut received =
            Received { path, name, size: 0, sha256: String::new(), head: Vec::with_capacity(HEAD), kept: false };
        let mut hash = Sha256::new();
        let mut body = std::pin::pin!(body);
        loop {
            let next = tokio::time::timeout(SILENCE, body.next());
            let chunk = match next.await {
                Err(_) => return Err(NotReceived::Broken("Nothing came for too long.".to_owned())),
                Ok(None) => break,
                Ok(Some(Err(cause))) => return Err(NotReceived::Broken(cause.to_string())),
                Ok(Some(Ok(chunk))) => chunk,
            };
            received.size += chunk.len() as u64;
            let wanted = HEAD.saturating_sub(received.head.len()).min(chunk.len());
            received.head.extend_from_slice(&chunk[..wanted]);
            if received.size > limit(&received.head) {
                return Err(NotReceived::TooLarge);
            }
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        if received.size == 0 {
            return Err(NotReceived::Empty);
        }
        file.flush().await?;
        file.sync_all().await?;
        #[cfg(unix)]
        File::open(&self.folder).await?.sync_all().await?;
        received.sha256 = hex::encode(hash.finalize());
        Ok(received)
    }

    pub(crate) async fn read(&self, name: &str) -> io::Result<(File, u64)> {
        let file = File::open(self.folder.join(name)).await?;
        let size = file.metadata().await?.len();
        Ok((file, size))
    }

    /// Removing what is not there is fine.
    pub(crate) async fn remove(&self, name: &str) -> io::Result<()> {
        match tokio::fs::remove_file(self.folder.join(name)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Files that nobody can still be at work on.
    pub(crate) async fn settled(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let mut entries = tokio::fs::read_dir(&self.folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let changed = entry.metadata().await.and_then(|data| data.modified());
            let age = changed.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            if age.is_some_and(|age| age > UNFINISHED)
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }
}

async fn create(path: &Path) -> io::Result<File> {
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await
}

/// Width and height, from the file's own header.
pub(crate) async fn dimensions(path: &Path) -> Option<(u32, u32)> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || imagesize::size(path)).await.ok()?.ok()?;
    Some((u32::try_from(read.width).ok()?, u32::try_from(read.height).ok()?))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn pieces(pieces: &[&'static str]) -> impl Stream<Item = Result<Bytes, io::Error>> {
        stream::iter(pieces.iter().map(|it| Ok(Bytes::from_static(it.as_bytes()))).collect::<Vec<_>>())
    }

    fn count(files: &Files) -> usize {
        std::fs::read_dir(&files.folder).expect("folder").count()
    }

    #[tokio::test]
    async fn a_file_is_kept_only_where_somebody_says_so() {
        let files = Files::open(&crate::desk::testing::folder()).expect("opens");
        let received = files.receive(pieces(&["hel", "lo"]), |_| 5).await.expect("received");
        assert_eq!((received.size, received.head.as_slice()), (5, b"hello".as_slice()));
        assert_eq!(received.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        drop(received);
        assert_eq!(count(&files), 0);
        let received = files.receive(pieces(&["hello"]), |_| 5).await.expect("received");
        let name = received.name.clone();
        received.keep();
        assert_eq!(files.read(&name).await.expect("there").1, 5);
        files.remove(&name).await.expect("removed");
        files.remove(&name).await.expect("twice is fine");
        assert_eq!(count(&files), 0);
    }

    #[tokio::test]
    async fn what_is_too_much_broken_or_nothing_leaves_nothing() {
        let files = Files::open(&crate::desk::testing::folder()).expect("opens");
        let much = files.receive(pieces(&["hello", "!"]), |_| 5).await;
        assert!(matches!(much, Err(NotReceived::TooLarge)));
        assert!(matches!(files.receive(pieces(&[]), |_| 5).await, Err(NotReceived::Empty)));
        let torn = stream::iter([Ok(Bytes::from_static(b"he")), Err(io::Error::other("gone"))]);
        assert!(matches!(files.receive(torn, |_| 5).await, Err(NotReceived::Broken(_))));
        assert_eq!(count(&files), 0);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let files = Files::open(&crate::desk::testing::folder()).expect("opens");
        let received = files.receive(pieces(&["x"]), |_| 5).await.expect("received");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&files.folder), mode(received.path())), (0o700, 0o600));
    }
}
