//! A silent voice message: Opus in Ogg, as phones record it.

/// 20 ms of silence in one channel.
const SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];
/// Samples of a packet; Opus always counts 48,000 a second.
const SAMPLES: u64 = 960;
const PACKETS_A_SECOND: u32 = 50;
/// Segments of a page, each of at most 255 bytes.
const SEGMENTS: usize = 255;

struct Stream {
    bytes: Vec<u8>,
    serial: u32,
    page: u32,
}

/// `seconds` of silence in at least `bytes` bytes: what is missing is a comment.
pub(super) fn silence(seconds: u32, bytes: usize, seed: u64) -> Vec<u8> {
    let mut stream = Stream { bytes: Vec::new(), serial: seed as u32, page: 0 };
    let mut head = b"OpusHead\x01\x01".to_vec();
    // No samples to skip, 16 kHz before encoding, no gain, one channel.
    head.extend([0, 0, 0x80, 0x3e, 0, 0, 0, 0, 0]);
    stream.packets(&[&head], 0, 2);
    let packets = seconds.max(1) * PACKETS_A_SECOND;
    let audio = packets as usize * (SILENCE.len() + 1) + (packets as usize / SEGMENTS + 1) * 27;
    let comment = bytes.saturating_sub(audio + 200);
    let mut tags = b"OpusTags\x09\0\0\0simulator\x01\0\0\0".to_vec();
    let text = format!("COMMENT={seed:016x}{}", "x".repeat(comment));
    tags.extend((text.len() as u32).to_le_bytes());
    tags.extend(text.as_bytes());
    stream.packets(&[&tags], 0, 0);
    let mut left = packets;
    while left > 0 {
        let now = left.min(SEGMENTS as u32);
        left -= now;
        let position = u64::from(packets - left) * SAMPLES;
        let last = if left == 0 { 4 } else { 0 };
        stream.packets(&vec![SILENCE; now as usize], position, last);
    }
    stream.bytes
}

impl Stream {
    /// Writes whole packets; a long one goes over several pages. `flags`: 2 for the first page, 4 for the last.
    fn packets(&mut self, packets: &[&[u8]], position: u64, flags: u8) {
        let mut lacing = Vec::new();
        for packet in packets {
            lacing.extend(std::iter::repeat_n(255_u8, packet.len() / 255));
            lacing.push((packet.len() % 255) as u8);
        }
        let body = packets.concat();
        let mut sent = 0;
        let pages = lacing.len().div_ceil(SEGMENTS);
        for (index, segments) in lacing.chunks(SEGMENTS).enumerate() {
            let length: usize = segments.iter().map(|length| usize::from(*length)).sum();
            // A page on which no packet ends has no position.
            let here = if index + 1 == pages { position } else { u64::MAX };
            let continued = u8::from(index > 0);
            self.write(continued | flags, here, segments, &body[sent..sent + length]);
            sent += length;
        }
    }

    fn write(&mut self, flags: u8, position: u64, segments: &[u8], body: &[u8]) {
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.extend(position.to_le_bytes());
        page.extend(self.serial.to_le_bytes());
        page.extend(self.page.to_le_bytes());
        page.extend([0; 4]);
        page.push(segments.len() as u8);
        page.extend(segments);
        page.extend(body);
        let checksum = checksum(&page);
        page[22..26].copy_from_slice(&checksum.to_le_bytes());
        self.bytes.extend(page);
        self.page += 1;
    }
}

/// Ogg's: polynomial 0x04c11db7, from the highest bit, beginning with zero.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 }
        })
    })
}
