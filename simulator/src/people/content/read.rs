//! What a decrypted message says.

use waproto::buffa::MessageField;
use waproto::whatsapp::message::{ContactMessage, buttons_response_message::Response, protocol_message::Type};
use waproto::whatsapp::{ContextInfo, Message, MessageKey};

use super::{file, unwrapped};
use crate::world::{
    ButtonAnswerContent, ContactContent, Content, EditContent, ListAnswerContent, LocationContent, PollContent,
    PollVoteContent, ReactionContent, RevokeContent,
};

fn id_of(key: &MessageField<MessageKey>) -> String {
    key.as_option().and_then(|key| key.id.clone()).unwrap_or_default()
}

pub(in crate::people) fn from_message(message: &Message) -> Content {
    let message = unwrapped(message).message;
    if let Some(text) = &message.conversation {
        return Content::Text(text.clone());
    }
    if let Some(text) = message.extended_text_message.as_option() {
        return Content::Text(text.text.clone().unwrap_or_default());
    }
    if let Some(media) = file::content(message) {
        return Content::Media(media);
    }
    about_another(message)
        .or_else(|| card(message))
        .or_else(|| answer(message))
        .unwrap_or_else(|| Content::Other(name(message).to_owned()))
}

/// Reactions, corrections, deletions and votes.
fn about_another(message: &Message) -> Option<Content> {
    if let Some(reaction) = message.reaction_message.as_option() {
        let emoji = reaction.text.clone().unwrap_or_default();
        return Some(Content::Reaction(ReactionContent { id: id_of(&reaction.key), emoji }));
    }
    if let Some(update) = message.poll_update_message.as_option() {
        return Some(Content::PollVote(PollVoteContent {
            id: id_of(&update.poll_creation_message_key),
            options: None,
        }));
    }
    let protocol = message.protocol_message.as_option()?;
    match protocol.r#type {
        Some(Type::REVOKE) => Some(Content::Revoke(RevokeContent { id: id_of(&protocol.key) })),
        Some(Type::MESSAGE_EDIT) => Some(Content::Edit(EditContent {
            id: id_of(&protocol.key),
            text: protocol.edited_message.as_option().and_then(words).unwrap_or_default(),
        })),
        other => Some(Content::Other(format!("protocol_message {other:?}"))),
    }
}

fn card(message: &Message) -> Option<Content> {
    if let Some(location) = message.location_message.as_option() {
        return Some(Content::Location(LocationContent {
            latitude: location.degrees_latitude.unwrap_or_default(),
            longitude: location.degrees_longitude.unwrap_or_default(),
            name: location.name.clone(),
            address: location.address.clone(),
        }));
    }
    if let Some(contact) = message.contact_message.as_option() {
        return Some(Content::Contact(contact_of(contact)));
    }
    let several = message.contacts_array_message.as_option()?;
    Some(Content::Contacts(several.contacts.iter().map(contact_of).collect()))
}

/// Reads the numbers of a vCard: the WhatsApp id where there is one, the digits of the number otherwise.
fn contact_of(contact: &ContactMessage) -> ContactContent {
    let vcard = contact.vcard.as_deref().unwrap_or_default();
    let mut phones: Vec<String> = vcard
        .lines()
        .filter(|line| line.to_ascii_uppercase().contains("TEL"))
        .map(|line| {
            let (parameters, value) = line.split_once(':').unwrap_or((line, ""));
            let source = parameters.split_once("waid=").map_or(value, |(_, id)| id.split(';').next().unwrap_or(id));
            source.chars().filter(char::is_ascii_digit).collect()
        })
        .filter(|digits: &String| !digits.is_empty())
        .collect();
    let number = phones.first().cloned().unwrap_or_default();
    if phones.len() < 2 {
        phones.clear();
    }
    ContactContent { name: contact.display_name.clone().unwrap_or_default(), number, phones }
}

fn answer(message: &Message) -> Option<Content> {
    let poll = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
    ];
    if let Some(poll) = poll.into_iter().find_map(|poll| poll.as_option()) {
        return Some(Content::Poll(PollContent {
            question: poll.name.clone().unwrap_or_default(),
            options: poll.options.iter().map(|option| option.option_name.clone().unwrap_or_default()).collect(),
            max: poll.selectable_options_count.unwrap_or_default(),
            votes: Vec::new(),
        }));
    }
    if let Some(list) = message.list_response_message.as_option() {
        let row = list.single_select_reply.as_option().and_then(|reply| reply.selected_row_id.clone());
        return Some(Content::ListAnswer(ListAnswerContent {
            title: list.title.clone().unwrap_or_default(),
            row_id: row.unwrap_or_default(),
            description: list.description.clone(),
        }));
    }
    let button = message.buttons_response_message.as_option()?;
    let text = match &button.response {
        Some(Response::SelectedDisplayText(text)) => text.clone(),
        None => String::new(),
    };
    Some(Content::ButtonAnswer(ButtonAnswerContent { text, id: button.selected_button_id.clone().unwrap_or_default() }))
}

/// The name of a kind that is not shown.
fn name(message: &Message) -> &'static str {
    [
        (message.live_location_message.is_set(), "live_location"),
        (message.group_invite_message.is_set(), "group_invite"),
        (message.list_message.is_set(), "list"),
        (message.buttons_message.is_set(), "buttons"),
        (message.interactive_message.is_set(), "interactive"),
        (message.secret_encrypted_message.is_set(), "secret_encrypted"),
        (message.event_message.is_set(), "event"),
    ]
    .into_iter()
    .find_map(|(set, name)| set.then_some(name))
    .unwrap_or("unknown")
}

/// The words of a message: its text or its caption.
pub(in crate::people) fn words(message: &Message) -> Option<String> {
    match from_message(message) {
        Content::Text(text) => Some(text),
        Content::Media(media) => media.caption,
        Content::Poll(poll) => Some(poll.question),
        _ => None,
    }
}

/// What the message says about the one it answers, and the like.
pub(in crate::people) fn context_of(message: &Message) -> Option<&ContextInfo> {
    let message = unwrapped(message).message;
    macro_rules! first {
        ($($field:ident),*) => {
            None$(.or_else(|| message.$field.as_option().and_then(|part| part.context_info.as_option())))*
        };
    }
    first!(
        extended_text_message,
        image_message,
        video_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        contact_message,
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v3,
        list_response_message,
        buttons_response_message
    )
}
