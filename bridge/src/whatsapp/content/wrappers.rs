//! Messages inside messages.

use whatsapp_rust::waproto::whatsapp as wa;

/// Wrappers inside wrappers that are followed.
const DEPTH_MAX: u8 = 8;

pub(super) struct Unwrapped<'a> {
    pub(super) message: &'a wa::Message,
    /// To be seen once, on the phone only.
    pub(super) view_once: bool,
}

pub(super) fn unwrap(message: &wa::Message) -> Unwrapped<'_> {
    let mut found = Unwrapped { message, view_once: false };
    for _ in 0..DEPTH_MAX {
        let Some((inner, view_once)) = inner(found.message) else { break };
        found = Unwrapped { message: inner, view_once: found.view_once || view_once };
    }
    found.view_once |= is_marked(found.message);
    found
}

fn inner(message: &wa::Message) -> Option<(&wa::Message, bool)> {
    if let Some(inner) = message.device_sent_message.as_option().and_then(|sent| sent.message.as_option()) {
        return Some((inner, false));
    }
    let once = [&message.view_once_message, &message.view_once_message_v2, &message.view_once_message_v2_extension];
    if let Some(wrapper) = once.into_iter().find_map(|wrapper| wrapper.as_option()) {
        // Without anything inside it is still something to be seen once.
        return Some((wrapper.message.as_option().unwrap_or(&EMPTY), true));
    }
    let plain = [
        &message.ephemeral_message,
        &message.document_with_caption_message,
        &message.edited_message,
        &message.lottie_sticker_message,
        &message.spoiler_message,
        &message.associated_child_message,
        &message.question_message,
        &message.question_reply_message,
        &message.bot_invoke_message,
        &message.bot_forwarded_message,
        &message.group_mentioned_message,
        &message.limit_sharing_message,
        &message.poll_creation_message_v4,
        &message.poll_creation_option_image_message,
        &message.event_cover_image,
    ];
    let inner = plain.into_iter().find_map(|wrapper| wrapper.as_option()?.message.as_option())?;
    Some((inner, false))
}

static EMPTY: std::sync::LazyLock<wa::Message> = std::sync::LazyLock::new(wa::Message::default);

/// Newer clients mark the content itself instead of wrapping it.
fn is_marked(message: &wa::Message) -> bool {
    let marks = [
        message.image_message.as_option().and_then(|image| image.view_once),
        message.video_message.as_option().and_then(|video| video.view_once),
        message.ptv_message.as_option().and_then(|video| video.view_once),
        message.audio_message.as_option().and_then(|audio| audio.view_once),
        message.extended_text_message.as_option().and_then(|text| text.view_once),
    ];
    marks.contains(&Some(true))
}
