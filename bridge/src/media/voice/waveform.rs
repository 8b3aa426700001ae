//! The bars under a voice note.

use ownline_model::details::WAVEFORM_BARS;

/// Loudness as it comes in; one value for each 20 ms, at most 15 minutes of them.
#[derive(Debug, Default)]
pub(super) struct Waveform(Vec<f32>);

impl Waveform {
    pub(super) fn hear(&mut self, samples: &[i16]) {
        let power: f32 = samples.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
        self.0.push((power / samples.len().max(1) as f32).sqrt());
    }

    /// The loudest moment of each bar, against the loudest of all. Silence stays flat rather than becoming a storm.
    pub(super) fn bars(&self) -> [u8; WAVEFORM_BARS] {
        const QUIET: f32 = 200.0;
        let loudest = self.0.iter().copied().fold(QUIET, f32::max);
        let mut bars = [0; WAVEFORM_BARS];
        for (index, bar) in bars.iter_mut().enumerate() {
            let from = index * self.0.len() / WAVEFORM_BARS;
            let to = ((index + 1) * self.0.len() / WAVEFORM_BARS).max(from + 1).min(self.0.len());
            let peak = self.0.get(from..to).unwrap_or_default().iter().copied().fold(0.0, f32::max);
            *bar = (peak / loudest * 100.0).round() as u8;
        }
        bars
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_is_high_and_silence_is_flat() {
        let mut waveform = Waveform::default();
        for moment in 0..640 {
            waveform.hear(&[if moment < 320 { 1_000 } else { 10_000 }; 960]);
        }
        let bars = waveform.bars();
        assert!(bars[..32].iter().all(|&bar| bar == 10) && bars[32..].iter().all(|&bar| bar == 100), "{bars:?}");
        let mut silence = Waveform::default();
        silence.hear(&[3; 960]);
        assert!(silence.bars().iter().all(|&bar| bar <= 2));
        assert_eq!(Waveform::default().bars(), [0; WAVEFORM_BARS]);
    }
}
