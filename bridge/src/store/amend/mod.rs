//! What becomes of messages after they came: edits, revocations, reactions, votes. Each is stamped, so that repeated and
//! overtaken ones change nothing, and waits where its message is not here yet.

mod ask;
mod votes;

use ownline_model::{
    channel::Channel,
    conversation::Scope,
    details::{MessageDetails, Reaction},
    event::Event,
    ids::{AgentId, ConversationId, MessageId},
    message::{Amendment, Direction, Message, MessageKind},
    sync::Op,
    time::UtcMillis,
};
use rusqlite::Connection;

use super::{
    Result,
    change::Change,
    groups,
    inbound::{ChangeFact, What},
    own, people, progress, record,
    table::{
        self,
        amended::{Aspect, Stamp},
        message::Told,
    },
    writer::Tx,
};

pub(super) use ask::{revoke_own, settle};

/// Shown under one message.
const REACTIONS_MAX: usize = 100;

/// Follows a change of a message of the own number.
pub(super) fn follow(tx: &mut Tx<'_>, channel: &Channel, fact: &ChangeFact) -> Result<()> {
    if !may_be_meant(fact) {
        tracing::debug!(id = %fact.wa_id, "somebody wants to change what another person wrote");
        return Ok(());
    }
    let target = match people::own_conversation(tx, &fact.chat)? {
        Some(conversation) => target(tx, conversation.id, fact)?,
        None => None,
    };
    match target {
        // What cannot be read yet cannot be reworded; the new wording comes on top of the old one.
        Some(message) if message.kind == MessageKind::Undecryptable && matches!(fact.what, What::Edited { .. }) => {
            table::waiting_change::add(tx, fact)
        }
        Some(mut message) => {
            if let Some(amendment) = apply(tx, &mut message, fact, channel.owner_id)? {
                put(tx, &message)?;
                tell_server(tx, &message, amendment)?;
            }
            Ok(())
        }
        None => table::waiting_change::add(tx, fact),
    }
}

/// Applies what waited for this message, which is about to be stored. The poll's secret is stored before.
pub(super) fn settle_waiting(tx: &mut Tx<'_>, message: &mut Message, channel: &Channel) -> Result<()> {
    let waiting = table::waiting_change::of(tx, &message.wa_id)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let Some(conversation) = table::conversation::get(tx, message.conversation_id)? else { return Ok(()) };
    let Some(contact) = table::contact::get(tx, conversation.contact_id)? else { return Ok(()) };
    for (seq, fact) in waiting {
        let same_kind = fact.chat.kind == contact.kind;
        let same_chat = (fact.chat.phone.is_some() && fact.chat.phone == contact.phone)
            || (fact.chat.lid.is_some() && fact.chat.lid == contact.lid);
        let unreadable = message.kind == MessageKind::Undecryptable && matches!(fact.what, What::Edited { .. });
        if same_kind && same_chat && !unreadable && is_target(message, &fact) {
            apply(tx, message, &fact, channel.owner_id)?;
            table::waiting_change::remove(tx, seq)?;
        }
    }
    Ok(())
}

/// Only authors reword and take back; in a group, an admin takes back what others wrote.
fn may_be_meant(fact: &ChangeFact) -> bool {
    let own = (fact.target.direction == Direction::Outbound) == fact.from_me;
    match fact.what {
        What::Edited { .. } => own,
        What::Revoked => own || fact.chat.is_group(),
        What::Reacted { .. } | What::Voted(_) => true,
    }
}

fn target(connection: &Connection, conversation: ConversationId, fact: &ChangeFact) -> Result<Option<Message>> {
    let by = |direction| table::message::by_wa_id(connection, conversation, &fact.target.wa_id, direction);
    let found = match by(fact.target.direction)? {
        None if loosely(&fact.what) => by(other(fact.target.direction))?,
        found => found,
    };
    Ok(found)
}

fn is_target(message: &Message, fact: &ChangeFact) -> bool {
    message.wa_id == fact.target.wa_id && (message.direction == fact.target.direction || loosely(&fact.what))
}

/// Clients do not agree on whose side the target of these is named from, and nothing depends on it.
const fn loosely(what: &What) -> bool {
    matches!(what, What::Reacted { .. } | What::Voted(_))
}

const fn other(direction: Direction) -> Direction {
    match direction {
        Direction::Inbound => Direction::Outbound,
        Direction::Outbound => Direction::Inbound,
    }
}

/// Changes the message where the fact is news. `None`: it stays as it is.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    message: &mut Message,
    fact: &ChangeFact,
    owner: AgentId,
) -> Result<Option<Amendment>> {
    if message.kind == MessageKind::Revoked || message.kind == MessageKind::Gap {
        return Ok(None);
    }
    let by = match &fact.by {
        Some(person) => groups::id_of(tx, person, None)?,
        None => None,
    };
    let is_authors = is_authors(tx, message, fact, by.as_deref())?;
    match &fact.what {
        What::Edited { text } if is_authors => edit(tx, message, fact, text.as_ref()),
        What::Revoked if is_authors || is_admins(tx, message, fact)? => revoke(tx, message, fact).map(Some),
        What::Edited { .. } | What::Revoked => Ok(None),
        What::Reacted { emoji } => react(tx, message, fact, by.as_ref(), emoji.as_ref(), owner),
        What::Voted(vote) => votes::count(tx, message, fact, by.as_deref(), vote),
    }
}

fn edit(tx: &mut Tx<'_>, message: &mut Message, fact: &ChangeFact, text: Option<&String>) -> Result<Option<Amendment>> {
    if text.is_none() && message.kind == MessageKind::Text {
        return Ok(None);
    }
    if !table::amended::advance(tx, message.id, Aspect::Text, "", &Stamp::of(fact), None)? {
        return Ok(None);
    }
    message.text = text.cloned();
    message.details.edited_at = Some(fact.at);
    Ok(Some(Amendment::Edited { text: message.text.clone(), at: fact.at }))
}

fn is_authors(connection: &Connection, message: &Message, fact: &ChangeFact, by: Option<&str>) -> Result<bool> {
    if (message.direction == Direction::Outbound) != fact.from_me {
        return Ok(false);
    }
    match (&message.details.sender, by) {
        (Some(sender), Some(by)) => groups::same(connection, &sender.id, by),
        (None, None) => Ok(true),
        _ => Ok(false),
    }
}

/// Admins of a group take back what others wrote. The own phone asks WhatsApp before it does; of somebody else it must be
/// known that they are one, or, in a group that is not known yet, WhatsApp must have taken it as such.
fn is_admins(connection: &Connection, message: &Message, fact: &ChangeFact) -> Result<bool> {
    if !fact.chat.is_group() {
        return Ok(false);
    }
    let Some(by) = &fact.by else { return Ok(fact.from_me) };
    let Some(conversation) = table::conversation::get(connection, message.conversation_id)? else { return Ok(false) };
    let Some(contact) = table::contact::get(connection, conversation.contact_id)? else { return Ok(false) };
    Ok(groups::is_admin(connection, &contact, by)?.unwrap_or(fact.as_admin))
}

/// Text, file, place, poll, reactions: all of it is gone, here too.
fn revoke(tx: &mut Tx<'_>, message: &mut Message, fact: &ChangeFact) -> Result<Amendment> {
    empty(message, fact.at);
    forget_content(tx, message.id)?;
    Ok(Amendment::Revoked { at: fact.at })
}

/// What is shown of a message that was taken back.
pub(super) fn empty(message: &mut Message, at: UtcMillis) {
    message.kind = MessageKind::Revoked;
    message.text = None;
    let sender = message.details.sender.take();
    message.details = MessageDetails { revoked_at: Some(at), sender, ..Default::default() };
}

/// Takes what belonged to the content out of the other tables. The bytes of a file go with the next tidying.
pub(super) fn forget_content(tx: &mut Tx<'_>, message: MessageId) -> Result<()> {
    table::remote_file::delete(tx, message)?;
    table::file_work::fetched(tx, message)?;
    table::file_work::shared(tx, message)?;
    table::poll_secret::delete(tx, message)?;
    table::amended::forget(tx, message)?;
    if table::message::forget_file(tx, message)? {
        tx.tell(Change::FilesDropped);
    }
    Ok(())
}

fn react(
    tx: &Tx<'_>,
    message: &mut Message,
    fact: &ChangeFact,
    by: Option<&String>,
    emoji: Option<&String>,
    owner: AgentId,
) -> Result<Option<Amendment>> {
    let who = who(fact, by.map(String::as_str));
    if !table::amended::advance(tx, message.id, Aspect::Reaction, who, &Stamp::of(fact), None)? {
        return Ok(None);
    }
    let direction = if fact.from_me { Direction::Outbound } else { Direction::Inbound };
    let agent_id = fact.from_me.then_some(owner).filter(|owner| !owner.0.is_nil());
    let reaction =
        emoji.map(|emoji| Reaction { emoji: emoji.clone(), direction, agent_id, by: by.cloned(), at: fact.at });
    Ok(set_reaction(message, direction, by, reaction))
}

/// One reaction of each person.
pub(super) fn set_reaction(
    message: &mut Message,
    direction: Direction,
    by: Option<&String>,
    reaction: Option<Reaction>,
) -> Option<Amendment> {
    let reactions = &mut message.details.reactions;
    let before = reactions.clone();
    reactions.retain(|known| known.direction != direction || known.by.as_ref() != by);
    reactions.extend(reaction.filter(|_| reactions.len() < REACTIONS_MAX));
    // In the order in which they were given, however they came.
    reactions.sort_by_key(|reaction| (reaction.at, reaction.direction == Direction::Outbound));
    (*reactions != before).then(|| Amendment::Reactions { reactions: reactions.clone() })
}

/// Whom a reaction or a vote belongs to.
pub(super) fn who<'a>(fact: &ChangeFact, by: Option<&'a str>) -> &'a str {
    if fact.from_me { "me" } else { by.unwrap_or("customer") }
}

/// Stores a message that was changed, and shows it, in the list too.
pub(super) fn put(tx: &mut Tx<'_>, message: &Message) -> Result<()> {
    table::message::put(tx, message)?;
    tx.tell_event(Event::MessageUpdated(message.clone()));
    people::refresh_last(tx, message)
}

/// Queues a change for the server, as far as the chat's scope allows and where the server knows the message.
pub(super) fn tell_server(tx: &mut Tx<'_>, message: &Message, amendment: Amendment) -> Result<()> {
    let scope = progress::scope_of(tx, message.conversation_id)?;
    // A chat may share more now than it did when the message was told of.
    let scope = match table::message::told(tx, message.id)? {
        Told::Nothing => Scope::Private,
        Told::Bare => scope.min(Scope::Metadata),
        Told::Words => scope,
    };
    let amendment = match (scope, amendment) {
        (Scope::Private, _) | (Scope::Metadata, Amendment::Reactions { .. } | Amendment::Votes { .. }) => {
            return Ok(());
        }
        (Scope::Metadata, Amendment::Edited { at, .. }) => Amendment::Edited { text: None, at },
        (_, amendment) => amendment,
    };
    let op = Op::MessageAmended { message_id: message.id, amendment };
    let held = own::is_held(tx)?;
    table::outbox::add(tx, &op, record::about(message), held)?;
    Ok(())
}
