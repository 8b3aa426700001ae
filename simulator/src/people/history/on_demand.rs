//! What a device asks its phone for later: older messages of a chat, or one message that it could not read.

use wacore_binary::Jid;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::conversation::EndOfHistoryTransferType as End;
use waproto::whatsapp::message::peer_data_operation_request_message::{
    HistorySyncChunkRetryRequest, HistorySyncOnDemandRequest, PlaceholderMessageResendRequest,
};
use waproto::whatsapp::message::peer_data_operation_request_response_message::PeerDataOperationResult;
use waproto::whatsapp::message::peer_data_operation_request_response_message::peer_data_operation_result::PlaceholderMessageResendResponse;
use waproto::whatsapp::message::protocol_message::Type;
use waproto::whatsapp::message::{
    HistorySyncNotification, HistorySyncType, PeerDataOperationRequestMessage, PeerDataOperationRequestResponseMessage,
    PeerDataOperationRequestType, ProtocolMessage,
};
use waproto::whatsapp::{HistorySync, Message, history_sync};

use super::super::person::Person;
use super::super::transcript;
use super::Opened;
use super::send::conversation;
use super::source::{Line, Sources, lived_line};
use crate::network::account::Device;
use crate::network::address::{Address, chat_jid};
use crate::store::StoreError;
use crate::world::{HistoryProgress, NewHistory, Result};

/// Messages that are given at a time, whatever is asked for.
const MOST: u32 = 500;

impl Person {
    /// A request of a companion, under the id of its message.
    pub(in crate::people) async fn answer_request(
        &self,
        device: u16,
        id: &str,
        request: &PeerDataOperationRequestMessage,
    ) -> Result<()> {
        let Some(companion) = self.account.device(device) else { return Ok(()) };
        match request.peer_data_operation_request_type {
            Some(PeerDataOperationRequestType::HISTORY_SYNC_ON_DEMAND) => {
                let Some(wanted) = request.history_sync_on_demand_request.as_option() else { return Ok(()) };
                let message = self.older(id, wanted).await?;
                self.send_peer(&companion, None, &message, |progress| progress.asked += 1).await
            }
            Some(PeerDataOperationRequestType::PLACEHOLDER_MESSAGE_RESEND) => {
                for wanted in &request.placeholder_message_resend_request {
                    self.resend(&companion, id, wanted).await?;
                }
                Ok(())
            }
            Some(PeerDataOperationRequestType::HISTORY_SYNC_CHUNK_RETRY) => {
                let Some(wanted) = request.history_sync_chunk_retry_request.as_option() else { return Ok(()) };
                match self.part_again(wanted).await? {
                    Some(message) => self.send_peer(&companion, None, &message, |progress| progress.asked += 1).await,
                    None => Ok(()),
                }
            }
            other => {
                tracing::debug!(?other, "a request that this phone does not know");
                Ok(())
            }
        }
    }

    /// A part of the history once more, for a device that lost it.
    async fn part_again(&self, wanted: &HistorySyncChunkRetryRequest) -> Result<Option<Message>> {
        let Some(spec) = self.history().await? else { return Ok(None) };
        let opened = Opened::open(&self.network, self.number(), spec).await?;
        let found = opened
            .plan
            .chunks()
            .find(|chunk| Some(chunk.kind) == wanted.sync_type && Some(chunk.order) == wanted.chunk_order);
        match found {
            Some(chunk) => Ok(Some(self.history_message(&opened.sources, &chunk).await?)),
            None => Ok(None),
        }
    }

    /// Messages of a chat from before the oldest that the device has.
    async fn older(&self, request: &str, wanted: &HistorySyncOnDemandRequest) -> Result<Message> {
        let sources = self.everything().await?;
        let asked = wanted.chat_jid.clone().unwrap_or_default();
        let count = wanted.on_demand_msg_count.unwrap_or(50).clamp(1, MOST as i32) as usize;
        let mut chat = None;
        let mut lines: Vec<Line> = Vec::new();
        for index in self.places_of(&sources, &asked) {
            let found = sources.chat(&self.network, index);
            lines.extend(sources.lines(&self.network, index, 0, found.messages).await?);
            chat.get_or_insert(found);
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        let known = lines.iter().position(|line| Some(&line.id) == wanted.oldest_msg_id.as_ref());
        let before = wanted.oldest_msg_timestamp_ms.unwrap_or(i64::MAX);
        let from = known.map_or_else(|| lines.iter().filter(|line| line.at >= before).count(), |place| place + 1);
        let rest = lines.len().saturating_sub(from + count);
        let given: Vec<Line> = lines.into_iter().skip(from).take(count).collect();
        let end = if rest > 0 {
            End::COMPLETE_ON_DEMAND_SYNC_BUT_MORE_MSG_REMAIN_ON_PRIMARY
        } else {
            End::COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
        };
        let mut sync = HistorySync {
            sync_type: history_sync::HistorySyncType::ON_DEMAND,
            chunk_order: Some(1),
            progress: Some(100),
            ..Default::default()
        };
        if let Some(mut chat) = chat {
            chat.messages = (given.len() + rest) as u32;
            let mut told = conversation(&sources, &chat, given, Some(end));
            // The chat is named as the device named it.
            for line in &mut told.messages {
                if let Some(info) = line.message.as_option_mut()
                    && let Some(key) = info.key.as_option_mut()
                {
                    key.remote_jid = Some(asked.clone());
                }
            }
            told.id = asked;
            sync.conversations.push(told);
        }
        let notification = HistorySyncNotification {
            chunk_order: Some(1),
            progress: Some(100),
            peer_data_request_session_id: Some(request.to_owned()),
            ..Default::default()
        };
        self.history_notification(HistorySyncType::ON_DEMAND, &sync, notification).await
    }

    /// The phone's whole past, whatever of it is handed over at linking.
    async fn everything(&self) -> std::result::Result<Sources, StoreError> {
        let spec = self.history().await?.unwrap_or_default();
        let spec = NewHistory { transcript: true, ..spec };
        Sources::open(&self.network, self.number(), spec).await
    }

    /// Where messages of a chat are, however it is named.
    fn places_of(&self, sources: &Sources, asked: &str) -> Vec<u32> {
        let number = asked.parse::<Jid>().ok().and_then(|jid| self.network.resolve(&jid));
        let number = number.map(|address| Address::phone(address.number).jid().to_string());
        (0..sources.chats())
            .filter(|index| {
                let chat = sources.chat(&self.network, *index);
                chat.jid == asked || chat.lid.as_deref() == Some(asked) || Some(&chat.jid) == number.as_ref()
            })
            .collect()
    }

    /// One message that the device could not read, as this phone has it.
    async fn resend(&self, companion: &Device, request: &str, wanted: &PlaceholderMessageResendRequest) -> Result<()> {
        let Some(key) = wanted.message_key.as_option() else { return Ok(()) };
        let id = key.id.clone().unwrap_or_default();
        let row = transcript::find(&self.network.store, self.number(), &id).await?;
        let peer = row.as_ref().map(|row| row.peer);
        let line = row.and_then(|row| lived_line(&self.network, self.number(), row));
        // What the phone has not either is answered too, without a message.
        let info = line.zip(peer).map(|(line, peer)| line.into_info(&chat_jid(peer).to_string()));
        let result = PeerDataOperationResult {
            placeholder_message_resend_response: MessageField::some(PlaceholderMessageResendResponse {
                web_message_info_bytes: info.map(|info| info.encode_to_vec()),
            }),
            ..Default::default()
        };
        let response = PeerDataOperationRequestResponseMessage {
            peer_data_operation_request_type: Some(PeerDataOperationRequestType::PLACEHOLDER_MESSAGE_RESEND),
            stanza_id: Some(request.to_owned()),
            peer_data_operation_result: vec![result],
        };
        let message = Message {
            protocol_message: MessageField::some(ProtocolMessage {
                r#type: Some(Type::PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE),
                peer_data_operation_request_response_message: MessageField::some(response),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.send_peer(companion, None, &message, |_: &mut HistoryProgress| ()).await
    }
}
