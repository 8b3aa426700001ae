//! What most stories begin with: a network with an agent's phone and two customers on it, and the agent's line.

use super::{line::Line, network::Network};

pub(crate) const AGENT: &str = "4915112345678";
pub(crate) const CUSTOMER: &str = "5511987654321";
pub(crate) const OTHER: &str = "5521912345678";

pub(crate) struct Stage {
    pub(crate) network: Network,
    pub(crate) line: Line,
    /// Goes when the story is over.
    pub(crate) folder: tempfile::TempDir,
}

/// A linked line and its customers.
pub(crate) async fn linked() -> Stage {
    let stage = unlinked().await;
    stage.line.link(&stage.network, AGENT).await;
    stage
}

pub(crate) async fn unlinked() -> Stage {
    if std::env::var_os("OWNLINE_TEST_LOG").is_some() {
        let _ = tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).try_init();
    }
    let folder = tempfile::tempdir().expect("folder");
    let network = Network::start(folder.path()).await;
    network.phone(AGENT, "Ana Agent").await;
    network.customer(CUSTOMER, "Carla Customer").await;
    network.customer(OTHER, "Otto Other").await;
    let line = Line::start(folder.path(), &network).await;
    Stage { network, line, folder }
}
