//! Which of the messages on offer leave now, which wait and until when, and which never go. Pure, with the clock passed in;
//! the rules are [`crate::safety`]'s.

use ownline_model::{
    details::Hold,
    ids::{ConversationId, MessageId},
    time::UtcMillis,
};

use crate::{
    safety::{Ledger, Refusal, Sent, Verdict, WaitFor, judge},
    store::{Offer, Offers, inbound::ToSend},
};

/// Shorter pauses are nothing to tell anybody.
const SHOWN_FROM_MS: i64 = 2000;
/// How far ahead the turns of those that wait are planned.
const PLANNED_MS: i64 = 60 * 60 * 1000;

/// A message that may leave now, and how it counts when it does.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) message: ToSend,
    pub(super) sent: Option<Sent>,
}

/// What becomes of what was on offer.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) leaving: Vec<Leaving>,
    /// To be shown: they wait for longer than a moment.
    pub(super) held: Vec<(MessageId, Hold)>,
    pub(super) refused: Vec<(MessageId, Refusal)>,
    /// When the first of those that wait may go.
    pub(super) wake_at: Option<UtcMillis>,
    /// Of what was on offer.
    pub(super) turns: i64,
}

#[derive(Debug)]
pub(super) struct Pace {
    ledger: Ledger,
}

impl Pace {
    pub(super) const fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// It has left only now.
    pub(super) fn left(&mut self, chat: ConversationId, now: UtcMillis) {
        self.ledger.left(chat, now);
    }

    /// `admits`: whether the chat may have another one on its way; `room`: how many more may be, over all chats.
    pub(super) fn sort(
        &mut self,
        on_offer: Offers,
        admits: impl Fn(ConversationId) -> bool,
        mut room: usize,
        now: UtcMillis,
    ) -> Sorted {
        let Offers { rules, standing, mut offers, held_until, turns } = on_offer;
        self.ledger.tidy(now);
        // Chats take turns: who was served longest ago comes first, and a long backlog of one keeps nobody waiting.
        offers.sort_by_key(|offer| self.ledger.last_in_chat(offer.draft.chat));
        let mut sorted = Sorted { wake_at: held_until, turns, ..Sorted::default() };
        let mut plan = self.ledger.clone();
        for Offer { message, draft } in offers {
            if !admits(draft.chat) {
                continue;
            }
            match judge(&rules, &standing, &self.ledger, &draft, now) {
                // An answer to one that is on its way brings another look.
                Verdict::Go if room == 0 => {}
                Verdict::Go => {
                    room -= 1;
                    let sent = draft.counts().then(|| draft.sent(now));
                    if let Some(sent) = sent {
                        self.ledger.add(sent);
                        plan.add(sent);
                    }
                    sorted.leaving.push(Leaving { message, sent });
                }
                Verdict::Wait(wait) => {
                    let wait = if takes_turns(wait.what_for) {
                        match judge(&rules, &standing, &plan, &draft, now) {
                            Verdict::Wait(planned) => planned,
                            _ => wait,
                        }
                    } else {
                        wait
                    };
                    let lasts = wait.until.map(|until| until.since(now));
                    if let Some(until) = wait.until.filter(|_| lasts.is_some_and(|lasts| lasts <= PLANNED_MS)) {
                        plan.add(draft.sent(until));
                    }
                    if lasts.is_none_or(|lasts| lasts >= SHOWN_FROM_MS) {
                        sorted.held.push((draft.message, wait.hold()));
                    }
                    sorted.wake_at = sooner(sorted.wake_at, wait.until);
                }
                Verdict::Refuse(refusal) => sorted.refused.push((draft.message, refusal)),
            }
        }
        sorted
    }
}

/// Whether everyone who waits for this gets a turn, one after the other. What else is waited for ends for all at once.
const fn takes_turns(what_for: WaitFor) -> bool {
    matches!(
        what_for,
        WaitFor::ChatPace | WaitFor::Spread | WaitFor::MinuteBudget | WaitFor::HourBudget | WaitFor::NewChatPace
    )
}

fn sooner(one: Option<UtcMillis>, other: Option<UtcMillis>) -> Option<UtcMillis> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use ownline_model::{details::MessageDetails, message::MessageKind};

    use super::*;
    use crate::{
        safety::{Draft, Reach, Rules, SentAs, Standing},
        store::inbound::WaIdentity,
    };

    const NOW: UtcMillis = UtcMillis(1_000_000_000_000);

    fn offer(chat: ConversationId, reach: Reach) -> Offer {
        let message = MessageId::fresh();
        let draft =
            Draft { message, chat, reach, opted_out: false, has_link: false, alike: 0, again: false, amends: false };
        let message = ToSend {
            message_id: message,
            conversation_id: chat,
            wa_id: message.to_string(),
            chat: WaIdentity::default(),
            kind: MessageKind::Text,
            text: "hello".into(),
            details: MessageDetails::default(),
            media_id: None,
            uploaded: None,
            quoted: None,
            author: None,
            change: None,
            attempts: 0,
            last_attempt_at: None,
            expires_at: None,
        };
        Offer { message, draft }
    }

    fn offers(offers: Vec<Offer>) -> Offers {
        let standing = Standing { linked_at: Some(UtcMillis(0)), ..Standing::default() };
        Offers { rules: Rules::default(), standing, offers, held_until: None, turns: 0 }
    }

    fn chats(count: usize, reach: Reach) -> Vec<Offer> {
        (0..count).map(|_| offer(ConversationId::fresh(), reach)).collect()
    }

    #[test]
    fn everybody_who_waits_has_a_turn_of_their_own() {
        let mut pace = Pace::new(Ledger::default());
        let sorted = pace.sort(offers(chats(50, Reach::Reply)), |_| true, 32, NOW);
        assert_eq!((sorted.leaving.len(), sorted.held.len()), (20, 30));
        let ends: Vec<i64> = sorted.held.iter().filter_map(|(_, hold)| Some(hold.until?.since(NOW))).collect();
        assert!(
            ends[..20].iter().all(|end| *end == 60_000) && ends[20..].iter().all(|end| *end == 120_000),
            "{ends:?}"
        );
        assert_eq!(sorted.wake_at, Some(NOW.plus_millis(60_000)));
        assert!(sorted.held.iter().all(|(_, hold)| hold.code == "minute_budget"));
    }

    #[test]
    fn a_held_chat_keeps_no_other_waiting() {
        let mut pace = Pace::new(Ledger::default());
        let mut on_offer = offers(chats(3, Reach::Stranger));
        on_offer.standing.frozen_until = Some(NOW.plus_millis(86_400_000));
        on_offer.offers.extend(chats(2, Reach::Known));
        on_offer.offers.extend(chats(2, Reach::Reply));
        let sorted = pace.sort(on_offer, |_| true, 32, NOW);
        let codes: Vec<&str> = sorted.held.iter().map(|(_, hold)| hold.code.as_str()).collect();
        assert_eq!(codes, ["new_chats_frozen", "new_chats_frozen", "new_chats_frozen", "spread"]);
        assert_eq!(sorted.leaving.len(), 3, "one of one's own accord and both answers");
        assert!(sorted.wake_at.is_some_and(|at| at.since(NOW) <= 9000));
    }

    #[test]
    fn chats_take_turns() {
        let (busy, quiet) = (ConversationId::fresh(), ConversationId::fresh());
        let sent = |chat, ago: i64| Sent {
            message: MessageId::fresh(),
            chat,
            at: NOW.plus_millis(-ago),
            sent_as: SentAs::Reply,
        };
        let mut pace = Pace::new(Ledger::of((0..19).map(|n| sent(busy, 2000 + n * 1000)).chain([sent(quiet, 50_000)])));
        let on_offer = || offers(vec![offer(busy, Reach::Reply), offer(quiet, Reach::Reply)]);
        // The window frees one place; the backlog that came first does not take it.
        let sorted = pace.sort(on_offer(), |_| true, 32, NOW.plus_millis(10_001));
        assert_eq!(sorted.leaving.first().map(|leaving| leaving.message.conversation_id), Some(quiet));
        assert_eq!(sorted.leaving.len(), 1);
    }

    #[test]
    fn a_moments_pause_is_not_told() {
        let chat = ConversationId::fresh();
        let mut pace = Pace::new(Ledger::default());
        let first = pace.sort(offers(vec![offer(chat, Reach::Reply)]), |_| true, 32, NOW);
        assert!(first.leaving[0].sent.is_some());
        pace.left(chat, NOW.plus_millis(300));
        let second = pace.sort(offers(vec![offer(chat, Reach::Reply)]), |_| true, 32, NOW.plus_millis(400));
        assert!(second.leaving.is_empty() && second.held.is_empty());
        assert_eq!(second.wake_at, Some(NOW.plus_millis(1300)), "counted from when it left");
    }

    #[test]
    fn what_left_before_goes_again_and_counts_once() {
        let mut pace = Pace::new(Ledger::default());
        let mut again = offer(ConversationId::fresh(), Reach::Reply);
        again.draft.again = true;
        let sorted = pace.sort(offers(vec![again]), |_| true, 32, NOW);
        assert!(sorted.leaving[0].sent.is_none());
    }
}
