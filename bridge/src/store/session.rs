//! The session's state and the code on offer: of this moment, hence in memory; what of it must outlive a restart
//! (restrictions) is kept as a value as well.

use ownline_model::{bridge::QrCode, session::SessionState};
use tokio::sync::watch;

use super::{Result, Store};

impl Store {
    /// Shows a new state to the screen, and reports it to the team when its name changed and a number is linked.
    pub async fn set_session(&self, state: SessionState) -> Result<()> {
        self.inner.session.send_replace(state);
        Ok(())
    }

    pub fn session(&self) -> watch::Receiver<SessionState> {
        self.inner.session.subscribe()
    }

    /// The code on offer; `None` when there is none any more.
    pub fn offer_qr(&self, code: Option<QrCode>) {
        self.inner.qr.send_replace(code);
    }

    pub fn qr(&self) -> watch::Receiver<Option<QrCode>> {
        self.inner.qr.subscribe()
    }
}
