//! Files of messages: who may bring one, who may have it.

use ownline_model::{
    conversation::Scope,
    details::{Attachment, FileState},
    event::Event,
    ids::{MediaId, MessageId},
    limits,
    message::{Direction, Message, MessageKind, MessageStatus, UploadedMedia},
    problem::ProblemCode,
};

use super::{Caller, Done, Refusal, details};
use crate::{
    media::{Sniffed, is_shown},
    store::{Source, Tx, channels, conversations, media, media::Media, messages},
};

/// Files handed over and not sent: nobody writes so many messages at once.
const UNUSED_MAX: u64 = 50;
/// Kept for a day unless a message takes them.
const UNUSED_MS: i64 = 24 * 60 * 60 * 1000;

/// What has come, apart from the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) file: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) sniffed: Sniffed,
    pub(crate) dimensions: Option<(u32, u32)>,
}

/// A message that waits for its file, and how large that may be.
pub(crate) async fn may_bring(db: &impl Source, caller: &Caller, id: MessageId) -> Done<(Message, u64)> {
    let message = messages::find(db, id).await?.ok_or(ProblemCode::NotFound)?;
    let channel = channels::find(db, message.channel_id).await?.ok_or(ProblemCode::NotFound)?;
    let thread = conversations::find(db, message.conversation_id).await?.ok_or(ProblemCode::NotFound)?;
    let is_own_reply = message.author_id == Some(caller.id())
        && message.direction == Direction::Outbound
        && message.status == MessageStatus::Queued;
    if channel.owner_id != caller.id() && !is_own_reply {
        return Err(ProblemCode::NotYourNumber.into());
    }
    if thread.conversation.scope != Scope::Shared {
        return Err(Refusal::because(ProblemCode::OwnerConsentMissing, "This chat does not share its files."));
    }
    match (message.details.attachment(), limits::file_max_bytes(message.kind)) {
        (Some(_), Some(limit)) => Ok((message, limit)),
        _ => Err(Refusal::because(ProblemCode::InvalidRequest, "This message bears no file.")),
    }
}

/// Joins a file to its message. False: one was here before, the new one is not needed.
pub(crate) async fn bring(tx: &mut Tx, caller: &Caller, id: MessageId, arrived: Arrived) -> Done<(Message, bool)> {
    let (mut message, _) = may_bring(tx, caller, id).await?;
    let kind = message.kind;
    let is_fact = channels::find(tx, message.channel_id).await?.is_some_and(|it| it.owner_id == caller.id());
    let Some(file) = message.details.attachment_mut() else { return Err(ProblemCode::NotFound.into()) };
    if file.sha256.as_ref().is_some_and(|told| *told != arrived.sha256) {
        return Err(Refusal::because(ProblemCode::MediaUnreadable, "These are not the bytes that the message names."));
    }
    if media::of_message(tx, id).await?.is_some() {
        return Ok((message, false));
    }
    // What a customer sent is what it is; what is to be sent must be what WhatsApp takes.
    if !is_fact && !arrived.sniffed.fits(kind) {
        return Err(ProblemCode::MediaUnreadable.into());
    }
    settle(file, &arrived);
    let row = Media {
        id: MediaId::fresh(),
        file: arrived.file,
        author: caller.id(),
        message: Some(id),
        kind,
        attachment: file.clone(),
        created_at: tx.now(),
    };
    media::insert(tx, &row).await?;
    messages::update(tx, &message).await?;
    tx.journal(Event::MessageUpdated(message.clone()));
    Ok((message, true))
}

/// What the bytes say wins over what was told of them.
fn settle(file: &mut Attachment, arrived: &Arrived) {
    if is_shown(arrived.sniffed.mime) {
        arrived.sniffed.mime.clone_into(&mut file.mime);
    }
    file.size = arrived.size;
    file.sha256 = Some(arrived.sha256.clone());
    if let Some((width, height)) = arrived.dimensions {
        (file.width, file.height) = (Some(width), Some(height));
    }
    file.state = FileState::Here;
}

/// Keeps a file for a message that is yet to be written.
pub(crate) async fn upload(
    tx: &mut Tx,
    caller: &Caller,
    name: Option<&str>,
    wish: Wish,
    arrived: Arrived,
) -> Done<UploadedMedia> {
    if media::unused_of(tx, caller.id()).await? >= UNUSED_MAX {
        return Err(ProblemCode::RateLimited.into());
    }
    let kind = kind_of(&arrived, wish)?;
    let mut attachment = Attachment {
        mime: arrived.sniffed.mime.to_owned(),
        size: arrived.size,
        file_name: name.and_then(details::file_name),
        width: None,
        height: None,
        seconds: None,
        waveform: vec![],
        thumbnail: None,
        sha256: None,
        state: FileState::Here,
    };
    settle(&mut attachment, &arrived);
    let id = MediaId::fresh();
    let created_at = tx.now();
    let row = Media {
        id,
        file: arrived.file,
        author: caller.id(),
        message: None,
        kind,
        attachment: attachment.clone(),
        created_at,
    };
    media::insert(tx, &row).await?;
    Ok(UploadedMedia { id, kind, attachment })
}

/// What the person wants the file to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Any,
    Voice,
    Document,
}

fn kind_of(arrived: &Arrived, wish: Wish) -> Done<MessageKind> {
    let sniffed = arrived.sniffed;
    Ok(match (wish, sniffed.kind) {
        (Wish::Document, _) => MessageKind::Document,
        (Wish::Voice, MessageKind::Audio) if sniffed.fits(MessageKind::Voice) => MessageKind::Voice,
        (Wish::Voice, _) => {
            return Err(Refusal::because(ProblemCode::MediaUnreadable, "A voice message is Opus in an Ogg file."));
        }
        // WhatsApp's stickers are squares of 512; another picture of that format goes as a document.
        (Wish::Any, MessageKind::Sticker)
            if arrived.dimensions != Some((512, 512)) || arrived.size > limits::STICKER_MAX_BYTES =>
        {
            MessageKind::Document
        }
        (Wish::Any, kind) => kind,
    })
}

/// The file that a person chose for a message of theirs.
pub(crate) async fn chosen(tx: &Tx, caller: &Caller, id: MediaId) -> Done<Media> {
    let found = media::find(tx, id).await?;
    found.filter(|it| it.author == caller.id() && it.message.is_none()).ok_or_else(|| ProblemCode::MediaUnknown.into())
}

/// The file of a message, for whoever may read the chat.
pub(crate) async fn may_have(db: &impl Source, caller: &Caller, id: MessageId) -> Done<(Media, Attachment)> {
    let message = messages::find(db, id).await?.ok_or(ProblemCode::NotFound)?;
    let thread = conversations::find(db, message.conversation_id).await?.ok_or(ProblemCode::NotFound)?;
    let file = message.details.attachment().ok_or(ProblemCode::NotFound)?;
    if thread.conversation.scope != Scope::Shared {
        let channel = channels::find(db, message.channel_id).await?.ok_or(ProblemCode::NotFound)?;
        if channel.owner_id != caller.id() && message.author_id != Some(caller.id()) {
            return Err(ProblemCode::NotFound.into());
        }
    }
    match media::of_message(db, id).await? {
        Some(found) => Ok((found, file.clone())),
        None if file.state == FileState::Gone => Err(ProblemCode::MediaGone.into()),
        None => Err(ProblemCode::MediaUnavailable.into()),
    }
}

/// Lets go of what was handed over and never sent.
pub(crate) async fn release_unused(tx: &mut Tx) -> Done<u64> {
    let before = tx.now().plus_millis(-UNUSED_MS);
    Ok(media::release_unused(tx, before).await?)
}
