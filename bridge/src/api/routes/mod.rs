//! One file per resource: decode, ask the store (or the session, or the server), answer.

pub(crate) mod account;
pub(crate) mod agents;
pub(crate) mod browser;
pub(crate) mod channels;
pub(crate) mod contacts;
pub(crate) mod conversations;
pub(crate) mod groups;
pub(crate) mod history;
pub(crate) mod link;
pub(crate) mod media;
pub(crate) mod merges;
pub(crate) mod messages;
pub(crate) mod passkey;
pub(crate) mod pictures;
pub(crate) mod presence;
pub(crate) mod safety;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod tickets;
