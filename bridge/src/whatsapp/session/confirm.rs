//! A phone that holds another number than the chats of this machine: nothing of it is kept before the agent has decided.

use std::time::Duration;

use ownline_model::{phone::PhoneNumber, session::SessionState};
use whatsapp_rust::wacore::types::events::Event;

use super::{
    super::{connection::Connection, happenings::Happening, machine::Signal},
    Session,
};
use crate::{session_port::SessionError, time::now};

/// How long the device that is let go may take to reach WhatsApp.
const FAREWELL_WITHIN: Duration = Duration::from_secs(8);

impl Session {
    /// The signal that asks the agent, where `number` is not the one whose chats are here.
    pub(super) async fn other_number(&self, number: &PhoneNumber) -> Option<Signal> {
        let previous = self.store.number_with_chats().await.ok().flatten()?;
        (previous.canonical() != number.canonical()).then(|| Signal::OtherNumber { number: number.clone(), previous })
    }

    pub(super) async fn confirm_number(&mut self, go_on: bool) -> Result<(), SessionError> {
        if !matches!(self.machine.state(), SessionState::ConfirmNumber { .. }) {
            return Err(SessionError::NothingToConfirm);
        }
        if !go_on {
            let told = self.say_goodbye().await;
            let effect = self.machine.on(Signal::NumberDeclined { told }, now());
            self.carry_out(effect).await;
            return Ok(());
        }
        let device = self.file.open().await.map_err(|error| SessionError::Failed(error.to_string()))?;
        let Some(account) = device.account() else { return Err(SessionError::NotLinked) };
        drop(device);
        self.note_account(account.clone(), true).await;
        if self.account.as_ref().map(|noted| &noted.phone) != Some(&account.phone) {
            return Err(SessionError::Unavailable);
        }
        self.machine.on(Signal::NumberConfirmed, now());
        self.open().await;
        Ok(())
    }

    /// Takes the device off the phone again. It keeps nothing of what reaches it meanwhile.
    async fn say_goodbye(&mut self) -> bool {
        let Ok(device) = self.file.open().await else { return false };
        let asked = self.network.version(&self.store, device.built_in_version());
        let Some(version) = self.cancel.run_until_cancelled(asked).await else { return false };
        let Ok(mut connection) = Connection::open(device, &self.network, version, None).await else { return false };
        let connected = async {
            loop {
                match connection.next().await {
                    Some(Happening::Library(event)) => match &*event {
                        Event::Connected(_) => return Some(true),
                        // Gone from the phone already.
                        Event::LoggedOut(_) => return Some(false),
                        _ => {}
                    },
                    Some(Happening::RunEnded) | None => return None,
                    Some(_) => {}
                }
            }
        };
        let waited = tokio::time::timeout(FAREWELL_WITHIN, connected);
        let reached = self.cancel.run_until_cancelled(waited).await.and_then(Result::ok).flatten();
        let told = match reached {
            Some(true) => connection.log_out().await,
            Some(false) => true,
            None => false,
        };
        connection.close().await;
        told
    }
}
