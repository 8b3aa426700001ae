//! `ownline-simulator`: a WhatsApp network on localhost.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use clap::{Parser, Subcommand};
use ownline_simulator::control::{self, scenario, scenario::Scenario};
use ownline_simulator::world::{Options, World};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// How long connections may take to say their last words.
const GRACE: Duration = Duration::from_secs(3);

/// A WhatsApp network on localhost: phones, customers and their servers, speaking the real wire protocol, for development and tests.
///
/// When it serves it prints one JSON line with its addresses. Clients connect to the WebSocket address and must be told to
/// trust the key that GET /root-key answers. Phones, customers and faults are made through the control address, which also
/// serves a page for a browser.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Address of the WhatsApp side; port 0 takes any free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:7700", env = "OWNLINE_SIMULATOR_LISTEN")]
    listen: SocketAddr,
    /// Address of the control API and its page
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:7701", env = "OWNLINE_SIMULATOR_CONTROL")]
    control: SocketAddr,
    /// Folder of the state: accounts, keys, queues, transcripts
    #[arg(long, value_name = "DIR", default_value = "simulator-state", env = "OWNLINE_SIMULATOR_STATE")]
    state: PathBuf,
    /// Play this story when everything is ready (README.md describes the format). When it is over, a line of JSON on standard
    /// output says how it ended; the simulator goes on
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Let many customers write to one number of a running simulator
    Load(control::cli::LoadArgs),
    /// Make a group in a running simulator
    Group(control::cli::GroupArgs),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let outcome = runtime.block_on(async {
        match arguments.command {
            Some(Command::Load(load)) => control::cli::load(load).await,
            Some(Command::Group(group)) => control::cli::group(group).await,
            None => serve(arguments).await.map(|()| ExitCode::SUCCESS),
        }
    });
    outcome.unwrap_or_else(|error| fail(&error))
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "ownline-simulator: {error:#}");
    ExitCode::FAILURE
}

/// Logs to standard error: text on a terminal, JSON lines otherwise.
fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,wacore_libsignal=error"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Failing means that logging runs already.
    let _ = if std::io::stderr().is_terminal() { builder.try_init() } else { builder.json().try_init() };
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    // A story that makes no sense is found before anything is opened.
    let scenario = match &arguments.scenario {
        Some(path) => {
            let text = tokio::fs::read_to_string(path).await.with_context(|| format!("scenario {}", path.display()))?;
            let scenario = Scenario::read(&text).with_context(|| format!("scenario {}", path.display()))?;
            Some((path.clone(), scenario))
        }
        None => None,
    };
    let chat = bind(arguments.listen).await?;
    let control = bind(arguments.control).await?;
    let (chat_address, control_address) = (chat.local_addr()?, control.local_addr()?);
    let options = Options { state: arguments.state.clone() };
    let world = World::open(&options).with_context(|| format!("state folder {}", arguments.state.display()))?;
    world.set_media_host(reachable(chat_address).to_string());

    let closing = CancellationToken::new();
    // A stanza is one small write: none must wait for the acknowledgement of the one before it.
    let chat = chat.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "small writes are delayed");
        }
    });
    let chat = axum::serve(chat, world.socket_routes()).with_graceful_shutdown(closing.clone().cancelled_owned());
    let control = axum::serve(control, control::router(world.clone(), closing.clone()))
        .with_graceful_shutdown(closing.clone().cancelled_owned());
    print_line(&serde_json::json!({
        "ready": true,
        "ws": format!("ws://{chat_address}/ws/chat"),
        "control": format!("http://{control_address}"),
    }));

    let telling = async {
        if let Some((path, scenario)) = scenario {
            let outcome = scenario::play(world.clone(), &scenario, closing.clone()).await;
            if let Err(error) = &outcome {
                tracing::error!(%error, scenario = %path.display(), "the story came to no good end");
            }
            print_line(&serde_json::json!({
                "scenario": path.display().to_string(),
                "played": outcome.as_ref().ok(),
                "failed": outcome.as_ref().err().map(ToString::to_string),
            }));
        }
        // Whatever became of the story: the simulator goes on.
        std::future::pending::<()>().await;
    };
    let ending = async {
        shutdown_signal().await;
        tracing::info!("ending");
        closing.cancel();
        if tokio::time::timeout(GRACE, world.close()).await.is_err() {
            tracing::warn!("not everything ended in time");
        }
    };
    tokio::select! {
        outcome = async { tokio::try_join!(chat, control) } => { outcome?; }
        () = telling => {}
        () = ending => {}
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Where programs of this machine find a listener that takes connections at all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() && ip.is_ipv4() => SocketAddr::from(([127, 0, 0, 1], address.port())),
        ip if ip.is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port())),
        _ => address,
    }
}

/// A reader that has gone away is no reason to stop.
fn print_line(line: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

async fn shutdown_signal() {
    let ctrl_c = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = ctrl_c => {}
        () = terminate => {}
    }
}
