//! Messages as JSON: what a request to send may say, and how a transcript shows what was sent and received.

use serde::{Deserialize, Serialize};

use super::{body::check_number, problem::Problem};
use crate::world::{
    ContactContent, Content, Direction, EditContent, LocationContent, MediaContent, MessageView, ReactionContent,
    RevokeContent, SendMessage, Status,
};

/// `{to, text | media | location | contact | reaction | edit | revoke}`: exactly one kind of content.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendBody {
    to: String,
    /// The WhatsApp id; made up when absent.
    id: Option<String>,
    text: Option<String>,
    media: Option<MediaContent>,
    location: Option<LocationContent>,
    contact: Option<ContactContent>,
    reaction: Option<ReactionContent>,
    edit: Option<EditContent>,
    revoke: Option<RevokeContent>,
}

impl SendBody {
    pub(super) fn check(self) -> Result<SendMessage, Problem> {
        check_number(&self.to)?;
        let mut contents = [
            self.text.map(Content::Text),
            self.media.map(Content::Media),
            self.location.map(Content::Location),
            self.contact.map(Content::Contact),
            self.reaction.map(Content::Reaction),
            self.edit.map(Content::Edit),
            self.revoke.map(Content::Revoke),
        ]
        .into_iter()
        .flatten();
        let (Some(content), None) = (contents.next(), contents.next()) else {
            let kinds = "text, media, location, contact, reaction, edit or revoke";
            return Err(Problem::invalid(format!("a message has exactly one of {kinds}")));
        };
        if let Content::Location(place) = &content
            && !((-90.0..=90.0).contains(&place.latitude) && (-180.0..=180.0).contains(&place.longitude))
        {
            return Err(Problem::invalid("location: latitude from -90 to 90, longitude from -180 to 180"));
        }
        if let Content::Contact(contact) = &content {
            check_number(&contact.number)?;
            // It becomes a line of a vCard.
            if contact.name.trim().is_empty() || contact.name.chars().any(char::is_control) {
                return Err(Problem::invalid("contact: a name on one line"));
            }
        }
        Ok(SendMessage { to: self.to, id: self.id, content })
    }
}

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
    /// The words, where there are any; a caption counts.
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<MediaContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<ReactionContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<EditContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke: Option<RevokeContent>,
    /// The name of a kind that the simulator cannot show.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<String>,
    /// UTC milliseconds.
    time: i64,
    status: Status,
    /// When `status` was reached, UTC milliseconds.
    status_time: i64,
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
            media: None,
            location: None,
            contact: None,
            reaction: None,
            edit: None,
            revoke: None,
            other: None,
            time: message.at,
            status: message.status,
            status_time: message.status_at,
        };
        match message.content {
            Content::Text(text) => {
                json.kind = "text";
                json.text = Some(text);
            }
            Content::Media(media) => {
                json.kind = "media";
                json.text.clone_from(&media.caption);
                json.media = Some(media);
            }
            Content::Location(location) => {
                json.kind = "location";
                json.location = Some(location);
            }
            Content::Contact(contact) => {
                json.kind = "contact";
                json.contact = Some(contact);
            }
            Content::Reaction(reaction) => {
                json.kind = "reaction";
                json.reaction = Some(reaction);
            }
            Content::Edit(edit) => {
                json.kind = "edit";
                json.text = Some(edit.text.clone());
                json.edit = Some(edit);
            }
            Content::Revoke(revoke) => {
                json.kind = "revoke";
                json.revoke = Some(revoke);
            }
            Content::Other(name) => {
                json.kind = "other";
                json.other = Some(name);
            }
        }
        json
    }
}
