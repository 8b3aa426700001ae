//! The statuses seen so far. Wherever they are looked at, they only ever move forward.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use ownline_model::message::{Message, MessageStatus};

#[derive(Debug, Default)]
pub(super) struct Statuses(HashMap<(&'static str, String), MessageStatus>);

impl Statuses {
    pub(super) fn note(&mut self, place: &'static str, messages: &[Message]) -> Result<()> {
        for message in messages {
            let last = self.0.entry((place, message.wa_id.clone())).or_insert(message.status);
            ensure!(
                last.advance(message.status) == message.status,
                "{place}: “{}” ({}) went back from {last:?} to {:?}",
                message.text.as_deref().unwrap_or_default(),
                message.wa_id,
                message.status
            );
            *last = message.status;
        }
        Ok(())
    }
}
