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
/// Where profile pictures lie, on whatever host of it.
const WHATSAPP_HOST: &str = "whatsapp.net";
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Silence in the middle of an answer.
const READ_WITHIN: Duration = Duration::from_secs(30);

/// From the question to the last byte of a small picture.
const FACE_WITHIN: Duration = Duration::from_secs(20);

/// The slowest way up that is waited for, in bytes a second, and what comes on top.
const UP_AT_LEAST: u64 = 16 * 1024;
const UP_ON_TOP: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    /// A file may take its time to go up, with nothing to read meanwhile.
    up: reqwest::Client,
    /// Pictures lie where WhatsApp says, so that an address is checked before it is asked, and no other one followed.
    faces: reqwest::Client,
    #[cfg(feature = "simulated-network")]
    plain_text: bool,
}

impl Http {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        // The only provider in the tree; it may have been installed before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).read_timeout(READ_WITHIN).build()?;
        let up = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).build()?;
        let faces = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(FACE_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            up,
            faces,
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

    /// A profile picture. `None`: that is no address of WhatsApp's, and nobody was asked.
    pub(super) async fn face(&self, url: &str) -> Option<Result<reqwest::Response, reqwest::Error>> {
        let url = reqwest::Url::parse(&self.address(url.to_owned())).ok().filter(|url| self.is_whatsapps(url))?;
        Some(self.faces.get(url).send().await.map_err(reqwest::Error::without_url))
    }

    fn is_whatsapps(&self, url: &reqwest::Url) -> bool {
        #[cfg(feature = "simulated-network")]
        if self.plain_text {
            return url.host_str() == Some("127.0.0.1");
        }
        let host = url.host_str().unwrap_or_default();
        let known = host == WHATSAPP_HOST || host.strip_suffix(WHATSAPP_HOST).is_some_and(|sub| sub.ends_with('.'));
        known && url.scheme() == "https" && url.port().is_none()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_fetched_from_whatsapp_only() {
        let http = Http::new().expect("client");
        let asks = |url: &str| http.is_whatsapps(&url.parse().expect(url));
        for whatsapp in ["https://pps.whatsapp.net/v/t61/1.jpg?oh=a", "https://media-gru1-1.cdn.whatsapp.net/v/t61/1"] {
            assert!(asks(whatsapp), "{whatsapp}");
        }
        for stranger in [
            "http://pps.whatsapp.net/1",
            "https://pps.whatsapp.net:8443/1",
            "https://whatsapp.net.example.org/1",
            "https://notwhatsapp.net/1",
            "https://pps.whatsapp.net@example.org/1",
            "https://169.254.169.254/latest",
            "https://[::1]/1",
            "https://127.0.0.1/1",
            "file:///etc/passwd",
        ] {
            assert!(!asks(stranger), "{stranger}");
        }
    }

    #[cfg(feature = "simulated-network")]
    #[test]
    fn only_a_simulated_network_is_spoken_to_in_plain_text() {
        let url = || "https://127.0.0.1:9/mms/x".to_owned();
        let http = Http::new().expect("client");
        assert_eq!(http.address(url()), url());
        assert_eq!(http.in_plain_text().address(url()), "http://127.0.0.1:9/mms/x");
    }
}
