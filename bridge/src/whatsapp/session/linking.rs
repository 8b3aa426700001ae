//! An attempt to link: by a code to scan or to type, with the account's passkey where WhatsApp asks for it.

use std::time::Duration;

use ownline_model::{
    bridge::{PairingCode, QrCode},
    phone::PhoneNumber,
    session::SessionState,
};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    super::{
        link_code::{self, ByNumber},
        machine::{Signal, problem},
        passkey,
    },
    CODE_WITHIN, Session,
};
use crate::{session_port::SessionError, time::now};

/// Less than a caller waits for the session.
const PASSKEY_WITHIN: Duration = Duration::from_secs(15);

impl Session {
    /// Begins an attempt, or goes over to the other way of linking.
    pub(super) async fn link(&mut self, phone: Option<PhoneNumber>) -> Result<(), SessionError> {
        let same_way = self.by_number.as_ref().map(|by| &by.phone) == phone.as_ref();
        let switches = matches!(*self.machine.state(), SessionState::WaitingForScan { .. }) && !same_way;
        if self.registered || (self.machine.is_linking() && !switches) {
            return Err(SessionError::AlreadyLinked);
        }
        self.close().await;
        // Keys of an attempt that came to nothing: each attempt is a new device.
        self.forget_device().await;
        self.machine.on(Signal::LinkAsked { by_number: phone.is_some() }, now());
        self.by_number = phone.map(ByNumber::new);
        self.code_due = None;
        self.open().await;
        if self.live.is_none() {
            return Err(SessionError::Failed("the keys for WhatsApp could not be made on this machine".into()));
        }
        self.code_due = Some(Instant::now() + CODE_WITHIN);
        Ok(())
    }

    /// Ends the attempt, whatever it has come to. Without one there is nothing to do.
    pub(super) async fn cancel_link(&mut self) -> Result<(), SessionError> {
        if matches!(self.machine.state(), SessionState::ConfirmNumber { .. }) {
            return self.confirm_number(false).await;
        }
        if self.registered {
            return Err(SessionError::AlreadyLinked);
        }
        if self.machine.is_linking() { self.unlink().await } else { Ok(()) }
    }

    /// Offers a code to scan with the times that the machine has just given it. Its first one also says that WhatsApp listens.
    pub(super) fn offer(&mut self, code: &str) {
        if self.machine.is_by_number() {
            return self.ask_pairing_code();
        }
        if let SessionState::WaitingForScan { code_expires_at, attempt_expires_at } = *self.machine.state() {
            self.code_due = None;
            let code = QrCode { code: code.to_owned(), expires_at: code_expires_at, attempt_expires_at };
            self.store.offer_qr(Some(code));
        }
    }

    /// Once on each connection.
    fn ask_pairing_code(&mut self) {
        let (Some(by_number), Some(live)) = (&mut self.by_number, &self.live) else { return };
        if !by_number.asked {
            by_number.asked = true;
            live.spawn(link_code::ask(live.connection.client(), by_number.phone.clone()));
        }
    }

    pub(super) fn offer_pairing_code(&mut self, code: &str) {
        let Some(by_number) = &self.by_number else { return };
        if let SessionState::WaitingForScan { code_expires_at, .. } = *self.machine.state() {
            self.code_due = None;
            let code =
                PairingCode { code: code.to_owned(), phone: by_number.phone.clone(), expires_at: code_expires_at };
            self.store.offer_pairing_code(Some(code));
        }
    }

    /// The phone did not open what this device sealed, most likely because another code was typed.
    pub(super) async fn renew_pairing_code(&mut self) {
        let Some(by_number) = &mut self.by_number else { return };
        by_number.rounds += 1;
        by_number.asked = false;
        if by_number.rounds < link_code::ROUNDS {
            self.ask_pairing_code();
        } else {
            self.take(Signal::NoPairingCode { problem: problem::PAIRING_CODE_EXPIRED }).await;
        }
    }

    /// A new connection brings new codes.
    pub(super) const fn dialled_anew(&mut self) {
        if let Some(by_number) = &mut self.by_number {
            by_number.asked = false;
        }
    }

    pub(super) async fn passkey_asked(&mut self, options: &str) {
        match serde_json::from_str(options) {
            Ok(options) => self.store.ask_passkey(Some(options)),
            Err(error) => {
                tracing::error!(%error, "WhatsApp asks for a passkey in words that nobody understands");
                self.take(Signal::PasskeyFailed).await;
            }
        }
    }

    pub(super) async fn answer_passkey(&mut self, credential: &Value) -> Result<(), SessionError> {
        let SessionState::PasskeyNeeded { code: None, .. } = self.machine.state() else {
            return Err(SessionError::NoPasskeyAsked);
        };
        let options = self.store.passkey().borrow().clone();
        let (Some(live), Some(options)) = (&self.live, options) else { return Err(SessionError::NoPasskeyAsked) };
        let assertion = passkey::assertion(credential, &options)?;
        let client = live.connection.client();
        match tokio::time::timeout(PASSKEY_WITHIN, client.send_passkey_response(assertion)).await {
            Ok(Ok(())) => Ok(()),
            // WhatsApp takes one answer to each question; another try begins with another scan.
            Ok(Err(error)) => {
                let refusal = passkey::refusal(&error);
                if matches!(refusal, SessionError::PasskeyRefused(_)) {
                    self.take(Signal::PasskeyFailed).await;
                }
                Err(refusal)
            }
            Err(_) => Err(SessionError::Unavailable),
        }
    }

    pub(super) async fn confirm_passkey(&mut self) -> Result<(), SessionError> {
        let SessionState::PasskeyNeeded { code: Some(_), .. } = self.machine.state() else {
            return Err(SessionError::NoPasskeyAsked);
        };
        self.finish_passkey().await
    }

    /// The library drops the exchange with the first failure: then the attempt is over.
    pub(super) async fn finish_passkey(&mut self) -> Result<(), SessionError> {
        let Some(live) = &self.live else { return Err(SessionError::NotConnected) };
        let client = live.connection.client();
        match tokio::time::timeout(PASSKEY_WITHIN, client.send_passkey_confirmation()).await {
            Ok(Ok(())) => Ok(()),
            failed => {
                tracing::warn!(?failed, "linking with the passkey came to nothing");
                self.take(Signal::PasskeyFailed).await;
                Err(SessionError::PasskeyRefused("the phone was not told in time".into()))
            }
        }
    }

    /// What a state has no use for is no longer on offer.
    pub(super) fn withdraw(&mut self, state: &SessionState) {
        if !matches!(state, SessionState::WaitingForScan { .. }) {
            self.store.offer_qr(None);
            self.store.offer_pairing_code(None);
        }
        if !matches!(state, SessionState::PasskeyNeeded { .. }) {
            self.store.ask_passkey(None);
        }
        if !self.machine.is_linking() {
            self.by_number = None;
        }
    }
}
