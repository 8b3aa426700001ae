use std::io::Cursor;

use super::*;

fn sine(rate: u32, seconds: f64, hertz: f64) -> Vec<u8> {
    let count = (f64::from(rate) * seconds) as u32;
    let sample = |index: u32| {
        let angle = f64::from(index) / f64::from(rate) * hertz * std::f64::consts::TAU;
        ((angle.sin() * 12_000.0) as i16).to_le_bytes()
    };
    (0..count).flat_map(sample).collect()
}

fn wav_of(rate: u32, samples: &[u8]) -> Vec<u8> {
    [&wav::header(rate, samples.len() / 2)[..], samples].concat()
}

fn samples_of(wav: &[u8]) -> Vec<f64> {
    assert_eq!((&wav[..4], &wav[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
    wav[44..].chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]]))).collect()
}

/// How much of the sound is at one pitch, of 1.
fn share_at(samples: &[f64], hertz: f64) -> f64 {
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let angle = index as f64 / 24_000.0 * hertz * std::f64::consts::TAU;
        sine += sample * angle.sin();
        cosine += sample * angle.cos();
        power += sample * sample;
    }
    let count = samples.len() as f64;
    2.0 * (sine * sine + cosine * cosine) / count / power.max(1.0)
}

#[test]
fn a_tone_comes_back_where_it_was() {
    for rate in [8_000, 16_000, 44_100, 48_000] {
        let mut note = Vec::new();
        let heard = make(Cursor::new(wav_of(rate, &sine(rate, 2.5, 440.0))), None, &mut note).expect("made");
        assert_eq!(heard.seconds, 3, "{rate}");
        assert!(heard.waveform.iter().all(|&bar| bar > 90), "{rate}: {:?}", heard.waveform);
        assert!(is_opus(&note) && note.len() < 2 * 3 * 24_000 / 8, "{rate}: {} bytes", note.len());
        assert_eq!(seconds(Cursor::new(&note)).expect("read"), Some(3));
        let samples = samples_of(&to_wav(Cursor::new(&note)).expect("decoded"));
        assert!(samples.len().abs_diff(60_000) <= 24, "{rate}: {} samples", samples.len());
        let middle = &samples[6_000..54_000];
        assert!(share_at(middle, 440.0) > 0.9, "{rate}: {}", share_at(middle, 440.0));
        assert!(share_at(middle, 1_000.0) < 0.05, "{rate}");
        let loudness = (middle.iter().map(|sample| sample * sample).sum::<f64>() / middle.len() as f64).sqrt();
        assert!((6_000.0..11_000.0).contains(&loudness), "{rate}: {loudness}");
    }
}

#[test]
fn bare_samples_need_their_rate() {
    let samples = sine(16_000, 1.0, 300.0);
    let heard = make(Cursor::new(&samples), Some(16_000), Vec::new()).expect("made");
    assert_eq!(heard.seconds, 1);
    assert!(matches!(make(Cursor::new(&samples), None, Vec::new()), Err(VoiceError::Unreadable(_))));
    assert!(matches!(make(Cursor::new(&samples), Some(7), Vec::new()), Err(VoiceError::Unreadable(_))));
}

#[test]
fn what_is_a_voice_note_already_goes_as_it_is() {
    let mut note = Vec::new();
    let heard = make(Cursor::new(wav_of(48_000, &sine(48_000, 1.2, 440.0))), None, &mut note).expect("made");
    let mut again = Vec::new();
    let heard_again = make(Cursor::new(&note), None, &mut again).expect("taken");
    assert_eq!((note, heard.seconds), (again, heard_again.seconds));
}

#[test]
fn nothing_and_nonsense_are_told_apart_from_voices() {
    assert!(matches!(make(Cursor::new(wav_of(48_000, &[])), None, Vec::new()), Err(VoiceError::Empty)));
    for nonsense in [&b"MZ\x90\0 a program"[..], b"", b"RIFF", b"OggS", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0"] {
        assert!(make(Cursor::new(nonsense), None, Vec::new()).is_err());
        assert!(to_wav(Cursor::new(nonsense)).is_err());
    }
}

#[test]
fn a_damaged_note_ends_in_words_rather_than_in_a_panic() {
    let mut note = Vec::new();
    make(Cursor::new(wav_of(16_000, &sine(16_000, 2.0, 440.0))), None, &mut note).expect("made");
    let mut seed = 7_u32;
    for round in 0..300 {
        let mut damaged = note.clone();
        for _ in 0..=round % 8 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = seed as usize % damaged.len();
            damaged[at] ^= (seed >> 24) as u8 | 1;
        }
        damaged.truncate(damaged.len() - round % 50);
        let _ = to_wav(Cursor::new(damaged));
    }
    // Damage that the container does not notice reaches the decoder.
    let mut state = 9_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u8
    };
    for _ in 0..40 {
        let mut file = Vec::new();
        let mut pages = ogg::PacketWriter::new(&mut file);
        let head = opus_ogg::Head { channels: 1, pre_skip: 312 };
        pages.write_packet(head.write(48_000), 1, ogg::writing::PacketWriteEndInfo::EndPage, 0).expect("head");
        pages.write_packet(opus_ogg::tags(), 1, ogg::writing::PacketWriteEndInfo::EndPage, 0).expect("tags");
        for index in 1..20_u64 {
            let packet: Vec<u8> = (0..=random() % 100).map(|_| random()).collect();
            let end = if index == 19 {
                ogg::writing::PacketWriteEndInfo::EndStream
            } else {
                ogg::writing::PacketWriteEndInfo::NormalPacket
            };
            pages.write_packet(packet, 1, end, index * 960).expect("packet");
        }
        let _ = to_wav(Cursor::new(file));
    }
}

#[test]
fn a_recording_without_end_is_refused() {
    let hour = wav::Format { rate: 8_000, channels: 1, bytes: u64::MAX };
    let samples = wav::Samples::new(io::repeat(1), hour);
    assert!(matches!(encode::encode(samples, io::sink()), Err(VoiceError::TooLong)));
}
