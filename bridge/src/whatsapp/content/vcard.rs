//! Contact cards: the few properties that a person looks at, read line by line and never further than the bounds.

use ownline_model::details::ContactCard;

use super::bounds;

/// A card beyond these is cut there.
const BYTES_MAX: usize = 64 * 1024;
const FIELDS_MAX: usize = 200;
/// Of each kind of address.
const VALUES_MAX: usize = 10;
const UNNAMED: &str = "Contact";

pub(super) fn read(text: &str) -> ContactCard {
    let mut card = ContactCard { name: String::new(), phones: vec![], emails: vec![], organisation: None };
    let mut parts = None;
    for field in fields(cut(text)).take(FIELDS_MAX) {
        let Some((head, value)) = field.split_once(':') else { continue };
        // `item1.TEL;type=CELL:…`
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        let name = name.rsplit('.').next().unwrap_or_default().trim().to_ascii_uppercase();
        let parameters = parameters.to_ascii_uppercase();
        let value = if parameters.contains("QUOTED-PRINTABLE") { printable(value) } else { value.to_owned() };
        match name.as_str() {
            "FN" if card.name.is_empty() => card.name = bounds::line(&plain(&value)).unwrap_or_default(),
            "N" => parts = parts.or_else(|| bounds::line(&in_order(&value))),
            "ORG" => {
                card.organisation = card.organisation.or_else(|| bounds::line(&structured(&value).join(", ")));
            }
            "TEL" => push(&mut card.phones, &plain(value.trim().trim_start_matches("tel:"))),
            "EMAIL" => push(&mut card.emails, &plain(&value)),
            _ => {}
        }
    }
    if card.name.is_empty() {
        card.name = parts.or_else(|| card.phones.first().cloned()).unwrap_or_else(|| UNNAMED.to_owned());
    }
    card
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn push(values: &mut Vec<String>, value: &str) {
    if let Some(value) = bounds::line(value)
        && values.len() < VALUES_MAX
        && !values.contains(&value)
    {
        values.push(value);
    }
}

/// Lines, with those put together that were folded.
fn fields(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines().peekable();
    std::iter::from_fn(move || {
        let mut field = lines.next()?.to_owned();
        loop {
            let soft = field.ends_with('=') && field.to_ascii_uppercase().contains("QUOTED-PRINTABLE");
            let folded = lines.peek().is_some_and(|next| next.starts_with([' ', '\t']));
            if !soft && !folded {
                return Some(field);
            }
            if soft {
                field.pop();
            }
            let Some(next) = lines.next() else { return Some(field) };
            field.push_str(if soft { next } else { next.get(1..).unwrap_or_default() });
        }
    })
}

/// `\,` `\;` `\\` and `\n` stand for themselves in a value.
fn plain(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => out.push(' '),
                Some(escaped) => out.push(escaped),
                None => {}
            },
            character => out.push(character),
        }
    }
    out
}

/// The parts between the semicolons that are not empty.
fn structured(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for character in value.chars() {
        if character == ';' && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
        escaped = character == '\\' && !escaped;
    }
    let parts = parts.iter().map(|part| plain(part).trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// Family; given; additional; prefix; suffix, as people say it.
fn in_order(value: &str) -> String {
    let parts: Vec<String> = value.split(';').map(|part| plain(part).trim().to_owned()).collect();
    let part = |index: usize| parts.get(index).map(String::as_str).unwrap_or_default();
    let named = [part(3), part(1), part(2), part(0), part(4)];
    named.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn printable(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'='
            && let Some((pair, after)) = after.split_first_chunk::<2>()
            && let Ok(decoded) = hex::decode(pair)
        {
            bytes.extend(decoded);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_phones_write() {
        let card = read(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Souza;Ana;;Dra.;\r\nFN:Dra. Ana Souza\r\nORG:Clínica\\, Norte;Dental\r\n\
             item1.TEL;type=CELL;waid=5511987654321:+55 11 98765-4321\r\nTEL:+55 11 98765-4321\r\n\
             EMAIL;type=HOME:ana@exam\r\n ple.org\r\nEND:VCARD",
        );
        assert_eq!(
            card,
            ContactCard {
                name: "Dra. Ana Souza".into(),
                phones: vec!["+55 11 98765-4321".into()],
                emails: vec!["ana@example.org".into()],
                organisation: Some("Clínica, Norte, Dental".into()),
            }
        );
    }

    #[test]
    fn reads_old_cards_and_cards_without_a_name() {
        let old = read("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Jos=C3=A9 =\nSilva\nTEL:1");
        assert_eq!((old.name.as_str(), old.phones.len()), ("José Silva", 1));
        assert_eq!(read("N:Souza;Ana;;;\n").name, "Ana Souza");
        assert_eq!(read("TEL:tel:+123\n").name, "+123");
        assert_eq!(read("").name, UNNAMED);
        assert_eq!(read("FN:=\n\\").name, "=");
    }

    /// Threat 18.
    #[test]
    fn t18_a_bomb_is_cut() {
        let bomb = "TEL:+1\n".repeat(1_000_000);
        assert_eq!(read(&bomb).phones, ["+1"]);
        let many = (0..1_000_000).map(|n| format!("TEL:+{n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(read(&many).phones.len(), VALUES_MAX);
        let late = format!("{}FN:Ana\n", "X-A:1\n".repeat(FIELDS_MAX));
        assert_eq!(read(&late).name, UNNAMED, "the field after the last that is read");
        let folded = format!("FN:a{}", "\n b".repeat(1_000_000));
        assert_eq!(read(&folded).name.chars().count(), 256);
        let wide = format!("FN:{}", "é".repeat(1_000_000));
        assert_eq!(read(&wide).name.chars().count(), 256);
    }

    /// Whatever the bytes, there is a card.
    #[test]
    fn t18_nonsense_is_harmless() {
        let alphabet = [":", ";", "\\", "\n", "\n ", "=", "=C3", "FN", "TEL", "N", ".", "é", "QUOTED-PRINTABLE", "\0"];
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..24 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(alphabet[(state >> 33) as usize % alphabet.len()]);
            }
            let card = read(&text);
            assert!(!card.name.is_empty() && !card.name.contains('\n'), "{text:?}");
        }
    }
}
