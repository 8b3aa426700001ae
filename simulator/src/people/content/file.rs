//! The part of a message that leads to a file.

use waproto::buffa::MessageField;
use waproto::whatsapp::message::{
    AudioMessage, DocumentMessage, FutureProofMessage, ImageMessage, StickerMessage, VideoMessage,
};
use waproto::whatsapp::{ContextInfo, Message};

use super::unwrapped;
use crate::network::media::{Stored, Token};
use crate::world::{MediaContent, MediaSort};

/// A file on the media hosts, as its author knows it.
#[derive(Debug)]
pub(in crate::people) struct Uploaded {
    pub stored: Stored,
    pub key: [u8; 32],
    pub sha256: [u8; 32],
    pub enc_sha256: [u8; 32],
    pub size: u64,
    /// Seconds.
    pub at: i64,
    pub sidecar: Option<Vec<u8>>,
    pub thumbnail: Option<Vec<u8>>,
    /// Pixels.
    pub dimensions: Option<(u32, u32)>,
    pub seconds: Option<u32>,
}

macro_rules! pointed {
    ($kind:ident, $media:expr, $uploaded:expr, { $($field:ident: $value:expr),* $(,)? }) => {
        $kind {
            url: Some($uploaded.stored.url.clone()),
            direct_path: Some($uploaded.stored.direct_path.clone()),
            media_key: Some($uploaded.key.to_vec()),
            media_key_timestamp: Some($uploaded.at),
            file_sha256: Some($uploaded.sha256.to_vec()),
            file_enc_sha256: Some($uploaded.enc_sha256.to_vec()),
            file_length: Some($uploaded.size),
            mimetype: Some($media.mime.clone()),
            $($field: $value,)*
            ..Default::default()
        }
    };
}

/// The message that leads to an uploaded file.
pub(super) fn message(media: &MediaContent, file: &Uploaded, context: MessageField<ContextInfo>) -> Message {
    let (width, height) = match file.dimensions {
        Some((width, height)) => (Some(width), Some(height)),
        None => (None, None),
    };
    let (width, height) = (media.width.or(width), media.height.or(height));
    let seconds = media.seconds.or(file.seconds);
    let view_once = media.view_once.then_some(true);
    let thumbnail = file.thumbnail.clone();
    let mut message = Message::default();
    match media.kind {
        MediaSort::Image => {
            message.image_message = MessageField::some(pointed!(ImageMessage, media, file, {
                caption: media.caption.clone(), width: width, height: height, jpeg_thumbnail: thumbnail,
                view_once: view_once, context_info: context,
            }));
        }
        MediaSort::Video => {
            message.video_message = MessageField::some(pointed!(VideoMessage, media, file, {
                caption: media.caption.clone(), width: width, height: height, seconds: seconds,
                jpeg_thumbnail: thumbnail, streaming_sidecar: file.sidecar.clone(), view_once: view_once,
                context_info: context,
            }));
        }
        MediaSort::Audio | MediaSort::Voice => {
            let voice = media.kind == MediaSort::Voice;
            let waveform = voice.then(|| media.waveform.clone().unwrap_or_else(speech));
            message.audio_message = MessageField::some(pointed!(AudioMessage, media, file, {
                seconds: seconds, ptt: Some(voice), streaming_sidecar: file.sidecar.clone(), waveform: waveform,
                view_once: view_once, context_info: context,
            }));
        }
        MediaSort::Document => {
            message.document_message = MessageField::some(pointed!(DocumentMessage, media, file, {
                caption: media.caption.clone(), file_name: media.file_name.clone(), title: media.file_name.clone(),
                jpeg_thumbnail: thumbnail, context_info: context,
            }));
        }
        MediaSort::Sticker => {
            message.sticker_message = MessageField::some(pointed!(StickerMessage, media, file, {
                width: width, height: height, is_animated: Some(false), context_info: context,
            }));
        }
    }
    wrapped(media, message)
}

/// Some kinds travel inside of a wrapper that older clients skip.
fn wrapped(media: &MediaContent, message: Message) -> Message {
    let wrap = |message| MessageField::some(FutureProofMessage { message: MessageField::some(message) });
    match media.kind {
        MediaSort::Document if media.caption.is_some() => {
            Message { document_with_caption_message: wrap(message), ..Default::default() }
        }
        MediaSort::Image | MediaSort::Video if media.view_once => {
            Message { view_once_message_v2: wrap(message), ..Default::default() }
        }
        MediaSort::Voice if media.view_once => {
            Message { view_once_message_v2_extension: wrap(message), ..Default::default() }
        }
        _ => message,
    }
}

/// 64 values that look like somebody talking.
fn speech() -> Vec<u8> {
    (0_u32..64).map(|index| ((index * 37 + index * index * 11) % 90 + 8) as u8).collect()
}

/// What is needed to fetch and decrypt the file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::people) struct FileRef {
    pub sort: MediaSort,
    pub direct_path: String,
    pub key: [u8; 32],
    pub sha256: [u8; 32],
    pub token: Token,
    pub size: u64,
    pub mime: String,
}

macro_rules! reference {
    ($sort:expr, $part:expr) => {
        Some(FileRef {
            sort: $sort,
            direct_path: $part.direct_path.clone()?,
            key: $part.media_key.as_deref()?.try_into().ok()?,
            sha256: $part.file_sha256.as_deref()?.try_into().ok()?,
            token: Token($part.file_enc_sha256.as_deref()?.try_into().ok()?),
            size: $part.file_length.unwrap_or_default(),
            mime: $part.mimetype.clone().unwrap_or_default(),
        })
    };
}

/// The file that a message leads to. `None` when it leads to none, or does not say all that is needed.
pub(in crate::people) fn file_of(message: &Message) -> Option<FileRef> {
    let message = unwrapped(message).message;
    if let Some(image) = message.image_message.as_option() {
        return reference!(MediaSort::Image, image);
    }
    if let Some(video) = message.video_message.as_option() {
        return reference!(MediaSort::Video, video);
    }
    if let Some(audio) = message.audio_message.as_option() {
        return reference!(if audio.ptt == Some(true) { MediaSort::Voice } else { MediaSort::Audio }, audio);
    }
    if let Some(document) = message.document_message.as_option() {
        return reference!(MediaSort::Document, document);
    }
    let sticker = message.sticker_message.as_option()?;
    reference!(MediaSort::Sticker, sticker)
}

macro_rules! shown {
    ($sort:expr, $part:expr, { $($field:ident: $value:expr),* $(,)? }) => {
        MediaContent {
            mime: $part.mimetype.clone().unwrap_or_default(),
            size: $part.file_length,
            sha256: $part.file_sha256.as_ref().map(hex::encode),
            $($field: $value,)*
            ..blank($sort)
        }
    };
}

fn blank(kind: MediaSort) -> MediaContent {
    MediaContent {
        kind,
        mime: String::new(),
        data: String::new(),
        path: None,
        generated: None,
        caption: None,
        file_name: None,
        width: None,
        height: None,
        seconds: None,
        waveform: None,
        view_once: false,
        size: None,
        sha256: None,
        thumbnail: false,
        fetched: None,
    }
}

/// What a message says about its file.
pub(super) fn content(message: &Message) -> Option<MediaContent> {
    let inner = unwrapped(message);
    let message = inner.message;
    let mut media = if let Some(image) = message.image_message.as_option() {
        shown!(MediaSort::Image, image, {
            caption: image.caption.clone(), width: image.width, height: image.height,
            thumbnail: image.jpeg_thumbnail.is_some(), view_once: image.view_once == Some(true),
        })
    } else if let Some(video) = message.video_message.as_option() {
        shown!(MediaSort::Video, video, {
            caption: video.caption.clone(), width: video.width, height: video.height, seconds: video.seconds,
            thumbnail: video.jpeg_thumbnail.is_some(), view_once: video.view_once == Some(true),
        })
    } else if let Some(audio) = message.audio_message.as_option() {
        let sort = if audio.ptt == Some(true) { MediaSort::Voice } else { MediaSort::Audio };
        shown!(sort, audio, {
            seconds: audio.seconds, waveform: audio.waveform.clone(), view_once: audio.view_once == Some(true),
        })
    } else if let Some(document) = message.document_message.as_option() {
        shown!(MediaSort::Document, document, {
            caption: document.caption.clone(), file_name: document.file_name.clone(),
            thumbnail: document.jpeg_thumbnail.is_some(),
        })
    } else if let Some(sticker) = message.sticker_message.as_option() {
        shown!(MediaSort::Sticker, sticker, { width: sticker.width, height: sticker.height })
    } else {
        return None;
    };
    media.view_once |= inner.view_once;
    Some(media)
}
