//! The small picture that goes with a large one.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageReader, Limits};

/// Pixels of the longer side.
const SIDE: u32 = 100;
const QUALITY: u8 = 60;
/// A small file can claim to be a huge picture.
const MEMORY: u64 = 256 * 1024 * 1024;

pub(super) struct Thumbnail {
    pub jpeg: Vec<u8>,
    /// Pixels of the picture itself.
    pub original: (u32, u32),
}

/// `None` for what is no picture.
pub(super) fn of(bytes: &[u8]) -> Option<Thumbnail> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let picture = reader.decode().ok()?;
    let original = (picture.width(), picture.height());
    let mut jpeg = Vec::new();
    picture
        .thumbnail(SIDE, SIDE)
        .to_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))
        .ok()?;
    Some(Thumbnail { jpeg, original })
}
