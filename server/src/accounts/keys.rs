//! The server's secret and what is made from it: access tokens, and the successors of refresh tokens.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ownline_model::{
    ids::{AgentId, TenantId},
    problem::ProblemCode,
    time::UtcMillis,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

const ISSUER: &str = "ownline-server";
const AUDIENCE: &str = "ownline";
const KIND: &str = "at+jwt";
const FILE: &str = "server.key";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    ten: Uuid,
    sid: Uuid,
    iat: i64,
    /// Seconds, as the standard has it.
    exp: i64,
}

/// Whom an access token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) tenant: TenantId,
    pub(crate) agent: AgentId,
    pub(crate) session: Uuid,
}

/// Keys, prepared once.
pub(crate) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    header: Header,
    /// The encoded header of every token of ours. Another algorithm, a `kid`, any addition: another header, no entry.
    header_segment: String,
    refresh: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// From the key file in the data folder, made on first use and readable by its owner only.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let secret = secret(&data.join(FILE))?;
        Self::from_secret(&secret)
    }

    fn from_secret(secret: &[u8; 32]) -> io::Result<Self> {
        let access = derive(secret, "access token");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // Checked against the server's own clock.
        validation.validate_exp = false;
        let header = Header { typ: Some(KIND.to_owned()), ..Header::new(Algorithm::HS256) };
        let encoding = EncodingKey::from_secret(access.as_ref());
        let probe = jsonwebtoken::encode(&header, &serde_json::json!({}), &encoding).map_err(io::Error::other)?;
        let header_segment = probe.split('.').next().unwrap_or_default().to_owned();
        Ok(Self {
            encoding,
            decoding: DecodingKey::from_secret(access.as_ref()),
            validation,
            header,
            header_segment,
            refresh: derive(secret, "refresh token"),
        })
    }

    /// An access token that ends at `expires_at` (to the second below).
    pub(crate) fn issue(&self, bearer: Bearer, now: UtcMillis, expires_at: UtcMillis) -> Result<String, ProblemCode> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: bearer.agent.0,
            ten: bearer.tenant.0,
            sid: bearer.session,
            iat: now.0 / 1000,
            exp: expires_at.0 / 1000,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.encoding).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            ProblemCode::Internal
        })
    }

    pub(crate) fn read(&self, token: &str, now: UtcMillis) -> Result<Bearer, ProblemCode> {
        if token.split('.').next() != Some(self.header_segment.as_str()) {
            return Err(ProblemCode::Unauthenticated);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| ProblemCode::Unauthenticated)?
            .claims;
        if claims.exp.saturating_mul(1000) <= now.0 {
            return Err(ProblemCode::TokenExpired);
        }
        Ok(Bearer { tenant: TenantId(claims.ten), agent: AgentId(claims.sub), session: claims.sid })
    }

    /// The token that follows a refresh token. Always the same one, so that an answer that was lost can be given again
    /// without ever storing a token.
    pub(crate) fn successor(&self, token: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(self.refresh.as_ref(), token.as_bytes()))
    }
}

/// A fresh secret that nobody can guess.
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is stored of a secret.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(data).finalize().into_bytes().into())
        .unwrap_or_default()
}

fn derive(secret: &[u8; 32], purpose: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(mac(secret, purpose.as_bytes()))
}

fn secret(file: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(mut new) => {
            let secret = Zeroizing::new(rand::random::<[u8; 32]>());
            new.write_all(hex::encode(*secret).as_bytes())?;
            new.sync_all()?;
            Ok(secret)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_secret(file),
        Err(error) => Err(error),
    }
}

fn read_secret(file: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut opened = fs::File::open(file)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if opened.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(io::Error::other(format!(
                "{} can be read by others: `chmod 600` it, or delete it, which ends all sessions",
                file.display()
            )));
        }
    }
    let mut text = Zeroizing::new(String::new());
    opened.read_to_string(&mut text)?;
    let mut secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), secret.as_mut())
        .map_err(|_| io::Error::other(format!("{} is damaged: delete it, which ends all sessions", file.display())))?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::from_secret(&[7; 32]).expect("keys")
    }

    fn bearer() -> Bearer {
        Bearer { tenant: TenantId::fresh(), agent: AgentId::fresh(), session: Uuid::now_v7() }
    }

    #[test]
    fn reads_its_own_until_they_end() {
        let (keys, bearer) = (keys(), bearer());
        let token = keys.issue(bearer, UtcMillis(0), UtcMillis(10_000)).expect("token");
        assert_eq!(keys.read(&token, UtcMillis(9_999)), Ok(bearer));
        assert_eq!(keys.read(&token, UtcMillis(10_000)), Err(ProblemCode::TokenExpired));
    }

    #[test]
    fn another_servers_key_opens_nothing() {
        let token = keys().issue(bearer(), UtcMillis(0), UtcMillis(10_000)).expect("token");
        let other = Keys::from_secret(&[8; 32]).expect("keys");
        assert_eq!(other.read(&token, UtcMillis(0)), Err(ProblemCode::Unauthenticated));
    }

    #[test]
    fn the_key_file_is_private_and_kept() {
        let folder = crate::desk::testing::folder();
        let keys = Keys::open(&folder).expect("made");
        let token = keys.issue(bearer(), UtcMillis(0), UtcMillis(10_000)).expect("token");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let file = folder.join(FILE);
            assert_eq!(fs::metadata(&file).expect("file").permissions().mode() & 0o777, 0o600);
            assert!(Keys::open(&folder).expect("again").read(&token, UtcMillis(0)).is_ok());
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("chmod");
            assert!(Keys::open(&folder).is_err(), "a key that others can read is no key");
        }
    }
}
