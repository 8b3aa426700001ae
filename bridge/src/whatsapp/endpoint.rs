//! The one place that knows where WhatsApp is.
//!
//! A production build knows one WhatsApp, and checks its certificates. Only a build with the feature `simulated-network` can be
//! told another address, and only that build skips the check of the certificate chain (see `Cargo.toml`).

use std::{sync::Arc, time::Duration};

use whatsapp_rust::transport::TokioWebSocketTransportFactory;

use super::http::Http;
use crate::{config::Endpoint, store::Store};

pub(super) type Version = (u32, u32, u32);

/// The version that last worked, so that WhatsApp can be reached when its web page cannot.
const VERSION_KEY: &str = "whatsapp.version";
const VERSION_WITHIN: Duration = Duration::from_secs(6);

/// A network that has no web page to ask for a version gets this one.
#[cfg(feature = "simulated-network")]
const SIMULATED_VERSION: Version = (2, 3000, 1_030_000_000);

#[derive(Debug, Clone)]
pub(super) struct Network {
    http: Arc<Http>,
    #[cfg(feature = "simulated-network")]
    simulated: Option<String>,
}

impl Network {
    #[cfg(not(feature = "simulated-network"))]
    pub(super) fn new(_endpoint: &Endpoint) -> Result<Self, reqwest::Error> {
        Ok(Self { http: Arc::new(Http::new()?) })
    }

    #[cfg(feature = "simulated-network")]
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, reqwest::Error> {
        let mut http = Http::new()?;
        if endpoint.simulated.is_some() {
            http = http.in_plain_text();
        }
        Ok(Self { http: Arc::new(http), simulated: endpoint.simulated.clone() })
    }

    pub(super) fn http(&self) -> Arc<Http> {
        Arc::clone(&self.http)
    }

    #[cfg_attr(
        not(feature = "simulated-network"),
        expect(clippy::unused_self, reason = "there is only one WhatsApp to go to")
    )]
    pub(super) fn transport(&self) -> TokioWebSocketTransportFactory {
        let whatsapp = TokioWebSocketTransportFactory::new();
        #[cfg(feature = "simulated-network")]
        if let Some(url) = &self.simulated {
            return whatsapp.with_url(url);
        }
        whatsapp
    }

    /// The version to present: WhatsApp's current one, else the one that last worked, else `built_in`.
    pub(super) async fn version(&self, store: &Store, built_in: Version) -> Version {
        #[cfg(feature = "simulated-network")]
        if self.simulated.is_some() {
            return SIMULATED_VERSION;
        }
        let http: Arc<dyn whatsapp_rust::http::HttpClient> = self.http.clone();
        let asked = whatsapp_rust::version::fetch_latest_app_version(&http);
        match tokio::time::timeout(VERSION_WITHIN, asked).await {
            Ok(Ok(version)) => {
                if let Err(error) = store.set_value(VERSION_KEY, Some(written(version))).await {
                    tracing::warn!(%error, "WhatsApp's version could not be kept");
                }
                version
            }
            Ok(Err(error)) => self.kept_version(store, &error.to_string(), built_in).await,
            Err(_) => self.kept_version(store, "no answer in time", built_in).await,
        }
    }

    async fn kept_version(&self, store: &Store, why: &str, built_in: Version) -> Version {
        tracing::warn!(why, "WhatsApp's current version is unknown; taking the one that last worked");
        store.value(VERSION_KEY).await.ok().flatten().and_then(|text| parsed(&text)).unwrap_or(built_in)
    }
}

fn written((primary, secondary, tertiary): Version) -> String {
    format!("{primary}.{secondary}.{tertiary}")
}

fn parsed(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(str::parse);
    let version = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    numbers.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_back() {
        assert_eq!(parsed(&written((2, 3000, 1_030_000_000))), Some((2, 3000, 1_030_000_000)));
        for text in ["", "2.3000", "2.3000.x", "1.2.3.4", "-1.2.3"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[cfg(feature = "simulated-network")]
    #[test]
    fn without_an_address_even_a_build_for_simulations_talks_to_whatsapp() {
        let network = Network::new(&Endpoint::default()).expect("network");
        assert_eq!(network.simulated, None);
    }
}
