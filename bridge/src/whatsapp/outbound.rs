//! Model to wire, pure.

use whatsapp_rust::waproto::{buffa::MessageField, whatsapp as wa};

/// A text that WhatsApp shows as written. Links go as an extended text without a preview: the machine that holds the number
/// fetches nothing on behalf of a text.
pub(super) fn text(words: &str) -> wa::Message {
    if words.contains("://") || words.contains("www.") {
        wa::Message {
            extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
                text: Some(words.to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        }
    } else {
        wa::Message { conversation: Some(words.to_owned()), ..Default::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_and_links() {
        assert_eq!(text("Olá *ana*").conversation.as_deref(), Some("Olá *ana*"));
        let linked = text("see https://example.org");
        assert_eq!(linked.conversation, None);
        assert_eq!(linked.extended_text_message.text.as_deref(), Some("see https://example.org"));
    }
}
