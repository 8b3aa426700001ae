//! Contact cards as phones read them.

use std::fmt::Write as _;

use ownline_model::details::ContactCard;

pub(super) fn vcard(card: &ContactCard) -> String {
    let mut text = String::from("BEGIN:VCARD\r\nVERSION:3.0\r\n");
    let name = escaped(&card.name);
    let _ = write!(text, "N:;{name};;;\r\nFN:{name}\r\n");
    if let Some(organisation) = &card.organisation {
        let _ = write!(text, "ORG:{}\r\n", escaped(organisation));
    }
    for phone in &card.phones {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        // `waid` is what makes the card a button that opens a chat; it takes whole numbers only.
        let waid = if phone.trim_start().starts_with('+') { format!(";waid={digits}") } else { String::new() };
        let _ = write!(text, "TEL;type=CELL{waid}:{}\r\n", escaped(phone));
    }
    for email in &card.emails {
        let _ = write!(text, "EMAIL;type=INTERNET:{}\r\n", escaped(email));
    }
    text.push_str("END:VCARD");
    text
}

/// What would end a value or a line is written so that it does not.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' | ',' | ';' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out
}
