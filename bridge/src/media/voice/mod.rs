//! Voice notes: Ogg/Opus, mono, as WhatsApp's own clients make them, and back to a form that every webview plays.

mod decode;
mod encode;
mod opus_ogg;
mod wav;
mod waveform;

use std::io::{self, Read, Seek, Write};

use ownline_model::details::WAVEFORM_BARS;

pub(crate) use decode::to_wav;
pub(crate) use opus_ogg::{is_opus, last_granule, seconds};
pub(crate) use wav::seconds as wav_seconds;

/// The longest voice note that is made, or decoded.
pub(crate) const SECONDS_MAX: u32 = 15 * 60;
/// What a recording of that length takes before it is encoded: 16 bits at 48 kHz, and a header.
pub(crate) const RECORDING_MAX_BYTES: u64 = SECONDS_MAX as u64 * 48_000 * 2 + 4_096;

/// What was heard in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Rounded up: a short word is a second long.
    pub(crate) seconds: u32,
    /// 0 to 100.
    pub(crate) waveform: [u8; WAVEFORM_BARS],
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum VoiceError {
    #[error("this is no recording: {0}")]
    Unreadable(&'static str),
    #[error("there is nothing in the recording")]
    Empty,
    #[error("a voice message is at most 15 minutes long")]
    TooLong,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Makes a voice note of a recording: WAV, or bare 16-bit samples where `rate` tells how many a second. A recording that is
/// Ogg/Opus already goes as it is.
pub(crate) fn make(
    mut recording: impl Read + Seek,
    rate: Option<u32>,
    mut out: impl Write,
) -> Result<Heard, VoiceError> {
    let mut head = [0; 64];
    let length = read_up_to(&mut recording, &mut head)?;
    recording.rewind()?;
    if is_opus(&head[..length]) {
        let note = decode::listen(&mut recording)?;
        recording.rewind()?;
        io::copy(&mut recording, &mut out)?;
        return Ok(note);
    }
    let format = match (wav::read_header(&mut recording)?, rate) {
        (Some(format), _) => format,
        (None, Some(rate)) => {
            recording.rewind()?;
            wav::Format::bare(rate)?
        }
        (None, None) => return Err(VoiceError::Unreadable("neither WAV nor Ogg/Opus")),
    };
    encode::encode(wav::Samples::new(recording, format), out)
}

fn read_up_to(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < into.len() {
        match reader.read(&mut into[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests;
