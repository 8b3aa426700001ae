//! The session's state and the code on offer: of this moment, hence in memory; the store keeps what must outlive a restart.

use std::collections::BTreeSet;

use ownline_model::{
    bridge::{PairingCode, QrCode, ServerLink},
    ids::ConversationId,
    session::SessionState,
};
use tokio::{sync::watch, time::Instant};

use super::{Result, Store, change::Change, safety};

impl Store {
    /// Shows a new state to the screen, and reports it to the team when its name changed and a number is linked.
    pub async fn set_session(&self, state: SessionState) -> Result<()> {
        let name = state.name();
        let noted = state.clone();
        let before = self.inner.session.send_replace(state).name();
        let _ = self.inner.changes.send(Change::Status);
        self.write(move |tx| safety::note_session(tx, &noted)).await?;
        if before == name { Ok(()) } else { self.report_session(name).await }
    }

    pub fn session(&self) -> watch::Receiver<SessionState> {
        self.inner.session.subscribe()
    }

    /// The code on offer; `None` when there is none any more.
    pub fn offer_qr(&self, code: Option<QrCode>) {
        self.inner.qr.send_replace(code);
        let _ = self.inner.changes.send(Change::Status);
    }

    pub fn qr(&self) -> watch::Receiver<Option<QrCode>> {
        self.inner.qr.subscribe()
    }

    /// The code to type on the phone; `None` when there is none any more.
    pub fn offer_pairing_code(&self, code: Option<PairingCode>) {
        self.inner.pairing_code.send_replace(code);
        let _ = self.inner.changes.send(Change::Status);
    }

    pub fn pairing_code(&self) -> watch::Receiver<Option<PairingCode>> {
        self.inner.pairing_code.subscribe()
    }

    /// What the account's passkey must sign; `None` once nothing is asked any more.
    pub fn ask_passkey(&self, options: Option<serde_json::Value>) {
        self.inner.passkey.send_replace(options);
    }

    pub fn passkey(&self) -> watch::Receiver<Option<serde_json::Value>> {
        self.inner.passkey.subscribe()
    }

    /// How the link to the team's server stands.
    pub fn set_server_link(&self, link: ServerLink) {
        let changed = self.inner.server.send_if_modified(|known| {
            let changed = *known != link;
            *known = link;
            changed
        });
        if changed {
            let _ = self.inner.changes.send(Change::Status);
        }
    }

    pub fn server_link(&self) -> watch::Receiver<ServerLink> {
        self.inner.server.subscribe()
    }

    /// The chats on the screens of this machine, whose typing is of interest.
    pub fn watch_chats(&self, chats: BTreeSet<ConversationId>) {
        self.inner.watched.send_if_modified(|known| {
            let changed = *known != chats;
            *known = chats;
            changed
        });
    }

    pub fn watched_chats(&self) -> watch::Receiver<BTreeSet<ConversationId>> {
        self.inner.watched.subscribe()
    }

    /// The agent sits before a screen, and says so again before then; `None`: no longer.
    pub fn set_present_until(&self, until: Option<Instant>) {
        self.inner.present.send_if_modified(|known| {
            let changed = *known != until;
            *known = until;
            changed
        });
    }

    pub fn present_until(&self) -> watch::Receiver<Option<Instant>> {
        self.inner.present.subscribe()
    }

    /// This machine's clock minus the server's, in milliseconds.
    pub fn set_clock_skew(&self, millis: i64) {
        self.inner.clock_skew.send_replace(Some(millis));
    }
}
