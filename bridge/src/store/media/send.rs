//! Files on their way to WhatsApp. A message is offered to the sender once its file is there.

use ownline_model::{
    ids::{MediaId, MessageId},
    message::{Message, MessageKind},
};
use rusqlite::{Connection, params};

use super::{Result, Store, fetch, table};
use crate::{
    store::{
        change::Change,
        inbound::RemoteMedia,
        own, row,
        table::{file_work::Uploaded, local_file::LocalFile},
        writer::Tx,
    },
    time::now,
};

/// WhatsApp keeps what nobody fetches for about a month; what is older than this is handed over again.
const STALE_AFTER_SECS: i64 = 14 * 24 * 60 * 60;
const AT_ONCE: u32 = 32;

#[derive(Debug, Clone)]
pub struct ToUpload {
    pub message_id: MessageId,
    pub media: RemoteMedia,
    pub file: LocalFile,
}

fn stale_before() -> i64 {
    now().0 / 1000 - STALE_AFTER_SECS
}

/// What WhatsApp calls a file of this kind.
pub(super) const fn media_of(kind: MessageKind) -> RemoteMedia {
    match kind {
        MessageKind::Image => RemoteMedia::Image,
        MessageKind::Video => RemoteMedia::Video,
        MessageKind::Audio | MessageKind::Voice => RemoteMedia::Audio,
        MessageKind::Sticker => RemoteMedia::Sticker,
        _ => RemoteMedia::Document,
    }
}

/// What WhatsApp has of the file of a queued message.
pub(in crate::store) fn uploaded(
    connection: &Connection,
    media: MediaId,
    kind: MessageKind,
) -> Result<Option<Uploaded>> {
    table::file_work::uploaded(connection, media, media_of(kind), stale_before())
}

impl Store {
    /// Files of queued messages of the own number that WhatsApp does not have yet, in the order in which they were written.
    pub async fn uploads(&self) -> Result<Vec<ToUpload>> {
        if self.read(lack_a_file).await?.is_empty() {
            return self.read(to_upload).await;
        }
        // A colleague wrote them: the server has the file.
        self.write(|tx| {
            for message in lack_a_file(tx)? {
                fetch::want(tx, message, true)?;
            }
            Ok(())
        })
        .await?;
        self.read(to_upload).await
    }

    /// The key for the way to WhatsApp.
    pub(crate) async fn upload_key(&self, media: MediaId, fresh: [u8; 32]) -> Result<[u8; 32]> {
        self.write(move |tx| table::file_work::upload_key(tx, media, fresh, stale_before())).await
    }

    /// WhatsApp has the file: the message may go.
    pub(crate) async fn file_is_uploaded(&self, media: MediaId, uploaded: Uploaded) -> Result<()> {
        self.write(move |tx: &mut Tx<'_>| {
            table::file_work::put_uploaded(tx, media, &uploaded)?;
            tx.tell(Change::ToSend);
            Ok(())
        })
        .await
    }
}

fn queued(connection: &Connection, condition: &str) -> Result<Vec<Message>> {
    let Some(channel) = own::channel_id(connection)? else { return Ok(Vec::new()) };
    row::all(
        connection,
        &format!(
            "SELECT m.body FROM message m
             WHERE m.channel_id = ? AND m.status = 'queued' AND m.direction = 'outbound'
                 AND (m.expires_at IS NULL OR m.expires_at > ?) AND {condition}
             ORDER BY m.rowid LIMIT ?"
        ),
        params![channel.0.into_bytes(), now().0, AT_ONCE],
    )
}

fn lack_a_file(connection: &Connection) -> Result<Vec<Message>> {
    queued(
        connection,
        "m.media_id IS NULL AND json_extract(m.body, '$.details.content.type') = 'file'
         AND NOT EXISTS (SELECT 1 FROM file_fetch f WHERE f.message_id = m.id)",
    )
}

fn to_upload(connection: &Connection) -> Result<Vec<ToUpload>> {
    let stale = stale_before();
    let condition = format!(
        "m.media_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM file_upload u
             WHERE u.media_id = m.media_id AND u.direct_path IS NOT NULL AND u.key_timestamp >= {stale})"
    );
    let mut uploads = Vec::new();
    for message in queued(connection, &condition)? {
        if let Some(file) = table::local_file::of_message(connection, message.id)? {
            uploads.push(ToUpload { message_id: message.id, media: media_of(message.kind), file });
        }
    }
    Ok(uploads)
}
