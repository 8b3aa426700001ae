//! The command line, the environment and the configuration file, in this order of weight.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Parser, Subcommand};
use ownline_bridge::{Config, Endpoint, KeySource, Listen, safety::Rules};
use serde::Deserialize;
use zeroize::Zeroizing;

/// An agent's own WhatsApp line, without a window.
///
/// Holds the agent's WhatsApp session, keeps an encrypted copy of the team's desk, exchanges it with the team's server and
/// serves the screen to this machine only. Open the screen with `ownline-bridge browser-link`.
///
/// The local store is encrypted. Its key is kept in the operating system's keyring, or where --key-file or
/// --passphrase-stdin say; use the same choice at every start.
#[derive(Debug, Parser)]
#[command(name = "ownline-bridge", version, max_term_width = 100)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Address of the API; the port 0 is any free one [default: 127.0.0.1:3001, or another port when that is taken].
    #[arg(long, value_name = "ADDR:PORT", env = "OWNLINE_LISTEN", global = true)]
    listen: Option<SocketAddr>,

    /// Folder of the local store [default: ownline-bridge in the folder for programs' data].
    #[arg(long, value_name = "DIR", env = "OWNLINE_DATA", global = true)]
    data: Option<PathBuf>,

    /// A TOML file with any of: listen, data, key_file, and a table `sending` with stricter limits.
    #[arg(long, value_name = "FILE", env = "OWNLINE_CONFIG", global = true)]
    config: Option<PathBuf>,

    /// Keep the store's key in this file (made on first use, readable by its owner only) instead of the keyring.
    #[arg(long, value_name = "FILE", env = "OWNLINE_KEY_FILE", conflicts_with = "passphrase_stdin")]
    key_file: Option<PathBuf>,

    /// Lock the store's key with a passphrase, read as one line from standard input.
    #[arg(long)]
    passphrase_stdin: bool,

    /// Connect to a simulated WhatsApp network instead of the real one.
    #[cfg(feature = "simulated-network")]
    #[arg(long, value_name = "WS-URL", env = "OWNLINE_SIMULATED_NETWORK")]
    simulated_network: Option<String>,

    /// On a simulated network: sending rules as JSON in place of the default ones, looser ones too.
    #[cfg(feature = "simulated-network")]
    #[arg(long, value_name = "JSON", hide = true, requires = "simulated_network")]
    sending_rules: Option<String>,

    /// On a simulated network: end without a goodbye at this moment, `name` or `name:times`.
    #[cfg(feature = "simulated-network")]
    #[arg(long, value_name = "MOMENT", env = "OWNLINE_DIE_AT", hide = true, requires = "simulated_network")]
    pub(crate) die_at: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the OpenAPI document of the bridge.
    Openapi,
    /// Print an address that opens the running bridge's screen in a browser, once.
    BrowserLink,
}

/// A wrong command line or configuration file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Usage {
    #[error("the configuration file {}: {cause}", .path.display())]
    File { path: PathBuf, cause: String },
    #[error("say where the data belongs: --data DIR")]
    NoDataFolder,
    #[cfg(feature = "simulated-network")]
    #[error("--sending-rules: {0}")]
    SendingRules(String),
    #[error("no passphrase came on standard input")]
    NoPassphrase,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileOptions {
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    key_file: Option<PathBuf>,
    /// Stricter sending rules; looser ones are not taken.
    #[serde(default)]
    sending: Rules,
    #[cfg(feature = "simulated-network")]
    simulated_network: Option<String>,
}

fn read_file(path: &Path) -> Result<FileOptions, Usage> {
    let failed = |cause: String| Usage::File { path: path.to_owned(), cause };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    toml::from_str(&text).map_err(|error| failed(error.message().to_owned()))
}

impl Options {
    fn file(&self) -> Result<FileOptions, Usage> {
        self.config.as_deref().map_or_else(|| Ok(FileOptions::default()), read_file)
    }

    /// The data folder alone, for commands that only look for a running bridge.
    pub(crate) fn data(&self) -> Result<PathBuf, Usage> {
        let file = self.file()?;
        self.data.clone().or(file.data).or_else(default_data).ok_or(Usage::NoDataFolder)
    }

    pub(crate) fn into_config(self) -> Result<Config, Usage> {
        let data = self.data()?;
        let file = self.file()?;
        let key = if self.passphrase_stdin {
            KeySource::Passphrase(read_passphrase()?)
        } else {
            self.key_file.or(file.key_file).map_or(KeySource::Keyring, KeySource::File)
        };
        let listen = self.listen.or(file.listen).map_or_else(Listen::default, Listen::Exactly);
        let endpoint = Endpoint {
            #[cfg(feature = "simulated-network")]
            simulated: self.simulated_network.or(file.simulated_network),
        };
        let sending = Rules::default().tightened(file.sending);
        #[cfg(feature = "simulated-network")]
        let sending = match &self.sending_rules {
            Some(json) => serde_json::from_str(json).map_err(|cause| Usage::SendingRules(cause.to_string()))?,
            None => sending,
        };
        Ok(Config { data, listen, key, endpoint, sending })
    }
}

fn read_passphrase() -> Result<Zeroizing<String>, Usage> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line).map_err(|_| Usage::NoPassphrase)?;
    let passphrase = Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned());
    if passphrase.is_empty() { Err(Usage::NoPassphrase) } else { Ok(passphrase) }
}

fn default_data() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        from("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        from("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("ownline-bridge"))
}
