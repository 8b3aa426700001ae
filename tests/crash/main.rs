//! Kills programs at random moments and counts: `make crash TRIALS=10000 SEED=7`.

use anyhow::Result;
use clap::Parser;

/// Kills bridges and the server at random moments while messages flow, and counts that each arrives exactly once.
#[derive(Debug, Parser)]
struct Options {
    #[arg(long, default_value_t = 1000)]
    trials: u64,
    /// The first trial's; the following ones count up from it.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    ownline_tests::crash::play(options.trials, options.seed).await.map(drop)
}
