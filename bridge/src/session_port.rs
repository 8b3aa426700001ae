//! What must reach the WhatsApp session *now* and with an answer. Everything lasting (messages to send, statuses,
//! receipts) goes through the store instead, so that it survives a restart.
//!
//! `api` holds a [`SessionPort`] and asks; `whatsapp` holds the receiving end and answers.

use std::time::Duration;

use ownline_model::phone::PhoneNumber;
use tokio::sync::{mpsc, oneshot};

use crate::store::{PlayedTick, history::OlderThan, inbound::WaIdentity};

/// Commands that may wait before a caller is told to come back.
const DEPTH: usize = 64;
/// No caller waits longer than this for the session.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Why the session could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// A number is linked (or being linked) already.
    #[error("a WhatsApp number is linked already")]
    AlreadyLinked,
    #[error("no WhatsApp number is linked")]
    NotLinked,
    /// The command needs a live connection to WhatsApp and there is none.
    #[error("not connected to WhatsApp")]
    NotConnected,
    /// The session is busy, ending, or did not answer in time.
    #[error("the WhatsApp session does not answer")]
    Unavailable,
    /// No number waits to be confirmed.
    #[error("no number waits to be confirmed")]
    NothingToConfirm,
    #[error("WhatsApp does not ask for a passkey")]
    NoPasskeyAsked,
    /// What was given is no answer of a passkey to what WhatsApp asked.
    #[error("not an answer to what WhatsApp asks: {0}")]
    NoAssertion(&'static str),
    /// WhatsApp looked at the passkey's answer and did not take it.
    #[error("WhatsApp did not take the passkey: {0}")]
    PasskeyRefused(String),
    #[error("{0}")]
    Failed(String),
}

pub type Answer<T> = oneshot::Sender<Result<T, SessionError>>;

#[derive(Debug)]
pub enum SessionCommand {
    /// Offer QR codes, or with a number a code to type on that number's phone. Answered once the attempt has begun; its
    /// course shows in the session state.
    Link { phone: Option<PhoneNumber>, answer: Answer<()> },
    /// End the attempt to link.
    CancelLink { answer: Answer<()> },
    /// After the phone of another number linked: go on with it, or take this device off it again.
    ConfirmNumber { go_on: bool, answer: Answer<()> },
    /// What the account's passkey says, as the browser's `PublicKeyCredential` in JSON.
    AnswerPasskey { assertion: serde_json::Value, answer: Answer<()> },
    /// The phone shows the same code.
    ConfirmPasskey { answer: Answer<()> },
    /// Log this device out at WhatsApp and forget its keys. Messages stay in the store.
    Unlink { answer: Answer<()> },
    /// Drop the connection and connect anew; also the way out of `reconnecting` without waiting.
    Restart { answer: Answer<()> },
    /// After `replaced`: connect again, which ends the other client's session.
    TakeBack { answer: Answer<()> },
    /// Whether a number is on WhatsApp and as whom; `None` when it is not.
    IsOnWhatsapp { phone: PhoneNumber, answer: Answer<Option<WaIdentity>> },
    /// Ask the phone for what came before a message. It answers with a piece of history, when it is on.
    AskForOlder { older: OlderThan, answer: Answer<()> },
    /// The agent types to the customer (or stopped). Best effort.
    AgentTyping { chat: WaIdentity, typing: bool, recording: bool },
    /// The agent has listened to this voice note. Best effort, like the ticks.
    MarkPlayed { chat: WaIdentity, author: Option<WaIdentity>, wa_id: String },
}

/// The asking end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SessionPort {
    commands: mpsc::Sender<SessionCommand>,
}

/// The answering end, for `whatsapp::run`.
pub type SessionCommands = mpsc::Receiver<SessionCommand>;

pub fn session_port() -> (SessionPort, SessionCommands) {
    let (commands, receiver) = mpsc::channel(DEPTH);
    (SessionPort { commands }, receiver)
}

impl SessionPort {
    pub async fn link(&self) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::Link { phone: None, answer }).await
    }

    pub async fn link_by_number(&self, phone: PhoneNumber) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::Link { phone: Some(phone), answer }).await
    }

    pub async fn cancel_link(&self) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::CancelLink { answer }).await
    }

    pub async fn confirm_number(&self, go_on: bool) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::ConfirmNumber { go_on, answer }).await
    }

    pub async fn answer_passkey(&self, assertion: serde_json::Value) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::AnswerPasskey { assertion, answer }).await
    }

    pub async fn confirm_passkey(&self) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::ConfirmPasskey { answer }).await
    }

    pub async fn unlink(&self) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::Unlink { answer }).await
    }

    pub async fn restart(&self) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::Restart { answer }).await
    }

    pub async fn take_back(&self) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::TakeBack { answer }).await
    }

    pub async fn is_on_whatsapp(&self, phone: PhoneNumber) -> Result<Option<WaIdentity>, SessionError> {
        self.ask(|answer| SessionCommand::IsOnWhatsapp { phone, answer }).await
    }

    pub async fn ask_for_older(&self, older: OlderThan) -> Result<(), SessionError> {
        self.ask(|answer| SessionCommand::AskForOlder { older, answer }).await
    }

    /// Dropped when the session is busy: a typing hint is worth nothing late.
    pub fn agent_typing(&self, chat: WaIdentity, typing: bool, recording: bool) {
        let _ = self.commands.try_send(SessionCommand::AgentTyping { chat, typing, recording });
    }

    /// Dropped when the session is busy.
    pub fn mark_played(&self, tick: PlayedTick) {
        let PlayedTick { chat, author, wa_id } = tick;
        let _ = self.commands.try_send(SessionCommand::MarkPlayed { chat, author, wa_id });
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> SessionCommand) -> Result<T, SessionError> {
        let (answer, answered) = oneshot::channel();
        self.commands.try_send(command(answer)).map_err(|_| SessionError::Unavailable)?;
        match tokio::time::timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(result)) => result,
            _ => Err(SessionError::Unavailable),
        }
    }
}
