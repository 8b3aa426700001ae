//! Where the bridge listens, keeps its data, and which WhatsApp it talks to.

use std::{net::SocketAddr, path::PathBuf};

use zeroize::Zeroizing;

use crate::safety::Rules;

/// Everything that [`Bridge::start`](crate::Bridge::start) needs to know.
#[derive(Debug)]
pub struct Config {
    /// The bridge's own folder; made (0700) when it does not exist. One bridge at a time.
    pub data: PathBuf,
    pub listen: Listen,
    pub key: KeySource,
    pub endpoint: Endpoint,
    /// What may be sent, and when: the defaults or stricter.
    pub sending: Rules,
}

impl Config {
    /// The defaults of an agent's machine.
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            listen: Listen::default(),
            key: KeySource::Keyring,
            endpoint: Endpoint::default(),
            sending: Rules::default(),
        }
    }
}

/// The address of the API. Only loopback is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// This port, or any free one when another program has it.
    Preferably(u16),
    /// This address or none.
    Exactly(SocketAddr),
}

impl Default for Listen {
    fn default() -> Self {
        Self::Preferably(3001)
    }
}

/// Where the key of the local store is kept.
pub enum KeySource {
    /// The operating system's keyring.
    Keyring,
    /// A file, made on first use, that only its owner may read.
    File(PathBuf),
    /// In a person's head.
    Passphrase(Zeroizing<String>),
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keyring => f.write_str("Keyring"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Passphrase(_) => f.write_str("Passphrase(…)"),
        }
    }
}

/// Which WhatsApp the session connects to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// `ws://…` of a simulated network. Only a build with the feature `simulated-network` can be told one.
    #[cfg(feature = "simulated-network")]
    pub simulated: Option<String>,
}
