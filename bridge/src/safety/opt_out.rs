//! Words with which customers ask not to be written to. A whole message, letter case, accents and punctuation aside: who
//! says "stop by at five" has not opted out.

/// In the languages of the screen and of the neighbours, folded.
const WORDS: [&str; 46] = [
    // English
    "stop",
    "stop all",
    "stopall",
    "unsubscribe",
    "opt out",
    "optout",
    "stop messaging me",
    "do not contact me",
    "dont contact me",
    "remove me",
    "stop please",
    "please stop",
    // Spanish
    "baja",
    "darme de baja",
    "dar de baja",
    "cancelar suscripcion",
    "no molestar",
    "no me escriban",
    "no me escribas mas",
    // Portuguese
    "parar",
    "pare",
    "sair",
    "descadastrar",
    "cancelar inscricao",
    "remover",
    "nao quero receber",
    "nao quero mais receber mensagens",
    "me remova",
    // German
    "stopp",
    "abmelden",
    "abbestellen",
    // French
    "arret",
    "arreter",
    "desabonner",
    "desinscription",
    "stop sms",
    // Italian
    "cancellami",
    "disiscrivimi",
    "basta messaggi",
    // Arabic
    "توقف",
    "الغاء الاشتراك",
    "ايقاف",
    // Hindi
    "बंद करो",
    "रोकें",
    "बंद करें",
    "सदस्यता समाप्त",
];

/// The word by which a message asks not to be written to again, if it does.
pub fn opt_out_word(text: &str) -> Option<&'static str> {
    // Anything longer says more than that.
    if text.len() > 200 {
        return None;
    }
    let folded = fold(text);
    WORDS.into_iter().find(|word| *word == folded)
}

/// Letters of any script without case, accents and vowel signs of their own; everything else separates words.
fn fold(text: &str) -> String {
    let letters: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            '\'' | '’' | '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{200b}'..='\u{200f}' | '\u{2060}' => None,
            c => Some(unaccented(c)),
        })
        .map(|c| if c.is_alphanumeric() || is_vowel_sign(c) { c } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Devanagari writes vowels as signs that are no letters of their own.
const fn is_vowel_sign(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{963}')
}

const fn unaccented(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'أ' | 'إ' | 'آ' => 'ا',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_stand_as_they_are_compared() {
        for word in WORDS {
            assert_eq!(fold(word), word);
        }
    }

    #[test]
    fn people_ask_in_their_own_way() {
        for (text, word) in [
            ("STOP", "stop"),
            (" Stop! ", "stop"),
            ("Unsubscribe.", "unsubscribe"),
            ("BAJA", "baja"),
            ("Parar", "parar"),
            ("Não quero receber", "nao quero receber"),
            ("NA\u{303}O QUERO RECEBER", "nao quero receber"),
            ("Désabonner", "desabonner"),
            ("Don’t contact me", "dont contact me"),
            ("إيقاف", "ايقاف"),
            ("बंद करें।", "बंद करें"),
        ] {
            assert_eq!(opt_out_word(text), Some(word), "{text}");
        }
    }

    #[test]
    fn who_says_more_has_not_asked() {
        for text in [
            "",
            "stop by at five",
            "Please don't stop",
            "Can I unsubscribe from the newsletter only?",
            "bajar",
            "nonstop",
        ] {
            assert_eq!(opt_out_word(text), None, "{text}");
        }
        assert_eq!(opt_out_word(&"stop ".repeat(1000)), None);
    }
}
