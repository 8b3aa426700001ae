//! What a message answers, and whether it was passed on.

use ownline_model::{
    details::{Content as Carried, MessageDetails, Quote},
    message::{self, Direction},
};
use whatsapp_rust::{Jid, waproto::whatsapp as wa};

use super::{Own, Read, bounds, read, wrappers};

/// Longer ids do not occur.
const ID_MAX: usize = 128;

pub(super) fn add(details: &mut MessageDetails, message: &wa::Message, own: &Own) {
    let Some(context) = of(message) else { return };
    details.forwarded = context.is_forwarded == Some(true);
    details.reply_to = quote(context, own).map(Box::new);
}

fn quote(context: &wa::ContextInfo, own: &Own) -> Option<Quote> {
    let wa_id = context.stanza_id.clone().filter(|id| (1..=ID_MAX).contains(&id.len()))?;
    let author: Option<Jid> = context.participant.as_deref().and_then(|author| author.parse().ok());
    let direction = if author.is_some_and(|author| own.is(&author)) { Direction::Outbound } else { Direction::Inbound };
    let quoted = context.quoted_message.as_option().map(|quoted| {
        let unwrapped = wrappers::unwrap(quoted);
        if unwrapped.view_once { Read::new(message::MessageKind::ViewOnce, None) } else { read(unwrapped.message) }
    });
    let (kind, preview) = match &quoted {
        Some(quoted) => (quoted.kind, preview(quoted)),
        None => (message::MessageKind::Unknown, String::new()),
    };
    Some(Quote { wa_id, message_id: None, direction, kind, preview })
}

fn preview(quoted: &Read) -> String {
    let words = quoted.text.as_deref().or_else(|| match quoted.details.content.as_deref()? {
        Carried::File(file) => file.file_name.as_deref(),
        Carried::Place(place) => place.name.as_deref(),
        Carried::Cards { cards } => cards.first().map(|card| card.name.as_str()),
        Carried::Poll(poll) => Some(poll.question.as_str()),
        Carried::Choice { .. } | Carried::Other { .. } => None,
    });
    words.map(|words| message::preview(&bounds::text(words))).unwrap_or_default()
}

/// Each kind keeps it in a place of its own.
fn of(message: &wa::Message) -> Option<&wa::ContextInfo> {
    macro_rules! first {
        ($($field:ident),+ $(,)?) => {
            $(if let Some(context) = message.$field.as_option().and_then(|it| it.context_info.as_option()) {
                return Some(context);
            })+
        };
    }
    first!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message,
        buttons_message,
        buttons_response_message,
        list_message,
        list_response_message,
        template_message,
        template_button_reply_message,
        interactive_message,
        interactive_response_message,
        poll_creation_message,
        poll_creation_message_v2,
        poll_creation_message_v3,
        poll_creation_message_v5,
        poll_creation_message_v6,
        poll_result_snapshot_message,
        poll_result_snapshot_message_v3,
        product_message,
        order_message,
        group_invite_message,
        event_message,
        sticker_pack_message,
    );
    None
}
