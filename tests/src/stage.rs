//! One story's stage: a folder, a network and a desk.

use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;

use crate::{agent::AgentApp, desk::Desk, network::Network, network::Phone};

/// Dropped last of its fields' users: the programs end before their folder goes.
#[derive(Debug)]
pub struct Stage {
    pub network: Network,
    pub desk: Desk,
    folder: TempDir,
}

impl Stage {
    pub async fn set() -> Result<Self> {
        let mut folder = tempfile::Builder::new().prefix("ownline-story-").tempdir()?;
        // To look at logs and stores afterwards.
        folder.disable_cleanup(std::env::var_os("OWNLINE_KEEP_STAGE").is_some());
        let network = Network::start(folder.path()).await?;
        let desk = Desk::start(folder.path()).await?;
        Ok(Self { network, desk, folder })
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// An agent with an account, signed in on their own machine; not linked yet.
    pub async fn agent(&self, name: &str) -> Result<AgentApp> {
        self.agent_under(name, None).await
    }

    /// The same under other sending rules.
    pub async fn agent_under(&self, name: &str, rules: Option<&str>) -> Result<AgentApp> {
        self.desk.agent(name).await?;
        let app = AgentApp::start_under(self.folder.path(), name, &self.network, rules).await?;
        app.signs_in(&self.desk).await?;
        Ok(app)
    }

    /// An agent who is signed in and whose phone is linked.
    pub async fn linked_agent(&self, name: &str, number: &str) -> Result<(AgentApp, Phone)> {
        self.linked_agent_under(name, number, None).await
    }

    pub async fn linked_agent_under(&self, name: &str, number: &str, rules: Option<&str>) -> Result<(AgentApp, Phone)> {
        let phone = self.network.phone(number, name).await?;
        let app = self.agent_under(name, rules).await?;
        app.links(&phone).await?;
        app.is_in_sync().await?;
        Ok((app, phone))
    }
}
