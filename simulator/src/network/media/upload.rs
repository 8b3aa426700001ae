//! `POST /mms/<kind>/<token>`: an encrypted file goes up, whole or from where an earlier attempt broke off.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::resume::Incoming;
use super::throttle::Trouble;
use super::{MediaError, MediaKind, Network, Stored, Token, account_of, parameter, refusal};
use crate::network::faults::Transfer;

/// What of a refused file is still read: a client that writes to a closed connection may never see why.
const READ_ON: usize = 8 << 20;

pub(super) async fn upload(
    State(network): State<Arc<Network>>,
    Path((kind, token)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let mut body = body.into_data_stream();
    let answer = take(&network, (&kind, &token), query.as_deref(), &headers, &mut body).await;
    if answer.status().is_client_error() {
        let mut left = READ_ON;
        while let Some(Ok(chunk)) = body.next().await
            && left > 0
        {
            left = left.saturating_sub(chunk.len());
        }
    }
    answer
}

async fn take(
    network: &Network,
    (kind, token): (&str, &str),
    query: Option<&str>,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Response {
    let Some(kind) = MediaKind::named(kind) else {
        return refusal(StatusCode::NOT_FOUND, "no files of this kind are kept");
    };
    let Ok(token) = token.parse::<Token>() else {
        return refusal(StatusCode::BAD_REQUEST, "the token is not a hash in base64url");
    };
    if parameter(query, "token").is_some_and(|other| other.parse() != Ok(token)) {
        return refusal(StatusCode::BAD_REQUEST, "the token in the query is another one");
    }
    let Some(number) = account_of(network, query) else {
        return refusal(StatusCode::UNAUTHORIZED, "not what media_conn gave");
    };
    let trouble = network.faults.media(Some(number), Transfer::Upload);
    trouble.wait().await;
    if let Some(status) = trouble.refused.and_then(|code| StatusCode::from_u16(code).ok()) {
        return refusal(status, "refused, as was asked for");
    }
    if parameter(query, "resume") == Some("1") {
        return Json(progress(network, token).await).into_response();
    }
    let offset = parameter(query, "file_offset").map_or(Ok(0), str::parse::<u64>);
    let Ok(offset) = offset else { return refusal(StatusCode::BAD_REQUEST, "file_offset is a number of bytes") };
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length.saturating_add(offset) > kind.most()) {
        return MediaError::TooLarge(kind.most()).into_response();
    }
    match receive(network, kind, token, offset, number, &trouble, body).await {
        Ok(stored) => Json(answer(&stored)).into_response(),
        Err(error) => error.into_response(),
    }
}

fn answer(stored: &Stored) -> Value {
    json!({ "url": stored.url, "direct_path": stored.direct_path })
}

/// How much of a file is here: `complete`, or the offset from which to go on.
async fn progress(network: &Network, token: Token) -> Value {
    if let Some(stored) = network.stored_alive(token) {
        let mut answer = answer(&stored);
        answer["resume"] = json!("complete");
        return answer;
    }
    let length = tokio::fs::metadata(network.media.part(token)).await.map_or(0, |part| part.len());
    json!({ "resume": length.to_string() })
}

async fn receive(
    network: &Network,
    kind: MediaKind,
    token: Token,
    offset: u64,
    uploader: u64,
    trouble: &Trouble,
    chunks: &mut BodyDataStream,
) -> Result<Stored, MediaError> {
    let mut incoming = Incoming::begin(&network.media, token, offset, kind.most()).await?;
    let mut pace = trouble.pace();
    while let Some(chunk) = chunks.next().await {
        let mut chunk: Bytes = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                incoming.keep().await?;
                return Err(MediaError::Broken(error.to_string()));
            }
        };
        let passed = pace.pass(chunk.len()).await;
        let cut = passed < chunk.len();
        chunk.truncate(passed);
        if let Err(error) = incoming.write(&chunk).await {
            incoming.discard().await;
            return Err(error);
        }
        if cut {
            incoming.keep().await?;
            // The status of a host that closes the connection too early.
            return Err(MediaError::Broken("cut, as was asked for".to_owned()));
        }
    }
    let (file, size) = incoming.finish(token).await?;
    network.shelve(&file, token, kind, size, uploader).await
}
