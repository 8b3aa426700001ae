//! `GET <direct path>`: an encrypted file comes down, whole or in part.

use std::io::{self, SeekFrom};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path as UrlPath, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::throttle::{Pace, Trouble};
use super::{MediaError, Network, Path, account_of, refusal};
use crate::network::faults::Transfer;

const CHUNK: usize = 64 * 1024;

pub(super) async fn download(
    State(network): State<Arc<Network>>,
    UrlPath((_, name)): UrlPath<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let trouble = network.faults.media(account_of(&network, query.as_deref()), Transfer::Download);
    trouble.wait().await;
    if let Some(status) = trouble.refused.and_then(|code| StatusCode::from_u16(code).ok()) {
        return refusal(status, "refused, as was asked for");
    }
    match open(&network, &name).await {
        Ok((file, size)) => {
            let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
            serve(file, size, range, &trouble).await
        }
        Err(error) => error.into_response(),
    }
}

async fn open(network: &Network, name: &str) -> Result<(File, u64), MediaError> {
    let path = Path::parse(name).ok_or(MediaError::Unknown)?;
    let (file, blob) = network.media.find(path)?;
    Ok((File::open(file).await?, blob.size))
}

/// First and last byte of `bytes=…`. `None` for a form that is not understood, which means the whole file.
fn range(text: &str, size: u64) -> Option<Result<(u64, u64), ()>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = match (first.trim(), last.trim()) {
        ("", length) => (size.saturating_sub(length.parse().ok()?), size.checked_sub(1)?),
        (first, "") => (first.parse().ok()?, size.checked_sub(1)?),
        (first, last) => (first.parse().ok()?, last.parse::<u64>().ok()?.min(size.checked_sub(1)?)),
    };
    Some(if first <= last { Ok((first, last)) } else { Err(()) })
}

async fn serve(mut file: File, size: u64, wanted: Option<&str>, trouble: &Trouble) -> Response {
    let (status, first, last) = match wanted.and_then(|wanted| range(wanted, size)) {
        None => (StatusCode::OK, 0, size.saturating_sub(1)),
        Some(Ok((first, last))) => (StatusCode::PARTIAL_CONTENT, first, last),
        Some(Err(())) => {
            let headers = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response();
        }
    };
    if let Err(error) = file.seek(SeekFrom::Start(first)).await {
        return MediaError::Disk(error).into_response();
    }
    let length = last - first + 1;
    let sending = Sending { file, left: length, pace: trouble.pace(), corrupt: trouble.corrupt, cut: false };
    let body = Body::from_stream(stream::unfold(sending, |mut sending| async move {
        let chunk = sending.next().await?;
        Some((chunk, sending))
    }));
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = format!("bytes {first}-{last}/{size}").parse()
    {
        headers.insert(header::CONTENT_RANGE, value);
    }
    response
}

struct Sending {
    file: File,
    left: u64,
    pace: Pace,
    corrupt: bool,
    cut: bool,
}

impl Sending {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.cut {
            // An error in the stream makes the server drop the connection.
            return Some(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if self.left == 0 {
            return None;
        }
        let most = self.pace.chunk(CHUNK).min(usize::try_from(self.left).unwrap_or(CHUNK));
        let mut chunk = vec![0; most];
        if let Err(error) = self.file.read_exact(&mut chunk).await {
            return Some(Err(error));
        }
        if std::mem::take(&mut self.corrupt) {
            chunk[0] ^= 1;
        }
        let passed = self.pace.pass(most).await;
        self.cut = passed < most;
        chunk.truncate(passed);
        self.left -= passed as u64;
        Some(Ok(chunk.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_says() {
        assert_eq!(range("bytes=0-9", 100), Some(Ok((0, 9))));
        assert_eq!(range("bytes=90-", 100), Some(Ok((90, 99))));
        assert_eq!(range("bytes=-10", 100), Some(Ok((90, 99))));
        assert_eq!(range("bytes=0-1000", 100), Some(Ok((0, 99))));
        assert_eq!(range("bytes=100-", 100), Some(Err(())));
        for whole in ["", "bytes", "bytes=x-y", "lines=1-2", "bytes=1-2,4-5"] {
            assert_eq!(range(whole, 100), None, "{whole}");
        }
    }
}
