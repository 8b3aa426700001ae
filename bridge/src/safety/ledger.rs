//! What was sent lately. Sorted times, so that "when is the next one free" is one look.

use std::collections::HashMap;

use ownline_model::{
    ids::{ConversationId, MessageId},
    time::UtcMillis,
};

use super::rules::DAY_MS;

/// How a message counted when it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentAs {
    /// To a customer who had written within a day.
    Reply,
    /// Of one's own accord, to somebody who is known.
    Other,
    /// The first to somebody who never wrote.
    NewChat,
}

/// One message that left, at the moment of its first attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub message: MessageId,
    pub chat: ConversationId,
    pub at: UtcMillis,
    pub sent_as: SentAs,
}

/// The last day's messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    last_in_chat: HashMap<ConversationId, i64>,
    replies: Vec<i64>,
    /// Of one's own accord, new chats among them.
    others: Vec<i64>,
    new_chats: Vec<i64>,
    /// The newest of `others`: how long to wait after it depends on which one it was.
    last_other: Option<(i64, MessageId)>,
}

impl Ledger {
    pub fn of(sent: impl IntoIterator<Item = Sent>) -> Self {
        let mut ledger = Self::default();
        for sent in sent {
            ledger.add(sent);
        }
        ledger
    }

    pub fn add(&mut self, sent: Sent) {
        let at = sent.at.0;
        let last = self.last_in_chat.entry(sent.chat).or_insert(at);
        *last = at.max(*last);
        if sent.sent_as == SentAs::Reply {
            insert(&mut self.replies, at);
            return;
        }
        insert(&mut self.others, at);
        if self.last_other.is_none_or(|(last, _)| last <= at) {
            self.last_other = Some((at, sent.message));
        }
        if sent.sent_as == SentAs::NewChat {
            insert(&mut self.new_chats, at);
        }
    }

    /// It left only now: the pause to the next one in its chat counts from here.
    pub fn left(&mut self, chat: ConversationId, at: UtcMillis) {
        let last = self.last_in_chat.entry(chat).or_insert(at.0);
        *last = at.0.max(*last);
    }

    /// Forgets what no longer counts. A clock that was set back must not stretch a pause: what seems to come from the future
    /// happened now at the latest.
    pub fn tidy(&mut self, now: UtcMillis) {
        let (now, oldest) = (now.0, now.0.saturating_sub(DAY_MS));
        for times in [&mut self.replies, &mut self.others, &mut self.new_chats] {
            let gone = times.partition_point(|&at| at <= oldest);
            times.drain(..gone);
            for at in times.iter_mut().rev().take_while(|at| **at > now) {
                *at = now;
            }
        }
        self.last_in_chat.retain(|_, at| {
            *at = now.min(*at);
            *at > oldest
        });
        if let Some((at, _)) = &mut self.last_other {
            *at = now.min(*at);
        }
    }

    pub fn last_in_chat(&self, chat: ConversationId) -> Option<UtcMillis> {
        self.last_in_chat.get(&chat).copied().map(UtcMillis)
    }

    pub(super) const fn last_other(&self) -> Option<(i64, MessageId)> {
        self.last_other
    }

    pub(super) const fn replies(&self) -> Budget<'_> {
        Budget(self.replies.as_slice())
    }

    pub(super) const fn others(&self) -> Budget<'_> {
        Budget(self.others.as_slice())
    }

    pub(super) const fn new_chats(&self) -> Budget<'_> {
        Budget(self.new_chats.as_slice())
    }
}

fn insert(times: &mut Vec<i64>, at: i64) {
    let place = times.partition_point(|&earlier| earlier <= at);
    times.insert(place, at);
}

/// Sorted times of what counts against one limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget<'a>(&'a [i64]);

impl Budget<'_> {
    /// When another one fits. `None`: at any time.
    pub(super) fn free_at(self, limit: u32, window_ms: i64, now: i64) -> Option<i64> {
        match limit {
            // Nothing is ever free; whoever asks comes back after the window.
            0 => Some(now.saturating_add(window_ms)),
            limit => {
                let oldest_that_counts = self.0.len().checked_sub(limit as usize)?;
                Some(self.0[oldest_that_counts].saturating_add(window_ms))
            }
        }
    }

    pub(super) fn used(self, window_ms: i64, now: i64) -> u32 {
        let from = self.0.partition_point(|&at| at <= now.saturating_sub(window_ms));
        u32::try_from(self.0.len() - from).unwrap_or(u32::MAX)
    }

    pub(super) fn last(self) -> Option<i64> {
        self.0.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(chat: ConversationId, at: i64, sent_as: SentAs) -> Sent {
        Sent { message: MessageId::fresh(), chat, at: UtcMillis(at), sent_as }
    }

    #[test]
    fn a_budget_is_free_when_its_oldest_has_aged() {
        let chat = ConversationId::fresh();
        let ledger = Ledger::of([30, 10, 20].map(|at| sent(chat, at, SentAs::Reply)));
        assert_eq!(ledger.replies().free_at(4, 100, 30), None);
        assert_eq!(ledger.replies().free_at(3, 100, 30), Some(110), "the one at 10 leaves the window");
        assert_eq!(ledger.replies().free_at(2, 100, 30), Some(120));
        assert_eq!(ledger.replies().free_at(0, 100, 30), Some(130));
        assert_eq!(ledger.replies().used(15, 30), 2);
    }

    #[test]
    fn a_clock_that_was_set_back_stretches_nothing() {
        let chat = ConversationId::fresh();
        let later = 100 * DAY_MS;
        let mut ledger = Ledger::of([sent(chat, later, SentAs::Other), sent(chat, later + 5, SentAs::Reply)]);
        ledger.tidy(UtcMillis(50 * DAY_MS));
        assert_eq!(ledger.last_in_chat(chat), Some(UtcMillis(50 * DAY_MS)));
        assert_eq!(ledger.last_other().map(|(at, _)| at), Some(50 * DAY_MS));
        assert_eq!(ledger.others().used(DAY_MS, 50 * DAY_MS), 1, "it still counts");
        ledger.tidy(UtcMillis(52 * DAY_MS));
        assert_eq!(ledger.others().used(DAY_MS, 52 * DAY_MS), 0);
        assert_eq!(ledger.last_in_chat(chat), None);
    }
}
