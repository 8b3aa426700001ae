//! What a file is, by its own first bytes. What its sender says counts for nothing.

use ownline_model::message::MessageKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sniffed {
    pub(crate) mime: &'static str,
    /// What a message with it becomes.
    pub(crate) kind: MessageKind,
}

const fn of(mime: &'static str, kind: MessageKind) -> Sniffed {
    Sniffed { mime, kind }
}

pub(crate) fn sniff(head: &[u8]) -> Sniffed {
    use MessageKind::{Audio, Document, Image, Sticker};
    match head {
        [0xff, 0xd8, 0xff, ..] => of("image/jpeg", Image),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => of("image/png", Image),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => of("image/gif", Document),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => of("image/webp", Sticker),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => of("audio/wav", Document),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => of_brand(brand),
        [b'O', b'g', b'g', b'S', ..] if head.windows(8).take(64).any(|it| it == b"OpusHead") => of("audio/ogg", Audio),
        [b'O', b'g', b'g', b'S', ..] => of("audio/ogg", Document),
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3 | 0xf2 | 0xfa, ..] => of("audio/mpeg", Audio),
        [0xff, 0xf1 | 0xf9, ..] => of("audio/aac", Audio),
        [b'#', b'!', b'A', b'M', b'R', ..] => of("audio/amr", Audio),
        [b'%', b'P', b'D', b'F', b'-', ..] => of("application/pdf", Document),
        [b'P', b'K', 3, 4, ..] => of("application/zip", Document),
        _ if is_text(head) => of("text/plain", Document),
        _ => of("application/octet-stream", Document),
    }
}

/// Of an ISO container, by its main brand.
fn of_brand(brand: &[u8]) -> Sniffed {
    use MessageKind::{Audio, Document, Video};
    match brand {
        [b'M', b'4', b'A' | b'B', ..] => of("audio/mp4", Audio),
        [b'3', b'g', ..] => of("video/3gpp", Video),
        [b'q', b't', ..] => of("video/quicktime", Document),
        [b'h', b'e', ..] | [b'm', b'i', b'f', ..] => of("image/heic", Document),
        [b'a', b'v', b'i', b'f', ..] => of("image/avif", Document),
        _ => of("video/mp4", Video),
    }
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The beginning may end inside a character.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or(""),
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Whether a browser may be told what it is: nothing that runs, and nothing that loads.
pub(crate) fn is_shown(mime: &str) -> bool {
    matches!(
        mime,
        "image/jpeg"
            | "image/png"
            | "image/gif"
            | "image/webp"
            | "video/mp4"
            | "video/3gpp"
            | "audio/ogg"
            | "audio/mpeg"
            | "audio/mp4"
            | "audio/aac"
            | "audio/amr"
            | "audio/wav"
            | "application/pdf"
            | "text/plain"
    )
}

impl Sniffed {
    /// Whether WhatsApp takes it as a message of this kind.
    pub(crate) fn fits(self, kind: MessageKind) -> bool {
        match kind {
            MessageKind::Voice => self.mime == "audio/ogg",
            kind => kind == MessageKind::Document || kind == self.kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_files_by_their_own_words() {
        let cases: [(&[u8], &str, MessageKind); 9] = [
            (b"\xff\xd8\xff\xe0....", "image/jpeg", MessageKind::Image),
            (b"\x89PNG\r\n\x1a\n....", "image/png", MessageKind::Image),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", MessageKind::Sticker),
            (b"\0\0\0\x20ftypisom....", "video/mp4", MessageKind::Video),
            (b"\0\0\0\x20ftypM4A ....", "audio/mp4", MessageKind::Audio),
            (b"OggS......................OpusHead", "audio/ogg", MessageKind::Audio),
            (b"%PDF-1.7", "application/pdf", MessageKind::Document),
            ("caf\u{e9}\n".as_bytes(), "text/plain", MessageKind::Document),
            (b"\0\x01\x02", "application/octet-stream", MessageKind::Document),
        ];
        for (head, mime, kind) in cases {
            assert_eq!(sniff(head), Sniffed { mime, kind });
        }
        assert_eq!(sniff(b"abc\xc3").mime, "text/plain", "cut inside a character");
    }

    #[test]
    fn what_could_run_is_never_named() {
        for mime in ["text/html", "image/svg+xml", "application/javascript", "application/xhtml+xml", "text/xml"] {
            assert!(!is_shown(mime), "{mime}");
        }
    }
}
