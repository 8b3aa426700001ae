//! The WhatsApp network: phones that scan codes, customers who write.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{http::Api, program::Program, wait::until};

/// With one line for each stanza: see [`Program::log_of`].
const LOGS: &str = "info,wacore_libsignal=error,ownline_simulator::way=debug";

#[derive(Debug)]
pub struct Network {
    pub program: Program,
    pub api: Api,
    /// Where a client connects.
    pub ws: String,
    state: PathBuf,
}

impl Network {
    pub async fn start(folder: &Path) -> Result<Self> {
        let args = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--state"].map(str::to_owned);
        let state = folder.join("network");
        let args = args.into_iter().chain([state.display().to_string()]).collect();
        let envs = vec![("RUST_LOG".to_owned(), LOGS.to_owned())];
        let program = Program::start("ownline-simulator", args, envs, folder.join("network.log")).await?;
        let api = Api::new(program.ready_text("control")?, None);
        let ws = program.ready_text("ws")?;
        Ok(Self { program, api, ws, state })
    }

    pub async fn phone(&self, number: &str, name: &str) -> Result<Phone> {
        let _: Value = self.api.post("/phones", &json!({ "number": number, "name": name })).await?;
        Ok(Phone { api: self.api.clone(), number: number.to_owned() })
    }

    pub async fn customer(&self, number: &str, name: &str) -> Result<Customer> {
        let _: Value = self.api.post("/customers", &json!({ "number": number, "name": name })).await?;
        Ok(Customer { api: self.api.clone(), number: number.to_owned() })
    }

    /// Ends the network and starts it again from its folder, at the same addresses.
    pub async fn restart(&mut self) -> Result<()> {
        self.program.stop().await?;
        let address = |url: &str| url.split("://").nth(1).map(|rest| rest.split('/').next().unwrap_or(rest).to_owned());
        let listen = address(&self.ws).context("the network's address")?;
        let control = address(&self.api.base).context("the control address")?;
        let state = self.state.display().to_string();
        let args = ["--listen", &listen, "--control", &control, "--state", &state];
        self.program.replace_args(args.map(str::to_owned).to_vec());
        self.program.start_again().await
    }

    /// The ids of messages that somebody could not open and asked for again.
    pub fn asked_again(&self) -> HashSet<String> {
        let stanzas = self.program.log_of("\"kind\":\"retry\"");
        let ids = stanzas.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        ids.filter_map(|line| line["fields"]["id"].as_str().map(str::to_owned)).collect()
    }

    /// Cuts the connections of a number's linked devices.
    pub async fn cut(&self, phone: &Phone) -> Result<()> {
        self.fault(json!({ "cut": { "number": phone.number, "times": 1 } })).await
    }

    pub async fn fault(&self, fault: Value) -> Result<()> {
        self.api.post::<Value>("/faults", &fault).await.map(drop)
    }
}

/// An agent's phone.
#[derive(Debug, Clone)]
pub struct Phone {
    api: Api,
    pub number: String,
}

impl Phone {
    pub async fn scan(&self, qr: &str) -> Result<Value> {
        self.api.post(&format!("/phones/{}/scan", self.number), &json!({ "qr": qr })).await
    }

    pub async fn unlink_everything(&self) -> Result<Value> {
        self.api.post(&format!("/phones/{}/logout", self.number), &json!({})).await
    }

    pub async fn writes(&self, to: &str, text: &str) -> Result<Value> {
        self.api.post(&format!("/phones/{}/messages", self.number), &json!({ "to": to, "text": text })).await
    }
}

#[derive(Debug, Clone)]
pub struct Customer {
    api: Api,
    pub number: String,
}

/// A message as the customer's phone shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Seen {
    pub id: String,
    /// As the customer sees it: `in` received, `out` written.
    pub direction: String,
    pub text: Option<String>,
    pub status: String,
}

impl Customer {
    /// Writes to a number and gives back WhatsApp's id of the message.
    pub async fn writes(&self, to: &Phone, text: &str) -> Result<String> {
        let sent: Value = self
            .api
            .post(&format!("/customers/{}/messages", self.number), &json!({ "to": to.number, "text": text }))
            .await?;
        sent["id"].as_str().map(str::to_owned).with_context(|| format!("no id in {sent}"))
    }

    /// Sends a made-up file of a kind and gives back the message as the customer's own phone shows it.
    pub async fn sends_file(&self, to: &Phone, kind: &str) -> Result<Value> {
        let media = json!({ "kind": kind, "generated": {} });
        let sent: Value = self
            .api
            .post(&format!("/customers/{}/messages", self.number), &json!({ "to": to.number, "media": media }))
            .await?;
        let id = sent["id"].as_str().with_context(|| format!("no id in {sent}"))?;
        self.file(to, id).await?.with_context(|| format!("{id} is not there"))
    }

    /// A message with a file as this customer's phone shows it.
    pub async fn file(&self, with: &Phone, id: &str) -> Result<Option<Value>> {
        let seen: Value = self.api.get(&format!("/customers/{}/messages?with={}", self.number, with.number)).await?;
        let list = seen.as_array().or_else(|| seen["messages"].as_array()).context("a list")?;
        Ok(list.iter().find(|message| message["id"] == id).cloned())
    }

    pub async fn chat(&self, with: &Phone) -> Result<Vec<Seen>> {
        let seen: Value = self.api.get(&format!("/customers/{}/messages?with={}", self.number, with.number)).await?;
        let list = if seen.is_array() { seen } else { seen["messages"].clone() };
        Ok(serde_json::from_value(list)?)
    }

    /// Waits until the customer has these texts from `with`, in this order, and nothing else.
    pub async fn has_received(&self, with: &Phone, texts: &[&str]) -> Result<Vec<Seen>> {
        let received = async || {
            let chat = self.chat(with).await?;
            Ok(chat.into_iter().filter(|m| m.direction == "in").collect::<Vec<_>>())
        };
        until(&format!("{} to have received {texts:?}", self.number), received, |chat: &Vec<Seen>| {
            chat.iter().filter_map(|m| m.text.as_deref()).eq(texts.iter().copied())
        })
        .await
    }

    pub async fn reads(&self, from: &Phone, ids: &[String]) -> Result<()> {
        let body = json!({ "to": from.number, "ids": ids });
        self.api.post::<Value>(&format!("/customers/{}/read", self.number), &body).await.map(drop)
    }

    pub async fn types(&self, to: &Phone, typing: bool) -> Result<()> {
        let state = if typing { "composing" } else { "paused" };
        let body = json!({ "to": to.number, "state": state });
        self.api.post::<Value>(&format!("/customers/{}/typing", self.number), &body).await.map(drop)
    }
}
