//! QR codes as pictures: whole pixels for each module and the quiet zone that scanners need.

use qrcode::{Color, EcLevel, QrCode, render::svg, types::QrError};

/// Pixels for each module.
const MODULE: usize = 8;
/// Light modules around the code, as the standard asks.
const QUIET: usize = 4;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    #[error("the code does not fit a QR code: {0}")]
    Code(#[from] QrError),
    #[error("the picture: {0}")]
    Image(#[from] png::EncodingError),
}

fn encode(code: &str) -> Result<QrCode, QrError> {
    // WhatsApp's own codes use the lowest level: larger modules scan better from a screen, which has no stains.
    QrCode::with_error_correction_level(code, EcLevel::L)
}

pub(crate) fn svg(code: &str) -> Result<String, PictureError> {
    let code = encode(code)?;
    Ok(code
        .render::<svg::Color<'_>>()
        .quiet_zone(true)
        .module_dimensions(MODULE as u32, MODULE as u32)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build())
}

pub(crate) fn png(code: &str) -> Result<Vec<u8>, PictureError> {
    let code = encode(code)?;
    let modules = code.width();
    let side = (modules + 2 * QUIET) * MODULE;
    let colors = code.into_colors();
    let mut pixels = vec![0xff_u8; side * side];
    for (index, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (left, top) = ((index % modules + QUIET) * MODULE, (index / modules + QUIET) * MODULE);
        for row in top..top + MODULE {
            pixels[row * side + left..row * side + left + MODULE].fill(0);
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "2@abc,def,ghi,jkl";

    #[test]
    fn the_png_has_whole_modules_and_a_quiet_zone() {
        let file = png(CODE).expect("png");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().expect("reads back");
        let mut pixels = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut pixels).expect("frame");
        let side = info.width as usize;
        assert_eq!(side % MODULE, 0);
        assert!(pixels[..QUIET * MODULE * side].iter().all(|pixel| *pixel == 0xff), "four light modules above");
        let corner = QUIET * MODULE;
        assert_eq!(pixels[corner * side + corner], 0, "the finder pattern starts behind the quiet zone");
    }

    #[test]
    fn the_svg_is_a_picture() {
        assert!(svg(CODE).expect("svg").contains("<svg"));
    }
}
