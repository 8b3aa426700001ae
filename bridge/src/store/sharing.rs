//! What a chat shares: the owner's decision, what follows from it here, and how the team sees the chat. What leaves is
//! decided in [`super::scope`].

use ownline_model::{
    conversation::{Conversation, ConversationItem, OnPhone, Scope, SetScope, TeamView},
    event::Event,
    ids::ConversationId,
    message::{Direction, Message, MessageKind, MessageStatus, Origin},
    problem::ProblemCode,
    sync::Op,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{
    DeskError, Result, Store,
    change::Change,
    desk, media, own, people, row, safety, scope,
    table::{self, outbox::About},
    unshare,
    writer::Tx,
};

/// Messages shown of what the team sees.
const VIEWED: u32 = 50;
/// Earlier messages queued at once, and how many changes may wait before more are queued.
const BATCH: u32 = 200;
const WAITING_MAX: u64 = 400;

impl Store {
    /// The owner decides what a chat on the own number shares.
    pub async fn set_scope(
        &self,
        id: ConversationId,
        wish: SetScope,
    ) -> std::result::Result<ConversationItem, DeskError> {
        let decided = self.write(move |tx| decide(tx, id, &wish)).await?;
        decided.map_err(|code| DeskError::Refused(Box::new(code.into())))
    }

    /// What everybody else sees of a chat on the own number.
    pub async fn team_view(&self, id: ConversationId) -> std::result::Result<TeamView, DeskError> {
        let viewed = self.read(move |connection| view(connection, id)).await?;
        viewed.map_err(|code| DeskError::Refused(Box::new(code.into())))
    }

    /// Queues more of what was said before its chat was shared, a batch at a time. `false`: there is nothing to queue now.
    pub async fn share_earlier(&self) -> Result<bool> {
        let due = self
            .read(|connection| {
                let chat = table::sharing::first(connection)?;
                Ok(if table::outbox::count(connection)? < WAITING_MAX { chat } else { None })
            })
            .await?;
        match due {
            Some((chat, after)) => self.write(move |tx| queue_earlier(tx, chat, after)).await,
            None => Ok(false),
        }
    }
}

fn own_chat(connection: &Connection, id: ConversationId) -> Result<std::result::Result<Conversation, ProblemCode>> {
    let id = ConversationId(table::alias::resolve(connection, id.0)?);
    let Some(conversation) = table::conversation::get(connection, id)? else { return Ok(Err(ProblemCode::NotFound)) };
    let own = own::channel_id(connection)? == Some(conversation.channel_id);
    Ok(if own { Ok(conversation) } else { Err(ProblemCode::NotYourNumber) })
}

fn decide(
    tx: &mut Tx<'_>,
    id: ConversationId,
    wish: &SetScope,
) -> Result<std::result::Result<ConversationItem, ProblemCode>> {
    let mut conversation = match own_chat(tx, id)? {
        Ok(conversation) => conversation,
        Err(code) => return Ok(Err(code)),
    };
    let before = conversation.scope;
    conversation.scope = wish.scope;
    if wish.scope < before {
        let known_as = [conversation.id];
        unshare::narrow(tx, &mut conversation, &known_as)?;
    } else if wish.scope > before {
        if before == Scope::Private {
            open(tx, &conversation)?;
        } else {
            unshare::tell_scope(tx, &conversation, conversation.id)?;
        }
    }
    if wish.scope != before {
        people::put_conversation(tx, conversation.clone(), false)?;
    }
    if wish.earlier && wish.scope != Scope::Private {
        table::sharing::start(tx, conversation.id)?;
        tx.tell(Change::Outbox);
    }
    Ok(desk::item(tx, conversation.id)?.ok_or(ProblemCode::NotFound))
}

pub(super) fn about(conversation: &Conversation) -> About {
    About { channel: Some(conversation.channel_id), conversation: Some(conversation.id), subject: None }
}

/// The server may never have heard of the chat, or has forgotten it.
fn open(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<()> {
    let Some(contact) = table::contact::get(tx, conversation.contact_id)? else { return Ok(()) };
    let op = Op::ConversationOpened {
        contact: people::identity(&contact),
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        scope: conversation.scope,
    };
    let held = own::is_held(tx)?;
    table::outbox::add(tx, &op, About { subject: Some(contact.id.0), ..about(conversation) }, held)?;
    safety::tell_opt_out(tx, &contact)
}

/// One batch of what was said before, in the chat's order.
fn queue_earlier(tx: &mut Tx<'_>, chat: ConversationId, after: i64) -> Result<bool> {
    let known = table::conversation::get(tx, chat)?.filter(|chat| scope::tells(chat.scope));
    let contact = known.as_ref().map(|chat| table::contact::get(tx, chat.contact_id)).transpose()?.flatten();
    let (Some(conversation), Some(contact)) = (known, contact) else {
        table::sharing::stop(tx, chat)?;
        return Ok(true);
    };
    let batch: Vec<Message> = row::all(
        tx,
        "SELECT body FROM message WHERE conversation_id = ? AND position > ? ORDER BY position, id LIMIT ?",
        params![chat.0.into_bytes(), after, BATCH],
    )?;
    let Some(last) = batch.last().map(|message| message.position) else {
        table::sharing::stop(tx, chat)?;
        return Ok(true);
    };
    table::sharing::advance(tx, chat, last)?;
    let (me, held) = (own::owner(tx)?.map(|owner| owner.id), own::is_held(tx)?);
    for message in batch {
        // What waits already goes as it is; a gap is this machine's own affair; a colleague's reply is the server's own.
        let waits = table::outbox::waits_for(tx, message.id.0, "message_received")?
            || table::outbox::waits_for(tx, message.id.0, "reply")?;
        let routed = message.origin == Origin::Desk && message.author_id != me;
        if waits || routed || message.kind == MessageKind::Gap {
            continue;
        }
        let Some(outgoing) = scope::outgoing(conversation.scope, &message) else { continue };
        let queued = message.direction == Direction::Outbound && message.status == MessageStatus::Queued;
        let op = if queued {
            Op::Reply { message: outgoing }
        } else {
            Op::MessageReceived { contact: people::identity(&contact), scope: conversation.scope, message: outgoing }
        };
        table::outbox::add(tx, &op, super::record::about(&message), held)?;
        media::share(tx, &message)?;
    }
    Ok(true)
}

fn view(connection: &Connection, id: ConversationId) -> Result<std::result::Result<TeamView, ProblemCode>> {
    let conversation = match own_chat(connection, id)? {
        Ok(conversation) => conversation,
        Err(code) => return Ok(Err(code)),
    };
    let scope = conversation.scope;
    let withheld: Option<i64> = row::scalar(
        connection,
        "SELECT count(*) FROM message WHERE conversation_id = ? AND (told = 0 OR ?) AND json_extract(body, '$.kind') <> 'gap'",
        params![conversation.id.0.into_bytes(), scope == Scope::Private],
    )?;
    let messages = newest_told(connection, &conversation)?;
    let item = match desk::item(connection, conversation.id)? {
        Some(mut item) if scope::tells(scope) => {
            item.conversation.last_message = messages.last().map(people::as_last);
            Some(ConversationItem { on_phone: OnPhone::default(), older_on_phone: false, ..item })
        }
        _ => None,
    };
    let withheld = withheld.unwrap_or(0).unsigned_abs();
    Ok(Ok(TeamView { scope, conversation: item, messages, withheld }))
}

/// The newest messages that the server knows, oldest first, each as far as it was told.
fn newest_told(connection: &Connection, conversation: &Conversation) -> Result<Vec<Message>> {
    let mut statement = connection.prepare_cached(
        "SELECT body, told > 1 FROM message WHERE conversation_id = ? AND told > 0 ORDER BY position DESC, id DESC LIMIT ?",
    )?;
    let mut rows = statement.query(params![conversation.id.0.into_bytes(), VIEWED])?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let message: Message = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        let with_words: bool = row.get(1)?;
        let scope = if with_words { conversation.scope } else { conversation.scope.min(Scope::Metadata) };
        if let Some(mut outgoing) = scope::outgoing(scope, &message) {
            outgoing.details.hold = None;
            told.push(outgoing);
        }
    }
    told.reverse();
    Ok(told)
}

/// The owner of another number shares less of this chat: what this machine holds of it goes. `false`: all of it is gone.
pub(super) fn drop_unshared(tx: &mut Tx<'_>, chat: &Conversation) -> Result<bool> {
    let id = chat.id.0.into_bytes();
    media::drop_files(tx, chat.id)?;
    row::run(
        tx,
        "DELETE FROM outbox WHERE conversation_id = ? AND kind IN ('reply', 'message_received', 'message_amended')",
        [id],
    )?;
    if chat.scope == Scope::Private {
        row::run(tx, "DELETE FROM message WHERE conversation_id = ?", [id])?;
        row::run(tx, "DELETE FROM ticket WHERE conversation_id = ?", [id])?;
        table::conversation::delete(tx, chat.id)?;
        if table::conversation::of_contact(tx, chat.contact_id)?.is_empty() {
            table::contact::delete(tx, chat.contact_id)?;
        }
        return Ok(false);
    }
    let messages: Vec<[u8; 16]> = {
        let mut statement = tx.prepare_cached("SELECT id FROM message WHERE conversation_id = ?")?;
        statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    for id in messages {
        let Some(message) = table::message::get(tx, ownline_model::ids::MessageId(Uuid::from_bytes(id)))? else {
            continue;
        };
        let bare = Message { text: None, details: message.details.without_words(), ..message.clone() };
        if bare != message {
            table::message::put(tx, &bare)?;
            tx.tell_event(Event::MessageUpdated(bare));
        }
    }
    Ok(true)
}
