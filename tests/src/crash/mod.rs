//! Programs killed at random moments while messages flow both ways, and the count that must come out whole.
//!
//! A trial is made from its own seed alone: who is killed, when, and who writes what meanwhile. Trials follow each other
//! on one stage; every few of them everything may come to rest and is counted: each message exactly once and in order
//! with the customer, in the owner's replica, in the colleague's and on the server. The trial `n` of a run has the run's
//! seed plus `n`, so that any stretch of a run can be played again by itself.

mod count;
mod dice;
mod ledger;
mod scene;
mod statuses;
mod traffic;
mod trial;

use std::{fmt, io::Write as _, time::Instant};

use anyhow::{Context as _, Result};
use scene::Scene;

pub use count::compare;
pub use ledger::Said;
pub use trial::{Temper, Trial, Trouble, Victim};

/// Trials between two counts.
const COUNT_EVERY: u64 = 25;
/// A longer stage would mostly page through what it has counted before.
const TRIALS_A_STAGE: u64 = 200;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub trials: u64,
    pub kills_of_owner: u64,
    pub kills_of_colleague: u64,
    pub kills_of_server: u64,
    /// Of those of the owner: at a moment of its own work.
    pub at_moments: u64,
    pub cuts: u64,
    pub dropped_acknowledgements: u64,
    pub unreadable: u64,
    pub inbound: u64,
    pub outbound: u64,
    /// Receipts that were lost.
    pub missing_ticks: u64,
    pub counts: u64,
}

impl Tally {
    pub const fn kills(&self) -> u64 {
        self.kills_of_owner + self.kills_of_colleague + self.kills_of_server
    }

    fn add(&mut self, trial: &Trial) {
        self.trials += 1;
        self.kills_of_owner += u64::from(trial.victim.is_owner()) + trial.falls.len() as u64;
        self.at_moments += u64::from(trial.dies_at.is_some());
        self.kills_of_colleague += u64::from(trial.victim == Victim::Colleague);
        self.kills_of_server += u64::from(trial.victim.is_server());
        match trial.trouble {
            Some(Trouble::Cut(_)) => self.cuts += 1,
            Some(Trouble::DropAck) => self.dropped_acknowledgements += 1,
            Some(Trouble::Corrupt(_)) => self.unreadable += 1,
            None => {}
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} trials, {} kills (owner's bridge {}, {} of them at a moment of its work, colleague's bridge {}, server {}), {} cut connections, {} dropped \
             acknowledgements, {} times unreadable, {} messages in, {} out, {} last ticks missing, counted {} times",
            self.trials,
            self.kills(),
            self.kills_of_owner,
            self.at_moments,
            self.kills_of_colleague,
            self.kills_of_server,
            self.cuts,
            self.dropped_acknowledgements,
            self.unreadable,
            self.inbound,
            self.outbound,
            self.missing_ticks,
            self.counts
        )
    }
}

/// A stretch of trials.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub trials: u64,
    /// The first trial's; the following ones count up from it.
    pub seed: u64,
    pub temper: Temper,
}

impl Run {
    pub const fn new(trials: u64, seed: u64, temper: Temper) -> Self {
        Self { trials, seed, temper }
    }

    const fn stretch(self, from: u64, trials: u64) -> Self {
        Self { trials, seed: self.seed.wrapping_add(from), ..self }
    }

    fn replay(self) -> String {
        let Self { trials, seed, temper } = self;
        let restless = if temper == Temper::Restless { " RESTLESS=1" } else { "" };
        format!(
            "to play it again: make crash TRIALS={trials} SEED={seed}{restless} (OWNLINE_KEEP_STAGE=1 keeps logs and stores)"
        )
    }
}

/// Plays the trials. Fails at the first count that does not come out.
pub async fn play(run: Run) -> Result<Tally> {
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut first = 0;
    while first < run.trials {
        let length = TRIALS_A_STAGE.min(run.trials - first);
        play_stage(run.stretch(first, length), &mut tally).await?;
        first += length;
        say(format_args!("{tally} in {:.0} s", start.elapsed().as_secs_f64()));
    }
    Ok(tally)
}

async fn play_stage(run: Run, tally: &mut Tally) -> Result<()> {
    let mut scene = Scene::set().await.context("the stage")?;
    let mut counted = 0;
    for number in 0..run.trials {
        let trial = run.temper.trial(run.seed.wrapping_add(number));
        say(format_args!("{trial}"));
        let replay = || run.stretch(counted, number - counted + 1).replay();
        scene.play(&trial).await.with_context(|| format!("{trial}\n{}", replay()))?;
        tally.add(&trial);
        if (number + 1) % COUNT_EVERY == 0 || number + 1 == run.trials {
            scene.come_to_rest().await.with_context(|| format!("counted after {trial}\n{}", replay()))?;
            tally.counts += 1;
            counted = number + 1;
        }
    }
    // What was never confirmed comes again to programs that start anew.
    let replay = || run.replay();
    scene.start_everything_anew().await.with_context(replay)?;
    scene.play_calmly(&run.temper.trial(run.seed)).await.with_context(replay)?;
    scene.come_to_rest().await.with_context(|| format!("counted after the last start\n{}", replay()))?;
    tally.counts += 1;
    let (inbound, outbound) = scene.messages();
    tally.inbound += inbound;
    tally.outbound += outbound;
    tally.missing_ticks += scene.missing_ticks().await?;
    Ok(())
}

fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
