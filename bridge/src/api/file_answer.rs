//! A file as an answer: whole or in part, to be saved or shown from memory, never to be run.

use std::io::{Cursor, Read, Seek, SeekFrom};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use ownline_model::details::Attachment;
use ownline_web::{ApiError, disposition::attachment};

use crate::media::{describe::clean_file_name, seal::Sealed, sniff, stream::pieces};

const CSP: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

pub(crate) fn stream(file: Sealed, attachment: &Attachment, headers: &HeaderMap) -> Result<Response, ApiError> {
    let size = file.size();
    answer(file, size, sniff::safe(&attachment.mime), attachment.file_name.as_deref(), headers)
}

pub(crate) fn bytes(file: Bytes, mime: &'static str, headers: &HeaderMap) -> Result<Response, ApiError> {
    let size = file.len() as u64;
    answer(Cursor::new(file), size, mime, None, headers)
}

fn answer(
    mut file: impl Read + Seek + Send + 'static,
    size: u64,
    mime: &str,
    name: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let (status, from, length) = match wanted(headers, size) {
        Wanted::Whole => (StatusCode::OK, 0, size),
        Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Nothing => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    file.seek(SeekFrom::Start(from)).map_err(ApiError::internal)?;
    let mut response = Response::new(Body::from_stream(pieces(file, length)));
    *response.status_mut() = status;
    let answer = response.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).map_err(ApiError::internal);
    answer.insert(header::CONTENT_TYPE, value(mime)?);
    answer.insert(header::CONTENT_LENGTH, length.into());
    answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer.insert(header::CONTENT_DISPOSITION, value(&disposition(name))?);
    answer.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.insert(HeaderName::from_static("x-download-options"), HeaderValue::from_static("noopen"));
    if status == StatusCode::PARTIAL_CONTENT {
        answer.insert(header::CONTENT_RANGE, value(&format!("bytes {from}-{}/{size}", from + length - 1))?);
    }
    Ok(response)
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    Nothing,
}

/// One range; several at once, or another unit, mean the whole file, as HTTP allows.
fn wanted(headers: &HeaderMap, size: u64) -> Wanted {
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some((first, last)) = range.and_then(|range| range.strip_prefix("bytes=")).and_then(|r| r.split_once('-'))
    else {
        return Wanted::Whole;
    };
    let part = match (first.trim(), last.trim()) {
        ("", length) => length.parse().ok().map(|length: u64| (size.saturating_sub(length), size.saturating_sub(1))),
        (first, "") => first.parse().ok().map(|first| (first, size.saturating_sub(1))),
        (first, last) => first
            .parse()
            .ok()
            .zip(last.parse().ok())
            .map(|(first, last): (u64, u64)| (first, last.min(size.saturating_sub(1)))),
    };
    match part {
        None => Wanted::Whole,
        Some((first, last)) if first <= last && first < size => Wanted::Part(first, last),
        Some(_) => Wanted::Nothing,
    }
}

/// To be saved, under a name that is nothing but a name.
fn disposition(name: Option<&str>) -> String {
    name.and_then(clean_file_name).map_or_else(|| "attachment".to_owned(), |name| attachment(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str, size: u64) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_str(text).expect("header"));
        wanted(&headers, size)
    }

    #[test]
    fn parts_are_read_as_http_says() {
        assert_eq!(range("bytes=0-9", 100), Wanted::Part(0, 9));
        assert_eq!(range("bytes=90-", 100), Wanted::Part(90, 99));
        assert_eq!(range("bytes=-10", 100), Wanted::Part(90, 99));
        assert_eq!(range("bytes=-1000", 100), Wanted::Part(0, 99));
        assert_eq!(range("bytes=0-1000", 100), Wanted::Part(0, 99));
        for none in ["bytes=100-", "bytes=5-4", "bytes=-0"] {
            assert_eq!(range(none, 100), Wanted::Nothing, "{none}");
        }
        for whole in ["", "lines=1-2", "bytes=1-2,4-5", "bytes=x-y", "bytes=99999999999999999999-"] {
            assert_eq!(range(whole, 100), Wanted::Whole, "{whole}");
        }
        assert_eq!(range("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn t21_a_name_cannot_leave_its_header() {
        for (name, header) in [
            ("offer.pdf", "attachment; filename=\"offer.pdf\"; filename*=UTF-8''offer.pdf"),
            ("a\"; x=\"b", "attachment; filename=\"a__ x__b\"; filename*=UTF-8''a%22%3B%20x%3D%22b"),
            ("../x\r\nSet-Cookie: a", "attachment; filename=\"xSet-Cookie_ a\"; filename*=UTF-8''xSet-Cookie%3A%20a"),
            ("Übersicht.txt", "attachment; filename=\"_bersicht.txt\"; filename*=UTF-8''%C3%9Cbersicht.txt"),
        ] {
            assert_eq!(disposition(Some(name)), header);
        }
        assert_eq!(disposition(Some("..")), "attachment");
        assert_eq!(disposition(None), "attachment");
    }
}
