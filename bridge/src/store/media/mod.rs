//! Files of messages: which lie on this machine, and the work on the others. The bytes lie sealed in [`MediaFolder`]; a file
//! counts when a row names it.

mod fetch;
mod send;
mod share;
mod tidy;

use ownline_model::{
    details::{Attachment, FileState},
    event::Event,
    ids::{ConversationId, MediaId, MessageId},
    message::{Message, MessageKind, UploadedMedia},
    problem::{Problem, ProblemCode},
};
use rusqlite::Connection;

use super::{DeskError, Result, Store, StoreError, row, table, writer::Tx};
use crate::{
    media::{folder::MediaFolder, still::Still},
    store::change::Change,
    time::now,
};

pub use super::table::{file_work::Uploaded, local_file::LocalFile};
pub(super) use fetch::received;
pub use fetch::{Asked, Fetch, Source};
pub use send::ToUpload;
pub(super) use send::uploaded;
pub use share::ToShare;
pub(super) use share::share;

/// A message's file: what is told of it, and where it lies if it lies here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFile {
    pub attachment: Attachment,
    pub local: Option<LocalFile>,
}

impl Store {
    pub(crate) fn folder(&self) -> &MediaFolder {
        &self.inner.media
    }

    /// A file that was handed over and waits for a message.
    pub(crate) async fn keep_file(&self, media: UploadedMedia, name: String) -> Result<()> {
        self.write(move |tx| {
            let UploadedMedia { id, kind, attachment } = media;
            let size = attachment.size;
            table::local_file::put(tx, &LocalFile { id, kind, attachment, name, size }, now().0)
        })
        .await
    }

    /// Gives a film that waits for a message its still, and what its own table of contents did not tell.
    pub(crate) async fn set_still(
        &self,
        id: MediaId,
        still: Still,
        seconds: Option<u32>,
    ) -> std::result::Result<UploadedMedia, DeskError> {
        let given = self.write(move |tx| set_still(tx, id, still, seconds)).await?;
        given.map_err(|problem| DeskError::Refused(Box::new(problem)))
    }

    /// `None`: no such message, or it has no file.
    pub async fn file_of(&self, id: MessageId) -> Result<Option<MessageFile>> {
        self.read(move |connection| {
            let id = MessageId(table::alias::resolve(connection, id.0)?);
            let Some(message) = table::message::get(connection, id)? else { return Ok(None) };
            let Some(attachment) = message.details.attachment().cloned() else { return Ok(None) };
            Ok(Some(MessageFile { attachment, local: table::local_file::of_message(connection, id)? }))
        })
        .await
    }

    /// Drops the files of a chat from this machine.
    pub async fn drop_files(&self, conversation: ConversationId) -> Result<()> {
        self.write(move |tx| drop_files(tx, conversation)).await
    }
}

fn set_still(
    tx: &Tx<'_>,
    id: MediaId,
    still: Still,
    seconds: Option<u32>,
) -> Result<std::result::Result<UploadedMedia, Problem>> {
    let Some(mut film) = table::local_file::get(tx, id)? else { return Ok(Err(ProblemCode::MediaUnknown.into())) };
    if film.kind != MessageKind::Video {
        return Ok(Err(Problem::new(ProblemCode::MediaUnreadable).with_detail("Only a film takes a still.")));
    }
    if table::local_file::taken_by(tx, id)?.is_some() {
        return Ok(Err(Problem::new(ProblemCode::VersionConflict).with_detail("A message has this file already.")));
    }
    let told = &mut film.attachment;
    if told.width.is_none() || told.height.is_none() {
        (told.width, told.height) = (Some(still.width), Some(still.height));
    }
    told.seconds = told.seconds.or(seconds);
    told.thumbnail = Some(still.thumbnail);
    table::local_file::put(tx, &film, now().0)?;
    Ok(Ok(UploadedMedia { id, kind: film.kind, attachment: film.attachment }))
}

/// Gives a file that was handed over to a message. `None`: it is not here, or another message has it.
pub(super) fn take_media(
    connection: &Connection,
    media: MediaId,
    message: MessageId,
) -> Result<Option<(MessageKind, Attachment)>> {
    if table::local_file::taken_by(connection, media)?.is_some_and(|taker| taker != message) {
        return Ok(None);
    }
    Ok(table::local_file::get(connection, media)?.map(|file| (file.kind, file.attachment)))
}

/// One message turns out to be another: the work on its file goes on under the id that counts.
pub(super) fn rename(connection: &Connection, old: MessageId, new: MessageId) -> Result<()> {
    table::file_work::rename(connection, old, new)
}

/// Drops the files of a chat from this machine, and the work on them. The bytes go with the next tidying, which is soon.
pub(super) fn drop_files(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<()> {
    table::local_file::forget_of_chat(tx, conversation.0)?;
    for work in ["file_fetch", "file_share", "remote_file"] {
        let forget =
            format!("DELETE FROM {work} WHERE message_id IN (SELECT id FROM message WHERE conversation_id = ?)");
        row::run(tx, &forget, [conversation.0.into_bytes()])?;
    }
    tx.tell(Change::FilesDropped);
    Ok(())
}

/// Where a file is, seen from here rather than from the server that told of the message.
pub(super) fn localise(connection: &Connection, remote: &mut Message) -> Result<()> {
    let id = remote.id;
    let Some(file) = remote.details.attachment_mut().filter(|file| file.state != FileState::Withheld) else {
        return Ok(());
    };
    let known = table::message::get(connection, id)?.and_then(|message| message.details.attachment().cloned());
    if table::local_file::of_message(connection, id)?.is_some()
        && let Some(known) = known
    {
        *file = known;
    } else if table::file_work::is_wanted(connection, id)? {
        file.state = FileState::Fetching;
    } else {
        file.state = FileState::Remote;
    }
    Ok(())
}

/// Stores what is known of a message's file now, and shows it.
fn put_attachment(tx: &mut Tx<'_>, mut message: Message, change: impl FnOnce(&mut Attachment)) -> Result<()> {
    let Some(file) = message.details.attachment_mut() else { return Ok(()) };
    change(file);
    table::message::put(tx, &message)?;
    tx.tell_event(Event::MessageUpdated(message));
    Ok(())
}

fn put_state(tx: &mut Tx<'_>, message: Message, state: FileState) -> Result<()> {
    put_attachment(tx, message, |file| file.state = state)
}
