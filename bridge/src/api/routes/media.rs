//! Files of messages: handed over, fetched, shown.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use ownline_model::{
    details::FileState,
    event::Event,
    ids::{MediaId, MessageId},
    message::UploadedMedia,
    problem::{Problem, ProblemCode},
};
use ownline_web::{ApiError, Json, Path, Query};
use tokio::sync::{Semaphore, mpsc};

use crate::{
    api::{
        app::App,
        file_answer,
        media_query::{HandOver, HandOverAs, Shown, ShownAs, StillOf, Yes},
        problems::Problems,
    },
    media::{
        intake::{self, IntakeError, Meant},
        still::{self, STILL_MAX_BYTES},
        voice::{self, VoiceError},
    },
    store::{
        change::Change,
        media::{Asked, LocalFile, MessageFile},
    },
};

/// Somebody who waits for a file that is far away is told to come back, while it is fetched on.
const FETCHED_WITHIN: Duration = Duration::from_secs(40);
/// Voices that are decoded at once: each takes up to 43 MB.
static DECODING: Semaphore = Semaphore::const_new(1);

/// Takes a file before it is sent: the body is the file. What it is, is found in its own bytes.
#[utoipa::path(
    post,
    path = "/api/media",
    operation_id = "upload_media",
    tag = "desk",
    params(HandOver),
    request_body(content = String, content_type = "application/octet-stream", description = "The file."),
    responses((status = 201, body = UploadedMedia, description = "Kept for a day unless a message takes it."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn upload_media(
    State(app): State<App>,
    Query(query): Query<HandOver>,
    body: Body,
) -> Result<(StatusCode, Json<UploadedMedia>), ApiError> {
    let meant = Meant {
        name: query.name,
        voice: query.voice.is_some_and(|voice| matches!(voice, Yes::Yes)),
        rate: query.rate,
        document: query.wanted == Some(HandOverAs::Document),
    };
    let (pieces, receiver) = mpsc::channel(intake::PIECES);
    let folder = app.store.folder().clone();
    let taking = tokio::task::spawn_blocking(move || intake::take(&folder, receiver, &meant));
    intake::pass_on(body.into_data_stream(), pieces).await;
    let taken = taking.await.map_err(ApiError::internal)?;
    let (media, held) = taken.map_err(Problem::from)?;
    app.store.keep_file(media.clone(), held.name.clone()).await?;
    held.keep();
    Ok((StatusCode::CREATED, Json(media)))
}

/// Gives a film that was handed over its still, before a message takes it: JPEG or PNG, at most 256 KiB. Whoever chooses the
/// film makes it; the bridge opens no films.
#[utoipa::path(
    put,
    path = "/api/media/{id}/still",
    operation_id = "put_still",
    tag = "bridge",
    params(("id" = String, Path, format = "uuid", description = "The film."), StillOf),
    request_body(content = String, content_type = "application/octet-stream", description = "The still."),
    responses((status = 200, body = UploadedMedia, description = "The film with its thumbnail."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn put_still(
    State(app): State<App>,
    Path(id): Path<MediaId>,
    Query(query): Query<StillOf>,
    body: Body,
) -> Result<Json<UploadedMedia>, ApiError> {
    let too_large = |_| Problem::new(ProblemCode::MediaTooLarge).with_detail("A still has at most 256 KiB.");
    let bytes = to_bytes(body, STILL_MAX_BYTES).await.map_err(too_large)?;
    let looked = tokio::task::spawn_blocking(move || still::look(&bytes)).await.map_err(ApiError::internal)?;
    let still = looked.map_err(|error| Problem::from(IntakeError::from(error)))?;
    Ok(Json(app.store.set_still(id, still, query.seconds).await?))
}

/// Fetches the file of a message, from WhatsApp or from the team's server. Its state is told with the message.
#[utoipa::path(
    post,
    path = "/api/messages/{id}/media",
    operation_id = "fetch_media",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The message.")),
    responses((status = 202, description = "It is here, or on its way."), Problems),
    security(("bearer" = []))
)]
pub(crate) async fn fetch_media(State(app): State<App>, Path(id): Path<MessageId>) -> Result<StatusCode, ApiError> {
    match app.store.want_file(id).await? {
        Asked::Here | Asked::Fetching => Ok(StatusCode::ACCEPTED),
        Asked::Nothing => Err(ProblemCode::NotFound.into()),
        Asked::Gone => Err(ProblemCode::MediaGone.into()),
    }
}

/// The file of a message. One that is not here is fetched first; a part is asked for with `Range`.
#[utoipa::path(
    get,
    path = "/api/messages/{id}/media",
    operation_id = "get_media",
    tag = "desk",
    params(("id" = String, Path, format = "uuid", description = "The message."), Shown),
    responses(
        (status = 200, content_type = "application/octet-stream", description = "The file, to be saved or shown from memory."),
        (status = 206, content_type = "application/octet-stream", description = "The part that was asked for."),
        Problems
    ),
    security(("bearer" = []))
)]
pub(crate) async fn get_media(
    State(app): State<App>,
    Path(id): Path<MessageId>,
    Query(query): Query<Shown>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // A file that went missing on the disk is fetched once more.
    for _ in 0..2 {
        let file = here(&app, id).await?;
        let folder = app.store.folder().clone();
        let name = file.name.clone();
        let opened = tokio::task::spawn_blocking(move || folder.read(&name)).await.map_err(ApiError::internal)?;
        let sealed = match opened {
            Ok(sealed) => sealed,
            Err(error) => {
                tracing::error!(%error, "a file is missing or damaged on the disk");
                app.store.file_is_lost(id).await?;
                continue;
            }
        };
        return match query.wanted {
            None => file_answer::stream(sealed, &file.attachment, &headers),
            Some(ShownAs::Wav) => {
                let _alone = DECODING.acquire().await.map_err(ApiError::internal)?;
                let decoded = tokio::task::spawn_blocking(move || voice::to_wav(sealed)).await;
                let wav = decoded.map_err(ApiError::internal)?.map_err(refused)?;
                file_answer::bytes(wav.into(), "audio/wav", &headers)
            }
        };
    }
    Err(ProblemCode::MediaUnavailable.into())
}

fn refused(error: VoiceError) -> Problem {
    match error {
        VoiceError::Io(error) => intake::disk(&error),
        VoiceError::TooLong => Problem::new(ProblemCode::MediaTooLarge).with_detail(error.to_string()),
        error => Problem::new(ProblemCode::MediaUnreadable).with_detail(error.to_string()),
    }
}

/// Waits until the file of a message is here.
async fn here(app: &App, id: MessageId) -> Result<Arc<LocalFile>, ApiError> {
    // Subscribed before the file is asked for, so that no news can slip past.
    let mut changes = app.store.changes();
    let waiting = async {
        match app.store.want_file(id).await? {
            Asked::Here | Asked::Fetching => {}
            Asked::Nothing => return Err(ProblemCode::NotFound.into()),
            Asked::Gone => return Err(ProblemCode::MediaGone.into()),
        }
        loop {
            let Some(MessageFile { attachment, local }) = app.store.file_of(id).await? else {
                return Err(ProblemCode::NotFound.into());
            };
            match (local, attachment.state) {
                (Some(file), _) => return Ok(Arc::new(file)),
                (None, FileState::Gone) => return Err(ProblemCode::MediaGone.into()),
                (None, FileState::Withheld) => return Err(ProblemCode::NotFound.into()),
                (None, FileState::Failed { code }) => {
                    return Err(Problem::new(ProblemCode::MediaUnavailable).with_detail(code).into());
                }
                (None, FileState::Remote | FileState::Fetching | FileState::Here) => {}
            }
            // Something about this message, or too much to be told.
            while let Ok(change) = changes.recv().await {
                if matches!(&change, Change::Files) || matches!(&change, Change::Event(event) if is_about(event, id)) {
                    break;
                }
            }
        }
    };
    match tokio::time::timeout(FETCHED_WITHIN, waiting).await {
        Ok(found) => found,
        Err(_) => Err(Problem { retry_after: Some(2), ..Problem::new(ProblemCode::MediaUnavailable) }.into()),
    }
}

fn is_about(event: &Event, id: MessageId) -> bool {
    matches!(event, Event::MessageUpdated(message) if message.id == id)
}
