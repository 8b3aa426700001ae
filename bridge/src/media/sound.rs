//! How long a sound is. Of MP3, AAC and AMR every frame's header is read, because their files tell no length; of the others the
//! table of contents, or the last page.

use std::io::{self, Read, Seek, SeekFrom};

use super::{film, sniff, voice};

/// Bytes that belong to no frame, before what follows is not looked at any more: pictures of albums come with a length, so
/// this is for torn files.
const JUNK_MAX: u32 = 64 * 1024;
/// More than the largest file of the smallest frames holds.
const FRAMES_MAX: u32 = 1 << 20;

/// `None` where the file does not tell.
pub(crate) fn seconds(file: impl Read + Seek, mime: &str) -> io::Result<Option<u32>> {
    match mime {
        sniff::VOICE => voice::seconds(file),
        "audio/ogg" => vorbis(file),
        "audio/mp4" => Ok(film::look(file)?.seconds),
        "audio/mpeg" => frames(file, 4, mpeg),
        "audio/aac" => frames(file, 7, adts),
        "audio/amr" => amr(file),
        "audio/wav" => voice::wav_seconds(file),
        _ => Ok(None),
    }
}

/// What the header of a frame tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    /// Bytes, with the header.
    length: u32,
    samples: u32,
    /// Samples a second.
    rate: u32,
}

/// Adds the frames up. The first counts only where another follows it: any two bytes may look like a beginning.
fn frames(mut file: impl Read + Seek, width: usize, read: fn(&[u8]) -> Option<Frame>) -> io::Result<Option<u32>> {
    skip_tag(&mut file)?;
    let (mut samples, mut rate, mut junk) = (0_u64, None, 0);
    let mut header = [0; 8];
    let header = &mut header[..width];
    for _ in 0..FRAMES_MAX {
        if !fill(&mut file, header)? {
            break;
        }
        let found = read(header).filter(|frame| frame.length as usize >= width);
        let found = found.filter(|frame| rate.is_none_or(|rate| rate == frame.rate));
        let rest = |frame: &Frame| i64::from(frame.length) - width as i64;
        let found = match found {
            Some(frame) if rate.is_none() => follows(&mut file, rest(&frame), width, read)?.then_some(frame),
            found => found,
        };
        match found {
            Some(frame) => {
                samples += u64::from(frame.samples);
                rate = Some(frame.rate);
                file.seek_relative(rest(&frame))?;
            }
            None if junk < JUNK_MAX => {
                junk += 1;
                file.seek_relative(1 - width as i64)?;
            }
            None => break,
        }
    }
    Ok(rate.and_then(|rate| rounded(samples, u64::from(rate))))
}

/// Whether another frame, or nothing, comes after so many bytes. Leaves the file where it was.
fn follows(
    file: &mut (impl Read + Seek),
    after: i64,
    width: usize,
    read: fn(&[u8]) -> Option<Frame>,
) -> io::Result<bool> {
    let mut next = [0; 8];
    let next = &mut next[..width];
    file.seek_relative(after)?;
    let length = fill_some(file, next)?;
    file.seek_relative(-after - length as i64)?;
    Ok(length < width || read(next).is_some())
}

/// What players put before the sound: title, pictures.
fn skip_tag(file: &mut (impl Read + Seek)) -> io::Result<()> {
    let mut tag = [0; 10];
    let length = fill_some(file, &mut tag)?;
    let is_tag = length == tag.len() && tag.starts_with(b"ID3");
    // Seven bits in each byte.
    let size = tag[6..].iter().fold(0_i64, |size, byte| size << 7 | i64::from(byte & 0x7f));
    file.seek_relative(if is_tag { size } else { -(length as i64) })
}

fn mpeg(header: &[u8]) -> Option<Frame> {
    const KBIT: [[u32; 15]; 5] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let bits = u32::from_be_bytes(header.try_into().ok()?);
    let (version, layer) = (bits >> 19 & 3, bits >> 17 & 3);
    if bits >> 21 != 0x7ff || version == 1 || layer == 0 {
        return None;
    }
    // Versions 2 and 2.5 halve the rate, and halve it again.
    let first = version == 3;
    let rate = [44_100, 48_000, 32_000].get((bits >> 10 & 3) as usize)? >> [2, 0, 1, 0][version as usize];
    let (table, samples) = match (layer, first) {
        (3, true) => (0, 384),
        (3, false) => (3, 384),
        (2, true) => (1, 1_152),
        (2, false) => (4, 1_152),
        (_, true) => (2, 1_152),
        (_, false) => (4, 576),
    };
    let bit_rate = KBIT[table].get((bits >> 12 & 0xf) as usize).filter(|&&kbit| kbit > 0)? * 1_000;
    let padding = bits >> 9 & 1;
    let length = match layer {
        3 => (12 * bit_rate / rate + padding) * 4,
        _ => samples / 8 * bit_rate / rate + padding,
    };
    Some(Frame { length, samples, rate })
}

fn adts(header: &[u8]) -> Option<Frame> {
    const RATES: [u32; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    if header[0] != 0xff || header[1] & 0xf6 != 0xf0 {
        return None;
    }
    let rate = *RATES.get(usize::from(header[2] >> 2 & 0xf))?;
    let length = u32::from(header[3] & 3) << 11 | u32::from(header[4]) << 3 | u32::from(header[5] >> 5);
    Some(Frame { length, samples: (u32::from(header[6] & 3) + 1) * 1_024, rate })
}

/// Frames of 20 ms, each as long as its kind says.
fn amr(mut file: impl Read + Seek) -> io::Result<Option<u32>> {
    fn frame(header: &[u8]) -> Option<Frame> {
        const LENGTHS: [u32; 9] = [13, 14, 16, 18, 20, 21, 27, 32, 6];
        let length = match header[0] >> 3 & 0xf {
            15 => 1,
            kind => *LENGTHS.get(usize::from(kind))?,
        };
        (header[0] & 0x83 == 0).then_some(Frame { length, samples: 160, rate: 8_000 })
    }
    let mut magic = [0; 6];
    if !fill(&mut file, &mut magic)? || &magic != b"#!AMR\n" {
        return Ok(None);
    }
    frames(file, 1, frame)
}

/// Samples a second stand in the first header, their number on the last page.
fn vorbis(mut file: impl Read + Seek) -> io::Result<Option<u32>> {
    let mut head = [0; 44];
    file.seek(SeekFrom::Start(0))?;
    if !fill(&mut file, &mut head)? || &head[28..35] != b"\x01vorbis" {
        return Ok(None);
    }
    let rate = u64::from(u32::from_le_bytes([head[40], head[41], head[42], head[43]]));
    Ok(voice::last_granule(file)?.and_then(|samples| rounded(samples, rate)))
}

/// The nearest second; a short one is one.
fn rounded(samples: u64, rate: u64) -> Option<u32> {
    let halves = (samples * 2).checked_div(rate)?;
    u32::try_from(halves.div_ceil(2).max(1)).ok().filter(|_| samples > 0)
}

fn fill(file: &mut impl Read, into: &mut [u8]) -> io::Result<bool> {
    Ok(fill_some(file, into)? == into.len())
}

fn fill_some(file: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < into.len() {
        match file.read(&mut into[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
