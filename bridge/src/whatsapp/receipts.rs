//! Receipts to statuses, pure.

use ownline_model::{message::MessageStatus, time::UtcMillis};
use whatsapp_rust::{
    wacore::types::{events::Receipt, presence::ReceiptType},
    wacore_binary::JidExt as _,
};

use super::{identity, inbound::Own};
use crate::store::{
    groups::GroupTick,
    inbound::{MessageRef, StatusNews, WaIdentity},
};

/// What a receipt means to the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The customer's device took, showed or played messages of ours.
    Status(Vec<StatusNews>),
    /// A member of a group did.
    GroupTick(GroupTick),
    /// The agent read the customer's messages on another device.
    ReadElsewhere {
        chat: WaIdentity,
        wa_ids: Vec<String>,
    },
    /// The agent listened to the customer's voice notes on another device.
    PlayedElsewhere {
        chat: WaIdentity,
        wa_ids: Vec<String>,
    },
    Nothing,
}

/// Receipts by sibling devices about our messages say nothing about the customer. They arrive from our own address.
pub(super) fn meaning(receipt: &Receipt, own: &Own) -> Meaning {
    let source = &receipt.source;
    if source.chat.is_group() {
        return in_group(receipt, own);
    }
    let chat = identity::person_of(&source.chat, source.sender_alt.as_ref());
    if chat.is_empty() || source.is_from_me || own.is(&source.chat) || own.is(&source.sender) {
        return Meaning::Nothing;
    }
    match receipt.r#type {
        ReceiptType::ReadSelf => return Meaning::ReadElsewhere { chat, wa_ids: receipt.message_ids.clone() },
        ReceiptType::PlayedSelf => return Meaning::PlayedElsewhere { chat, wa_ids: receipt.message_ids.clone() },
        _ => {}
    }
    let Some(status) = status(&receipt.r#type) else { return Meaning::Nothing };
    let at = UtcMillis(receipt.timestamp.timestamp_millis());
    let news = receipt.message_ids.iter().map(|wa_id| StatusNews {
        message: MessageRef::Sent { chat: Some(chat.clone()), wa_id: wa_id.clone() },
        status,
        at,
        failure: None,
    });
    Meaning::Status(news.collect())
}

/// What it says about the message it is for.
const fn status(kind: &ReceiptType) -> Option<MessageStatus> {
    match kind {
        // `inactive` is a delivery to a device whose user is away.
        ReceiptType::Delivered | ReceiptType::Inactive => Some(MessageStatus::Delivered),
        ReceiptType::Read => Some(MessageStatus::Read),
        ReceiptType::Played => Some(MessageStatus::Played),
        // `sent` takes a delivery back, and a status never goes back. Everything else is the devices' own business.
        _ => None,
    }
}

/// Each member of a group tells for itself. The own account's other devices do so about what they have read.
fn in_group(receipt: &Receipt, own: &Own) -> Meaning {
    let source = &receipt.source;
    let group = identity::chat(&source.chat);
    let wa_ids = receipt.message_ids.clone();
    if group.is_empty() {
        return Meaning::Nothing;
    }
    let is_own = source.is_from_me || own.is(&source.sender);
    match receipt.r#type {
        ReceiptType::ReadSelf => return Meaning::ReadElsewhere { chat: group, wa_ids },
        ReceiptType::PlayedSelf => return Meaning::PlayedElsewhere { chat: group, wa_ids },
        ReceiptType::Read if is_own => return Meaning::ReadElsewhere { chat: group, wa_ids },
        ReceiptType::Played if is_own => return Meaning::PlayedElsewhere { chat: group, wa_ids },
        _ => {}
    }
    let who = identity::person_of(&source.sender, source.sender_alt.as_ref());
    match status(&receipt.r#type).filter(|_| !is_own && !who.is_empty()) {
        Some(status) => {
            let at = UtcMillis(receipt.timestamp.timestamp_millis());
            Meaning::GroupTick(GroupTick { group, who, wa_ids, status, at })
        }
        None => Meaning::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::{chrono::DateTime, types::message::MessageSource};

    use super::*;

    fn receipt(from: &str, kind: ReceiptType, ids: &[&str]) -> Receipt {
        Receipt::builder()
            .message_ids(ids.iter().map(|&id| id.to_owned()).collect())
            .source(MessageSource {
                chat: from.parse().expect("jid"),
                sender: from.parse().expect("jid"),
                ..Default::default()
            })
            .timestamp(DateTime::from_timestamp(1_700_000_000, 0).expect("time"))
            .r#type(kind)
            .offline(false)
            .build()
    }

    fn own() -> Own {
        Own { pn: "4915112345678@s.whatsapp.net".parse().ok(), lid: "777@lid".parse().ok() }
    }

    fn statuses(receipt: &Receipt) -> Vec<(String, MessageStatus)> {
        match meaning(receipt, &own()) {
            Meaning::Status(news) => news
                .into_iter()
                .map(|news| match news.message {
                    MessageRef::Sent { wa_id, .. } => (wa_id, news.status),
                    MessageRef::Id(id) => panic!("{id}"),
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_id_of_a_receipt_counts() {
        let read = receipt("5511987654321@s.whatsapp.net", ReceiptType::Read, &["A", "B"]);
        assert_eq!(statuses(&read), [("A".into(), MessageStatus::Read), ("B".into(), MessageStatus::Read)]);
        let away = receipt("99@lid", ReceiptType::Inactive, &["A"]);
        assert_eq!(statuses(&away), [("A".into(), MessageStatus::Delivered)]);
        let played = receipt("99@lid", ReceiptType::Played, &["A"]);
        assert_eq!(statuses(&played), [("A".into(), MessageStatus::Played)]);
    }

    #[test]
    fn our_other_devices_do_not_count_as_the_customer() {
        for from in ["4915112345678@s.whatsapp.net", "4915112345678:3@s.whatsapp.net", "777:2@lid"] {
            assert_eq!(meaning(&receipt(from, ReceiptType::Delivered, &["A"]), &own()), Meaning::Nothing, "{from}");
            assert_eq!(meaning(&receipt(from, ReceiptType::Sender, &["A"]), &own()), Meaning::Nothing, "{from}");
        }
    }

    #[test]
    fn each_member_of_a_group_tells_for_itself() {
        let told = |who: &str, kind: ReceiptType| {
            let mut told = receipt("120363021033254949@g.us", kind, &["A", "B"]);
            told.source.sender = who.parse().expect("jid");
            told.source.sender_alt = "5511987654321@s.whatsapp.net".parse().ok();
            meaning(&told, &own())
        };
        let Meaning::GroupTick(tick) = told("99:2@lid", ReceiptType::Read) else { panic!("a member's receipt") };
        assert_eq!((tick.group, tick.status), (WaIdentity::group("120363021033254949"), MessageStatus::Read));
        assert_eq!((tick.who.lid.as_deref(), tick.who.phone.is_some()), (Some("99"), true));
        assert_eq!(tick.wa_ids, ["A", "B"]);
        assert!(matches!(told("777:3@lid", ReceiptType::Read), Meaning::ReadElsewhere { .. }), "the own phone");
        assert_eq!(told("777:3@lid", ReceiptType::Delivered), Meaning::Nothing);
        assert_eq!(told("99@lid", ReceiptType::Retry), Meaning::Nothing);
    }

    #[test]
    fn reading_on_the_phone_is_told_apart() {
        let read = receipt("5511987654321@s.whatsapp.net", ReceiptType::ReadSelf, &["A"]);
        let Meaning::ReadElsewhere { chat, wa_ids } = meaning(&read, &own()) else { panic!("{read:?}") };
        assert_eq!((chat.phone.expect("phone").as_str(), wa_ids), ("+5511987654321", vec!["A".to_owned()]));
        let played = receipt("5511987654321@s.whatsapp.net", ReceiptType::PlayedSelf, &["A"]);
        assert!(matches!(meaning(&played, &own()), Meaning::PlayedElsewhere { wa_ids, .. } if wa_ids == ["A"]));
    }

    #[test]
    fn what_is_no_progress_changes_nothing() {
        for kind in [ReceiptType::Sent, ReceiptType::Retry, ReceiptType::ServerError, ReceiptType::PeerMsg] {
            assert_eq!(meaning(&receipt("99@lid", kind, &["A"]), &own()), Meaning::Nothing);
        }
        assert_eq!(meaning(&receipt("1-2@g.us", ReceiptType::Read, &["A"]), &own()), Meaning::Nothing);
    }
}
