use std::io::{BufReader, Cursor};

use super::*;

fn long(file: &[u8], mime: &str) -> Option<u32> {
    // Through a small window, as files are read.
    seconds(BufReader::with_capacity(512, Cursor::new(file)), mime).expect("read")
}

/// A frame of MPEG 1 layer III, 44.1 kHz, of so many kbit/s (an index of its table) and with padding or without.
fn mp3_frame(bit_rate: u8, padding: bool) -> Vec<u8> {
    let kbit = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128][usize::from(bit_rate)];
    let mut frame = vec![0x55; 144 * kbit * 1_000 / 44_100 + usize::from(padding)];
    frame[..4].copy_from_slice(&[0xff, 0xfb, bit_rate << 4 | u8::from(padding) << 1, 0x64]);
    frame
}

/// Title and a picture, which holds what looks like a beginning.
fn tag(size: u32) -> Vec<u8> {
    let length = [21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8);
    [b"ID3\x04\0\0".to_vec(), length.to_vec(), [0xff, 0xfb, 0x90, 0x64].repeat(size as usize / 4)].concat()
}

#[test]
fn an_mp3_is_as_long_as_its_frames() {
    // 1152 samples each: 383 frames are 10.005 s.
    let steady = mp3_frame(9, false).repeat(383);
    assert_eq!(long(&steady, "audio/mpeg"), Some(10));
    let changing: Vec<u8> = (0..766).flat_map(|n| mp3_frame(1 + n as u8 % 9, n % 3 == 0)).collect();
    assert_eq!(long(&changing, "audio/mpeg"), Some(20), "a bit rate that changes");
    assert_eq!(long(&[tag(200_000), steady.clone()].concat(), "audio/mpeg"), Some(10), "behind a cover");
    assert_eq!(long(&[steady.clone(), b"TAG".to_vec(), vec![0; 125]].concat(), "audio/mpeg"), Some(10));
    let torn = [steady[..40_000].to_vec(), vec![1; 3_000], steady[40_000..].to_vec()].concat();
    assert_eq!(long(&torn, "audio/mpeg"), Some(10), "torn in the middle");
    let mono = [vec![0xff, 0xf3, 0x40, 0xc4], vec![0; 100]].concat();
    assert_eq!(long(&mono.repeat(100), "audio/mpeg"), Some(3), "half as many samples: 100 × 576 / 22050");
    assert_eq!(long(&mp3_frame(9, false), "audio/mpeg"), Some(1), "a short one is a second");
}

#[test]
fn what_is_no_sound_tells_nothing_and_ends() {
    for junk in [vec![], vec![0; 300_000], vec![0xff; 300_000], b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec(), tag(40)] {
        for mime in ["audio/mpeg", "audio/aac", "audio/amr", "audio/ogg", "audio/wav", "audio/mp4", "text/plain"] {
            assert_eq!(long(&junk, mime), None, "{mime}");
        }
    }
    let whole = [tag(40), mp3_frame(9, true).repeat(3)].concat();
    for cut in 0..whole.len() {
        long(&whole[..cut], "audio/mpeg");
    }
    // One beginning by chance is none.
    assert_eq!(long(&[mp3_frame(9, false)[..4].to_vec(), vec![0; 2_000]].concat(), "audio/mpeg"), None);
}

#[test]
fn the_other_forms_tell_too() {
    let mut aac = [0; 200];
    aac[..7].copy_from_slice(&[0xff, 0xf1, 0x50, 0x80, (200_u16 >> 3) as u8, 0x1f, 0xfc]);
    assert_eq!(long(&aac.repeat(431), "audio/aac"), Some(10), "431 × 1024 / 44100");
    let amr = [b"#!AMR\n".to_vec(), [&[0x3c][..], &[0; 31]].concat().repeat(150)].concat();
    assert_eq!(long(&amr, "audio/amr"), Some(3));
    let mut vorbis = b"OggS\0\x02".to_vec();
    vorbis.resize(28, 0);
    vorbis.extend_from_slice(b"\x01vorbis\0\0\0\0\x02");
    vorbis.extend_from_slice(&44_100_u32.to_le_bytes());
    vorbis.resize(5_000, 0);
    vorbis.extend_from_slice(b"OggS\0\x04");
    vorbis.extend_from_slice(&(44_100_u64 * 61).to_le_bytes());
    assert_eq!(long(&vorbis, "audio/ogg"), Some(61));
    let mut wav = b"RIFF\0\0\0\0WAVELIST\x04\0\0\0INFOfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    wav.extend_from_slice(&48_000_u32.to_le_bytes());
    wav.extend_from_slice(&(48_000_u32 * 6).to_le_bytes());
    wav.extend_from_slice(&[6, 0, 24, 0]);
    let data = [&b"data"[..], &u32::MAX.to_le_bytes(), &vec![0; 48_000 * 6 * 2]].concat();
    assert_eq!(
        long(&[wav.clone(), data].concat(), "audio/wav"),
        Some(2),
        "24 bits, and a length that nobody filled in"
    );
    let claims = [&b"data"[..], &1_000_000_000_u32.to_le_bytes(), &[0; 600]].concat();
    assert_eq!(long(&[wav, claims].concat(), "audio/wav"), Some(1), "no longer than the file");
}
