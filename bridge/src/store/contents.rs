//! What a person writes, checked: exactly one of text, file, place and cards; a file may bear a text. The server checks the
//! same of what its own screen writes.

use ownline_model::{
    conversation::Conversation,
    details::{ContactCard, Content, MessageDetails, Place, Quote},
    ids::MessageId,
    limits::{self, clean_name},
    message::{MessageKind, NewMessage},
    problem::{Problem, ProblemCode},
};
use rusqlite::Connection;

use super::{Result, media, people, table};

/// A message's content, ready to be stored.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) kind: MessageKind,
    pub(super) text: Option<String>,
    pub(super) details: MessageDetails,
}

const CARDS_MAX: usize = 20;
const CARD_LINES_MAX: usize = 10;

fn wrong(field: &str, detail: &str) -> Problem {
    Problem::new(ProblemCode::InvalidRequest).with_field(field).with_detail(detail)
}

pub(super) fn compose(
    connection: &Connection,
    conversation: &Conversation,
    new: &NewMessage,
) -> Result<std::result::Result<Composed, Problem>> {
    let has_text = !new.text.trim().is_empty();
    let parts = [new.media_id.is_some(), new.place.is_some(), !new.cards.is_empty()];
    let parts = parts.into_iter().filter(|part| *part).count();
    if parts > 1 {
        let detail = "A message is one of file, place and cards.";
        return Ok(Err(Problem::new(ProblemCode::InvalidRequest).with_detail(detail)));
    }
    if (parts == 0 || has_text)
        && let Err(code) = limits::check_text(&new.text)
    {
        return Ok(Err(Problem::new(code).with_field("text")));
    }
    let (kind, content) = match content(connection, new)? {
        Ok(found) => found,
        Err(problem) => return Ok(Err(problem)),
    };
    if has_text && !bears_text(kind) {
        return Ok(Err(wrong("text", "WhatsApp shows no text with this.")));
    }
    let reply_to = match new.reply_to {
        Some(id) => match quote(connection, conversation, id)? {
            Some(quote) => Some(Box::new(quote)),
            None => return Ok(Err(wrong("reply_to", "There is no such message in this chat."))),
        },
        None => None,
    };
    Ok(Ok(Composed {
        kind,
        text: has_text.then(|| new.text.clone()),
        details: MessageDetails { content: content.map(Box::new), reply_to, ..MessageDetails::default() },
    }))
}

/// Whether its words can be shown with it, and changed later.
pub(super) const fn bears_text(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Text | MessageKind::Image | MessageKind::Video | MessageKind::Document)
}

type Kind = (MessageKind, Option<Content>);

fn content(connection: &Connection, new: &NewMessage) -> Result<std::result::Result<Kind, Problem>> {
    if let Some(id) = new.media_id {
        let taken = media::take_media(connection, id, new.id)?;
        return Ok(taken
            .map(|(kind, file)| (kind, Some(Content::File(file))))
            .ok_or_else(|| Problem::new(ProblemCode::MediaUnknown).with_field("media_id")));
    }
    if let Some(place) = &new.place {
        return Ok(match checked_place(place) {
            Some(place) => Ok((MessageKind::Location, Some(Content::Place(place)))),
            None => Err(wrong("place", "This is no place on earth.")),
        });
    }
    if new.cards.is_empty() {
        return Ok(Ok((MessageKind::Text, None)));
    }
    if new.cards.len() > CARDS_MAX {
        return Ok(Err(wrong("cards", "At most 20 cards in a message.")));
    }
    let cards: Vec<ContactCard> = new.cards.iter().map(clean_card).collect();
    if cards.iter().any(|card| card.name.is_empty()) {
        return Ok(Err(wrong("cards", "A card needs a name.")));
    }
    Ok(Ok((MessageKind::ContactCard, Some(Content::Cards { cards }))))
}

fn line(text: &str) -> Option<String> {
    Some(clean_name(text)).filter(|line| !line.is_empty())
}

fn checked_place(place: &Place) -> Option<Place> {
    let is_there = (-90.0..=90.0).contains(&place.latitude) && (-180.0..=180.0).contains(&place.longitude);
    is_there.then(|| Place {
        latitude: place.latitude,
        longitude: place.longitude,
        name: place.name.as_deref().and_then(line),
        address: place.address.as_deref().and_then(line),
        // A place that moves is the phone's to share.
        live: false,
    })
}

fn clean_card(card: &ContactCard) -> ContactCard {
    let lines = |lines: &[String]| lines.iter().filter_map(|text| line(text)).take(CARD_LINES_MAX).collect();
    ContactCard {
        name: clean_name(&card.name),
        phones: lines(&card.phones),
        emails: lines(&card.emails),
        organisation: card.organisation.as_deref().and_then(line),
    }
}

fn quote(connection: &Connection, conversation: &Conversation, id: MessageId) -> Result<Option<Quote>> {
    let id = MessageId(table::alias::resolve(connection, id.0)?);
    let answered = table::message::get(connection, id)?;
    let answered = answered.filter(|it| it.conversation_id == conversation.id && it.kind != MessageKind::Gap);
    Ok(answered.map(|answered| Quote {
        preview: people::as_last(&answered).preview,
        wa_id: answered.wa_id,
        message_id: Some(answered.id),
        direction: answered.direction,
        kind: answered.kind,
    }))
}
