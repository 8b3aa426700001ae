//! Ogg/Opus to samples. What is opened here comes from strangers: every size is bounded.

use std::io::{Read, Seek};

use ogg::{OggReadError, PacketReader};
use ropus::{Channels, DecodeMode, Decoder};

use super::{
    Heard, SECONDS_MAX, VoiceError,
    opus_ogg::{Head, RATE},
    wav,
    waveform::Waveform,
};

/// Voices hold nothing above 12 kHz that anyone misses, and half the samples are half the memory.
const OUT_RATE: u32 = 24_000;
const SAMPLES_MAX: usize = (SECONDS_MAX * OUT_RATE) as usize;
/// 120 ms, the longest packet there is.
const PACKET_SAMPLES_MAX: usize = (OUT_RATE / 1000 * 120) as usize;

impl From<OggReadError> for VoiceError {
    fn from(error: OggReadError) -> Self {
        match error {
            OggReadError::ReadError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Self::Io(error),
            _ => Self::Unreadable("damaged Ogg"),
        }
    }
}

/// A WAV, 24 kHz, one channel, as a whole: at most 43 MB.
pub(crate) fn to_wav(file: impl Read + Seek) -> Result<Vec<u8>, VoiceError> {
    let mut wav = wav::header(OUT_RATE, 0).to_vec();
    let samples = decode(file, |samples| {
        wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    })?;
    wav[..44].copy_from_slice(&wav::header(OUT_RATE, samples));
    Ok(wav)
}

/// How long it is and how loud.
pub(super) fn listen(file: impl Read + Seek) -> Result<Heard, VoiceError> {
    let mut waveform = Waveform::default();
    let samples = decode(file, |samples| waveform.hear(samples))?;
    Ok(Heard { seconds: samples.div_ceil(OUT_RATE as usize) as u32, waveform: waveform.bars() })
}

fn decode(file: impl Read + Seek, mut take: impl FnMut(&[i16])) -> Result<usize, VoiceError> {
    let mut packets = PacketReader::new(file);
    let first = packets.read_packet()?.ok_or(VoiceError::Empty)?;
    let head = Head::read(&first.data)?;
    let stream = first.stream_serial();
    let mut decoder =
        Decoder::new(OUT_RATE, Channels::Mono).map_err(|_| VoiceError::Unreadable("no decoder for it"))?;
    let mut skip = usize::from(head.pre_skip) / (RATE / OUT_RATE) as usize;
    let mut samples = vec![0; PACKET_SAMPLES_MAX];
    let mut taken = 0;
    let mut index = 0;
    while let Some(packet) = packets.read_packet()? {
        if packet.stream_serial() != stream {
            continue;
        }
        index += 1;
        // The first packet after the head holds the tags.
        if index == 1 || packet.data.is_empty() {
            continue;
        }
        // A packet that is damaged is a moment of silence, not the end of the message.
        let length = decoder.decode(&packet.data, &mut samples, DecodeMode::Normal).unwrap_or(0);
        let mut sound = &samples[..length.min(PACKET_SAMPLES_MAX)];
        let skipped = skip.min(sound.len());
        skip -= skipped;
        sound = &sound[skipped..];
        if packet.last_in_stream() {
            sound = &sound[..sound.len().min(left_of(packet.absgp_page(), head, taken))];
        }
        taken += sound.len();
        if taken > SAMPLES_MAX {
            return Err(VoiceError::TooLong);
        }
        take(sound);
    }
    if taken == 0 { Err(VoiceError::Empty) } else { Ok(taken) }
}

/// Samples of the last packet that belong to the recording rather than fill the packet up.
fn left_of(granule: u64, head: Head, taken: usize) -> usize {
    let whole = granule.saturating_sub(u64::from(head.pre_skip)) / u64::from(RATE / OUT_RATE);
    usize::try_from(whole).unwrap_or(usize::MAX).saturating_sub(taken)
}
