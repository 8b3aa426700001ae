//! How files are named: a kind, the hash of the encrypted bytes, and a path that is given anew when the file is renewed.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::network::now_seconds;

const MIB: u64 = 1024 * 1024;
/// A path says that it is good for so long.
const GOOD_FOR_SECONDS: i64 = 30 * 24 * 3600;

/// What a file is, as its upload path says. The kinds differ in how large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    Document,
    MdMsgHist,
    MdAppState,
    ThumbnailLink,
    StickerPack,
    ThumbnailStickerPack,
}

/// Kind, upload path, folder of the direct path, most bytes of ciphertext.
const KINDS: &[(MediaKind, &str, &str, u64)] = &[
    (MediaKind::Image, "image", "t62.7118-24", 16 * MIB),
    (MediaKind::Video, "video", "t62.7161-24", 100 * MIB),
    (MediaKind::Audio, "audio", "t62.7117-24", 100 * MIB),
    (MediaKind::Document, "document", "t62.7119-24", 2048 * MIB),
    (MediaKind::MdMsgHist, "md-msg-hist", "t62.43144-24", 1024 * MIB),
    (MediaKind::MdAppState, "md-app-state", "t62.36144-24", 100 * MIB),
    (MediaKind::ThumbnailLink, "thumbnail-link", "t62.36145-24", 5 * MIB),
    (MediaKind::StickerPack, "sticker-pack", "t62.15575-24", 16 * MIB),
    (MediaKind::ThumbnailStickerPack, "thumbnail-sticker-pack", "t62.15576-24", 5 * MIB),
];

impl MediaKind {
    fn row(self) -> &'static (Self, &'static str, &'static str, u64) {
        KINDS.iter().find(|row| row.0 == self).unwrap_or(&KINDS[0])
    }

    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub fn folder(self) -> &'static str {
        self.row().2
    }

    /// Bytes of ciphertext.
    pub fn most(self) -> u64 {
        self.row().3
    }
}

/// SHA-256 of an encrypted file, which names it: 43 characters of URL-safe base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub [u8; 32]);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for Token {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .ok()
            .and_then(|hash| hash.try_into().ok())
            .map(Self)
            .ok_or(())
    }
}

/// Where a file is found: its token and which of the paths that were given for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    pub token: Token,
    pub generation: u32,
}

impl Path {
    /// Reads the last part of a direct path, without its query.
    pub fn parse(name: &str) -> Option<Self> {
        let (token, generation) = name.strip_suffix("_n.enc")?.rsplit_once('_')?;
        Some(Self { token: token.parse().ok()?, generation: generation.parse().ok()? })
    }

    /// Reads a whole direct path.
    pub fn of_direct_path(path: &str) -> Option<Self> {
        Self::parse(path.split('?').next()?.rsplit('/').next()?)
    }

    /// The path as messages carry it. Its query looks like a signature; the hosts here do not check it.
    pub fn direct_path(self, kind: MediaKind) -> String {
        let Self { token, generation } = self;
        let expires = now_seconds() + GOOD_FOR_SECONDS;
        let signature = hex::encode(&token.0[..10]);
        let folder = kind.folder();
        format!("/v/{folder}/{token}_{generation}_n.enc?ccb=11-4&oh=01_{signature}&oe={expires:X}&_nc_sid=5e03e5")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_back_to_its_file() {
        for byte in [0, 0xfb, 0xff] {
            let path = Path { token: Token([byte; 32]), generation: 12 };
            let text = path.direct_path(MediaKind::Image);
            assert!(text.starts_with("/v/t62.7118-24/"), "{text}");
            assert_eq!(Path::of_direct_path(&text), Some(path));
        }
        for wrong in ["", "x", "/v/t62/AAAA_1_n.enc", "/v/t62/_n.enc"] {
            assert_eq!(Path::of_direct_path(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_is_a_whole_hash() {
        let token = Token([0xff; 32]);
        assert_eq!(token.to_string().parse(), Ok(token));
        assert_eq!(format!("{token}=").parse(), Ok(token));
        for wrong in ["", "AAAA", "../../etc/passwd", "+".repeat(43).as_str()] {
            assert_eq!(wrong.parse::<Token>(), Err(()), "{wrong}");
        }
    }
}
