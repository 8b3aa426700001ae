//! The one handle by which everything outside the protocol (the control API, the page, the command line, tests) acts on
//! the simulated world. Every operation returns when it is written to the state folder.

pub mod content;
pub mod error;
pub mod types;

mod app_state;
mod body;
mod fault;
mod groups;
mod history;
mod linking;
mod load;
mod profile;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::network::Network;
use crate::network::media::{self, Media};
use crate::people::People;
use crate::store::{Store, StoreError};
pub use app_state::*;
pub use content::*;
pub use error::{ErrorClass, Result, WorldError};
pub use fault::*;
pub use groups::*;
pub use history::*;
pub use linking::*;
pub use profile::*;
pub use types::*;

/// Changes that a slow watcher may be behind.
const CHANGES: usize = 1024;

/// How a world is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the state; made when absent.
    pub state: PathBuf,
}

#[derive(Debug)]
struct Inner {
    network: Arc<Network>,
    people: People,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// A WhatsApp network with its people. Cheap to clone.
#[derive(Debug, Clone)]
pub struct World(Arc<Inner>);

impl World {
    /// Opens the state folder, or makes a new world in it. Needs a runtime, in which the people live from then on.
    pub fn open(options: &Options) -> std::result::Result<Self, StoreError> {
        let (store, saved, writer) = Store::open(&options.state)?;
        let authority = match saved.meta.get(body::AUTHORITY) {
            Some(bytes) => crate::network::certificate::Authority::import(bytes)
                .ok_or_else(|| StoreError::Database("the network's keys are damaged".to_owned()))?,
            None => body::new_authority(&store)?,
        };
        let (changes, _) = broadcast::channel(CHANGES);
        let media = Media::open(options.state.join("media"), saved.media)
            .map_err(|error| StoreError::Database(format!("media files: {error}")))?;
        let network = Arc::new(Network::new(store, media, authority, changes, CancellationToken::new()));
        let people = People::new(Arc::clone(&network));
        for group in saved.groups {
            network
                .restore_group(&group)
                .map_err(|error| StoreError::Database(format!("a group is damaged: {error}")))?;
        }
        for account in saved.accounts {
            people.restore(account)?;
        }
        Ok(Self(Arc::new(Inner { network, people, writer: Mutex::new(Some(writer)) })))
    }

    /// The routes of the WhatsApp side: `/ws/chat`, and the media hosts.
    pub fn socket_routes(&self) -> axum::Router {
        crate::network::router(Arc::clone(&self.0.network)).merge(media::routes(Arc::clone(&self.0.network)))
    }

    /// Names the `host:port` that `media_conn` answers. Only the first call counts.
    pub fn set_media_host(&self, host: String) {
        let _ = self.0.network.media_host.set(host);
    }

    /// Ends all connections and people, and returns when everything is written. The world answers nothing afterwards.
    pub async fn close(&self) {
        let network = &self.0.network;
        network.close_all();
        network.cancel.cancel();
        network.tasks.close();
        network.tasks.wait().await;
        if let Err(error) = network.store.close().await {
            tracing::error!(%error, "the last changes were not written");
        }
        let writer = crate::network::account::lock(&self.0.writer).take();
        if let Some(writer) = writer {
            let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        }
    }
}
