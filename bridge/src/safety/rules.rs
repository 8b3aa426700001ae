//! The limits.

use serde::{Deserialize, Serialize};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(super) const MINUTE_MS: i64 = MINUTE;
pub(super) const HOUR_MS: i64 = HOUR;
pub(super) const DAY_MS: i64 = DAY;
pub(super) const WEEK_MS: i64 = 7 * DAY;

/// What a number may send. Times in milliseconds. An answer is a message to a customer who wrote within `reply_window_ms`;
/// everything else is a message of one's own accord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    pub reply_window_ms: i64,
    /// Between two answers in one chat.
    pub reply_gap_ms: i64,
    pub replies_minute: u32,
    /// Between two messages of one's own accord in one chat.
    pub chat_gap_ms: i64,
    /// Between two of them in any chats: somewhere between these two.
    pub spread_min_ms: i64,
    pub spread_max_ms: i64,
    pub sends_minute: u32,
    pub sends_hour: u32,
    pub sends_day: u32,
    /// Chats a day with people who never wrote, by the age of the link.
    pub new_chats_week_one: u32,
    pub new_chats_week_two: u32,
    pub new_chats_later: u32,
    pub new_chat_gap_ms: i64,
    /// So long after linking: answers only, and so many a day.
    pub warm_up_ms: i64,
    pub warm_up_day: u32,
    /// So long after a restriction has ended: answers only.
    pub cool_down_ms: i64,
    /// A new chat is frozen for so long where WhatsApp does not say until when.
    pub freeze_ms: i64,
    /// The same words to more people than this within the window are a campaign.
    pub alike_people: u32,
    pub alike_window_ms: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            reply_window_ms: DAY,
            reply_gap_ms: SECOND,
            replies_minute: 20,
            chat_gap_ms: 6 * SECOND,
            spread_min_ms: 3 * SECOND,
            spread_max_ms: 9 * SECOND,
            sends_minute: 8,
            sends_hour: 80,
            sends_day: 400,
            new_chats_week_one: 5,
            new_chats_week_two: 10,
            new_chats_later: 20,
            new_chat_gap_ms: 2 * MINUTE,
            warm_up_ms: 72 * HOUR,
            warm_up_day: 50,
            cool_down_ms: 7 * DAY,
            freeze_ms: DAY,
            alike_people: 10,
            alike_window_ms: HOUR,
        }
    }
}

impl Rules {
    /// Of both the stricter, limit by limit: whoever configures can only take away.
    #[must_use]
    pub fn tightened(self, by: Self) -> Self {
        Self {
            reply_window_ms: self.reply_window_ms.min(by.reply_window_ms),
            reply_gap_ms: self.reply_gap_ms.max(by.reply_gap_ms),
            replies_minute: self.replies_minute.min(by.replies_minute),
            chat_gap_ms: self.chat_gap_ms.max(by.chat_gap_ms),
            spread_min_ms: self.spread_min_ms.max(by.spread_min_ms),
            spread_max_ms: self.spread_max_ms.max(by.spread_max_ms),
            sends_minute: self.sends_minute.min(by.sends_minute),
            sends_hour: self.sends_hour.min(by.sends_hour),
            sends_day: self.sends_day.min(by.sends_day),
            new_chats_week_one: self.new_chats_week_one.min(by.new_chats_week_one),
            new_chats_week_two: self.new_chats_week_two.min(by.new_chats_week_two),
            new_chats_later: self.new_chats_later.min(by.new_chats_later),
            new_chat_gap_ms: self.new_chat_gap_ms.max(by.new_chat_gap_ms),
            warm_up_ms: self.warm_up_ms.max(by.warm_up_ms),
            warm_up_day: self.warm_up_day.min(by.warm_up_day),
            cool_down_ms: self.cool_down_ms.max(by.cool_down_ms),
            freeze_ms: self.freeze_ms.max(by.freeze_ms),
            alike_people: self.alike_people.min(by.alike_people),
            alike_window_ms: self.alike_window_ms.max(by.alike_window_ms),
        }
    }

    /// New chats a day for a link of this age.
    pub(super) fn new_chats_day(&self, age_ms: i64) -> u32 {
        match age_ms {
            ..WEEK_MS => self.new_chats_week_one,
            WEEK_MS..=1_209_600_000 => self.new_chats_week_two,
            _ => self.new_chats_later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_books() {
        let rules = Rules::default();
        assert_eq!((rules.reply_gap_ms, rules.replies_minute), (1000, 20));
        assert_eq!((rules.chat_gap_ms, rules.spread_min_ms, rules.spread_max_ms), (6000, 3000, 9000));
        assert_eq!((rules.sends_minute, rules.sends_hour, rules.sends_day), (8, 80, 400));
        assert_eq!((rules.warm_up_ms, rules.warm_up_day), (259_200_000, 50));
        assert_eq!((rules.cool_down_ms, rules.new_chat_gap_ms), (604_800_000, 120_000));
        assert_eq!((rules.alike_people, rules.alike_window_ms), (10, 3_600_000));
        let quota = [0, 6, 7, 13, 15, 400].map(|days| rules.new_chats_day(days * DAY_MS));
        assert_eq!(quota, [5, 5, 10, 10, 20, 20]);
    }

    #[test]
    fn configuring_only_takes_away() {
        let wish: Rules = serde_json::from_str(
            r#"{"replies_minute": 100, "sends_day": 40, "reply_gap_ms": 5, "chat_gap_ms": 60000}"#,
        )
        .expect("rules");
        let rules = Rules::default().tightened(wish);
        assert_eq!((rules.replies_minute, rules.sends_day), (20, 40));
        assert_eq!((rules.reply_gap_ms, rules.chat_gap_ms), (1000, 60_000));
        assert_eq!(Rules::default().tightened(Rules::default()), Rules::default());
        assert!(serde_json::from_str::<Rules>(r#"{"replies_per_minute": 1}"#).is_err(), "a misspelt limit is no limit");
    }
}
