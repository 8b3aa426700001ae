//! The whole program under test, over its API, on a simulated network.

use std::path::{Path, PathBuf};

use ownline_bridge::{
    Bridge, Config, RunningBridge,
    config::{Endpoint, KeySource, Listen},
    keys,
    store::Store,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{
    line::{eventually, tokens},
    network::Network,
};

pub(crate) struct Desk {
    bridge: Option<RunningBridge>,
    pub(crate) data: PathBuf,
    ws: String,
    http: reqwest::Client,
}

impl Desk {
    /// A fresh machine, linked to a number.
    pub(crate) async fn linked(folder: &Path, network: &Network, number: &str) -> Self {
        let data = folder.join("desk");
        std::fs::create_dir_all(&data).expect("folder");
        let key = keys::obtain(&data, &key_source(&data)).expect("key");
        let store = Store::open(&data, &key).expect("store");
        store.sign_in("http://127.0.0.1:9".into(), tokens()).await.expect("signed in");
        store.close().await;
        drop(store);
        let mut desk = Self { bridge: None, data, ws: network.ws.clone(), http: reqwest::Client::new() };
        desk.start().await;
        desk.post("/link", json!({ "number_use": "personal", "consent": true })).await;
        let code = eventually("a code", async || desk.get("/qr").await.ok()?["code"].as_str().map(str::to_owned)).await;
        network.post(&format!("/phones/{number}/scan"), json!({ "qr": code })).await;
        desk.online().await;
        desk
    }

    async fn start(&mut self) {
        let mut config = Config::new(self.data.clone());
        config.listen = Listen::Exactly("127.0.0.1:0".parse().expect("address"));
        config.key = key_source(&self.data);
        config.endpoint = Endpoint { simulated: Some(self.ws.clone()) };
        self.bridge = Some(Bridge::start(config).await.expect("started"));
    }

    pub(crate) async fn online(&self) {
        eventually("the line online", async || {
            let status = self.get("/status").await.ok()?;
            (status["session"]["state"] == "online").then_some(())
        })
        .await;
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(bridge) = self.bridge.take() {
            bridge.shutdown().await;
        }
    }

    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
        self.online().await;
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let bridge = self.bridge.as_ref().expect("it runs");
        self.http.request(method, format!("{}{path}", bridge.url())).bearer_auth(bridge.token())
    }

    /// Without the token.
    pub(crate) fn stranger(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.bridge.as_ref().expect("it runs").url()))
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, (u16, Value)> {
        read(self.ask(Method::GET, path)).await
    }

    pub(crate) async fn try_post(&self, path: &str, body: Value) -> Result<Value, (u16, Value)> {
        read(self.ask(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.try_post(path, body).await.expect("taken")
    }

    /// The chat with a customer, once it is there.
    pub(crate) async fn chat(&self, customer: &str) -> String {
        eventually("the chat", async || {
            let page = self.get("/api/conversations").await.ok()?;
            let items = page["items"].as_array()?;
            let chat = items.iter().find(|item| item["contact"]["phone"] == format!("+{customer}"))?;
            chat["id"].as_str().map(str::to_owned)
        })
        .await
    }

    pub(crate) async fn message(&self, customer: &str, wa_id: &str) -> Option<Value> {
        let chat = self.chat(customer).await;
        let page = self.get(&format!("/api/conversations/{chat}/messages")).await.ok()?;
        page["items"].as_array()?.iter().find(|message| message["wa_id"] == wa_id).cloned()
    }

    /// A message once it is as wanted.
    pub(crate) async fn until(
        &self,
        customer: &str,
        wa_id: &str,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut last = None;
        let found = tokio::time::timeout(super::line::WITHIN, async {
            loop {
                last = self.message(customer, wa_id).await;
                if let Some(message) = last.as_ref().filter(|message| wanted(message)) {
                    return message.clone();
                }
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("{what} did not come: {last:?}"))
    }

    /// Hands a file over and sends it. Answers with the message.
    pub(crate) async fn send(&self, customer: &str, query: &str, bytes: Vec<u8>, caption: &str) -> Value {
        let media = read(self.ask(Method::POST, &format!("/api/media?{query}")).body(bytes)).await.expect("taken");
        let chat = self.chat(customer).await;
        let message = json!({ "id": uuid::Uuid::now_v7(), "media_id": media["id"], "text": caption });
        self.post(&format!("/api/conversations/{chat}/messages"), message).await
    }

    /// The file of a message.
    pub(crate) async fn file(&self, message: &Value, query: &str) -> Result<Vec<u8>, (u16, Value)> {
        let id = message["id"].as_str().expect("id");
        let answer = self.ask(Method::GET, &format!("/api/messages/{id}/media{query}")).send().await.expect("answer");
        if answer.status().is_success() {
            Ok(answer.bytes().await.expect("bytes").to_vec())
        } else {
            Err((answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null)))
        }
    }

    /// What lies in the folder for files: names and sizes.
    pub(crate) fn files(&self) -> Vec<(String, u64)> {
        let entries = std::fs::read_dir(self.data.join("media")).expect("folder").filter_map(Result::ok);
        entries.filter_map(|e| Some((e.file_name().into_string().ok()?, e.metadata().ok()?.len()))).collect()
    }
}

pub(crate) async fn read(request: RequestBuilder) -> Result<Value, (u16, Value)> {
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let body = answer.json().await.unwrap_or(Value::Null);
    if status.is_success() { Ok(body) } else { Err((status.as_u16(), body)) }
}

fn key_source(data: &Path) -> KeySource {
    KeySource::File(data.with_extension("key"))
}

/// The store's library must not work on while the process ends.
impl Drop for Desk {
    fn drop(&mut self) {
        if self.bridge.is_some() {
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.stop()));
        }
    }
}
