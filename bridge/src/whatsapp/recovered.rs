//! Messages that the own phone hands over because this device could not read them.
//!
//! The library tells of them beside the durability hook, which would lose them their place among the others. The phone's
//! answer itself passes through the hook, and is confirmed after it: so what it holds is read there, and is on the disk before
//! the phone may forget that it was asked.

use whatsapp_rust::{
    Jid,
    types::durability_hook::InboundMessage,
    wacore::{
        time,
        types::message::{MessageInfo, MessageSource},
    },
    wacore_binary::JidExt as _,
    waproto::{codec, whatsapp as wa},
};

use super::inbound::{self, Own};
use crate::store::inbound::Incoming;

/// What the phone's answers in a batch hold; nothing for everything else.
pub(super) fn facts(message: &InboundMessage, own: &Own) -> Vec<Incoming> {
    let source = &message.info.source;
    // Nobody but the own phone is believed.
    if !source.is_from_me || source.sender.device != 0 {
        return Vec::new();
    }
    let answer = message
        .message
        .protocol_message
        .as_option()
        .and_then(|protocol| protocol.peer_data_operation_request_response_message.as_option());
    let results = answer.into_iter().flat_map(|answer| &answer.peer_data_operation_result);
    results
        .filter_map(|result| result.placeholder_message_resend_response.as_option()?.web_message_info_bytes.as_deref())
        .filter_map(|bytes| fact(&codec::web_message_info_decode(bytes).ok()?, own))
        .collect()
}

fn fact(web: &wa::WebMessageInfo, own: &Own) -> Option<Incoming> {
    let key = web.key.as_option()?;
    let chat: Jid = key.remote_jid.as_deref()?.parse().ok()?;
    let from_me = key.from_me.unwrap_or(false);
    let sender = match key.participant.as_deref() {
        Some(participant) => participant.parse().ok()?,
        None if from_me => own.pn.clone()?,
        None => chat.clone(),
    };
    let info = MessageInfo {
        id: key.id.clone()?,
        source: MessageSource {
            is_group: chat.is_group(),
            chat,
            sender,
            is_from_me: from_me,
            ..MessageSource::default()
        },
        push_name: web.push_name.clone().unwrap_or_default(),
        timestamp: time::from_secs(i64::try_from(web.message_timestamp?).ok()?)?,
        ..MessageInfo::default()
    };
    inbound::incoming(web.message.as_option()?, &info, own).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use whatsapp_rust::waproto::{
        buffa::{Message as _, MessageField},
        whatsapp::message::{
            PeerDataOperationRequestResponseMessage, ProtocolMessage,
            peer_data_operation_request_response_message::{
                PeerDataOperationResult, peer_data_operation_result::PlaceholderMessageResendResponse,
            },
        },
    };

    use super::*;

    fn own() -> Own {
        Own { pn: "4915112345678@s.whatsapp.net".parse().ok(), lid: None }
    }

    fn answer(sender: &str, is_from_me: bool) -> InboundMessage {
        let key = wa::MessageKey {
            remote_jid: Some("5511987654321@s.whatsapp.net".to_owned()),
            from_me: Some(false),
            id: Some("3EB0A".to_owned()),
            participant: None,
        };
        let web = wa::WebMessageInfo {
            key: MessageField::some(key),
            message: MessageField::some(wa::Message {
                conversation: Some("here it is".to_owned()),
                ..Default::default()
            }),
            message_timestamp: Some(1_700_000_000),
            ..Default::default()
        };
        let resent = PlaceholderMessageResendResponse { web_message_info_bytes: Some(web.encode_to_vec()) };
        let result = PeerDataOperationResult {
            placeholder_message_resend_response: MessageField::some(resent),
            ..Default::default()
        };
        let response =
            PeerDataOperationRequestResponseMessage { peer_data_operation_result: vec![result], ..Default::default() };
        let protocol = ProtocolMessage {
            peer_data_operation_request_response_message: MessageField::some(response),
            ..Default::default()
        };
        let message = wa::Message { protocol_message: MessageField::some(protocol), ..Default::default() };
        let sender: Jid = sender.parse().expect("an address");
        let source = MessageSource { chat: sender.to_non_ad(), sender, is_from_me, ..MessageSource::default() };
        let info = MessageInfo { id: "PDO".to_owned(), source, ..MessageInfo::default() };
        InboundMessage::builder().message(Arc::new(message)).info(Arc::new(info)).build()
    }

    #[test]
    fn f10_what_the_phone_hands_over_is_taken_from_its_answer() {
        let found = facts(&answer("4915112345678@s.whatsapp.net", true), &own());
        let [Incoming::Message(fact)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((fact.wa_id.as_str(), fact.text.as_deref(), fact.from_me), ("3EB0A", Some("here it is"), false));
        assert_eq!(fact.chat.phone.as_ref().expect("a number").as_str(), "+5511987654321");
    }

    #[test]
    fn nobody_but_the_own_phone_is_believed() {
        assert!(facts(&answer("5511987654321@s.whatsapp.net", false), &own()).is_empty(), "a customer");
        assert!(facts(&answer("4915112345678:3@s.whatsapp.net", true), &own()).is_empty(), "another own device");
    }
}
