//! What a replica pulls: first a snapshot, page by page, then the journal from where the snapshot began. Whatever
//! changes meanwhile comes again with the journal; events carry whole states, so that does no harm.

use ownline_model::{
    event::Event,
    ids::TenantId,
    limits::SYNC_BATCH_MAX,
    sync::{JournalEntry, PullAnswer},
    time::UtcMillis,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Done;
use crate::store::{
    Reader, Source as _, agents, channels, contacts, conversations, cursor, journal, messages, tickets,
};

/// The snapshot's parts, in the order in which they refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Agents,
    Channels,
    Contacts,
    Conversations,
    Tickets,
    Messages,
}

impl Part {
    const fn next(self) -> Option<Self> {
        Some(match self {
            Self::Agents => Self::Channels,
            Self::Channels => Self::Contacts,
            Self::Contacts => Self::Conversations,
            Self::Conversations => Self::Tickets,
            Self::Tickets => Self::Messages,
            Self::Messages => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum Place {
    Snapshot { part: Part, after: Uuid, seq: i64 },
    Journal { seq: i64 },
}

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    tenant: TenantId,
    place: Place,
}

pub(crate) async fn pull(
    db: &Reader,
    tenant: TenantId,
    now: UtcMillis,
    after: Option<&str>,
    limit: Option<u32>,
) -> Done<PullAnswer> {
    let limit = limit.map_or(SYNC_BATCH_MAX, |limit| (limit as usize).clamp(1, SYNC_BATCH_MAX));
    let (newest, floor) = journal::bounds(db).await?;
    let start = Place::Snapshot { part: Part::Agents, after: Uuid::nil(), seq: newest };
    let place = match after.filter(|cursor| !cursor.is_empty()) {
        None => start,
        Some(text) => {
            let cursor: Cursor = cursor::decode(text)?;
            match cursor.place {
                // Of another database, from before what is still known, or from a future that a restored backup lost.
                _ if cursor.tenant != tenant => start,
                Place::Journal { seq } | Place::Snapshot { seq, .. } if seq < floor || seq > newest => start,
                place => place,
            }
        }
    };
    let (entries, place, more) = match place {
        Place::Journal { seq } => {
            let entries = journal::after(db, seq, limit as u64).await?;
            let seq = entries.last().map_or(seq, |entry| entry.seq);
            (entries, Place::Journal { seq }, seq < newest)
        }
        Place::Snapshot { part, after, seq } => {
            let (events, place) = snapshot(db, part, after, seq, limit).await?;
            let entries = events.into_iter().map(|event| JournalEntry { seq: 0, at: now, event }).collect();
            let more = match place {
                Place::Snapshot { .. } => true,
                Place::Journal { seq } => seq < newest,
            };
            (entries, place, more)
        }
    };
    Ok(PullAnswer { entries, cursor: cursor::encode(&Cursor { tenant, place }), more, server_time: now })
}

async fn snapshot(db: &Reader, part: Part, after: Uuid, seq: i64, limit: usize) -> Done<(Vec<Event>, Place)> {
    let (mut part, mut after) = (part, after);
    let mut events = Vec::new();
    loop {
        let wanted = limit - events.len();
        let rows = rows(db, part, after, wanted as u64).await?;
        let full = rows.len() == wanted;
        if let Some((last, _)) = rows.last() {
            after = *last;
        }
        events.extend(rows.into_iter().filter_map(|(_, event)| event));
        if full {
            return Ok((events, Place::Snapshot { part, after, seq }));
        }
        match part.next() {
            Some(next) => (part, after) = (next, Uuid::nil()),
            None => return Ok((events, Place::Journal { seq })),
        }
    }
}

async fn rows(db: &Reader, part: Part, after: Uuid, limit: u64) -> Done<Vec<(Uuid, Option<Event>)>> {
    debug_assert!(!db.tenant().is_nil(), "a reader is bound to a tenant");
    Ok(match part {
        Part::Agents => {
            let all = agents::after(db, after, limit).await?;
            all.into_iter().map(|agent| (agent.id.0, Some(Event::AgentUpdated(agent)))).collect()
        }
        Part::Channels => {
            let all = channels::after(db, after, limit).await?;
            all.into_iter().map(|channel| (channel.id.0, Some(Event::ChannelStatus(channel)))).collect()
        }
        Part::Contacts => {
            let all = contacts::after(db, after, limit).await?;
            all.into_iter().map(|(id, contact)| (id, contact.map(Event::ContactUpdated))).collect()
        }
        Part::Conversations => {
            let all = conversations::after(db, after, limit).await?;
            all.into_iter().map(|(id, conversation)| (id, conversation.map(Event::ConversationUpdated))).collect()
        }
        Part::Tickets => {
            let all = tickets::after(db, after, limit).await?;
            all.into_iter().map(|ticket| (ticket.id.0, Some(Event::TicketUpdated(ticket)))).collect()
        }
        Part::Messages => {
            let all = messages::after(db, after, limit).await?;
            all.into_iter().map(|message| (message.id.0, Some(Event::MessageNew(message)))).collect()
        }
    })
}
