//! What the connection reports about messages and people, brought to the store.

use ownline_model::time::UtcMillis;
use tokio::sync::mpsc;
use whatsapp_rust::{
    Client,
    wacore::types::{
        events::Event,
        presence::{ChatPresence, ChatPresenceMedia},
    },
};

use super::{groups, happenings::Happening, hook, identity, inbound::Own, sender::ServerAnswer};
use crate::store::{Store, StoreError, groups::GroupNews, inbound::WaIdentity};

/// What a batch of happenings says to the desk, sorted by what the store does with it.
#[derive(Debug, Default)]
pub(super) struct DeskNews {
    groups: Vec<(WaIdentity, GroupNews)>,
    answers: Vec<ServerAnswer>,
    typing: Vec<(WaIdentity, ChatPresence, ChatPresenceMedia)>,
    presence: Vec<(WaIdentity, bool, Option<UtcMillis>)>,
    people: Vec<(WaIdentity, Option<String>)>,
    /// Whose picture is another one, or none any more.
    pictures: Vec<(WaIdentity, bool)>,
    businesses: Vec<(WaIdentity, String)>,
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
            Event::ServerAck(ack) if ack.class.as_deref().is_none_or(|class| class == "message") => {
                let at = ack.timestamp.map_or_else(crate::time::now, |at| UtcMillis(at.timestamp_millis()));
                let group = ack.from.as_ref().map(identity::chat).filter(WaIdentity::is_group);
                self.answers.push(ServerAnswer { wa_id: ack.id.clone(), error: ack.error.clone(), at, group });
            }
            Event::GroupUpdate(update) => self.groups.extend(groups::news(update)),
            Event::ChatPresence(presence) if !presence.source.is_from_me && !own.is(&presence.source.sender) => {
                let chat = match identity::chat(&presence.source.chat) {
                    group if group.is_group() => group,
                    _ => identity::person_of(&presence.source.chat, presence.source.sender_alt.as_ref()),
                };
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
            Event::PictureUpdate(update) => {
                let who = identity::chat(&update.jid);
                if !who.is_empty() {
                    self.pictures.push((who, update.removed));
                }
            }
            Event::BusinessStatusUpdate(update) => {
                let who = identity::person(update.target_jid.as_ref().unwrap_or(&update.jid));
                if let Some(name) = update.verified_name.clone().filter(|_| !who.is_empty()) {
                    self.businesses.push((who, name));
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
pub(super) async fn tell(store: &Store, news: DeskNews, answers: Option<&mpsc::Sender<ServerAnswer>>) {
    if let Some(answers) = answers {
        for answer in news.answers {
            if answers.send(answer).await.is_err() {
                break;
            }
        }
    }
    if !news.groups.is_empty() {
        told("groups", store.note_groups(news.groups).await);
    }
    for (person, name) in news.people {
        told("a person", store.learn_identity(person, name).await);
    }
    for (who, name) in news.businesses {
        told("a business", store.business_renamed(who, name).await);
    }
    for (person, removed) in news.pictures {
        told("a picture", store.picture_changed(person, removed).await);
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
