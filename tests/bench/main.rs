//! Measures of the whole, on real programs: `make bench`. Each part has a stage of its own, which goes with it, and prints its
//! table as soon as it is done. Nothing asserts a time.

mod ceiling;
mod disk;
mod figures;
mod history;
mod ingest;
mod intake;
mod memory;
mod path;
mod restart;
mod screen;
mod size;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use figures::Figures;
use ownline_tests::Stage;
use size::Size;

#[derive(Parser)]
struct Args {
    /// What to measure; everything when nothing is named.
    parts: Vec<Part>,
    /// Small sizes, to try whether the measures work.
    #[arg(long)]
    fast: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What people wait for: linking, and a message from a customer to a colleague's screen.
    Path,
    /// What a bridge takes in from WhatsApp; its memory and its restart after that.
    Intake,
    /// A hundred thousand contacts and a million messages, handed over by the phone.
    History,
    /// What the simulated network can send, so that nobody mistakes its limit for the bridge's.
    Ceiling,
    /// What the server takes in from bridges.
    Ingest,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let size = if args.fast { Size::SMALL } else { Size::FULL };
    let parts = if args.parts.is_empty() { Part::value_variants() } else { &args.parts };
    let start = Instant::now();
    // Dropped rather than ended, a stage takes its programs and its folder along.
    tokio::select! {
        measured = measure(parts, &size) => measured?,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            bail!("interrupted");
        }
    }
    figures::say(&format!("All of it took {} s.", start.elapsed().as_secs()));
    Ok(())
}

async fn measure(parts: &[Part], size: &Size) -> Result<()> {
    for part in parts {
        let start = Instant::now();
        let mut figures = Figures::new();
        let name = match part {
            Part::Path => {
                let stage = Stage::set().await?;
                path::scan_to_online(&stage, size, &mut figures).await?;
                path::customer_to_screen(&stage, size, &mut figures).await?;
                "The path"
            }
            Part::Intake => {
                intake::measure(&mut Stage::set().await?, size, &mut figures).await?;
                "A bridge's intake"
            }
            Part::History => {
                history::measure(&Stage::set().await?, size, &mut figures).await?;
                "The phone's past"
            }
            Part::Ceiling => {
                ceiling::measure(size, &mut figures).await?;
                "The simulated network's ceiling"
            }
            Part::Ingest => {
                ingest::measure(&Stage::set().await?, size, &mut figures).await?;
                "The server's intake"
            }
        };
        figures.print(name, start.elapsed());
    }
    Ok(())
}
