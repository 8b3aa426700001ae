//! What strangers put into a message besides its text. Too much of it is cut, what makes no sense is left out; the message
//! itself is a fact and stays.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ownline_model::{
    details::{
        Attachment, ContactCard, Content, FileState, GroupSender, MessageDetails, Place, Poll, PollOption, Quote,
        Reaction, THUMBNAIL_MAX_BYTES, WAVEFORM_BARS,
    },
    limits::clean_name,
    message::{Message, preview},
};

pub(crate) const CARDS_MAX: usize = 20;
const CARD_LINES_MAX: usize = 10;
const CARD_LINE_CHARS: usize = 254;
/// WhatsApp's own clients stop at 12.
const POLL_OPTIONS_MAX: usize = 24;
const LONG_CHARS: usize = 1_024;
const REACTIONS_MAX: usize = 100;
/// Families with skin tones are the longest.
const EMOJI_BYTES: usize = 64;
const ID_BYTES: usize = 128;
const FILE_NAME_CHARS: usize = 200;

/// As the desk keeps it.
pub(crate) fn clean(details: MessageDetails) -> MessageDetails {
    MessageDetails {
        content: details.content.and_then(|it| content(*it)).map(Box::new),
        reply_to: details.reply_to.and_then(|it| quote(*it)).map(Box::new),
        reactions: reactions(details.reactions),
        sender: details.sender.as_ref().and_then(sender),
        // Why a message waits is known, and changes, on the machine where it waits.
        hold: None,
        ..details
    }
}

/// Fills in what was withheld when the message came, now that its chat shares it. What stands there stays.
pub(super) fn fill(message: &mut Message, news: Message) {
    let told = clean(news.details);
    let stored = &mut message.details;
    let lacks_content = match stored.content.as_deref() {
        None => told.content.is_some(),
        Some(Content::File(file)) => {
            file.state == FileState::Withheld && told.attachment().is_some_and(|it| it.state != FileState::Withheld)
        }
        Some(_) => false,
    };
    let lacks_text = message.text.is_none() && news.text.is_some();
    if !lacks_text && !lacks_content {
        return;
    }
    message.text = message.text.take().or(news.text);
    if lacks_content {
        stored.content = told.content;
    }
    stored.reply_to = stored.reply_to.take().or(told.reply_to);
    stored.sender = stored.sender.take().or(told.sender);
    stored.edited_at = stored.edited_at.max(told.edited_at);
    if stored.reactions.is_empty() {
        stored.reactions = told.reactions;
    }
}

fn content(content: Content) -> Option<Content> {
    Some(match content {
        Content::File(file) => Content::File(attachment(file)),
        Content::Place(it) => Content::Place(place(it)?),
        Content::Cards { cards } => {
            Content::Cards { cards: cards.into_iter().take(CARDS_MAX).filter_map(card).collect() }
        }
        Content::Poll(it) => Content::Poll(poll(it)),
        Content::Choice { id, description } => {
            Content::Choice { id: cut(&id, ID_BYTES), description: description.and_then(|text| words(&text)) }
        }
        Content::Other { name } => Content::Other { name: cut(&clean_name(&name), ID_BYTES) },
    })
}

/// A file as its sender says it is. Whether the bytes are here the desk knows best itself.
pub(crate) fn attachment(file: Attachment) -> Attachment {
    let thumbnail = file.thumbnail.filter(|it| it.len() <= THUMBNAIL_MAX_BYTES && STANDARD.decode(it).is_ok());
    let sha256 = file.sha256.map(|it| it.to_ascii_lowercase()).filter(|it| is_sha256(it));
    Attachment {
        mime: mime(&file.mime),
        file_name: file.file_name.and_then(|name| file_name(&name)),
        waveform: file.waveform.into_iter().take(WAVEFORM_BARS).map(|bar| bar.min(100)).collect(),
        thumbnail,
        sha256,
        state: match file.state {
            state @ (FileState::Gone | FileState::Withheld) => state,
            _ => FileState::Remote,
        },
        ..file
    }
}

/// `type/subtype` without parameters, or bytes of an unknown kind.
pub(crate) fn mime(mime: &str) -> String {
    let essence = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |it: &str| {
        !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'+' | b'_'))
    };
    match essence.split_once('/') {
        Some((kind, sub)) if essence.len() <= ID_BYTES && is_token(kind) && is_token(sub) => essence,
        _ => "application/octet-stream".to_owned(),
    }
}

/// The last part of a path, without what a file system or a header could take for an order.
pub(crate) fn file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !is_odd(*c)).take(FILE_NAME_CHARS).collect();
    Some(name.trim().trim_matches('.').to_owned()).filter(|name| !name.is_empty())
}

/// Control characters, and those that turn the reading direction to hide what a name ends with.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(crate) fn place(place: Place) -> Option<Place> {
    let on_earth = place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0;
    on_earth.then(|| Place {
        name: place.name.and_then(|name| words(&name)),
        address: place.address.and_then(|address| words(&address)),
        ..place
    })
}

/// `None` for a card on which nothing stands.
pub(crate) fn card(card: ContactCard) -> Option<ContactCard> {
    let lines = |lines: Vec<String>| -> Vec<String> {
        let clean = lines.iter().map(|line| clean_name(line).chars().take(CARD_LINE_CHARS).collect::<String>());
        clean.filter(|line| !line.is_empty()).take(CARD_LINES_MAX).collect()
    };
    let card = ContactCard {
        name: clean_name(&card.name),
        phones: lines(card.phones),
        emails: lines(card.emails),
        organisation: card.organisation.map(|it| clean_name(&it)).filter(|it| !it.is_empty()),
    };
    let is_blank = card.name.is_empty() && card.phones.is_empty() && card.emails.is_empty();
    (!is_blank).then_some(card)
}

fn poll(poll: Poll) -> Poll {
    let options = poll.options.into_iter().take(POLL_OPTIONS_MAX);
    Poll {
        question: words(&poll.question).unwrap_or_default(),
        options: options.map(|it| PollOption { text: words(&it.text).unwrap_or_default(), ..it }).collect(),
        choose: poll.choose,
    }
}

fn quote(quote: Quote) -> Option<Quote> {
    is_wa_id(&quote.wa_id).then(|| Quote { preview: preview(&quote.preview), ..quote })
}

/// One for each person, the newest.
pub(crate) fn reactions(reactions: Vec<Reaction>) -> Vec<Reaction> {
    let mut kept: Vec<Reaction> = Vec::new();
    for mut reaction in reactions {
        reaction.by = reaction.by.map(|by| cut(&clean_name(&by), ID_BYTES)).filter(|by| !by.is_empty());
        let sound = !reaction.emoji.trim().is_empty()
            && reaction.emoji.len() <= EMOJI_BYTES
            && !reaction.emoji.chars().any(char::is_control);
        if !sound {
            continue;
        }
        let same = kept.iter().position(|it| it.direction == reaction.direction && it.by == reaction.by);
        match same {
            Some(index) if kept[index].at <= reaction.at => kept[index] = reaction,
            None if kept.len() < REACTIONS_MAX => kept.push(reaction),
            _ => {}
        }
    }
    kept
}

fn sender(sender: &GroupSender) -> Option<GroupSender> {
    let id = cut(&clean_name(&sender.id), ID_BYTES);
    (!id.is_empty()).then(|| GroupSender { id, name: clean_name(&sender.name) })
}

/// Whether it could be an id that WhatsApp made.
pub(crate) fn is_wa_id(id: &str) -> bool {
    (1..=ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
}

/// Longer words of strangers: line breaks stay, other control characters go.
fn words(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| *c == '\n' || !is_odd(*c)).take(LONG_CHARS).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn cut(text: &str, bytes: usize) -> String {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use ownline_model::{message::Direction, time::UtcMillis};

    use super::*;

    fn file() -> Attachment {
        Attachment {
            mime: "Image/JPEG; charset=x".into(),
            size: 5,
            file_name: Some("../../etc/\u{202e}gpj.exe\u{7}".into()),
            width: None,
            height: None,
            seconds: None,
            waveform: vec![255; 1_000],
            thumbnail: Some("A".repeat(THUMBNAIL_MAX_BYTES + 4)),
            sha256: Some("nonsense".into()),
            state: FileState::Here,
        }
    }

    #[test]
    fn a_strangers_file_is_cut_to_size() {
        let clean = attachment(file());
        assert_eq!((clean.mime.as_str(), clean.file_name.as_deref()), ("image/jpeg", Some("gpj.exe")));
        assert_eq!((clean.waveform.len(), clean.waveform[0]), (WAVEFORM_BARS, 100));
        assert_eq!((clean.thumbnail, clean.sha256, clean.state), (None, None, FileState::Remote));
        assert_eq!(mime("text/html<script>"), "application/octet-stream");
        assert_eq!(file_name("..\\.."), None);
    }

    #[test]
    fn too_many_are_cut_and_none_refused() {
        let option = PollOption { text: "x".repeat(5_000), votes: 1 };
        let many = Poll { question: "?".into(), options: vec![option; 500], choose: 1 };
        let details = clean(MessageDetails { content: Some(Box::new(Content::Poll(many))), ..Default::default() });
        let Some(Content::Poll(poll)) = details.content.as_deref() else { panic!("a poll") };
        assert_eq!((poll.options.len(), poll.options[0].text.len()), (POLL_OPTIONS_MAX, LONG_CHARS));

        let one = ContactCard { name: "N".into(), phones: vec!["1".into(); 99], emails: vec![], organisation: None };
        let cards = Content::Cards { cards: vec![one; 99] };
        let details = clean(MessageDetails { content: Some(Box::new(cards)), ..Default::default() });
        let Some(Content::Cards { cards }) = details.content.as_deref() else { panic!("cards") };
        assert_eq!((cards.len(), cards[0].phones.len()), (CARDS_MAX, CARD_LINES_MAX));
    }

    #[test]
    fn a_person_reacts_once() {
        let by = |by: &str, emoji: &str, at| Reaction {
            emoji: emoji.into(),
            direction: Direction::Inbound,
            agent_id: None,
            by: Some(by.into()),
            at: UtcMillis(at),
        };
        let kept = reactions(vec![by("1", "👍", 2), by("1", "😡", 1), by("2", "", 1), by("3", &"x".repeat(99), 1)]);
        assert_eq!(kept.iter().map(|it| it.emoji.as_str()).collect::<Vec<_>>(), ["👍"]);
        let crowd = (0..500).map(|n| by(&n.to_string(), "👍", 1)).collect();
        assert_eq!(reactions(crowd).len(), REACTIONS_MAX);
    }

    #[test]
    fn a_place_off_the_earth_is_none() {
        let place = |latitude| Place { latitude, longitude: 0.0, name: None, address: None, live: false };
        assert!(super::place(place(91.0)).is_none());
        assert!(super::place(place(f64::INFINITY)).is_none());
        assert!(super::place(place(-89.5)).is_some());
    }
}
