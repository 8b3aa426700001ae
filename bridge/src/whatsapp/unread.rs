//! A message whose words have not come: as the library tells of it, and as the store keeps it.

use std::sync::Arc;

use ownline_model::time::UtcMillis;
use whatsapp_rust::{
    Jid,
    wacore::{
        time,
        types::{
            events::{UnavailableType, UndecryptableMessage},
            message::{MessageCategory, MessageInfo, MessageSource},
        },
    },
    wacore_binary::JidExt as _,
};

use super::missed;
use crate::store::{Owed, inbound::Incoming};

#[derive(Debug, Clone)]
pub(super) struct Unread {
    pub(super) info: Arc<MessageInfo>,
    /// Its words never come to a linked device.
    pub(super) view_once: bool,
    /// It came before this connection. What comes now is behind it, also its own repetition, but for what was ahead of it then.
    pub(super) earlier: bool,
    /// The ids of what came ahead of it in its chat and was not stored when it came.
    pub(super) behind: Vec<String>,
    /// What has come since in its place.
    pub(super) words: Vec<Incoming>,
}

impl From<&UndecryptableMessage> for Unread {
    fn from(message: &UndecryptableMessage) -> Self {
        let view_once = message.unavailable_type == UnavailableType::ViewOnce;
        Self { view_once, ..Self::new(Arc::clone(&message.info)) }
    }
}

impl Unread {
    pub(super) const fn new(info: Arc<MessageInfo>) -> Self {
        Self { info, view_once: false, earlier: false, behind: Vec::new(), words: Vec::new() }
    }

    /// As the store keeps it; nothing for what is no chat's.
    pub(super) fn owed(&self) -> Option<Owed> {
        let info = &self.info;
        let source = &info.source;
        let chat = &source.chat;
        let is_list = chat.is_broadcast_list() || chat.is_status_broadcast() || chat.is_newsletter();
        if info.category == MessageCategory::Peer || is_list {
            return None;
        }
        let other = if source.is_from_me {
            source.recipient_alt.as_ref().or(info.peer_recipient_pn.as_ref())
        } else {
            source.sender_alt.as_ref()
        };
        Some(Owed {
            stanza: missed::stanza(info),
            from_me: source.is_from_me,
            other: other.map(ToString::to_string),
            push_name: info.push_name.clone(),
            at: UtcMillis(info.timestamp.timestamp_millis()),
            view_once: self.view_once,
            behind: self.behind.clone(),
        })
    }

    pub(super) fn of(owed: &Owed) -> Option<Self> {
        let chat: Jid = owed.stanza.chat.parse().ok()?;
        let other: Option<Jid> = owed.other.as_ref().and_then(|other| other.parse().ok());
        let (sender_alt, recipient_alt) = if owed.from_me { (None, other) } else { (other, None) };
        let source = MessageSource {
            sender: owed.stanza.sender.parse().ok()?,
            is_group: chat.is_group(),
            chat,
            is_from_me: owed.from_me,
            sender_alt,
            recipient_alt,
            ..MessageSource::default()
        };
        let info = MessageInfo {
            id: owed.stanza.id.clone(),
            source,
            push_name: owed.push_name.clone(),
            timestamp: time::from_secs(owed.at.0 / 1000)?,
            ..MessageInfo::default()
        };
        let behind = owed.behind.clone();
        Some(Self { view_once: owed.view_once, earlier: true, behind, ..Self::new(Arc::new(info)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owed(chat: &str, sender: &str, from_me: bool) -> Owed {
        Owed {
            stanza: crate::store::Stanza { chat: chat.into(), sender: sender.into(), id: "3EB0A".into() },
            from_me,
            other: Some("5511987654321@s.whatsapp.net".into()),
            push_name: "Joana".into(),
            at: UtcMillis(1_700_000_000_000),
            view_once: false,
            behind: Vec::new(),
        }
    }

    #[test]
    fn what_the_store_keeps_comes_back_whole() {
        for owed in [
            owed("99@lid", "99:3@lid", false),
            owed("99@lid", "4915112345678@s.whatsapp.net", true),
            Owed { view_once: true, ..owed("120363021033254949@g.us", "99@lid", false) },
            Owed { behind: vec!["A".into(), "B".into()], ..owed("99@lid", "99@lid", false) },
        ] {
            assert_eq!(Unread::of(&owed).expect("addresses").owed(), Some(owed));
        }
        assert!(Unread::of(&owed("99@lid", "no address", false)).is_none());
    }

    #[test]
    fn devices_of_one_account_owe_nobody() {
        let unread = Unread::of(&owed("99@lid", "99@lid", false)).expect("addresses");
        let info = MessageInfo { category: MessageCategory::Peer, ..(*unread.info).clone() };
        assert_eq!(Unread { info: Arc::new(info), ..unread }.owed(), None);
        let status = Unread::of(&owed("status@broadcast", "99@lid", false)).expect("addresses");
        assert_eq!(status.owed(), None, "nor does a status");
    }
}
