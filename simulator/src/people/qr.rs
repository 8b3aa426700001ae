//! The code that a device shows to be linked.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::Key;
use crate::world::WorldError;

/// Cameras know what to do with this.
const DEEP_LINK: &str = "https://wa.me/settings/linked_devices#";

/// `ref,noise,identity,secret[,client type]`; the keys in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkingCode {
    pub reference: String,
    pub noise: Key,
    pub identity: Key,
    pub secret: [u8; 32],
}

impl FromStr for LinkingCode {
    type Err = WorldError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let code = code.trim();
        let code = code.strip_prefix(DEEP_LINK).unwrap_or(code);
        let fields: Vec<&str> = code.split(',').collect();
        let [reference, noise, identity, secret, rest @ ..] = fields.as_slice() else {
            return Err(WorldError::BadQr);
        };
        if reference.is_empty() || rest.len() > 1 {
            return Err(WorldError::BadQr);
        }
        let key = |field: &str| -> Result<[u8; 32], WorldError> {
            STANDARD.decode(field).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(WorldError::BadQr)
        };
        Ok(Self {
            reference: (*reference).to_owned(),
            noise: key(noise)?,
            identity: key(identity)?,
            secret: key(secret)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_code_are_read() {
        let key = |byte: u8| STANDARD.encode([byte; 32]);
        let short = format!("2@abc,{},{},{}", key(1), key(2), key(3));
        let expected =
            LinkingCode { reference: "2@abc".to_owned(), noise: [1; 32], identity: [2; 32], secret: [3; 32] };
        for code in [short.clone(), format!("{short},1"), format!("{DEEP_LINK}{short},1"), format!(" {short}\n")] {
            assert_eq!(code.parse(), Ok(expected.clone()), "{code}");
        }
    }

    #[test]
    fn anything_else_is_no_code() {
        let key = STANDARD.encode([1; 32]);
        let wrong = [
            String::new(),
            "hello".to_owned(),
            format!("a,{key},{key}"),
            format!("a,{key},{key},AAAA"),
            format!(",{key},{key},{key}"),
            format!("a,{key},{key},{key},1,2"),
        ];
        for code in wrong {
            assert_eq!(code.parse::<LinkingCode>(), Err(WorldError::BadQr), "{code}");
        }
    }
}
