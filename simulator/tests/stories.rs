//! The stories that come with the simulator, played to a real client.

mod support;

use ownline_simulator::control::scenario::{self, Scenario};
use support::{Stage, eventually};
use tokio_util::sync::CancellationToken;

const ANA: &str = "5511988887777";

/// Plays a story while a client links itself to its phone.
async fn played(name: &str) {
    let stage = Stage::set().await;
    let path = format!("{}/scenarios/{name}.scenario", env!("CARGO_MANIFEST_DIR"));
    let story = Scenario::read(&std::fs::read_to_string(path).expect("a story")).expect("one that makes sense");
    let world = stage.world.clone();
    let telling = tokio::spawn(async move { scenario::play(world, &story, CancellationToken::new()).await });
    eventually("the phone", async || stage.world.phone(ANA).await.ok()).await;
    let device = stage.linked(ANA).await;
    telling.await.expect("told").unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(stage.world.faults().await.is_empty(), "no trouble stays behind");
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_is_told() {
    played("first-day").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_in_bad_weather() {
    played("bad-weather").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_told_about() {
    played("group-chat").await;
}
