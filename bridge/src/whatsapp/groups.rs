//! Groups: what WhatsApp tells of them as news for the store, and the questions that the store has.

use std::{sync::Arc, time::Duration};

use ownline_model::{limits, time::UtcMillis};
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::Instant,
};
use whatsapp_rust::{
    Client, GroupError, GroupMetadata, IqError, Jid,
    wacore::{
        stanza::groups::{GroupNotificationAction as Action, GroupParticipantInfo, GroupParticipantType},
        types::{events::GroupUpdate, message::AddressingMode},
    },
};

use super::identity;
use crate::store::{
    Store,
    change::Change,
    groups::{GroupInfo, GroupNews, Member},
    inbound::WaIdentity,
};

/// WhatsApp takes 2048 characters.
const DESCRIPTION_MAX_CHARS: usize = 4_096;
/// WhatsApp did not answer a question.
const AFTER_TROUBLE: Duration = Duration::from_mins(1);

/// What a notification says, where it says something that is kept.
pub(super) fn news(update: &GroupUpdate) -> Option<(WaIdentity, GroupNews)> {
    let group = identity::chat(&update.group_jid);
    let news = match &update.action {
        Action::Subject { subject, .. } => GroupNews::Subject(limits::clean_name(subject)),
        Action::Description { description, .. } => {
            GroupNews::Description(description.as_deref().and_then(self::description))
        }
        Action::Announce => GroupNews::AnnounceOnly(true),
        Action::NotAnnounce => GroupNews::AnnounceOnly(false),
        Action::Add { participants, .. } => GroupNews::Added(participants.iter().filter_map(member).collect()),
        Action::Remove { participants, .. } => GroupNews::Removed(people(participants)),
        Action::Promote { participants } => GroupNews::Admins { people: people(participants), admin: true },
        Action::Demote { participants } => GroupNews::Admins { people: people(participants), admin: false },
        Action::Create { .. } | Action::Modify { .. } | Action::Delete { .. } | Action::Unlink { .. } => {
            GroupNews::Changed
        }
        _ => return None,
    };
    (!group.is_empty()).then_some((group, news))
}

fn people(told: &[GroupParticipantInfo]) -> Vec<WaIdentity> {
    told.iter().map(person).filter(|person| !person.is_empty()).collect()
}

fn person(told: &GroupParticipantInfo) -> WaIdentity {
    identity::person_of(&told.jid, told.phone_number.as_ref().or(told.lid.as_ref()))
}

fn member(told: &GroupParticipantInfo) -> Option<Member> {
    let admin = told.r#type.as_ref().is_some_and(|kind| *kind != GroupParticipantType::Participant);
    Some(Member { person: person(told), admin }).filter(|member| !member.person.is_empty())
}

fn description(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).take(DESCRIPTION_MAX_CHARS).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn info(told: &GroupMetadata) -> GroupInfo {
    let members = told.participants.iter().map(|told| Member {
        person: identity::person_of(&told.jid, told.phone_number.as_ref().or(told.lid.as_ref())),
        admin: told.is_admin(),
    });
    GroupInfo {
        subject: limits::clean_name(&told.subject),
        description: told.description.as_deref().and_then(description),
        announce_only: told.is_announcement,
        member: true,
        members: members.filter(|member| !member.person.is_empty()).collect(),
        created_at: told
            .creation_time
            .and_then(|seconds| i64::try_from(seconds).ok())
            .map(|seconds| UtcMillis(seconds.saturating_mul(1_000))),
    }
}

/// Asks WhatsApp about groups as long as the connection lasts.
pub(super) async fn keep(client: Arc<Client>, store: Store, mut online: watch::Receiver<Option<u64>>) {
    let mut changes = store.changes();
    loop {
        let mut settled = true;
        if online.borrow_and_update().is_some() {
            settled = list(&client, &store).await & ask(&client, &store).await;
        }
        let again = Instant::now() + AFTER_TROUBLE;
        loop {
            tokio::select! {
                moved = online.changed() => match moved {
                    Ok(()) => break,
                    Err(_) => return,
                },
                change = changes.recv() => match change {
                    Ok(Change::Groups) | Err(RecvError::Lagged(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep_until(again), if !settled => break,
            }
        }
    }
}

/// All groups at once, where nobody has asked for them lately. `false`: WhatsApp did not say.
async fn list(client: &Client, store: &Store) -> bool {
    match store.groups_unlisted().await {
        Ok(true) => {}
        Ok(false) => return true,
        Err(error) => return trouble(&error),
    }
    let groups = match client.groups().get_participating().await {
        Ok(groups) => groups,
        Err(error) => return trouble(&error),
    };
    let listed = groups.values().map(|told| (identity::chat(&told.id), info(told)));
    match store.list_groups(listed.collect()).await {
        Ok(()) => true,
        Err(error) => trouble(&error),
    }
}

/// Group after group, what the store wants to know. `false`: of some WhatsApp did not say.
async fn ask(client: &Client, store: &Store) -> bool {
    let mut settled = true;
    while settled {
        let groups = match store.groups_to_ask().await {
            Ok(groups) if groups.is_empty() => break,
            Ok(groups) => groups,
            Err(error) => return trouble(&error),
        };
        for group in groups {
            let Some(jid) = identity::address(&group) else { continue };
            let news = match client.groups().get_metadata(&jid).await {
                Ok(told) => GroupNews::Known(complete(client, info(&told)).await),
                Err(error) if is_refusal(&error) => GroupNews::NotAMember,
                Err(error) => {
                    settled = trouble(&error);
                    continue;
                }
            };
            if let Err(error) = store.note_groups(vec![(group, news)]).await {
                settled = trouble(&error);
            }
        }
    }
    settled
}

fn trouble(error: &dyn std::fmt::Display) -> bool {
    tracing::warn!(%error, "what WhatsApp knows of groups could not be noted yet");
    false
}

/// Both names of each member, as far as the library knows them.
async fn complete(client: &Client, mut info: GroupInfo) -> GroupInfo {
    for member in &mut info.members {
        super::hook::complete(client, &mut member.person).await;
    }
    info
}

/// WhatsApp tells nothing of a group to who is not in it, and nothing of one that is no more.
fn is_refusal(error: &GroupError) -> bool {
    matches!(error, GroupError::Iq(IqError::ServerError { code: 401 | 403 | 404 | 410, .. }))
}

/// Whether the members of a group go by their hidden ids there.
pub(super) async fn uses_lids(client: &Client, group: &Jid) -> bool {
    match client.groups().query_info(group).await {
        Ok(info) => info.addressing_mode == AddressingMode::Lid,
        Err(_) => client.is_lid_migrated().await,
    }
}

/// The id of a message as WhatsApp knows it: of two members who used one id, the second one's has a mark here.
pub(super) fn stanza_id(wa_id: &str) -> &str {
    wa_id.split_once('~').map_or(wa_id, |(id, _)| id)
}

/// The key to our words in a group leaves once, with a message. Where that message did not arrive, the members could read none
/// of the next ones: those take a new key along.
pub(super) async fn forget_keys(client: &Client, group: &WaIdentity) {
    let Some(group) = identity::address(group) else { return };
    for own in [client.pn(), client.lid()].into_iter().flatten() {
        // The library takes the device off the address that it is given, and keeps the own key under one with it.
        let device = own.device;
        let bearer = Jid { user: format!("{}:{device}", own.user).into(), device: 0, ..own };
        if let Err(error) = client.signal().delete_sender_key(&group, &bearer).await {
            tracing::warn!(%error, "the own key of a group could not be renewed");
        }
    }
}
