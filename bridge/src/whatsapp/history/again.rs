//! Asks the phone once more for parts that were lost on their way.

use std::{sync::Arc, time::Duration};

use whatsapp_rust::{
    Client, Jid,
    wacore::{message_processing::EncType, messages::MessageUtils},
    wacore_binary::builder::NodeBuilder,
    waproto::{
        buffa::MessageField,
        whatsapp::{
            self as wa,
            message::{
                HistorySyncType, PeerDataOperationRequestMessage, PeerDataOperationRequestType, ProtocolMessage,
                peer_data_operation_request_message::HistorySyncChunkRetryRequest, protocol_message::Type,
            },
        },
    },
};

use crate::store::{Store, history::ChunkKind};

const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Looks for lost parts as long as the connection lives.
pub(in crate::whatsapp) async fn run(store: Store, client: Arc<Client>) {
    if let Err(error) = store.history_connects().await {
        tracing::warn!(%error, "whether the import was interrupted could not be noted");
    }
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let missing = match store.missing_history().await {
            Ok(missing) => missing,
            Err(error) => {
                tracing::warn!(%error, "what is missing of the history could not be told");
                continue;
            }
        };
        for (kind, part) in missing {
            match ask(&client, kind, part).await {
                Ok(()) => tracing::info!(?kind, part, "asked the phone once more for a part of its history"),
                Err(error) => tracing::warn!(%error, ?kind, part, "the phone could not be asked for a part again"),
            }
        }
    }
}

/// The library asks for chats and for single messages; this request it does not know.
async fn ask(client: &Client, kind: ChunkKind, part: u32) -> anyhow::Result<()> {
    let request = HistorySyncChunkRetryRequest {
        sync_type: Some(match kind {
            ChunkKind::Initial => HistorySyncType::INITIAL_BOOTSTRAP,
            ChunkKind::Full => HistorySyncType::FULL,
            _ => HistorySyncType::RECENT,
        }),
        chunk_order: Some(part),
        regenerate_chunk: Some(true),
        ..HistorySyncChunkRetryRequest::default()
    };
    let operation = PeerDataOperationRequestMessage {
        peer_data_operation_request_type: Some(PeerDataOperationRequestType::HISTORY_SYNC_CHUNK_RETRY),
        history_sync_chunk_retry_request: MessageField::some(request),
        ..PeerDataOperationRequestMessage::default()
    };
    let message = wa::Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(Type::PEER_DATA_OPERATION_REQUEST_MESSAGE),
            peer_data_operation_request_message: MessageField::some(operation),
            ..ProtocolMessage::default()
        }),
        ..wa::Message::default()
    };
    let phone = match (client.lid(), client.pn()) {
        (Some(lid), _) => Jid::lid(lid.user),
        (None, Some(pn)) => Jid::pn(pn.user),
        (None, None) => anyhow::bail!("this device has no account"),
    };
    let (kind, sealed) = client.signal().encrypt_message(&phone, &MessageUtils::encode_and_pad(&message)).await?;
    // The phone spoke first, when it shared its keys: a session is there, and needs no introduction.
    anyhow::ensure!(kind == EncType::Message, "there is no session with the phone");
    let meta = NodeBuilder::new("meta").attr("appdata", "default").build();
    let enc = NodeBuilder::new("enc").attrs([("v", "2"), ("type", "msg")]).bytes(sealed).build();
    let stanza = NodeBuilder::new("message")
        .attr("to", phone)
        .attr("id", client.generate_message_id())
        .attr("type", "text")
        .attr("category", "peer")
        .attr("push_priority", "high")
        .children([meta, enc])
        .build();
    client.send_node(stanza).await?;
    Ok(())
}
