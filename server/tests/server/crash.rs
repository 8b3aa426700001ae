//! The program itself: started, killed, started again.

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::Path,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use ownline_model::{
    account::Tokens,
    event::Event,
    ids::{ChangeId, ChannelId, DeviceId},
    sync::{Change, Outcome, PullAnswer, Push, PushAnswer},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::support::{Customer, Folder, PASSWORD, report};

fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ownline-server"));
    command.arg("--data").arg(data).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

async fn create(data: &Path, words: &[&str]) -> Output {
    let mut command = program(data);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await.expect("written");
    drop(stdin);
    child.wait_with_output().await.expect("ends")
}

struct Running {
    child: Child,
    address: SocketAddr,
    ready: Value,
}

impl Running {
    async fn start(data: &Path) -> Self {
        let mut command = program(data);
        let mut child = command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await.expect("in time");
        let ready: Value = serde_json::from_str(&line.expect("read").expect("a ready line")).expect("json");
        let url = ready["url"].as_str().expect("url");
        let address = url.trim_start_matches("http://").parse().expect("address");
        Self { child, address, ready }
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, token: &str, body: &impl Serialize) -> Option<T> {
        call(self.address, "POST", path, token, Some(serde_json::to_vec(body).expect("json"))).await
    }

    async fn sign_in(&self) -> Tokens {
        let login = json!({"email": "ana@example.org", "password": PASSWORD});
        self.post("/api/auth/login", "", &login).await.expect("signs in")
    }
}

/// `None` where the server was gone before it had answered.
async fn call<T: DeserializeOwned>(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: &str,
    body: Option<Vec<u8>>,
) -> Option<T> {
    let body = body.unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&body).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    if !head.starts_with("HTTP/1.1 2") {
        return None;
    }
    serde_json::from_str(body).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_a_kill_in_the_middle_loses_nothing_that_was_acknowledged() {
    let folder = Folder::fresh();
    let made =
        create(&folder.0, &["agent", "create", "--email", "ana@example.org", "--name", "Ana", "--password-stdin"])
            .await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let running = Running::start(&folder.0).await;
    let token = running.sign_in().await.access_token;
    let device_id = DeviceId::fresh();
    let channel = ChannelId::fresh();
    let push = |changes| Push { protocol: 1, device_id, changes };
    let link = Change { id: ChangeId::fresh(), op: report(channel, "+5511900000001", true) };
    let linked: PushAnswer = running.post("/api/sync/push", &token, &push(vec![link])).await.expect("linked");
    assert_eq!(linked.results[0].outcome, Outcome::Applied);

    // Eight senders, each with its own customers; the server dies while they talk.
    let senders: Vec<Vec<Change>> = (0..8)
        .map(|sender| {
            let customers: Vec<Customer> =
                (0..5).map(|n| Customer::of_number(&format!("+55119{sender}00000{n}0"))).collect();
            (0..60)
                .map(|n| Change { id: ChangeId::fresh(), op: customers[n % 5].says(channel, &format!("{sender}-{n}")) })
                .collect()
        })
        .collect();
    let acknowledged = Arc::new(Mutex::new(HashSet::new()));
    let enough = Arc::new(tokio::sync::Notify::new());
    let mut work = tokio::task::JoinSet::new();
    for changes in senders.clone() {
        let (acknowledged, enough, token) = (Arc::clone(&acknowledged), Arc::clone(&enough), token.clone());
        let address = running.address;
        work.spawn(async move {
            for pair in changes.chunks(2) {
                let body = serde_json::to_vec(&Push { protocol: 1, device_id, changes: pair.to_vec() }).expect("json");
                let Some(answer) = call::<PushAnswer>(address, "POST", "/api/sync/push", &token, Some(body)).await
                else {
                    return;
                };
                let mut all = acknowledged.lock().expect("lock");
                all.extend(answer.results.iter().map(|result| result.id));
                if all.len() >= 100 {
                    enough.notify_one();
                }
            }
        });
    }
    enough.notified().await;
    let mut child = running.child;
    child.kill().await.expect("killed");
    work.join_all().await;
    let acknowledged = acknowledged.lock().expect("lock").clone();
    let total = senders.iter().map(Vec::len).sum::<usize>();
    assert!(acknowledged.len() >= 100 && acknowledged.len() < total, "{} of {total}", acknowledged.len());

    let running = Running::start(&folder.0).await;
    let token = running.sign_in().await.access_token;
    // The bridges' outboxes are repeated whole, twice.
    for round in 0..2 {
        for changes in &senders {
            let answer: PushAnswer =
                running.post("/api/sync/push", &token, &push(changes.clone())).await.expect("answered");
            for result in answer.results {
                let repeated = result.outcome == Outcome::AlreadyApplied;
                assert!(repeated || result.outcome == Outcome::Applied, "{result:?}");
                assert!(repeated || (round == 0 && !acknowledged.contains(&result.id)), "an acknowledged one was lost");
            }
        }
    }
    let mut texts: Vec<String> = Vec::new();
    let mut places = HashSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/sync/pull{cursor}");
        let page: PullAnswer = call(running.address, "GET", &path, &token, None).await.expect("pulled");
        for entry in page.entries {
            if let Event::MessageNew(message) = entry.event {
                assert!(places.insert((message.conversation_id, message.position)), "one place, one message");
                texts.extend(message.text);
            }
        }
        if !page.more {
            break;
        }
        cursor = format!("?cursor={}", page.cursor);
    }
    texts.sort();
    let mut expected: Vec<String> = (0..8).flat_map(|s| (0..60).map(move |n| format!("{s}-{n}"))).collect();
    expected.sort();
    assert_eq!(texts, expected, "each exactly once");
}

#[tokio::test]
async fn the_program_keeps_its_conventions() {
    let folder = Folder::fresh();
    let running = Running::start(&folder.0).await;
    assert_eq!(running.ready["ready"], true);
    let token = running.ready["setup_token"].as_str().expect("a fresh server says how to begin").to_owned();
    assert!(running.ready["setup_url"].as_str().expect("url").contains(&token));

    // A person can be added while it runs.
    let words = ["admin", "create", "--email", "ana@example.org", "--name", "Ana", "--password-stdin"];
    let made: Value = serde_json::from_slice(&create(&folder.0, &words).await.stdout).expect("json");
    assert_eq!((&made["role"], &made["enrolled"]), (&json!("admin"), &json!(true)));
    running.sign_in().await;
    let again = create(&folder.0, &words).await;
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("email_taken"));
    let code = create(&folder.0, &["agent", "create", "--email", "bob@example.org", "--name", "Bob"]).await;
    let code: Value = serde_json::from_slice(&code.stdout).expect("json");
    assert_eq!(code["enrolment_code"].as_str().map(str::len), Some(14));

    let mut second = program(Folder::fresh().0.as_path());
    let address = running.address.to_string();
    let second = second.args(["--listen", &address]).stderr(Stdio::piped()).output().await.expect("ends");
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("port_in_use"));

    let usage = program(&folder.0).arg("--nonsense").output().await.expect("ends");
    assert_eq!(usage.status.code(), Some(2));
    let missing = program(&folder.0).args(["--config", "/nowhere.toml"]).output().await.expect("ends");
    assert_eq!(missing.status.code(), Some(2));

    let mut child = running.child;
    let id = child.id().expect("runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await.expect("in time");
    assert_eq!(ended.expect("status").code(), Some(0));
}

#[tokio::test]
async fn the_contract_is_printed_and_complete() {
    let folder = Folder::fresh();
    let printed = program(&folder.0).arg("openapi").output().await.expect("ends");
    let document: Value = serde_json::from_slice(&printed.stdout).expect("json");
    let mut ids: Vec<&str> = document["paths"]
        .as_object()
        .expect("paths")
        .values()
        .flat_map(|operations| operations.as_object().expect("operations").values())
        .map(|operation| operation["operationId"].as_str().expect("id"))
        .collect();
    ids.sort_unstable();
    let total = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), total, "operation ids are unique");
    for id in ["list_conversations", "send_message", "assign_ticket", "push", "pull", "realtime"] {
        assert!(ids.contains(&id), "{id}");
    }
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas.contains_key(name), "{name} is referred to and not described");
    }
}

#[tokio::test]
async fn t42_the_log_holds_no_secret() {
    let folder = Folder::fresh();
    let words = ["admin", "create", "--email", "ana@example.org", "--name", "Ana", "--password-stdin"];
    assert!(create(&folder.0, &words).await.status.success());
    let mut command = program(&folder.0);
    command.args(["--listen", "127.0.0.1:0"]).env("RUST_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut log = child.stderr.take().expect("stderr");
    let reading = tokio::spawn(async move {
        let mut text = Vec::new();
        log.read_to_end(&mut text).await.map(|_| String::from_utf8_lossy(&text).into_owned())
    });
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let ready: Value = serde_json::from_str(&lines.next_line().await.expect("read").expect("line")).expect("json");
    let address = ready["url"].as_str().expect("url").trim_start_matches("http://").parse().expect("address");
    let mut running = Running { child, address, ready };
    let tokens = running.sign_in().await;
    let wrong = json!({"email": "ana@example.org", "password": "canary-of-a-password"});
    assert!(running.post::<Tokens>("/api/auth/login", "", &wrong).await.is_none());
    let body = json!({"refresh_token": tokens.refresh_token});
    let next: Tokens = running.post("/api/auth/refresh", "", &body).await.expect("refreshed");
    let path = "/api/contacts?q=canary-of-a-search";
    call::<Value>(address, "GET", path, &next.access_token, None).await.expect("answered");
    running.child.kill().await.expect("killed");
    let log = reading.await.expect("read").expect("read");
    assert!(log.contains("signed in"), "the log was caught");
    let secrets = [
        PASSWORD,
        "canary-of-a-password",
        &tokens.access_token,
        &tokens.refresh_token,
        &next.access_token,
        &next.refresh_token,
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
