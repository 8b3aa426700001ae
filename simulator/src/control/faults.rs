//! Disturbances on demand.
//!
//! `POST /faults` takes one object whose fields are kinds of faults:
//!
//! ```json
//! { "refuse": { "code": 463, "number": "4915112345678", "times": 1 }, "delay": 500, "cut": true }
//! ```
//!
//! A kind's value is an object with its own parameter and the common ones (`number`, `device`, `stanza`, `times`,
//! `skip`), or the bare parameter, or `true` where there is none. The flat form `{"kind": "refuse", "code": 463, …}`, in
//! which answers show faults, is taken as well.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Control,
    body::{Body, check_number},
    problem::Problem,
};
use crate::world::{Fault, FaultKind, FaultView};

#[derive(Debug, Serialize)]
pub(super) struct InForce {
    faults: Vec<FaultView>,
}

pub(super) async fn list(State(control): State<Control>) -> Json<InForce> {
    Json(InForce { faults: control.world.faults().await })
}

/// Answers with the faults that were added, also those that struck at once and are gone.
pub(super) async fn add(
    State(control): State<Control>,
    Body(body): Body<Map<String, Value>>,
) -> Result<Json<InForce>, Problem> {
    // All are read before the first one strikes.
    let wanted = read(body)?;
    let mut faults = Vec::with_capacity(wanted.len());
    for fault in wanted {
        faults.push(control.world.add_fault(fault).await?);
    }
    Ok(Json(InForce { faults }))
}

pub(super) async fn clear(State(control): State<Control>) -> Json<InForce> {
    control.world.clear_faults().await;
    Json(InForce { faults: control.world.faults().await })
}

/// The parameters of all kinds; which of them a kind takes is checked in [`Setting::into_fault`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    number: Option<String>,
    device: Option<u16>,
    stanza: Option<String>,
    times: Option<u32>,
    #[serde(default)]
    skip: u32,
    ms: Option<u64>,
    code: Option<u16>,
    expire: Option<u64>,
    reason: Option<u16>,
    at: Option<String>,
    bytes_per_second: Option<u64>,
    after: Option<u64>,
    lost: Option<bool>,
}

/// What is wrong with a request for faults, if anything.
pub(super) fn check(body: Map<String, Value>) -> Result<(), String> {
    read_all(body).map(drop)
}

/// The faults that a request asks for.
pub(super) fn read_all(body: Map<String, Value>) -> Result<Vec<Fault>, String> {
    read(body).map_err(|problem| problem.detail().to_owned())
}

fn read(mut body: Map<String, Value>) -> Result<Vec<Fault>, Problem> {
    if let Some(kind) = body.remove("kind") {
        let Value::String(kind) = kind else { return Err(Problem::invalid("kind: the name of a fault")) };
        return Ok(vec![setting(&kind, Value::Object(body))?.into_fault(&kind)?]);
    }
    if body.is_empty() {
        return Err(Problem::invalid(format!("name at least one fault: {KINDS}")));
    }
    let pairs = body.into_iter().filter(|(_, value)| *value != Value::Bool(false));
    pairs.map(|(kind, value)| setting(&kind, value)?.into_fault(&kind)).collect()
}

/// `true`, a bare parameter, or an object.
fn setting(kind: &str, value: Value) -> Result<Setting, Problem> {
    let value = match (kind, value) {
        (_, Value::Bool(true) | Value::Null) => Value::Object(Map::new()),
        ("cut_media", number @ Value::Number(_)) => Map::from_iter([("after".to_owned(), number)]).into(),
        ("delay" | "slow_media", number @ Value::Number(_)) => Map::from_iter([("ms".to_owned(), number)]).into(),
        ("refuse" | "ban" | "stream_error" | "refuse_media" | "expired_media", number @ Value::Number(_)) => {
            Map::from_iter([("code".to_owned(), number)]).into()
        }
        ("failure", number @ Value::Number(_)) => Map::from_iter([("reason".to_owned(), number)]).into(),
        ("cut", place @ Value::String(_)) => Map::from_iter([("at".to_owned(), place)]).into(),
        (_, object @ Value::Object(_)) => object,
        _ => return Err(Problem::invalid(format!("{kind}: an object with the parameters of the fault, or true"))),
    };
    serde_json::from_value(value).map_err(|error| Problem::invalid(format!("{kind}: {error}")))
}

const KINDS: &str = "drop, delay, duplicate, reorder, corrupt, refuse, drop_ack, cut, replaced, logged_out, ban, failure, \
                     outdated, stream_error, slow_media, corrupt_media, cut_media, refuse_media, expired_media";
const STANZAS: &[&str] = &["message", "receipt", "notification", "ack", "iq", "upload", "download", "any"];
/// The longest useful delay: anything longer is what `drop` is for.
const LONGEST_DELAY_MS: u64 = 10 * 60 * 1000;

impl Setting {
    fn into_fault(mut self, name: &str) -> Result<Fault, Problem> {
        if let Some(number) = &self.number {
            check_number(number)?;
        }
        let kind = self.kind(name)?;
        self.refuse_leftovers(name)?;
        if let Some(stanza) = &self.stanza
            && !STANZAS.contains(&stanza.as_str())
        {
            return Err(Problem::invalid(format!("stanza: one of {}", STANZAS.join(", "))));
        }
        if self.times == Some(0) {
            return Err(Problem::invalid("times: at least 1, or absent for every time"));
        }
        let Self { number, device, stanza, times, skip, .. } = self;
        Ok(Fault { kind, number, device, stanza, times, skip })
    }

    fn kind(&mut self, name: &str) -> Result<FaultKind, Problem> {
        Ok(match name {
            "drop" => FaultKind::Drop,
            "delay" => FaultKind::Delay { ms: self.delay()? },
            "duplicate" => FaultKind::Duplicate,
            "reorder" => FaultKind::Reorder,
            "corrupt" => FaultKind::Corrupt,
            // 463: the account may not write to this person.
            "refuse" => FaultKind::Refuse { code: self.code.take().unwrap_or(463) },
            "drop_ack" => FaultKind::DropAck,
            "cut" => match self.at.take().as_deref() {
                None | Some("now") => FaultKind::Close,
                Some(stanza) => {
                    self.stanza = Some(stanza.to_owned());
                    self.times = self.times.or(Some(1));
                    FaultKind::Cut
                }
            },
            "replaced" => FaultKind::Replaced,
            "logged_out" => FaultKind::LoggedOut,
            // 101: sent to too many people; one hour.
            "ban" => {
                FaultKind::Ban { code: self.code.take().unwrap_or(101), expire: self.expire.take().unwrap_or(3600) }
            }
            "failure" => FaultKind::Failure { reason: self.reason.take().unwrap_or(500) },
            "outdated" => FaultKind::Outdated,
            "stream_error" => FaultKind::StreamError { code: self.code.take().unwrap_or(503) },
            "slow_media" => {
                let bytes_per_second = self.bytes_per_second.take();
                if bytes_per_second == Some(0) {
                    return Err(Problem::invalid("bytes_per_second: at least 1"));
                }
                // A speed alone means no delay before it.
                let ms = if self.ms.is_none() && bytes_per_second.is_some() { 0 } else { self.delay()? };
                FaultKind::SlowMedia { ms, bytes_per_second }
            }
            "corrupt_media" => FaultKind::CorruptMedia,
            "cut_media" => FaultKind::CutMedia { after: self.after.take().unwrap_or(64 * 1024) },
            "refuse_media" => FaultKind::RefuseMedia { code: status(self.code.take().unwrap_or(503))? },
            "expired_media" => FaultKind::ExpiredMedia {
                code: status(self.code.take().unwrap_or(410))?,
                lost: self.lost.take().unwrap_or(false),
            },
            _ => return Err(Problem::invalid(format!("unknown fault “{name}”: there are {KINDS}"))),
        })
    }

    fn delay(&mut self) -> Result<u64, Problem> {
        match self.ms.take() {
            None => Ok(1000),
            Some(ms @ 1..=LONGEST_DELAY_MS) => Ok(ms),
            Some(_) => Err(Problem::invalid(format!("ms: 1 to {LONGEST_DELAY_MS}"))),
        }
    }

    /// A parameter that the kind does not have was meant for something.
    fn refuse_leftovers(&self, name: &str) -> Result<(), Problem> {
        let leftovers = [
            ("ms", self.ms.is_some()),
            ("code", self.code.is_some()),
            ("expire", self.expire.is_some()),
            ("reason", self.reason.is_some()),
            ("at", self.at.is_some()),
            ("bytes_per_second", self.bytes_per_second.is_some()),
            ("after", self.after.is_some()),
            ("lost", self.lost.is_some()),
        ];
        match leftovers.iter().find(|(_, left)| *left) {
            Some((field, _)) => Err(Problem::invalid(format!("{name}: has no {field}"))),
            None => Ok(()),
        }
    }
}

/// What a media host refuses with.
fn status(code: u16) -> Result<u16, Problem> {
    if (400..=599).contains(&code) { Ok(code) } else { Err(Problem::invalid("code: a status from 400 to 599")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(body: Value) -> Result<Vec<Fault>, Problem> {
        let Value::Object(body) = body else { panic!("not an object") };
        read(body)
    }

    fn kinds(body: Value) -> Vec<FaultKind> {
        parsed(body).expect("faults").into_iter().map(|fault| fault.kind).collect()
    }

    #[test]
    fn a_kind_is_named_by_its_field() {
        assert_eq!(kinds(json!({ "drop": true })), [FaultKind::Drop]);
        assert_eq!(kinds(json!({ "refuse": 479 })), [FaultKind::Refuse { code: 479 }]);
        assert_eq!(kinds(json!({ "ban": { "code": 102, "expire": 60 } })), [FaultKind::Ban { code: 102, expire: 60 }]);
        assert_eq!(kinds(json!({ "delay": 5, "duplicate": {} })), [FaultKind::Delay { ms: 5 }, FaultKind::Duplicate]);
        assert_eq!(kinds(json!({ "expired_media": 404 })), [FaultKind::ExpiredMedia { code: 404, lost: false }]);
        let slow = FaultKind::SlowMedia { ms: 0, bytes_per_second: Some(1000) };
        assert_eq!(kinds(json!({ "slow_media": { "bytes_per_second": 1000 } })), [slow]);
        assert_eq!(kinds(json!({ "cut_media": 10 })), [FaultKind::CutMedia { after: 10 }]);
        assert_eq!(kinds(json!({ "drop": false, "cut": true })), [FaultKind::Close]);
    }

    #[test]
    fn the_form_of_the_answer_can_be_sent_back() {
        let fault = Fault {
            kind: FaultKind::Failure { reason: 503 },
            number: Some("4915112345678".to_owned()),
            device: Some(2),
            stanza: None,
            times: Some(3),
            skip: 1,
        };
        let shown = serde_json::to_value(&fault).expect("json");
        assert_eq!(parsed(shown).expect("back"), [fault]);
    }

    #[test]
    fn a_cut_at_a_stanza_waits_for_that_stanza() {
        let faults = parsed(json!({ "cut": { "at": "receipt", "number": "4915112345678" } })).expect("fault");
        assert_eq!(faults[0].kind, FaultKind::Cut);
        assert_eq!(faults[0].stanza.as_deref(), Some("receipt"));
        assert_eq!(faults[0].times, Some(1));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for body in [
            json!({}),
            json!({ "explode": true }),
            json!({ "drop": { "code": 1 } }),
            json!({ "drop": { "numbre": "4915112345678" } }),
            json!({ "drop": { "number": "+4915112345678" } }),
            json!({ "drop": { "times": 0 } }),
            json!({ "delay": 0 }),
            json!({ "cut": "lunch" }),
            json!({ "kind": 7 }),
            json!({ "refuse_media": 200 }),
            json!({ "slow_media": { "bytes_per_second": 0 } }),
            json!({ "corrupt_media": { "after": 1 } }),
        ] {
            assert!(parsed(body.clone()).is_err(), "{body} was taken");
        }
    }
}
