//! Files that are made up. Pictures, voice messages, stickers and PDFs are real ones, which programs can open; a video is
//! only the beginning of one.

mod ogg;

use std::fmt::Write as _;
use std::io::{Cursor, Read};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ImageBuffer, Rgb};

use crate::crypto;
use crate::world::{Generated, MediaContent, MediaSort, Result, WorldError};

/// The most bytes that are made up.
const MOST: u64 = 2 * 1024 * 1024 * 1024;
const LARGEST_SIDE: u32 = 8192;
const LONGEST_SECONDS: u32 = 3600;
const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
const SECONDS: u32 = 4;

/// A beginning, letters that fill it up, and an end.
#[derive(Debug)]
pub(super) struct Made {
    head: Vec<u8>,
    filler: u64,
    tail: Vec<u8>,
    seed: u64,
    pub seconds: Option<u32>,
}

impl Made {
    pub(super) fn new(media: &mut MediaContent, generated: Generated) -> Result<Self> {
        let seed = generated.seed.unwrap_or_else(|| u64::from_be_bytes(crypto::random()));
        let bytes = generated.bytes.unwrap_or(0);
        if bytes > MOST {
            return Err(WorldError::BadMedia(format!("at most {MOST} bytes are made up")));
        }
        let (width, height) = (media.width.unwrap_or(WIDTH), media.height.unwrap_or(HEIGHT));
        if !(1..=LARGEST_SIDE).contains(&width) || !(1..=LARGEST_SIDE).contains(&height) {
            return Err(WorldError::BadMedia(format!("width and height: 1 to {LARGEST_SIDE} pixels")));
        }
        let seconds = media.seconds.unwrap_or(SECONDS).min(LONGEST_SECONDS);
        let mut made = Self { head: Vec::new(), filler: 0, tail: Vec::new(), seed, seconds: None };
        match media.kind {
            MediaSort::Image => made.head = picture(seed, width, height, media.mime == "image/png")?,
            MediaSort::Sticker => made.head = sticker(seed),
            MediaSort::Audio | MediaSort::Voice => {
                if media.mime.is_empty() {
                    MediaSort::Voice.default_mime().clone_into(&mut media.mime);
                }
                made.seconds = Some(seconds);
                made.head = ogg::silence(seconds, usize::try_from(bytes).unwrap_or(usize::MAX), seed);
            }
            MediaSort::Video => {
                made.seconds = Some(seconds);
                made.head = video(bytes);
            }
            MediaSort::Document => made.document(media, bytes),
        }
        let fixed = (made.head.len() + made.tail.len()) as u64;
        made.filler = bytes.saturating_sub(fixed);
        if made.is_pdf() {
            made.end_pdf();
        }
        Ok(made)
    }

    /// The bytes, from the first.
    pub(super) fn read(&self) -> impl Read + '_ {
        let filler = Letters(self.seed | 1).take(self.filler);
        Cursor::new(&self.head).chain(filler).chain(Cursor::new(&self.tail))
    }

    fn document(&mut self, media: &mut MediaContent, bytes: u64) {
        if media.mime.is_empty() {
            media.kind.default_mime().clone_into(&mut media.mime);
        }
        if media.file_name.is_none() {
            media.file_name =
                Some(if media.mime == "application/pdf" { "document.pdf" } else { "document.bin" }.to_owned());
        }
        if media.mime == "application/pdf" {
            self.head = PDF_HEAD.to_vec();
            // Its end names positions, which depend on how much comes before: made when that is known, of one length.
            self.tail = pdf_end(u64::MAX >> 24, self.seed);
        } else {
            self.filler = bytes.max(1);
            self.head = b"x".to_vec();
        }
    }

    fn is_pdf(&self) -> bool {
        self.head == PDF_HEAD
    }

    fn end_pdf(&mut self) {
        self.tail = pdf_end(self.head.len() as u64 + self.filler, self.seed);
    }
}

/// Letters without end, different with every seed.
struct Letters(u64);

impl Read for Letters {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for chunk in buffer.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            for (byte, random) in chunk.iter_mut().zip(self.0.to_le_bytes()) {
                *byte = b'a' + random % 26;
            }
        }
        Ok(buffer.len())
    }
}

/// Squares of colours that depend on the seed.
fn picture(seed: u64, width: u32, height: u32, png: bool) -> Result<Vec<u8>> {
    let base = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let square = (width.max(height) / 8).max(1);
    let pixels = ImageBuffer::from_fn(width, height, |x, y| {
        let light = (x * 120 / width + y * 80 / height) as u8;
        let odd = if (x / square + y / square) % 2 == 1 { 40 } else { 0 };
        // At most 85 + 100 + 40: no colour overflows.
        Rgb([base[0] / 3 + light / 2 + odd, base[1] / 3 + light / 3 + odd, base[2] / 3 + 60 - light / 4 + odd])
    });
    let mut bytes = Vec::new();
    let written = if png {
        pixels.write_with_encoder(PngEncoder::new(&mut bytes))
    } else {
        pixels.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 80))
    };
    written.map_err(|error| WorldError::BadMedia(error.to_string()))?;
    Ok(bytes)
}

/// A WebP picture of 512 × 512 pixels in one colour.
fn sticker(seed: u64) -> Vec<u8> {
    let colour = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let pixels = ImageBuffer::from_fn(512, 512, |x, y| {
        let (dx, dy) = (i64::from(x) - 256, i64::from(y) - 256);
        let inside = dx * dx + dy * dy < 240 * 240;
        image::Rgba([colour[0], colour[1], colour[2], if inside { 255 } else { 0 }])
    });
    let mut bytes = Vec::new();
    // An encoder that writes to memory fails for pictures without pixels only.
    let _ = pixels.write_with_encoder(image::codecs::webp::WebPEncoder::new_lossless(&mut bytes));
    bytes
}

/// What a video begins with, and a box that says that the rest is free.
fn video(bytes: u64) -> Vec<u8> {
    const TYPE: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42";
    let free = u32::try_from(bytes.saturating_sub(TYPE.len() as u64).max(8)).unwrap_or(u32::MAX);
    [TYPE, &free.to_be_bytes(), b"free"].concat()
}

/// The filler is a comment.
const PDF_HEAD: &[u8] = b"%PDF-1.4\n%";

/// The objects and the table of their positions, of which `start` is the first.
fn pdf_end(start: u64, seed: u64) -> Vec<u8> {
    let words = format!("BT /F1 24 Tf 72 700 Td (Generated document {:08x}) Tj ET", seed as u32);
    let objects = [
        "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n".to_owned(),
        "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n".to_owned(),
        "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>\nendobj\n"
            .to_owned(),
        format!("4 0 obj\n<< /Length {} >>\nstream\n{words}\nendstream\nendobj\n", words.len()),
        "5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n".to_owned(),
    ];
    let mut end = String::from("\n");
    let mut positions = Vec::with_capacity(objects.len());
    for object in &objects {
        positions.push(start + end.len() as u64);
        end.push_str(object);
    }
    let table = start + end.len() as u64;
    end.push_str("xref\n0 6\n0000000000 65535 f \n");
    for position in positions {
        // Ten digits: the table cannot name positions beyond. Writing to a text cannot fail.
        let _ = writeln!(end, "{:010} 00000 n ", position % 10_000_000_000);
    }
    let _ = writeln!(end, "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{table:020}\n%%EOF");
    end.into_bytes()
}

#[cfg(test)]
mod tests;
