//! A file on its way out, piece by piece.

use std::io::{self, Read};

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::seal::CHUNK;

/// The next `length` bytes, read where blocking is allowed, and only as fast as somebody takes them.
pub(crate) fn pieces<R: Read + Send + 'static>(file: R, length: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let most = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
        let reading = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; most];
            file.read_exact(&mut piece).map(|()| (file, piece))
        });
        let (file, piece) = reading.await.map_err(io::Error::other)?.inspect_err(|error| {
            tracing::error!(%error, "a file could not be read to its end");
        })?;
        Ok(Some((Bytes::from(piece), (file, left - most as u64))))
    })
}
