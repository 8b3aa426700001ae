//! What a file is, by its own bytes. Names and senders are believed only in what cannot be shown: a document's type.

use ownline_model::message::MessageKind;

use super::voice;

/// What has to be known of a file's beginning.
pub(crate) const HEAD: usize = 8 * 1024;
/// For what this machine would rather not open.
pub(crate) const OPAQUE: &str = "application/octet-stream";
pub(crate) const VOICE: &str = "audio/ogg; codecs=opus";

const PICTURES: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const FILMS: [&str; 2] = ["video/mp4", "video/3gpp"];
const SOUNDS: [&str; 5] = ["audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/ogg"];

/// The type as found in the bytes, where they tell.
pub(crate) fn by_bytes(head: &[u8]) -> Option<&'static str> {
    if voice::is_opus(head) {
        return Some(VOICE);
    }
    match infer::get(head)?.mime_type() {
        "audio/m4a" => Some("audio/mp4"),
        "audio/opus" => Some("audio/ogg"),
        "audio/x-wav" => Some("audio/wav"),
        // Both hide in films' boxes.
        "video/x-m4v" => Some("video/mp4"),
        known => Some(known),
    }
}

/// What a message with this file becomes. WhatsApp shows JPEG and PNG; other pictures go as documents, as do films and sounds
/// in forms that phones do not play.
pub(crate) fn kind_of(mime: Option<&str>) -> MessageKind {
    match mime.map(bare) {
        Some("image/jpeg" | "image/png") => MessageKind::Image,
        Some(mime) if FILMS.contains(&mime) => MessageKind::Video,
        Some(mime) if SOUNDS.contains(&mime) => MessageKind::Audio,
        _ => MessageKind::Document,
    }
}

/// The type of a file of one kind, from its bytes; for a document that they do not tell of, from its name.
pub(crate) fn mime_of(kind: MessageKind, head: &[u8], name: Option<&str>) -> String {
    let found = by_bytes(head);
    let fits = |mime: &str| match kind {
        MessageKind::Image | MessageKind::Sticker => PICTURES.contains(&mime),
        MessageKind::Video => FILMS.contains(&mime) || mime == "video/quicktime" || mime == "image/gif",
        MessageKind::Audio | MessageKind::Voice => SOUNDS.contains(&mime) || mime == "audio/wav",
        _ => true,
    };
    match found {
        Some(mime) if !fits(bare(mime)) => OPAQUE.to_owned(),
        // A container says little about what is in it.
        Some(mime)
            if kind == MessageKind::Document && !matches!(mime, "application/zip" | "application/x-ole-storage") =>
        {
            mime.to_owned()
        }
        Some(mime) if kind != MessageKind::Document => mime.to_owned(),
        found if kind == MessageKind::Document => by_name(name).or(found).unwrap_or(OPAQUE).to_owned(),
        _ => OPAQUE.to_owned(),
    }
}

fn bare(mime: &str) -> &str {
    mime.split(';').next().unwrap_or(mime).trim()
}

/// The type that a browser may be told: only forms that it shows without running anything.
pub(crate) fn safe(mime: &str) -> &str {
    let plain = bare(mime);
    let known = PICTURES.iter().chain(&FILMS).chain(&SOUNDS).chain(&["audio/wav"]).find(|known| **known == plain);
    known.copied().unwrap_or(OPAQUE)
}

fn by_name(name: Option<&str>) -> Option<&'static str> {
    let (_, ending) = name?.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "txt" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "xml" => "application/xml",
        "htm" | "html" => "text/html",
        "svg" => "image/svg+xml",
        "rtf" => "application/rtf",
        "ics" => "text/calendar",
        "vcf" => "text/vcard",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "ppt" => "application/vnd.ms-powerpoint",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "zip" => "application/zip",
        "apk" => "application/vnd.android.package-archive",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
    const MP4: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";
    const M4A: &[u8] = b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom";
    const MP3: &[u8] = b"ID3\x04\0\0\0\0\0\0\0\0\0\0";
    const WEBP: &[u8] = b"RIFF\x24\0\0\0WEBPVP8 ";
    const PDF: &[u8] = b"%PDF-1.7\n";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";
    const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    const HTML: &[u8] = b"<!DOCTYPE html><html><script>alert(1)</script></html>";

    fn found(head: &[u8], name: &str) -> (MessageKind, String) {
        let kind = kind_of(by_bytes(head));
        (kind, mime_of(kind, head, Some(name)))
    }

    #[test]
    fn files_are_what_their_bytes_say() {
        use MessageKind::{Audio, Document, Image, Video};
        for (head, name, kind, mime) in [
            (PNG, "cat.jpg", Image, "image/png"),
            (JPEG, "cat.txt", Image, "image/jpeg"),
            (MP4, "film", Video, "video/mp4"),
            (M4A, "song", Audio, "audio/mp4"),
            (MP3, "song.pdf", Audio, "audio/mpeg"),
            (WEBP, "a.webp", Document, "image/webp"),
            (PDF, "a.png", Document, "application/pdf"),
            (ZIP, "a.zip", Document, "application/zip"),
            (ZIP, "a.docx", Document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (b"a;b;c\n", "a.csv", Document, "text/csv"),
            (b"MZ\x90\0\x03", "holiday.jpg", Document, "application/vnd.microsoft.portable-executable"),
            (b"", "empty", Document, OPAQUE),
        ] {
            assert_eq!(found(head, name), (kind, mime.to_owned()), "{name}");
        }
    }

    #[test]
    fn t20_what_can_run_is_never_a_picture() {
        for (head, name) in [(SVG, "logo.svg"), (SVG, "logo.png"), (HTML, "page.html"), (HTML, "page.jpg")] {
            let (kind, mime) = found(head, name);
            assert_eq!(kind, MessageKind::Document, "{name}");
            assert_eq!(safe(&mime), OPAQUE, "{name}: {mime}");
            // Nor where a stranger sends it as one.
            assert_eq!(mime_of(MessageKind::Image, head, Some(name)), OPAQUE, "{name}");
        }
        assert_eq!(mime_of(MessageKind::Image, PDF, None), OPAQUE);
        assert_eq!(mime_of(MessageKind::Voice, PNG, None), OPAQUE);
        assert_eq!(mime_of(MessageKind::Sticker, WEBP, None), "image/webp");
    }

    #[test]
    fn a_browser_hears_only_of_what_it_shows() {
        assert_eq!(safe("image/jpeg"), "image/jpeg");
        assert_eq!(safe(VOICE), "audio/ogg");
        for mime in ["text/html", "image/svg+xml", "application/pdf", "text/javascript", "", "IMAGE/PNG\r\nx: y"] {
            assert_eq!(safe(mime), OPAQUE, "{mime}");
        }
    }
}
