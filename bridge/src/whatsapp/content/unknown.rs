//! Kinds that this build cannot show: what the protocol calls them.

use whatsapp_rust::waproto::{buffa::MessageField, whatsapp as wa};

/// Goes along with a message rather than being one.
fn without_envelope(message: &wa::Message) -> wa::Message {
    let mut content = message.clone();
    content.message_context_info = MessageField::none();
    content.sender_key_distribution_message = MessageField::none();
    content.fast_ratchet_key_sender_key_distribution_message = MessageField::none();
    content
}

/// Nothing inside but what belongs to the envelope.
pub(super) fn is_bare(message: &wa::Message) -> bool {
    without_envelope(message) == wa::Message::default()
}

/// The field that is set: `orderMessage`, `eventMessage`, …; `empty` where there is none that this build knows.
pub(super) fn name(message: &wa::Message) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(without_envelope(message)) else {
        return "empty".to_owned();
    };
    let set = fields.into_iter().find(|(_, value)| !value.is_null());
    set.map_or_else(|| "empty".to_owned(), |(name, _)| camel(&name))
}

/// As the protocol writes it.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
