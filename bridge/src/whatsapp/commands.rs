//! What is asked of a live connection.

use std::{sync::Arc, time::Duration};

use ownline_model::phone::PhoneNumber;
use whatsapp_rust::{ChatStateType, Client, Jid};

use super::{groups, history, identity};
use crate::{
    session_port::{Answer, SessionError},
    store::{history::OlderThan, inbound::WaIdentity},
};

/// Less than a caller waits for the session.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

pub(super) enum Request {
    IsOnWhatsapp { phone: PhoneNumber, answer: Answer<Option<WaIdentity>> },
    Older { older: OlderThan, answer: Answer<()> },
    AgentTyping { chat: WaIdentity, typing: bool, recording: bool },
    MarkPlayed { chat: WaIdentity, author: Option<WaIdentity>, wa_id: String },
}

impl Request {
    /// There is no connection. Hints are worth nothing later; ticks can be given when the chat is read again.
    pub(super) fn refuse(self) {
        match self {
            Self::IsOnWhatsapp { answer, .. } => {
                let _ = answer.send(Err(SessionError::NotConnected));
            }
            Self::Older { answer, .. } => {
                let _ = answer.send(Err(SessionError::NotConnected));
            }
            Self::AgentTyping { .. } | Self::MarkPlayed { .. } => {}
        }
    }
}

pub(super) async fn carry_out(client: Arc<Client>, request: Request) {
    match request {
        Request::IsOnWhatsapp { phone, answer } => {
            let asked = tokio::time::timeout(ANSWER_WITHIN, is_on_whatsapp(&client, &phone)).await;
            let _ = answer.send(asked.unwrap_or(Err(SessionError::Unavailable)));
        }
        Request::Older { older, answer } => {
            let asked = tokio::time::timeout(ANSWER_WITHIN, history::ask_for_older(&client, &older)).await;
            let _ = answer.send(asked.unwrap_or(Err(SessionError::Unavailable)));
        }
        Request::AgentTyping { chat, typing, recording } => {
            let Some(to) = wire_address(&client, &chat).await else { return };
            let state = match (typing, recording) {
                (true, true) => ChatStateType::Recording,
                (true, false) => ChatStateType::Composing,
                (false, _) => ChatStateType::Paused,
            };
            if let Err(error) = client.chatstate().send(&to, state).await {
                tracing::debug!(%error, "the customer was not told that the agent types");
            }
        }
        Request::MarkPlayed { chat, author, wa_id } => {
            let Some((to, author)) = receipt_address(&client, &chat, author.as_ref()).await else { return };
            let id = groups::stanza_id(&wa_id);
            if let Err(error) = client.mark_as_played(&to, author.as_ref(), &[id]).await {
                tracing::warn!(%error, "the customer was not told that the voice note was played");
            }
        }
    }
}

async fn is_on_whatsapp(client: &Client, phone: &PhoneNumber) -> Result<Option<WaIdentity>, SessionError> {
    let asked = Jid::pn(phone.digits());
    let found = client.contacts().is_on_whatsapp(&[asked]).await;
    let found = found.map_err(|error| SessionError::Failed(error.to_string()))?;
    Ok(found.into_iter().find(|person| person.is_registered).map(|person| {
        let known = identity::person_of(&person.jid, person.lid.as_ref().or(person.pn_jid.as_ref()));
        WaIdentity { phone: known.phone.or_else(|| Some(phone.clone())), lid: known.lid, ..Default::default() }
    }))
}

/// Where a receipt goes, and in a group whose message it is about. `None`: nobody can be told there.
pub(super) async fn receipt_address(
    client: &Client,
    chat: &WaIdentity,
    author: Option<&WaIdentity>,
) -> Option<(Jid, Option<Jid>)> {
    let to = wire_address(client, chat).await?;
    if !chat.is_group() {
        return Some((to, None));
    }
    let uses_lids = groups::uses_lids(client, &to).await;
    let author = identity::wire_address(author?, uses_lids)?;
    Some((to, Some(author)))
}

pub(super) async fn wire_address(client: &Client, chat: &WaIdentity) -> Option<Jid> {
    identity::wire_address(chat, client.is_lid_migrated().await)
}
