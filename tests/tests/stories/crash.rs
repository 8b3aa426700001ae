//! Programs killed at random moments: nothing lost, nothing twice, order kept, ticks only forward.

use std::collections::HashSet;

use anyhow::Result;
use ownline_tests::{
    Stage,
    crash::{Run, Said, Temper, Trial, Trouble, Victim, compare, play},
};
use serde_json::json;

/// What a test run has the patience for, in parts that run beside each other; `make crash` has more.
const TRIALS: u64 = 50;
const SEED: u64 = 7;

async fn part(seed: u64) -> Result<()> {
    let tally = play(Run::new(TRIALS, seed, Temper::Even)).await?;
    assert!(tally.trials == TRIALS && tally.kills() >= TRIALS, "{tally}");
    assert!(tally.inbound > TRIALS && tally.outbound > TRIALS, "too little was said for the kills to hit: {tally}");
    Ok(())
}

#[tokio::test]
async fn f01_f02_f03_kills_at_random_moments_lose_and_double_nothing_1() -> Result<()> {
    part(SEED).await
}

#[tokio::test]
async fn f01_f02_f03_kills_at_random_moments_lose_and_double_nothing_2() -> Result<()> {
    part(SEED + TRIALS).await
}

#[tokio::test]
async fn f01_f02_f03_kills_at_random_moments_lose_and_double_nothing_3() -> Result<()> {
    part(SEED + 2 * TRIALS).await
}

#[tokio::test]
async fn f01_f02_f03_kills_at_random_moments_lose_and_double_nothing_4() -> Result<()> {
    part(SEED + 3 * TRIALS).await
}

#[test]
fn the_count_notices_whatever_is_lost_doubled_or_moved() {
    let said = |id: &str| Said { wa_id: id.to_owned(), text: format!("text {id}") };
    let ledger = [said("A"), said("B"), said("C")];
    let found = |ids: &[&str]| {
        let texts: Vec<String> = ids.iter().map(|id| format!("text {}", &id[..1])).collect();
        let here: Vec<_> = ids.iter().zip(&texts).map(|(id, text)| (*id, Some(text.as_str()))).collect();
        let mut found = Vec::new();
        compare("here", &here, &ledger, &mut found);
        found.join("; ")
    };
    assert_eq!(found(&["A", "B", "C"]), "");
    assert!(found(&["A", "C"]).contains("“text B” (B) is missing"), "{}", found(&["A", "C"]));
    assert!(found(&["A", "B", "B", "C"]).contains("“text B” (B) twice"));
    assert!(found(&["A", "B", "B2", "C"]).contains("“text B” (B2) was never said"), "twice, under another id");
    assert!(found(&["A", "C", "B"]).contains("order or words differ"));
    let mut placeholder = Vec::new();
    compare("here", &[("A", Some("text A")), ("B", None), ("C", Some("text C"))], &ledger, &mut placeholder);
    assert!(!placeholder.is_empty(), "words that have not come are lost words");
}

#[test]
fn a_seed_makes_the_same_trial_each_time_and_seeds_differ() {
    let seeds = SEED..SEED + 200;
    let trials: Vec<Trial> = seeds.clone().map(Trial::of).collect();
    assert_eq!(trials, seeds.map(Trial::of).collect::<Vec<_>>());
    let moments: HashSet<_> = trials.iter().map(|trial| trial.moment).collect();
    assert!(moments.len() > 190, "{} moments", moments.len());
    assert!(trials.iter().filter(|trial| trial.victim.is_owner()).count() > 100, "mostly the owner's bridge");
    let more = (SEED..SEED + 2_000).map(Trial::of);
    let at: HashSet<_> = more.filter_map(|trial| trial.dies_at).map(|(name, _)| name).collect();
    assert_eq!(at.len(), 15, "every moment is met: {at:?}");
    for victim in [Victim::Colleague, Victim::Server, Victim::OwnerAndServer] {
        assert!(trials.iter().any(|trial| trial.victim == victim), "{victim:?} is never hit");
    }
}

#[test]
fn restless_trials_fall_early_and_often_over_what_cannot_be_read() {
    let trials: Vec<Trial> = (SEED..SEED + 200).map(Trial::restless).collect();
    assert_eq!(trials, (SEED..SEED + 200).map(Trial::restless).collect::<Vec<_>>());
    let early = |trial: &&Trial| trial.falls.iter().all(|fall| fall.as_millis() <= 50);
    assert_eq!(trials.iter().filter(early).count(), 200);
    assert!(trials.iter().filter(|trial| trial.falls.len() > 1).count() > 50);
    assert!(trials.iter().filter(|trial| matches!(trial.trouble, Some(Trouble::Corrupt(_)))).count() > 50);
    let at: HashSet<_> = trials.iter().filter_map(|trial| trial.dies_at).map(|(name, _)| name).collect();
    assert!(at.is_superset(&HashSet::from(["noted", "recovered", "decrypted"])), "{at:?}");
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
