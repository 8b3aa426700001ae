//! A file that somebody sends: encrypted under a key of its own and put with the media hosts.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wacore::download::MediaType;
use wacore::upload::{EncryptedMediaInfo, encrypt_media_streaming};
use waproto::whatsapp::Message;

use super::content::{self, Surroundings, Uploaded};
use super::generate::Made;
use super::person::Person;
use super::thumbnail::{self, Thumbnail};
use crate::network::media::{MediaKind, Token};
use crate::network::{Network, now_seconds};
use crate::world::{Content, MediaContent, MediaSort, Result, WorldError};

/// Pictures beyond this get no small version.
const LARGEST_PICTURE: u64 = 32 * 1024 * 1024;

/// Where the plain bytes come from. Read as often as they are needed, never all at once.
#[derive(Debug)]
enum Source {
    Bytes(Vec<u8>),
    File(PathBuf),
    Made(Made),
}

impl Source {
    fn of(media: &mut MediaContent) -> Result<Self> {
        let bad = |why: &str| Err(WorldError::BadMedia(why.to_owned()));
        let source = match (media.data.as_str(), media.path.take(), media.generated) {
            ("", None, Some(generated)) => Self::Made(Made::new(media, generated)?),
            ("", Some(path), None) => {
                let path = PathBuf::from(path);
                if media.file_name.is_none() && media.kind == MediaSort::Document {
                    media.file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                }
                Self::File(path)
            }
            ("", None, None) => return bad("data, path or generated says where it comes from"),
            (data, None, None) => match STANDARD.decode(data) {
                Ok(bytes) if bytes.is_empty() => return bad("it has no bytes"),
                Ok(bytes) => Self::Bytes(bytes),
                Err(error) => return bad(&format!("data is no base64: {error}")),
            },
            _ => return bad("it comes from one of data, path and generated"),
        };
        media.data.clear();
        media.generated = None;
        if media.mime.is_empty() {
            media.kind.default_mime().clone_into(&mut media.mime);
        }
        Ok(source)
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes)),
            Self::File(path) => Box::new(BufReader::new(File::open(path)?)),
            Self::Made(made) => Box::new(made.read()),
        })
    }

    fn thumbnail(&self) -> Option<Thumbnail> {
        let mut bytes = Vec::new();
        self.open().ok()?.take(LARGEST_PICTURE).read_to_end(&mut bytes).ok()?;
        thumbnail::of(&bytes)
    }
}

/// The hosts' name for what is sent as `sort`, and the name under which its keys are derived.
pub(super) fn kinds(sort: MediaSort) -> (MediaKind, MediaType) {
    match sort {
        MediaSort::Image => (MediaKind::Image, MediaType::Image),
        MediaSort::Video => (MediaKind::Video, MediaType::Video),
        MediaSort::Audio | MediaSort::Voice => (MediaKind::Audio, MediaType::Audio),
        MediaSort::Document => (MediaKind::Document, MediaType::Document),
        MediaSort::Sticker => (MediaKind::Image, MediaType::Sticker),
    }
}

/// Puts a file with the media hosts. Fills in what the request left open.
pub(super) async fn upload(network: &Network, uploader: u64, media: &mut MediaContent) -> Result<Uploaded> {
    let source = Source::of(media)?;
    let (kind, keys) = kinds(media.kind);
    let scratch = network.media_scratch();
    let seconds = match &source {
        Source::Made(made) => made.seconds,
        _ => None,
    };
    let (picture, target) = (media.kind == MediaSort::Image, scratch.clone());
    let work = move || {
        let info = encrypt(&source, &target, keys)?;
        let thumbnail = if picture { source.thumbnail() } else { None };
        Ok((info, thumbnail))
    };
    let done: Result<_> = tokio::task::spawn_blocking(work).await.map_err(|_| WorldError::Closing)?;
    let (info, thumbnail) = match done {
        Ok(done) => done,
        Err(error) => {
            // A half-written file is of no use, and may not even be there.
            let _ = tokio::fs::remove_file(&scratch).await;
            return Err(error);
        }
    };
    let stored = network.put_media_file(kind, uploader, &scratch, Token(info.file_enc_sha256)).await?;
    Ok(Uploaded {
        stored,
        key: info.media_key,
        sha256: info.file_sha256,
        enc_sha256: info.file_enc_sha256,
        size: info.file_length,
        at: now_seconds(),
        sidecar: info.streaming_sidecar,
        dimensions: thumbnail.as_ref().map(|thumbnail| thumbnail.original),
        thumbnail: thumbnail.map(|thumbnail| thumbnail.jpeg),
        seconds,
    })
}

fn encrypt(source: &Source, target: &Path, keys: MediaType) -> Result<EncryptedMediaInfo> {
    let unreadable = |error: io::Error| WorldError::BadMedia(format!("it cannot be read: {error}"));
    let reader = source.open().map_err(unreadable)?;
    let writer = File::create(target).map_err(|error| WorldError::Storage(error.to_string()))?;
    let info = encrypt_media_streaming(reader, BufWriter::new(writer), keys)
        .map_err(|error| WorldError::BadMedia(format!("it cannot be encrypted: {error}")))?;
    if info.file_length == 0 {
        return Err(WorldError::BadMedia("it has no bytes".to_owned()));
    }
    Ok(info)
}

impl Person {
    /// A message with a made-up picture, whose file is uploaded.
    pub async fn picture(&self, to: u64, seed: u64, bytes: u64) -> Result<Message> {
        let generated = serde_json::json!({ "kind": "image", "generated": { "seed": seed, "bytes": bytes }, "width": 320, "height": 240 });
        let mut media: MediaContent =
            serde_json::from_value(generated).map_err(|error| WorldError::BadMedia(error.to_string()))?;
        let file = upload(&self.network, self.number(), &mut media).await?;
        let around = Surroundings { peer: to, file: Some(file), ..Surroundings::default() };
        content::to_message(&Content::Media(media), around)
    }
}
