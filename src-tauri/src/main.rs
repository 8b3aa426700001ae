//! `ownline`: the window of an agent's own line. It starts and stops the bridge and shows what the bridge has to say; it
//! knows nothing of messages and tickets itself.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod app;
mod commands;
mod host;
mod identity;
mod notice;
mod options;
mod screen;
mod tray;
mod window;

use std::process::ExitCode;

use clap::Parser as _;
use options::Options;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            // Asking for help is no error.
            return ExitCode::from(if error.use_stderr() { ownline_web::program::EXIT_USAGE } else { 0 });
        }
    };
    ownline_web::program::start_logging(&format!("info,zbus=warn,tao=error,{}", ownline_bridge::whatsapp::LOG_FILTER));
    match app::run(options) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
