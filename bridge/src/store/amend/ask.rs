//! What an agent changes on the own number: shown at once, queued for WhatsApp, a fact for the team once WhatsApp has it, and
//! undone where WhatsApp does not take it.

use ownline_model::{
    agent::Agent,
    details::{MessageDetails, Reaction},
    ids::MessageId,
    limits::{self, EDIT_WITHIN_MS, REVOKE_WITHIN_MS},
    message::{Amendment, Direction, Failure, Message, MessageKind, MessageStatus, wa_message_id},
    problem::{Problem, ProblemCode},
    time::UtcMillis,
};

use super::{
    Aspect, Stamp, empty, forget_content, put, set_reaction,
    table::action::{Action, Before, Body},
    tell_server,
};
use crate::{
    store::{
        DeskError, Result, Store,
        change::Change,
        compose, contents, desk,
        inbound::{Target, What},
        own, table,
        writer::Tx,
    },
    time::now,
};

/// An emoji with its modifiers is far shorter.
const EMOJI_MAX_CHARS: usize = 16;

impl Store {
    /// Another wording, within WhatsApp's quarter of an hour.
    pub async fn edit_message(&self, id: MessageId, text: String) -> std::result::Result<Message, DeskError> {
        self.ask(id, move |message| edit(message, text)).await
    }

    /// Takes a message back for everyone.
    pub async fn revoke_message(&self, id: MessageId) -> std::result::Result<Message, DeskError> {
        self.ask(id, may_revoke).await
    }

    /// One emoji; empty takes the own reaction back.
    pub async fn react(&self, id: MessageId, emoji: String) -> std::result::Result<Message, DeskError> {
        self.ask(id, move |message| react(message, &emoji)).await
    }

    async fn ask<F>(&self, id: MessageId, asked: F) -> std::result::Result<Message, DeskError>
    where
        F: FnOnce(&Message) -> std::result::Result<Option<Asked>, Problem> + Send + 'static,
    {
        let asked = self.write(move |tx| ask(tx, id, asked)).await?;
        asked.map_err(|problem| DeskError::Refused(Box::new(problem)))
    }
}

struct Asked {
    what: What,
    /// WhatsApp takes it for so long after the message was written.
    within_ms: Option<i64>,
}

fn check(problem: ProblemCode, refused: bool) -> std::result::Result<(), Problem> {
    if refused { Err(problem.into()) } else { Ok(()) }
}

fn own_and_sent(message: &Message) -> std::result::Result<(), Problem> {
    check(ProblemCode::NotYourMessage, message.direction == Direction::Inbound)?;
    check(ProblemCode::MessageNotSent, matches!(message.status, MessageStatus::Queued | MessageStatus::Failed))
}

/// `None`: it is so already.
fn edit(message: &Message, text: String) -> std::result::Result<Option<Asked>, Problem> {
    limits::check_text(&text).map_err(|code| Problem::new(code).with_field("text"))?;
    own_and_sent(message)?;
    if !contents::bears_text(message.kind) {
        return Err(Problem::new(ProblemCode::InvalidRequest).with_detail("This message has no words to change."));
    }
    if message.text.as_ref() == Some(&text) {
        return Ok(None);
    }
    check(ProblemCode::TooLateToEdit, now().since(message.at) > EDIT_WITHIN_MS)?;
    Ok(Some(Asked { what: What::Edited { text: Some(text) }, within_ms: Some(EDIT_WITHIN_MS) }))
}

fn may_revoke(message: &Message) -> std::result::Result<Option<Asked>, Problem> {
    own_and_sent(message)?;
    if message.kind == MessageKind::Revoked {
        return Ok(None);
    }
    check(ProblemCode::TooLateToRevoke, now().since(message.at) > REVOKE_WITHIN_MS)?;
    Ok(Some(Asked { what: What::Revoked, within_ms: Some(REVOKE_WITHIN_MS) }))
}

fn react(message: &Message, emoji: &str) -> std::result::Result<Option<Asked>, Problem> {
    let emoji = emoji.trim();
    if !is_emoji(emoji) {
        let detail = "One emoji, or nothing to take the reaction back.";
        return Err(Problem::new(ProblemCode::InvalidRequest).with_field("emoji").with_detail(detail));
    }
    if message.direction == Direction::Outbound {
        own_and_sent(message)?;
    }
    if matches!(message.kind, MessageKind::Revoked | MessageKind::Gap) {
        return Err(Problem::new(ProblemCode::InvalidRequest).with_detail("There is nothing left to react to."));
    }
    let emoji = Some(emoji.to_owned()).filter(|emoji| !emoji.is_empty());
    let known = message.details.reactions.iter().find(|known| known.direction == Direction::Outbound);
    if known.map(|known| &known.emoji) == emoji.as_ref() {
        return Ok(None);
    }
    Ok(Some(Asked { what: What::Reacted { emoji }, within_ms: None }))
}

/// Pictures, not words. A key cap (`1️⃣`) is a digit with a frame.
fn is_emoji(emoji: &str) -> bool {
    let framed = emoji.contains('\u{20e3}');
    let picture = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control() && !c.is_ascii_punctuation();
    let fits = emoji.chars().count() <= EMOJI_MAX_CHARS;
    fits && emoji.chars().all(|c| picture(c) || (framed && (c.is_ascii_digit() || c == '#' || c == '*')))
}

type Desk<T> = Result<std::result::Result<T, Problem>>;

/// Takes a message that has left back for everyone.
pub(in crate::store) fn revoke_own(tx: &mut Tx<'_>, id: MessageId) -> Desk<Message> {
    ask(tx, id, may_revoke)
}

fn ask<F>(tx: &mut Tx<'_>, id: MessageId, asked: F) -> Desk<Message>
where
    F: FnOnce(&Message) -> std::result::Result<Option<Asked>, Problem>,
{
    let id = MessageId(table::alias::resolve(tx, id.0)?);
    let Some(message) = table::message::get(tx, id)? else { return Ok(Err(ProblemCode::NotFound.into())) };
    let Some(me) = desk::me(tx)? else { return Ok(Err(ProblemCode::NotSignedIn.into())) };
    if own::channel_id(tx)? != Some(message.channel_id) {
        return Ok(Err(ProblemCode::NotYourNumber.into()));
    }
    if let Err(problem) = may_change(tx, &me, &message)? {
        return Ok(Err(problem));
    }
    let asked = match asked(&message) {
        Ok(Some(asked)) => asked,
        Ok(None) => return Ok(Ok(message)),
        Err(problem) => return Ok(Err(problem)),
    };
    queue(tx, &me, message, asked).map(Ok)
}

/// Who may write in the chat may change what was written.
fn may_change(tx: &Tx<'_>, me: &Agent, message: &Message) -> Desk<()> {
    let Some(conversation) = table::conversation::get(tx, message.conversation_id)? else {
        return Ok(Err(ProblemCode::NotFound.into()));
    };
    let ticket = conversation.ticket_id.map(|id| table::ticket::get(tx, id)).transpose()?.flatten();
    if let Some(problem) = compose::group_refuses(tx, &conversation)? {
        return Ok(Err(problem));
    }
    compose::may_write(tx, me, &conversation, ticket.as_ref(), true)
}

fn queue(tx: &mut Tx<'_>, me: &Agent, mut message: Message, asked: Asked) -> Result<Message> {
    let mut random = [0_u8; 9];
    rand::fill(&mut random);
    let at = now();
    let before = Before { kind: message.kind, text: message.text.clone(), details: message.details.clone() };
    let action = Action {
        seq: 0,
        id: MessageId::fresh(),
        wa_id: wa_message_id(random),
        conversation: message.conversation_id,
        message: message.id,
        body: Body {
            target: Target { wa_id: message.wa_id.clone(), direction: message.direction },
            what: asked.what,
            at,
            before,
        },
        attempts: 0,
        last_attempt_at: None,
        expires_at: asked.within_ms.map(|within| message.at.plus_millis(within)),
    };
    match &action.body.what {
        What::Edited { text } => {
            message.text.clone_from(text);
            message.details.edited_at = Some(at);
        }
        What::Revoked => empty(&mut message, at),
        What::Reacted { emoji } => {
            let direction = Direction::Outbound;
            let reaction =
                emoji.clone().map(|emoji| Reaction { emoji, direction, agent_id: Some(me.id), by: None, at });
            set_reaction(&mut message, direction, None, reaction);
        }
        What::Voted(_) => {}
    }
    message.failure = None;
    table::action::add(tx, &action)?;
    put(tx, &message)?;
    tx.tell(Change::ToSend);
    Ok(message)
}

/// WhatsApp has taken it, or (with a failure) will not.
pub(in crate::store) fn settle(
    tx: &mut Tx<'_>,
    action: &Action,
    at: UtcMillis,
    failure: Option<&Failure>,
) -> Result<()> {
    table::action::remove(tx, action.seq)?;
    let Some(message) = table::message::get(tx, action.message)? else { return Ok(()) };
    match failure {
        None => taken(tx, action, &message, at),
        Some(failure) => undo(tx, action, message, failure),
    }
}

fn taken(tx: &mut Tx<'_>, action: &Action, message: &Message, at: UtcMillis) -> Result<()> {
    // From now on it counts like one that came in: by WhatsApp's clock.
    let stamp = Stamp { at, made_at: action.body.at.0, wa_id: &action.wa_id };
    let amendment = match &action.body.what {
        What::Edited { text } => {
            table::amended::advance(tx, message.id, Aspect::Text, "", &stamp, None)?;
            Amendment::Edited { text: text.clone(), at: action.body.at }
        }
        What::Revoked => {
            forget_content(tx, message.id)?;
            Amendment::Revoked { at: action.body.at }
        }
        What::Reacted { .. } => {
            table::amended::advance(tx, message.id, Aspect::Reaction, "me", &stamp, None)?;
            Amendment::Reactions { reactions: message.details.reactions.clone() }
        }
        What::Voted(_) => return Ok(()),
    };
    tell_server(tx, message, amendment)
}

/// Shows what was shown before, and why. What was asked for on top of it gets that as its own past.
fn undo(tx: &mut Tx<'_>, action: &Action, mut message: Message, failure: &Failure) -> Result<()> {
    let before = &action.body.before;
    let covered = table::action::after(tx, action)?
        .into_iter()
        .find(|later| matches!(later.body.what, What::Revoked) || same_aspect(&later.body.what, &action.body.what));
    if let Some(mut later) = covered {
        let past = &mut later.body.before;
        restore(&action.body.what, before, &mut past.kind, &mut past.text, &mut past.details);
        return table::action::put_body(tx, later.seq, &later.body);
    }
    let is_shown = match &action.body.what {
        // The phone took it back meanwhile, or reworded it.
        What::Edited { .. } => message.details.edited_at == Some(action.body.at),
        What::Revoked => message.details.revoked_at == Some(action.body.at),
        What::Reacted { .. } => message.kind != MessageKind::Revoked,
        What::Voted(_) => false,
    };
    if is_shown {
        restore(&action.body.what, before, &mut message.kind, &mut message.text, &mut message.details);
    }
    message.failure = Some(Failure { retryable: false, ..failure.clone() });
    put(tx, &message)
}

const fn same_aspect(one: &What, other: &What) -> bool {
    matches!((one, other), (What::Edited { .. }, What::Edited { .. }) | (What::Reacted { .. }, What::Reacted { .. }))
}

fn restore(
    what: &What,
    before: &Before,
    kind: &mut MessageKind,
    text: &mut Option<String>,
    details: &mut MessageDetails,
) {
    match what {
        What::Edited { .. } => {
            text.clone_from(&before.text);
            details.edited_at = before.details.edited_at;
        }
        What::Revoked => {
            *kind = before.kind;
            text.clone_from(&before.text);
            *details = before.details.clone();
        }
        What::Reacted { .. } => {
            details.reactions.retain(|known| known.direction != Direction::Outbound);
            let mine = before.details.reactions.iter().filter(|known| known.direction == Direction::Outbound);
            details.reactions.extend(mine.cloned());
        }
        What::Voted(_) => {}
    }
}

impl Store {
    /// Changes whose time has passed are undone.
    pub(in crate::store) async fn expire_changes(&self) -> Result<()> {
        if self.read(|connection| table::action::expired(connection, now())).await?.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            for action in table::action::expired(tx, now())? {
                let code = match action.body.what {
                    What::Revoked => ProblemCode::TooLateToRevoke,
                    _ => ProblemCode::TooLateToEdit,
                };
                let failure =
                    Failure { code: code.as_str().to_owned(), detail: code.title().to_owned(), retryable: false };
                settle(tx, &action, now(), Some(&failure))?;
            }
            Ok(())
        })
        .await
    }
}
