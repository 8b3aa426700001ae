//! A linked device that finds a file's path expired asks the phone, which puts the file with the media hosts again.

use wacore::media_retry::decrypt_media_retry_notification;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent};
use wacore_libsignal::crypto::aes_256_gcm_encrypt;
use waproto::buffa::Message as _;
use waproto::whatsapp::media_retry_notification::ResultType;
use waproto::whatsapp::{MediaRetryNotification, Message, ServerErrorReceipt};

use super::person::Person;
use super::{content, transcript};
use crate::crypto;
use crate::network::address::Address;
use crate::network::media::MediaError;
use crate::network::now_seconds;
use crate::store::StoreError;

const KEY_INFO: &[u8] = b"WhatsApp Media Retry Notification";

/// What a device is told when there is no file for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    NotFound = 2,
    /// The request was not encrypted with the key of that file.
    Undecryptable = 3,
}

/// `<receipt type="server-error">` of a linked device.
#[derive(Debug)]
pub(super) struct Request {
    pub from: Address,
    /// The message.
    pub id: String,
    pub node: Node,
}

fn bytes_of<'n>(node: &'n Node, path: [&str; 2]) -> Option<&'n [u8]> {
    match &node.get_optional_child(path[0])?.get_optional_child(path[1])?.content {
        Some(NodeContent::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

impl Request {
    /// Whether it was made by somebody who has the file's key. Some clients leave that proof out.
    fn is_authentic(&self, key: &[u8; 32]) -> bool {
        if self.node.get_optional_child("encrypt").is_none() {
            return true;
        }
        let proof = || {
            let (sealed, iv) =
                (bytes_of(&self.node, ["encrypt", "enc_p"])?, bytes_of(&self.node, ["encrypt", "enc_iv"])?);
            let plain = decrypt_media_retry_notification(key, &self.id, iv, sealed).ok()?;
            ServerErrorReceipt::decode_from_slice(&plain).ok()?.stanza_id
        };
        proof().as_deref() == Some(&self.id)
    }
}

impl Person {
    /// Puts the file of a message with the media hosts again, and tells the device that asked where.
    pub(super) async fn renew(&self, request: &Request) -> Result<(), StoreError> {
        let Some(device) = self.network.device(request.from) else { return Ok(()) };
        let answer = match self.renewed(request).await? {
            Ok(answer) => answer,
            Err(refusal) => NodeBuilder::new("error").attr("code", refusal as u8).build(),
        };
        let mut children = vec![answer];
        children.extend(request.node.get_optional_child("rmr").cloned());
        let notification = NodeBuilder::new("notification")
            .attr("from", Address::phone(self.number()).jid())
            .attr("type", "mediaretry")
            .attr("id", request.id.as_str())
            .attr("t", now_seconds())
            .children(children)
            .build();
        self.network.enqueue(&device, self.number(), notification).await
    }

    async fn renewed(&self, request: &Request) -> Result<Result<Node, Refusal>, StoreError> {
        let row = transcript::find(&self.network.store, self.number(), &request.id).await?;
        let message = row.and_then(|row| Message::decode_from_slice(&row.body).ok());
        let Some(file) = message.as_ref().and_then(content::file_of) else { return Ok(Err(Refusal::NotFound)) };
        if !request.is_authentic(&file.key) {
            return Ok(Err(Refusal::Undecryptable));
        }
        let stored = match self.network.renew_media(file.token).await {
            Ok(stored) => stored,
            Err(MediaError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::info!(%error, id = request.id, "a file cannot be put up again");
                return Ok(Err(Refusal::NotFound));
            }
        };
        let notification = MediaRetryNotification {
            stanza_id: Some(request.id.clone()),
            direct_path: Some(stored.direct_path),
            result: Some(ResultType::SUCCESS),
            ..Default::default()
        };
        let key: [u8; 32] = crypto::hkdf(&[0; 32], &file.key, KEY_INFO);
        let iv: [u8; 12] = crypto::random();
        let mut sealed = Vec::new();
        let done = aes_256_gcm_encrypt(&key, &iv, request.id.as_bytes(), &notification.encode_to_vec(), &mut sealed);
        if done.is_err() {
            return Ok(Err(Refusal::Undecryptable));
        }
        let parts = [NodeBuilder::new("enc_p").bytes(sealed).build(), NodeBuilder::new("enc_iv").bytes(iv).build()];
        Ok(Ok(NodeBuilder::new("encrypt").children(parts).build()))
    }
}
