//! Samples to Ogg/Opus.

use std::io::{Read, Write};

use ogg::{PacketWriter, writing::PacketWriteEndInfo};
use ropus::{Application, Bitrate, Channels, Encoder, Signal};

use super::{
    Heard, SECONDS_MAX, VoiceError,
    opus_ogg::{Head, RATE, tags},
    wav::Samples,
    waveform::Waveform,
};

const BITS_PER_SECOND: u32 = 24_000;
/// Frames of 20 ms.
const FRAMES_PER_SECOND: u32 = 50;
const FRAME_AT_48K: u64 = 960;
const PACKET_MAX: usize = 1_500;

/// The rates that Opus takes as they are.
const NATIVE: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];

pub(super) fn encode<R: Read>(samples: Samples<R>, out: impl Write) -> Result<Heard, VoiceError> {
    let recorded_at = samples.rate;
    let rate = if NATIVE.contains(&recorded_at) { recorded_at } else { RATE };
    let mut frames = Frames::new(samples, rate);
    let mut encoder = Encoder::builder(rate, Channels::Mono, Application::Voip)
        .bitrate(Bitrate::Bits(BITS_PER_SECOND))
        .signal(Signal::Voice)
        .complexity(5)
        .build()
        .map_err(|_| VoiceError::Unreadable("no encoder for such samples"))?;
    let head = Head { channels: 1, pre_skip: (encoder.lookahead() * (RATE / rate)) as u16 };
    let mut stream = [0; 4];
    rand::fill(&mut stream);
    let stream = u32::from_le_bytes(stream);
    let mut pages = PacketWriter::new(out);
    pages.write_packet(head.write(recorded_at), stream, PacketWriteEndInfo::EndPage, 0)?;
    pages.write_packet(tags(), stream, PacketWriteEndInfo::EndPage, 0)?;

    let mut waveform = Waveform::default();
    let mut length_at_48k = 0_u64;
    let mut packets = 0_u64;
    let mut packet = vec![0; PACKET_MAX];
    let per_sample = u64::from(RATE / rate);
    loop {
        let (frame, length) = frames.next()?;
        if length > 0 {
            waveform.hear(&frame[..length]);
            length_at_48k += length as u64 * per_sample;
        }
        if length_at_48k > u64::from(SECONDS_MAX) * u64::from(RATE) {
            return Err(VoiceError::TooLong);
        }
        let size = encoder.encode(&frame, &mut packet);
        let size = size.map_err(|_| VoiceError::Unreadable("samples that cannot be encoded"))?;
        packets += 1;
        // The last samples come out of a decoder as much later as it warms up.
        let wanted = length_at_48k + u64::from(head.pre_skip);
        let last = frames.ended && packets * FRAME_AT_48K >= wanted;
        let (granule, end) = match packets {
            _ if last => (wanted, PacketWriteEndInfo::EndStream),
            full if full % u64::from(FRAMES_PER_SECOND) == 0 => (full * FRAME_AT_48K, PacketWriteEndInfo::EndPage),
            other => (other * FRAME_AT_48K, PacketWriteEndInfo::NormalPacket),
        };
        pages.write_packet(packet[..size].to_vec(), stream, end, granule)?;
        if last {
            break;
        }
    }
    if length_at_48k == 0 {
        return Err(VoiceError::Empty);
    }
    pages.into_inner().flush()?;
    Ok(Heard { seconds: length_at_48k.div_ceil(u64::from(RATE)) as u32, waveform: waveform.bars() })
}

/// Frames of 20 ms at the encoder's rate.
struct Frames<R> {
    samples: Samples<R>,
    size: usize,
    resample: Option<Resample>,
    ended: bool,
}

impl<R: Read> Frames<R> {
    fn new(samples: Samples<R>, rate: u32) -> Self {
        let resample = (samples.rate != rate).then(|| Resample::new(samples.rate, rate));
        Self { samples, size: (rate / FRAMES_PER_SECOND) as usize, resample, ended: false }
    }

    /// A frame, filled up with silence, and how much of it was recorded.
    fn next(&mut self) -> Result<(Vec<i16>, usize), VoiceError> {
        let mut frame = vec![0; self.size];
        if self.ended {
            return Ok((frame, 0));
        }
        let length = match &mut self.resample {
            None => self.samples.read(&mut frame)?,
            Some(resample) => resample.fill(&mut self.samples, &mut frame)?,
        };
        self.ended = length < frame.len();
        Ok((frame, length))
    }
}

/// Straight lines between samples: enough for a voice that was recorded at an uncommon rate.
struct Resample {
    /// Steps of the recording for each sample that comes out.
    step: f64,
    /// Between `from` and `to`.
    at: f64,
    from: f64,
    to: f64,
    buffer: Vec<i16>,
    used: usize,
}

impl Resample {
    fn new(recorded_at: u32, rate: u32) -> Self {
        let step = f64::from(recorded_at) / f64::from(rate);
        Self { step, at: 1.0, from: 0.0, to: 0.0, buffer: Vec::new(), used: 0 }
    }

    fn fill<R: Read>(&mut self, samples: &mut Samples<R>, frame: &mut [i16]) -> Result<usize, VoiceError> {
        for (index, sample) in frame.iter_mut().enumerate() {
            while self.at >= 1.0 {
                if self.used == self.buffer.len() {
                    self.buffer.resize(4_096, 0);
                    let length = samples.read(&mut self.buffer)?;
                    self.buffer.truncate(length);
                    self.used = 0;
                }
                let Some(&next) = self.buffer.get(self.used) else { return Ok(index) };
                self.used += 1;
                self.from = self.to;
                self.to = f64::from(next);
                self.at -= 1.0;
            }
            *sample = (self.from + (self.to - self.from) * self.at) as i16;
            self.at += self.step;
        }
        Ok(frame.len())
    }
}
