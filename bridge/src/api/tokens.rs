//! Who may use this API: whoever shows the token of this launch, or one that a browser got for a one-time code.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ownline_model::time::UtcMillis;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::time::now;

/// A browser link works for this long.
const CODE_LIFETIME_MS: i64 = 5 * 60 * 1000;
/// The oldest code or session gives way beyond this.
const CODES_MAX: usize = 8;
const SESSIONS_MAX: usize = 32;

/// 256 random bits, as text that fits a header and a URL's fragment.
pub(crate) fn random_token() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    rand::fill(&mut bytes[..]);
    Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(&bytes[..]))
}

/// The tokens of this launch. Browsers' tokens are kept as hashes only.
pub(crate) struct Tokens {
    launch: Zeroizing<String>,
    browsers: Mutex<Browsers>,
}

#[derive(Default)]
struct Browsers {
    codes: VecDeque<([u8; 32], UtcMillis)>,
    sessions: VecDeque<[u8; 32]>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    pub(crate) fn new(launch: Zeroizing<String>) -> Self {
        Self { launch, browsers: Mutex::default() }
    }

    pub(crate) fn launch(&self) -> &str {
        &self.launch
    }

    /// Compares hashes in constant time, and with every token there is, so that timing tells nothing.
    pub(crate) fn accepts(&self, shown: &str) -> bool {
        let shown = digest(shown);
        let mut accepted = digest(&self.launch).ct_eq(&shown);
        for session in &self.browsers().sessions {
            accepted |= session.ct_eq(&shown);
        }
        bool::from(accepted)
    }

    /// HMAC-SHA256 under the launch token of `ownline-bridge:` and the nonce, hexadecimal.
    pub(crate) fn prove(&self, nonce: &str) -> String {
        prove(&self.launch, nonce)
    }

    pub(crate) fn offer_browser_code(&self) -> (String, UtcMillis) {
        let code = random_token();
        let expires_at = now().plus_millis(CODE_LIFETIME_MS);
        let mut browsers = self.browsers();
        if browsers.codes.len() == CODES_MAX {
            browsers.codes.pop_front();
        }
        browsers.codes.push_back((digest(&code), expires_at));
        (code.to_string(), expires_at)
    }

    /// Spends a code. `None`: unknown, spent or expired.
    pub(crate) fn redeem_browser_code(&self, code: &str) -> Option<String> {
        let shown = digest(code);
        let now = now();
        let mut browsers = self.browsers();
        browsers.codes.retain(|(_, expires_at)| *expires_at > now);
        let before = browsers.codes.len();
        browsers.codes.retain(|(known, _)| !bool::from(known.ct_eq(&shown)));
        if browsers.codes.len() == before {
            return None;
        }
        let token = random_token();
        if browsers.sessions.len() == SESSIONS_MAX {
            browsers.sessions.pop_front();
        }
        browsers.sessions.push_back(digest(&token));
        Some(token.to_string())
    }

    fn browsers(&self) -> std::sync::MutexGuard<'_, Browsers> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a client expects of `POST /challenge` before it shows the token.
pub fn prove(token: &str, nonce: &str) -> String {
    match Hmac::<Sha256>::new_from_slice(token.as_bytes()) {
        Ok(mut mac) => {
            mac.update(b"ownline-bridge:");
            mac.update(nonce.as_bytes());
            hex::encode(mac.finalize().into_bytes())
        }
        // HMAC takes keys of any length.
        Err(_) => String::new(),
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_code_works_once_and_gives_a_token_that_counts() {
        let tokens = Tokens::new(random_token());
        let (code, _) = tokens.offer_browser_code();
        assert!(!tokens.accepts(&code), "a code is no token");
        let token = tokens.redeem_browser_code(&code).expect("fresh code");
        assert!(tokens.accepts(&token));
        assert_eq!(tokens.redeem_browser_code(&code), None, "spent");
        assert_eq!(tokens.redeem_browser_code("guess"), None);
    }

    #[test]
    fn the_proof_is_the_documented_hmac() {
        // From an independent implementation: HMAC-SHA256("token", "ownline-bridge:00ff").
        assert_eq!(prove("token", "00ff"), "7effe73d1da4ad9ffe98557963bf1296a3d0e83d17e7856a287d04baa4662b5c");
        assert_ne!(prove("token", "00ff"), prove("other", "00ff"));
    }
}
