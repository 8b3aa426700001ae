//! How the number stands: how long it has been linked, and what WhatsApp holds against it.

use ownline_model::{safety::SendingMode, time::UtcMillis};

use super::rules::Rules;

/// Why nothing leaves at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    Banned,
    LoggedOut,
    ClientOutdated,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// The number's first link to this machine.
    pub linked_at: Option<UtcMillis>,
    /// WhatsApp takes no new chats before.
    pub frozen_until: Option<UtcMillis>,
    /// When the last restriction ended, or will end.
    pub restricted_until: Option<UtcMillis>,
    /// Nothing leaves; until when, where WhatsApp said.
    pub stop: Option<(Stop, Option<UtcMillis>)>,
}

impl Standing {
    pub fn mode(&self, rules: &Rules, now: UtcMillis) -> SendingMode {
        if self.stop(now).is_some() {
            SendingMode::Stopped
        } else if self.frozen(now).is_some() {
            SendingMode::NewChatsFrozen
        } else if self.cooling(rules, now).is_some() || self.warming(rules, now).is_some() {
            SendingMode::RepliesOnly
        } else {
            SendingMode::Normal
        }
    }

    /// Until when the mode lasts.
    pub fn until(&self, rules: &Rules, now: UtcMillis) -> Option<UtcMillis> {
        match self.mode(rules, now) {
            SendingMode::Normal => None,
            SendingMode::Stopped => self.stop.and_then(|(_, until)| until),
            SendingMode::NewChatsFrozen => self.frozen(now),
            SendingMode::RepliesOnly => self.cooling(rules, now).max(self.warming(rules, now)),
        }
    }

    /// Why, for people.
    pub fn reason(&self, rules: &Rules, now: UtcMillis) -> Option<&'static str> {
        let reason = match self.mode(rules, now) {
            SendingMode::Normal => return None,
            SendingMode::Stopped => match self.stop {
                Some((Stop::LoggedOut, _)) => "This number is no longer linked. Link it again to send.",
                Some((Stop::ClientOutdated, _)) => "WhatsApp refuses this version of the app. Update it to send.",
                _ => "WhatsApp has banned this number for a while. Nothing can be sent before the ban ends.",
            },
            SendingMode::NewChatsFrozen => {
                "WhatsApp does not let this number start new chats right now. Customers who wrote can be answered."
            }
            SendingMode::RepliesOnly if self.cooling(rules, now).is_some() => {
                "WhatsApp restricted this number lately. To keep it safe, only customers who wrote are answered for a while."
            }
            SendingMode::RepliesOnly => {
                "This number was linked a short while ago. To keep it safe, only customers who wrote are answered at first."
            }
        };
        Some(reason)
    }

    pub(super) fn stop(&self, now: UtcMillis) -> Option<(Stop, Option<UtcMillis>)> {
        self.stop.filter(|(_, until)| until.is_none_or(|until| until > now))
    }

    pub(super) fn frozen(&self, now: UtcMillis) -> Option<UtcMillis> {
        self.frozen_until.filter(|&until| until > now)
    }

    /// The days of care after a restriction.
    pub(super) fn cooling(&self, rules: &Rules, now: UtcMillis) -> Option<UtcMillis> {
        let until = self.restricted_until?.0.saturating_add(rules.cool_down_ms);
        Some(UtcMillis(until)).filter(|&until| until > now)
    }

    /// The first days after linking. A number whose link nobody noted is a new one.
    pub(super) fn warming(&self, rules: &Rules, now: UtcMillis) -> Option<UtcMillis> {
        let until = self.linked_at.unwrap_or(now).0.saturating_add(rules.warm_up_ms);
        Some(UtcMillis(until)).filter(|&until| until > now)
    }

    pub(super) fn age_ms(&self, now: UtcMillis) -> i64 {
        now.since(self.linked_at.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::rules::DAY_MS, *};

    #[test]
    fn the_hardest_reason_is_told() {
        let (rules, now) = (Rules::default(), UtcMillis(100 * DAY_MS));
        let day = |days: i64| Some(UtcMillis(days * DAY_MS));
        let mut standing = Standing { linked_at: day(1), ..Standing::default() };
        assert_eq!(standing.mode(&rules, now), SendingMode::Normal);
        assert_eq!((standing.until(&rules, now), standing.reason(&rules, now)), (None, None));
        standing.linked_at = day(99);
        assert_eq!((standing.mode(&rules, now), standing.until(&rules, now)), (SendingMode::RepliesOnly, day(102)));
        standing.restricted_until = day(98);
        assert_eq!((standing.mode(&rules, now), standing.until(&rules, now)), (SendingMode::RepliesOnly, day(105)));
        standing.frozen_until = day(101);
        assert_eq!((standing.mode(&rules, now), standing.until(&rules, now)), (SendingMode::NewChatsFrozen, day(101)));
        standing.stop = Some((Stop::Banned, day(103)));
        assert_eq!((standing.mode(&rules, now), standing.until(&rules, now)), (SendingMode::Stopped, day(103)));
        assert!(standing.reason(&rules, now).is_some_and(|reason| reason.contains("banned")));
        assert_eq!(standing.mode(&rules, UtcMillis(104 * DAY_MS)), SendingMode::RepliesOnly, "the ban is over");
    }
}
