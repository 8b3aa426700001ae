//! One picture from WhatsApp's hosts: bounded while it comes, known by its bytes, and drawn anew, so that nothing of a stranger's
//! file reaches the screen but what can be seen.

use std::io::Cursor;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::super::http::Http;
use crate::media::{picture, sniff};

/// A small picture is a few kilobytes.
const MAX_BYTES: usize = 512 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum DownloadError {
    /// Asking again may help.
    #[error("{0}")]
    Trouble(String),
    /// Asking again brings the same.
    #[error("it cannot be shown: {0}")]
    Unusable(String),
}

impl From<reqwest::Error> for DownloadError {
    fn from(error: reqwest::Error) -> Self {
        Self::Trouble(error.without_url().to_string())
    }
}

/// A JPEG.
pub(super) async fn picture(http: &Http, url: &str) -> Result<Vec<u8>, DownloadError> {
    let asked = http.face(url).await.ok_or_else(|| DownloadError::Unusable("it lies with a stranger".to_owned()))?;
    let mut response = asked?;
    if !response.status().is_success() {
        return Err(DownloadError::Trouble(format!("WhatsApp's host answered {}", response.status())));
    }
    let too_large = || DownloadError::Unusable(format!("it is larger than {MAX_BYTES} bytes"));
    if response.content_length().is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    let drawing = tokio::task::spawn_blocking(move || drawn(&bytes));
    drawing.await.map_err(|error| DownloadError::Trouble(error.to_string()))?
}

fn drawn(bytes: &[u8]) -> Result<Vec<u8>, DownloadError> {
    let unusable = |why: &dyn std::fmt::Display| DownloadError::Unusable(why.to_string());
    let mime = sniff::by_bytes(bytes).ok_or_else(|| unusable(&"it is no picture"))?;
    let picture = picture::look(Cursor::new(bytes), mime).map_err(|error| unusable(&error))?;
    let small = picture.thumbnail.ok_or_else(|| unusable(&"it is too large to be opened"))?;
    BASE64_STANDARD.decode(small).map_err(|error| unusable(&error))
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;

    fn file(format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        RgbImage::from_pixel(640, 480, Rgb([10, 200, 10])).write_to(&mut file, format).expect("written");
        file.into_inner()
    }

    #[test]
    fn every_picture_becomes_a_small_jpeg() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let mut theirs = file(format);
            theirs.extend_from_slice(b"<script>alert(1)</script>");
            let ours = drawn(&theirs).expect("a picture");
            let small = image::load_from_memory_with_format(&ours, ImageFormat::Jpeg).expect("a JPEG").to_rgb8();
            assert_eq!(small.dimensions(), (320, 240), "{format:?}");
            let Rgb([red, green, _]) = *small.get_pixel(160, 120);
            assert!(green > 150 && red < 60, "{format:?}");
            assert!(!ours.windows(8).any(|window| window == b"<script>"), "{format:?}");
        }
    }

    #[test]
    fn what_is_no_picture_is_not_shown() {
        let mut torn = file(ImageFormat::Png);
        torn.truncate(60);
        for bytes in [&b""[..], b"<svg onload=alert(1)>", b"%PDF-1.7", &torn] {
            assert!(matches!(drawn(bytes), Err(DownloadError::Unusable(_))), "{} bytes", bytes.len());
        }
    }
}
