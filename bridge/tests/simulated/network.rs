//! A simulated WhatsApp network: the program `ownline-simulator`, driven over its control API.

use std::{path::PathBuf, process::Stdio, time::Duration};

use futures_util::{Stream, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

const READY_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Network {
    pub(crate) ws: String,
    control: String,
    http: reqwest::Client,
    state: PathBuf,
    child: Child,
}

impl Network {
    /// A fresh network in a folder of its own.
    pub(crate) async fn start(folder: &std::path::Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let state = folder.join("network");
        let (child, ready) = launch(&state, "127.0.0.1:0").await;
        let text = |key: &str| ready[key].as_str().expect("the ready line").to_owned();
        Self { ws: text("ws"), control: text("control"), http: reqwest::Client::new(), state, child }
    }

    /// Pulls the network's plug and puts it back, at the same address.
    pub(crate) async fn restart(&mut self) {
        self.child.kill().await.expect("kill");
        let address = self.ws.trim_start_matches("ws://").trim_end_matches("/ws/chat").to_owned();
        let (child, ready) = launch(&self.state, &address).await;
        ready["control"].as_str().expect("control").clone_into(&mut self.control);
        self.child = child;
    }

    pub(crate) async fn stop(&mut self) {
        self.child.kill().await.expect("kill");
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_post(path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn try_post(&self, path: &str, body: Value) -> (u16, Value) {
        let sent = self.http.post(format!("{}{path}", self.control)).json(&body).send().await.expect("post");
        let status = sent.status().as_u16();
        (status, sent.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let sent = self.http.get(format!("{}{path}", self.control)).send().await.expect("get");
        let status = sent.status();
        let answer: Value = sent.json().await.unwrap_or(Value::Null);
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Value {
        let sent = self.http.put(format!("{}{path}", self.control)).json(body).send().await.expect("put");
        let status = sent.status();
        let answer: Value = sent.json().await.unwrap_or(Value::Null);
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn put_file(&self, path: &str, mime: &str, bytes: Vec<u8>) {
        let put = self.http.put(format!("{}{path}", self.control)).header("content-type", mime).body(bytes);
        let status = put.send().await.expect("put").status();
        assert!(status.is_success(), "{path}: {status}");
    }

    pub(crate) async fn delete(&self, path: &str) {
        let status = self.http.delete(format!("{}{path}", self.control)).send().await.expect("delete").status();
        assert!(status.is_success(), "{path}: {status}");
    }

    pub(crate) async fn phone(&self, number: &str, name: &str) {
        self.post("/phones", json!({ "number": number, "name": name })).await;
    }

    pub(crate) async fn customer(&self, number: &str, name: &str) {
        self.post("/customers", json!({ "number": number, "name": name })).await;
    }

    /// A customer writes; answers with the message's id.
    pub(crate) async fn write(&self, from: &str, to: &str, text: &str) -> String {
        let sent = self.post(&format!("/customers/{from}/messages"), json!({ "to": to, "text": text })).await;
        sent["id"].as_str().expect("id").to_owned()
    }

    /// What a customer has received from a number, oldest first.
    pub(crate) async fn received(&self, customer: &str, from: &str) -> Vec<Value> {
        let all = self.get(&format!("/customers/{customer}/messages?with={from}")).await;
        let all = all.as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|message| message["direction"] == "in").collect()
    }

    /// Everything that happens on the network from now on.
    pub(crate) async fn events(&self) -> impl Stream<Item = Value> + Unpin {
        let sent = self.http.get(format!("{}/events", self.control)).send().await.expect("events");
        let mut rest = String::new();
        let lines = sent.bytes_stream().map(move |bytes| {
            rest.push_str(&String::from_utf8_lossy(&bytes.expect("bytes")));
            let whole = rest.rfind('\n').map_or(0, |end| end + 1);
            let lines: String = rest.drain(..whole).collect();
            let data = lines.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok());
            futures_util::stream::iter(data.collect::<Vec<Value>>())
        });
        Box::pin(lines.flatten())
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.post("/faults", fault).await;
    }

    pub(crate) async fn clear_faults(&self) {
        let sent = self.http.delete(format!("{}/faults", self.control)).send().await.expect("delete");
        assert!(sent.status().is_success());
    }
}

async fn launch(state: &std::path::Path, listen: &str) -> (Child, Value) {
    let mut child = Command::new(program())
        .args(["--listen", listen, "--control", "127.0.0.1:0", "--state"])
        .arg(state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::options().create(true).append(true).open(state.with_extension("log")).expect("log"))
        .kill_on_drop(true)
        .spawn()
        .expect("ownline-simulator");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let line = tokio::time::timeout(READY_WITHIN, lines.next_line()).await.expect("ready in time").expect("a line");
    let ready = serde_json::from_str(&line.expect("a ready line")).expect("JSON");
    (child, ready)
}

fn program() -> PathBuf {
    let own = std::env::current_exe().expect("own path");
    let folder = own.parent().and_then(|deps| deps.parent()).expect("target folder");
    let path = folder.join(format!("ownline-simulator{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build -p ownline-simulator");
    path
}
