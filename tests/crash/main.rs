//! Kills programs at random moments and counts: `make crash TRIALS=10000 SEED=7`.

use anyhow::Result;
use clap::Parser;
use ownline_tests::crash::{Run, Temper, play};

/// Kills bridges and the server at random moments while messages flow, and counts that each arrives exactly once.
#[derive(Debug, Parser)]
struct Options {
    #[arg(long, default_value_t = 1000)]
    trials: u64,
    /// The first trial's; the following ones count up from it.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The owner's bridge again and again, right after its start.
    #[arg(long)]
    restless: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let temper = if options.restless { Temper::Restless } else { Temper::Even };
    play(Run::new(options.trials, options.seed, temper)).await.map(drop)
}
