//! Pictures, films, sounds, documents and stickers.

use ownline_model::{
    details::{Attachment, Content as Carried, FileState},
    message::MessageKind,
};
use whatsapp_rust::waproto::whatsapp as wa;

use super::{Read, bounds};
use crate::store::inbound::{MediaKey, RemoteFile, RemoteMedia};

/// Longer paths do not occur.
const PATH_MAX: usize = 2_048;

/// What all kinds have in common.
struct Told<'a> {
    media: RemoteMedia,
    direct_path: Option<&'a String>,
    url: Option<&'a String>,
    media_key: Option<&'a [u8]>,
    sha256: Option<&'a [u8]>,
    enc_sha256: Option<&'a [u8]>,
    size: Option<u64>,
    key_timestamp: Option<i64>,
    mime: Option<&'a String>,
    mime_otherwise: &'a str,
}

macro_rules! told {
    ($message:expr, $media:ident, $mime_otherwise:literal) => {
        Told {
            media: RemoteMedia::$media,
            direct_path: $message.direct_path.as_ref(),
            url: $message.url.as_ref(),
            media_key: $message.media_key.as_deref(),
            sha256: $message.file_sha256.as_deref(),
            enc_sha256: $message.file_enc_sha256.as_deref(),
            size: $message.file_length,
            key_timestamp: $message.media_key_timestamp,
            mime: $message.mimetype.as_ref(),
            mime_otherwise: $mime_otherwise,
        }
    };
}

pub(super) fn of(message: &wa::Message) -> Option<Read> {
    if let Some(image) = message.image_message.as_option() {
        return Some(told!(image, Image, "image/jpeg").read(MessageKind::Image, image.caption.as_ref(), |file| {
            (file.width, file.height) = (image.width, image.height);
            file.thumbnail = bounds::thumbnail(image.jpeg_thumbnail.as_deref());
        }));
    }
    if let Some(video) = message.video_message.as_option().or_else(|| message.ptv_message.as_option()) {
        return Some(told!(video, Video, "video/mp4").read(MessageKind::Video, video.caption.as_ref(), |file| {
            (file.width, file.height, file.seconds) = (video.width, video.height, video.seconds);
            file.thumbnail = bounds::thumbnail(video.jpeg_thumbnail.as_deref());
        }));
    }
    if let Some(audio) = message.audio_message.as_option() {
        let kind = if audio.ptt == Some(true) { MessageKind::Voice } else { MessageKind::Audio };
        return Some(told!(audio, Audio, "audio/ogg").read(kind, None, |file| {
            file.seconds = audio.seconds;
            file.waveform = bounds::waveform(audio.waveform.as_deref());
        }));
    }
    if let Some(document) = message.document_message.as_option() {
        let told = told!(document, Document, "application/octet-stream");
        return Some(told.read(MessageKind::Document, document.caption.as_ref(), |file| {
            file.file_name =
                bounds::line_of(document.file_name.as_ref()).or_else(|| bounds::line_of(document.title.as_ref()));
            file.thumbnail = bounds::thumbnail(document.jpeg_thumbnail.as_deref());
        }));
    }
    let sticker = message.sticker_message.as_option()?;
    Some(told!(sticker, Sticker, "image/webp").read(MessageKind::Sticker, None, |file| {
        (file.width, file.height) = (sticker.width, sticker.height);
    }))
}

impl Told<'_> {
    fn read(self, kind: MessageKind, caption: Option<&String>, complete: impl FnOnce(&mut Attachment)) -> Read {
        let remote = self.remote();
        let mut file = Attachment {
            mime: bounds::mime(self.mime, self.mime_otherwise),
            size: self.size.unwrap_or_default(),
            file_name: None,
            width: None,
            height: None,
            seconds: None,
            waveform: vec![],
            thumbnail: None,
            sha256: self.sha256.filter(|hash| hash.len() == 32).map(hex::encode),
            // What nobody can open is nowhere to be had.
            state: if remote.is_some() { FileState::Remote } else { FileState::Gone },
        };
        complete(&mut file);
        let known = |side: u32| side > 0;
        file.width = file.width.filter(|&side| known(side));
        file.height = file.height.filter(|&side| known(side));
        let mut read = Read::new(kind, caption.cloned()).carrying(Carried::File(file));
        read.remote = remote.map(Box::new);
        read
    }

    fn remote(&self) -> Option<RemoteFile> {
        let bytes = |bytes: Option<&[u8]>| bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        Some(RemoteFile {
            media: self.media,
            direct_path: self.direct_path.cloned().or_else(|| path_of(self.url?)).filter(|path| is_path(path))?,
            url: self.url.filter(|url| is_whatsapps(url)).cloned(),
            media_key: MediaKey(bytes(self.media_key)?),
            sha256: bytes(self.sha256),
            enc_sha256: bytes(self.enc_sha256)?,
            size: self.size.unwrap_or_default(),
            key_timestamp: self.key_timestamp,
        })
    }
}

/// The path is appended to the address of a media host: it must not be able to name another.
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= PATH_MAX
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

fn path_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    rest.find('/').and_then(|start| rest.get(start..)).map(str::to_owned)
}

/// Only WhatsApp's own hosts: a stranger's message must not make this machine call elsewhere.
fn is_whatsapps(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    url.len() <= PATH_MAX && host.is_some_and(|host| host.ends_with(".whatsapp.net") && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_name_another_host() {
        assert!(is_path("/v/t62.7118-24/12345_n.enc?ccb=11-4&oh=01_Q5A"));
        for wrong in ["", "@evil.example/x", "//evil.example/x", ".evil.example/x", "/a b", "/a\r\nHost: x", "/a\\b"] {
            assert!(!is_path(wrong), "{wrong:?}");
        }
        assert!(!is_path(&format!("/{}", "a".repeat(PATH_MAX))));
    }

    #[test]
    fn addresses_are_whatsapps_own() {
        assert!(is_whatsapps("https://mmg.whatsapp.net/v/x.enc"));
        for wrong in [
            "http://mmg.whatsapp.net/x",
            "https://evil.example/x",
            "https://evil.example@mmg.whatsapp.net/x",
            "https://169.254.169.254/mmg.whatsapp.net",
            "https://mmgwhatsapp.net/x",
        ] {
            assert!(!is_whatsapps(wrong), "{wrong}");
        }
    }
}
