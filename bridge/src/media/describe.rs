//! What is told of a file besides its bytes.

use std::io::{self, BufReader, Read, Seek};

use ownline_model::{
    details::{Attachment, FileState},
    message::MessageKind,
};

use super::{
    film,
    picture::{self, PictureError},
    seal::{CHUNK, Sealed},
    sniff, sound,
};

/// Longest file name that is kept, in characters.
const NAME_MAX: usize = 200;

/// Looks at a whole file of a known kind and completes what is known of it. A picture that this app would rather not open is an
/// error; whoever did not choose it takes [`as_stranger`] instead.
pub(crate) fn complete(
    attachment: Attachment,
    kind: MessageKind,
    mut file: Sealed,
) -> Result<Attachment, PictureError> {
    let mut head = vec![0; sniff::HEAD];
    let length = fill(&mut file, &mut head)?;
    file.rewind()?;
    let mime = sniff::mime_of(kind, &head[..length], attachment.file_name.as_deref());
    let mut found = Attachment { mime, size: file.size(), state: FileState::Here, ..attachment };
    let file = BufReader::with_capacity(CHUNK, file);
    match kind {
        MessageKind::Image | MessageKind::Sticker if found.mime != sniff::OPAQUE => {
            let picture = picture::look(file, &found.mime)?;
            (found.width, found.height) = (Some(picture.width), Some(picture.height));
            found.thumbnail = found.thumbnail.or(picture.thumbnail);
        }
        MessageKind::Video => {
            let told = film::look(file)?;
            found.seconds = told.seconds.or(found.seconds);
            found.width = told.width.or(found.width);
            found.height = told.height.or(found.height);
        }
        MessageKind::Voice => found.seconds = found.seconds.or(sound::seconds(file, &found.mime)?),
        // Many who send a sound do not know how long it is.
        MessageKind::Audio => found.seconds = sound::seconds(file, &found.mime)?.or(found.seconds),
        _ => {}
    }
    Ok(found)
}

/// As [`complete`], of a file that somebody else sent: what cannot be shown is kept as something to save.
pub(crate) fn as_stranger(attachment: Attachment, kind: MessageKind, file: Sealed) -> io::Result<Attachment> {
    let size = file.size();
    match complete(attachment.clone(), kind, file) {
        Ok(found) => Ok(found),
        Err(PictureError::Io(error)) => Err(error),
        Err(error) => {
            tracing::info!(%error, "a picture is kept, but not shown");
            Ok(Attachment {
                mime: sniff::OPAQUE.to_owned(),
                size,
                thumbnail: None,
                state: FileState::Here,
                ..attachment
            })
        }
    }
}

fn fill(file: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < into.len() {
        let read = file.read(&mut into[length..])?;
        if read == 0 {
            break;
        }
        length += read;
    }
    Ok(length)
}

/// A name without folders, without what controls or turns text, and not endless. `None` where nothing is left.
pub(crate) fn clean_file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let turns =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let clean: String = last.chars().filter(|&c| !c.is_control() && !turns(c)).collect();
    let clean = clean.trim().trim_end_matches(['.', ' ']);
    if clean.is_empty() || clean.chars().all(|c| c == '.') {
        return None;
    }
    // The ending says how a file is opened: it stays.
    let count = clean.chars().count();
    if count <= NAME_MAX {
        return Some(clean.to_owned());
    }
    let ending: String = match clean.rsplit_once('.') {
        Some((_, ending)) if ending.chars().count() <= 16 => format!(".{ending}"),
        _ => String::new(),
    };
    let kept: String = clean.chars().take(NAME_MAX - ending.chars().count()).collect();
    Some(kept + &ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t21_names_stay_names() {
        for (given, kept) in [
            ("contract.pdf", Some("contract.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Windows\\system32\\cmd.exe", Some("cmd.exe")),
            ("a\0b\r\nc.txt", Some("abc.txt")),
            ("exe.\u{202e}gpj.scr", Some("exe.gpj.scr")),
            (" spaces . ", Some("spaces")),
            ("..", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(clean_file_name(given).as_deref(), kept, "{given:?}");
        }
        let long = clean_file_name(&format!("{}.pdf", "x".repeat(5_000))).expect("a name");
        assert!(long.chars().count() == NAME_MAX && long.rsplit('.').next() == Some("pdf"));
    }
}
