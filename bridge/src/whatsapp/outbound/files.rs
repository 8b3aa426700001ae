//! Files that lie at WhatsApp, as their messages tell of them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ownline_model::{details::Attachment, message::MessageKind};
use whatsapp_rust::waproto::{
    buffa::MessageField,
    whatsapp::{
        self as wa,
        message::{AudioMessage, DocumentMessage, FutureProofMessage, ImageMessage, StickerMessage, VideoMessage},
    },
};

use crate::store::inbound::Uploaded;

/// What WhatsApp's own clients call a voice note.
const VOICE: &str = "audio/ogg; codecs=opus";

macro_rules! file_message {
    ($kind:ident, $file:expr, $uploaded:expr, $context:expr, { $($field:ident: $value:expr),* $(,)? }) => {
        $kind {
            url: $uploaded.file.url.clone(),
            direct_path: Some($uploaded.file.direct_path.clone()),
            mimetype: Some($file.mime.clone()),
            file_sha256: $uploaded.file.sha256.map(|hash| hash.to_vec()),
            file_enc_sha256: Some($uploaded.file.enc_sha256.to_vec()),
            file_length: Some($uploaded.file.size),
            media_key: Some($uploaded.file.media_key.0.to_vec()),
            media_key_timestamp: $uploaded.file.key_timestamp,
            context_info: $context,
            $($field: $value,)*
            ..Default::default()
        }
    };
}

/// `None`: no kind that bears a file.
pub(super) fn of(
    kind: MessageKind,
    file: &Attachment,
    uploaded: &Uploaded,
    caption: Option<String>,
    context: MessageField<wa::ContextInfo>,
) -> Option<wa::Message> {
    let thumbnail = file.thumbnail.as_deref().and_then(|thumbnail| BASE64_STANDARD.decode(thumbnail).ok());
    let mut message = wa::Message::default();
    match kind {
        MessageKind::Image => {
            message.image_message = MessageField::some(file_message!(ImageMessage, file, uploaded, context, {
                caption: caption,
                width: file.width,
                height: file.height,
                jpeg_thumbnail: thumbnail,
            }));
        }
        MessageKind::Video => {
            message.video_message = MessageField::some(file_message!(VideoMessage, file, uploaded, context, {
                caption: caption,
                width: file.width,
                height: file.height,
                seconds: file.seconds,
                jpeg_thumbnail: thumbnail,
                streaming_sidecar: uploaded.sidecar.clone(),
            }));
        }
        MessageKind::Audio | MessageKind::Voice => {
            let mut audio = file_message!(AudioMessage, file, uploaded, context, {
                seconds: file.seconds,
                streaming_sidecar: uploaded.sidecar.clone(),
            });
            if kind == MessageKind::Voice {
                audio.ptt = Some(true);
                audio.mimetype = Some(VOICE.to_owned());
                audio.waveform = Some(file.waveform.clone()).filter(|waveform| !waveform.is_empty());
            }
            message.audio_message = MessageField::some(audio);
        }
        MessageKind::Document => {
            let captioned = caption.is_some();
            let name = file.file_name.clone().unwrap_or_else(|| "file".to_owned());
            message.document_message = MessageField::some(file_message!(DocumentMessage, file, uploaded, context, {
                title: Some(name.clone()),
                file_name: Some(name),
                caption: caption,
                jpeg_thumbnail: thumbnail,
            }));
            if captioned {
                let wrapper = FutureProofMessage { message: MessageField::some(message) };
                return Some(wa::Message {
                    document_with_caption_message: MessageField::some(wrapper),
                    ..Default::default()
                });
            }
        }
        MessageKind::Sticker => {
            message.sticker_message = MessageField::some(file_message!(StickerMessage, file, uploaded, context, {
                width: file.width,
                height: file.height,
            }));
        }
        _ => return None,
    }
    Some(message)
}
