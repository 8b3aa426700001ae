//! Linking codes that are on a screen right now, told by whoever drives a demo, so that the page can offer "scan the one
//! on screen" where a person with a real phone would hold it in front of the screen.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Control, body::Body, problem::Problem};

const MOST_CODES: usize = 16;
const LONGEST_CODE: usize = 4096;
const LONGEST_LABEL: usize = 80;
/// The first code of a linking is shown for 60 s, the others for 20 s.
const LIFETIME: Duration = Duration::from_mins(1);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfferBody {
    code: String,
    /// Whose screen: a newer code replaces the one with the same label.
    label: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct OfferedCode {
    code: String,
    label: String,
    /// UTC milliseconds.
    expires_at: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Offered {
    codes: Arc<Mutex<Vec<OfferedCode>>>,
    changed: Arc<watch::Sender<()>>,
}

impl Default for Offered {
    fn default() -> Self {
        Self { codes: Arc::default(), changed: Arc::new(watch::Sender::new(())) }
    }
}

impl Offered {
    fn add(&self, code: String, label: String, now: u64) {
        let expires_at = now + u64::try_from(LIFETIME.as_millis()).unwrap_or(u64::MAX);
        self.edit(|codes| {
            codes.retain(|other| other.label != label && other.code != code);
            codes.push(OfferedCode { code, label, expires_at });
            let surplus = codes.len().saturating_sub(MOST_CODES);
            codes.drain(..surplus);
        });
    }

    /// The code was scanned.
    pub(super) fn withdraw(&self, code: &str) {
        self.edit(|codes| codes.retain(|other| other.code != code));
    }

    pub(super) fn all(&self) -> Vec<OfferedCode> {
        self.all_at(now())
    }

    fn all_at(&self, now: u64) -> Vec<OfferedCode> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|code| code.expires_at > now);
        codes.clone()
    }

    /// Wakes whenever a code came or went.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn edit(&self, change: impl FnOnce(&mut Vec<OfferedCode>)) {
        change(&mut self.codes.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_replace(());
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(super) async fn list(State(control): State<Control>) -> Json<Vec<OfferedCode>> {
    Json(control.offered.all())
}

pub(super) async fn offer(
    State(control): State<Control>,
    Body(OfferBody { code, label }): Body<OfferBody>,
) -> Result<Json<Vec<OfferedCode>>, Problem> {
    let code = code.trim().to_owned();
    let label = label.unwrap_or_default().trim().to_owned();
    if code.is_empty() || code.len() > LONGEST_CODE {
        return Err(Problem::invalid("code: the text of a QR code"));
    }
    if label.chars().count() > LONGEST_LABEL {
        return Err(Problem::invalid(format!("label: at most {LONGEST_LABEL} characters")));
    }
    control.offered.add(code, label, now());
    Ok(Json(control.offered.all()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(offered: &Offered, now: u64) -> Vec<(String, String)> {
        offered.all_at(now).into_iter().map(|code| (code.label, code.code)).collect()
    }

    #[test]
    fn a_screen_offers_its_newest_code_until_it_is_scanned_or_stale() {
        let offered = Offered::default();
        offered.add("one".into(), "Ana".into(), 0);
        offered.add("two".into(), "Ben".into(), 10);
        offered.add("three".into(), "Ana".into(), 20);
        let pair = |label: &str, code: &str| (label.to_owned(), code.to_owned());
        assert_eq!(shown(&offered, 30), [pair("Ben", "two"), pair("Ana", "three")]);
        offered.withdraw("three");
        assert_eq!(shown(&offered, 30), [pair("Ben", "two")]);
        assert_eq!(shown(&offered, 10 + 60_000), []);
    }

    #[test]
    fn the_number_of_codes_is_bounded() {
        let offered = Offered::default();
        for index in 0..100 {
            offered.add(format!("code {index}"), format!("screen {index}"), 0);
        }
        let codes = shown(&offered, 1);
        assert_eq!(codes.len(), MOST_CODES);
        assert_eq!(codes.last().map(|(_, code)| code.as_str()), Some("code 99"));
    }
}
