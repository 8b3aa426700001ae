//! Entries carry whole states, so what may not be told any more stands in earlier ones too. Taking it out there, and in what
//! the same commit is about to append, keeps it from every replica that has yet to read them.

use ownline_model::{
    event::Event,
    ids::{ContactId, ConversationId, MessageId},
    message::Message,
};
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, entity::prelude::*};

use super::{Source as _, Stored, Tx, journal, words};

/// Entries that are looked at in one go.
const CHUNK: u64 = 500;

/// What must go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redaction {
    /// What one message said, and where that stands as a preview or a subject.
    Message { conversation: ConversationId, id: MessageId, said: Said },
    /// All that was said in a chat; its tickets get this subject.
    Words { conversation: ConversationId, subject: String },
    /// That the chat is there.
    Conversation(ConversationId),
    /// That the person is there.
    Contact(ContactId),
}

/// A message's words, as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) preview: String,
    /// Of the ticket that the message opened, and what takes its place.
    pub(crate) subject: String,
    pub(crate) instead: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Changed,
    Goes,
}

/// The conversation or contact of an event, for the journal's index.
pub(super) fn about(event: &Event) -> Option<Uuid> {
    match event {
        Event::ContactUpdated(contact) => Some(contact.id.0),
        Event::ContactMerged(merge) => Some(merge.merged.id.0),
        other => other.conversation_id().map(|id| id.0),
    }
}

impl Redaction {
    fn about(&self) -> Uuid {
        match self {
            Self::Message { conversation, .. }
            | Self::Words { conversation, .. }
            | Self::Conversation(conversation) => conversation.0,
            Self::Contact(contact) => contact.0,
        }
    }

    fn covers(&self, preview: &str) -> bool {
        match self {
            Self::Message { said, .. } => said.preview == preview,
            _ => true,
        }
    }

    fn apply(&self, event: &mut Event) -> Fate {
        if about(event) != Some(self.about()) {
            return Fate::Stays;
        }
        if matches!(self, Self::Conversation(_) | Self::Contact(_)) {
            return Fate::Goes;
        }
        let before = event.clone();
        match (self, &mut *event) {
            (
                Self::Message { id, .. },
                Event::MessageNew(message) | Event::MessageStatus(message) | Event::MessageUpdated(message),
            ) if message.id == *id => silence(message),
            (
                Self::Words { .. },
                Event::MessageNew(message) | Event::MessageStatus(message) | Event::MessageUpdated(message),
            ) => silence(message),
            (
                _,
                Event::ConversationNew(it)
                | Event::ConversationUpdated(it)
                | Event::ConversationAssigned(it)
                | Event::ConversationTransferred(it)
                | Event::ConversationUnshared(it),
            ) => {
                if let Some(last) = it.last_message.as_mut().filter(|last| self.covers(&last.preview)) {
                    last.preview.clear();
                }
            }
            (
                _,
                Event::TicketCreated(it)
                | Event::TicketAssigned(it)
                | Event::TicketUpdated(it)
                | Event::TicketReply(it)
                | Event::TicketResolved(it)
                | Event::TicketClosed(it),
            ) => match self {
                Self::Words { subject, .. } => it.subject.clone_from(subject),
                Self::Message { said, .. } if it.subject == said.subject => it.subject.clone_from(&said.instead),
                _ => {}
            },
            _ => {}
        }
        if *event == before { Fate::Stays } else { Fate::Changed }
    }

    /// The same, for events that are not stored yet.
    pub(super) fn apply_all(&self, events: &mut Vec<Event>) {
        events.retain_mut(|event| self.apply(event) != Fate::Goes);
    }
}

fn silence(message: &mut Message) {
    message.text = None;
    message.details = message.details.without_words();
}

impl Tx {
    /// Takes out of the journal what must go, also out of what waits for the same commit.
    pub(crate) async fn redact(&mut self, redaction: Redaction) -> Stored<()> {
        let ordered = self.events.split_off(self.ordered.min(self.events.len()));
        let mut settled = std::mem::replace(&mut self.events, ordered);
        redaction.apply_all(&mut settled);
        redaction.apply_all(&mut self.events);
        self.ordered = settled.len();
        settled.append(&mut self.events);
        self.events = settled;

        let mut after = 0;
        loop {
            let rows = journal::Entity::find()
                .filter(journal::Column::TenantId.eq(self.tenant()))
                .filter(journal::Column::About.eq(redaction.about()))
                .filter(journal::Column::Seq.gt(after))
                .order_by_asc(journal::Column::Seq)
                .limit(CHUNK)
                .all(self.conn())
                .await?;
            let Some(last) = rows.last() else { break };
            after = last.seq;
            for row in rows {
                let mut event: Event = words::read_json(&row.event)?;
                match redaction.apply(&mut event) {
                    Fate::Stays => {}
                    Fate::Changed => journal::rewrite(self, row.seq, &event).await?,
                    Fate::Goes => journal::drop_one(self, row.seq).await?,
                }
            }
        }
        self.redactions.push(redaction);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ownline_model::{contact::Contact, time::UtcMillis};

    use super::*;
    use crate::store::{Store, StoreError};

    fn contact(name: &str) -> Contact {
        serde_json::from_value(serde_json::json!({
            "id": ContactId::fresh(), "version": 1, "name": name, "push_name": null, "phone": null, "lid": "1",
            "email": null, "tags": [], "notes": "", "blocked": false, "created_at": 0, "last_interaction_at": null,
        }))
        .expect("a contact")
    }

    #[tokio::test]
    async fn what_waits_for_the_same_commit_is_taken_out_too() {
        let folder = crate::desk::testing::folder();
        let store = Store::open(&folder.join("ownline.db"), Box::new(|_| {})).await.expect("opens");
        let tenant = store.first_tenant().await.expect("tenant");
        let (gone, stays) = (contact("Secret"), contact("Known"));
        let events = [gone.clone(), stays.clone()].map(Event::ContactUpdated);
        // Both are queued before the writer runs: one commit for the two.
        let tell = store.write(tenant, UtcMillis(1), move |tx| {
            Box::pin(async move {
                for event in events {
                    tx.journal(event);
                }
                Ok::<_, StoreError>(())
            })
        });
        let again = gone.clone();
        let redact = store.write(tenant, UtcMillis(2), move |tx| {
            Box::pin(async move {
                // And in the same operation, whether its events are in order yet or not.
                tx.journal(Event::ContactUpdated(again.clone()));
                tx.order_events();
                tx.journal(Event::ContactUpdated(again.clone()));
                tx.redact(Redaction::Contact(again.id)).await?;
                tx.order_events();
                Ok::<_, StoreError>(())
            })
        });
        let (told, redacted) = tokio::join!(tell, redact);
        told.expect("told");
        redacted.expect("redacted");
        let entries = journal::after(&store.reader(tenant), 0, 100).await.expect("entries");
        let left: Vec<Event> = entries.into_iter().map(|entry| entry.event).collect();
        assert_eq!(left, [Event::ContactUpdated(stays)]);
    }
}
