//! Bounds on what people and programs may send. One place, used by every program.

use crate::{message::MessageKind, problem::ProblemCode};

/// WhatsApp's own limit on a text message, in characters.
pub const TEXT_MAX_CHARS: usize = 65_536;
/// JSON bodies; media routes have their own limit.
pub const BODY_MAX_BYTES: usize = 1024 * 1024;
/// What WhatsApp takes of each kind of file, in bytes.
pub const IMAGE_MAX_BYTES: u64 = 16 << 20;
pub const VIDEO_MAX_BYTES: u64 = 64 << 20;
pub const AUDIO_MAX_BYTES: u64 = 16 << 20;
pub const STICKER_MAX_BYTES: u64 = 1 << 20;
pub const DOCUMENT_MAX_BYTES: u64 = 100 << 20;
/// What WhatsApp takes of a kind, in bytes; `None` where the kind bears no file.
pub const fn file_max_bytes(kind: MessageKind) -> Option<u64> {
    Some(match kind {
        MessageKind::Image => IMAGE_MAX_BYTES,
        MessageKind::Video => VIDEO_MAX_BYTES,
        MessageKind::Audio | MessageKind::Voice => AUDIO_MAX_BYTES,
        MessageKind::Sticker => STICKER_MAX_BYTES,
        MessageKind::Document => DOCUMENT_MAX_BYTES,
        _ => return None,
    })
}

/// A picture with more pixels is not opened, whatever its size.
pub const IMAGE_MAX_PIXELS: u64 = 40_000_000;
/// WhatsApp takes another wording for so long.
pub const EDIT_WITHIN_MS: i64 = 15 * 60 * 1000;
/// And lets a message be taken back for everyone for so long.
pub const REVOKE_WITHIN_MS: i64 = 60 * 60 * 60 * 1000;
pub const NAME_MAX_CHARS: usize = 256;
pub const PASSWORD_MIN_CHARS: usize = 10;
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// Changes in one push, entries in one pull.
pub const SYNC_BATCH_MAX: usize = 500;
pub const PAGE_MAX: u32 = 200;
pub const PAGE_DEFAULT: u32 = 50;
/// A reply that waits for another agent's machine gives up after a day.
pub const ROUTED_REPLY_TTL_MS: i64 = 24 * 60 * 60 * 1000;

/// A text that can be sent: not blank, not longer than WhatsApp takes.
pub fn check_text(text: &str) -> Result<(), ProblemCode> {
    if text.trim().is_empty() {
        Err(ProblemCode::TextEmpty)
    } else if text.chars().count() > TEXT_MAX_CHARS {
        Err(ProblemCode::TextTooLong)
    } else {
        Ok(())
    }
}

/// Names come from strangers: control characters go, length is capped.
pub fn clean_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_bounds() {
        assert_eq!(check_text(" \n "), Err(ProblemCode::TextEmpty));
        assert_eq!(check_text(&"x".repeat(TEXT_MAX_CHARS)), Ok(()));
        assert_eq!(check_text(&"x".repeat(70 * 1024)), Err(ProblemCode::TextTooLong));
    }
}
