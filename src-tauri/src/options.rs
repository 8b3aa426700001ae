//! The command line. An agent never needs it; demos, tests and administrators do.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;
use ownline_bridge::{Config, KeySource, Listen};

/// Your own WhatsApp line on the team's desk.
#[derive(Debug, Parser)]
#[command(name = "ownline", version)]
pub(crate) struct Options {
    /// Folder of everything this app keeps. Another folder is another app: its own window, number and sign-in.
    #[arg(long, value_name = "DIR", env = "OWNLINE_DATA")]
    data: Option<PathBuf>,

    /// Address of the bridge's local API; without it 127.0.0.1:3001, or another free port where that is taken.
    #[arg(long, value_name = "ADDR:PORT", env = "OWNLINE_LISTEN")]
    listen: Option<std::net::SocketAddr>,

    /// Keeps the local store's key in this file instead of the system's keyring.
    #[arg(long, value_name = "FILE", env = "OWNLINE_KEY_FILE")]
    key_file: Option<PathBuf>,

    /// Speaks to a simulated WhatsApp network at this address (ws://…).
    #[cfg(feature = "simulated-network")]
    #[arg(long, value_name = "URL", env = "OWNLINE_SIMULATED_NETWORK")]
    simulated_network: Option<String>,
}

impl Options {
    /// Whether the folder is the one of a plain start.
    pub(crate) const fn is_default_folder(&self) -> bool {
        self.data.is_none()
    }

    /// The data folder, made (for its owner alone) where it does not exist, without symbolic links in its path.
    pub(crate) fn data_folder(&self) -> Result<PathBuf> {
        let folder = match &self.data {
            Some(folder) => folder.clone(),
            None => dirs::data_local_dir()
                .context("this account has no folder for data; name one with --data")?
                .join(crate::identity::BASE),
        };
        make_private(&folder).with_context(|| format!("making the data folder {}", folder.display()))?;
        folder.canonicalize().with_context(|| format!("the data folder {}", folder.display()))
    }

    /// What the bridge is started with.
    pub(crate) fn bridge(&self, data: &Path) -> Config {
        let mut config = Config::new(data.to_owned());
        if let Some(address) = self.listen {
            config.listen = Listen::Exactly(address);
        }
        if let Some(file) = &self.key_file {
            config.key = KeySource::File(file.clone());
        }
        #[cfg(feature = "simulated-network")]
        {
            config.endpoint.simulated.clone_from(&self.simulated_network);
        }
        config
    }
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Options {
        Options::try_parse_from([&["ownline"], args].concat()).expect("arguments")
    }

    #[test]
    fn the_folder_is_made_for_its_owner_alone() {
        let temp = tempfile::tempdir().expect("folder");
        let wanted = temp.path().join("a/b");
        let folder = parse(&["--data", wanted.to_str().expect("utf-8")]).data_folder().expect("made");
        assert_eq!(folder, wanted.canonicalize().expect("exists"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(folder.metadata().expect("metadata").permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_named_address_is_taken_or_nothing() {
        let config = parse(&["--listen", "127.0.0.1:4001"]).bridge(Path::new("/nowhere"));
        assert_eq!(config.listen, Listen::Exactly(([127, 0, 0, 1], 4001).into()));
        assert_eq!(parse(&[]).bridge(Path::new("/nowhere")).listen, Listen::Preferably(3001));
    }

    #[cfg(feature = "simulated-network")]
    #[test]
    fn the_simulated_network_reaches_the_bridge() {
        let config = parse(&["--simulated-network", "ws://127.0.0.1:7700/ws/chat"]).bridge(Path::new("/nowhere"));
        assert_eq!(config.endpoint.simulated.as_deref(), Some("ws://127.0.0.1:7700/ws/chat"));
    }
}
