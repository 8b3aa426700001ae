//! What a person writes, checked: exactly one of text, file, place and cards; a file may bear a text. Unlike what strangers
//! send, what makes no sense is refused, so that the writer can mend it.

use ownline_model::{
    conversation::Conversation,
    details::{Content, FileState, MessageDetails, Quote},
    ids::MessageId,
    limits,
    message::{Message, MessageKind, NewMessage, preview},
    problem::ProblemCode,
};

use super::{Caller, Done, Refusal, details, media};
use crate::store::{Tx, media::Media, messages};

/// A message's content, ready to be stored.
pub(super) struct Composed {
    pub(super) kind: MessageKind,
    pub(super) text: Option<String>,
    pub(super) details: MessageDetails,
    /// The file that the message takes.
    pub(super) file: Option<Media>,
}

pub(super) async fn compose(tx: &Tx, caller: &Caller, conversation: &Conversation, new: &NewMessage) -> Done<Composed> {
    let has_text = !new.text.trim().is_empty();
    let parts = [new.media_id.is_some(), new.place.is_some(), !new.cards.is_empty()];
    match parts.into_iter().filter(|is_there| *is_there).count() {
        0 => limits::check_text(&new.text)?,
        1 => {}
        _ => return Err(Refusal::because(ProblemCode::InvalidRequest, "A message is one of file, place and cards.")),
    }
    if has_text {
        limits::check_text(&new.text)?;
    }
    let file = match new.media_id {
        Some(id) => Some(media::chosen(tx, caller, id).await?),
        None => None,
    };
    let (kind, content) = match (&file, new.place.clone()) {
        (Some(file), _) => (file.kind, Some(Content::File(file.attachment.clone()))),
        (None, Some(place)) => {
            let place = details::place(place).ok_or_else(|| Refusal::field("place", "This is no place on earth."))?;
            (MessageKind::Location, Some(Content::Place(place)))
        }
        (None, None) if !new.cards.is_empty() => (MessageKind::ContactCard, Some(cards(new)?)),
        (None, None) => (MessageKind::Text, None),
    };
    if has_text && !bears_text(kind) {
        return Err(Refusal::field("text", "WhatsApp shows no text with this."));
    }
    let reply_to = match new.reply_to {
        Some(id) => Some(Box::new(quote(tx, conversation, id).await?)),
        None => None,
    };
    Ok(Composed {
        kind,
        text: has_text.then(|| new.text.clone()),
        details: MessageDetails { content: content.map(Box::new), reply_to, ..MessageDetails::default() },
        file,
    })
}

const fn bears_text(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Text | MessageKind::Image | MessageKind::Video | MessageKind::Document)
}

fn cards(new: &NewMessage) -> Done<Content> {
    if new.cards.len() > details::CARDS_MAX {
        return Err(Refusal::field("cards", "At most 20 cards in a message."));
    }
    let cards: Vec<_> = new.cards.iter().cloned().filter_map(details::card).collect();
    if cards.len() < new.cards.len() || cards.iter().any(|card| card.name.is_empty()) {
        return Err(Refusal::field("cards", "A card needs a name."));
    }
    Ok(Content::Cards { cards })
}

async fn quote(tx: &Tx, conversation: &Conversation, id: MessageId) -> Done<Quote> {
    let answered = messages::find(tx, id).await?.filter(|it| it.conversation_id == conversation.id);
    let answered = answered.ok_or_else(|| Refusal::field("reply_to", "There is no such message in this chat."))?;
    Ok(Quote {
        wa_id: answered.wa_id,
        message_id: Some(answered.id),
        direction: answered.direction,
        kind: answered.kind,
        preview: answered.text.as_deref().map(preview).unwrap_or_default(),
    })
}

/// A reply that a colleague's machine composed: what it says it is must be what it carries.
pub(super) fn check_routed(message: &mut Message) -> Done<()> {
    use MessageKind::{Audio, ContactCard, Document, Image, Location, Sticker, Text, Video, Voice};
    let text = message.text.take().filter(|text| !text.trim().is_empty());
    let kind = match message.details.content.as_deref_mut() {
        None => {
            limits::check_text(text.as_deref().unwrap_or_default())?;
            Text
        }
        Some(Content::File(file)) => {
            // Its bytes follow.
            file.state = FileState::Remote;
            match message.kind {
                kind @ (Image | Video | Audio | Voice | Document | Sticker) => kind,
                _ => return Err(Refusal::field("message.kind", "A file of which kind?")),
            }
        }
        Some(Content::Place(_)) => Location,
        Some(Content::Cards { cards }) if !cards.is_empty() => ContactCard,
        Some(_) => return Err(Refusal::field("message.details", "This cannot be sent.")),
    };
    if text.is_some() && !bears_text(kind) {
        return Err(Refusal::field("message.text", "WhatsApp shows no text with this."));
    }
    if text.as_deref().is_some_and(|text| text.chars().count() > limits::TEXT_MAX_CHARS) {
        return Err(ProblemCode::TextTooLong.into());
    }
    message.kind = kind;
    message.text = text;
    // What only becomes of a message later.
    message.details.reactions.clear();
    (message.details.edited_at, message.details.revoked_at) = (None, None);
    message.details.sender = None;
    Ok(())
}
