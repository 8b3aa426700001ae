//! What the connection reports about messages and people, brought to the store.

use std::sync::Arc;

use ownline_model::time::UtcMillis;
use tokio::sync::mpsc;
use whatsapp_rust::{
    Client,
    wacore::types::{
        events::Event,
        presence::{ChatPresence, ChatPresenceMedia},
    },
};

use super::{
    happenings::Happening,
    hook, identity,
    inbound::{self, Own},
    receipts::{self, Meaning},
    sender::ServerAnswer,
};
use crate::store::{
    Store, StoreError,
    inbound::{Incoming, StatusNews, WaIdentity},
};

/// What a batch of happenings says to the desk, sorted by what the store does with it.
#[derive(Debug, Default)]
pub(super) struct DeskNews {
    statuses: Vec<StatusNews>,
    answers: Vec<ServerAnswer>,
    facts: Vec<Incoming>,
    read: Vec<(WaIdentity, Vec<String>)>,
    played: Vec<(WaIdentity, Vec<String>)>,
    typing: Vec<(WaIdentity, ChatPresence, ChatPresenceMedia)>,
    presence: Vec<(WaIdentity, bool, Option<UtcMillis>)>,
    people: Vec<(WaIdentity, Option<String>)>,
}

pub(super) fn gather(client: &Client, happenings: &[Happening]) -> DeskNews {
    let own = hook::own(client);
    let mut news = DeskNews::default();
    for happening in happenings {
        if let Happening::Library(event) = happening {
            news.add(event, &own);
        }
    }
    news
}

impl DeskNews {
    fn add(&mut self, event: &Event, own: &Own) {
        match event {
            Event::Receipt(receipt) => match receipts::meaning(receipt, own) {
                Meaning::Status(news) => self.statuses.extend(news),
                Meaning::ReadElsewhere { chat, wa_ids } => self.read.push((chat, wa_ids)),
                Meaning::PlayedElsewhere { chat, wa_ids } => self.played.push((chat, wa_ids)),
                Meaning::Nothing => {}
            },
            Event::ServerAck(ack) if ack.class.as_deref().is_none_or(|class| class == "message") => {
                let at = ack.timestamp.map_or_else(crate::time::now, |at| UtcMillis(at.timestamp_millis()));
                self.answers.push(ServerAnswer { wa_id: ack.id.clone(), error: ack.error.clone(), at });
            }
            // Messages that the phone recovered for us: they come without the durability hook.
            Event::Messages(batch) => {
                let facts = batch.messages.iter().map(|it| inbound::incoming(&it.message, &it.info, own));
                self.facts.extend(facts.flatten());
            }
            Event::ChatPresence(presence) if !presence.source.is_group && !presence.source.is_from_me => {
                let chat = identity::person_of(&presence.source.chat, presence.source.sender_alt.as_ref());
                if !chat.is_empty() {
                    self.typing.push((chat, presence.state, presence.media));
                }
            }
            Event::Presence(presence) => {
                let chat = identity::person(&presence.from);
                if !chat.is_empty() {
                    let last_seen = presence.last_seen.map(|at| UtcMillis(at.timestamp_millis()));
                    self.presence.push((chat, !presence.unavailable, last_seen));
                }
            }
            Event::PushNameUpdate(update) => {
                let person = identity::person_of(&update.jid, update.message.source.sender_alt.as_ref());
                if !person.is_empty() {
                    let name = ownline_model::limits::clean_name(&update.new_push_name);
                    self.people.push((person, Some(name).filter(|name| !name.is_empty())));
                }
            }
            // The hidden id is the same person's under both numbers.
            Event::ContactNumberChanged(change) => {
                let lid = change.new_lid.as_ref().or(change.old_lid.as_ref());
                let person = identity::person_of(&change.new_jid, lid);
                if person.phone.is_some() && person.lid.is_some() {
                    self.people.push((person, None));
                }
            }
            _ => {}
        }
    }
}

/// `answers` is absent once the sender has ended: a message that was acknowledged then goes again, under the same id.
pub(super) async fn tell(
    store: &Store,
    client: &Arc<Client>,
    mut news: DeskNews,
    answers: Option<&mpsc::Sender<ServerAnswer>>,
) {
    // Answers first: what is delivered has been sent.
    if let Some(answers) = answers {
        for answer in news.answers {
            if answers.send(answer).await.is_err() {
                break;
            }
        }
    }
    for fact in &mut news.facts {
        hook::complete(client, fact.chat_mut()).await;
    }
    if !news.facts.is_empty() {
        told("recovered messages", store.record_inbound(news.facts).await);
    }
    if !news.statuses.is_empty() {
        told("statuses", store.advance_statuses(news.statuses).await);
    }
    for (chat, wa_ids) in news.read {
        told("what was read", store.read_on_phone(chat, wa_ids).await);
    }
    for (chat, wa_ids) in news.played {
        told("what was played", store.played_on_phone(chat, wa_ids).await);
    }
    for (person, name) in news.people {
        told("a person", store.learn_identity(person, name).await);
    }
    for (chat, state, media) in news.typing {
        let typing = state == ChatPresence::Composing;
        let recording = typing && media == ChatPresenceMedia::Audio;
        told("typing", store.customer_typing(chat, typing, recording).await);
    }
    for (chat, online, last_seen) in news.presence {
        told("who is online", store.customer_presence(chat, online, last_seen).await);
    }
}

fn told<T>(what: &str, result: Result<T, StoreError>) {
    if let Err(error) = result {
        tracing::error!(%error, what, "news from WhatsApp could not be stored");
    }
}
