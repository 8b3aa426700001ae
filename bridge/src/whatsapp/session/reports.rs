//! What the connection reports, and what follows from it.

use ownline_model::session::SessionState;
use tokio::time::Instant;
use whatsapp_rust::{
    Client,
    wacore::types::events::{Event, PairSuccess},
};

use super::{
    super::{
        desk_news,
        happenings::Happening,
        history, hook, identity,
        machine::{Effect, Machine, Signal},
        phone_state, signals, time_lock,
    },
    STORE_PAUSE, STORE_PAUSE_MAX, Session,
};
use crate::{store::inbound::LinkedAccount, time::now};

/// Happenings looked at in one go: their statuses share a transaction.
const AT_ONCE: usize = 256;

impl Session {
    pub(super) async fn happened(&mut self, first: Option<Happening>) {
        let Some(first) = first else {
            // Cannot happen before `RunEnded`; a connection without reporters is over.
            return self.close().await;
        };
        let mut happenings = vec![first];
        while happenings.len() < AT_ONCE
            && let Some(next) = self.live.as_mut().and_then(|live| live.connection.ready())
        {
            happenings.push(next);
        }
        if let Some(live) = &self.live {
            let client = live.connection.client();
            let answers = live.answers.clone();
            let news = desk_news::gather(&client, &happenings);
            let placeholders = live.connection.placeholders();
            if let Some(taken) = placeholders.take_due().await {
                hook::store_gaps(&self.store, &client, &placeholders, taken).await;
            }
            desk_news::tell(&self.store, news, Some(&answers)).await;
            self.note_phone_marks(&client, &happenings).await;
        }
        for happening in &happenings {
            if self.live.is_none() {
                break;
            }
            self.step(happening).await;
        }
        self.show().await;
    }

    async fn note_phone_marks(&self, client: &Client, happenings: &[Happening]) {
        let mut marks = Vec::new();
        for happening in happenings {
            let Happening::Library(event) = happening else { continue };
            for (mut who, mark) in phone_state::marks(event) {
                hook::complete(client, &mut who).await;
                marks.push((who, mark));
            }
        }
        if !marks.is_empty()
            && let Err(error) = self.store.note_phone_marks(marks).await
        {
            tracing::error!(%error, "what the phone keeps about its chats could not be stored");
        }
    }

    async fn step(&mut self, happening: &Happening) {
        let signal = match happening {
            Happening::Dialling => {
                self.dialled_anew();
                Some(Signal::Dialling)
            }
            Happening::DialFailed => Some(Signal::DialFailed),
            Happening::StreamEnded { code } => Some(Signal::StreamEnded { code: *code }),
            Happening::NotStored => {
                self.redeliver_at.get_or_insert(Instant::now() + self.store_pause);
                self.store_pause = (self.store_pause * 2).min(STORE_PAUSE_MAX);
                None
            }
            Happening::RunEnded => return self.run_ended().await,
            Happening::Library(event) => match (&**event, signals::signal(event, now())) {
                (Event::PairSuccess(success), signal) => self.number_of(success).await.or(signal),
                (_, signal) => signal,
            },
        };
        if let Some(signal) = signal {
            self.take(signal).await;
        }
        if let Happening::Library(event) = happening {
            match &**event {
                Event::PairingQrCode(code) => self.offer(&code.code),
                // 463: this number may start no new chats for a while. WhatsApp also says for how long.
                Event::ServerAck(ack) if ack.error.as_deref() == Some("463") => self.ask_how_long(),
                Event::PairingCode(code) => self.offer_pairing_code(&code.code),
                Event::PairingCodeRefresh(_) => self.renew_pairing_code().await,
                Event::PairPasskeyRequest(asked) => self.passkey_asked(&asked.request_options_json).await,
                // The account knows this device from before: there is nothing to compare.
                Event::PairPasskeyConfirmation(confirmation) if confirmation.skip_handoff_ux => {
                    let _ = self.finish_passkey().await;
                }
                Event::PairSuccess(success) => self.paired(success).await,
                Event::SelfPushNameUpdated(_) => self.note_account_of_device(false).await,
                Event::HistorySync(arrived) if self.account.is_some() => history::keep(&self.store, arrived).await,
                _ => {}
            }
        }
    }

    pub(super) async fn take(&mut self, signal: Signal) {
        let was_online = self.machine.state().can_send();
        let effect = self.machine.on(signal, now());
        if self.machine.state().can_send() && !was_online {
            self.came_online().await;
        } else if was_online && !self.machine.state().can_send() {
            self.online.send_replace(None);
        }
        self.carry_out(effect).await;
    }

    pub(super) async fn carry_out(&mut self, effect: Option<Effect>) {
        match effect {
            None => {}
            Some(Effect::SaveDevice) => {
                if let Some(live) = &self.live
                    && let Err(error) = live.connection.device().save().await
                {
                    tracing::error!(%error, "the device's keys could not be written");
                }
            }
            Some(Effect::Close) => {
                // Shown before the goodbye, which may take seconds.
                self.show().await;
                self.close().await;
                if *self.machine.state() == SessionState::ClientOutdated {
                    self.update_version().await;
                }
            }
            Some(Effect::CloseAndForget) => {
                self.show().await;
                self.close().await;
                self.forget_device().await;
            }
        }
    }

    /// A program that runs for weeks presents the version of its start: a newer one is worth one more try.
    async fn update_version(&mut self) {
        let Some(used) = self.version else { return };
        let asked = self.network.version(&self.store, used);
        if let Some(current) = self.cancel.run_until_cancelled(asked).await
            && current > used
        {
            Box::pin(self.connect()).await;
        }
    }

    /// The library has given up without a word that says why: a session that should be alive is started again.
    async fn run_ended(&mut self) {
        self.close().await;
        match self.machine.state() {
            SessionState::Online { .. } | SessionState::Syncing { .. } | SessionState::Pairing => {
                let next_try_at = now().plus_millis(1_000);
                self.machine = Machine::new(SessionState::Reconnecting { attempt: 1, next_try_at, reason: None });
            }
            _ if self.machine.is_linking() => {
                let had_a_code = matches!(self.machine.state(), SessionState::WaitingForScan { .. });
                let signal = if had_a_code { Signal::CodesExhausted } else { Signal::NoCodeCame };
                let effect = self.machine.on(signal, now());
                self.carry_out(effect).await;
            }
            _ => {}
        }
    }

    fn ask_how_long(&self) {
        if let Some(live) = &self.live {
            live.spawn(time_lock::ask(live.connection.client(), self.store.clone()));
        }
    }

    async fn came_online(&mut self) {
        self.registered = true;
        self.store_pause = STORE_PAUSE;
        self.connections += 1;
        // Told on each connection: a replica that was made anew learns its number by it.
        self.note_account_of_device(true).await;
        self.online.send_replace(Some(self.connections));
        if let Some(live) = &self.live {
            live.spawn(history::again::run(self.store.clone(), live.connection.client()));
        }
    }

    /// The signal of a number that must be confirmed first.
    async fn number_of(&self, success: &PairSuccess) -> Option<Signal> {
        let number = identity::person_of(&success.id, Some(&success.lid)).phone?;
        self.other_number(&number).await
    }

    async fn paired(&mut self, success: &PairSuccess) {
        self.registered = true;
        self.platform = Some(success.platform.clone()).filter(|platform| !platform.is_empty());
        self.note_account_of_device(false).await;
        if let Some(account) = &self.account
            && let Err(error) = self.store.forget_phone_marks(account.phone.clone()).await
        {
            tracing::error!(%error, "what the phone kept before could not be forgotten");
        }
        if let Some(live) = &self.live {
            live.connection.let_in();
        }
    }

    /// Notes the account as the device knows it now; unless `anew`, only when that is different from what was noted.
    async fn note_account_of_device(&mut self, anew: bool) {
        let Some(account) = self.live.as_ref().and_then(|live| live.connection.device().account()) else { return };
        self.note_account(account, anew).await;
    }

    pub(super) async fn note_account(&mut self, account: LinkedAccount, anew: bool) {
        let account = LinkedAccount { platform: self.platform.clone(), ..account };
        if !anew && self.account.as_ref() == Some(&account) {
            return;
        }
        match self.store.set_linked(account.clone()).await {
            Ok(()) => self.account = Some(account),
            Err(error) => tracing::error!(%error, "the linked account could not be noted"),
        }
    }
}
