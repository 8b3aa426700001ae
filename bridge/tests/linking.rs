//! Every way to a linked line, against a simulated network: `cargo build -p ownline-simulator` first.
#![cfg(feature = "simulated-network")]

mod simulated;

use ownline_bridge::session_port::SessionError;
use ownline_model::{
    desk_query::ConversationQuery,
    phone::PhoneNumber,
    session::{SessionState, SessionStateName as Name},
};
use serde_json::{Value, json};
use simulated::{
    line::{Line, eventually},
    network::Network,
    stage::{AGENT, CUSTOMER, Stage, unlinked},
};

const OTHER_AGENT: &str = "4915187654321";

fn number(digits: &str) -> PhoneNumber {
    PhoneNumber::from_digits(digits).expect("a number")
}

/// The code to type, once it is on the screen.
async fn pairing_code(line: &Line) -> String {
    let mut offered = line.store.pairing_code();
    let wait = tokio::time::timeout(simulated::line::WITHIN, offered.wait_for(Option::is_some));
    let code = wait.await.unwrap_or_else(|_| panic!("no code: {:?}", line.state())).expect("store").clone();
    code.expect("a code").code
}

async fn problem(line: &Line) -> String {
    eventually("the problem", async || match line.state() {
        SessionState::Unlinked { problem } => problem,
        _ => None,
    })
    .await
}

/// The devices of a number besides the phone.
async fn devices(network: &Network, number: &str) -> usize {
    let state = network.get("/state").await;
    let phones = state["phones"].as_array().cloned().unwrap_or_default();
    let phone = phones.into_iter().find(|phone| phone["number"] == number).expect("the phone");
    let devices = phone["devices"].as_array().cloned().unwrap_or_default();
    devices.iter().filter(|device| device["device"] != 0).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn links_by_the_code_that_is_typed_on_the_phone() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    line.port.link_by_number(number(AGENT)).await.expect("asked");
    let code = pairing_code(&line).await;
    assert_eq!(code.len(), 8, "{code}");
    line.reach(Name::WaitingForScan).await;
    let SessionState::WaitingForScan { code_expires_at, attempt_expires_at } = line.state() else {
        panic!("{:?}", line.state())
    };
    assert_eq!(code_expires_at, attempt_expires_at, "there is one code");
    assert!(line.store.qr().borrow().is_none(), "nothing to scan beside it");
    let (status, answer) =
        network.try_post(&format!("/phones/{AGENT}/enter-code"), json!({ "code": "AAAABBBB" })).await;
    assert!(status >= 400, "another code: {answer}");
    assert_eq!(pairing_code(&line).await, code, "a wrong one leaves it");
    network.post(&format!("/phones/{AGENT}/enter-code"), json!({ "code": code })).await;
    line.reach(Name::Online).await;
    assert!(line.store.pairing_code().borrow().is_none(), "the code is gone");
    network.write(CUSTOMER, AGENT, "hello").await;
    line.await_messages(CUSTOMER, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_whatsapp_refuses_says_so_and_the_next_try_works() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    line.port.link_by_number(number("4915199999999")).await.expect("asked");
    assert_eq!(problem(&line).await, "number_refused");
    line.link(&network, AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_can_change_its_way_and_be_called_off() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    line.port.cancel_link().await.expect("nothing to cancel is no trouble");
    line.port.link().await.expect("link");
    let first = line.code().await;
    assert_eq!(line.port.link().await, Err(SessionError::AlreadyLinked), "one attempt at a time");
    line.port.link_by_number(number(AGENT)).await.expect("the other way");
    pairing_code(&line).await;
    line.port.link().await.expect("and back");
    let second = line.code().await;
    assert_ne!(first, second, "another device");
    line.port.cancel_link().await.expect("cancelled");
    assert_eq!(line.state(), SessionState::UNLINKED);
    assert!(line.store.qr().borrow().is_none());
    let (status, answer) = network.try_post(&format!("/phones/{AGENT}/scan"), json!({ "qr": second })).await;
    assert!(status >= 400, "the code leads nowhere: {answer}");
    line.link(&network, AGENT).await;
    assert_eq!(line.port.cancel_link().await, Err(SessionError::AlreadyLinked));
    assert_eq!(line.port.confirm_number(true).await, Err(SessionError::NothingToConfirm));
}

/// The phone scans, and its account asks for the passkey.
async fn scan(network: &Network, code: String) {
    let (status, answer) = network.try_post(&format!("/phones/{AGENT}/scan"), json!({ "qr": code })).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("passkey_required")));
}

async fn asked(line: &Line) -> Value {
    line.reach(Name::PasskeyNeeded).await;
    eventually("the request", async || line.store.passkey().borrow().clone()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_passkey_links_after_it_was_given() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    network.post(&format!("/phones/{AGENT}/passkey"), json!({ "required": true })).await;
    assert_eq!(line.port.answer_passkey(json!({})).await, Err(SessionError::NoPasskeyAsked));
    line.port.link().await.expect("link");
    scan(&network, line.code().await).await;
    let request = asked(&line).await;
    assert!(line.store.qr().borrow().is_none(), "the code was scanned");
    // An answer to another question never leaves this machine.
    let given = network.post("/passkeys/assert", json!({ "request": request })).await;
    let mut wrong = given.clone();
    wrong["response"]["clientDataJSON"] = json!("e30");
    assert!(matches!(line.port.answer_passkey(wrong).await, Err(SessionError::NoAssertion(_))));
    line.port.answer_passkey(given).await.expect("taken");
    let code = eventually("the code to compare", async || match line.state() {
        SessionState::PasskeyNeeded { code, .. } => code,
        _ => None,
    })
    .await;
    let shown = eventually("the code on the phone", async || {
        let phones = network.get("/phones").await;
        let phone = phones.as_array()?.iter().find(|phone| phone["number"] == AGENT)?.clone();
        phone["passkey"]["code"].as_str().map(|code| code.replace('-', ""))
    })
    .await;
    assert_eq!(shown, code.replace('-', ""), "the phone shows the same");
    line.port.confirm_passkey().await.expect("confirmed");
    line.reach(Name::Online).await;
    assert!(line.store.passkey().borrow().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_whatsapp_refuses_ends_the_attempt_and_the_next_one_works() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    network.post(&format!("/phones/{AGENT}/passkey"), json!({ "required": true })).await;
    line.port.link().await.expect("link");
    scan(&network, line.code().await).await;
    let mut forged = network.post("/passkeys/assert", json!({ "request": asked(&line).await })).await;
    forged["response"]["signature"] = json!("AAAA");
    let refused = line.port.answer_passkey(forged).await;
    assert!(matches!(refused, Err(SessionError::PasskeyRefused(_))), "{refused:?}");
    assert_eq!(problem(&line).await, "passkey_refused");
    assert!(line.store.passkey().borrow().is_none());
    network.post(&format!("/phones/{AGENT}/passkey"), json!({ "required": false })).await;
    line.link(&network, AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_nobody_gives_is_called_off_cleanly() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    network.post(&format!("/phones/{AGENT}/passkey"), json!({ "required": true })).await;
    line.port.link().await.expect("link");
    scan(&network, line.code().await).await;
    asked(&line).await;
    assert_eq!(line.port.confirm_passkey().await, Err(SessionError::NoPasskeyAsked), "there is nothing to compare yet");
    line.port.cancel_link().await.expect("cancelled");
    assert_eq!(line.state(), SessionState::UNLINKED);
    assert!(line.store.passkey().borrow().is_none());
    network.post(&format!("/phones/{AGENT}/passkey"), json!({ "required": false })).await;
    line.link(&network, AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_another_number_waits_for_the_agents_word() {
    let Stage { network, line, folder: _folder } = unlinked().await;
    network.phone(OTHER_AGENT, "Another Line").await;
    line.link(&network, AGENT).await;
    network.write(CUSTOMER, AGENT, "to the first number").await;
    line.await_messages(CUSTOMER, 1).await;
    line.port.unlink().await.expect("unlinked");

    // Scanned by mistake, and written to at once.
    line.port.link().await.expect("link");
    network.post(&format!("/phones/{OTHER_AGENT}/scan"), json!({ "qr": line.code().await })).await;
    let state = line.reach(Name::ConfirmNumber).await;
    assert_eq!(state, SessionState::ConfirmNumber { number: number(OTHER_AGENT), previous: number(AGENT) });
    network.write(CUSTOMER, OTHER_AGENT, "not yours").await;
    let line = line.restart().await;
    assert_eq!(line.reach(Name::ConfirmNumber).await, state, "a restart decides nothing");
    assert!(line.store.linked().await.expect("store").is_none(), "nothing of it is noted");
    assert_eq!(line.port.restart().await, Err(SessionError::NotLinked));
    assert_eq!(line.port.link().await, Err(SessionError::AlreadyLinked));
    line.port.confirm_number(false).await.expect("declined");
    assert_eq!(line.state(), SessionState::UNLINKED, "WhatsApp was told");
    assert_eq!(devices(&network, OTHER_AGENT).await, 0, "the device is off that phone");
    assert_eq!(line.texts(CUSTOMER).await, ["to the first number"]);

    // The first number again, without a question.
    line.link(&network, AGENT).await;
    assert_eq!(line.texts(CUSTOMER).await, ["to the first number"]);
    line.port.unlink().await.expect("unlinked");

    // The other one on purpose.
    line.port.link().await.expect("link");
    network.post(&format!("/phones/{OTHER_AGENT}/scan"), json!({ "qr": line.code().await })).await;
    line.reach(Name::ConfirmNumber).await;
    network.write(CUSTOMER, OTHER_AGENT, "welcome").await;
    line.port.confirm_number(true).await.expect("confirmed");
    line.reach(Name::Online).await;
    assert_eq!(line.store.linked().await.expect("store").expect("linked").phone, number(OTHER_AGENT));
    let chats = eventually("the chat on the other number", async || {
        let page = line.store.conversations(ConversationQuery::default()).await.expect("conversations");
        (page.items.len() == 2).then_some(page.items)
    })
    .await;
    let channels: std::collections::BTreeSet<_> = chats.iter().map(|chat| chat.conversation.channel_id.0).collect();
    assert_eq!(channels.len(), 2, "each number has its own chats");
}
