//! Messages that the own phone hands over because this device could not read them.
//!
//! The library tells of them beside the durability hook. The phone's answer itself passes through it, and is confirmed after
//! it: so what it holds is read there once more, and is on the disk before the phone may forget that it was asked.

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
