//! What the agent asks of the session.

use ownline_model::session::SessionState;

use super::{
    super::{
        commands::{self, Request},
        machine::Signal,
    },
    Session,
};
use crate::{
    session_port::{Answer, SessionCommand, SessionError},
    time::now,
};

impl Session {
    pub(super) async fn obey(&mut self, command: SessionCommand) {
        match command {
            SessionCommand::Link { phone, answer } => {
                let result = self.link(phone).await;
                reply(answer, result);
            }
            SessionCommand::CancelLink { answer } => {
                let result = self.cancel_link().await;
                reply(answer, result);
            }
            SessionCommand::ConfirmNumber { go_on, answer } => {
                let result = self.confirm_number(go_on).await;
                reply(answer, result);
            }
            SessionCommand::AnswerPasskey { assertion, answer } => {
                let result = self.answer_passkey(&assertion).await;
                reply(answer, result);
            }
            SessionCommand::ConfirmPasskey { answer } => {
                let result = self.confirm_passkey().await;
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
            SessionCommand::AskForOlder { older, answer } => self.request(Request::Older { older, answer }),
            SessionCommand::AgentTyping { chat, typing, recording } => {
                self.request(Request::AgentTyping { chat, typing, recording });
            }
            SessionCommand::MarkPlayed { chat, author, wa_id } => {
                self.request(Request::MarkPlayed { chat, author, wa_id });
            }
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

    pub(super) async fn unlink(&mut self) -> Result<(), SessionError> {
        if matches!(self.machine.state(), SessionState::ConfirmNumber { .. }) {
            return self.confirm_number(false).await;
        }
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
        if !self.registered || matches!(self.machine.state(), SessionState::ConfirmNumber { .. }) {
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
