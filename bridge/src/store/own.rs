//! This machine's own number: the account it is linked to, and the channel that the desk knows it by.

use ownline_model::{
    agent::Agent,
    bridge::{LineSettings, NumberUse, ReadReceipts},
    channel::Channel,
    conversation::Scope,
    event::Event,
    ids::{AgentId, ChannelId},
    phone::PhoneNumber,
    session::SessionStateName,
    sync::Op,
};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    LinkSettings, Result, Store,
    change::Change,
    history,
    inbound::LinkedAccount,
    row, safety,
    table::{self, outbox::About},
    ticks,
    writer::Tx,
};
use crate::time::now;

const ACCOUNT: &str = "link.account";
const SETTINGS: &str = "link.settings";
const READ_RECEIPTS: &str = "line.read_receipts";
/// What new chats share, where the agent chose something else than at linking.
const DEFAULT_SCOPE: &str = "line.default_scope";
/// The own channel's id.
const CHANNEL: &str = "channel.own";
/// What was last told about it.
const REPORTED: &str = "channel.reported";
/// The code with which the server refuses the number, while it does.
pub(super) const REFUSED: &str = "channel.refused";
/// Whose replica this is. Stays when that person signs out.
pub(super) const OWNER: &str = "replica.owner";

pub(super) fn owner(connection: &Connection) -> Result<Option<Agent>> {
    table::value::get_json(connection, OWNER)
}

pub(super) fn account(connection: &Connection) -> Result<Option<LinkedAccount>> {
    table::value::get_json(connection, ACCOUNT)
}

pub(super) fn settings(connection: &Connection) -> Result<Option<LinkSettings>> {
    table::value::get_json(connection, SETTINGS)
}

/// When the customer's ticks turn blue.
pub(super) fn read_receipts(connection: &Connection) -> Result<ReadReceipts> {
    Ok(table::value::get_json(connection, READ_RECEIPTS)?.unwrap_or_default())
}

/// What a new chat shares. Nothing as long as nobody has said.
pub(super) fn default_scope(connection: &Connection) -> Result<Scope> {
    if let Some(chosen) = table::value::get_json(connection, DEFAULT_SCOPE)? {
        return Ok(chosen);
    }
    Ok(match settings(connection)?.map(|settings| settings.number_use) {
        Some(NumberUse::Work) => Scope::Shared,
        Some(NumberUse::Personal) | None => Scope::Private,
    })
}

pub(super) fn channel_id(connection: &Connection) -> Result<Option<ChannelId>> {
    Ok(table::value::get(connection, CHANNEL)?.and_then(|id| id.parse().ok()))
}

pub(super) fn channel(connection: &Connection) -> Result<Option<Channel>> {
    match channel_id(connection)? {
        Some(id) => table::channel::get(connection, id),
        None => Ok(None),
    }
}

pub(super) fn set_channel(connection: &Connection, id: ChannelId) -> Result<()> {
    table::value::set(connection, CHANNEL, Some(&id.to_string()))
}

/// Whether what concerns the own number has to wait, because the server refuses the number.
pub(super) fn is_held(connection: &Connection) -> Result<bool> {
    Ok(table::value::get(connection, REFUSED)?.is_some())
}

/// Makes or updates the own channel after what is known of the account.
fn refresh(tx: &mut Tx<'_>, session: SessionStateName) -> Result<()> {
    let Some(account) = account(tx)? else { return Ok(()) };
    let owner_id = owner(tx)?.map_or(AgentId(Uuid::nil()), |agent| agent.id);
    let lends = settings(tx)?.is_some_and(|settings| settings.lends);
    let known = match channel(tx)?.filter(|channel| channel.number == account.phone) {
        Some(channel) => Some(channel),
        // The team knows the number from an earlier link.
        None => table::channel::by_number(tx, &account.phone)?.filter(|channel| channel.owner_id == owner_id),
    };
    let channel = Channel {
        id: known.as_ref().map_or_else(ChannelId::fresh, |channel| channel.id),
        version: known.as_ref().map_or(0, |channel| channel.version),
        number: account.phone,
        name: account.name,
        owner_id,
        lends,
        session,
        owner_online: true,
        updated_at: now(),
    };
    table::channel::put(tx, &channel)?;
    set_channel(tx, channel.id)?;
    tx.tell_event(Event::ChannelStatus(channel));
    tx.tell(Change::Status);
    report(tx)
}

/// Queues what the server should know of the own number, unless it was the last thing told.
pub(super) fn report(tx: &mut Tx<'_>) -> Result<()> {
    let Some(channel) = channel(tx)?.filter(|channel| !channel.owner_id.0.is_nil()) else { return Ok(()) };
    let op = Op::ChannelReported {
        channel_id: channel.id,
        number: channel.number,
        name: channel.name,
        session: channel.session,
        lends: channel.lends,
    };
    let told = serde_json::to_string(&op)?;
    if table::value::get(tx, REPORTED)?.as_ref() == Some(&told) {
        return Ok(());
    }
    // Only the newest report counts.
    row::run(tx, "DELETE FROM outbox WHERE kind = 'channel_reported' AND refused IS NULL", [])?;
    table::outbox::add(tx, &op, About { channel: Some(channel.id), ..About::default() }, false)?;
    table::value::set(tx, REPORTED, Some(&told))
}

/// Tells it again, such as after another person signed in or the server refused it.
pub(super) fn report_anew(tx: &mut Tx<'_>) -> Result<()> {
    table::value::set(tx, REPORTED, None)?;
    report(tx)
}

/// The person who signed in is whose number this is.
pub(super) fn adopt(tx: &mut Tx<'_>, owner: AgentId) -> Result<()> {
    if let Some(mut channel) = channel(tx)? {
        channel.owner_id = owner;
        table::channel::put(tx, &channel)?;
    }
    report_anew(tx)
}

impl Store {
    /// The account after pairing, and again whenever its name or LID becomes known. Makes the channel. To be called on each
    /// connection too: a replica that was made anew learns its number by it.
    pub async fn set_linked(&self, account: LinkedAccount) -> Result<()> {
        let session = self.inner.session.borrow().name();
        self.write(move |tx| {
            if self::account(tx)?.is_none_or(|known| known.phone != account.phone) {
                history::begin(tx)?;
            }
            table::value::set_json(tx, ACCOUNT, &account)?;
            refresh(tx, session)?;
            safety::note_link(tx)
        })
        .await
    }

    /// The number whose chats are here, whether it is linked now or was before.
    pub async fn number_with_chats(&self) -> Result<Option<PhoneNumber>> {
        self.read(|connection| {
            let Some(channel) = channel(connection)? else { return Ok(None) };
            let chats: Option<i64> = row::scalar(
                connection,
                "SELECT 1 FROM conversation WHERE channel_id = ? LIMIT 1",
                [channel.id.0.into_bytes()],
            )?;
            Ok(chats.map(|_| channel.number))
        })
        .await
    }

    pub async fn linked(&self) -> Result<Option<LinkedAccount>> {
        self.read(account).await
    }

    /// The device was unlinked. Chats stay; the channel is reported as unlinked.
    pub async fn clear_linked(&self) -> Result<()> {
        self.write(|tx| {
            refresh(tx, SessionStateName::Unlinked)?;
            table::value::set(tx, ACCOUNT, None)?;
            tx.tell(Change::Status);
            Ok(())
        })
        .await
    }

    /// The channel's session follows the state machine.
    pub(super) async fn report_session(&self, session: SessionStateName) -> Result<()> {
        self.write(move |tx| refresh(tx, session)).await
    }

    pub async fn link_settings(&self) -> Result<Option<LinkSettings>> {
        self.read(settings).await
    }

    pub async fn set_link_settings(&self, settings: LinkSettings) -> Result<()> {
        let session = self.inner.session.borrow().name();
        self.write(move |tx| {
            table::value::set_json(tx, SETTINGS, &settings)?;
            table::value::set(tx, DEFAULT_SCOPE, None)?;
            refresh(tx, session)
        })
        .await
    }

    /// What the agent decides about the own line; `None` before the first link.
    pub async fn line_settings(&self) -> Result<Option<LineSettings>> {
        self.read(|connection| {
            let Some(link) = settings(connection)? else { return Ok(None) };
            Ok(Some(LineSettings {
                read_receipts: read_receipts(connection)?,
                default_scope: default_scope(connection)?,
                lends: link.lends,
            }))
        })
        .await
    }

    /// `false` before the first link.
    pub async fn set_line_settings(&self, line: LineSettings) -> Result<bool> {
        let session = self.inner.session.borrow().name();
        self.write(move |tx| {
            let Some(chosen) = settings(tx)? else { return Ok(false) };
            table::value::set_json(tx, SETTINGS, &LinkSettings { lends: line.lends, ..chosen })?;
            table::value::set_json(tx, DEFAULT_SCOPE, &line.default_scope)?;
            table::value::set_json(tx, READ_RECEIPTS, &line.read_receipts)?;
            match line.read_receipts {
                ReadReceipts::Never => ticks::forgive(tx)?,
                ReadReceipts::OnView | ReadReceipts::OnReply => tx.tell(Change::TicksOwed),
            }
            refresh(tx, session)?;
            tx.tell(Change::Status);
            Ok(true)
        })
        .await
    }

    /// What a new chat shares.
    pub async fn default_scope(&self) -> Result<Scope> {
        self.read(default_scope).await
    }
}
