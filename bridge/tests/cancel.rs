//! Messages that are taken back before they leave, over the whole program and a simulated network:
//! `cargo build -p ownline-simulator` first.
#![cfg(feature = "simulated-network")]

mod simulated {
    #![allow(dead_code, reason = "each test program uses a part of it")]
    pub(crate) mod desk;
    pub(crate) mod line;
    pub(crate) mod network;
}

use reqwest::Method;
use serde_json::{Value, json};
use simulated::{
    desk::{Desk, read},
    line::eventually,
    network::Network,
};

const AGENT: &str = "4915112345678";
const CARLA: &str = "5511987654321";
const OTTO: &str = "5521912345678";

struct Stage {
    desk: Desk,
    network: Network,
    _folder: tempfile::TempDir,
}

/// A linked machine and two customers. Carla has said hello, so that what is written to her is an answer.
async fn stage() -> Stage {
    let folder = tempfile::tempdir().expect("folder");
    let network = Network::start(folder.path()).await;
    network.phone(AGENT, "Ana Agent").await;
    network.customer(CARLA, "Carla Customer").await;
    network.customer(OTTO, "Otto Other").await;
    let desk = Desk::linked(folder.path(), &network, AGENT).await;
    network.write(CARLA, AGENT, "hello").await;
    desk.chat(CARLA).await;
    Stage { desk, network, _folder: folder }
}

impl Stage {
    async fn write(&self, chat: &str, text: &str) -> Value {
        let message = json!({ "id": uuid::Uuid::now_v7(), "text": text });
        self.desk.post(&format!("/api/conversations/{chat}/messages"), message).await
    }

    async fn take_back(&self, message: &Value) -> Result<Value, (u16, Value)> {
        let path = format!("/api/messages/{}?unsent=true", message["id"].as_str().expect("id"));
        read(self.desk.ask(Method::DELETE, &path)).await
    }

    /// What the customer has, once this text is there.
    async fn received_up_to(&self, customer: &str, last: &str) -> Vec<String> {
        eventually("the last text", async || {
            let received = self.network.received(customer, AGENT).await;
            let texts: Vec<String> = received.iter().map(said).collect();
            texts.iter().any(|text| text == last).then_some(texts)
        })
        .await
    }
}

/// A file says nothing.
fn said(message: &Value) -> String {
    message["text"].as_str().unwrap_or_default().to_owned()
}

fn is_cancelled(message: &Value) -> bool {
    message["status"] == "failed" && message["failure"]["code"] == "cancelled"
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_holds_is_taken_back_and_a_restart_does_not_send_it() {
    let mut stage = stage().await;
    // A number that was linked a moment ago only answers: the first words to a stranger wait.
    let opened = stage.desk.post("/api/conversations", json!({ "phone": format!("+{OTTO}") })).await;
    let chat = opened["id"].as_str().expect("id").to_owned();
    let first = stage.write(&chat, "good morning").await;
    let wa_id = first["wa_id"].as_str().expect("id").to_owned();
    stage.desk.until(OTTO, &wa_id, "the hold", |message| message["details"]["hold"].is_object()).await;
    let taken = stage.take_back(&first).await.expect("taken back");
    assert!(is_cancelled(&taken) && taken["details"]["hold"].is_null(), "{taken}");
    let report = stage.desk.get("/safety").await.expect("report");
    assert_eq!(report["held"], json!([]), "the rules hold nothing any more");

    stage.desk.restart().await;
    let hello = stage.network.write(OTTO, AGENT, "hello").await;
    stage.desk.until(OTTO, &hello, "what makes it an answer", |_| true).await;
    stage.write(&chat, "good evening").await;
    assert_eq!(stage.received_up_to(OTTO, "good evening").await, ["good evening"]);
    let kept = stage.desk.message(OTTO, &wa_id).await.expect("it stays in the chat");
    assert!(is_cancelled(&kept), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_its_way_up_is_taken_back_and_its_way_ends() {
    let mut stage = stage().await;
    // Longer than this test waits for anything.
    stage.network.fault(json!({ "slow_media": { "bytes_per_second": 5_000, "stanza": "upload" } })).await;
    let message = stage.desk.send(CARLA, "name=long.txt", b"0123456789abcdef".repeat(60_000), "").await;
    // The encrypted form stands beside the sealed one while it is under way.
    eventually("the upload", async || (stage.desk.files().len() == 2).then_some(())).await;
    assert!(is_cancelled(&stage.take_back(&message).await.expect("taken back")));
    eventually("the end of the upload", async || (stage.desk.files().len() == 1).then_some(())).await;
    stage.network.clear_faults().await;
    let chat = stage.desk.chat(CARLA).await;
    stage.write(&chat, "see you").await;
    assert_eq!(stage.received_up_to(CARLA, "see you").await, ["see you"]);
    stage.desk.restart().await;
    stage.write(&chat, "tomorrow").await;
    assert_eq!(stage.received_up_to(CARLA, "tomorrow").await, ["see you", "tomorrow"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn either_it_leaves_or_it_is_taken_back() {
    let stage = stage().await;
    let people: Vec<String> = (0..6).map(|n| format!("551198000000{n}")).collect();
    let mut chats = Vec::new();
    for person in &people {
        stage.network.customer(person, "Somebody").await;
        stage.network.write(person, AGENT, "hello").await;
        chats.push(stage.desk.chat(person).await);
    }
    let races = chats.iter().enumerate().map(async |(n, chat)| {
        let message = stage.write(chat, "first").await;
        // Each a little later than the one before, so that both sides win some.
        tokio::time::sleep(std::time::Duration::from_millis(n as u64 * 5)).await;
        stage.take_back(&message).await
    });
    let outcomes = futures_util::future::join_all(races).await;
    for ((person, chat), outcome) in people.iter().zip(&chats).zip(outcomes) {
        stage.write(chat, "last").await;
        let received = stage.received_up_to(person, "last").await;
        match outcome {
            Ok(taken) => {
                assert!(is_cancelled(&taken), "{taken}");
                assert_eq!(received, ["last"], "it was taken back");
            }
            Err((status, problem)) => {
                assert_eq!((status, &problem["code"]), (409, &json!("already_sent")));
                assert_eq!(received, ["first", "last"], "it has left");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_left_is_taken_back_for_everyone_only_when_asked_so() {
    let stage = stage().await;
    let chat = stage.desk.chat(CARLA).await;
    let message = stage.write(&chat, "one").await;
    let wa_id = message["wa_id"].as_str().expect("id");
    stage.received_up_to(CARLA, "one").await;
    stage.desk.until(CARLA, wa_id, "the tick", |message| message["status"] != "queued").await;
    let (status, problem) = stage.take_back(&message).await.expect_err("it has left");
    assert_eq!((status, &problem["code"]), (409, &json!("already_sent")));
    let path = format!("/api/messages/{}", message["id"].as_str().expect("id"));
    let revoked = read(stage.desk.ask(Method::DELETE, &path)).await.expect("revoked");
    assert_eq!(revoked["kind"], "revoked");
    let strange = read(stage.desk.ask(Method::DELETE, &format!("{path}?unset=1"))).await.expect_err("no such wish");
    assert_eq!((strange.0, &strange.1["code"]), (422, &json!("invalid_request")));
}
