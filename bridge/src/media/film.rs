//! MP4 and 3GP: how long, how large. Only the table of contents is read.

use std::io::{self, Read, Seek, SeekFrom};

/// Boxes that are looked at.
const BOXES_MAX: usize = 256;
/// Of a box that is read whole.
const HEADER_MAX: u64 = 128;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Film {
    pub(crate) seconds: Option<u32>,
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
}

/// What the file tells; a damaged one tells nothing.
pub(crate) fn look(mut file: impl Read + Seek) -> io::Result<Film> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut told = Film::default();
    let mut left = BOXES_MAX;
    match walk(&mut file, 0, end, &mut told, &mut left) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(told),
    }
}

fn walk(file: &mut (impl Read + Seek), mut at: u64, end: u64, told: &mut Film, left: &mut usize) -> io::Result<()> {
    while at + 8 <= end && *left > 0 {
        *left -= 1;
        file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 16];
        file.read_exact(&mut header[..8])?;
        let (size, start) = match u32_at(&header, 0) {
            0 => (end - at, 8),
            1 => {
                file.read_exact(&mut header[8..])?;
                (u64::from(u32_at(&header, 8)) << 32 | u64::from(u32_at(&header, 12)), 16)
            }
            size => (u64::from(size), 8),
        };
        if size < start || size > end - at {
            return Ok(());
        }
        let (inside, beyond) = (at + start, at + size);
        match &header[4..8] {
            b"moov" | b"trak" => walk(file, inside, beyond, told, left)?,
            b"mvhd" => told.seconds = length(&body(file, beyond - inside)?),
            b"tkhd" => {
                if let Some((width, height)) = size_of(&body(file, beyond - inside)?) {
                    (told.width, told.height) = (Some(width), Some(height));
                }
            }
            _ => {}
        }
        at = beyond;
    }
    Ok(())
}

fn body(file: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    file.take(length.min(HEADER_MAX)).read_to_end(&mut body)?;
    Ok(body)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// Of the movie's header; version 1 has wider fields.
fn length(header: &[u8]) -> Option<u32> {
    let (scale, units) = match header.first()? {
        0 => (u32_at(header, 12), u64::from(u32_at(header, 16))),
        _ => (u32_at(header, 20), u64::from(u32_at(header, 24)) << 32 | u64::from(u32_at(header, 28))),
    };
    if scale == 0 {
        return None;
    }
    u32::try_from(units.div_ceil(u64::from(scale))).ok()
}

/// Of a track's header: the last two fields, in sixteenths of bits. A sound has none. Telephones lie on their side and say so
/// in the matrix before them.
fn size_of(header: &[u8]) -> Option<(u32, u32)> {
    let at = if *header.first()? == 0 { 76 } else { 88 };
    let (width, height) = (u32_at(header, at) >> 16, u32_at(header, at + 4) >> 16);
    let on_its_side = u32_at(header, at - 36) == 0 && u32_at(header, at - 32) != 0;
    let (width, height) = if on_its_side { (height, width) } else { (width, height) };
    (width > 0 && height > 0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(name: [u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], &name, body].concat()
    }

    fn film() -> Vec<u8> {
        let mut mvhd = vec![0; 100];
        mvhd[12..16].copy_from_slice(&1_000_u32.to_be_bytes());
        mvhd[16..20].copy_from_slice(&61_500_u32.to_be_bytes());
        let mut tkhd = vec![0; 84];
        tkhd[76..80].copy_from_slice(&(1_280_u32 << 16).to_be_bytes());
        tkhd[80..84].copy_from_slice(&(720_u32 << 16).to_be_bytes());
        let sound = boxed(*b"trak", &boxed(*b"tkhd", &[0; 84]));
        let picture = boxed(*b"trak", &boxed(*b"tkhd", &tkhd));
        let moov = boxed(*b"moov", &[boxed(*b"mvhd", &mvhd), sound, picture].concat());
        [boxed(*b"ftyp", b"isom"), boxed(*b"mdat", &[7; 5_000]), moov].concat()
    }

    #[test]
    fn length_and_size_stand_in_the_table_of_contents() {
        let found = look(Cursor::new(film())).expect("read");
        assert_eq!(found, Film { seconds: Some(62), width: Some(1_280), height: Some(720) });
    }

    #[test]
    fn a_film_on_its_side_stands_up() {
        let mut tkhd = vec![0; 84];
        tkhd[76..80].copy_from_slice(&(1_920_u32 << 16).to_be_bytes());
        tkhd[80..84].copy_from_slice(&(1_080_u32 << 16).to_be_bytes());
        tkhd[40..44].copy_from_slice(&(1_u32 << 16).to_be_bytes());
        assert_eq!(size_of(&tkhd), Some((1_920, 1_080)), "as it is");
        tkhd[40..44].copy_from_slice(&[0; 4]);
        tkhd[44..48].copy_from_slice(&(1_u32 << 16).to_be_bytes());
        assert_eq!(size_of(&tkhd), Some((1_080, 1_920)), "a quarter turned");
    }

    #[test]
    fn damage_tells_nothing_and_ends() {
        let whole = film();
        for cut in 0..whole.len() {
            look(Cursor::new(&whole[..cut])).expect("no error of the disk");
        }
        let endless = boxed(*b"moov", &[]).repeat(100_000);
        assert_eq!(look(Cursor::new(endless)).expect("read"), Film::default());
        let nested = (0..5_000).fold(Vec::new(), |inner, _| boxed(*b"moov", &inner));
        look(Cursor::new(nested)).expect("read");
    }
}
