//! Taking back a message that has not left: it never reaches WhatsApp. The sender notes an attempt before it begins one, in a
//! transaction of this store's one writer; so a message either leaves or is taken back, never both.

use ownline_model::{
    ids::MessageId,
    message::{Direction, Failure, Message, MessageStatus},
    problem::{Problem, ProblemCode},
};

use super::{
    DeskError, Result, Store, amend,
    change::Change,
    inbound::{MessageRef, StatusNews},
    own, progress, row, table,
    writer::Tx,
};
use crate::time::now;

/// Why a message failed that was taken back.
const CANCELLED: &str = "cancelled";

/// Where a message may still be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeBack {
    /// Only as long as it has not left.
    Unsent,
    /// Wherever it is: one that has left is revoked.
    Anywhere,
}

type Desk<T> = Result<std::result::Result<T, Problem>>;

impl Store {
    /// Takes a message of the own number back, whoever wrote it. One that has not left stays in the chat as failed, with
    /// `cancelled` as its reason, and never leaves.
    pub async fn take_back(&self, id: MessageId, whence: TakeBack) -> std::result::Result<Message, DeskError> {
        let taken = self.write(move |tx| take_back(tx, id, whence)).await?;
        taken.map_err(|problem| DeskError::Refused(Box::new(problem)))
    }

    /// Whether a message waits to be sent.
    pub(crate) async fn is_queued(&self, id: MessageId) -> Result<bool> {
        self.read(move |connection| {
            let id = MessageId(table::alias::resolve(connection, id.0)?);
            Ok(table::message::get(connection, id)?.is_some_and(|message| message.status == MessageStatus::Queued))
        })
        .await
    }
}

/// It was taken back: nobody's wish to try again brings it back.
pub(super) fn is_cancelled(message: &Message) -> bool {
    message.status == MessageStatus::Failed && message.failure.as_ref().is_some_and(|failure| failure.code == CANCELLED)
}

fn take_back(tx: &mut Tx<'_>, id: MessageId, whence: TakeBack) -> Desk<Message> {
    let id = MessageId(table::alias::resolve(tx, id.0)?);
    let Some(message) = table::message::get(tx, id)? else { return Ok(Err(ProblemCode::NotFound.into())) };
    if own::channel_id(tx)? != Some(message.channel_id) {
        return Ok(Err(ProblemCode::NotYourNumber.into()));
    }
    if message.direction == Direction::Inbound {
        return Ok(Err(ProblemCode::NotYourMessage.into()));
    }
    match (message.status, whence) {
        _ if is_cancelled(&message) => Ok(Ok(message)),
        (MessageStatus::Failed, _) => Ok(Err(ProblemCode::MessageNotSent.into())),
        (MessageStatus::Queued, _) if attempts(tx, id)? == 0 => cancel(tx, message).map(Ok),
        // Once it was handed to WhatsApp nobody can say that it has not arrived.
        (MessageStatus::Queued, _) => Ok(Err(Problem::new(ProblemCode::AlreadySent)
            .with_detail("It is on its way. Once it has left it can be taken back for everyone."))),
        (_, TakeBack::Unsent) => Ok(Err(ProblemCode::AlreadySent.into())),
        (_, TakeBack::Anywhere) => amend::revoke_own(tx, id),
    }
}

fn attempts(tx: &Tx<'_>, id: MessageId) -> Result<i64> {
    Ok(row::scalar(tx, "SELECT attempts FROM message WHERE id = ?", [id.0.into_bytes()])?.unwrap_or_default())
}

fn cancel(tx: &mut Tx<'_>, message: Message) -> Result<Message> {
    let failure = Failure {
        code: CANCELLED.to_owned(),
        detail: "It was taken back before it left.".to_owned(),
        retryable: false,
    };
    let (message_ref, status) = (MessageRef::Id(message.id), MessageStatus::Failed);
    progress::advance(tx, &StatusNews { message: message_ref, status, at: now(), failure: Some(failure) })?;
    // What was written after it may go now.
    tx.tell(Change::ToSend);
    Ok(table::message::get(tx, message.id)?.unwrap_or(message))
}
