//! Settings: command line and `OWNLINE_…` variables first, then the file, then what suits most.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// How long sign-ins last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    pub access_ms: i64,
    pub refresh_ms: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { access_ms: 10 * 60 * 1000, refresh_ms: 30 * 24 * 60 * 60 * 1000 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub listen: SocketAddr,
    pub data: PathBuf,
    pub lifetimes: Lifetimes,
    /// Believe the last `X-Forwarded-For`: only behind a proxy that sets it.
    pub behind_proxy: bool,
}

/// The settings file. Every key may be absent; an unknown one is an error, so that a slip is noticed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub listen: Option<SocketAddr>,
    pub data: Option<PathBuf>,
    /// Seconds.
    pub access_ttl: Option<u32>,
    /// Seconds.
    pub refresh_ttl: Option<u32>,
    pub behind_proxy: Option<bool>,
}

impl File {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {}", path.display(), error.message()))
    }

    /// `self` where it says something, else `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            data: self.data.or(other.data),
            access_ttl: self.access_ttl.or(other.access_ttl),
            refresh_ttl: self.refresh_ttl.or(other.refresh_ttl),
            behind_proxy: self.behind_proxy.or(other.behind_proxy),
        }
    }

    pub fn settle(self) -> Config {
        let usual = Lifetimes::default();
        let ms = |seconds: u32| i64::from(seconds.max(1)) * 1000;
        Config {
            listen: self.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 7600))),
            data: self.data.unwrap_or_else(|| PathBuf::from("ownline-data")),
            lifetimes: Lifetimes {
                access_ms: self.access_ttl.map_or(usual.access_ms, ms),
                refresh_ms: self.refresh_ttl.map_or(usual.refresh_ms, ms),
            },
            behind_proxy: self.behind_proxy.unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file() {
        let file: File = toml::from_str("listen = \"0.0.0.0:80\"\naccess_ttl = 60").expect("toml");
        let line = File { listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))), ..File::default() };
        let config = line.or(file).settle();
        assert_eq!((config.listen.port(), config.lifetimes.access_ms), (1, 60_000));
        assert!(!config.behind_proxy);
    }

    #[test]
    fn a_slip_in_the_file_is_noticed() {
        assert!(toml::from_str::<File>("lisen = \"0.0.0.0:80\"").is_err());
    }
}
