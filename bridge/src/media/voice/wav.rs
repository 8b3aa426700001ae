//! RIFF/WAVE with 16-bit samples, as recorders make it, and bare samples.

use std::io::{self, Read, Seek};

use super::{VoiceError, read_up_to};

const RATES: std::ops::RangeInclusive<u32> = 8_000..=96_000;
/// Chunks before the samples that are looked at.
const CHUNKS_MAX: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) rate: u32,
    pub(super) channels: u16,
    /// Bytes of samples; a recorder that was cut short may claim more than there are.
    pub(super) bytes: u64,
}

impl Format {
    pub(super) fn bare(rate: u32) -> Result<Self, VoiceError> {
        if RATES.contains(&rate) {
            Ok(Self { rate, channels: 1, bytes: u64::MAX })
        } else {
            Err(VoiceError::Unreadable("samples at such a rate are no voice"))
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Leaves the reader at the first sample. `None`: it is no WAV at all.
pub(super) fn read_header(reader: &mut (impl Read + Seek)) -> Result<Option<Format>, VoiceError> {
    let mut riff = [0; 12];
    if read_up_to(reader, &mut riff)? < 12 || &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
        return Ok(None);
    }
    let mut format = None;
    for _ in 0..CHUNKS_MAX {
        let mut chunk = [0; 8];
        if read_up_to(reader, &mut chunk)? < 8 {
            break;
        }
        let size = u32_at(&chunk, 4);
        match (&chunk[..4], format) {
            (b"fmt ", _) if (16..=64).contains(&size) => {
                let mut body = vec![0; size as usize];
                reader.read_exact(&mut body)?;
                format = Some(read_format(&body)?);
            }
            (b"data", Some((rate, channels))) => {
                // A recorder that streams does not know the length yet.
                let bytes = if matches!(size, 0 | u32::MAX) { u64::MAX } else { u64::from(size) };
                return Ok(Some(Format { rate, channels, bytes }));
            }
            _ => {
                reader.seek_relative(i64::from(size) + i64::from(size % 2))?;
            }
        }
    }
    Err(VoiceError::Unreadable("a WAV without samples"))
}

/// Seconds of a WAV in any form.
pub(crate) fn seconds(mut file: impl Read + Seek) -> io::Result<Option<u32>> {
    let mut riff = [0; 12];
    if read_up_to(&mut file, &mut riff)? < 12 || &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
        return Ok(None);
    }
    let mut a_second = None;
    for _ in 0..CHUNKS_MAX {
        let mut chunk = [0; 8];
        if read_up_to(&mut file, &mut chunk)? < 8 {
            break;
        }
        let size = u32_at(&chunk, 4);
        match (&chunk[..4], a_second) {
            (b"fmt ", _) if (16..=64).contains(&size) => {
                let mut body = vec![0; size as usize];
                if read_up_to(&mut file, &mut body)? < body.len() {
                    break;
                }
                a_second = Some(u32_at(&body, 8)).filter(|&bytes| bytes > 0);
            }
            (b"data", Some(a_second)) => {
                let at = file.stream_position()?;
                let there = file.seek(io::SeekFrom::End(0))?.saturating_sub(at);
                let bytes = if matches!(size, 0 | u32::MAX) { there } else { there.min(u64::from(size)) };
                return Ok(u32::try_from(bytes.div_ceil(u64::from(a_second))).ok());
            }
            _ => file.seek_relative(i64::from(size) + i64::from(size % 2))?,
        }
    }
    Ok(None)
}

fn read_format(body: &[u8]) -> Result<(u32, u16), VoiceError> {
    // 1: plain samples; 0xfffe: a longer header around the same.
    let plain = matches!(u16_at(body, 0), 1 | 0xfffe);
    let (channels, rate, bits) = (u16_at(body, 2), u32_at(body, 4), u16_at(body, 14));
    if plain && bits == 16 && (1..=2).contains(&channels) && RATES.contains(&rate) {
        Ok((rate, channels))
    } else {
        Err(VoiceError::Unreadable("only WAV with 16-bit samples, one or two channels"))
    }
}

/// The samples of a recording, one channel, in pieces.
pub(super) struct Samples<R> {
    reader: io::BufReader<io::Take<R>>,
    pub(super) rate: u32,
    channels: usize,
}

impl<R: Read> Samples<R> {
    pub(super) fn new(reader: R, format: Format) -> Self {
        let reader = io::BufReader::with_capacity(64 * 1024, reader.take(format.bytes));
        Self { reader, rate: format.rate, channels: usize::from(format.channels) }
    }

    /// Fills as much as there is; less than asked for at the end only.
    pub(super) fn read(&mut self, into: &mut [i16]) -> io::Result<usize> {
        let width = 2 * self.channels;
        let mut bytes = vec![0; into.len() * width];
        let length = read_up_to(&mut self.reader, &mut bytes)?;
        let frames = bytes[..length].chunks_exact(width);
        let count = frames.len();
        for (sample, frame) in into.iter_mut().zip(frames) {
            let sum: i32 = frame.chunks_exact(2).map(|pair| i32::from(i16::from_le_bytes([pair[0], pair[1]]))).sum();
            *sample = (sum / self.channels as i32) as i16;
        }
        Ok(count)
    }
}

/// The header of a WAV with one channel.
pub(super) fn header(rate: u32, samples: usize) -> [u8; 44] {
    let bytes = (samples * 2) as u32;
    let mut header = [0; 44];
    header[..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&(36 + bytes).to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16_u32.to_le_bytes());
    header[20..22].copy_from_slice(&1_u16.to_le_bytes());
    header[22..24].copy_from_slice(&1_u16.to_le_bytes());
    header[24..28].copy_from_slice(&rate.to_le_bytes());
    header[28..32].copy_from_slice(&(rate * 2).to_le_bytes());
    header[32..34].copy_from_slice(&2_u16.to_le_bytes());
    header[34..36].copy_from_slice(&16_u16.to_le_bytes());
    header[36..40].copy_from_slice(b"data");
    header[40..44].copy_from_slice(&bytes.to_le_bytes());
    header
}
