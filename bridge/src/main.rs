//! `ownline-bridge`: the bridge without a window.

mod options;

use std::{io::Write as _, process::ExitCode};

use anyhow::{Context as _, bail};
use clap::Parser as _;
use options::{Command, Options, Usage};
use ownline_bridge::{Bridge, StartError};
use ownline_model::bridge::{BrowserLink, Challenge, ChallengeAnswer};
use ownline_web::program;
use serde::Serialize;

#[derive(Serialize)]
struct ReadyLine<'a> {
    ready: bool,
    url: &'a str,
    data: &'a std::path::Path,
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            // Asking for help is no error.
            return ExitCode::from(if error.use_stderr() { program::EXIT_USAGE } else { 0 });
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let start = error.downcast_ref::<StartError>();
            let code = start.map(|error| format!(" [{}]", error.code().as_str())).unwrap_or_default();
            eprintln!("ownline-bridge: {error:#}{code}");
            let usage = error.is::<Usage>() || start.is_some_and(StartError::is_usage);
            ExitCode::from(if usage { program::EXIT_USAGE } else { 1 })
        }
    }
}

fn run(options: Options) -> anyhow::Result<()> {
    match &options.command {
        Some(Command::Openapi) => {
            let contract = ownline_bridge::api::openapi().to_pretty_json()?;
            std::io::stdout().lock().write_all(contract.as_bytes())?;
            return Ok(());
        }
        Some(Command::BrowserLink) => {
            let url = block_on(browser_link(&options.data()?))??;
            writeln!(std::io::stdout().lock(), "{url}")?;
            return Ok(());
        }
        None => {}
    }
    program::start_logging(&format!("info,ownline_bridge=info,zbus=warn,{}", ownline_bridge::whatsapp::LOG_FILTER));
    #[cfg(feature = "simulated-network")]
    if let Some(moment) = &options.die_at
        && !ownline_bridge::failpoint::arm(moment)
    {
        bail!("there is no moment {moment}");
    }
    let config = options.into_config()?;
    block_on(async {
        let data = config.data.clone();
        let bridge = Bridge::start(config).await?;
        tracing::info!(url = bridge.url(), data = %data.display(), "the bridge is ready");
        program::print_ready(&ReadyLine { ready: true, url: bridge.url(), data: &data });
        program::shutdown_signal().await;
        tracing::info!("ending");
        bridge.shutdown().await;
        Ok(())
    })?
}

fn block_on<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let result = runtime.block_on(work);
    // A blocking call that hangs (a keyring, a name server) must not keep the program from ending.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    Ok(result)
}

/// A fresh one-time link from the bridge that runs on `data`.
async fn browser_link(data: &std::path::Path) -> anyhow::Result<String> {
    let (address, token) = ownline_bridge::discover(data)
        .with_context(|| format!("no bridge seems to be running on {}", data.display()))?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(5)).build()?;
    // Something else may listen on that port by now: it has to prove itself before it sees the token.
    let mut random = [0_u8; 32];
    rand::fill(&mut random);
    let nonce = hex::encode(random);
    let question = Challenge { nonce: nonce.clone() };
    let answer = http.post(format!("{}/challenge", address.url)).json(&question).send().await;
    let answer: ChallengeAnswer = answer.context("the bridge does not answer")?.error_for_status()?.json().await?;
    if answer.proof != ownline_bridge::api::prove(&token, &nonce) {
        bail!("something else than the bridge answers at {}", address.url);
    }
    let link = http.post(format!("{}/browser-link", address.url)).bearer_auth(token.as_str()).send().await?;
    Ok(link.error_for_status()?.json::<BrowserLink>().await?.url)
}
