//! The server's word: journal entries and truths. Whole states, applied as often as they come; an older version never
//! overwrites a newer one, and what still waits in the outbox stays visible over what the server says.

use std::sync::Arc;

use ownline_model::{
    agent::Agent,
    channel::Channel,
    contact::Contact,
    conversation::{Conversation, Scope},
    event::Event,
    message::{Direction, Message, MessageKind, MessageStatus},
    sync::{JournalEntry, Op, Truth},
    ticket::Ticket,
};

use super::{
    Result, Store, account, cancel,
    change::{Change, CustomerWrote},
    compose, desk, media, merges, own, people, phone_state, pictures, progress, remap, row, safety, sharing,
    table::{self, message::Told},
    unshare,
    writer::Tx,
};

/// Where the next pull starts.
const CURSOR: &str = "sync.cursor";

impl Store {
    pub async fn cursor(&self) -> Result<Option<String>> {
        self.value(CURSOR).await
    }

    /// Applies a page and moves the cursor in the same transaction. `last`: the server has no more for now.
    pub async fn apply_pull(&self, entries: Vec<JournalEntry>, cursor: String, last: bool) -> Result<()> {
        self.write(move |tx| {
            for entry in entries {
                event(tx, entry.event, entry.seq > 0)?;
            }
            if last {
                requeue(tx)?;
            }
            table::value::set(tx, CURSOR, Some(&cursor))
        })
        .await
    }

    /// The server does not know the cursor any more: everything is asked for anew. What is here stays.
    pub async fn forget_cursor(&self) -> Result<()> {
        self.write(|tx| table::value::set(tx, CURSOR, None)).await
    }

    /// News of the moment from the server (typing, presence), for screens only.
    pub fn pass_on(&self, event: Event) {
        let _ = self.inner.changes.send(Change::Event(Arc::new(event)));
    }
}

fn event(tx: &mut Tx<'_>, event: Event, live: bool) -> Result<()> {
    match event {
        Event::AgentUpdated(agent) => self::agent(tx, &agent),
        Event::ChannelStatus(channel) => self::channel(tx, channel),
        Event::ContactUpdated(contact) => self::contact(tx, contact),
        Event::ConversationNew(it) => conversation(tx, it, Event::ConversationNew),
        Event::ConversationUpdated(it) => conversation(tx, it, Event::ConversationUpdated),
        Event::ConversationAssigned(it) => conversation(tx, it, Event::ConversationAssigned),
        Event::ConversationTransferred(it) => conversation(tx, it, Event::ConversationTransferred),
        Event::ConversationUnshared(it) => conversation(tx, it, Event::ConversationUnshared),
        Event::MessageNew(it) | Event::MessageStatus(it) | Event::MessageUpdated(it) => message(tx, it, live),
        Event::TicketCreated(it) => ticket(tx, it, Event::TicketCreated),
        Event::TicketAssigned(it) => ticket(tx, it, Event::TicketAssigned),
        Event::TicketUpdated(it) => ticket(tx, it, Event::TicketUpdated),
        Event::TicketReply(it) => ticket(tx, it, Event::TicketReply),
        Event::TicketResolved(it) => ticket(tx, it, Event::TicketResolved),
        Event::TicketClosed(it) => ticket(tx, it, Event::TicketClosed),
        Event::ContactMerged(merge) => {
            merges::follow(tx, &merge)?;
            tx.tell_event(Event::ContactMerged(merge));
            Ok(())
        }
        passing @ (Event::HistoryArrived(_)
        | Event::CustomerTyping(_)
        | Event::CustomerPresence(_)
        | Event::AgentTyping(_)
        | Event::AgentOnline(_)
        | Event::AgentOffline(_)) => {
            tx.tell_event(passing);
            Ok(())
        }
    }
}

/// What the server holds of the things that a change touched.
pub(super) fn truth(tx: &mut Tx<'_>, truth: Truth) -> Result<()> {
    if let Some(it) = truth.channel {
        channel(tx, it)?;
    }
    if let Some(it) = truth.contact {
        contact(tx, it)?;
    }
    if let Some(it) = truth.conversation {
        conversation(tx, it, Event::ConversationUpdated)?;
    }
    if let Some(it) = truth.message {
        message(tx, it, false)?;
    }
    if let Some(it) = truth.ticket {
        ticket(tx, it, Event::TicketUpdated)?;
    }
    Ok(())
}

fn agent(tx: &mut Tx<'_>, agent: &Agent) -> Result<()> {
    if table::agent::put(tx, agent)? {
        if account::agent(tx)?.is_some_and(|me| me.id == agent.id) {
            tx.tell(Change::Status);
        }
        tx.tell_event(Event::AgentUpdated(agent.clone()));
    }
    Ok(())
}

fn channel(tx: &mut Tx<'_>, mut remote: Channel) -> Result<()> {
    let own = own::channel(tx)?;
    if let Some(mine) = &own
        && mine.number == remote.number
        && mine.owner_id == remote.owner_id
        && mine.id != remote.id
    {
        remap::channel(tx, mine.id, remote.id)?;
    }
    let local = table::channel::get(tx, remote.id)?.or_else(|| own.clone().filter(|mine| mine.number == remote.number));
    if local.as_ref().is_some_and(|local| local.version > remote.version) {
        return Ok(());
    }
    if own::channel_id(tx)? == Some(remote.id)
        && let Some(mine) = own
    {
        // This machine knows its own session best, and it is online as far as it can tell.
        remote.session = mine.session;
        remote.owner_online = true;
        remote.lends = mine.lends;
        remote.name = mine.name;
    }
    if table::channel::get(tx, remote.id)?.as_ref() != Some(&remote) {
        table::channel::put(tx, &remote)?;
        tx.tell_event(Event::ChannelStatus(remote));
    }
    Ok(())
}

fn contact(tx: &mut Tx<'_>, mut remote: Contact) -> Result<()> {
    let by_phone = remote.phone.as_ref().map(|phone| table::contact::by_phone(tx, phone)).transpose()?.flatten();
    let by_lid = remote.lid.as_deref().map(|lid| table::contact::by_lid(tx, lid)).transpose()?.flatten();
    for other in [by_phone, by_lid].into_iter().flatten() {
        if other.id != remote.id && table::contact::get(tx, other.id)?.is_some() {
            // What this machine learned of the person stays.
            if remote.version >= other.version {
                remote.phone = remote.phone.or(other.phone.clone());
                remote.lid = remote.lid.or(other.lid.clone());
            }
            match table::contact::get(tx, remote.id)? {
                Some(stays) => merges::join(tx, &other, &stays, merges::reason(&stays, &other), true)?,
                // Only the id that counts was not known yet.
                None => remap::contact(tx, other.id, remote.id)?,
            }
        }
    }
    let local = table::contact::get(tx, remote.id)?;
    if local.as_ref().is_some_and(|local| local.version > remote.version) {
        return Ok(());
    }
    safety::keep_opt_out(tx, &mut remote, local.as_ref())?;
    pictures::keep(tx, &mut remote)?;
    let named_by_itself = remote.name == people::identity(&remote).display_name();
    if let Some(local) = &local {
        remote.phone = remote.phone.or_else(|| local.phone.clone());
        remote.lid = remote.lid.or_else(|| local.lid.clone());
        remote.push_name = remote.push_name.or_else(|| local.push_name.clone());
        remote.username = remote.username.or_else(|| local.username.clone());
        remote.verified_name = remote.verified_name.or_else(|| local.verified_name.clone());
        remote.last_interaction_at = remote.last_interaction_at.max(local.last_interaction_at);
    }
    // The owner's own address book names whom the team has not.
    if named_by_itself || remote.name == people::identity(&remote).display_name() {
        remote.name = phone_state::shown_name(tx, &remote)?;
    }
    for op in table::outbox::about_subject(tx, remote.id.0, "contact_patched")? {
        if let Op::ContactPatched { patch, .. } = op {
            compose::apply_patch(&mut remote, &patch);
        }
    }
    if local.as_ref() != Some(&remote) {
        table::contact::put(tx, &remote)?;
        tx.tell_event(Event::ContactUpdated(remote));
    }
    Ok(())
}

fn conversation(tx: &mut Tx<'_>, remote: Conversation, name: fn(Conversation) -> Event) -> Result<()> {
    if let Some(other) = table::conversation::of(tx, remote.channel_id, remote.contact_id)?
        && other.id != remote.id
    {
        remap::conversation(tx, other.id, remote.id)?;
    }
    let local = table::conversation::get(tx, remote.id)?;
    if local.as_ref().is_some_and(|local| local.version > remote.version) {
        return Ok(());
    }
    // It had gone into another one, and the two are parted again.
    if local.is_none() && table::contact::get(tx, remote.contact_id)?.is_some() {
        table::alias::lift(tx, remote.id.0)?;
    }
    let own = own::channel_id(tx)? == Some(remote.channel_id);
    if let Some(local) = &local
        && !own
        && remote.scope < local.scope
    {
        tx.tell_event(Event::ConversationUnshared(remote.clone()));
        if !sharing::drop_unshared(tx, &remote)? {
            return Ok(());
        }
    }
    if remote.scope == Scope::Private {
        // What the team does not see any more is still here where it belongs, and nowhere else.
        return local.filter(|_| own).map_or(Ok(()), |local| unshare::is_forgotten(tx, local));
    }
    let shown = overlay(tx, remote, local.as_ref())?;
    if local.as_ref() != Some(&shown) {
        table::conversation::put(tx, &shown)?;
        tx.tell_event(name(shown));
    }
    Ok(())
}

/// What this machine knows better than the server: its own chats' scope and newest message, and whatever still waits.
fn overlay(tx: &Tx<'_>, mut remote: Conversation, local: Option<&Conversation>) -> Result<Conversation> {
    let Some(local) = local else { return Ok(remote) };
    let own = own::channel_id(tx)? == Some(remote.channel_id);
    let received = table::outbox::about_conversation(tx, remote.id, "message_received")?;
    let waiting = !received.is_empty() || !table::outbox::about_conversation(tx, remote.id, "reply")?.is_empty();
    if own {
        remote.scope = local.scope;
    }
    if own || waiting {
        remote.last_message =
            table::message::newest(tx, remote.id)?.as_ref().map(people::as_last).or(remote.last_message);
        remote.last_activity_at = remote.last_activity_at.max(local.last_activity_at);
    }
    if waiting {
        remote.state = local.state;
    }
    let read_up_to = table::outbox::about_conversation(tx, remote.id, "conversation_read")?
        .iter()
        .filter_map(|op| if let Op::ConversationRead { position, .. } = op { Some(*position) } else { None })
        .max();
    if read_up_to.is_some() {
        remote.unread = local.unread;
    } else {
        let unseen = received
            .iter()
            .filter(|op| matches!(op, Op::MessageReceived { message, .. } if message.direction == Direction::Inbound));
        remote.unread += unseen.count() as u32;
    }
    Ok(remote)
}

fn message(tx: &mut Tx<'_>, mut remote: Message, live: bool) -> Result<()> {
    if let Some(other) = table::message::by_wa_id(tx, remote.conversation_id, &remote.wa_id, remote.direction)?
        && other.id != remote.id
    {
        remap::message(tx, other.id, remote.id)?;
    }
    media::localise(tx, &mut remote)?;
    let own = own::channel_id(tx)? == Some(remote.channel_id);
    let Some(local) = table::message::get(tx, remote.id)? else {
        table::message::put(tx, &remote)?;
        table::message::set_told(tx, remote.id, told(&remote))?;
        tx.tell_event(Event::MessageNew(remote.clone()));
        if own && remote.status == MessageStatus::Queued {
            tx.tell(Change::ToSend);
        }
        people::refresh_last(tx, &remote)?;
        return if live && !own { notify_assignee(tx, &remote) } else { Ok(()) };
    };
    if remote.position > local.position {
        make_way(tx, &local, remote.position)?;
    }
    table::message::set_told(tx, remote.id, told(&remote))?;
    if own {
        // What a message says and carries, and why it waits, its own machine knows best.
        remote.kind = local.kind;
        remote.text.clone_from(&local.text);
        remote.details.clone_from(&local.details);
    } else if remote.text.is_none() && remote.kind != MessageKind::Revoked {
        // What the scope hid from the server is still known here.
        remote.text.clone_from(&local.text);
    }
    let told = table::outbox::waits_for(tx, remote.id.0, "message_status")?
        || table::outbox::waits_for(tx, remote.id.0, "retry_message")?;
    if own || told {
        let failed = local.status == MessageStatus::Failed && !cancel::is_cancelled(&local);
        let asked = own && failed && remote.status == MessageStatus::Queued;
        progress::set_requeue(tx, remote.id.0, asked && !told)?;
        remote.status = local.status.advance(remote.status);
        if told || remote.status == local.status {
            remote.failure.clone_from(&local.failure);
        }
    }
    if remote.status != MessageStatus::Failed {
        remote.failure = None;
    }
    if remote != local {
        table::message::put(tx, &remote)?;
        let same_content = remote.kind == local.kind && remote.text == local.text && remote.details == local.details;
        let event = if same_content { Event::MessageStatus } else { Event::MessageUpdated };
        tx.tell_event(event(remote.clone()));
        people::refresh_last(tx, &remote)?;
    }
    Ok(())
}

/// What the server knows of a message that it tells of.
const fn told(remote: &Message) -> Told {
    if remote.text.is_some() { Told::Words } else { Told::Bare }
}

/// The server settled a message further down than this machine had proposed: what was written after it and still waits stays
/// after it.
fn make_way(tx: &mut Tx<'_>, settled: &Message, position: i64) -> Result<()> {
    let by = position - settled.position;
    let behind: Vec<Message> = row::all(
        tx,
        "SELECT m.body FROM outbox o JOIN message m ON m.id = o.subject_id
         WHERE o.conversation_id = ? AND o.kind IN ('message_received', 'reply') AND o.refused IS NULL AND m.position > ?",
        rusqlite::params![settled.conversation_id.0.into_bytes(), settled.position],
    )?;
    for mut message in behind {
        message.position += by;
        table::message::put(tx, &message)?;
        row::run(
            tx,
            "UPDATE outbox SET op = json_set(op, '$.message.position', ?)
             WHERE subject_id = ? AND kind IN ('message_received', 'reply')",
            rusqlite::params![message.position, message.id.0.into_bytes()],
        )?;
        tx.tell_event(Event::MessageStatus(message));
    }
    Ok(())
}

/// A customer wrote on a colleague's number, in a ticket of the person at this machine.
fn notify_assignee(tx: &mut Tx<'_>, message: &Message) -> Result<()> {
    if message.direction != Direction::Inbound {
        return Ok(());
    }
    let (Some(item), Some(me)) = (desk::item(tx, message.conversation_id)?, desk::me(tx)?) else { return Ok(()) };
    if item.ticket.is_some_and(|ticket| ticket.assignee_id == Some(me.id)) {
        tx.tell(Change::CustomerWrote(Arc::new(CustomerWrote {
            conversation_id: message.conversation_id,
            contact_id: item.contact.id,
            message_id: message.id,
            contact_name: item.contact.name,
            preview: message.text.as_deref().map(ownline_model::message::preview).unwrap_or_default(),
        })));
    }
    Ok(())
}

pub(super) fn ticket(tx: &mut Tx<'_>, mut remote: Ticket, name: fn(Ticket) -> Event) -> Result<()> {
    remote.pending = false;
    let shown = table::ticket::get(tx, remote.id)?;
    if table::ticket::settled(tx, remote.id)?.is_some_and(|settled| settled.version > remote.version) {
        return Ok(());
    }
    if let Some(shown) = &shown
        && table::outbox::waits_for(tx, remote.id.0, "ticket_%")?
    {
        return table::ticket::put(tx, shown, Some(&remote));
    }
    if shown.as_ref() != Some(&remote) {
        table::ticket::put(tx, &remote, None)?;
        tx.tell_event(name(remote));
    }
    Ok(())
}

/// Failed messages of the own number that somebody asked to try again: known for sure only once the whole journal is read,
/// because the failure itself may stand further down in it.
fn requeue(tx: &mut Tx<'_>) -> Result<()> {
    let asked: Vec<Message> =
        row::all(tx, "SELECT body FROM message WHERE requeue_asked = 1 AND status = 'failed'", [])?;
    for mut message in asked {
        progress::set_requeue(tx, message.id.0, false)?;
        if table::outbox::waits_for(tx, message.id.0, "message_status")? {
            continue;
        }
        message.status = MessageStatus::Queued;
        message.failure = None;
        progress::put_status(tx, &message)?;
        tx.tell(Change::ToSend);
    }
    Ok(())
}
