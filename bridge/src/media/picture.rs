//! Pictures: how large they are, and a thumbnail. The header is read first; what would not fit into a bounded piece of memory
//! is not opened.

use std::io::{self, BufRead, Cursor, Seek};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
    codecs::jpeg::JpegEncoder,
};
use ownline_model::{
    details::{THUMBNAIL_MAX_BYTES, THUMBNAIL_MAX_PIXELS},
    limits::IMAGE_MAX_PIXELS,
};

/// An opened picture takes no more; a larger one gets no thumbnail.
const OPENED_MAX_BYTES: u64 = 48 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// A JPEG, Base64.
    pub(crate) thumbnail: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    #[error("a picture of {width} × {height} pixels is more than this app opens")]
    TooManyPixels { width: u32, height: u32 },
    #[error("the picture is damaged")]
    Damaged,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => Self::Io(error),
            _ => Self::Damaged,
        }
    }
}

/// `mime` as found in the picture's own bytes.
pub(crate) fn look(file: impl BufRead + Seek, mime: &str) -> Result<Picture, PictureError> {
    let format = match mime {
        "image/jpeg" => ImageFormat::Jpeg,
        "image/png" => ImageFormat::Png,
        "image/webp" => ImageFormat::WebP,
        "image/gif" => ImageFormat::Gif,
        _ => return Err(PictureError::Damaged),
    };
    let mut reader = ImageReader::with_format(file, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(OPENED_MAX_BYTES + (8 << 20));
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > IMAGE_MAX_PIXELS {
        return Err(PictureError::TooManyPixels { width, height });
    }
    let orientation = decoder.orientation()?;
    let turned = {
        use image::metadata::Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
    };
    let thumbnail = if decoder.total_bytes() <= OPENED_MAX_BYTES {
        let mut small = DynamicImage::from_decoder(decoder)?.thumbnail(THUMBNAIL_MAX_PIXELS, THUMBNAIL_MAX_PIXELS);
        small.apply_orientation(orientation);
        jpeg(&on_white(&small))
    } else {
        None
    };
    let (width, height) = if turned { (height, width) } else { (width, height) };
    Ok(Picture { width, height, thumbnail })
}

/// JPEG knows no transparency.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let picture = picture.to_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        let over = |colour: u8| ((u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255) as u8;
        Rgb([over(red), over(green), over(blue)])
    })
}

/// The best quality that fits.
fn jpeg(picture: &RgbImage) -> Option<String> {
    [75, 55, 35, 15].into_iter().find_map(|quality| {
        let mut file = Cursor::new(Vec::new());
        let encoder = &mut JpegEncoder::new_with_quality(&mut file, quality);
        encoder.encode(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).ok()?;
        Some(BASE64_STANDARD.encode(file.into_inner())).filter(|text| text.len() <= THUMBNAIL_MAX_BYTES)
    })
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Rgba, RgbaImage};

    use super::*;

    fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Cursor<Vec<u8>> {
        let mut file = Cursor::new(Vec::new());
        picture.into().write_to(&mut file, format).expect("written");
        file.set_position(0);
        file
    }

    fn opened(thumbnail: &str) -> RgbImage {
        let bytes = BASE64_STANDARD.decode(thumbnail).expect("Base64");
        image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).expect("a JPEG").to_rgb8()
    }

    #[test]
    fn each_form_gets_its_size_and_a_small_jpeg() {
        for (format, mime) in [
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Png, "image/png"),
            (ImageFormat::WebP, "image/webp"),
            (ImageFormat::Gif, "image/gif"),
        ] {
            let red = RgbImage::from_pixel(800, 400, Rgb([250, 10, 10]));
            let picture = look(file(red, format), mime).expect(mime);
            assert_eq!((picture.width, picture.height), (800, 400), "{mime}");
            let small = opened(&picture.thumbnail.expect("a thumbnail"));
            assert_eq!(small.dimensions(), (320, 160), "{mime}");
            let Rgb([red, green, _]) = *small.get_pixel(160, 80);
            assert!(red > 200 && green < 60, "{mime}: {red} {green}");
        }
    }

    #[test]
    fn what_is_transparent_lies_on_white() {
        let clear = RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 0]));
        let picture = look(file(clear, ImageFormat::Png), "image/png").expect("png");
        assert!(opened(&picture.thumbnail.expect("a thumbnail")).pixels().all(|pixel| pixel.0[0] > 240));
    }

    #[test]
    fn noise_gets_a_thumbnail_that_fits() {
        let mut seed = 1_u32;
        let noise = RgbImage::from_fn(640, 640, |_, _| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Rgb([(seed >> 8) as u8, (seed >> 16) as u8, (seed >> 24) as u8])
        });
        let picture = look(file(noise, ImageFormat::Png), "image/png").expect("png");
        assert!(picture.thumbnail.expect("a thumbnail").len() <= THUMBNAIL_MAX_BYTES);
    }

    #[test]
    fn t19_a_flood_of_pixels_is_seen_in_the_header() {
        // 400 megapixels in a header of a few bytes; nothing of it is opened.
        let mut png = file(GrayImage::new(1, 1), ImageFormat::Png).into_inner();
        png[16..20].copy_from_slice(&20_000_u32.to_be_bytes());
        png[20..24].copy_from_slice(&20_000_u32.to_be_bytes());
        let checksum = crc(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&checksum);
        let refused = look(Cursor::new(png), "image/png");
        assert!(matches!(refused, Err(PictureError::TooManyPixels { width: 20_000, height: 20_000 })), "{refused:?}");
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
        })
    }

    #[test]
    fn what_is_too_large_to_open_still_tells_its_size() {
        let wide = GrayImage::new(8_000, 4_900);
        let picture = look(file(wide, ImageFormat::Png), "image/png").expect("39 megapixels, one byte each");
        assert!(picture.thumbnail.is_some());
        let heavy = RgbaImage::new(4_000, 4_000);
        let picture = look(file(heavy, ImageFormat::Png), "image/png").expect("16 megapixels, four bytes each");
        assert_eq!((picture.width, picture.thumbnail), (4_000, None));
    }

    #[test]
    fn damage_is_an_error() {
        let whole = file(RgbImage::new(300, 300), ImageFormat::Png).into_inner();
        assert!(look(Cursor::new(&whole[..40]), "image/png").is_err());
        assert!(look(Cursor::new(&whole), "image/jpeg").is_err());
        assert!(look(Cursor::new(b"<svg/>"), "image/svg+xml").is_err());
    }
}
