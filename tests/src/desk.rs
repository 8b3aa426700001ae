//! The central server and the people on it.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use ownline_model::{
    account::{Login, Tokens},
    agent::Agent,
    conversation::ConversationItem,
    ids::ConversationId,
    message::Message,
    page::Page,
    ticket::Ticket,
};
use serde_json::Value;

use crate::{
    http::Api,
    program::{Program, run},
};

/// Long enough for every policy.
pub const PASSWORD: &str = "correct horse battery";

#[derive(Debug)]
pub struct Desk {
    pub program: Program,
    pub url: String,
    data: PathBuf,
}

impl Desk {
    pub async fn start(folder: &Path) -> Result<Self> {
        let data = folder.join("desk");
        let args = ["--listen", "127.0.0.1:0", "--data"].map(str::to_owned);
        let args = args.into_iter().chain([data.display().to_string()]).collect();
        let mut program = Program::start("ownline-server", args, Vec::new(), folder.join("desk.log")).await?;
        let url = program.ready_text("url")?;
        // The same port after a restart: the bridges know this address.
        let port = url.rsplit(':').next().unwrap_or_default().trim_end_matches('/').to_owned();
        program.replace_args(vec![
            "--listen".into(),
            format!("127.0.0.1:{port}"),
            "--data".into(),
            data.display().to_string(),
        ]);
        Ok(Self { program, url, data })
    }

    pub async fn admin(&self, name: &str) -> Result<Person> {
        self.create("admin", name, &[]).await
    }

    pub async fn agent(&self, name: &str) -> Result<Person> {
        self.create("agent", name, &["--role", "agent"]).await
    }

    pub async fn supervisor(&self, name: &str) -> Result<Person> {
        self.create("agent", name, &["--role", "supervisor"]).await
    }

    async fn create(&self, kind: &str, name: &str, more: &[&str]) -> Result<Person> {
        let email = email_of(name);
        let data = self.data.display().to_string();
        let mut args = vec![kind, "create", "--data", &data, "--name", name, "--email", &email, "--password-stdin"];
        args.extend(more);
        let ended = run("ownline-server", &args, PASSWORD).await?;
        ensure!(ended.code == Some(0), "creating {name}: {}{}", ended.stdout, ended.stderr);
        self.sign_in(name).await
    }

    pub async fn sign_in(&self, name: &str) -> Result<Person> {
        let api = Api::new(self.url.clone(), None);
        let login = Login { email: email_of(name), password: PASSWORD.to_owned() };
        let tokens: Tokens = api.post("/api/auth/login", &login).await?;
        Ok(Person {
            api: Api::new(self.url.clone(), Some(tokens.access_token.clone())),
            agent: tokens.agent.clone(),
            tokens,
        })
    }
}

pub fn email_of(name: &str) -> String {
    format!("{}@desk.example", name.to_lowercase().replace(' ', "."))
}

/// Someone signed in at the server itself, as in a browser.
#[derive(Debug, Clone)]
pub struct Person {
    pub api: Api,
    pub agent: Agent,
    pub tokens: Tokens,
}

impl Person {
    pub async fn conversations(&self) -> Result<Vec<ConversationItem>> {
        Ok(self.api.get::<Page<ConversationItem>>("/api/conversations?limit=200").await?.items)
    }

    pub async fn messages(&self, id: ConversationId) -> Result<Vec<Message>> {
        all_messages(&self.api, id).await
    }

    pub async fn ticket(&self, ticket: &Ticket) -> Result<Ticket> {
        self.api.get(&format!("/api/tickets/{}", ticket.id)).await
    }

    pub async fn takes(&self, ticket: &Ticket) -> Result<Ticket> {
        self.api.post(&format!("/api/tickets/{}/assign", ticket.id), &Value::Object(serde_json::Map::default())).await
    }
}

/// Every message of a conversation, oldest first, through all pages.
pub async fn all_messages(api: &Api, id: ConversationId) -> Result<Vec<Message>> {
    let mut pages: Vec<Vec<Message>> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let query = cursor.as_ref().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page: Page<Message> = api.get(&format!("/api/conversations/{id}/messages?limit=100{query}")).await?;
        pages.push(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(pages.into_iter().rev().flatten().collect());
        }
    }
}
