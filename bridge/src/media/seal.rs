//! Files at rest: sealed in chunks, each with its number and whether it is the last, so that what is cut, swapped or changed
//! does not open. Any part can be read without what is before it.
//!
//! ```text
//! version (1) · salt (32) · chunk 0 · chunk 1 · … · last chunk        chunk: at most 64 KiB and a tag of 16 bytes
//! ```
//!
//! Each file has a key of its own, made of the store's key and the salt.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::Prk,
};

const VERSION: u8 = 1;
const SALT: usize = 32;
const HEADER: u64 = 1 + SALT as u64;
pub(crate) const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const SEALED_CHUNK: u64 = (CHUNK + TAG) as u64;

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn key_of(master: &Prk, salt: &[u8]) -> io::Result<LessSafeKey> {
    let info = [salt];
    let key = master.expand(&info, &AES_256_GCM).map_err(|_| damaged("no key can be made"))?;
    Ok(LessSafeKey::new(UnboundKey::from(key)))
}

/// Unique under its key: the chunk's number, and whether the file ends with it.
fn nonce(index: u32, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[7..11].copy_from_slice(&index.to_be_bytes());
    bytes[11] = u8::from(last);
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written to it. Nothing opens before [`finish`](Self::finish).
pub(crate) struct Sealer<W: Write> {
    out: W,
    key: LessSafeKey,
    buffer: Vec<u8>,
    index: u32,
    size: u64,
}

impl<W: Write> Sealer<W> {
    pub(crate) fn new(master: &Prk, mut out: W) -> io::Result<Self> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt);
        out.write_all(&[VERSION])?;
        out.write_all(&salt)?;
        Ok(Self { out, key: key_of(master, &salt)?, buffer: Vec::with_capacity(CHUNK + TAG), index: 0, size: 0 })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = nonce(self.index, last);
        let sealed = self.key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.buffer);
        sealed.map_err(|_| damaged("a chunk cannot be sealed"))?;
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        self.index = self.index.checked_add(1).ok_or_else(|| damaged("the file is too long"))?;
        Ok(())
    }

    /// Seals the last chunk. Answers with what it wrote to and the bytes that went in.
    pub(crate) fn finish(mut self) -> io::Result<(W, u64)> {
        self.seal(true)?;
        self.out.flush()?;
        Ok((self.out, self.size))
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until it is known whether more comes.
        if self.buffer.len() == CHUNK && !bytes.is_empty() {
            self.seal(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        self.size += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a sealed file, from wherever it is wanted.
pub(crate) struct Sealed {
    file: File,
    key: LessSafeKey,
    chunks: u32,
    size: u64,
    position: u64,
    /// The chunk that was opened last, and its number.
    open: Vec<u8>,
    index: Option<u32>,
}

impl Sealed {
    pub(crate) fn open(master: &Prk, mut file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let mut header = [0; HEADER as usize];
        file.read_exact(&mut header)?;
        if header[0] != VERSION {
            return Err(damaged("another version of sealing"));
        }
        let body = length - HEADER;
        let chunks = body.div_ceil(SEALED_CHUNK);
        let tags = chunks * TAG as u64;
        // Only the one chunk of an empty file is empty.
        let least = TAG as u64 + u64::from(chunks > 1);
        if body < TAG as u64 || body - (chunks - 1) * SEALED_CHUNK < least {
            return Err(damaged("it is cut short"));
        }
        let chunks = u32::try_from(chunks).map_err(|_| damaged("it is too long"))?;
        let key = key_of(master, &header[1..])?;
        Ok(Self { file, key, chunks, size: body - tags, position: 0, open: Vec::new(), index: None })
    }

    /// Bytes of what was sealed.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    fn load(&mut self, index: u32) -> io::Result<()> {
        if self.index == Some(index) {
            return Ok(());
        }
        self.index = None;
        self.file.seek(SeekFrom::Start(HEADER + u64::from(index) * SEALED_CHUNK))?;
        self.open.clear();
        (&mut self.file).take(SEALED_CHUNK).read_to_end(&mut self.open)?;
        let last = index + 1 == self.chunks;
        let opened = self.key.open_in_place(nonce(index, last), Aad::empty(), &mut self.open);
        let length = opened.map_err(|_| damaged("it was changed"))?.len();
        self.open.truncate(length);
        self.index = Some(index);
        Ok(())
    }
}

impl Read for Sealed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size {
            // Of an empty file, too, the one chunk has to open.
            if self.size == 0 {
                self.load(0)?;
            }
            return Ok(0);
        }
        let chunk = CHUNK as u64;
        self.load((self.position / chunk) as u32)?;
        let rest = self.open.get((self.position % chunk) as usize..).unwrap_or_default();
        if rest.is_empty() {
            return Err(damaged("it is cut short"));
        }
        let taken = rest.len().min(into.len());
        into[..taken].copy_from_slice(&rest[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }
}

impl Seek for Sealed {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
