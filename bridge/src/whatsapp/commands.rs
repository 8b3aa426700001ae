//! What is asked of a live connection.

use std::{sync::Arc, time::Duration};

use ownline_model::phone::PhoneNumber;
use whatsapp_rust::{ChatStateType, Client, Jid};

use super::identity;
use crate::{
    session_port::{Answer, SessionError},
    store::inbound::WaIdentity,
};

/// Less than a caller waits for the session.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

pub(super) enum Request {
    IsOnWhatsapp { phone: PhoneNumber, answer: Answer<Option<WaIdentity>> },
    AgentTyping { chat: WaIdentity, typing: bool },
    MarkRead { chat: WaIdentity, wa_ids: Vec<String> },
}

impl Request {
    /// There is no connection. Hints are worth nothing later; ticks can be given when the chat is read again.
    pub(super) fn refuse(self) {
        if let Self::IsOnWhatsapp { answer, .. } = self {
            let _ = answer.send(Err(SessionError::NotConnected));
        }
    }
}

pub(super) async fn carry_out(client: Arc<Client>, request: Request) {
    match request {
        Request::IsOnWhatsapp { phone, answer } => {
            let asked = tokio::time::timeout(ANSWER_WITHIN, is_on_whatsapp(&client, &phone)).await;
            let _ = answer.send(asked.unwrap_or(Err(SessionError::Unavailable)));
        }
        Request::AgentTyping { chat, typing } => {
            let Some(to) = wire_address(&client, &chat).await else { return };
            let state = if typing { ChatStateType::Composing } else { ChatStateType::Paused };
            if let Err(error) = client.chatstate().send(&to, state).await {
                tracing::debug!(%error, "the customer was not told that the agent types");
            }
        }
        Request::MarkRead { chat, wa_ids } => {
            let Some(to) = wire_address(&client, &chat).await else { return };
            let ids: Vec<&str> = wa_ids.iter().map(String::as_str).collect();
            if let Err(error) = client.mark_as_read(&to, None, &ids).await {
                tracing::warn!(%error, "the customer was not told that the messages are read");
            }
        }
    }
}

/// Shows the line as present. A device that never does gets no typing, and its receipts count as from someone who is away; the
/// library does it at later logins, but not at the first.
pub(super) async fn appear(client: Arc<Client>) {
    if let Err(error) = client.presence().set_available().await {
        tracing::warn!(%error, "the line does not appear as present");
    }
}

async fn is_on_whatsapp(client: &Client, phone: &PhoneNumber) -> Result<Option<WaIdentity>, SessionError> {
    let asked = Jid::pn(phone.digits());
    let found = client.contacts().is_on_whatsapp(&[asked]).await;
    let found = found.map_err(|error| SessionError::Failed(error.to_string()))?;
    Ok(found.into_iter().find(|person| person.is_registered).map(|person| {
        let known = identity::person_of(&person.jid, person.lid.as_ref().or(person.pn_jid.as_ref()));
        WaIdentity { phone: known.phone.or_else(|| Some(phone.clone())), lid: known.lid }
    }))
}

async fn wire_address(client: &Client, chat: &WaIdentity) -> Option<Jid> {
    identity::wire_address(chat, client.is_lid_migrated().await)
}
