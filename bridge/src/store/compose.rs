//! What the agent writes, opens and marks. Everything is stored here first: the network hears of it afterwards.

use ownline_model::{
    agent::Agent,
    contact::{Contact, ContactPatch},
    conversation::{Conversation, ConversationItem, Scope},
    event::Event,
    ids::{ContactId, ConversationId, MessageId, TicketId},
    limits,
    message::{Direction, Message, MessageStatus, NewMessage, Origin, wa_message_id},
    phone::PhoneNumber,
    problem::{Problem, ProblemCode},
    sync::Op,
    ticket::{Actor, Ticket, TicketState},
};

use super::{
    DeskError, Result, Store, cancel,
    change::Change,
    contents, desk, groups,
    inbound::WaIdentity,
    media, own, people, progress, record, safety, scope,
    table::{self, outbox::About},
    writer::Tx,
};
use crate::time::now;

/// Refusals travel as values: what was written until then is undone by not writing anything before the checks.
type Desk<T> = Result<std::result::Result<T, Problem>>;

macro_rules! refuse {
    ($code:expr) => {
        return Ok(Err(Problem::from($code)))
    };
}

/// A conversation that was read, and what WhatsApp should hear of it.
#[derive(Debug)]
pub struct ReadMark {
    pub conversation: Conversation,
    /// Present where the chat is on the own number and something in it was unseen.
    pub on_own_number: Option<Ticks>,
}

#[derive(Debug)]
pub struct Ticks {
    pub chat: WaIdentity,
    pub wa_ids: Vec<String>,
}

impl Store {
    async fn desk<T, F>(&self, work: F) -> std::result::Result<T, DeskError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Desk<T> + Send + 'static,
    {
        self.write(work).await?.map_err(|problem| DeskError::Refused(Box::new(problem)))
    }

    pub async fn write_message(&self, id: ConversationId, new: NewMessage) -> std::result::Result<Message, DeskError> {
        self.desk(move |tx| {
            let id = ConversationId(table::alias::resolve(tx, id.0)?);
            let Some(conversation) = table::conversation::get(tx, id)? else { refuse!(ProblemCode::NotFound) };
            let ticket = conversation.ticket_id.map(|id| table::ticket::get(tx, id)).transpose()?.flatten();
            write(tx, conversation, ticket, &new)
        })
        .await
    }

    pub async fn reply_to_ticket(&self, id: TicketId, new: NewMessage) -> std::result::Result<Message, DeskError> {
        self.desk(move |tx| {
            let Some(ticket) = table::ticket::get(tx, id)? else { refuse!(ProblemCode::NotFound) };
            let Some(conversation) = table::conversation::get(tx, ticket.conversation_id)? else {
                refuse!(ProblemCode::NotFound)
            };
            if let Some(me) = desk::me(tx)?
                && let Err(refusal) = ticket.clone().reply(Actor::from(&me), now())
            {
                refuse!(refusal.code())
            }
            write(tx, conversation, Some(ticket), &new)
        })
        .await
    }

    /// Queues a failed message once more, under the same WhatsApp id.
    pub async fn retry_message(&self, id: MessageId) -> std::result::Result<Message, DeskError> {
        self.desk(move |tx| {
            let id = MessageId(table::alias::resolve(tx, id.0)?);
            let Some(mut message) = table::message::get(tx, id)? else { refuse!(ProblemCode::NotFound) };
            let Some(me) = desk::me(tx)? else { refuse!(ProblemCode::NotSignedIn) };
            if message.direction == Direction::Inbound {
                refuse!(ProblemCode::InvalidRequest)
            }
            if message.status != MessageStatus::Failed {
                return Ok(Ok(message));
            }
            if cancel::is_cancelled(&message) {
                return Ok(Err(Problem::new(ProblemCode::InvalidRequest).with_detail("This message was taken back.")));
            }
            let own = own::channel_id(tx)? == Some(message.channel_id);
            if !own && message.author_id != Some(me.id) {
                refuse!(ProblemCode::NotAssignee)
            }
            let conversation = table::conversation::get(tx, message.conversation_id)?;
            if own
                && let Some(conversation) = conversation
                && let Some(problem) = group_refuses(tx, &conversation)?
            {
                return Ok(Err(problem));
            }
            message.status = MessageStatus::Queued;
            message.failure = None;
            message.expires_at = message.expires_at.map(|_| now().plus_millis(limits::ROUTED_REPLY_TTL_MS));
            progress::put_status(tx, &message)?;
            if scope::tells(progress::scope_of(tx, message.conversation_id)?) {
                let held = own && own::is_held(tx)?;
                table::outbox::add(tx, &Op::RetryMessage { message_id: id }, record::about(&message), held)?;
            }
            if own {
                tx.tell(Change::ToSend);
            }
            Ok(Ok(message))
        })
        .await
    }

    pub async fn mark_read(&self, id: ConversationId, position: i64) -> std::result::Result<ReadMark, DeskError> {
        self.desk(move |tx| {
            let id = ConversationId(table::alias::resolve(tx, id.0)?);
            let Some(conversation) = table::conversation::get(tx, id)? else { refuse!(ProblemCode::NotFound) };
            let (conversation, wa_ids) = record::mark_read(tx, conversation, position)?;
            let mut on_own_number = None;
            if !wa_ids.is_empty()
                && own::channel_id(tx)? == Some(conversation.channel_id)
                && let Some(contact) = table::contact::get(tx, conversation.contact_id)?
            {
                on_own_number = Some(Ticks { chat: people::wa_identity(&contact), wa_ids });
            }
            Ok(Ok(ReadMark { conversation, on_own_number }))
        })
        .await
    }

    pub async fn patch_contact(&self, id: ContactId, patch: ContactPatch) -> std::result::Result<Contact, DeskError> {
        self.desk(move |tx| {
            let id = ContactId(table::alias::resolve(tx, id.0)?);
            let Some(mut contact) = table::contact::get(tx, id)? else { refuse!(ProblemCode::NotFound) };
            let base_version = contact.version;
            if let Some(problem) = check_patch(&patch) {
                return Ok(Err(problem));
            }
            apply_patch(&mut contact, &patch);
            table::contact::put(tx, &contact)?;
            tx.tell_event(Event::ContactUpdated(contact.clone()));
            if known_to_server(tx, &contact)? {
                let op = Op::ContactPatched { contact_id: id, base_version, patch };
                table::outbox::add(tx, &op, About { subject: Some(id.0), ..About::default() }, false)?;
            }
            Ok(Ok(contact))
        })
        .await
    }

    /// The chat with a number on the own number, where there is one.
    pub async fn own_conversation_with(&self, phone: PhoneNumber) -> Result<Option<ConversationItem>> {
        self.read(move |connection| match people::own_conversation_with(connection, phone)? {
            Some(conversation) => desk::item(connection, conversation.id),
            None => Ok(None),
        })
        .await
    }

    /// Opens a chat on the own number before any message.
    pub async fn open_conversation(&self, chat: WaIdentity) -> std::result::Result<ConversationItem, DeskError> {
        self.desk(move |tx| {
            let Some(channel) = own::channel(tx)? else { refuse!(ProblemCode::NotLinked) };
            let contact = people::contact_for(tx, &chat, None)?;
            let (conversation, is_new) = people::conversation_for(tx, &channel, &contact, now())?;
            let id = conversation.id;
            if is_new {
                let scope = conversation.scope;
                people::put_conversation(tx, conversation, true)?;
                if scope::tells(scope) {
                    let op = Op::ConversationOpened {
                        contact: people::identity(&contact),
                        conversation_id: id,
                        channel_id: channel.id,
                        scope,
                    };
                    let about =
                        About { channel: Some(channel.id), conversation: Some(id), subject: Some(contact.id.0) };
                    let held = own::is_held(tx)?;
                    table::outbox::add(tx, &op, about, held)?;
                }
            }
            Ok(desk::item(tx, id)?.ok_or_else(|| ProblemCode::NotFound.into()))
        })
        .await
    }
}

/// Who may write here: see "Who answers a chat" in ARCHITECTURE.md.
pub(super) fn may_write(
    tx: &Tx<'_>,
    me: &Agent,
    conversation: &Conversation,
    ticket: Option<&Ticket>,
    own: bool,
) -> Desk<()> {
    let working = ticket.filter(|ticket| !matches!(ticket.state, TicketState::Resolved | TicketState::Closed));
    match working {
        Some(ticket) => {
            if let Err(refusal) = ticket.clone().reply(Actor::from(me), now()) {
                refuse!(refusal.code())
            }
        }
        None if own => {}
        None => refuse!(ticket.map_or(ProblemCode::NotAssignee, |_| ProblemCode::TicketWrongState)),
    }
    if !own && table::channel::get(tx, conversation.channel_id)?.is_none_or(|channel| !channel.lends) {
        refuse!(ProblemCode::OwnerConsentMissing)
    }
    Ok(Ok(()))
}

/// Why nothing can be written to the own number's group now.
pub(super) fn group_refuses(tx: &Tx<'_>, conversation: &Conversation) -> Result<Option<Problem>> {
    match table::contact::get(tx, conversation.contact_id)? {
        Some(contact) => groups::refuses(tx, &contact),
        None => Ok(None),
    }
}

fn write(tx: &mut Tx<'_>, conversation: Conversation, ticket: Option<Ticket>, new: &NewMessage) -> Desk<Message> {
    let id = MessageId(table::alias::resolve(tx, new.id.0)?);
    if let Some(known) = table::message::get(tx, id)? {
        return Ok(if known.conversation_id == conversation.id {
            Ok(known)
        } else {
            Err(ProblemCode::VersionConflict.into())
        });
    }
    let composed = match contents::compose(tx, &conversation, new)? {
        Ok(composed) => composed,
        Err(problem) => return Ok(Err(problem)),
    };
    let Some(me) = desk::me(tx)? else { refuse!(ProblemCode::NotSignedIn) };
    let own = own::channel_id(tx)? == Some(conversation.channel_id);
    if let Err(problem) = may_write(tx, &me, &conversation, ticket.as_ref(), own)? {
        return Ok(Err(problem));
    }
    if let Some(problem) = safety::refuses(tx, &conversation, own, &new.text)? {
        return Ok(Err(problem));
    }
    if own && let Some(problem) = group_refuses(tx, &conversation)? {
        return Ok(Err(problem));
    }
    let written_at = now();
    let mut random = [0_u8; 9];
    rand::fill(&mut random);
    let message = Message {
        id: new.id,
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        ticket_id: ticket.map(|ticket| ticket.id),
        wa_id: wa_message_id(random),
        direction: Direction::Outbound,
        origin: Origin::Desk,
        author_id: Some(me.id),
        kind: composed.kind,
        text: composed.text,
        status: MessageStatus::Queued,
        failure: None,
        position: table::message::next_position(tx, conversation.id)?,
        at: written_at,
        expires_at: (!own).then(|| written_at.plus_millis(limits::ROUTED_REPLY_TTL_MS)),
        details: composed.details,
    };
    // On a colleague's number the text has to travel; on the own one only as far as the chat's scope allows.
    let scope = if own { conversation.scope } else { Scope::Shared };
    record::store_new(tx, conversation, false, &message)?;
    if let Some(media_id) = new.media_id {
        table::message::set_media(tx, message.id, media_id)?;
        media::share(tx, &message)?;
        tx.tell(Change::Files);
    }
    if let Some(outgoing) = scope::outgoing(scope, &message) {
        let held = own && own::is_held(tx)?;
        table::outbox::add(tx, &Op::Reply { message: outgoing }, record::about(&message), held)?;
    }
    if own {
        tx.tell(Change::ToSend);
    }
    Ok(Ok(message))
}

fn check_patch(patch: &ContactPatch) -> Option<Problem> {
    let too_long = |text: &Option<String>, max: usize| text.as_ref().is_some_and(|text| text.chars().count() > max);
    let wrong = |field: &str, detail: &str| {
        Some(Problem::new(ProblemCode::InvalidRequest).with_field(field).with_detail(detail))
    };
    if patch.name.as_deref().is_some_and(|name| limits::clean_name(name).is_empty()) {
        return wrong("name", "A name needs at least one letter.");
    }
    if too_long(&patch.name, limits::NAME_MAX_CHARS) {
        return wrong("name", "A name has at most 256 characters.");
    }
    if too_long(&patch.email, limits::NAME_MAX_CHARS) {
        return wrong("email", "An e-mail address has at most 256 characters.");
    }
    if too_long(&patch.notes, limits::TEXT_MAX_CHARS) {
        return wrong("notes", "Notes have at most 65,536 characters.");
    }
    None
}

/// What a patch makes of a contact, here and again over each state that the server sends while the patch waits.
pub(super) fn apply_patch(contact: &mut Contact, patch: &ContactPatch) {
    if let Some(name) = &patch.name {
        contact.name = limits::clean_name(name);
    }
    if let Some(email) = &patch.email {
        contact.email = Some(email.trim().to_owned()).filter(|email| !email.is_empty());
    }
    if let Some(tags) = &patch.tags {
        contact.tags.clone_from(tags);
    }
    if let Some(notes) = &patch.notes {
        contact.notes.clone_from(notes);
    }
}

/// A contact of private chats only is nothing to the server.
fn known_to_server(tx: &Tx<'_>, contact: &Contact) -> Result<bool> {
    if contact.version > 0 {
        return Ok(true);
    }
    Ok(table::conversation::of_contact(tx, contact.id)?.iter().any(|conversation| scope::tells(conversation.scope)))
}
