//! How full each budget is.

use ownline_model::{safety::Meter, time::UtcMillis};

use super::{
    ledger::{Budget, Ledger},
    rules::{DAY_MS, HOUR_MS, MINUTE_MS, Rules},
    standing::Standing,
};

pub fn meters(rules: &Rules, standing: &Standing, ledger: &Ledger, now: UtcMillis) -> Vec<Meter> {
    let meter = |code: &str, budget: Budget<'_>, limit: u32, window: i64| {
        let used = budget.used(window, now.0);
        let free_at = budget.free_at(limit, window, now.0).filter(|_| used >= limit);
        Meter { code: code.to_owned(), used, limit, free_at: free_at.map(UtcMillis) }
    };
    let mut meters = vec![
        meter("replies_minute", ledger.replies(), rules.replies_minute, MINUTE_MS),
        meter("sends_minute", ledger.others(), rules.sends_minute, MINUTE_MS),
        meter("sends_hour", ledger.others(), rules.sends_hour, HOUR_MS),
        meter("sends_day", ledger.others(), rules.sends_day, DAY_MS),
        meter("new_chats_day", ledger.new_chats(), rules.new_chats_day(standing.age_ms(now)), DAY_MS),
    ];
    if standing.warming(rules, now).is_some() {
        meters.push(meter("warm_up_day", ledger.replies(), rules.warm_up_day, DAY_MS));
    }
    meters
}

#[cfg(test)]
mod tests {
    use ownline_model::ids::{ConversationId, MessageId};

    use super::{
        super::ledger::{Sent, SentAs},
        *,
    };

    #[test]
    fn meters_count_and_say_when_there_is_room() {
        let (rules, now) = (Rules::default(), UtcMillis(100 * DAY_MS));
        let standing = Standing { linked_at: Some(now), ..Standing::default() };
        let sent = |ago: i64| Sent {
            message: MessageId::fresh(),
            chat: ConversationId::fresh(),
            at: now.plus_millis(-ago),
            sent_as: SentAs::Reply,
        };
        let ledger = Ledger::of((0..20).map(|n| sent(n * 1000)).chain([sent(HOUR_MS)]));
        let meters = meters(&rules, &standing, &ledger, now);
        let codes: Vec<&str> = meters.iter().map(|meter| meter.code.as_str()).collect();
        assert_eq!(
            codes,
            ["replies_minute", "sends_minute", "sends_hour", "sends_day", "new_chats_day", "warm_up_day"]
        );
        assert_eq!((meters[0].used, meters[0].free_at), (20, Some(now.plus_millis(41_000))));
        assert_eq!((meters[1].used, meters[1].free_at), (0, None));
        assert_eq!((meters[5].used, meters[5].limit, meters[5].free_at), (21, 50, None));
    }
}
