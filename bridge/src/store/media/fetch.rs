//! Files to fetch: from WhatsApp where it was told how, else from the team's server.

use ownline_model::{
    contact::Contact,
    conversation::Scope,
    details::{Attachment, FileState},
    ids::{MediaId, MessageId},
    message::{Direction, Message, MessageKind, MessageStatus},
};

use super::{Result, Store, put_attachment, put_state, share, table};
use crate::{
    store::{
        change::Change,
        groups,
        inbound::{RemoteFile, WaIdentity},
        own, people, progress,
        table::local_file::LocalFile,
        writer::Tx,
    },
    time::now,
};

/// Files that are fetched without being asked for are not larger.
const AUTOMATIC_MAX_BYTES: u64 = 2 << 20;
/// Work looked at in one go.
const AT_ONCE: u32 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    WhatsApp,
    Server,
}

/// What became of asking for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Here,
    Fetching,
    /// No such message, no file, or not for this machine.
    Nothing,
    Gone,
}

#[derive(Debug, Clone)]
pub struct Fetch {
    pub message_id: MessageId,
    pub wa_id: String,
    pub chat: WaIdentity,
    /// In a group: who wrote the message.
    pub author: Option<WaIdentity>,
    pub from_me: bool,
    /// It waits for its file to leave: a colleague wrote it.
    pub queued: bool,
    pub kind: MessageKind,
    pub attachment: Attachment,
    /// How WhatsApp keeps it; absent for what the server has.
    pub remote: Option<RemoteFile>,
    /// The file in `media/` that holds what has come so far.
    pub part: Option<String>,
}

impl Store {
    /// A person wants the file of a message.
    pub async fn want_file(&self, id: MessageId) -> Result<Asked> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, id.0)?);
            match table::message::get(tx, id)? {
                Some(message) => want(tx, message, true),
                None => Ok(Asked::Nothing),
            }
        })
        .await
    }

    /// What is to be fetched, what somebody waits for first.
    pub async fn fetches(&self, source: Source) -> Result<Vec<Fetch>> {
        self.read(move |connection| {
            let from = match source {
                Source::WhatsApp => "EXISTS",
                Source::Server => "NOT EXISTS",
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT m.body, c.body, f.part
                 FROM file_fetch f
                 JOIN message m ON m.id = f.message_id
                 JOIN conversation v ON v.id = m.conversation_id
                 JOIN contact c ON c.id = v.contact_id
                 WHERE {from} (SELECT 1 FROM remote_file r WHERE r.message_id = f.message_id)
                 ORDER BY f.asked DESC, f.seq LIMIT ?"
            ))?;
            let mut rows = statement.query([AT_ONCE])?;
            let mut fetches = Vec::new();
            while let Some(row) = rows.next()? {
                let message: Message = serde_json::from_str(&row.get::<_, String>(0)?)?;
                let contact: Contact = serde_json::from_str(&row.get::<_, String>(1)?)?;
                let Some(attachment) = message.details.attachment().cloned() else { continue };
                let author = match &message.details.sender {
                    Some(sender) => groups::identity_of(connection, &sender.id)?,
                    None => None,
                };
                fetches.push(Fetch {
                    remote: table::remote_file::get(connection, message.id)?,
                    message_id: message.id,
                    wa_id: message.wa_id,
                    chat: people::wa_identity(&contact),
                    author,
                    from_me: message.direction == Direction::Outbound,
                    queued: message.status == MessageStatus::Queued,
                    kind: message.kind,
                    attachment,
                    part: row.get(2)?,
                });
            }
            Ok(fetches)
        })
        .await
    }

    /// Where the bytes of a fetch go, so that another run goes on where this one stops.
    pub(crate) async fn set_fetch_part(&self, message: MessageId, part: String) -> Result<()> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, message.0)?);
            table::file_work::set_part(tx, id, &part)
        })
        .await
    }

    /// The phone put the file elsewhere.
    pub(crate) async fn set_remote_path(&self, message: MessageId, direct_path: String) -> Result<()> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, message.0)?);
            let Some(mut remote) = table::remote_file::get(tx, id)? else { return Ok(()) };
            remote.direct_path = direct_path;
            remote.url = None;
            table::remote_file::put(tx, id, &remote)
        })
        .await
    }

    /// The file is here, whole and verified, under `name`. Answers whether a message still wants it.
    pub(crate) async fn file_is_here(&self, message: MessageId, attachment: Attachment, name: String) -> Result<bool> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, message.0)?);
            let wanted = table::file_work::is_wanted(tx, id)?;
            table::file_work::fetched(tx, id)?;
            let Some(message) = table::message::get(tx, id)?.filter(|_| wanted) else { return Ok(false) };
            let attachment = Attachment { state: FileState::Here, ..attachment };
            let media = MediaId::fresh();
            let size = attachment.size;
            let file = LocalFile { id: media, kind: message.kind, attachment: attachment.clone(), name, size };
            table::local_file::put(tx, &file, now().0)?;
            table::message::set_media(tx, id, media)?;
            put_attachment(tx, message.clone(), |known| *known = attachment)?;
            // What came from the server need not go back there.
            if table::remote_file::get(tx, id)?.is_some() {
                share(tx, &message)?;
            }
            tx.tell(Change::Files);
            Ok(true)
        })
        .await
    }

    /// The row names a file that the disk has lost: it has to be fetched again.
    pub(crate) async fn file_is_lost(&self, message: MessageId) -> Result<()> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, message.0)?);
            table::local_file::forget_of_message(tx, id)?;
            match table::message::get(tx, id)? {
                Some(message) => put_state(tx, message, FileState::Remote),
                None => Ok(()),
            }
        })
        .await
    }

    /// The file cannot be had now, or ever.
    pub(crate) async fn file_is_not_here(&self, message: MessageId, state: FileState) -> Result<()> {
        self.write(move |tx| {
            let id = MessageId(table::alias::resolve(tx, message.0)?);
            table::file_work::fetched(tx, id)?;
            if let Some(message) = table::message::get(tx, id)? {
                put_state(tx, message, state)?;
            }
            tx.tell(Change::Files);
            Ok(())
        })
        .await
    }
}

/// A message with a file was received and is about to be stored: small pictures and sounds are fetched at once.
pub(in crate::store) fn received(tx: &mut Tx<'_>, message: &mut Message, remote: &RemoteFile) -> Result<()> {
    let automatic = matches!(message.kind, MessageKind::Image | MessageKind::Sticker | MessageKind::Voice);
    let Some(file) = message.details.attachment_mut() else { return Ok(()) };
    if automatic && remote.size <= AUTOMATIC_MAX_BYTES && table::file_work::want(tx, message.id, false)? {
        file.state = FileState::Fetching;
        tx.tell(Change::Files);
    }
    Ok(())
}

pub(super) fn want(tx: &mut Tx<'_>, message: Message, asked: bool) -> Result<Asked> {
    let Some(file) = message.details.attachment() else { return Ok(Asked::Nothing) };
    match file.state {
        FileState::Withheld => return Ok(Asked::Nothing),
        FileState::Gone => return Ok(Asked::Gone),
        _ => {}
    }
    if table::local_file::of_message(tx, message.id)?.is_some() {
        return Ok(Asked::Here);
    }
    let at_whatsapp = table::remote_file::get(tx, message.id)?.is_some();
    let own = own::channel_id(tx)? == Some(message.channel_id);
    // Of a chat of the own number the server has what was shared; of another number's chat, whatever it told of.
    let at_server = !own || progress::scope_of(tx, message.conversation_id)? == Scope::Shared;
    if !at_whatsapp && !at_server {
        put_state(tx, message, FileState::Gone)?;
        return Ok(Asked::Gone);
    }
    if table::file_work::want(tx, message.id, asked)? {
        tx.tell(Change::Files);
        put_state(tx, message, FileState::Fetching)?;
    }
    Ok(Asked::Fetching)
}
