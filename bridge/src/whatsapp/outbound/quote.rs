//! The message that one answers, as it stood, inside the answer.

use ownline_model::{
    details::{Content, Quote},
    message::{Direction, Message, MessageKind},
};
use whatsapp_rust::{
    Jid,
    waproto::{
        buffa::MessageField,
        whatsapp::{
            self as wa,
            message::{
                AudioMessage, ContactMessage, DocumentMessage, ImageMessage, LocationMessage, PollCreationMessage,
                StickerMessage, VideoMessage,
            },
        },
    },
};

use super::Own;
use crate::store::inbound::ToSend;

pub(super) fn context(message: &ToSend, to: &Jid, own: &Own, uses_lids: bool) -> MessageField<wa::ContextInfo> {
    let Some(quote) = message.details.reply_to.as_deref() else { return MessageField::none() };
    // Both in the same kind of name, as the recipient knows them.
    let me = if uses_lids { own.lid.as_ref().or(own.pn.as_ref()) } else { own.pn.as_ref().or(own.lid.as_ref()) };
    let author = match quote.direction {
        Direction::Outbound => me.cloned(),
        Direction::Inbound => super::author(message, to, uses_lids),
    };
    MessageField::some(wa::ContextInfo {
        stanza_id: Some(quote.wa_id.clone()),
        participant: author.as_ref().map(Jid::to_non_ad_string),
        quoted_message: MessageField::some(quoted(quote, message.quoted.as_deref())),
        ..Default::default()
    })
}

/// Enough of it to be shown above the answer.
fn quoted(quote: &Quote, known: Option<&Message>) -> wa::Message {
    let kind = known.map_or(quote.kind, |known| known.kind);
    let words = known.and_then(|known| known.text.clone()).or_else(|| Some(quote.preview.clone()));
    let words = words.filter(|words| !words.is_empty());
    let content = known.and_then(|known| known.details.content.as_deref());
    let mut message = wa::Message::default();
    match kind {
        MessageKind::Image => {
            message.image_message = MessageField::some(ImageMessage { caption: words, ..Default::default() });
        }
        MessageKind::Video => {
            message.video_message = MessageField::some(VideoMessage { caption: words, ..Default::default() });
        }
        MessageKind::Audio | MessageKind::Voice => {
            let ptt = Some(kind == MessageKind::Voice);
            message.audio_message = MessageField::some(AudioMessage { ptt, ..Default::default() });
        }
        MessageKind::Document => {
            let file_name = known.and_then(|known| known.details.attachment()?.file_name.clone());
            let document =
                DocumentMessage { title: file_name.clone(), file_name, caption: words, ..Default::default() };
            message.document_message = MessageField::some(document);
        }
        MessageKind::Sticker => message.sticker_message = MessageField::some(StickerMessage::default()),
        MessageKind::Location => {
            let (latitude, longitude) = match content {
                Some(Content::Place(place)) => (Some(place.latitude), Some(place.longitude)),
                _ => (None, None),
            };
            message.location_message = MessageField::some(LocationMessage {
                degrees_latitude: latitude,
                degrees_longitude: longitude,
                name: words,
                ..Default::default()
            });
        }
        MessageKind::ContactCard => {
            let name = match content {
                Some(Content::Cards { cards }) => cards.first().map(|card| card.name.clone()),
                _ => words,
            };
            message.contact_message = MessageField::some(ContactMessage { display_name: name, ..Default::default() });
        }
        MessageKind::Poll => {
            let name = match content {
                Some(Content::Poll(poll)) => Some(poll.question.clone()),
                _ => words,
            };
            message.poll_creation_message = MessageField::some(PollCreationMessage { name, ..Default::default() });
        }
        _ => message.conversation = Some(words.unwrap_or_default()),
    }
    message
}
