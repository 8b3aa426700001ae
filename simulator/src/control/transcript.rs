//! How a transcript shows what was sent and received.

use serde::Serialize;

use crate::world::{
    ButtonAnswerContent, ContactContent, Content, Direction, EditContent, ListAnswerContent, LocationContent,
    MediaContent, MessageView, PollContent, PollVoteContent, QuoteContent, Reaction, ReactionContent, ReaderView,
    RevokeContent, Status,
};

/// One message of a transcript, seen by the person whose transcript it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct MessageJson {
    id: String,
    direction: DirectionJson,
    /// The other side of the chat.
    with: String,
    /// Who wrote it, and on which device: 0 a phone, else a linked device.
    from: String,
    device: u16,
    kind: &'static str,
    /// The words as they are now, where there are any; a caption counts.
    text: Option<String>,
    /// The words were corrected; this is how they were first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_text: Option<String>,
    /// Deleted for everyone: its words are gone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    revoked: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<Reaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<QuoteContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<MediaContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts: Option<Vec<ContactContent>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<ReactionContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<EditContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke: Option<RevokeContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<PollContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll_vote: Option<PollVoteContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_answer: Option<ListAnswerContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    button_answer: Option<ButtonAnswerContent>,
    /// The name of a kind that the simulator cannot show.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<String>,
    /// UTC milliseconds.
    time: i64,
    status: Status,
    /// When `status` was reached, UTC milliseconds.
    status_time: i64,
    /// Of an own message in a group: how far it is with each reader.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    receipts: Vec<ReaderView>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum DirectionJson {
    In,
    Out,
}

impl From<MessageView> for MessageJson {
    fn from(message: MessageView) -> Self {
        let mut json = Self {
            id: message.id,
            direction: match message.direction {
                Direction::Sent => DirectionJson::Out,
                Direction::Received => DirectionJson::In,
            },
            with: message.with,
            from: message.from,
            device: message.device,
            kind: "",
            text: None,
            edited: false,
            original_text: None,
            revoked: message.effects.revoked,
            reactions: message.effects.reactions,
            quote: message.quote,
            media: None,
            location: None,
            contact: None,
            contacts: None,
            reaction: None,
            edit: None,
            revoke: None,
            poll: None,
            poll_vote: None,
            list_answer: None,
            button_answer: None,
            other: None,
            time: message.at,
            status: message.status,
            status_time: message.status_at,
            receipts: message.receipts,
        };
        json.say(message.content);
        if let Some(edited) = message.effects.edited {
            json.edited = true;
            json.original_text = json.text.replace(edited);
        }
        if json.revoked {
            json.text = None;
        }
        json
    }
}

impl MessageJson {
    fn say(&mut self, content: Content) {
        self.kind = match &content {
            Content::Text(_) => "text",
            Content::Media(_) => "media",
            Content::Location(_) => "location",
            Content::Contact(_) => "contact",
            Content::Contacts(_) => "contacts",
            Content::Reaction(_) => "reaction",
            Content::Edit(_) => "edit",
            Content::Revoke(_) => "revoke",
            Content::Poll(_) => "poll",
            Content::PollVote(_) => "poll_vote",
            Content::ListAnswer(_) => "list_answer",
            Content::ButtonAnswer(_) => "button_answer",
            Content::Unknown(_) | Content::Other(_) => "other",
        };
        match content {
            Content::Text(text) => self.text = Some(text),
            Content::Media(media) => {
                self.text.clone_from(&media.caption);
                self.media = Some(media);
            }
            Content::Location(location) => self.location = Some(location),
            Content::Contact(contact) => self.contact = Some(contact),
            Content::Contacts(contacts) => self.contacts = Some(contacts),
            Content::Reaction(reaction) => self.reaction = Some(reaction),
            Content::Edit(edit) => {
                self.text = Some(edit.text.clone());
                self.edit = Some(edit);
            }
            Content::Revoke(revoke) => self.revoke = Some(revoke),
            Content::Poll(poll) => {
                self.text = Some(poll.question.clone());
                self.poll = Some(poll);
            }
            Content::PollVote(vote) => self.poll_vote = Some(vote),
            Content::ListAnswer(answer) => {
                self.text = Some(answer.title.clone());
                self.list_answer = Some(answer);
            }
            Content::ButtonAnswer(answer) => {
                self.text = Some(answer.text.clone());
                self.button_answer = Some(answer);
            }
            Content::Unknown(_) => self.other = Some("unknown".to_owned()),
            Content::Other(name) => self.other = Some(name),
        }
    }
}
