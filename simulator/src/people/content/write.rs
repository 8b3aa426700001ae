//! What is to be said, as a protobuf.

use std::fmt::Write as _;

use waproto::buffa::MessageField;
use waproto::whatsapp::message::{
    self as parts, buttons_response_message, list_response_message, protocol_message::Type,
};
use waproto::whatsapp::{ContextInfo, Message, MessageContextInfo, MessageKey};

use super::{MAX_TEXT, Uploaded, file};
use crate::crypto;
use crate::network::address::chat_jid;
use crate::network::now_ms;
use crate::world::{ContactContent, Content, PollContent, Result, WorldError};

/// A message that another one speaks of.
#[derive(Debug, Clone)]
pub(in crate::people) struct Named {
    /// The author of both is the same.
    pub own: bool,
    /// In a group: who wrote it, unless it is the own.
    pub author: Option<String>,
}

/// A vote that only those who have the poll can read.
#[derive(Debug)]
pub(in crate::people) struct SealedVote {
    pub payload: Vec<u8>,
    pub iv: [u8; 12],
}

/// What a message needs that is not in its own words.
#[derive(Debug, Default)]
pub(in crate::people) struct Surroundings {
    /// Number of the other side of the chat, or the group.
    pub peer: u64,
    pub named: Option<Named>,
    pub quote: Option<ContextInfo>,
    pub file: Option<Uploaded>,
    pub vote: Option<SealedVote>,
}

impl Surroundings {
    fn key(&self, id: &str) -> MessageField<MessageKey> {
        MessageField::some(MessageKey {
            remote_jid: Some(chat_jid(self.peer).to_string()),
            from_me: Some(self.named.as_ref().is_none_or(|named| named.own)),
            id: Some(id.to_owned()),
            participant: self.named.as_ref().and_then(|named| named.author.clone()),
        })
    }
}

/// What is said, in the surroundings that were made for it.
pub(in crate::people) fn to_message(content: &Content, mut around: Surroundings) -> Result<Message> {
    let quote: MessageField<ContextInfo> = around.quote.take().map_or_else(MessageField::none, MessageField::some);
    let mut message = Message::default();
    match content {
        Content::Text(text) => {
            check_text(text)?;
            if quote.is_set() {
                let text = Some(text.clone());
                let extended = parts::ExtendedTextMessage { text, context_info: quote, ..Default::default() };
                message.extended_text_message = MessageField::some(extended);
            } else {
                message.conversation = Some(text.clone());
            }
        }
        Content::Media(media) => {
            let uploaded = around.file.as_ref().ok_or(WorldError::UnsupportedContent("media"))?;
            message = file::message(media, uploaded, quote);
        }
        Content::Location(location) => {
            message.location_message = MessageField::some(parts::LocationMessage {
                degrees_latitude: Some(location.latitude),
                degrees_longitude: Some(location.longitude),
                name: location.name.clone(),
                address: location.address.clone(),
                context_info: quote,
                ..Default::default()
            });
        }
        Content::Contact(contact) => {
            message.contact_message = MessageField::some(card(contact, quote));
        }
        Content::Contacts(contacts) => {
            let names: Vec<&str> = contacts.iter().map(|contact| contact.name.as_str()).collect();
            message.contacts_array_message = MessageField::some(parts::ContactsArrayMessage {
                display_name: Some(names.join(", ")),
                contacts: contacts.iter().map(|contact| card(contact, MessageField::none())).collect(),
                context_info: quote,
            });
        }
        Content::Poll(poll) => message = poll_message(poll, quote),
        Content::ListAnswer(answer) => {
            message.list_response_message = MessageField::some(parts::ListResponseMessage {
                title: Some(answer.title.clone()),
                list_type: Some(list_response_message::ListType::SINGLE_SELECT),
                single_select_reply: MessageField::some(list_response_message::SingleSelectReply {
                    selected_row_id: Some(answer.row_id.clone()),
                }),
                description: answer.description.clone(),
                context_info: quote,
            });
        }
        Content::ButtonAnswer(answer) => {
            message.buttons_response_message = MessageField::some(parts::ButtonsResponseMessage {
                selected_button_id: Some(answer.id.clone()),
                r#type: Some(buttons_response_message::Type::DISPLAY_TEXT),
                response: Some(buttons_response_message::Response::SelectedDisplayText(answer.text.clone())),
                context_info: quote,
            });
        }
        Content::Reaction(_) | Content::Edit(_) | Content::Revoke(_) | Content::PollVote(_) => {
            return about_another(content, around);
        }
        // Its field is added to the encoded message: the protobuf has no place for it.
        Content::Unknown(_) => {}
        Content::Other(_) => return Err(WorldError::UnsupportedContent("other")),
    }
    // Whatever speaks of this message in secret (votes, encrypted corrections) derives its key from this.
    message.message_context_info = MessageField::some(MessageContextInfo {
        message_secret: Some(crypto::random::<32>().to_vec()),
        ..Default::default()
    });
    Ok(message)
}

fn about_another(content: &Content, around: Surroundings) -> Result<Message> {
    let mut message = Message::default();
    match content {
        Content::Reaction(reaction) => {
            message.reaction_message = MessageField::some(parts::ReactionMessage {
                key: around.key(&reaction.id),
                text: Some(reaction.emoji.clone()),
                sender_timestamp_ms: Some(now_ms()),
                ..Default::default()
            });
        }
        Content::Edit(edit) => {
            check_text(&edit.text)?;
            message.protocol_message = MessageField::some(parts::ProtocolMessage {
                key: around.key(&edit.id),
                r#type: Some(Type::MESSAGE_EDIT),
                edited_message: MessageField::some(Message {
                    conversation: Some(edit.text.clone()),
                    ..Default::default()
                }),
                timestamp_ms: Some(now_ms()),
                ..Default::default()
            });
        }
        Content::Revoke(revoke) => {
            message.protocol_message = MessageField::some(parts::ProtocolMessage {
                key: around.key(&revoke.id),
                r#type: Some(Type::REVOKE),
                ..Default::default()
            });
        }
        Content::PollVote(vote) => {
            let key = around.key(&vote.id);
            let sealed = around.vote.ok_or(WorldError::UnsupportedContent("poll_vote"))?;
            message.poll_update_message = MessageField::some(parts::PollUpdateMessage {
                poll_creation_message_key: key,
                vote: MessageField::some(parts::PollEncValue {
                    enc_payload: Some(sealed.payload),
                    enc_iv: Some(sealed.iv.to_vec()),
                }),
                sender_timestamp_ms: Some(now_ms()),
                ..Default::default()
            });
        }
        _ => return Err(WorldError::UnsupportedContent("other")),
    }
    Ok(message)
}

fn check_text(text: &str) -> Result<()> {
    if text.is_empty() || text.len() > MAX_TEXT { Err(WorldError::BadContent) } else { Ok(()) }
}

/// Polls with one choice and polls with several are fields of their own.
fn poll_message(poll: &PollContent, quote: MessageField<ContextInfo>) -> Message {
    let options = poll
        .options
        .iter()
        .map(|option| parts::poll_creation_message::Option { option_name: Some(option.clone()), ..Default::default() });
    let creation = MessageField::some(parts::PollCreationMessage {
        name: Some(poll.question.clone()),
        options: options.collect(),
        selectable_options_count: Some(poll.max),
        context_info: quote,
        ..Default::default()
    });
    if poll.max == 1 {
        Message { poll_creation_message_v3: creation, ..Default::default() }
    } else {
        Message { poll_creation_message: creation, ..Default::default() }
    }
}

fn card(contact: &ContactContent, quote: MessageField<ContextInfo>) -> parts::ContactMessage {
    parts::ContactMessage {
        display_name: Some(contact.name.clone()),
        vcard: Some(vcard(contact)),
        context_info: quote,
        ..Default::default()
    }
}

/// A card as phones write it. The name is on one line: whoever asked was checked.
pub(in crate::people) fn vcard(contact: &ContactContent) -> String {
    let name = contact.name.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    let mut card = format!("BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n");
    for number in contact.numbers() {
        // Writing to a text cannot fail.
        let _ = writeln!(card, "TEL;type=CELL;type=VOICE;waid={number}:+{number}");
    }
    card.push_str("END:VCARD");
    card
}
