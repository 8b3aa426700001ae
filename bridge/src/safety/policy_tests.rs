use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{super::standing::Stop, *};

const NOW: UtcMillis = UtcMillis(1000 * DAY_MS);

/// A number that has been linked for long.
fn seasoned() -> Standing {
    Standing { linked_at: Some(UtcMillis(0)), ..Standing::default() }
}

fn linked(days_ago: i64) -> Standing {
    Standing { linked_at: Some(NOW.plus_millis(-days_ago * DAY_MS)), ..Standing::default() }
}

fn draft(reach: Reach) -> Draft {
    Draft {
        message: MessageId::fresh(),
        chat: ConversationId::fresh(),
        reach,
        opted_out: false,
        has_link: false,
        alike: 0,
        again: false,
        amends: false,
    }
}

fn judged(standing: &Standing, ledger: &Ledger, draft: &Draft, now: UtcMillis) -> Verdict {
    judge(&Rules::default(), standing, ledger, draft, now)
}

fn waits(what_for: WaitFor, until: UtcMillis) -> Verdict {
    Verdict::Wait(Wait { until: Some(until), what_for })
}

/// Sends as the verdicts allow, one draft after the other, and tells when each left.
fn play(standing: &Standing, drafts: impl IntoIterator<Item = Draft>) -> Vec<UtcMillis> {
    let (mut ledger, mut now, mut left) = (Ledger::default(), NOW, vec![]);
    for draft in drafts {
        loop {
            match judged(standing, &ledger, &draft, now) {
                Verdict::Go => break,
                Verdict::Wait(Wait { until: Some(until), .. }) => {
                    assert!(until > now, "a wait must end later than it begins");
                    now = until;
                    ledger.tidy(now);
                }
                other => panic!("{other:?}"),
            }
        }
        ledger.add(draft.sent(now));
        left.push(now);
    }
    left
}

/// The most that left within any stretch of this length.
fn busiest(times: &[UtcMillis], window: i64) -> usize {
    times
        .iter()
        .map(|end| times.iter().filter(|at| **at <= *end && end.since(**at) < window).count())
        .max()
        .unwrap_or(0)
}

#[test]
fn who_wrote_within_a_day_is_answered() {
    let rules = Rules::default();
    assert_eq!(Reach::of(&rules, Some(NOW.plus_millis(-DAY_MS + 1)), true, NOW), Reach::Reply);
    assert_eq!(Reach::of(&rules, Some(NOW.plus_millis(-DAY_MS)), true, NOW), Reach::Known);
    assert_eq!(Reach::of(&rules, None, true, NOW), Reach::Written);
    assert_eq!(Reach::of(&rules, None, false, NOW), Reach::Stranger);
    assert_eq!(Reach::of(&rules, Some(NOW.plus_millis(DAY_MS)), false, NOW), Reach::Reply, "a clock that is ahead");
}

#[test]
fn answers_in_one_chat_are_a_second_apart() {
    let first = draft(Reach::Reply);
    let ledger = Ledger::of([first.sent(NOW)]);
    let next = Draft { message: MessageId::fresh(), ..first };
    assert_eq!(judged(&seasoned(), &ledger, &next, NOW), waits(WaitFor::ChatPace, NOW.plus_millis(1000)));
    assert_eq!(judged(&seasoned(), &ledger, &next, NOW.plus_millis(1000)), Verdict::Go);
    assert_eq!(judged(&seasoned(), &ledger, &draft(Reach::Reply), NOW), Verdict::Go, "another chat does not wait");
}

#[test]
fn at_most_twenty_answers_leave_in_a_minute() {
    let left = play(&seasoned(), (0..100).map(|_| draft(Reach::Reply)));
    assert_eq!(busiest(&left, MINUTE_MS), 20);
    assert_eq!(left[19], NOW, "the first twenty go at once");
    assert_eq!(left[20], NOW.plus_millis(MINUTE_MS));
}

#[test]
fn other_sends_keep_within_every_budget_and_are_spread() {
    let left = play(&seasoned(), (0..900).map(|_| draft(Reach::Known)));
    assert_eq!((busiest(&left, MINUTE_MS), busiest(&left, HOUR_MS), busiest(&left, DAY_MS)), (8, 80, 400));
    let gaps: Vec<i64> = left.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert!(gaps.iter().all(|gap| *gap >= 3000));
    let short: Vec<i64> = gaps.into_iter().filter(|gap| *gap <= 9000).collect();
    let distinct: std::collections::HashSet<i64> = short.iter().copied().collect();
    assert!(distinct.len() > short.len() / 4, "the pauses differ: {} of {}", distinct.len(), short.len());
}

#[test]
fn other_sends_in_one_chat_are_six_seconds_apart() {
    let first = draft(Reach::Known);
    let again = (0..50).map(|_| Draft { message: MessageId::fresh(), ..first.clone() });
    let left = play(&seasoned(), again);
    assert!(left.windows(2).all(|pair| pair[1].since(pair[0]) >= 6000));
}

#[test]
fn new_chats_grow_with_the_age_of_the_link() {
    for (days, quota) in [(4, 5), (8, 10), (30, 20)] {
        let (mut ledger, mut now) = (Ledger::default(), NOW);
        for _ in 0..quota {
            let draft = draft(Reach::Stranger);
            assert_eq!(judged(&linked(days), &ledger, &draft, now), Verdict::Go);
            ledger.add(draft.sent(now));
            let soon = judged(&linked(days), &ledger, &self::draft(Reach::Stranger), now.plus_millis(60_000));
            assert!(matches!(soon, Verdict::Wait(_)), "{soon:?}");
            now = now.plus_millis(120_000);
        }
        let next = draft(Reach::Stranger);
        assert_eq!(
            judged(&linked(days), &ledger, &next, now),
            waits(WaitFor::NewChatsToday, NOW.plus_millis(DAY_MS)),
            "{quota} a day after {days} days"
        );
        assert_eq!(
            judged(&linked(days), &ledger, &draft(Reach::Known), now),
            Verdict::Go,
            "who wrote once may be written to"
        );
    }
}

#[test]
fn new_chats_start_two_minutes_apart() {
    let ledger = Ledger::of([draft(Reach::Stranger).sent(NOW)]);
    let next = draft(Reach::Stranger);
    assert_eq!(judged(&seasoned(), &ledger, &next, NOW), waits(WaitFor::NewChatPace, NOW.plus_millis(120_000)));
    assert_eq!(judged(&seasoned(), &ledger, &next, NOW.plus_millis(120_000)), Verdict::Go);
}

#[test]
fn no_links_before_the_customer_has_written() {
    for (reach, refused) in
        [(Reach::Stranger, true), (Reach::Written, true), (Reach::Known, false), (Reach::Reply, false)]
    {
        let with_link = Draft { has_link: true, ..draft(reach) };
        let verdict = judged(&seasoned(), &Ledger::default(), &with_link, NOW);
        assert_eq!(verdict == Verdict::Refuse(Refusal::LinkFirst), refused, "{reach:?}: {verdict:?}");
    }
}

#[test]
fn a_fresh_link_only_answers_and_not_much() {
    let fresh = linked(0);
    let end = NOW.plus_millis(3 * DAY_MS);
    for reach in [Reach::Known, Reach::Written, Reach::Stranger] {
        assert_eq!(judged(&fresh, &Ledger::default(), &draft(reach), NOW), waits(WaitFor::WarmUp, end), "{reach:?}");
    }
    let left = play(&fresh, (0..60).map(|_| draft(Reach::Reply)));
    assert_eq!(busiest(&left, DAY_MS), 50);
    assert_eq!(judged(&linked(3), &Ledger::default(), &draft(Reach::Known), NOW), Verdict::Go);
    let unknown = Standing::default();
    assert!(matches!(judged(&unknown, &Ledger::default(), &draft(Reach::Known), NOW), Verdict::Wait(_)));
}

#[test]
fn a_restriction_leaves_answers_for_a_week() {
    let standing = Standing { restricted_until: Some(NOW), ..seasoned() };
    let end = NOW.plus_millis(7 * DAY_MS);
    assert_eq!(judged(&standing, &Ledger::default(), &draft(Reach::Known), NOW), waits(WaitFor::Restricted, end));
    assert_eq!(judged(&standing, &Ledger::default(), &draft(Reach::Reply), NOW), Verdict::Go);
    assert_eq!(judged(&standing, &Ledger::default(), &draft(Reach::Known), end), Verdict::Go);
}

#[test]
fn frozen_new_chats_do_not_stop_answers() {
    let end = NOW.plus_millis(DAY_MS);
    let standing = Standing { frozen_until: Some(end), ..seasoned() };
    for reach in [Reach::Stranger, Reach::Written] {
        assert_eq!(judged(&standing, &Ledger::default(), &draft(reach), NOW), waits(WaitFor::NewChatsFrozen, end));
        let again = Draft { again: true, ..draft(reach) };
        assert_eq!(judged(&standing, &Ledger::default(), &again, NOW), waits(WaitFor::NewChatsFrozen, end));
    }
    assert_eq!(judged(&standing, &Ledger::default(), &draft(Reach::Reply), NOW), Verdict::Go);
}

#[test]
fn nothing_leaves_a_banned_number() {
    let end = NOW.plus_millis(DAY_MS);
    let standing = Standing { stop: Some((Stop::Banned, Some(end))), ..seasoned() };
    for draft in [
        draft(Reach::Reply),
        Draft { again: true, ..draft(Reach::Reply) },
        Draft { amends: true, ..draft(Reach::Reply) },
    ] {
        assert_eq!(judged(&standing, &Ledger::default(), &draft, NOW), waits(WaitFor::SendingStopped, end));
    }
    let forever = Standing { stop: Some((Stop::LoggedOut, None)), ..seasoned() };
    let verdict = judged(&forever, &Ledger::default(), &draft(Reach::Reply), NOW);
    assert_eq!(verdict, Verdict::Wait(Wait { until: None, what_for: WaitFor::SendingStopped }));
}

#[test]
fn the_same_words_to_many_people_are_refused() {
    let tenth = Draft { alike: 9, ..draft(Reach::Reply) };
    assert_eq!(judged(&seasoned(), &Ledger::default(), &tenth, NOW), Verdict::Go);
    let eleventh = Draft { alike: 10, ..draft(Reach::Reply) };
    assert_eq!(judged(&seasoned(), &Ledger::default(), &eleventh, NOW), Verdict::Refuse(Refusal::TooManyAlike));
    assert!(Refusal::TooManyAlike.failure().detail.contains("template"));
}

#[test]
fn who_asked_not_to_be_written_to_is_not() {
    let draft = Draft { opted_out: true, ..draft(Reach::Reply) };
    assert_eq!(judged(&seasoned(), &Ledger::default(), &draft, NOW), Verdict::Refuse(Refusal::OptedOut));
    let takes_back = Draft { amends: true, ..draft };
    assert_eq!(judged(&seasoned(), &Ledger::default(), &takes_back, NOW), Verdict::Go);
}

#[test]
fn what_has_left_before_counts_once() {
    let rules = Rules { replies_minute: 1, ..Rules::default() };
    let first = draft(Reach::Reply);
    let ledger = Ledger::of([first.sent(NOW)]);
    let again = Draft { again: true, ..first };
    assert_eq!(judge(&rules, &seasoned(), &ledger, &again, NOW), Verdict::Go, "its answer was lost");
    assert!(matches!(judge(&rules, &seasoned(), &ledger, &draft(Reach::Reply), NOW), Verdict::Wait(_)));
}

/// Whatever comes in whatever order, no stretch of time holds more than its rule allows.
#[test]
fn no_order_of_events_breaks_a_rule() {
    for seed in 0..40 {
        let mut random = StdRng::seed_from_u64(seed);
        let chats: Vec<ConversationId> = (0..12).map(|_| ConversationId::fresh()).collect();
        let standing = if random.random_bool(0.2) { linked(1) } else { linked(random.random_range(4..40)) };
        let (mut ledger, mut now) = (Ledger::default(), NOW);
        let mut left: Vec<Sent> = vec![];
        for _ in 0..1500 {
            now = now.plus_millis(match random.random_range(0..100) {
                0..90 => random.random_range(0..5_000),
                90..99 => random.random_range(0..600_000),
                _ => random.random_range(0..40_000_000),
            });
            ledger.tidy(now);
            let reach =
                [Reach::Reply, Reach::Reply, Reach::Known, Reach::Written, Reach::Stranger][random.random_range(0..5)];
            let chat = chats[random.random_range(0..chats.len())];
            let draft = Draft { chat, ..draft(reach) };
            if judged(&standing, &ledger, &draft, now) == Verdict::Go {
                ledger.add(draft.sent(now));
                left.push(draft.sent(now));
            }
        }
        let times =
            |keep: fn(&Sent) -> bool| left.iter().filter(|sent| keep(sent)).map(|sent| sent.at).collect::<Vec<_>>();
        let replies = times(|sent| sent.sent_as == SentAs::Reply);
        let others = times(|sent| sent.sent_as != SentAs::Reply);
        let new_chats = times(|sent| sent.sent_as == SentAs::NewChat);
        let found = format!("seed {seed}, {} left", left.len());
        assert!(left.len() > 50, "{found}");
        assert!(busiest(&replies, MINUTE_MS) <= 20, "{found}");
        assert!(busiest(&others, MINUTE_MS) <= 8 && busiest(&others, HOUR_MS) <= 80, "{found}");
        assert!(busiest(&others, DAY_MS) <= 400 && busiest(&new_chats, DAY_MS) <= 20, "{found}");
        assert!(new_chats.windows(2).all(|pair| pair[1].since(pair[0]) >= 120_000), "{found}");
        for chat in &chats {
            let mut last: Option<&Sent> = None;
            for sent in left.iter().filter(|sent| sent.chat == *chat) {
                let gap = if sent.sent_as == SentAs::Reply { 1000 } else { 6000 };
                assert!(last.is_none_or(|last| sent.at.since(last.at) >= gap), "{found}");
                last = Some(sent);
            }
        }
    }
}
