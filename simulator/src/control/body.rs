//! Request parts, decoded strictly: a misspelt field is refused rather than ignored.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::network::address::parse_group;
use crate::world::WorldError;

/// A JSON body. Only `application/json`, so that no web form can post here.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = says_json(request.headers());
        let bytes = read(request, state).await?;
        if !is_json {
            return Err(unsupported());
        }
        decode(&bytes).map(Self)
    }
}

/// A JSON body that may be left out.
#[derive(Debug)]
pub(super) struct OptionalBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = says_json(request.headers());
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(unsupported());
        }
        decode(&bytes).map(Self)
    }
}

/// The query string of a transcript: `with=NUMBER`, `with=GROUP`, or nothing for all chats.
#[derive(Debug)]
pub(super) struct With(pub(super) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for With {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            with: Option<String>,
        }
        // A plus sign in a query string means a space: the raw text tells `+49…` from a space.
        if parts.uri.query().is_some_and(|raw| raw.contains('+')) {
            return Err(bad_number("+"));
        }
        let axum::extract::Query(Fields { with }) = axum::extract::Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::invalid(rejection.body_text()))?;
        with.map(|chat| check_chat(&chat).map(|()| chat)).transpose().map(Self)
    }
}

/// The number in a path. Digits that name nobody are answered with 404 by the route.
#[derive(Debug)]
pub(super) struct Number(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(number) =
            axum::extract::Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad_number(&number));
        }
        Ok(Self(number))
    }
}

/// E.164 digits without `+`: a country code never begins with 0, and the whole has at most 15 digits.
pub(super) fn check_number(number: &str) -> Result<(), Problem> {
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (7..=15).contains(&number.len()) && !number.starts_with('0') {
        Ok(())
    } else {
        Err(bad_number(number))
    }
}

/// A number, or a group's jid.
pub(super) fn check_chat(chat: &str) -> Result<(), Problem> {
    if !chat.ends_with("@g.us") {
        return check_number(chat);
    }
    parse_group(chat).map(drop).ok_or_else(|| WorldError::BadGroup(chat.to_owned()).into())
}

fn bad_number(number: &str) -> Problem {
    let shown: String = number.chars().take(40).collect();
    let detail = format!("“{shown}” is no telephone number: 7 to 15 digits with the country code and without “+”");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_number", detail)
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn unsupported() -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "send JSON, as application/json")
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the request is larger than 32 MiB")
        }
        _ => Problem::invalid("the request ended too early"),
    })
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::invalid(error.to_string()))
}
