//! Files: raw bytes in and out, streamed.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use ownline_model::{
    ids::MessageId,
    limits,
    message::{Message, UploadedMedia},
    problem::{Problem, ProblemCode},
};
use ownline_web::{ApiError, Json, Path, Query, disposition::attachment};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};

use super::{problems::Problems, ranges::Part, signed::Signed};
use crate::{
    app::App,
    desk::{
        self,
        media::{Arrived, Wish},
    },
    media::{self, Received, is_shown, sniff},
};

/// What a reader holds of a file at a time.
const PIECE: usize = 64 * 1024;

/// Brings the file of a message, from the machine that has it: the number's owner's, or the author's of a reply that waits.
/// The chat must be shared. Bringing it again changes nothing.
#[utoipa::path(
    put,
    path = "/api/messages/{id}/media",
    operation_id = "put_media",
    tag = "sync",
    params(("id" = String, Path, format = "uuid", description = "The message.")),
    request_body(content_type = "application/octet-stream", description = "The file's bytes."),
    responses((status = 200, body = Message, description = "The message, its file here."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn put_media(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<MessageId>,
    request: Request,
) -> Result<Json<Message>, ApiError> {
    let caller = app.caller(&who);
    let (_, limit) = desk::media::may_bring(&app.reader(&who), &caller, id).await?;
    must_fit(request.headers(), limit)?;
    let received = app.files().receive(request.into_body().into_data_stream(), |_| limit).await?;
    let arrived = look_at(&received).await;
    let (message, used) =
        app.act(&who, move |tx, caller| Box::pin(desk::media::bring(tx, caller, id, arrived))).await?;
    if used {
        received.keep();
    }
    Ok(Json(message))
}

/// Hands over a file for a message that is written next (`NewMessage.media_id`). Kept for a day unless a message takes it.
#[utoipa::path(
    post,
    path = "/api/media",
    operation_id = "upload_media",
    tag = "desk",
    params(UploadQuery),
    request_body(content_type = "application/octet-stream", description = "The file's bytes."),
    responses((status = 201, body = UploadedMedia, description = "What the file is."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn upload_media(
    State(app): State<App>,
    Signed(who): Signed,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Result<(StatusCode, Json<UploadedMedia>), ApiError> {
    must_fit(request.headers(), limits::DOCUMENT_MAX_BYTES)?;
    let as_document = query.wanted == Some(UploadAs::Document);
    let limit = |head: &[u8]| match limits::file_max_bytes(sniff(head).kind) {
        // A picture of the stickers' format may be a document.
        Some(limit) if !as_document && limit > limits::STICKER_MAX_BYTES => limit,
        _ => limits::DOCUMENT_MAX_BYTES,
    };
    let received = app.files().receive(request.into_body().into_data_stream(), limit).await?;
    let arrived = look_at(&received).await;
    if arrived.dimensions.is_some_and(|(w, h)| u64::from(w) * u64::from(h) > limits::IMAGE_MAX_PIXELS) {
        return Err(Problem::new(ProblemCode::MediaTooLarge).with_detail("This picture has too many pixels.").into());
    }
    let wish = match (query.wanted, query.voice) {
        (Some(UploadAs::Document), _) => Wish::Document,
        (None, Some(Yes::Yes)) => Wish::Voice,
        _ => Wish::Any,
    };
    let uploaded = app.act(&who, move |tx, caller| {
        Box::pin(async move { desk::media::upload(tx, caller, query.name.as_deref(), wish, arrived).await })
    });
    let uploaded = uploaded.await?;
    received.keep();
    Ok((StatusCode::CREATED, Json(uploaded)))
}

/// `POST /api/media`.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// The file's name.
    pub name: Option<String>,
    /// `1`: a recording that becomes a voice message. Here it must be Opus in Ogg already.
    #[param(inline)]
    pub voice: Option<Yes>,
    /// `document`: whatever it is, it goes as a document.
    #[serde(rename = "as")]
    #[param(inline)]
    pub wanted: Option<UploadAs>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
pub(crate) enum Yes {
    #[serde(rename = "1", alias = "true")]
    Yes,
    #[serde(rename = "0", alias = "false")]
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UploadAs {
    Document,
}

/// The file of a message, whole or in part (`Range`). `media_unavailable`: it is not on the server; its owner's machine
/// brings it when it can.
#[utoipa::path(
    get,
    path = "/api/messages/{id}/media",
    operation_id = "get_media",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The message.")),
    responses(
        (status = 200, content_type = "application/octet-stream", description = "The bytes."),
        (status = 206, content_type = "application/octet-stream", description = "The part that was asked for."),
        (status = 416, description = "The file has no such part."),
        Problems,
    ),
    security(("bearer" = []))
)]
pub(crate) async fn get_media(
    State(app): State<App>,
    Signed(who): Signed,
    Path(id): Path<MessageId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = app.caller(&who);
    let (found, told) = desk::media::may_have(&app.reader(&who), &caller, id).await?;
    let (file, size) = app.files().read(&found.file).await.map_err(|error| {
        tracing::error!(%error, message = %id, "a file is not where it should be");
        ProblemCode::MediaUnavailable
    })?;
    let part = Part::asked(&headers, size);
    let mut response = match part {
        Part::Whole => Response::new(pieces(file, 0, size).await?),
        Part::From { from, length } => Response::new(pieces(file, from, length).await?),
        Part::None => Response::new(Body::empty()),
    };
    *response.status_mut() = part.status();
    let mime = if is_shown(&told.mime) { told.mime.as_str() } else { "application/octet-stream" };
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_str(mime).map_err(ApiError::internal)?);
    set.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    set.insert(header::CONTENT_DISPOSITION, disposition(told.file_name.as_deref()));
    set.insert(header::CONTENT_LENGTH, part.length(size).into());
    if let Some(range) = part.content_range(size) {
        set.insert(header::CONTENT_RANGE, range);
    }
    // Whatever a browser thinks it is, it may run and load nothing.
    set.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    Ok(response)
}

fn must_fit(headers: &HeaderMap, limit: u64) -> Result<(), ApiError> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()).and_then(|it| it.parse().ok());
    if told.is_some_and(|bytes: u64| bytes > limit) { Err(ProblemCode::MediaTooLarge.into()) } else { Ok(()) }
}

async fn look_at(received: &Received) -> Arrived {
    let sniffed = sniff(&received.head);
    let dimensions = if sniffed.mime.starts_with("image/") { media::dimensions(received.path()).await } else { None };
    Arrived { file: received.name.clone(), size: received.size, sha256: received.sha256.clone(), sniffed, dimensions }
}

async fn pieces(mut file: File, from: u64, length: u64) -> Result<Body, ApiError> {
    file.seek(std::io::SeekFrom::Start(from)).await.map_err(ApiError::internal)?;
    let file = file.take(length);
    Ok(Body::from_stream(stream::try_unfold(file, async |mut file| {
        let mut piece = bytes::BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
    })))
}

/// Always to be saved, never to be opened in the page's place.
fn disposition(name: Option<&str>) -> HeaderValue {
    let name = name.and_then(desk::details::file_name).unwrap_or_else(|| "file".to_owned());
    HeaderValue::from_str(&attachment(&name)).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_speak_to_the_browser() {
        let told = |name: &str| disposition(Some(name)).to_str().expect("ascii").to_owned();
        assert_eq!(told("a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        let evil = told("..\\x\"; filename=evil.html\r\nSet-Cookie: a=b/ação.pdf");
        assert_eq!(evil, "attachment; filename=\"a__o.pdf\"; filename*=UTF-8''a%C3%A7%C3%A3o.pdf");
        assert!(!told("a\"b;c\n.exe").contains("\"b"));
    }
}
