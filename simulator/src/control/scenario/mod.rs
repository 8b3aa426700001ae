//! Stories in a small text format, one step a line: people, what they write, troubles, and what is expected of it. Each step
//! asks for what the control API offers, in the same words, so that it is checked in the same way.

mod expect;
mod groups;
mod lines;
mod parse;
mod play;
mod words;

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::Control;
use super::problem::Problem;
pub(super) use expect::Expectation;

/// What is wrong with a story: in which line, and at which word where one is to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {why}", .word.as_ref().map(|(at, word)| format!(", word {at} (“{word}”)")).unwrap_or_default())]
pub struct ScenarioError {
    /// From 1.
    pub line: usize,
    /// From 1, and the word.
    pub word: Option<(usize, String)>,
    pub why: String,
}

/// One step, ready to be played.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Phone {
        number: String,
        name: String,
    },
    Customer {
        number: String,
        name: String,
    },
    /// Until so long after the beginning.
    At(Duration),
    Wait(Duration),
    Say(Box<Say>),
    Typing {
        from: String,
        body: Value,
    },
    /// Reads (or plays) messages; all that are unread when none are named.
    Read {
        from: String,
        to: String,
        labels: Vec<String>,
        played: bool,
    },
    Faults(Value),
    ClearFaults,
    Load(Value),
    History {
        phone: String,
        body: Value,
    },
    Offline {
        phone: String,
        offline: bool,
    },
    Logout {
        phone: String,
    },
    Group(GroupStep),
    Expect(Expectation),
}

/// What becomes of a group; bodies are those of the control API.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum GroupStep {
    Create { id: String, body: Value },
    Edit { id: String, body: Value },
    Members { id: String, body: Value },
    Leave { id: String, number: String },
}

/// Something that somebody says: the body of the request, and where ids of earlier messages go into it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Say {
    pub from: String,
    pub body: Value,
    /// The message is known by this name from then on.
    pub label: Option<String>,
    /// The field of the body whose `id` is that of an earlier message, and that message.
    pub about: Option<(&'static str, String)>,
    pub answering: Option<String>,
}

/// A story, read and found to make sense.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    steps: Vec<(usize, Step)>,
}

impl Scenario {
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        parse::parse(text)
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// A story that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Played {
    pub steps: usize,
    pub took_ms: u64,
}

/// `POST /scenarios`: plays the story in the body, and answers when it is over.
pub(super) async fn run(State(control): State<Control>, text: String) -> Result<Json<Played>, Problem> {
    let refused = |status, code| move |error: ScenarioError| Problem::new(status, code, error.to_string());
    let scenario = Scenario::read(&text).map_err(refused(StatusCode::UNPROCESSABLE_ENTITY, "bad_scenario"))?;
    let played = play::play(&control, &scenario).await;
    played.map(Json).map_err(refused(StatusCode::CONFLICT, "scenario_failed"))
}

/// Plays a story in a world without the control API around it.
pub async fn play(
    world: crate::world::World,
    scenario: &Scenario,
    closing: tokio_util::sync::CancellationToken,
) -> Result<Played, ScenarioError> {
    play::play(&Control { world, offered: super::offered::Offered::default(), closing }, scenario).await
}

#[cfg(test)]
mod tests;
