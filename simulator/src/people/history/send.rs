//! One part of a history on its way: packed, encrypted, laid on the media hosts (or within the message, when it is the first
//! one and small), and told to the device.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::conversation::EndOfHistoryTransferType;
use waproto::whatsapp::message::protocol_message::Type;
use waproto::whatsapp::message::{HistorySyncNotification, HistorySyncType, ProtocolMessage};
use waproto::whatsapp::{
    Conversation, GroupParticipant, HistorySync, HistorySyncMsg, Message, PhoneNumberToLIDMapping, Pushname,
    group_participant, history_sync,
};

use super::super::person::Person;
use super::plan::{Chunk, Span};
use super::source::{Chat, Line, Sources};
use crate::crypto;
use crate::network::address::parse_group;
use crate::network::groups::{Member, Rank};
use crate::network::media::MediaKind;
use crate::store::StoreError;
use crate::world::{Result, WorldError};

/// A first part that is no larger than this, packed, travels within its message.
const INLINE: usize = 32 * 1024;
const MEDIA_INFO: &[u8] = b"WhatsApp History Keys";

/// The same kind under the name of the file's own schema.
fn kind(kind: HistorySyncType) -> history_sync::HistorySyncType {
    use history_sync::HistorySyncType as Inner;
    match kind {
        HistorySyncType::INITIAL_BOOTSTRAP => Inner::INITIAL_BOOTSTRAP,
        HistorySyncType::FULL => Inner::FULL,
        HistorySyncType::RECENT => Inner::RECENT,
        HistorySyncType::PUSH_NAME => Inner::PUSH_NAME,
        HistorySyncType::ON_DEMAND => Inner::ON_DEMAND,
        _ => Inner::NON_BLOCKING_DATA,
    }
}

fn mapping(chat: &Chat) -> Option<PhoneNumberToLIDMapping> {
    Some(PhoneNumberToLIDMapping { pn_jid: Some(chat.jid.clone()), lid_jid: Some(chat.lid.clone()?) })
}

/// A chat with some of its messages, newest first.
pub(super) fn conversation(
    sources: &Sources,
    chat: &Chat,
    lines: Vec<Line>,
    end: Option<EndOfHistoryTransferType>,
) -> Conversation {
    let id = sources.id_of(chat);
    let newest = lines.first().map(|line| (line.at / 1000).cast_unsigned());
    let first = chat.messages;
    let messages = lines
        .into_iter()
        .enumerate()
        .map(|(place, line)| HistorySyncMsg {
            message: MessageField::some(line.into_info(&id)),
            msg_order_id: Some(u64::from(first) - place as u64),
        })
        .collect();
    let number = chat.jid.ends_with("@s.whatsapp.net");
    Conversation {
        messages,
        last_msg_timestamp: newest,
        conversation_timestamp: newest,
        unread_count: Some(chat.unread),
        end_of_history_transfer: end.map(|_| true),
        end_of_history_transfer_type: end,
        name: chat.name.clone(),
        archived: Some(chat.archived),
        pinned: chat.pinned.then_some(1),
        mute_end_time: chat.muted_until.map(i64::cast_unsigned),
        pn_jid: (number && id != chat.jid).then(|| chat.jid.clone()),
        lid_jid: chat.lid.clone().filter(|lid| *lid != id),
        id,
        ..Default::default()
    }
}

pub(super) fn pack(sync: &HistorySync) -> Result<Vec<u8>> {
    let pack = || {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&sync.encode_to_vec())?;
        encoder.finish()
    };
    pack().map_err(|error: std::io::Error| WorldError::Storage(error.to_string()))
}

fn message(notification: HistorySyncNotification) -> Message {
    Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(Type::HISTORY_SYNC_NOTIFICATION),
            history_sync_notification: MessageField::some(notification),
            ..Default::default()
        }),
        ..Default::default()
    }
}

impl Person {
    /// The message that hands one part over.
    pub(super) async fn history_message(&self, sources: &Sources, chunk: &Chunk) -> Result<Message> {
        let mut sync = HistorySync {
            sync_type: kind(chunk.kind),
            chunk_order: Some(chunk.order),
            progress: Some(chunk.progress),
            ..Default::default()
        };
        for span in &chunk.spans {
            let chat = sources.chat(&self.network, span.chat);
            let mut conversation = self.part_of_chat(sources, &chat, *span).await?;
            conversation.participant = self.participants(&chat);
            sync.conversations.push(conversation);
            sync.phone_number_to_lid_mappings.extend(mapping(&chat));
        }
        for index in chunk.names.clone() {
            let chat = sources.chat(&self.network, index);
            // Only people have names of their own choice.
            if !chat.jid.ends_with("@g.us") {
                sync.pushnames.push(Pushname { id: Some(sources.id_of(&chat)), pushname: chat.name });
            }
        }
        let oldest = sync.conversations.iter().flat_map(|conversation| &conversation.messages);
        let oldest = oldest.filter_map(|line| line.message.as_option()?.message_timestamp).min();
        let notification = HistorySyncNotification {
            chunk_order: Some(chunk.order),
            progress: Some(chunk.progress),
            oldest_msg_in_chunk_timestamp_sec: oldest.map(u64::cast_signed),
            ..Default::default()
        };
        self.history_notification(chunk.kind, &sync, notification).await
    }

    /// The members of a chat that is a group.
    fn participants(&self, chat: &Chat) -> Vec<GroupParticipant> {
        let Some(group) = parse_group(&chat.jid).and_then(|id| self.network.group(id)) else { return Vec::new() };
        let named = |member: &Member| Some((self.network.account_of_lid(member.lid)?, member.rank));
        let members = group.members.iter().filter_map(named).map(|(account, rank)| GroupParticipant {
            user_jid: group.names(&account, 0).0.to_string(),
            rank: Some(match rank {
                Rank::Member => group_participant::Rank::REGULAR,
                Rank::Admin => group_participant::Rank::ADMIN,
                Rank::Owner => group_participant::Rank::SUPERADMIN,
            }),
            ..Default::default()
        });
        members.collect()
    }

    async fn part_of_chat(
        &self,
        sources: &Sources,
        chat: &Chat,
        span: Span,
    ) -> std::result::Result<Conversation, StoreError> {
        let lines = sources.lines(&self.network, span.chat, span.from, span.count).await?;
        let end = span.last.then_some(if chat.kept_back > 0 {
            EndOfHistoryTransferType::COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY
        } else {
            EndOfHistoryTransferType::COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
        });
        Ok(conversation(sources, chat, lines, end))
    }

    /// Packs a part and completes what leads to it.
    pub(super) async fn history_notification(
        &self,
        sort: HistorySyncType,
        sync: &HistorySync,
        notification: HistorySyncNotification,
    ) -> Result<Message> {
        let packed = pack(sync)?;
        let size = packed.len();
        let notification = HistorySyncNotification { sync_type: Some(sort), ..notification };
        if sort == HistorySyncType::INITIAL_BOOTSTRAP && size <= INLINE {
            return Ok(message(HistorySyncNotification {
                file_length: Some(size as u64),
                initial_hist_bootstrap_inline_payload: Some(packed),
                ..notification
            }));
        }
        let key: [u8; 32] = crypto::random();
        let hash = crypto::sha256(&packed);
        let sealed = crypto::seal_media(&key, MEDIA_INFO, &packed);
        let stored = self.network.put_media(MediaKind::MdMsgHist, self.number(), &sealed).await?;
        Ok(message(HistorySyncNotification {
            file_length: Some(size as u64),
            file_sha256: Some(hash.to_vec()),
            file_enc_sha256: Some(crypto::sha256(&sealed).to_vec()),
            media_key: Some(key.to_vec()),
            direct_path: Some(stored.direct_path),
            ..notification
        }))
    }
}
