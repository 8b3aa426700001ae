//! `ownline-server`.

use std::process::ExitCode;

use clap::Parser as _;
use ownline_server::cli;

#[tokio::main]
async fn main() -> ExitCode {
    // A wrong command line ends here, with words and exit code 2.
    cli::run(cli::Cli::parse()).await
}
