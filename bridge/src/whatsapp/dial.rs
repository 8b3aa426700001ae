//! The library's way to the network, with each attempt reported: it retries by itself and says nothing about attempts that fail.
//! Nothing leaves before the receipts that came are stored: it may be their confirmation.

use std::sync::Arc;

use bytes::Bytes;
use whatsapp_rust::{
    async_channel,
    transport::{TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory},
    wacore::stats::TransportResourceReport,
};

use super::{
    confirming::Receipts,
    happenings::{Happening, Reporter},
};

pub(super) struct Dial {
    network: TokioWebSocketTransportFactory,
    reporter: Reporter,
}

impl Dial {
    pub(super) fn new(network: TokioWebSocketTransportFactory, reporter: Reporter) -> Self {
        Self { network, reporter }
    }
}

#[async_trait::async_trait]
impl TransportFactory for Dial {
    async fn create_transport(&self) -> anyhow::Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>)> {
        self.reporter.report(Happening::Dialling);
        // The library gives up on a slow dial by dropping it, which is a failure as well.
        let failed = DialFailed(Some(&self.reporter));
        let dialled = self.network.create_transport().await;
        if dialled.is_ok() {
            failed.disarm();
        }
        let (network, events) = dialled?;
        Ok((Arc::new(AfterReceipts { network, receipts: self.reporter.receipts() }), events))
    }
}

struct AfterReceipts {
    network: Arc<dyn Transport>,
    receipts: Receipts,
}

#[async_trait::async_trait]
impl Transport for AfterReceipts {
    async fn send(&self, data: Bytes) -> anyhow::Result<()> {
        self.receipts.stored().await;
        self.network.send(data).await
    }

    async fn disconnect(&self) {
        self.network.disconnect().await;
    }

    fn resource_report(&self) -> Option<TransportResourceReport> {
        self.network.resource_report()
    }
}

struct DialFailed<'a>(Option<&'a Reporter>);

impl DialFailed<'_> {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for DialFailed<'_> {
    fn drop(&mut self) {
        if let Some(reporter) = self.0 {
            reporter.report(Happening::DialFailed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{confirming::receipts, happenings::happenings, placeholders::Placeholders},
        *,
    };

    #[tokio::test]
    async fn failed_attempts_are_reported() {
        let (reporter, mut happenings) = happenings(Placeholders::default(), receipts().0);
        // A port that nobody listens on.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        drop(listener);
        let nowhere = TokioWebSocketTransportFactory::new().with_url(format!("ws://{address}/ws/chat"));
        assert!(Dial::new(nowhere, reporter).create_transport().await.is_err());
        assert!(matches!(happenings.ready(), Some(Happening::Dialling)));
        assert!(matches!(happenings.ready(), Some(Happening::DialFailed)));
    }
}
