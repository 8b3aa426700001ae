//! What a message says: its kind and its words.

use std::fmt::Write as _;

use ownline_model::message::MessageKind;
use whatsapp_rust::{
    wacore::proto_helpers::MessageExt as _,
    waproto::whatsapp::{
        self as wa,
        message::{buttons_response_message::Response, protocol_message::Type as ProtocolType},
    },
};

type Content = (MessageKind, Option<String>);

/// The names in a card that are read; a card of thousands is an attack, not an address book.
const CARD_NAMES_MAX: usize = 20;
const POLL_OPTIONS_MAX: usize = 20;
/// Wrappers inside wrappers that are followed.
const DEPTH_MAX: u8 = 4;

pub(super) fn of(message: &wa::Message) -> Content {
    if message.is_view_once() {
        return (MessageKind::ViewOnce, None);
    }
    at_depth(message, 0)
}

fn at_depth(message: &wa::Message, depth: u8) -> Content {
    let base = message.get_base_message();
    written(base)
        .or_else(|| media(base))
        .or_else(|| shared(base))
        .or_else(|| answered(base))
        .or_else(|| changed(base, depth))
        .or_else(|| wrapped(base, depth))
        .unwrap_or_else(|| (MessageKind::Unknown, Some(unknown(base).to_owned())))
}

fn written(message: &wa::Message) -> Option<Content> {
    let extended = || message.extended_text_message.as_option().and_then(|extended| extended.text.clone());
    let text = message.conversation.clone().or_else(extended)?;
    Some((MessageKind::Text, Some(text)))
}

fn media(message: &wa::Message) -> Option<Content> {
    if let Some(image) = message.image_message.as_option() {
        return Some((MessageKind::Image, image.caption.clone()));
    }
    if let Some(video) = message.video_message.as_option().or_else(|| message.ptv_message.as_option()) {
        return Some((MessageKind::Video, video.caption.clone()));
    }
    if let Some(audio) = message.audio_message.as_option() {
        return Some((if audio.ptt == Some(true) { MessageKind::Voice } else { MessageKind::Audio }, None));
    }
    if let Some(document) = message.document_message.as_option() {
        let words = [&document.caption, &document.file_name, &document.title];
        return Some((MessageKind::Document, first_filled(words)));
    }
    let sticker = message.sticker_message.is_set()
        || message.sticker_pack_message.is_set()
        || message.lottie_sticker_message.is_set();
    sticker.then_some((MessageKind::Sticker, None))
}

fn shared(message: &wa::Message) -> Option<Content> {
    if let Some(location) = message.location_message.as_option() {
        let words = [&location.name, &location.address];
        return Some((MessageKind::Location, place(words, location.degrees_latitude, location.degrees_longitude)));
    }
    if let Some(live) = message.live_location_message.as_option() {
        return Some((
            MessageKind::Location,
            place([&live.caption, &None], live.degrees_latitude, live.degrees_longitude),
        ));
    }
    if let Some(card) = message.contact_message.as_option() {
        return Some((MessageKind::ContactCard, card.display_name.clone()));
    }
    if let Some(cards) = message.contacts_array_message.as_option() {
        let names: Vec<&str> =
            cards.contacts.iter().take(CARD_NAMES_MAX).filter_map(|card| card.display_name.as_deref()).collect();
        return Some((MessageKind::ContactCard, Some(names.join(", "))));
    }
    poll(message)
}

fn poll(message: &wa::Message) -> Option<Content> {
    let polls = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
        &message.poll_creation_message_v6,
    ];
    if let Some(poll) = polls.into_iter().find_map(|poll| poll.as_option()) {
        let mut words = poll.name.clone().unwrap_or_default();
        for option in poll.options.iter().take(POLL_OPTIONS_MAX) {
            let _ = write!(words, "\n• {}", option.option_name.as_deref().unwrap_or_default());
        }
        return Some((MessageKind::Poll, Some(words)));
    }
    message.poll_update_message.is_set().then(|| (MessageKind::Poll, Some("A vote in a poll".to_owned())))
}

/// What the customer chose from a menu, and menus themselves: plain words to the desk.
fn answered(message: &wa::Message) -> Option<Content> {
    let text = if let Some(answer) = message.buttons_response_message.as_option() {
        match &answer.response {
            Some(Response::SelectedDisplayText(text)) => Some(text.clone()),
            None => answer.selected_button_id.clone(),
        }
    } else if let Some(answer) = message.list_response_message.as_option() {
        first_filled([&answer.title, &answer.description])
    } else if let Some(answer) = message.template_button_reply_message.as_option() {
        first_filled([&answer.selected_display_text, &answer.selected_id])
    } else if let Some(answer) = message.interactive_response_message.as_option() {
        answer.body.as_option().and_then(|body| body.text.clone())
    } else if let Some(menu) = message.buttons_message.as_option() {
        menu.content_text.clone()
    } else if let Some(menu) = message.list_message.as_option() {
        first_filled([&menu.description, &menu.title])
    } else if let Some(menu) = message.interactive_message.as_option() {
        menu.body.as_option().and_then(|body| body.text.clone())
    } else if let Some(template) = message.template_message.as_option() {
        template.hydrated_template.as_option().and_then(|template| template.hydrated_content_text.clone())
    } else {
        return None;
    };
    Some(text.map_or((MessageKind::Unknown, Some("A menu".to_owned())), |text| (MessageKind::Text, Some(text))))
}

fn changed(message: &wa::Message, depth: u8) -> Option<Content> {
    if let Some(reaction) = message.reaction_message.as_option() {
        let emoji = reaction.text.clone().filter(|emoji| !emoji.is_empty());
        return Some((MessageKind::Reaction, emoji.or_else(|| Some("Took a reaction back".to_owned()))));
    }
    if message.enc_reaction_message.is_set() {
        return Some((MessageKind::Reaction, None));
    }
    let protocol = message.protocol_message.as_option()?;
    if protocol.r#type == Some(ProtocolType::REVOKE) {
        return Some((MessageKind::Revoked, Some("Deleted a message".to_owned())));
    }
    let edited = protocol.edited_message.as_option().filter(|_| depth < DEPTH_MAX)?;
    let (kind, text) = at_depth(edited, depth + 1);
    Some((kind, text.map(|text| format!("Edited: {text}"))))
}

/// Newer wrappers around ordinary content that the library leaves in place.
fn wrapped(message: &wa::Message, depth: u8) -> Option<Content> {
    let wrappers = [
        &message.spoiler_message,
        &message.associated_child_message,
        &message.question_message,
        &message.question_reply_message,
        &message.bot_invoke_message,
        &message.bot_forwarded_message,
        &message.group_mentioned_message,
        &message.limit_sharing_message,
    ];
    let inner = wrappers.into_iter().find_map(|wrapper| wrapper.as_option()?.message.as_option())?;
    (depth < DEPTH_MAX).then(|| at_depth(inner, depth + 1))
}

/// Words for kinds that the desk cannot show.
fn unknown(message: &wa::Message) -> &'static str {
    if message.group_invite_message.is_set() {
        "An invitation to a group"
    } else if message.order_message.is_set() {
        "An order"
    } else if message.product_message.is_set() {
        "A product"
    } else if message.send_payment_message.is_set()
        || message.request_payment_message.is_set()
        || message.decline_payment_request_message.is_set()
        || message.cancel_payment_request_message.is_set()
        || message.payment_invite_message.is_set()
        || message.invoice_message.is_set()
    {
        "A payment"
    } else if message.event_message.is_set() || message.event_invite_message.is_set() {
        "An event"
    } else if message.call.is_set() || message.call_log_messsage.is_set() || message.bcall_message.is_set() {
        "A call"
    } else if message.scheduled_call_creation_message.is_set() || message.scheduled_call_edit_message.is_set() {
        "A planned call"
    } else if message.album_message.is_set() {
        "An album"
    } else if message.pin_in_chat_message.is_set() || message.keep_in_chat_message.is_set() {
        "Pinned or kept a message"
    } else if message.request_phone_number_message.is_set() {
        "Asked for the phone number"
    } else {
        "A message that this version cannot show"
    }
}

fn place(words: [&Option<String>; 2], latitude: Option<f64>, longitude: Option<f64>) -> Option<String> {
    let mut text = words
        .into_iter()
        .flatten()
        .map(|word| word.trim())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    if let (Some(latitude), Some(longitude)) = (latitude, longitude) {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(text, "{latitude:.6}, {longitude:.6}");
    }
    Some(text).filter(|text| !text.is_empty())
}

fn first_filled<'a>(words: impl IntoIterator<Item = &'a Option<String>>) -> Option<String> {
    words.into_iter().flatten().find(|word| !word.trim().is_empty()).cloned()
}
