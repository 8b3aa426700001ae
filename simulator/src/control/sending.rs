//! What a request to send may say.

use serde::Deserialize;

use super::{
    body::{check_chat, check_number},
    problem::Problem,
};
use crate::world::{
    ButtonAnswerContent, ContactContent, Content, EditContent, ListAnswerContent, LocationContent, MediaContent,
    PollContent, PollVoteContent, QuoteContent, ReactionContent, RevokeContent, SendMessage, UnknownContent,
};

const KINDS: &str = "text, media, location, contact, contacts, reaction, edit, revoke, poll, poll_vote, list_answer, \
                     button_answer or unknown";
const MOST_OPTIONS: usize = 12;
const MOST_CARDS: usize = 100;
/// The highest number that a protobuf field can have.
const HIGHEST_FIELD: u32 = 536_870_911;
/// Below this the protocol has fields of its own, or may soon.
const LOWEST_UNKNOWN_FIELD: u32 = 1000;

/// `{to, text | media | location | …}`: exactly one kind of content, and a `quote` with any of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendBody {
    to: String,
    /// The WhatsApp id; made up when absent.
    id: Option<String>,
    quote: Option<QuoteContent>,
    text: Option<String>,
    media: Option<MediaContent>,
    location: Option<LocationContent>,
    contact: Option<ContactContent>,
    contacts: Option<Vec<ContactContent>>,
    reaction: Option<ReactionContent>,
    edit: Option<EditContent>,
    revoke: Option<RevokeContent>,
    poll: Option<PollContent>,
    poll_vote: Option<PollVoteContent>,
    list_answer: Option<ListAnswerContent>,
    button_answer: Option<ButtonAnswerContent>,
    unknown: Option<UnknownContent>,
}

impl SendBody {
    pub(super) fn check(self) -> Result<SendMessage, Problem> {
        check_chat(&self.to)?;
        let mut contents = [
            self.text.map(Content::Text),
            self.media.map(Content::Media),
            self.location.map(Content::Location),
            self.contact.map(Content::Contact),
            self.contacts.map(Content::Contacts),
            self.reaction.map(Content::Reaction),
            self.edit.map(Content::Edit),
            self.revoke.map(Content::Revoke),
            self.poll.map(Content::Poll),
            self.poll_vote.map(Content::PollVote),
            self.list_answer.map(Content::ListAnswer),
            self.button_answer.map(Content::ButtonAnswer),
            self.unknown.map(Content::Unknown),
        ]
        .into_iter()
        .flatten();
        let (Some(content), None) = (contents.next(), contents.next()) else {
            return Err(Problem::invalid(format!("a message has exactly one of {KINDS}")));
        };
        check(&content)?;
        if self.quote.is_some() && speaks_of_another(&content) {
            return Err(Problem::invalid("quote: a message that speaks of another one quotes none"));
        }
        Ok(SendMessage { to: self.to, id: self.id, quote: self.quote, content })
    }
}

fn speaks_of_another(content: &Content) -> bool {
    matches!(content, Content::Reaction(_) | Content::Edit(_) | Content::Revoke(_) | Content::PollVote(_))
}

fn check(content: &Content) -> Result<(), Problem> {
    match content {
        Content::Location(place) => {
            let sane = (-90.0..=90.0).contains(&place.latitude) && (-180.0..=180.0).contains(&place.longitude);
            refuse_unless(sane, "location: latitude from -90 to 90, longitude from -180 to 180")
        }
        Content::Contact(contact) => check_card(contact),
        Content::Contacts(contacts) => {
            refuse_unless((1..=MOST_CARDS).contains(&contacts.len()), "contacts: 1 to 100 cards")?;
            contacts.iter().try_for_each(check_card)
        }
        Content::Media(media) => {
            let loud = media.waveform.as_ref().is_none_or(|waveform| waveform.iter().all(|value| *value <= 100));
            refuse_unless(loud, "media: a waveform has values from 0 to 100")
        }
        Content::Poll(poll) => {
            let options = &poll.options;
            let distinct = options.iter().enumerate().all(|(index, option)| !options[..index].contains(option));
            refuse_unless((2..=MOST_OPTIONS).contains(&options.len()) && distinct, "poll: 2 to 12 different options")?;
            refuse_unless(!poll.question.is_empty(), "poll: a question")?;
            refuse_unless(poll.max as usize <= options.len(), "poll: max is at most the number of options, 0 for all")
        }
        Content::PollVote(vote) => {
            refuse_unless(vote.options.is_some(), "poll_vote: the options chosen, by their words")
        }
        Content::Unknown(unknown) => {
            let free = (LOWEST_UNKNOWN_FIELD..=HIGHEST_FIELD).contains(&unknown.field);
            refuse_unless(free, "unknown: a field from 1000 to 536870911")
        }
        _ => Ok(()),
    }
}

fn check_card(contact: &ContactContent) -> Result<(), Problem> {
    let numbers = contact.numbers();
    refuse_unless(!numbers.is_empty(), "contact: at least one number")?;
    numbers.into_iter().try_for_each(check_number)?;
    // It becomes a line of a vCard.
    let one_line = !contact.name.trim().is_empty() && !contact.name.chars().any(char::is_control);
    refuse_unless(one_line, "contact: a name on one line")
}

fn refuse_unless(sane: bool, why: &str) -> Result<(), Problem> {
    if sane { Ok(()) } else { Err(Problem::invalid(why)) }
}
