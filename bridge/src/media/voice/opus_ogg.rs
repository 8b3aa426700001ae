//! Opus in Ogg (RFC 7845): the two headers, and where a stream ends.

use std::io::{self, Read, Seek, SeekFrom};

use super::VoiceError;

/// Granule positions count at this rate, whatever the voice was recorded at.
pub(super) const RATE: u32 = 48_000;

/// Whether a file begins as Ogg/Opus does.
pub(crate) fn is_opus(head: &[u8]) -> bool {
    head.starts_with(b"OggS") && head.get(28..36) == Some(b"OpusHead")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) channels: u8,
    /// Samples at 48 kHz that only warm the decoder up.
    pub(super) pre_skip: u16,
}

impl Head {
    pub(super) fn read(packet: &[u8]) -> Result<Self, VoiceError> {
        // Other mapping families are for surround sound.
        if packet.len() < 19 || !packet.starts_with(b"OpusHead") || packet[8] >> 4 != 0 || packet[18] != 0 {
            return Err(VoiceError::Unreadable("not the Opus of a voice message"));
        }
        let channels = packet[9];
        if !(1..=2).contains(&channels) {
            return Err(VoiceError::Unreadable("a voice has one channel or two"));
        }
        Ok(Self { channels, pre_skip: u16::from_le_bytes([packet[10], packet[11]]) })
    }

    pub(super) fn write(self, recorded_at: u32) -> Vec<u8> {
        let mut packet = b"OpusHead\x01".to_vec();
        packet.push(self.channels);
        packet.extend_from_slice(&self.pre_skip.to_le_bytes());
        packet.extend_from_slice(&recorded_at.to_le_bytes());
        // No gain, the simplest mapping.
        packet.extend_from_slice(&[0, 0, 0]);
        packet
    }
}

/// The second header: no vendor's name, no comments.
pub(super) fn tags() -> Vec<u8> {
    let mut packet = b"OpusTags".to_vec();
    packet.extend_from_slice(&0_u32.to_le_bytes());
    packet.extend_from_slice(&0_u32.to_le_bytes());
    packet
}

/// Seconds of an Ogg/Opus file.
pub(crate) fn seconds(file: impl Read + Seek) -> io::Result<Option<u32>> {
    let samples = last_granule(file)?;
    Ok(samples.and_then(|samples| u32::try_from(samples.div_ceil(u64::from(RATE))).ok()))
}

/// The count on the last page of an Ogg file.
pub(crate) fn last_granule(mut file: impl Read + Seek) -> io::Result<Option<u64>> {
    const TAIL: u64 = 70 * 1024;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let last = tail.windows(4).rposition(|window| window == b"OggS");
    let granule = last.and_then(|at| tail.get(at + 6..at + 14)).and_then(|bytes| bytes.try_into().ok());
    Ok(granule.map(u64::from_le_bytes).filter(|&samples| samples != u64::MAX))
}
