use ownline_model::{phone::PhoneNumber, session::SessionStateName as Name};

use super::*;

const T0: UtcMillis = UtcMillis(1_000_000);

fn online() -> Machine {
    let mut machine = Machine::new(SessionState::UNLINKED);
    machine.on(Signal::Started, T0);
    machine.on(Signal::Dialling, T0);
    machine.on(Signal::Connected, T0);
    machine
}

fn linking() -> Machine {
    let mut machine = Machine::new(SessionState::UNLINKED);
    machine.on(Signal::LinkAsked { by_number: false }, T0);
    machine.on(Signal::Dialling, T0);
    machine
}

fn waiting() -> Machine {
    let mut machine = linking();
    machine.on(Signal::CodeShown { lasts: Duration::from_mins(1) }, T0);
    machine
}

fn pairing() -> Machine {
    let mut machine = waiting();
    machine.on(Signal::PairSucceeded, T0);
    machine
}

fn syncing() -> Machine {
    let mut machine = pairing();
    machine.on(Signal::Dialling, T0);
    machine
}

fn reconnecting() -> Machine {
    let mut machine = online();
    machine.on(Signal::Disconnected, T0);
    machine
}

fn after(mut machine: Machine, signal: Signal) -> Machine {
    machine.on(signal, T0);
    machine
}

fn problem_of(machine: &Machine) -> &str {
    match machine.state() {
        SessionState::Unlinked { problem: Some(problem) } => problem,
        other => panic!("{other:?}"),
    }
}

fn number(text: &str) -> PhoneNumber {
    text.parse().expect("number")
}

/// A code to type is on the screen.
fn by_number() -> Machine {
    let mut machine = Machine::new(SessionState::UNLINKED);
    machine.on(Signal::LinkAsked { by_number: true }, T0);
    machine.on(Signal::Dialling, T0);
    machine.on(Signal::CodeShown { lasts: Duration::from_mins(1) }, T0);
    machine.on(Signal::PairingCodeShown { lasts: Duration::from_mins(3) }, T0);
    machine
}

/// WhatsApp asks for the passkey.
fn asked() -> Machine {
    after(waiting(), Signal::PasskeyAsked { lasts: None })
}

fn unconfirmed() -> Machine {
    after(waiting(), Signal::OtherNumber { number: number("+5511987654321"), previous: number("+4915112345678") })
}

/// One machine in each state that a session can be in.
fn all() -> Vec<Machine> {
    vec![
        Machine::new(SessionState::UNLINKED),
        linking(),
        waiting(),
        pairing(),
        syncing(),
        online(),
        reconnecting(),
        after(online(), Signal::Replaced),
        after(online(), Signal::LoggedOut { reason: "unlinked_on_phone" }),
        after(reconnecting(), Signal::Banned { code: 101, until: Some(T0.plus_millis(60_000)) }),
        after(reconnecting(), Signal::ClientOutdated),
        by_number(),
        asked(),
        unconfirmed(),
    ]
}

fn signals() -> Vec<Signal> {
    vec![
        Signal::LinkAsked { by_number: false },
        Signal::LinkAsked { by_number: true },
        Signal::NoCodeCame,
        Signal::CodeShown { lasts: Duration::from_secs(20) },
        Signal::CodesExhausted,
        Signal::PairSucceeded,
        Signal::PairFailed { error: "x".into() },
        Signal::PasskeyAsked { lasts: Some(Duration::from_mins(1)) },
        Signal::PasskeyCode { code: "ABCD-EFGH".into() },
        Signal::PasskeyFailed,
        Signal::PairingCodeShown { lasts: Duration::from_mins(3) },
        Signal::NoPairingCode { problem: "number_refused" },
        Signal::TimeIsOver,
        Signal::OtherNumber { number: number("+5511987654321"), previous: number("+4915112345678") },
        Signal::NumberConfirmed,
        Signal::NumberDeclined { told: false },
        Signal::Started,
        Signal::Dialling,
        Signal::DialFailed,
        Signal::OfflinePreview { messages: 3 },
        Signal::Connected,
        Signal::Disconnected,
        Signal::Replaced,
        Signal::LoggedOut { reason: "unlinked_on_phone" },
        Signal::Banned { code: 102, until: None },
        Signal::StreamEnded { code: 429 },
        Signal::Refused { code: 500, retries: true },
        Signal::Refused { code: 418, retries: false },
        Signal::ClientOutdated,
        Signal::Unlinked,
        Signal::KeysDamaged,
    ]
}

#[test]
fn links_from_the_code_to_online() {
    let mut machine = Machine::new(SessionState::UNLINKED);
    machine.on(Signal::LinkAsked { by_number: false }, T0);
    assert_eq!(machine.state().name(), Name::Unlinked, "no code yet");
    machine.on(Signal::Dialling, T0);
    machine.on(Signal::CodeShown { lasts: Duration::from_mins(1) }, T0);
    assert_eq!(
        machine.state(),
        &SessionState::WaitingForScan {
            code_expires_at: T0.plus_millis(60_000),
            attempt_expires_at: T0.plus_millis(160_000),
        }
    );
    assert_eq!(machine.on(Signal::PairSucceeded, T0), Some(Effect::SaveDevice));
    assert_eq!(machine.state(), &SessionState::Pairing);
    machine.on(Signal::Dialling, T0);
    assert_eq!(machine.state(), &SessionState::Syncing { messages_waiting: None }, "the restart is part of pairing");
    machine.on(Signal::OfflinePreview { messages: 7 }, T0);
    assert_eq!(machine.state(), &SessionState::Syncing { messages_waiting: Some(7) });
    machine.on(Signal::Connected, T0);
    assert_eq!(machine.state(), &SessionState::Online { since: T0 });
    assert!(!machine.is_linking());
}

#[test]
fn codes_rotate_within_one_attempt() {
    let mut machine = waiting();
    let later = T0.plus_millis(60_000);
    machine.on(Signal::CodeShown { lasts: Duration::from_secs(20) }, later);
    assert_eq!(
        machine.state(),
        &SessionState::WaitingForScan {
            code_expires_at: T0.plus_millis(80_000),
            attempt_expires_at: T0.plus_millis(160_000),
        }
    );
    assert_eq!(machine.on(Signal::CodesExhausted, T0.plus_millis(160_000)), Some(Effect::CloseAndForget));
    assert_eq!(problem_of(&machine), "qr_expired");
}

#[test]
fn a_lost_connection_takes_its_codes_along() {
    let mut machine = waiting();
    machine.on(Signal::Disconnected, T0);
    assert_eq!(machine.state(), &SessionState::UNLINKED);
    assert!(machine.is_linking(), "the attempt goes on");
    let later = T0.plus_millis(100_000);
    machine.on(Signal::CodeShown { lasts: Duration::from_mins(1) }, later);
    assert!(
        matches!(machine.state(), SessionState::WaitingForScan { attempt_expires_at, .. } if *attempt_expires_at == later.plus_millis(160_000)),
        "with a new set of codes: {machine:?}"
    );
}

#[test]
fn failed_pairings_say_why() {
    let hosted = "pairing crypto failed with code 401: signature-mismatch (source: …)";
    assert_eq!(
        problem_of(&after(waiting(), Signal::PairFailed { error: hosted.into() })),
        "hosted_account_unsupported"
    );
    assert_eq!(problem_of(&after(waiting(), Signal::PairFailed { error: "invalid-key".into() })), "pairing_failed");
    assert_eq!(problem_of(&after(linking(), Signal::NoCodeCame)), "whatsapp_unreachable");
    assert_eq!(problem_of(&after(waiting(), Signal::Refused { code: 400, retries: false })), "pairing_failed");
}

#[test]
fn a_code_to_type_stands_alone() {
    let mut machine = Machine::new(SessionState::UNLINKED);
    machine.on(Signal::LinkAsked { by_number: true }, T0);
    machine.on(Signal::Dialling, T0);
    machine.on(Signal::CodeShown { lasts: Duration::from_mins(1) }, T0);
    assert_eq!(machine.state(), &SessionState::UNLINKED, "codes to scan are not shown");
    machine.on(Signal::PairingCodeShown { lasts: Duration::from_mins(3) }, T0);
    let over = T0.plus_millis(180_000);
    let shown = SessionState::WaitingForScan { code_expires_at: over, attempt_expires_at: over };
    assert_eq!(machine.state(), &shown);
    for rotation in [Signal::CodeShown { lasts: Duration::from_secs(20) }, Signal::CodesExhausted] {
        assert_eq!(machine.on(rotation, T0.plus_millis(100_000)), None);
        assert_eq!(machine.state(), &shown);
    }
    assert_eq!(machine.time_is_over_at(), Some(over));
    assert_eq!(waiting().time_is_over_at(), None, "the library counts the codes to scan");
    assert_eq!(machine.on(Signal::TimeIsOver, over), Some(Effect::CloseAndForget));
    assert_eq!(problem_of(&machine), "pairing_code_expired");
    let refused = after(by_number(), Signal::NoPairingCode { problem: "number_refused" });
    assert_eq!(problem_of(&refused), "number_refused");
    assert_eq!(after(by_number(), Signal::PairSucceeded).state(), &SessionState::Pairing);
}

#[test]
fn the_passkey_is_given_compared_and_has_its_time() {
    let over = T0.plus_millis(160_000);
    let mut machine = asked();
    assert_eq!(machine.state(), &SessionState::PasskeyNeeded { until: Some(over), code: None });
    machine.on(Signal::CodeShown { lasts: Duration::from_secs(20) }, T0);
    assert_eq!(machine.state().name(), Name::PasskeyNeeded, "the codes go on rotating, for nobody");
    machine.on(Signal::PasskeyCode { code: "ABCD-EFGH".into() }, T0);
    assert_eq!(machine.state(), &SessionState::PasskeyNeeded { until: Some(over), code: Some("ABCD-EFGH".into()) });
    assert_eq!(after(machine.clone(), Signal::PairSucceeded).state(), &SessionState::Pairing);
    assert_eq!(problem_of(&after(machine.clone(), Signal::PasskeyFailed)), "passkey_refused");
    assert_eq!(problem_of(&after(machine.clone(), Signal::CodesExhausted)), "passkey_timed_out");
    assert_eq!(problem_of(&after(machine.clone(), Signal::TimeIsOver)), "passkey_timed_out");
    let soon = after(waiting(), Signal::PasskeyAsked { lasts: Some(Duration::from_secs(30)) });
    assert_eq!(soon.time_is_over_at(), Some(T0.plus_millis(30_000)), "whichever is sooner");
    let lost = after(asked(), Signal::Disconnected);
    assert_eq!(lost.state(), &SessionState::UNLINKED, "a new connection, a new scan");
    assert!(lost.is_linking());
}

#[test]
fn another_number_waits_for_the_agents_word() {
    let mut machine = waiting();
    let other = Signal::OtherNumber { number: number("+5511987654321"), previous: number("+4915112345678") };
    assert_eq!(machine.on(other, T0), Some(Effect::Close), "the device stays, until the agent says otherwise");
    assert!(machine.is_held() && !machine.is_linking() && !machine.state().is_linked());
    assert_eq!(machine.wakes_at(), None);
    assert_eq!(
        after(machine.clone(), Signal::NumberConfirmed).state(),
        &SessionState::Syncing { messages_waiting: None }
    );
    let mut declined = machine.clone();
    assert_eq!(declined.on(Signal::NumberDeclined { told: true }, T0), Some(Effect::CloseAndForget));
    assert_eq!(declined.state(), &SessionState::UNLINKED);
    assert_eq!(problem_of(&after(machine, Signal::NumberDeclined { told: false })), "device_left_on_phone");
    assert_eq!(after(online(), Signal::NumberDeclined { told: true }).state().name(), Name::Online);
}

#[test]
fn a_pause_says_why_where_whatsapp_did() {
    let reason = |machine: &Machine| match machine.state() {
        SessionState::Reconnecting { reason, .. } => reason.clone(),
        other => panic!("{other:?}"),
    };
    let ended = |code| after(after(online(), Signal::StreamEnded { code }), Signal::Disconnected);
    assert_eq!(reason(&ended(503)).as_deref(), Some("maintenance"));
    assert_eq!(reason(&ended(515)), None);
    let mut slow = ended(429);
    assert_eq!(reason(&slow).as_deref(), Some("slow_down"));
    assert!(
        matches!(slow.state(), SessionState::Reconnecting { attempt: 6, next_try_at, .. } if *next_try_at == T0.plus_millis(8_000)),
        "{slow:?}"
    );
    slow.on(Signal::Dialling, T0);
    assert_eq!(reason(&slow).as_deref(), Some("slow_down"), "until it is over");
    slow.on(Signal::Connected, T0);
    slow.on(Signal::Disconnected, T0);
    assert_eq!(reason(&slow), None);
    let late = after(reconnecting(), Signal::StreamEnded { code: 503 });
    assert_eq!(reason(&late).as_deref(), Some("maintenance"), "the word may come after the end");
    let refused = after(after(reconnecting(), Signal::Refused { code: 503, retries: true }), Signal::Disconnected);
    assert_eq!(reason(&refused).as_deref(), Some("maintenance"));
    assert_eq!(
        reason(&after(reconnecting(), Signal::Refused { code: 418, retries: false })).as_deref(),
        Some("refused")
    );
}

#[test]
fn news_of_linking_does_not_touch_a_linked_session() {
    for signal in [Signal::CodesExhausted, Signal::NoCodeCame, Signal::PairFailed { error: "x".into() }] {
        let mut machine = online();
        assert_eq!(machine.on(signal.clone(), T0), None, "{signal:?}");
        assert_eq!(machine.state().name(), Name::Online, "{signal:?}");
    }
}

#[test]
fn pauses_grow_as_the_librarys_do() {
    let mut machine = online();
    machine.on(Signal::Disconnected, T0);
    let mut pauses = vec![];
    for _ in 0..20 {
        let SessionState::Reconnecting { next_try_at, .. } = *machine.state() else { panic!("{machine:?}") };
        pauses.push(next_try_at.since(T0) / 1000);
        machine.on(Signal::Dialling, T0);
        assert_eq!(machine.wakes_at(), Some(T0), "dialled now");
        machine.on(Signal::DialFailed, T0);
    }
    assert_eq!(pauses[..8], [1, 1, 2, 3, 5, 8, 13, 21]);
    assert_eq!(pauses[19], 900, "the longest");
    let SessionState::Reconnecting { attempt, .. } = *machine.state() else { panic!("{machine:?}") };
    assert_eq!(attempt, 21);
}

#[test]
fn only_a_stable_connection_forgives_failures() {
    let mut flapping = online();
    for _ in 0..3 {
        flapping.on(Signal::Disconnected, T0.plus_millis(1_000));
        flapping.on(Signal::Connected, T0.plus_millis(1_000));
    }
    flapping.on(Signal::Disconnected, T0.plus_millis(2_000));
    assert!(matches!(flapping.state(), SessionState::Reconnecting { attempt: 4, .. }), "{flapping:?}");
    flapping.on(Signal::Connected, T0);
    flapping.on(Signal::Disconnected, T0.plus_millis(STABLE_AFTER_MS));
    assert!(matches!(flapping.state(), SessionState::Reconnecting { attempt: 1, .. }), "{flapping:?}");
}

#[test]
fn what_ended_a_session_decides_what_is_kept() {
    let cases = [
        (Signal::Replaced, Name::Replaced, Effect::Close, true),
        (Signal::LoggedOut { reason: "unlinked_on_phone" }, Name::LoggedOut, Effect::CloseAndForget, true),
        (Signal::Banned { code: 101, until: Some(T0) }, Name::Banned, Effect::Close, true),
        (Signal::ClientOutdated, Name::ClientOutdated, Effect::Close, false),
        (Signal::Refused { code: 418, retries: false }, Name::Reconnecting, Effect::Close, false),
        (Signal::Unlinked, Name::Unlinked, Effect::CloseAndForget, false),
    ];
    for (signal, name, effect, held) in cases {
        let mut machine = online();
        assert_eq!(machine.on(signal.clone(), T0), Some(effect), "{signal:?}");
        assert_eq!((machine.state().name(), machine.is_held()), (name, held), "{signal:?}");
    }
}

#[test]
fn nothing_but_a_wish_wakes_an_ended_session() {
    let is_wish = |signal: &Signal| {
        matches!(
            signal,
            Signal::LinkAsked { .. }
                | Signal::Started
                | Signal::Unlinked
                | Signal::KeysDamaged
                | Signal::NumberConfirmed
                | Signal::NumberDeclined { .. }
        )
    };
    for machine in all().into_iter().filter(Machine::has_ended) {
        for signal in signals().into_iter().filter(|signal| !is_wish(signal)) {
            let mut after = machine.clone();
            assert_eq!(after.on(signal.clone(), T0), None, "{machine:?} {signal:?}");
            assert_eq!(after.state(), machine.state(), "{signal:?}");
        }
        let mut asked = machine.clone();
        asked.on(Signal::Started, T0);
        assert_eq!(asked.state().name(), Name::Reconnecting, "{machine:?}");
    }
}

#[test]
fn only_connected_leads_online_and_bans_end_by_themselves() {
    for machine in all() {
        for signal in signals() {
            let mut after = machine.clone();
            after.on(signal.clone(), T0);
            if after.state().can_send() && !machine.state().can_send() {
                assert_eq!(signal, Signal::Connected, "{machine:?}");
            }
        }
    }
    let banned = after(reconnecting(), Signal::Banned { code: 101, until: Some(T0.plus_millis(60_000)) });
    assert_eq!(banned.wakes_at(), Some(T0.plus_millis(60_000)));
    let forever = after(reconnecting(), Signal::Banned { code: 101, until: None });
    assert_eq!(forever.wakes_at(), None);
}

#[test]
fn a_second_connected_keeps_the_moment_of_the_first() {
    let mut machine = online();
    machine.on(Signal::Connected, T0.plus_millis(5_000));
    assert_eq!(machine.state(), &SessionState::Online { since: T0 });
}
