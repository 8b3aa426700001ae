//! The verdict on one message.

use ownline_model::{
    details::Hold,
    ids::{ConversationId, MessageId},
    message::Failure,
    problem::ProblemCode,
    time::UtcMillis,
};

use super::{
    ledger::{Ledger, Sent, SentAs},
    rules::{DAY_MS, HOUR_MS, MINUTE_MS, Rules},
    standing::Standing,
};

/// How the customer stands to this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Wrote within a day: whatever goes there is an answer.
    Reply,
    /// Wrote once.
    Known,
    /// Never wrote, but was written to.
    Written,
    /// Never wrote, and nobody wrote there yet.
    Stranger,
}

impl Reach {
    /// `heard_at`: when the customer wrote last; `written`: whether anything was sent there before.
    pub fn of(rules: &Rules, heard_at: Option<UtcMillis>, written: bool, now: UtcMillis) -> Self {
        match heard_at {
            Some(at) if now.since(at) < rules.reply_window_ms => Self::Reply,
            Some(_) => Self::Known,
            None if written => Self::Written,
            None => Self::Stranger,
        }
    }

    const fn never_wrote(self) -> bool {
        matches!(self, Self::Written | Self::Stranger)
    }

    const fn sent_as(self) -> SentAs {
        match self {
            Self::Reply => SentAs::Reply,
            Self::Known | Self::Written => SentAs::Other,
            Self::Stranger => SentAs::NewChat,
        }
    }
}

/// A message that wants to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub message: MessageId,
    pub chat: ConversationId,
    pub reach: Reach,
    /// The customer asked not to be written to.
    pub opted_out: bool,
    pub has_link: bool,
    /// How many other people were sent the same words lately.
    pub alike: u32,
    /// It has left before, under the same id, and no answer came: the same bubble, which counted already.
    pub again: bool,
    /// It changes a message that is there already (another wording, a reaction, taking it back): paced, not counted.
    pub amends: bool,
}

impl Draft {
    /// How it counts once it leaves.
    pub const fn sent(&self, at: UtcMillis) -> Sent {
        Sent { message: self.message, chat: self.chat, at, sent_as: self.reach.sent_as() }
    }

    pub const fn counts(&self) -> bool {
        !self.again && !self.amends
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Go,
    Wait(Wait),
    Refuse(Refusal),
}

/// It may go later. `until` is absent where nobody knows when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub until: Option<UtcMillis>,
    pub what_for: WaitFor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitFor {
    ChatPace,
    Spread,
    MinuteBudget,
    HourBudget,
    DayBudget,
    NewChatPace,
    NewChatsToday,
    WarmUp,
    WarmUpBudget,
    NewChatsFrozen,
    Restricted,
    SendingStopped,
}

impl WaitFor {
    pub const fn code(self) -> &'static str {
        match self {
            Self::ChatPace => "chat_pace",
            Self::Spread => "spread",
            Self::MinuteBudget => "minute_budget",
            Self::HourBudget => "hour_budget",
            Self::DayBudget => "day_budget",
            Self::NewChatPace => "new_chat_pace",
            Self::NewChatsToday => "new_chats_today",
            Self::WarmUp => "warm_up",
            Self::WarmUpBudget => "warm_up_budget",
            Self::NewChatsFrozen => "new_chats_frozen",
            Self::Restricted => "restricted",
            Self::SendingStopped => "sending_stopped",
        }
    }

    const fn detail(self) -> &'static str {
        match self {
            Self::ChatPace => "Messages in one chat go out a few seconds apart.",
            Self::Spread => "Messages to different people go out a few seconds apart.",
            Self::MinuteBudget => "Enough was sent for this minute.",
            Self::HourBudget => "Enough was sent for this hour.",
            Self::DayBudget => "Enough was sent for today.",
            Self::NewChatPace => "New chats start at least two minutes apart.",
            Self::NewChatsToday => "Enough new chats were started today.",
            Self::WarmUp => {
                "This number was linked a short while ago. Until then it only answers customers who wrote within a day."
            }
            Self::WarmUpBudget => "A number that was linked a short while ago sends only so much a day.",
            Self::NewChatsFrozen => "WhatsApp does not let this number start new chats right now.",
            Self::Restricted => {
                "WhatsApp restricted this number lately. Until then it only answers customers who wrote within a day."
            }
            Self::SendingStopped => "Nothing can be sent from this number right now.",
        }
    }
}

impl Wait {
    pub fn hold(self) -> Hold {
        let code = self.what_for.code().to_owned();
        Hold { code, detail: self.what_for.detail().to_owned(), until: self.until }
    }
}

/// It never goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    OptedOut,
    LinkFirst,
    TooManyAlike,
}

impl Refusal {
    pub const fn code(self) -> ProblemCode {
        match self {
            Self::OptedOut => ProblemCode::OptedOut,
            Self::LinkFirst => ProblemCode::LinkFirst,
            Self::TooManyAlike => ProblemCode::TooManyAlike,
        }
    }

    pub fn failure(self) -> Failure {
        let code = self.code();
        Failure { code: code.as_str().to_owned(), detail: code.title().to_owned(), retryable: self != Self::LinkFirst }
    }
}

/// What is certain whatever the time.
pub fn refusal(rules: &Rules, draft: &Draft) -> Option<Refusal> {
    // What the customer has already may be put right or taken back, whatever was asked since.
    if draft.amends {
        None
    } else if draft.opted_out {
        Some(Refusal::OptedOut)
    } else if draft.has_link && draft.reach.never_wrote() {
        Some(Refusal::LinkFirst)
    } else if draft.alike >= rules.alike_people {
        Some(Refusal::TooManyAlike)
    } else {
        None
    }
}

/// Whether a message may leave now. `ledger` holds what left before; add what this lets go.
pub fn judge(rules: &Rules, standing: &Standing, ledger: &Ledger, draft: &Draft, now: UtcMillis) -> Verdict {
    if let Some(refusal) = refusal(rules, draft) {
        return Verdict::Refuse(refusal);
    }
    if let Some((_, until)) = standing.stop(now) {
        return Verdict::Wait(Wait { until, what_for: WaitFor::SendingStopped });
    }
    let waits = if draft.amends {
        vec![pace(rules, ledger, draft)]
    } else if draft.again {
        care(rules, standing, draft, now)
    } else {
        let mut waits = care(rules, standing, draft, now);
        waits.push(pace(rules, ledger, draft));
        waits.extend(budgets(rules, standing, ledger, draft, now));
        waits
    };
    // The longest of all reasons is the one that counts.
    let longest = waits.into_iter().flatten().max_by_key(|(until, _)| *until).filter(|(until, _)| *until > now.0);
    match longest {
        Some((until, what_for)) => Verdict::Wait(Wait { until: Some(UtcMillis(until)), what_for }),
        None => Verdict::Go,
    }
}

type Until = Option<(i64, WaitFor)>;

/// A new, a frozen and a restricted number only answer.
fn care(rules: &Rules, standing: &Standing, draft: &Draft, now: UtcMillis) -> Vec<Until> {
    if draft.reach == Reach::Reply {
        return vec![];
    }
    let frozen = standing.frozen(now).filter(|_| draft.reach.never_wrote());
    vec![
        standing.warming(rules, now).map(|until| (until.0, WaitFor::WarmUp)),
        standing.cooling(rules, now).map(|until| (until.0, WaitFor::Restricted)),
        frozen.map(|until| (until.0, WaitFor::NewChatsFrozen)),
    ]
}

fn pace(rules: &Rules, ledger: &Ledger, draft: &Draft) -> Until {
    let answers = draft.reach == Reach::Reply || draft.amends;
    let gap = if answers { rules.reply_gap_ms } else { rules.chat_gap_ms };
    ledger.last_in_chat(draft.chat).map(|last| (last.0.saturating_add(gap), WaitFor::ChatPace))
}

fn budgets(rules: &Rules, standing: &Standing, ledger: &Ledger, draft: &Draft, now: UtcMillis) -> Vec<Until> {
    let mut waits = vec![];
    if standing.warming(rules, now).is_some() {
        let free = ledger.replies().free_at(rules.warm_up_day, DAY_MS, now.0);
        waits.push(free.map(|at| (at, WaitFor::WarmUpBudget)));
    }
    if draft.reach == Reach::Reply {
        let free = ledger.replies().free_at(rules.replies_minute, MINUTE_MS, now.0);
        waits.push(free.map(|at| (at, WaitFor::MinuteBudget)));
        return waits;
    }
    waits.push(ledger.last_other().map(|(at, message)| (at + spread(rules, message), WaitFor::Spread)));
    for (limit, window, what_for) in [
        (rules.sends_minute, MINUTE_MS, WaitFor::MinuteBudget),
        (rules.sends_hour, HOUR_MS, WaitFor::HourBudget),
        (rules.sends_day, DAY_MS, WaitFor::DayBudget),
    ] {
        waits.push(ledger.others().free_at(limit, window, now.0).map(|at| (at, what_for)));
    }
    if draft.reach == Reach::Stranger {
        let quota = rules.new_chats_day(standing.age_ms(now));
        waits.push(ledger.new_chats().free_at(quota, DAY_MS, now.0).map(|at| (at, WaitFor::NewChatsToday)));
        let last = ledger.new_chats().last();
        waits.push(last.map(|at| (at.saturating_add(rules.new_chat_gap_ms), WaitFor::NewChatPace)));
    }
    waits
}

/// The pause after a message, somewhere between the two bounds: its id is random, and gives the same pause after a restart.
fn spread(rules: &Rules, message: MessageId) -> i64 {
    let width = rules.spread_max_ms.saturating_sub(rules.spread_min_ms).saturating_add(1).max(1);
    let (_, random) = message.0.as_u64_pair();
    rules.spread_min_ms.saturating_add((random % width.unsigned_abs()) as i64)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
