//! A still of a film: whoever hands the film over makes it, because nothing here opens films. It is opened and made anew, like
//! any picture.

use std::io::Cursor;

use super::{
    picture::{self, PictureError},
    sniff,
};

pub(crate) const STILL_MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Still {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// A JPEG, Base64.
    pub(crate) thumbnail: String,
}

/// JPEG or PNG. Blocks.
pub(crate) fn look(bytes: &[u8]) -> Result<Still, PictureError> {
    let mime = sniff::by_bytes(bytes).filter(|mime| matches!(*mime, "image/jpeg" | "image/png"));
    let picture = picture::look(Cursor::new(bytes), mime.ok_or(PictureError::Damaged)?)?;
    let (width, height) = (picture.width, picture.height);
    let thumbnail = picture.thumbnail.ok_or(PictureError::TooManyPixels { width, height })?;
    Ok(Still { width, height, thumbnail })
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        DynamicImage::from(RgbImage::new(width, height)).write_to(&mut file, format).expect("written");
        file.into_inner()
    }

    #[test]
    fn a_still_is_a_jpeg_or_a_png_and_nothing_else() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let still = look(&file(640, 360, format)).expect("a still");
            assert_eq!((still.width, still.height), (640, 360));
            assert!(!still.thumbnail.is_empty());
        }
        let others = [file(64, 64, ImageFormat::Gif), file(64, 64, ImageFormat::WebP), b"<svg/>".to_vec(), vec![]];
        for other in others {
            assert!(matches!(look(&other), Err(PictureError::Damaged)));
        }
    }

    #[test]
    fn t19_a_damaged_still_is_none() {
        assert!(look(&file(640, 360, ImageFormat::Jpeg)[..200]).is_err());
        // The header of a picture of 65,535 × 65,535 pixels.
        let mut flood = file(16, 16, ImageFormat::Jpeg);
        let frame = flood.windows(2).position(|mark| mark == [0xff, 0xc0]).expect("a frame");
        flood[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
        assert!(matches!(look(&flood), Err(PictureError::TooManyPixels { .. })));
    }
}
