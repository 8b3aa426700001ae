//! The byte stream inside the WebSocket messages: an optional edge-routing introduction, the header, then frames with a
//! three-byte length. WebSocket message boundaries mean nothing.

/// "WA", protocol 6, dictionary version 3. It opens the stream and is the Noise prologue.
pub const HEADER: [u8; 4] = *b"WA\x06\x03";
const EDGE_INTRO: [u8; 4] = *b"ED\x00\x01";
const LENGTH: usize = 3;

/// Largest payload of a frame.
pub const MAX_FRAME: usize = (1 << 24) - 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream does not begin with WhatsApp's header")]
pub struct BadHeader;

/// Cuts a byte stream into frames.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    read: usize,
    opened: bool,
}

impl Framer {
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read == self.buffer.len() {
            self.buffer.clear();
            self.read = 0;
        } else if self.read > 64 * 1024 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, if it has arrived.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, BadHeader> {
        if !self.opened && !self.open()? {
            return Ok(None);
        }
        Ok(self.take_counted())
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.read..]
    }

    /// Passes the introduction and the header. False while they are incomplete.
    fn open(&mut self) -> Result<bool, BadHeader> {
        let rest = self.rest();
        if rest.len() < HEADER.len() {
            return Ok(false);
        }
        if rest.starts_with(&EDGE_INTRO) {
            let Some(length) = counted(&rest[EDGE_INTRO.len()..]) else { return Ok(false) };
            let skip = EDGE_INTRO.len() + LENGTH + length;
            if rest.len() < skip + HEADER.len() {
                return Ok(false);
            }
            self.read += skip;
        }
        if !self.rest().starts_with(&HEADER) {
            return Err(BadHeader);
        }
        self.read += HEADER.len();
        self.opened = true;
        Ok(true)
    }

    fn take_counted(&mut self) -> Option<Vec<u8>> {
        let length = counted(self.rest())?;
        let frame = self.rest().get(LENGTH..LENGTH + length)?.to_vec();
        self.read += LENGTH + length;
        Some(frame)
    }
}

fn counted(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(..LENGTH)?;
    Some(usize::from(length[0]) << 16 | usize::from(length[1]) << 8 | usize::from(length[2]))
}

/// Appends `payload` as a frame to `out`.
pub fn write_frame(out: &mut Vec<u8>, payload: &[u8]) {
    debug_assert!(payload.len() <= MAX_FRAME, "a stanza of 16 MiB");
    out.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(intro: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        if intro {
            bytes.extend_from_slice(b"ED\x00\x01\x00\x00\x03abc");
        }
        bytes.extend_from_slice(&HEADER);
        write_frame(&mut bytes, b"hello");
        write_frame(&mut bytes, b"");
        write_frame(&mut bytes, &vec![7; 70_000]);
        bytes
    }

    #[test]
    fn frames_come_out_however_the_bytes_arrive() {
        for intro in [false, true] {
            for step in [1, 2, 3, 5, 64, 1 << 20] {
                let mut framer = Framer::default();
                let mut out = Vec::new();
                for chunk in stream(intro).chunks(step) {
                    framer.push(chunk);
                    while let Some(frame) = framer.next_frame().expect("a good header") {
                        out.push(frame);
                    }
                }
                assert_eq!(out.len(), 3, "chunks of {step}");
                assert_eq!(out[0], b"hello");
                assert!(out[1].is_empty());
                assert_eq!(out[2], vec![7; 70_000]);
            }
        }
    }

    #[test]
    fn another_header_is_refused() {
        let mut framer = Framer::default();
        framer.push(b"WA\x05\x03\x00\x00\x00");
        assert_eq!(framer.next_frame(), Err(BadHeader));
    }
}
