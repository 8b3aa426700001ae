//! One part of a file, as players ask for it. Several at once are answered with the whole.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    From {
        from: u64,
        length: u64,
    },
    /// Nothing of the file is there.
    None,
}

impl Part {
    pub(crate) fn asked(headers: &HeaderMap, size: u64) -> Self {
        let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        range.and_then(|range| range.trim().strip_prefix("bytes=")).map_or(Self::Whole, |range| Self::of(range, size))
    }

    fn of(range: &str, size: u64) -> Self {
        let Some((first, last)) = range.split_once('-') else { return Self::Whole };
        let (first, last) = (first.trim(), last.trim());
        let (from, to) = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(from), Ok(to)) if from <= to => (from, to.min(size.saturating_sub(1))),
            (Ok(from), Err(_)) if last.is_empty() => (from, size.saturating_sub(1)),
            (Err(_), Ok(0)) if first.is_empty() => return Self::None,
            (Err(_), Ok(tail)) if first.is_empty() => (size.saturating_sub(tail), size.saturating_sub(1)),
            _ => return Self::Whole,
        };
        if from >= size { Self::None } else { Self::From { from, length: to - from + 1 } }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Whole => StatusCode::OK,
            Self::From { .. } => StatusCode::PARTIAL_CONTENT,
            Self::None => StatusCode::RANGE_NOT_SATISFIABLE,
        }
    }

    pub(crate) const fn length(self, size: u64) -> u64 {
        match self {
            Self::Whole => size,
            Self::From { length, .. } => length,
            Self::None => 0,
        }
    }

    pub(crate) fn content_range(self, size: u64) -> Option<HeaderValue> {
        let text = match self {
            Self::Whole => return None,
            Self::From { from, length } => format!("bytes {from}-{}/{size}", from + length - 1),
            Self::None => format!("bytes */{size}"),
        };
        HeaderValue::from_str(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_what_was_asked_for() {
        let part = |range: &str| Part::of(range, 10);
        assert_eq!(part("0-3"), Part::From { from: 0, length: 4 });
        assert_eq!(part("4-"), Part::From { from: 4, length: 6 });
        assert_eq!(part("-3"), Part::From { from: 7, length: 3 });
        assert_eq!(part("-99"), Part::From { from: 0, length: 10 });
        assert_eq!(part("8-99"), Part::From { from: 8, length: 2 });
        assert_eq!((part("10-"), part("-0")), (Part::None, Part::None));
        for odd in ["", "3-1", "a-b", "0-1,4-5", "--1"] {
            assert_eq!(part(odd), Part::Whole, "{odd}");
        }
        assert_eq!(part("2-5").content_range(10).expect("range"), "bytes 2-5/10");
        assert_eq!(Part::of("0-0", 0), Part::None);
    }
}
