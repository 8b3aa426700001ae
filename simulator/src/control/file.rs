//! The files of messages, decrypted, for the page and for tests.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::io::AsyncReadExt as _;

use super::{Control, problem::Problem};
use crate::network::account::Kind;
use crate::people::OpenedFile;
use crate::world::MediaSort;

const CHUNK: usize = 64 * 1024;
/// Whatever the file claims to be, it runs nothing here.
const POLICY: &str = "default-src 'none'; sandbox";

pub(super) async fn of_customer(
    State(control): State<Control>,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    Ok(answer(control.world.file(&number, Kind::Customer, &id).await?))
}

pub(super) async fn of_phone(
    State(control): State<Control>,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    Ok(answer(control.world.file(&number, Kind::Phone, &id).await?))
}

fn answer(opened: OpenedFile) -> Response {
    let mime = HeaderValue::from_str(&opened.mime).ok().filter(|mime| !mime.is_empty());
    let mime = mime.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let shown = if opened.sort == MediaSort::Document { "attachment" } else { "inline" };
    let headers: [(HeaderName, HeaderValue); 6] = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_LENGTH, opened.size.into()),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(shown)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // The bytes of a message never change.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable")),
    ];
    let file = tokio::fs::File::from_std(opened.file);
    let body = Body::from_stream(stream::unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK];
        match file.read(&mut chunk).await {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok(Bytes::from(chunk)), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    }));
    (headers, body).into_response()
}
