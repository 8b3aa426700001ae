//! Whether a text holds a link.

/// Endings that people and spam write without `https://`.
const ENDINGS: [&str; 24] = [
    "com", "net", "org", "info", "io", "app", "me", "ly", "co", "br", "mx", "ar", "es", "pt", "de", "fr", "uk", "us",
    "in", "ru", "xyz", "shop", "online", "site",
];

pub fn has_link(text: &str) -> bool {
    text.split_whitespace().any(is_link)
}

fn is_link(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if word.contains("://") || word.starts_with("www.") {
        return true;
    }
    let host = word.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let has_path = host.len() < word.len();
    // An address for mail is none.
    if word.contains('@') {
        return false;
    }
    let Some((name, ending)) = host.rsplit_once('.') else { return false };
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-');
    let is_host = name.split('.').all(plain) && ending.chars().all(char::is_alphabetic) && ending.len() >= 2;
    is_host && (has_path || ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_seen_however_they_are_written() {
        for text in [
            "look: https://example.org/a",
            "WWW.EXAMPLE.ORG",
            "(bit.ly/3x)",
            "wa.me/5511",
            "example.com.br",
            "http://10.0.0.1",
            "promo.berlin/today",
        ] {
            assert!(has_link(text), "{text}");
        }
        for text in
            ["Good morning.How are you?", "3.50", "v1.2.3", "ana@example.org", "e.g. this", "Mr. Smith", "1/2", ""]
        {
            assert!(!has_link(text), "{text}");
        }
    }
}
