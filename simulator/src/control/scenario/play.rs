//! Plays a story: each step through the same doors as a request to the control API.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::expect::{PATIENCE, Wanted, What};
use super::{Expectation, GroupStep, Played, Say, Scenario, ScenarioError, Step};
use crate::control::Control;
use crate::control::sending::SendBody;
use crate::control::transcript::MessageJson;
use crate::world::{Load, MarkRead, MessageView, NewCustomer, NewHistory, NewPhone, Status, Typing, WorldError};

/// Why a step did not work, in words.
#[derive(Debug)]
struct Refusal(String);

/// How soon something is looked at again of which no news may come.
const AGAIN: Duration = Duration::from_millis(200);

pub(super) async fn play(control: &Control, scenario: &Scenario) -> Result<Played, ScenarioError> {
    let began = Instant::now();
    let mut story = Story { control, began, ids: HashMap::new() };
    for (line, step) in &scenario.steps {
        let outcome = tokio::select! {
            outcome = story.step(step) => outcome,
            () = control.closing.cancelled() => Err(Refusal("the simulator is shutting down".to_owned())),
        };
        outcome.map_err(|Refusal(why)| ScenarioError { line: *line, word: None, why })?;
    }
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Played { steps: scenario.steps.len(), took_ms })
}

struct Story<'c> {
    control: &'c Control,
    began: Instant,
    /// Messages by their names in the story: the author, the other side, the id.
    ids: HashMap<String, (String, String, String)>,
}

fn read<T: DeserializeOwned>(body: Value) -> Result<T, Refusal> {
    serde_json::from_value(body).map_err(|error| Refusal(error.to_string()))
}

impl From<WorldError> for Refusal {
    fn from(error: WorldError) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl Story<'_> {
    async fn step(&mut self, step: &Step) -> Result<(), Refusal> {
        let world = &self.control.world;
        match step {
            Step::Phone { number, name } => {
                let phone: NewPhone = read(json!({ "number": number, "name": name }))?;
                world.create_phone(phone).await.map(drop).map_err(Refusal::from)
            }
            Step::Customer { number, name } => {
                let customer: NewCustomer = read(json!({ "number": number, "name": name }))?;
                world.create_customer(customer).await.map(drop).map_err(Refusal::from)
            }
            Step::At(after) => {
                tokio::time::sleep_until((self.began + *after).into()).await;
                Ok(())
            }
            Step::Wait(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
            Step::Say(say) => self.say(say).await,
            Step::Typing { from, body } => {
                let typing: Typing = read(body.clone())?;
                let done = if self.is_phone(from).await {
                    world.phone_typing(from, typing).await
                } else {
                    world.customer_typing(from, typing).await
                };
                done.map_err(Refusal::from)
            }
            Step::Read { from, to, labels, played } => self.mark_read(from, to, labels, *played).await,
            Step::Faults(body) => {
                let Value::Object(map) = body.clone() else { return Ok(()) };
                for fault in crate::control::faults::read_all(map)? {
                    world.add_fault(fault).await?;
                }
                Ok(())
            }
            Step::ClearFaults => {
                world.clear_faults().await;
                Ok(())
            }
            Step::Load(body) => {
                let load: Load = read(body.clone())?;
                let report = world.load(load).await?;
                tracing::info!(delivered = report.delivered, per_second = report.per_second, "a load was delivered");
                Ok(())
            }
            Step::History { phone, body } => {
                let history: NewHistory = read(body.clone())?;
                world.set_history(phone, history).await.map(drop).map_err(Refusal::from)
            }
            Step::Offline { phone, offline } => {
                world.set_offline(phone, *offline).await.map(drop).map_err(Refusal::from)
            }
            Step::Logout { phone } => world.logout(phone, None).await.map(drop).map_err(Refusal::from),
            Step::Group(step) => self.group(step).await,
            Step::Expect(expectation) => self.expect(expectation).await,
        }
    }

    async fn group(&self, step: &GroupStep) -> Result<(), Refusal> {
        let world = &self.control.world;
        let done = match step {
            // Told before: the group is there.
            GroupStep::Create { id, .. } if world.group(id).await.is_ok() => return Ok(()),
            GroupStep::Create { body, .. } => world.create_group(read(body.clone())?).await,
            GroupStep::Edit { id, body } => world.edit_group(id, read(body.clone())?).await,
            GroupStep::Members { id, body } => world.edit_members(id, read(body.clone())?).await,
            GroupStep::Leave { id, number } => world.leave_group(id, number).await,
        };
        done.map(drop).map_err(Refusal::from)
    }

    async fn is_phone(&self, number: &str) -> bool {
        self.control.world.phone(number).await.is_ok()
    }

    fn id(&self, label: &str) -> Result<&(String, String, String), Refusal> {
        self.ids.get(label).ok_or_else(|| Refusal(format!("the message “{label}” was not sent")))
    }

    async fn say(&mut self, say: &Say) -> Result<(), Refusal> {
        let mut body = say.body.clone();
        if let Some((field, label)) = &say.about {
            body[*field]["id"] = json!(self.id(label)?.2);
        }
        if let Some(label) = &say.answering {
            body["quote"] = json!({ "id": self.id(label)?.2 });
        }
        let message = read::<SendBody>(body)?.check().map_err(|problem| Refusal(problem.detail().to_owned()))?;
        let to = message.to.clone();
        // Whoever speaks of a message must have it: it may still be on its way.
        let world = &self.control.world;
        let speaks = say.about.as_ref().map(|(_, label)| label).or(say.answering.as_ref());
        if let Some(label) = speaks {
            let id = self.id(label)?.2.clone();
            let there = Check::Message { person: &say.from, id: &id, at_least: 0 };
            let reached = self.until(PATIENCE, there).await;
            reached.map_err(|()| Refusal(format!("the message “{label}” did not reach {}", say.from)))?;
        }
        let sent = if self.is_phone(&say.from).await {
            world.phone_send(&say.from, message).await
        } else {
            world.customer_send(&say.from, message).await
        };
        let sent = sent?;
        if let Some(label) = &say.label {
            self.ids.insert(label.clone(), (say.from.clone(), to, sent.id));
        }
        Ok(())
    }

    async fn mark_read(&self, from: &str, to: &str, labels: &[String], played: bool) -> Result<(), Refusal> {
        let mut ids = Vec::new();
        for label in labels {
            ids.push(self.id(label)?.2.clone());
        }
        if ids.is_empty() {
            let lines = self.transcript(from).await;
            let wanted = if played { Status::Played } else { Status::Read };
            let unread = lines.into_iter().filter(|line| line.with == to && line.from != from && line.status < wanted);
            ids.extend(unread.map(|line| line.id));
        }
        if ids.is_empty() {
            return Ok(());
        }
        let read = MarkRead { to: to.to_owned(), ids, played };
        let world = &self.control.world;
        let done = if self.is_phone(from).await {
            world.phone_read(from, read).await
        } else {
            world.customer_read(from, read).await
        };
        done.map_err(Refusal::from)
    }

    async fn transcript(&self, person: &str) -> Vec<MessageView> {
        let world = &self.control.world;
        let lines = if self.is_phone(person).await {
            world.phone_messages(person, None).await
        } else {
            world.customer_messages(person, None).await
        };
        lines.unwrap_or_default()
    }

    /// Looks again whenever something happens.
    async fn until(&self, within: Duration, check: Check<'_>) -> Result<(), ()> {
        let mut changes = self.control.world.changes();
        let waiting = async {
            while !self.holds(check).await {
                // What changes a queue or a connection is not always told: looked at again after a moment.
                let _ = tokio::time::timeout(AGAIN, changes.recv()).await;
            }
        };
        tokio::time::timeout(within, waiting).await.map_err(drop)
    }

    async fn holds(&self, check: Check<'_>) -> bool {
        match check {
            Check::Message { person, id, at_least } => {
                let lines = self.transcript(person).await;
                lines.iter().any(|line| line.id == id && rank(line.status) >= at_least)
            }
            Check::Has { person, from, wanted, count } => {
                let found = self.fitting(person, from, wanted).await;
                count.map_or(found > 0, |count| found == count)
            }
            Check::Linked { phone, devices } => self.control.world.phone(phone).await.is_ok_and(|view| {
                view.devices.iter().filter(|device| device.device > 0 && device.connected).count() >= devices
            }),
            Check::Drained { phone } => {
                let view = self.control.world.phone(phone).await;
                view.is_ok_and(|view| view.devices.iter().all(|device| device.queued == 0))
            }
        }
    }

    /// How many messages of a transcript are what is wanted.
    async fn fitting(&self, person: &str, from: Option<&str>, wanted: &Wanted) -> usize {
        let lines = self.transcript(person).await;
        let lines = lines.into_iter().filter(|line| from.is_none_or(|from| *from == line.from));
        lines.filter(|line| wanted.fits(&MessageJson::from(line.clone()))).count()
    }

    async fn expect(&self, expectation: &Expectation) -> Result<(), Refusal> {
        let within = expectation.within;
        let late = |what: String| Refusal(format!("{what} did not come about within {} ms", within.as_millis()));
        match &expectation.what {
            What::Has { person, from, wanted, count } => {
                let from = from.as_deref();
                if self.until(within, Check::Has { person, from, wanted, count: *count }).await.is_ok() {
                    return Ok(());
                }
                let (found, seen) = (self.fitting(person, from, wanted).await, self.transcript(person).await.len());
                Err(late(format!("what {person} was to have (there are {found} that fit, of {seen} messages)")))
            }
            What::Status { label, status } => {
                let (author, _, id) = self.id(label)?.clone();
                let check = Check::Message { person: &author, id: &id, at_least: rank_of(status) };
                self.until(within, check).await.map_err(|()| late(format!("“{label}” {status}")))
            }
            What::Linked { phone, devices } => {
                let check = Check::Linked { phone, devices: *devices };
                self.until(within, check).await.map_err(|()| late(format!("{phone} linked")))
            }
            What::Drained { phone } => {
                self.until(within, Check::Drained { phone }).await.map_err(|()| late(format!("{phone} drained")))
            }
        }
    }
}

/// Something that is true sooner or later.
#[derive(Debug, Clone, Copy)]
enum Check<'s> {
    /// In the transcript of `person`, and that far.
    Message {
        person: &'s str,
        id: &'s str,
        at_least: u8,
    },
    Has {
        person: &'s str,
        from: Option<&'s str>,
        wanted: &'s Wanted,
        count: Option<usize>,
    },
    Linked {
        phone: &'s str,
        devices: usize,
    },
    Drained {
        phone: &'s str,
    },
}

fn rank(status: Status) -> u8 {
    crate::people::transcript::status(status)
}

fn rank_of(status: &str) -> u8 {
    rank(match status {
        "delivered" => Status::Delivered,
        "read" => Status::Read,
        "played" => Status::Played,
        _ => Status::Sent,
    })
}
