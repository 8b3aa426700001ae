//! The way of a client to the media hosts of the simulator: plain HTTP to the host that it is told, whatever the scheme.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use whatsapp_rust::anyhow::{self, Context as _};
use whatsapp_rust::async_trait;
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};

pub struct Web;

#[async_trait]
impl HttpClient for Web {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let rest = request.url.split_once("://").context("no scheme")?.1;
        let (host, path) = rest.split_once('/').context("no path")?;
        let stream = TcpStream::connect(host).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut built = hyper::Request::builder().method(request.method.as_str()).uri(format!("/{path}"));
        built = built.header("host", host);
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        let body = Full::new(Bytes::from(request.body.map(|body| body.to_vec()).unwrap_or_default()));
        let response = sender.send_request(built.body(body)?).await?;
        let status_code = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes().to_vec();
        Ok(HttpResponse { status_code, body })
    }
}
