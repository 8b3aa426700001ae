//! Whether two texts are the same to their readers: letters and digits count; case, spaces, punctuation and invisible
//! characters do not, so that no variation hides a campaign.

use sha2::{Digest as _, Sha256};

/// "Thank you!" goes to many people; nobody calls that a campaign.
const SHORTEST: usize = 20;

/// `None`: too short to be told apart from what people say anyway.
pub fn fingerprint(text: &str) -> Option<[u8; 16]> {
    let folded: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if folded.chars().count() < SHORTEST {
        return None;
    }
    let digest = Sha256::digest(folded.as_bytes());
    digest.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variation_hides_nothing() {
        let text = fingerprint("Big sale on shoes this Saturday!").expect("long enough");
        for same in ["big SALE on shoes, this saturday", "Big\u{200b} sale  on shoes this Saturday 🎉"] {
            assert_eq!(fingerprint(same), Some(text), "{same}");
        }
        assert_ne!(fingerprint("Big sale on shoes this Sunday!!!"), Some(text));
        assert_eq!(fingerprint("Thank you very much!"), None);
    }
}
