//! An agent at their desk: a bridge without a window, driven through the API its screen uses.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ownline_model::{
    bridge::{BridgeStatus, Link, NumberUse, QrCode, ServerLink, SignIn},
    conversation::{ConversationItem, Scope, SetScope},
    details::Hold,
    ids::{ConversationId, MessageId},
    message::{Direction, Message, MessageStatus, NewMessage},
    page::Page,
    safety::SafetyReport,
    session::{SessionState, SessionStateName},
    ticket::{ResolveTicket, Ticket, TicketState},
};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, PASSWORD, all_messages, email_of},
    http::Api,
    network::{Network, Phone},
    program::Program,
    wait::until,
};

/// Sending rules that hold nobody up, where a test is about something else than them.
pub const HURRIED: &str = r#"{"reply_gap_ms": 0, "replies_minute": 1000000, "chat_gap_ms": 0, "spread_min_ms": 0,
    "spread_max_ms": 0, "sends_minute": 1000000, "sends_hour": 1000000, "sends_day": 1000000, "warm_up_ms": 0,
    "new_chats_week_one": 1000000, "new_chat_gap_ms": 0, "alike_people": 1000000}"#;
/// The rules of a number that has been linked for some days.
pub const SEASONED: &str = r#"{"warm_up_ms": 0}"#;

#[derive(Debug)]
pub struct AgentApp {
    pub name: String,
    pub program: Program,
    pub api: Api,
    pub data: PathBuf,
}

impl AgentApp {
    /// Starts a bridge in a folder of its own. The key lies in a file, as on a machine without a keyring.
    pub async fn start(folder: &Path, name: &str, network: &Network) -> Result<Self> {
        Self::start_under(folder, name, network, None).await
    }

    /// With other sending rules (JSON) than a real line has.
    pub async fn start_under(folder: &Path, name: &str, network: &Network, rules: Option<&str>) -> Result<Self> {
        let data = folder.join(name);
        let args = [
            "--listen",
            "127.0.0.1:0",
            "--data",
            &data.display().to_string(),
            "--key-file",
            &folder.join(format!("{name}.key")).display().to_string(),
            "--simulated-network",
            &network.ws,
        ]
        .into_iter()
        .chain(rules.into_iter().flat_map(|rules| ["--sending-rules", rules]))
        .map(str::to_owned)
        .collect();
        let program = Program::start("ownline-bridge", args, Vec::new(), folder.join(format!("{name}.log"))).await?;
        let api = connect(&program, &data)?;
        Ok(Self { name: name.to_owned(), program, api, data })
    }

    /// Starts it again after a stop or a kill; port and token are new.
    pub async fn start_again(&mut self) -> Result<()> {
        self.program.start_again().await?;
        self.api = connect(&self.program, &self.data)?;
        Ok(())
    }

    /// Starts it again with something more in its environment.
    pub async fn start_again_with(&mut self, envs: &[(&str, &str)]) -> Result<()> {
        self.program.start_again_with(envs).await?;
        self.api = connect(&self.program, &self.data)?;
        Ok(())
    }

    pub async fn status(&self) -> Result<BridgeStatus> {
        self.api.get("/status").await
    }

    pub async fn signs_in(&self, desk: &Desk) -> Result<BridgeStatus> {
        let body = SignIn { url: desk.url.clone(), email: email_of(&self.name), password: PASSWORD.to_owned() };
        let _: Value = self.api.post("/server/sign-in", &body).await?;
        self.is_in_sync().await
    }

    pub async fn is_in_sync(&self) -> Result<BridgeStatus> {
        until(
            &format!("{} to be in sync", self.name),
            async || self.status().await,
            |status| matches!(status.server, ServerLink::InSync { .. }) && status.outbox == 0,
        )
        .await
    }

    /// Asks for a code and gives the one on offer.
    pub async fn asks_for_code(&self, number_use: NumberUse) -> Result<String> {
        let _: Value = self
            .api
            .post("/link", &Link { number_use, consent: true, lends: true, phone: None, country: None })
            .await?;
        self.code_on_offer().await
    }

    pub async fn code_on_offer(&self) -> Result<String> {
        let qr =
            until(&format!("{} to show a code", self.name), async || self.api.get::<QrCode>("/qr").await, |_| true)
                .await?;
        Ok(qr.code)
    }

    /// Links a phone by scanning, and waits until the session is online.
    pub async fn links(&self, phone: &Phone) -> Result<()> {
        let code = self.asks_for_code(NumberUse::Work).await?;
        phone.scan(&code).await?;
        self.is_online().await
    }

    pub async fn is_online(&self) -> Result<()> {
        self.is_in_session(SessionStateName::Online).await.map(drop)
    }

    pub async fn is_in_session(&self, state: SessionStateName) -> Result<SessionState> {
        let status = until(
            &format!("{} to be {state:?}", self.name),
            async || self.status().await,
            |status: &BridgeStatus| status.session.name() == state,
        )
        .await?;
        Ok(status.session)
    }

    pub async fn conversations(&self) -> Result<Vec<ConversationItem>> {
        Ok(self.api.get::<Page<ConversationItem>>("/api/conversations?limit=200").await?.items)
    }

    /// The one conversation with that customer, once its ticket has come from the server.
    pub async fn conversation_with(&self, number: &str) -> Result<ConversationItem> {
        self.find(number, |item| item.ticket.is_some()).await
    }

    /// The one conversation with that customer, once `enough`.
    pub async fn find(&self, number: &str, enough: impl Fn(&ConversationItem) -> bool) -> Result<ConversationItem> {
        let of_number = |items: &[ConversationItem]| {
            items
                .iter()
                .filter(|item| item.contact.phone.as_ref().is_some_and(|phone| phone.digits() == number))
                .cloned()
                .collect::<Vec<_>>()
        };
        let what = format!("{} to see one conversation with {number}", self.name);
        let look = async || Ok(of_number(&self.conversations().await?));
        let found = until(&what, look, |items| items.len() == 1 && items.iter().all(&enough)).await?;
        found.into_iter().next().context("the conversation just seen")
    }

    pub async fn messages(&self, id: ConversationId) -> Result<Vec<Message>> {
        all_messages(&self.api, id).await
    }

    /// Waits until the conversation holds these texts in this order, and nothing else.
    pub async fn sees_texts(&self, id: ConversationId, texts: &[&str]) -> Result<Vec<Message>> {
        until(
            &format!("{} to see {texts:?}", self.name),
            async || self.messages(id).await,
            |messages| messages.iter().filter_map(|m| m.text.as_deref()).eq(texts.iter().copied()),
        )
        .await
    }

    pub async fn takes(&self, ticket: &Ticket) -> Result<Ticket> {
        self.api.post(&format!("/api/tickets/{}/assign", ticket.id), &json!({})).await
    }

    pub async fn resolves(&self, ticket: &Ticket, note: &str) -> Result<Ticket> {
        let body = ResolveTicket { note: Some(note.to_owned()) };
        self.api.post(&format!("/api/tickets/{}/resolve", ticket.id), &body).await
    }

    pub async fn closes(&self, ticket: &Ticket) -> Result<Ticket> {
        self.api.post(&format!("/api/tickets/{}/close", ticket.id), &json!({})).await
    }

    pub async fn sees_ticket(&self, ticket: &Ticket, state: TicketState) -> Result<Ticket> {
        let look = async || self.api.get::<Ticket>(&format!("/api/tickets/{}", ticket.id)).await;
        until(&format!("{} to see the ticket {state:?}", self.name), look, |seen| seen.state == state).await
    }

    pub async fn answers(&self, id: ConversationId, text: &str) -> Result<Message> {
        let message = NewMessage::text(MessageId::fresh(), text.to_owned());
        self.posts(id, &message).await
    }

    /// Posts with an id of the caller's choice, to repeat it.
    pub async fn posts(&self, id: ConversationId, message: &NewMessage) -> Result<Message> {
        self.api.post(&format!("/api/conversations/{id}/messages"), message).await
    }

    /// Waits until the message waits because of that rule.
    pub async fn sees_hold(&self, message: &Message, code: &str) -> Result<Hold> {
        let look = async || {
            let messages = self.messages(message.conversation_id).await?;
            messages.into_iter().find(|m| m.id == message.id).context("the message is gone")
        };
        let held = |m: &Message| m.details.hold.as_ref().is_some_and(|hold| hold.code == code);
        let seen = until(&format!("{} to see {:?} held by {code}", self.name, message.text), look, held).await?;
        seen.details.hold.context("the hold just seen")
    }

    /// Opens a chat with a number.
    pub async fn opens(&self, number: &str) -> Result<ConversationItem> {
        let body = json!({ "phone": format!("+{number}") });
        self.api.post("/api/conversations", &body).await
    }

    pub async fn shares(&self, id: ConversationId, scope: Scope, earlier: bool) -> Result<ConversationItem> {
        self.api.put(&format!("/api/conversations/{id}/scope"), &SetScope { scope, earlier }).await
    }

    pub async fn safety(&self) -> Result<SafetyReport> {
        self.api.get("/safety").await
    }

    pub async fn sees_status(&self, message: &Message, status: MessageStatus) -> Result<Message> {
        let look = async || {
            let messages = self.messages(message.conversation_id).await?;
            messages.into_iter().find(|m| m.id == message.id).context("the message is gone")
        };
        until(&format!("{} to see {:?} as {status:?}", self.name, message.text), look, |m| m.status == status).await
    }
}

/// The bridge writes where it listens and its token beside its data, for its owner's eyes only.
fn connect(program: &Program, data: &Path) -> Result<Api> {
    let token = std::fs::read_to_string(data.join("bridge.token")).context("the bridge's token file")?;
    Ok(Api::new(program.ready_text("url")?, Some(token.trim().to_owned())))
}

/// The texts of one direction, in order.
pub fn texts(messages: &[Message], direction: Direction) -> Vec<&str> {
    messages.iter().filter(|m| m.direction == direction).filter_map(|m| m.text.as_deref()).collect()
}
