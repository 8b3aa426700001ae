//! A file that the agent hands over: sealed to disk as it comes, never whole in memory, stopped where it becomes larger than
//! WhatsApp takes.

use std::io::{self, Write as _};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use ownline_model::{
    details::{Attachment, FileState},
    ids::MediaId,
    limits,
    message::{MessageKind, UploadedMedia},
    problem::{Problem, ProblemCode},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::{
    describe,
    folder::{Held, MediaFolder, NewFile},
    picture::PictureError,
    sniff,
    voice::{self, VoiceError},
};

/// How the agent means a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) name: Option<String>,
    /// A recording that becomes a voice note.
    pub(crate) voice: bool,
    /// Samples a second, where a recording is nothing but samples.
    pub(crate) rate: Option<u32>,
    /// Whatever it is, it goes as a document.
    pub(crate) document: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum IntakeError {
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    #[error("it is empty")]
    Empty,
    #[error("it did not come to its end")]
    BrokenOff,
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Voice(#[from] VoiceError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        let unreadable = |detail: String| Self::new(ProblemCode::MediaUnreadable).with_detail(detail);
        match error {
            IntakeError::TooLarge(limit) => Self::new(ProblemCode::MediaTooLarge)
                .with_detail(format!("WhatsApp takes at most {} MB of this kind of file.", limit >> 20)),
            IntakeError::Voice(VoiceError::TooLong) => {
                Self::new(ProblemCode::MediaTooLarge).with_detail("A voice message is at most 15 minutes long.")
            }
            IntakeError::Empty | IntakeError::Voice(VoiceError::Empty) => unreadable("The file is empty.".to_owned()),
            IntakeError::BrokenOff => Self::new(ProblemCode::InvalidRequest).with_detail("The file broke off."),
            IntakeError::Io(error)
            | IntakeError::Picture(PictureError::Io(error))
            | IntakeError::Voice(VoiceError::Io(error)) => disk(&error),
            IntakeError::Picture(error @ PictureError::TooManyPixels { .. }) => {
                unreadable(format!("It is {error}. Send it as a document."))
            }
            IntakeError::Picture(error) => unreadable(format!("It is no whole picture: {error}.")),
            IntakeError::Voice(error) => unreadable(error.to_string()),
        }
    }
}

/// Whether there is no room left.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

pub(crate) fn disk(error: &io::Error) -> Problem {
    if is_full(error) {
        ProblemCode::DiskFull.into()
    } else {
        tracing::error!(%error, "a file could not be kept");
        ProblemCode::Internal.into()
    }
}

/// Pieces of a file between the network and the disk.
pub(crate) const PIECES: usize = 8;

/// A piece of the file, or its end: a channel that closes before the end is a file that broke off.
#[derive(Debug)]
pub(crate) enum Piece {
    Bytes(Bytes),
    End,
}

/// Takes what comes through the channel. Blocks: for a thread that may. The file is kept once a row names it, so hold on to
/// what comes back until then.
pub(crate) fn take(
    folder: &MediaFolder,
    pieces: mpsc::Receiver<Piece>,
    meant: &Meant,
) -> Result<(UploadedMedia, Held), IntakeError> {
    let result = if meant.voice { take_voice(folder, pieces, meant) } else { take_file(folder, pieces, meant) };
    result.map(|(kind, attachment, held)| (UploadedMedia { id: MediaId::fresh(), kind, attachment }, held))
}

type Taken = (MessageKind, Attachment, Held);

fn take_file(folder: &MediaFolder, pieces: mpsc::Receiver<Piece>, meant: &Meant) -> Result<Taken, IntakeError> {
    let file_name = meant.name.as_deref().and_then(describe::clean_file_name);
    let mut kind = MessageKind::Document;
    let received = receive(folder, pieces, |head| {
        if !meant.document {
            kind = sniff::kind_of(sniff::by_bytes(head));
        }
        limits::file_max_bytes(kind).unwrap_or(limits::DOCUMENT_MAX_BYTES)
    })?;
    let attachment = Attachment {
        file_name: file_name.filter(|_| kind == MessageKind::Document),
        sha256: Some(received.sha256),
        ..nothing_known()
    };
    let attachment = describe::complete(attachment, kind, folder.read(&received.held.name)?)?;
    let (kind, attachment) = sticker(folder, &received.held, kind, attachment);
    Ok((kind, attachment, received.held))
}

/// Pictures in the stickers' form are stickers.
fn sticker(folder: &MediaFolder, held: &Held, kind: MessageKind, file: Attachment) -> (MessageKind, Attachment) {
    if kind != MessageKind::Document || file.mime != "image/webp" || file.size > limits::STICKER_MAX_BYTES {
        return (kind, file);
    }
    let as_sticker = folder.read(&held.name).map_err(PictureError::from);
    let as_sticker = as_sticker.and_then(|sealed| describe::complete(file.clone(), MessageKind::Sticker, sealed));
    match as_sticker {
        Ok(sticker) if (sticker.width, sticker.height) == (Some(512), Some(512)) => {
            (MessageKind::Sticker, Attachment { file_name: None, ..sticker })
        }
        _ => (kind, file),
    }
}

fn take_voice(folder: &MediaFolder, pieces: mpsc::Receiver<Piece>, meant: &Meant) -> Result<Taken, IntakeError> {
    let recording = receive(folder, pieces, |_| voice::RECORDING_MAX_BYTES)?;
    let mut note = Hashed { file: folder.create()?, hash: Sha256::new() };
    let heard = voice::make(folder.read(&recording.held.name)?, meant.rate, &mut note)?;
    let (sha256, (held, size)) = (hex::encode(note.hash.finalize()), note.file.finish()?);
    if size > limits::AUDIO_MAX_BYTES {
        return Err(IntakeError::TooLarge(limits::AUDIO_MAX_BYTES));
    }
    let attachment = Attachment {
        mime: sniff::VOICE.to_owned(),
        size,
        seconds: Some(heard.seconds),
        waveform: heard.waveform.to_vec(),
        sha256: Some(sha256),
        ..nothing_known()
    };
    Ok((MessageKind::Voice, attachment, held))
}

const fn nothing_known() -> Attachment {
    Attachment {
        mime: String::new(),
        size: 0,
        file_name: None,
        width: None,
        height: None,
        seconds: None,
        waveform: Vec::new(),
        thumbnail: None,
        sha256: None,
        state: FileState::Here,
    }
}

/// A new file, and the hash of what went in.
struct Hashed {
    file: NewFile,
    hash: Sha256,
}

impl io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that came to its end.
pub(crate) struct Received {
    pub(crate) held: Held,
    /// Hexadecimal.
    pub(crate) sha256: String,
}

/// Seals what comes. `limit` is asked once the beginning is known. Blocks.
pub(crate) fn receive(
    folder: &MediaFolder,
    pieces: mpsc::Receiver<Piece>,
    limit: impl FnOnce(&[u8]) -> u64,
) -> Result<Received, IntakeError> {
    let mut out = Hashed { file: folder.create()?, hash: Sha256::new() };
    pour(pieces, &mut out, limit)?;
    let sha256 = hex::encode(out.hash.finalize());
    let (held, _) = out.file.finish()?;
    Ok(Received { held, sha256 })
}

/// Passes on what comes, until it ends, breaks off, or nobody wants more of it.
pub(crate) async fn pass_on<E: std::fmt::Display>(
    mut from: impl Stream<Item = Result<Bytes, E>> + Unpin,
    pieces: mpsc::Sender<Piece>,
) {
    loop {
        let piece = match from.next().await {
            Some(Ok(bytes)) => Piece::Bytes(bytes),
            Some(Err(error)) => return tracing::debug!(%error, "a file broke off"),
            None => Piece::End,
        };
        let ended = matches!(piece, Piece::End);
        if pieces.send(piece).await.is_err() || ended {
            return;
        }
    }
}

fn pour(
    mut pieces: mpsc::Receiver<Piece>,
    out: &mut Hashed,
    limit: impl FnOnce(&[u8]) -> u64,
) -> Result<(), IntakeError> {
    let mut head = Vec::with_capacity(sniff::HEAD);
    let mut limit = Some(limit);
    let mut most = limits::DOCUMENT_MAX_BYTES;
    let mut size = 0_u64;
    loop {
        let piece = pieces.blocking_recv().ok_or(IntakeError::BrokenOff)?;
        if let Piece::Bytes(bytes) = &piece {
            size += bytes.len() as u64;
            head.extend_from_slice(&bytes[..bytes.len().min(sniff::HEAD - head.len())]);
            out.write_all(bytes)?;
        }
        let ended = matches!(piece, Piece::End);
        if (ended || head.len() == sniff::HEAD)
            && let Some(limit) = limit.take()
        {
            most = limit(&head);
        }
        if size > most {
            return Err(IntakeError::TooLarge(most));
        }
        if ended {
            return if size == 0 { Err(IntakeError::Empty) } else { Ok(()) };
        }
    }
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
