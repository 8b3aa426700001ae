//! HTTP for the library, and for files, which are streamed.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header;
use whatsapp_rust::{
    http::{HttpClient, HttpRequest, HttpResponse},
    wacore::net::WHATSAPP_WEB_ORIGIN,
};

/// What a hostile or broken host can make this machine hold in memory.
const BODY_MAX: usize = 128 * 1024 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Silence in the middle of an answer.
const READ_WITHIN: Duration = Duration::from_secs(30);

/// The slowest way up that is waited for, in bytes a second, and what comes on top.
const UP_AT_LEAST: u64 = 16 * 1024;
const UP_ON_TOP: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    /// A file may take its time to go up, with nothing to read meanwhile.
    up: reqwest::Client,
    #[cfg(feature = "simulated-network")]
    plain_text: bool,
}

impl Http {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        // The only provider in the tree; it may have been installed before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).read_timeout(READ_WITHIN).build()?;
        let up = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).build()?;
        Ok(Self {
            client,
            up,
            #[cfg(feature = "simulated-network")]
            plain_text: false,
        })
    }

    /// The library builds `https` addresses from the media hosts that it is told; a simulated network speaks plain HTTP.
    #[cfg(feature = "simulated-network")]
    pub(super) fn in_plain_text(mut self) -> Self {
        self.plain_text = true;
        self
    }

    /// A file, or the rest of it from a byte on.
    pub(super) async fn file(&self, url: &str, from: u64) -> Result<reqwest::Response, reqwest::Error> {
        let mut call = self.client.get(self.address(url.to_owned())).header(header::ORIGIN, WHATSAPP_WEB_ORIGIN);
        if from > 0 {
            call = call.header(header::RANGE, format!("bytes={from}-"));
        }
        call.send().await.map_err(reqwest::Error::without_url)
    }

    /// Sends a body of a known length; without one, only asks.
    pub(super) async fn post(
        &self,
        url: &str,
        body: Option<(reqwest::Body, u64)>,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let mut call = self.up.post(self.address(url.to_owned())).header(header::ORIGIN, WHATSAPP_WEB_ORIGIN);
        let length = body.as_ref().map_or(0, |(_, length)| *length);
        if let Some((body, length)) = body {
            // WhatsApp's hosts take no body whose length is told at its end.
            call = call
                .header(header::CONTENT_TYPE, "application/octet-stream")
                .header(header::CONTENT_LENGTH, length)
                .body(body);
        }
        let within = UP_ON_TOP + Duration::from_secs(length / UP_AT_LEAST);
        call.timeout(within).send().await.map_err(reqwest::Error::without_url)
    }

    #[cfg(not(feature = "simulated-network"))]
    #[expect(clippy::unused_self, reason = "there is only one way to speak to WhatsApp")]
    fn address(&self, url: String) -> String {
        url
    }

    #[cfg(feature = "simulated-network")]
    fn address(&self, url: String) -> String {
        match url.strip_prefix("https://") {
            Some(rest) if self.plain_text => format!("http://{rest}"),
            _ => url,
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Http {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let method = request.method.parse::<reqwest::Method>()?;
        let url = self.address(request.url);
        let mut call = self.client.request(method, url);
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        if let Some(body) = request.body {
            call = call.body(body);
        }
        // Each completed exchange is an answer, whatever its status: the library reads the status itself.
        let response = call.send().await.map_err(reqwest::Error::without_url)?;
        let status_code = response.status().as_u16();
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            anyhow::ensure!(body.len() + chunk.len() <= BODY_MAX, "the answer is larger than {BODY_MAX} bytes");
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status_code, body })
    }
}

#[cfg(all(test, feature = "simulated-network"))]
mod tests {
    use super::*;

    #[test]
    fn only_a_simulated_network_is_spoken_to_in_plain_text() {
        let url = || "https://127.0.0.1:9/mms/x".to_owned();
        let http = Http::new().expect("client");
        assert_eq!(http.address(url()), url());
        assert_eq!(http.in_plain_text().address(url()), "http://127.0.0.1:9/mms/x");
    }
}
