//! `ownline-simulator load` and `group`: drive a running simulator through its control API.

use std::{
    io::Write as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Uri,
    body::Bytes,
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// Lets many customers write to one number and reports when its device has confirmed everything.
#[derive(Debug, Clone, Args)]
pub struct LoadArgs {
    /// Address of the control API, as the simulator's ready line says it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7701")]
    control: Uri,
    /// Number that receives: E.164 digits without `+`
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// How many customers write; missing ones are made
    #[arg(long, value_name = "N", default_value_t = 20)]
    customers: u32,
    /// How many messages they write in all
    #[arg(long, value_name = "M", default_value_t = 1000)]
    messages: u32,
    /// Messages per second over all customers [default: as fast as possible]
    #[arg(long, value_name = "R")]
    rate: Option<f64>,
    /// How many of a hundred messages are pictures
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    media_percent: f64,
    /// Seconds until the load is given up
    #[arg(long, value_name = "S")]
    timeout: Option<u64>,
    /// Print the answer as it came, one JSON line
    #[arg(long)]
    json: bool,
}

/// Makes a group of people who are there.
#[derive(Debug, Clone, Args)]
pub struct GroupArgs {
    /// Address of the control API, as the simulator's ready line says it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7701")]
    control: Uri,
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    subject: String,
    /// Number of whoever makes it
    #[arg(long, value_name = "NUMBER")]
    owner: String,
    /// Numbers of the other members
    #[arg(long, value_name = "NUMBER,…", value_delimiter = ',')]
    members: Vec<String>,
    /// Only admins write
    #[arg(long)]
    announce_only: bool,
}

/// Prints the group as one JSON line.
pub async fn group(args: GroupArgs) -> Result<ExitCode> {
    let GroupArgs { control, subject, owner, members, announce_only } = args;
    let body = json!({ "subject": subject, "owner": owner, "members": members, "announce_only": announce_only });
    let group = post(&control, "/groups", &body).await?;
    writeln!(std::io::stdout().lock(), "{group}")?;
    Ok(ExitCode::SUCCESS)
}

/// Far more than any answer to `POST /load`.
const LARGEST_ANSWER: usize = 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(5);

pub async fn load(args: LoadArgs) -> Result<ExitCode> {
    let mut body = json!({ "to": args.to, "customers": args.customers, "messages": args.messages });
    if args.media_percent > 0.0 {
        body["media_percent"] = json!(args.media_percent);
    }
    if let Some(rate) = args.rate {
        body["rate"] = json!(rate);
    }
    if let Some(seconds) = args.timeout {
        body["timeout_ms"] = json!(seconds.saturating_mul(1000));
    }
    let begin = Instant::now();
    let report = post(&args.control, "/load", &body).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{report}")?;
    } else {
        writeln!(out, "{}", summary(&report, begin.elapsed()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One figure a line, in the order in which they come about.
fn summary(report: &Value, took: Duration) -> String {
    let lines = [
        ("customers", "customers", ""),
        ("messages", "messages", ""),
        ("delivered", "delivered", ""),
        ("prepared_ms", "sessions ready after", " ms"),
        ("sent_ms", "all handed over after", " ms"),
        ("first_ms", "first delivered after", " ms"),
        ("last_ms", "last delivered after", " ms"),
        ("per_second", "delivered per second", ""),
        ("p50_ms", "delivery, median", " ms"),
        ("p95_ms", "delivery, 95 of 100 within", " ms"),
    ];
    let known = lines.iter().filter_map(|(field, label, unit)| {
        let value = report.get(field)?.as_f64()?;
        Some(format!("{label:<28}{value:>12.0}{unit}"))
    });
    known.chain([format!("{:<28}{:>12} ms", "whole run", took.as_millis())]).collect::<Vec<_>>().join("\n")
}

async fn post(control: &Uri, path: &str, body: &Value) -> Result<Value> {
    let authority = control.authority().with_context(|| format!("no address in {control}"))?;
    if control.scheme_str() != Some("http") {
        bail!("{control}: the control API speaks http");
    }
    let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
    let stream = tokio::time::timeout(CONNECT, TcpStream::connect(address))
        .await
        .with_context(|| format!("no answer from {authority}"))?
        .with_context(|| format!("cannot reach a simulator at {authority}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, authority.as_str())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(serde_json::to_vec(body)?)))?;
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let bytes = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let bytes = bytes.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?.to_bytes();
        anyhow::Ok((status, serde_json::from_slice::<Value>(&bytes)))
    };
    // The connection makes progress only while it is polled beside the request.
    let (status, value) = tokio::select! {
        answer = answer => answer?,
        ended = connection => { ended?; bail!("the simulator closed the connection") }
    };
    let value =
        value.with_context(|| format!("{authority} answered {status}, and not with JSON: is it a simulator?"))?;
    if !status.is_success() {
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        bail!("refused with {status} {}: {}", text("code"), text("detail"));
    }
    Ok(value)
}
