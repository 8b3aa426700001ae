//! What the phone keeps about its chats and people, as it tells its linked devices: archive, pin, mute, read marks, names from
//! the address book. Pure.

use ownline_model::{limits, time::UtcMillis};
use whatsapp_rust::{Jid, wacore::types::events::Event};

use super::identity;
use crate::store::{inbound::WaIdentity, phone_state::PhoneMark};

/// The end of "always", near enough to be a date everywhere.
const ALWAYS: UtcMillis = UtcMillis(253_402_300_799_000);

/// Nothing: the event says nothing of the kind, or of somebody who is no person.
pub(super) fn marks(event: &Event) -> impl Iterator<Item = (WaIdentity, PhoneMark)> {
    let listed = match event {
        Event::ContactUpdate(update) => username(update.action.username.as_deref())
            .map(|name| (identity::chat(&update.jid), PhoneMark::Username(name)))
            .filter(|(who, _)| !who.is_empty()),
        _ => None,
    };
    mark(event).into_iter().chain(listed)
}

/// A public name, without what people put before it.
pub(super) fn username(told: Option<&str>) -> Option<String> {
    told.map(|name| limits::clean_name(name.trim().trim_start_matches('@'))).filter(|name| !name.is_empty())
}

fn mark(event: &Event) -> Option<(WaIdentity, PhoneMark)> {
    let (jid, mark): (&Jid, PhoneMark) = match event {
        Event::ArchiveUpdate(update) => (&update.jid, PhoneMark::Archived(update.action.archived.unwrap_or_default())),
        Event::PinUpdate(update) => (&update.jid, PhoneMark::Pinned(update.action.pinned.unwrap_or_default())),
        Event::MuteUpdate(update) => {
            let muted = update.action.muted.unwrap_or_default();
            (&update.jid, PhoneMark::MutedUntil(muted.then(|| end(update.action.mute_end_timestamp))))
        }
        Event::MarkChatAsReadUpdate(update) => {
            let read = update.action.read.unwrap_or_default();
            (&update.jid, if read { PhoneMark::Read } else { PhoneMark::Unread })
        }
        Event::ContactUpdate(update) => {
            let names = [update.action.full_name.as_deref(), update.action.first_name.as_deref()];
            let name = names.into_iter().flatten().map(limits::clean_name).find(|name| !name.is_empty());
            (&update.jid, PhoneMark::Name(name))
        }
        _ => return None,
    };
    let who = identity::chat(jid);
    (!who.is_empty()).then_some((who, mark))
}

/// Milliseconds since 1970; nothing, zero and less mean that it has no end.
fn end(stamp: Option<i64>) -> UtcMillis {
    stamp.filter(|millis| *millis > 0).map_or(ALWAYS, |millis| UtcMillis(millis.min(ALWAYS.0)))
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::{
        wacore::{
            chrono::DateTime,
            types::events::{ArchiveUpdate, ContactUpdate, MuteUpdate},
        },
        waproto::whatsapp::sync_action_value::{ArchiveChatAction, ContactAction, MuteAction},
    };

    use super::*;

    fn jid(text: &str) -> Jid {
        text.parse().expect("jid")
    }

    #[test]
    fn marks_are_read_with_whom_they_are_about() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).expect("time");
        let archive = |who: &str| {
            let action = ArchiveChatAction { archived: Some(true), ..Default::default() };
            let update =
                ArchiveUpdate::builder().jid(jid(who)).timestamp(at).action(Box::new(action)).from_full_sync(false);
            Event::ArchiveUpdate(update.build())
        };
        let (who, marked) = mark(&archive("5511987654321@s.whatsapp.net")).expect("a mark");
        assert_eq!((who.phone.expect("phone").digits(), marked), ("5511987654321", PhoneMark::Archived(true)));
        assert_eq!(mark(&archive("99@lid")).expect("a mark").0.lid.as_deref(), Some("99"));
        assert_eq!(mark(&archive("status@broadcast")), None);
        let action = ContactAction { full_name: Some("  Carla  C. ".into()), ..Default::default() };
        let contact = ContactUpdate::builder().jid(jid("99@lid")).timestamp(at).action(Box::new(action));
        let marked = mark(&Event::ContactUpdate(contact.from_full_sync(true).build())).expect("a mark").1;
        assert_eq!(marked, PhoneMark::Name(Some(limits::clean_name("  Carla  C. "))));
        let action = ContactAction { username: Some("@carla.c".into()), ..Default::default() };
        let contact = ContactUpdate::builder().jid(jid("99@lid")).timestamp(at).action(Box::new(action));
        let all: Vec<_> = marks(&Event::ContactUpdate(contact.from_full_sync(true).build())).map(|it| it.1).collect();
        assert_eq!(all, [PhoneMark::Name(None), PhoneMark::Username("carla.c".into())]);
        let muted = |muted, end| {
            let action = MuteAction { muted: Some(muted), mute_end_timestamp: end, ..Default::default() };
            let update = MuteUpdate::builder().jid(jid("99@lid")).timestamp(at).action(Box::new(action));
            mark(&Event::MuteUpdate(update.from_full_sync(false).build())).expect("a mark").1
        };
        assert_eq!(muted(true, Some(1_800_000_000_000)), PhoneMark::MutedUntil(Some(UtcMillis(1_800_000_000_000))));
        assert_eq!(muted(true, Some(-1)), PhoneMark::MutedUntil(Some(ALWAYS)));
        assert_eq!(muted(false, Some(1_800_000_000_000)), PhoneMark::MutedUntil(None));
    }
}
