//! What handlers work with.

use std::sync::Arc;

use crate::{account::Account, api::tokens::Tokens, session_port::SessionPort, store::Store};

#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) session: SessionPort,
    pub(crate) account: Account,
    pub(crate) tokens: Arc<Tokens>,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: Arc<str>,
}
