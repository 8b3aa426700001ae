//! What the agent asks of the session.

use ownline_model::session::SessionState;
use tokio::time::Instant;

use super::{
    super::{
        commands::{self, Request},
        machine::Signal,
    },
    CODE_WITHIN, Session,
};
use crate::{
    session_port::{Answer, SessionCommand, SessionError},
    time::now,
};

impl Session {
    pub(super) async fn obey(&mut self, command: SessionCommand) {
        match command {
            SessionCommand::Link { answer } => {
                let result = self.link().await;
                reply(answer, result);
            }
            SessionCommand::Unlink { answer } => {
                let result = self.unlink().await;
                reply(answer, result);
            }
            SessionCommand::Restart { answer } | SessionCommand::TakeBack { answer } => {
                let result = self.restart().await;
                reply(answer, result);
            }
            SessionCommand::IsOnWhatsapp { phone, answer } => self.request(Request::IsOnWhatsapp { phone, answer }),
            SessionCommand::AgentTyping { chat, typing } => self.request(Request::AgentTyping { chat, typing }),
            SessionCommand::MarkRead { chat, wa_ids } => self.request(Request::MarkRead { chat, wa_ids }),
        }
        self.show().await;
    }

    fn request(&self, request: Request) {
        match self.live.as_ref().filter(|_| self.machine.state().can_send()) {
            Some(live) => {
                live.spawn(commands::carry_out(live.connection.client(), request));
            }
            None => request.refuse(),
        }
    }

    async fn link(&mut self) -> Result<(), SessionError> {
        if self.registered || self.machine.is_linking() {
            return Err(SessionError::AlreadyLinked);
        }
        // Keys of an attempt that came to nothing: each attempt is a new device.
        self.forget_device().await;
        self.machine.on(Signal::LinkAsked, now());
        self.code_due = None;
        self.open().await;
        if self.live.is_none() {
            return Err(SessionError::Failed("the keys for WhatsApp could not be made on this machine".into()));
        }
        self.code_due = Some(Instant::now() + CODE_WITHIN);
        Ok(())
    }

    async fn unlink(&mut self) -> Result<(), SessionError> {
        let linking = self.machine.is_linking();
        if !self.registered && !linking {
            return Err(SessionError::NotLinked);
        }
        self.machine.on(Signal::Unlinked, now());
        self.show().await;
        if let Some(live) = self.live.as_ref().filter(|_| self.registered) {
            live.connection.log_out().await;
        }
        self.close().await;
        self.forget_device().await;
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), SessionError> {
        if !self.registered {
            return Err(SessionError::NotLinked);
        }
        if let SessionState::Banned { until: Some(until), .. } = self.machine.state()
            && *until > now()
        {
            return Err(SessionError::Failed("WhatsApp has locked this number for a while".into()));
        }
        self.close().await;
        self.connect().await;
        Ok(())
    }
}

/// Whoever asked may have stopped waiting.
fn reply<T>(answer: Answer<T>, result: Result<T, SessionError>) {
    let _ = answer.send(result);
}
