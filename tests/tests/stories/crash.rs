//! Programs killed at random moments: nothing lost, nothing twice, order kept, ticks only forward.

use std::collections::HashSet;

use anyhow::Result;
use ownline_tests::{
    Stage,
    crash::{Trial, Victim, play},
};
use serde_json::json;

/// What a test run has the patience for; `make crash` has more.
const TRIALS: u64 = 40;
const SEED: u64 = 7;

#[tokio::test]
async fn kills_at_random_moments_lose_and_double_nothing() -> Result<()> {
    let tally = play(TRIALS, SEED).await?;
    assert!(tally.kills() >= TRIALS, "{tally}");
    assert!(tally.inbound > TRIALS && tally.outbound > TRIALS, "too little was said for the kills to hit: {tally}");
    Ok(())
}

#[test]
fn a_seed_makes_the_same_trial_each_time_and_seeds_differ() {
    let seeds = SEED..SEED + 200;
    let trials: Vec<Trial> = seeds.clone().map(Trial::of).collect();
    assert_eq!(trials, seeds.map(Trial::of).collect::<Vec<_>>());
    let moments: HashSet<_> = trials.iter().map(|trial| trial.moment).collect();
    assert!(moments.len() > 190, "{} moments", moments.len());
    assert!(trials.iter().filter(|trial| trial.victim.is_owner()).count() > 100, "mostly the owner's bridge");
    let at: HashSet<_> = trials.iter().filter_map(|trial| trial.dies_at).map(|(name, _)| name).collect();
    assert_eq!(at.len(), 10, "every moment is met: {at:?}");
    for victim in [Victim::Colleague, Victim::Server, Victim::OwnerAndServer] {
        assert!(trials.iter().any(|trial| trial.victim == victim), "{victim:?} is never hit");
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_read_at_first_keeps_its_place() -> Result<()> {
    let stage = Stage::set().await?;
    let (mut ana, phone) = stage.linked_agent("Ana", "5511988887601").await?;
    let joana = stage.network.customer("5511912345699", "Joana").await?;
    joana.writes(&phone, "one").await?;
    let id = ana.conversation_with(&joana.number).await?.conversation.id;

    ana.program.kill().await?;
    for text in ["two", "three"] {
        joana.writes(&phone, text).await?;
    }
    stage.network.fault(json!({ "corrupt": { "number": phone.number, "times": 1, "skip": 1 } })).await?;
    ana.start_again().await?;

    ana.sees_texts(id, &["one", "two", "three"]).await?;
    Ok(())
}
