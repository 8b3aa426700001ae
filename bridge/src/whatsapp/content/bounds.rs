//! Sizes and characters of what strangers send.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ownline_model::{
    details::{THUMBNAIL_MAX_BYTES, THUMBNAIL_MAX_PIXELS, WAVEFORM_BARS},
    limits::{NAME_MAX_CHARS, TEXT_MAX_CHARS, clean_name},
};

/// Longest media type that is kept.
const MIME_MAX: usize = 127;
/// A thumbnail that claims to be larger is a trap for whoever decodes it.
const THUMBNAIL_PIXELS_TAKEN: u32 = THUMBNAIL_MAX_PIXELS * 4;

/// Capped, and without NUL, which ends strings in some places.
pub(in crate::whatsapp) fn text(text: &str) -> String {
    text.chars().filter(|&character| character != '\0').take(TEXT_MAX_CHARS).collect()
}

/// One line: a name, an address, an option.
pub(super) fn line(text: &str) -> Option<String> {
    Some(clean_name(text)).filter(|line| !line.is_empty())
}

pub(super) fn line_of(text: Option<&String>) -> Option<String> {
    text.and_then(|text| line(text))
}

/// Of a poll: as written, because votes name it by the hash of its bytes.
pub(super) fn option(text: &str) -> String {
    text.chars().take(NAME_MAX_CHARS).collect()
}

/// `type/subtype` without parameters, or what the kind is by default.
pub(super) fn mime(told: Option<&String>, otherwise: &str) -> String {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let told = told.map(|mime| mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    told.filter(|mime| mime.len() <= MIME_MAX && mime.split_once('/').is_some_and(|(a, b)| token(a) && token(b)))
        .unwrap_or_else(|| otherwise.to_owned())
}

/// Base64 of a small JPEG; anything else is left out.
pub(super) fn thumbnail(bytes: Option<&[u8]>) -> Option<String> {
    let bytes = bytes.filter(|bytes| bytes.len().div_ceil(3) * 4 <= THUMBNAIL_MAX_BYTES)?;
    let (width, height) = jpeg_size(bytes)?;
    let fits = |side: u16| (1..=THUMBNAIL_PIXELS_TAKEN).contains(&u32::from(side));
    (fits(width) && fits(height)).then(|| BASE64_STANDARD.encode(bytes))
}

/// What a JPEG says of its size, read from the frame header.
fn jpeg_size(bytes: &[u8]) -> Option<(u16, u16)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (&[mark, kind], after) = rest.split_first_chunk::<2>()?;
        if mark != 0xff {
            return None;
        }
        if kind == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let (&length, body) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(length)).checked_sub(2)?;
        // Frame headers, without tables and arithmetic conditioning that share their range.
        if (0xc0..=0xcf).contains(&kind) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
            let &[_, h1, h2, w1, w2] = body.first_chunk::<5>()?;
            return Some((u16::from_be_bytes([w1, w2]), u16::from_be_bytes([h1, h2])));
        }
        rest = body.get(length..)?;
    }
}

/// As many bars as the screen draws, each the loudest of its part.
pub(super) fn waveform(told: Option<&[u8]>) -> Vec<u8> {
    let Some(told) = told.filter(|told| !told.is_empty()) else { return Vec::new() };
    let bar = |index: usize| {
        let from = index * told.len() / WAVEFORM_BARS;
        let to = ((index + 1) * told.len() / WAVEFORM_BARS).max(from + 1);
        told.get(from..to).and_then(|part| part.iter().max()).copied().unwrap_or_default().min(100)
    };
    (0..WAVEFORM_BARS).map(bar).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As much of a picture as tells its size.
    pub(in crate::whatsapp::content) fn jpeg(width: u16, height: u16, filling: usize) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 8, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend(std::iter::repeat_n(0, filling));
        bytes
    }

    #[test]
    fn only_small_pictures_are_thumbnails() {
        assert!(thumbnail(Some(&jpeg(100, 72, 900))).is_some());
        assert_eq!(thumbnail(Some(&jpeg(100, 72, 60_000))), None, "too many bytes");
        assert_eq!(thumbnail(Some(&jpeg(65_535, 65_535, 900))), None, "a pixel flood");
        assert_eq!(thumbnail(Some(&jpeg(0, 72, 900))), None);
        assert_eq!(thumbnail(Some(b"<svg onload=alert(1)>")), None);
        for end in 0..15 {
            let _ = jpeg_size(&jpeg(1, 1, 0)[..end]);
        }
    }

    #[test]
    fn waveforms_have_one_length() {
        assert!(waveform(None).is_empty() && waveform(Some(&[])).is_empty());
        for length in [1, 7, 63, 64, 65, 1_000] {
            let told: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let bars = waveform(Some(&told));
            assert_eq!(bars.len(), WAVEFORM_BARS);
            assert!(bars.iter().all(|bar| *bar <= 100));
        }
        assert_eq!(waveform(Some(&[255; 64])), vec![100; 64]);
        let told: Vec<u8> = (0..64).collect();
        assert_eq!(waveform(Some(&told)), told);
    }

    #[test]
    fn media_types_are_media_types() {
        let read = |told: &str| mime(Some(&told.to_owned()), "application/octet-stream");
        assert_eq!(read("audio/ogg; codecs=opus"), "audio/ogg");
        assert_eq!(read("Image/JPEG"), "image/jpeg");
        for wrong in ["", "image", "image/", "text/html\r\nx: y", "a/b/c", &"a/".repeat(100)] {
            assert_eq!(read(wrong), "application/octet-stream", "{wrong}");
        }
    }
}
