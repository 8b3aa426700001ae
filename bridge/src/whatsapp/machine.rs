//! The session's state machine: what the library and the network report goes in, the state for the screen comes out.
//! Pure, with the clock passed in; the task around it is in [`super::session`].

mod signal;

use std::time::Duration;

use ownline_model::{session::SessionState, time::UtcMillis};

pub(super) use signal::{Effect, Signal, problem};

/// The first code lives a minute, the five after it 20 seconds each.
const LATER_CODES: Duration = Duration::from_secs(5 * 20);
/// A connection that held this long starts the next back-off from its base, as the library does.
const STABLE_AFTER_MS: i64 = 30_000;
/// The library's longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// Stable words for `Reconnecting.reason`.
const MAINTENANCE: &str = "maintenance";
const SLOW_DOWN: &str = "slow_down";
/// Pause after a refusal that WhatsApp gives no remedy for.
const REFUSED_PAUSE: Duration = Duration::from_mins(15);

#[derive(Debug, Clone)]
pub(super) struct Machine {
    state: SessionState,
    /// Whether the current attempt is one to link, by a code to type rather than to scan, and when its last code ends once
    /// there is one.
    linking: bool,
    by_number: bool,
    attempt_expires_at: Option<UtcMillis>,
    /// Failed attempts in a row, counted the way the library counts its back-off.
    failures: u32,
    /// Why WhatsApp ended the last connection, where it said so.
    reason: Option<&'static str>,
}

impl Machine {
    pub(super) const fn new(state: SessionState) -> Self {
        Self { state, linking: false, by_number: false, attempt_expires_at: None, failures: 0, reason: None }
    }

    pub(super) const fn state(&self) -> &SessionState {
        &self.state
    }

    /// Whether an attempt to link is under way, with or without a code on the screen.
    pub(super) const fn is_linking(&self) -> bool {
        self.linking
    }

    /// Whether that attempt is by a code to type.
    pub(super) const fn is_by_number(&self) -> bool {
        self.linking && self.by_number
    }

    /// When the code to type, or the passkey, can no longer be given.
    pub(super) const fn time_is_over_at(&self) -> Option<UtcMillis> {
        match self.state {
            SessionState::WaitingForScan { attempt_expires_at, .. } if self.by_number => Some(attempt_expires_at),
            SessionState::PasskeyNeeded { until, .. } => until,
            _ => None,
        }
    }

    /// When a closed connection is to be opened again without anybody asking.
    pub(super) const fn wakes_at(&self) -> Option<UtcMillis> {
        match self.state {
            SessionState::Banned { until, .. } => until,
            SessionState::Reconnecting { next_try_at, .. } => Some(next_try_at),
            _ => None,
        }
    }

    /// Whether the state must outlive a restart: a session that was ended from outside does not come back by itself, and a
    /// number that nobody confirmed stays unconfirmed.
    pub(super) const fn is_held(&self) -> bool {
        matches!(
            self.state,
            SessionState::Replaced
                | SessionState::Banned { .. }
                | SessionState::LoggedOut { .. }
                | SessionState::ConfirmNumber { .. }
        )
    }

    /// Takes note of what happened. `None`: nothing to do but to show the state.
    pub(super) fn on(&mut self, signal: Signal, now: UtcMillis) -> Option<Effect> {
        match signal {
            Signal::LinkAsked { by_number } => {
                self.linking = true;
                self.by_number = by_number;
                self.attempt_expires_at = None;
                self.failures = 0;
                self.state = SessionState::UNLINKED;
                None
            }
            Signal::Started => {
                self.linking = false;
                self.failures = 0;
                self.reason = None;
                self.state = SessionState::Reconnecting { attempt: 1, next_try_at: now, reason: None };
                None
            }
            Signal::Unlinked => Some(self.unlink(None)),
            Signal::KeysDamaged => Some(self.unlink(Some(problem::KEYS_DAMAGED))),
            Signal::NumberConfirmed | Signal::NumberDeclined { .. }
                if !matches!(self.state, SessionState::ConfirmNumber { .. }) =>
            {
                None
            }
            Signal::NumberDeclined { told } => Some(self.unlink((!told).then_some(problem::LEFT_ON_PHONE))),
            Signal::NumberConfirmed => {
                self.state = SessionState::Syncing { messages_waiting: None };
                None
            }
            // A session that has ended stays ended: late news of its connection must not wake it.
            _ if self.has_ended() => None,
            Signal::NoCodeCame => self.unlink_while_linking(problem::UNREACHABLE),
            Signal::CodesExhausted if matches!(self.state, SessionState::PasskeyNeeded { .. }) => {
                self.unlink_while_linking(problem::PASSKEY_TIMED_OUT)
            }
            // The codes to scan rotate beside the one to type, and matter to nobody.
            Signal::CodesExhausted | Signal::CodeShown { .. } if self.by_number => None,
            Signal::CodesExhausted => self.unlink_while_linking(problem::QR_EXPIRED),
            Signal::CodeShown { lasts } => {
                self.show_code(lasts, now);
                None
            }
            Signal::PairingCodeShown { lasts } => {
                self.show_pairing_code(lasts, now);
                None
            }
            Signal::NoPairingCode { problem } => self.unlink_while_linking(problem),
            Signal::PairSucceeded => {
                self.state = SessionState::Pairing;
                Some(Effect::SaveDevice)
            }
            Signal::OtherNumber { number, previous } => {
                Some(self.end(SessionState::ConfirmNumber { number, previous }))
            }
            Signal::PairFailed { error } => self.unlink_while_linking(pair_problem(&error)),
            Signal::PasskeyAsked { lasts } => {
                self.ask_passkey(lasts, now);
                None
            }
            Signal::PasskeyCode { code: compare } => {
                if let SessionState::PasskeyNeeded { code, .. } = &mut self.state {
                    *code = Some(compare);
                }
                None
            }
            Signal::PasskeyFailed => self.unlink_while_linking(problem::PASSKEY_REFUSED),
            Signal::TimeIsOver => self.unlink_while_linking(match self.state {
                SessionState::PasskeyNeeded { .. } => problem::PASSKEY_TIMED_OUT,
                _ => problem::PAIRING_CODE_EXPIRED,
            }),
            Signal::Dialling => {
                self.dial(now);
                None
            }
            Signal::DialFailed => {
                if !self.linking {
                    self.pause(now);
                }
                None
            }
            Signal::OfflinePreview { messages } => {
                self.linking = false;
                self.state = SessionState::Syncing { messages_waiting: Some(messages) };
                None
            }
            Signal::Connected => {
                self.linking = false;
                self.attempt_expires_at = None;
                self.reason = None;
                if !matches!(self.state, SessionState::Online { .. }) {
                    self.state = SessionState::Online { since: now };
                }
                Some(Effect::SaveDevice)
            }
            Signal::Disconnected => {
                self.disconnect(now);
                None
            }
            Signal::Replaced => Some(self.end(SessionState::Replaced)),
            Signal::LoggedOut { reason } => {
                self.linking = false;
                self.state = SessionState::LoggedOut { reason: reason.to_owned() };
                Some(Effect::CloseAndForget)
            }
            Signal::Banned { code, until } => Some(self.end(SessionState::Banned { code, until })),
            Signal::ClientOutdated => Some(self.end(SessionState::ClientOutdated)),
            Signal::StreamEnded { code } => {
                self.stream_ended(code);
                None
            }
            Signal::Refused { retries: true, .. } => {
                self.give_reason(MAINTENANCE);
                None
            }
            Signal::Refused { .. } if self.linking => self.unlink_while_linking(problem::PAIRING_FAILED),
            Signal::Refused { .. } => {
                self.failures = self.failures.saturating_add(1);
                Some(self.end(SessionState::Reconnecting {
                    attempt: self.failures,
                    next_try_at: now.plus_millis(millis(REFUSED_PAUSE)),
                    reason: Some("refused".to_owned()),
                }))
            }
        }
    }

    const fn has_ended(&self) -> bool {
        match self.state {
            SessionState::Unlinked { .. } => !self.linking,
            SessionState::Replaced
            | SessionState::LoggedOut { .. }
            | SessionState::Banned { .. }
            | SessionState::Restricted { .. }
            | SessionState::ConfirmNumber { .. }
            | SessionState::ClientOutdated => true,
            _ => false,
        }
    }

    fn show_code(&mut self, lasts: Duration, now: UtcMillis) {
        // The phone has scanned already; the codes go on rotating meanwhile.
        if matches!(self.state, SessionState::PasskeyNeeded { .. } | SessionState::Pairing) {
            return;
        }
        let code_expires_at = now.plus_millis(millis(lasts));
        let attempt_expires_at =
            *self.attempt_expires_at.get_or_insert(code_expires_at.plus_millis(millis(LATER_CODES)));
        self.linking = true;
        self.state = SessionState::WaitingForScan {
            code_expires_at,
            attempt_expires_at: attempt_expires_at.max(code_expires_at),
        };
    }

    fn show_pairing_code(&mut self, lasts: Duration, now: UtcMillis) {
        if self.is_by_number() && !matches!(self.state, SessionState::PasskeyNeeded { .. } | SessionState::Pairing) {
            let code_expires_at = now.plus_millis(millis(lasts));
            self.attempt_expires_at = Some(code_expires_at);
            self.state = SessionState::WaitingForScan { code_expires_at, attempt_expires_at: code_expires_at };
        }
    }

    /// The connection that carries the attempt lasts no longer than its codes.
    fn ask_passkey(&mut self, lasts: Option<Duration>, now: UtcMillis) {
        if self.linking {
            let asked = lasts.map(|lasts| now.plus_millis(millis(lasts)));
            let until = asked.into_iter().chain(self.attempt_expires_at).min();
            self.state = SessionState::PasskeyNeeded { until, code: None };
        }
    }

    /// The restart that WhatsApp asks for after pairing is part of pairing, not a lost connection.
    fn dial(&mut self, now: UtcMillis) {
        match self.state {
            SessionState::Pairing => {
                self.linking = false;
                self.state = SessionState::Syncing { messages_waiting: None };
            }
            SessionState::Online { .. } => {
                self.failures = 0;
                self.state = SessionState::Reconnecting { attempt: 1, next_try_at: now, reason: self.word() };
            }
            SessionState::Reconnecting { attempt, .. } => {
                self.state = SessionState::Reconnecting { attempt, next_try_at: now, reason: self.word() };
            }
            // A new connection brings a new set of codes.
            SessionState::WaitingForScan { .. } | SessionState::PasskeyNeeded { .. } => self.withdraw_code(),
            _ => {}
        }
    }

    fn disconnect(&mut self, now: UtcMillis) {
        match self.state {
            SessionState::Online { since } => {
                if now.since(since) >= STABLE_AFTER_MS && self.reason != Some(SLOW_DOWN) {
                    self.failures = 0;
                }
                self.pause(now);
            }
            SessionState::Syncing { .. } | SessionState::Reconnecting { .. } => self.pause(now),
            // Codes belong to the connection that brought them.
            SessionState::WaitingForScan { .. } | SessionState::PasskeyNeeded { .. } => self.withdraw_code(),
            _ => {}
        }
    }

    fn withdraw_code(&mut self) {
        self.attempt_expires_at = None;
        self.state = SessionState::UNLINKED;
    }

    /// The pause before the next attempt, as the library takes it (a tenth more or less).
    fn pause(&mut self, now: UtcMillis) {
        let pause = fibonacci_pause(self.failures);
        self.failures = self.failures.saturating_add(1);
        self.state = SessionState::Reconnecting {
            attempt: self.failures,
            next_try_at: now.plus_millis(millis(pause)),
            reason: self.word(),
        };
    }

    fn word(&self) -> Option<String> {
        self.reason.map(str::to_owned)
    }

    /// The connection ends now or has ended a moment ago.
    fn give_reason(&mut self, why: &'static str) {
        self.reason = Some(why);
        if let SessionState::Reconnecting { reason, .. } = &mut self.state {
            *reason = Some(why.to_owned());
        }
    }

    fn stream_ended(&mut self, code: u16) {
        match code {
            429 => {
                // The library waits that much longer.
                self.failures = self.failures.saturating_add(5);
                self.give_reason(SLOW_DOWN);
            }
            500..=503 => self.give_reason(MAINTENANCE),
            _ => {}
        }
    }

    fn end(&mut self, state: SessionState) -> Effect {
        self.linking = false;
        self.state = state;
        Effect::Close
    }

    fn unlink(&mut self, problem: Option<&str>) -> Effect {
        self.linking = false;
        self.attempt_expires_at = None;
        self.state = SessionState::Unlinked { problem: problem.map(str::to_owned) };
        Effect::CloseAndForget
    }

    /// Ends an attempt to link; a device that is linked already has nothing to lose here.
    fn unlink_while_linking(&mut self, problem: &str) -> Option<Effect> {
        if self.linking || matches!(self.state, SessionState::WaitingForScan { .. } | SessionState::Pairing) {
            Some(self.unlink(Some(problem)))
        } else {
            None
        }
    }
}

/// A hosted account (WhatsApp Business on someone else's servers) signs its device list in a way that this version of the
/// library checks wrongly; a phone that really forged its signature looks the same, and is as impossible to link.
fn pair_problem(error: &str) -> &'static str {
    if error.contains("signature-mismatch") || error.contains("hmac-mismatch") {
        problem::HOSTED_UNSUPPORTED
    } else {
        problem::PAIRING_FAILED
    }
}

/// 1, 1, 2, 3, 5, 8 … seconds.
fn fibonacci_pause(failures: u32) -> Duration {
    let (mut pause, mut next) = (1_u64, 1_u64);
    for _ in 0..failures {
        (pause, next) = (next, pause.saturating_add(next));
        if pause >= LONGEST_PAUSE.as_secs() {
            return LONGEST_PAUSE;
        }
    }
    Duration::from_secs(pause)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
