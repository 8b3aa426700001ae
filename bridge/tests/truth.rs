//! What WhatsApp does to a session, each trouble told apart, kept over a restart, and left again: against a simulated network.
#![cfg(feature = "simulated-network")]

mod simulated;

use ownline_bridge::store::DeskError;
use ownline_model::{
    ids::MessageId,
    message::{MessageStatus, NewMessage},
    problem::ProblemCode,
    session::{SessionState, SessionStateName as Name},
};
use serde_json::json;
use simulated::{
    line::{Line, eventually},
    stage::{AGENT, CUSTOMER, Stage, linked},
};

async fn reconnecting_because(line: &Line, reason: &str) {
    let mut session = line.store.session();
    let said = session.wait_for(
        |state| matches!(state, SessionState::Reconnecting { reason: said, .. } if said.as_deref() == Some(reason)),
    );
    let said = tokio::time::timeout(simulated::line::WITHIN, said).await;
    said.unwrap_or_else(|_| panic!("{reason:?}: {:?}", line.state())).expect("store");
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_of_the_stream_that_pass_by_themselves() {
    let Stage { network, line, folder: _folder } = linked().await;
    // A restart may be over before anybody looks.
    let before = line.state();
    network.fault(json!({ "stream_error": { "code": 515, "number": AGENT, "times": 1 } })).await;
    let mut session = line.store.session();
    let after = tokio::time::timeout(simulated::line::WITHIN, session.wait_for(|state| *state != before)).await;
    let after = after.expect("the end of the stream").expect("store").clone();
    assert!(
        matches!(after, SessionState::Online { .. } | SessionState::Reconnecting { reason: None, .. }),
        "{after:?}"
    );
    drop(session);
    line.reach(Name::Online).await;
    for (code, reason) in [(503, "maintenance"), (429, "slow_down")] {
        network.fault(json!({ "stream_error": { "code": code, "number": AGENT, "times": 1 } })).await;
        reconnecting_because(&line, reason).await;
        if code != 429 {
            line.reach(Name::Online).await;
        }
    }
    // The pause after too many connections is long; a person may end it.
    line.port.restart().await.expect("asked");
    line.reach(Name::Online).await;
    network.fault(json!({ "failure": { "reason": 503, "number": AGENT, "times": 2 } })).await;
    reconnecting_because(&line, "maintenance").await;
    line.reach(Name::Online).await;
    network.write(CUSTOMER, AGENT, "still there?").await;
    line.await_messages(CUSTOMER, 1).await;
}

/// The session ends with this state, sends nothing, and a restart of the program changes nothing about it.
async fn ends(fault: serde_json::Value, expected: impl Fn(&SessionState) -> bool) -> Stage {
    let Stage { network, line, folder } = linked().await;
    network.write(CUSTOMER, AGENT, "hello").await;
    line.await_messages(CUSTOMER, 1).await;
    network.fault(fault.clone()).await;
    let mut session = line.store.session();
    let ended = tokio::time::timeout(simulated::line::WITHIN, session.wait_for(|state| expected(state))).await;
    let state = ended.unwrap_or_else(|_| panic!("{fault}: {:?}", line.state())).expect("store").clone();
    drop(session);
    assert!(!state.can_send());
    // Where nothing can leave for long nothing is taken; a session that can be taken back, or ended a moment ago, keeps it.
    let chat = line.chat(CUSTOMER).await.conversation.id;
    let message = NewMessage::text(MessageId::fresh(), "waits".into());
    match line.store.write_message(chat, message).await {
        Ok(message) => assert_eq!(message.status, MessageStatus::Queued),
        Err(DeskError::Refused(problem)) => assert_eq!(problem.code, ProblemCode::SendingStopped),
        Err(error) => panic!("{error}"),
    }
    let line = line.restart().await;
    let name = state.name();
    assert_eq!(line.reach(name).await, state, "{fault}, after a restart");
    assert!(network.received(CUSTOMER, AGENT).await.is_empty(), "{fault}: nothing has left");
    Stage { network, line, folder }
}

/// Everything works again.
async fn answers(stage: &Stage) {
    let reply = stage.line.write(CUSTOMER, "back again").await;
    stage.line.await_status(CUSTOMER, reply, MessageStatus::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_from_the_phone_and_refused_at_the_door() {
    for (reason, word) in [(401, "unlinked_on_phone"), (403, "account_locked"), (406, "refused")] {
        let stage = ends(json!({ "failure": { "reason": reason, "number": AGENT } }), |state| {
            *state == SessionState::LoggedOut { reason: word.into() }
        })
        .await;
        // The way out is a new scan.
        stage.network.clear_faults().await;
        stage.line.link(&stage.network, AGENT).await;
        answers(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_the_phone_removed() {
    ends(json!({ "logged_out": { "number": AGENT } }), |state| {
        *state == SessionState::LoggedOut { reason: "unlinked_on_phone".into() }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_ends_at_its_time_without_anybody_asking() {
    let stage = ends(json!({ "ban": { "code": 104, "expire": 20, "number": AGENT } }), |state| {
        matches!(state, SessionState::Banned { code: 104, until: Some(_) })
    })
    .await;
    stage.network.clear_faults().await;
    stage.line.reach(Name::Online).await;
    answers(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_whatsapp_no_longer_takes() {
    let stage = ends(json!({ "outdated": { "number": AGENT } }), |state| *state == SessionState::ClientOutdated).await;
    stage.network.clear_faults().await;
    stage.line.port.restart().await.expect("asked");
    stage.line.reach(Name::Online).await;
    answers(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_taken_over_is_taken_back_once_asked() {
    let stage = ends(json!({ "replaced": { "number": AGENT } }), |state| *state == SessionState::Replaced).await;
    stage.network.clear_faults().await;
    stage.line.port.take_back().await.expect("asked");
    stage.line.reach(Name::Online).await;
    eventually("what waited", async || stage.network.received(CUSTOMER, AGENT).await.pop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_somebody_tampered_with_are_set_aside_and_a_scan_helps() {
    let Stage { network, mut line, folder: _folder } = linked().await;
    network.write(CUSTOMER, AGENT, "keep me").await;
    line.await_messages(CUSTOMER, 1).await;
    line.stop().await;
    let file = line.folder.join("whatsapp.db");
    let mut bytes = std::fs::read(&file).expect("keys");
    for byte in &mut bytes[..4096] {
        *byte ^= 0x55;
    }
    std::fs::write(&file, bytes).expect("tampered");
    for rest in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(line.folder.join(format!("whatsapp.db{rest}")));
    }
    let line = line.restart().await;
    eventually("the problem", async || match line.state() {
        SessionState::Unlinked { problem } => problem.filter(|problem| problem == "session_keys_damaged"),
        _ => None,
    })
    .await;
    let aside = std::fs::read_dir(&line.folder).expect("folder").filter_map(Result::ok);
    assert!(aside.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("damaged")), "it is kept");
    line.link(&network, AGENT).await;
    assert_eq!(line.texts(CUSTOMER).await, ["keep me"]);
}
