//! Groups as this machine knows them: whose words they are, what stays here, who may write, who has what we wrote.

use ownline_model::{
    conversation::{ConversationItem, SetScope},
    desk_query::ConversationQuery,
    group::Group,
};

use super::*;
use crate::store::{
    change::Change,
    groups::{GroupInfo, GroupNews, GroupTick, Member},
    history::{ChunkKind, HistoryChat, HistoryChunk, HistoryMessage},
    inbound::{Author, ChangeFact, Incoming, MessageRef, StatusNews, Target, What},
    phone_state::PhoneMark,
};

const GROUP: &str = "120363021033254949";
const CARLA: &str = "91";
const DAVI: &str = "92";

fn group() -> WaIdentity {
    WaIdentity::group(GROUP)
}

fn member(lid: &str, admin: bool) -> Member {
    Member { person: by_lid(lid), admin }
}

fn me(admin: bool) -> Member {
    Member { person: by_phone(OWN), admin }
}

fn info(members: Vec<Member>) -> GroupInfo {
    GroupInfo { subject: "Condo 12".into(), member: true, members, ..GroupInfo::default() }
}

fn said(who: &str, name: &str, wa_id: &str, text: &str) -> InboundFact {
    let author = Author { person: by_lid(who), name: Some(name.to_owned()) };
    InboundFact { author: Some(author), push_name: None, ..fact(group(), wa_id, text) }
}

fn change(by: Option<&str>, wa_id: &str, target: &str, what: What) -> ChangeFact {
    ChangeFact {
        wa_id: wa_id.to_owned(),
        chat: group(),
        from_me: by.is_none(),
        by: by.map(by_lid),
        as_admin: false,
        at: now(),
        made_at: None,
        target: Target { wa_id: target.to_owned(), direction: Direction::Inbound },
        what,
    }
}

impl Machine {
    async fn in_group(members: Vec<Member>) -> Self {
        let machine = Self::linked(NumberUse::Work).await;
        machine.store.list_groups(vec![(group(), info(members))]).await.expect("listed");
        machine
    }

    async fn told_of_group(&self, news: GroupNews) {
        self.store.note_groups(vec![(group(), news)]).await.expect("noted");
    }

    async fn group_item(&self) -> ConversationItem {
        let all = self.store.conversations(ConversationQuery::default()).await.expect("read").items;
        all.into_iter().find(|item| item.contact.kind == ContactKind::Group).expect("the group")
    }

    async fn chat(&self) -> ConversationId {
        self.group_item().await.conversation.id
    }

    async fn known_group(&self) -> Group {
        self.store.group(self.chat().await).await.expect("a group").expect("known")
    }

    /// WhatsApp has it.
    async fn took(&self, id: MessageId) {
        let news = StatusNews { message: MessageRef::Id(id), status: MessageStatus::Sent, at: now(), failure: None };
        self.store.advance_statuses(vec![news]).await.expect("noted");
    }

    /// The owner turns the group on.
    async fn share(&self, scope: Scope) {
        let wish = SetScope { scope, earlier: false };
        self.store.set_scope(self.chat().await, wish).await.expect("decided");
    }

    async fn texts(&self) -> Vec<Option<String>> {
        self.messages(self.chat().await).await.into_iter().map(|message| message.text).collect()
    }
}

#[tokio::test]
async fn a_group_is_one_private_chat_with_authors() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.drain().await;
    let a = machine.receive(vec![said(CARLA, "Carla", "1", "hi")]).await[0];
    let b = machine.receive(vec![said(DAVI, "Davi", "2", "hello")]).await[0];
    let own = InboundFact { from_me: true, author: None, ..said(CARLA, "Carla", "3", "from my phone") };
    let c = machine.receive(vec![own]).await[0];
    assert_eq!((a.conversation_id, a.conversation_id), (b.conversation_id, c.conversation_id));
    let senders: Vec<_> = machine.messages(a.conversation_id).await.into_iter().map(|m| m.details.sender).collect();
    let names: Vec<_> = senders.iter().map(|it| it.as_ref().map(|it| (it.id.as_str(), it.name.as_str()))).collect();
    assert_eq!(names, [Some((CARLA, "Carla")), Some((DAVI, "Davi")), None]);
    let item = machine.store.conversation(a.conversation_id).await.expect("read").expect("there");
    assert_eq!((item.contact.kind, item.contact.lid.as_deref()), (ContactKind::Group, Some(GROUP)));
    assert_eq!(item.contact.phone, None);
    // Whatever new chats share at this number.
    assert_eq!(item.conversation.scope, Scope::Private);
    assert_eq!(machine.outbox().await, vec![]);
    // WhatsApp is asked for what is not known.
    assert_eq!(machine.store.groups_to_ask().await.expect("asked"), [group()]);
    machine.told_of_group(GroupNews::Known(info(vec![member(CARLA, true), me(false)]))).await;
    assert_eq!(machine.store.groups_to_ask().await.expect("asked"), []);
    let item = machine.store.conversation(a.conversation_id).await.expect("read").expect("there");
    assert_eq!(item.contact.name, "Condo 12");
}

#[tokio::test]
async fn a_group_that_is_turned_on_tells_the_team_who_wrote() {
    let machine = Machine::in_group(vec![member(CARLA, true), me(false)]).await;
    machine.receive(vec![said(CARLA, "Carla", "1", "before")]).await;
    machine.drain().await;
    machine.share(Scope::Shared).await;
    machine.receive(vec![said(CARLA, "Carla", "2", "after")]).await;
    let told: Vec<_> = machine
        .outbox()
        .await
        .into_iter()
        .filter_map(|change| match change.op {
            Op::MessageReceived { contact, message, .. } => Some((contact, message)),
            _ => None,
        })
        .collect();
    let [(contact, message)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((contact.kind, contact.push_name.as_deref()), (ContactKind::Group, Some("Condo 12")));
    assert_eq!(message.details.sender.as_ref().map(|sender| sender.name.as_str()), Some("Carla"));
    machine.share(Scope::Metadata).await;
    machine.drain().await;
    machine.receive(vec![said(CARLA, "Carla", "3", "less")]).await;
    let json = serde_json::to_string(&machine.outbox().await).expect("json");
    assert!(json.contains("message_received") && !json.contains("Carla") && !json.contains("less"), "{json}");
}

#[tokio::test]
async fn only_authors_and_admins_change_what_was_said() {
    let machine = Machine::in_group(vec![member(CARLA, true), member(DAVI, false), me(false)]).await;
    machine.receive(vec![said(CARLA, "Carla", "1", "one"), said(DAVI, "Davi", "2", "two")]).await;
    let edit = |text: &str| What::Edited { text: Some(text.to_owned()) };
    let follow = |fact: ChangeFact| machine.store.record_inbound(vec![fact]);
    follow(change(Some(DAVI), "e1", "1", edit("not mine"))).await.expect("followed");
    follow(change(Some(CARLA), "e2", "2", edit("not mine either"))).await.expect("followed");
    follow(change(Some(DAVI), "r1", "1", What::Revoked)).await.expect("followed");
    let claimed = ChangeFact { as_admin: true, ..change(Some(DAVI), "r2", "1", What::Revoked) };
    follow(claimed).await.expect("followed");
    assert_eq!(machine.texts().await, [Some("one".to_owned()), Some("two".to_owned())]);
    follow(change(Some(DAVI), "e3", "2", edit("two!"))).await.expect("followed");
    assert_eq!(machine.texts().await[1].as_deref(), Some("two!"));
    follow(change(Some(CARLA), "r3", "2", What::Revoked)).await.expect("followed");
    let messages = machine.messages(machine.chat().await).await;
    assert_eq!(messages[1].kind, MessageKind::Revoked, "an admin took it back");
    assert_eq!(messages[1].details.sender.as_ref().map(|it| it.name.as_str()), Some("Davi"));
    // The own phone did what WhatsApp let it.
    follow(change(None, "r4", "1", What::Revoked)).await.expect("followed");
    assert_eq!(machine.messages(machine.chat().await).await[0].kind, MessageKind::Revoked);
}

#[tokio::test]
async fn each_member_reacts_once_whatever_name_whatsapp_uses() {
    let machine = Machine::in_group(vec![member(CARLA, true), member(DAVI, false), me(false)]).await;
    machine.receive(vec![said(CARLA, "Carla", "1", "one")]).await;
    let react = |by: Option<WaIdentity>, wa_id: &str, at: i64, emoji: &str| ChangeFact {
        by,
        from_me: false,
        at: UtcMillis(at),
        ..change(None, wa_id, "1", What::Reacted { emoji: Some(emoji.to_owned()) })
    };
    let both = WaIdentity { phone: Some(phone("+5511988887777")), ..by_lid(CARLA) };
    let facts = vec![
        react(Some(by_lid(CARLA)), "a", 1, "👍"),
        react(Some(by_lid(DAVI)), "b", 2, "❤️"),
        react(Some(both), "c", 3, "😂"),
        react(Some(by_phone("+5511988887777")), "d", 4, "🎉"),
    ];
    machine.store.record_inbound(facts).await.expect("followed");
    let message = machine.messages(machine.chat().await).await.remove(0);
    let mut shown: Vec<_> = message.details.reactions.iter().map(|it| (it.by.as_deref(), it.emoji.as_str())).collect();
    shown.sort_unstable();
    assert_eq!(shown, [(Some(CARLA), "🎉"), (Some(DAVI), "❤️")]);
}

#[tokio::test]
async fn two_who_use_one_id_both_keep_their_words() {
    let machine = Machine::in_group(vec![member(CARLA, false), member(DAVI, false), me(false)]).await;
    for _ in 0..3 {
        machine.receive(vec![said(CARLA, "Carla", "1", "mine"), said(DAVI, "Davi", "1", "mine too")]).await;
    }
    assert_eq!(machine.texts().await, [Some("mine".to_owned()), Some("mine too".to_owned())]);
}

#[tokio::test]
async fn what_could_not_be_read_is_replaced_in_place_with_its_author() {
    let machine = Machine::in_group(vec![member(CARLA, false), me(false)]).await;
    let unreadable = InboundFact { kind: MessageKind::Undecryptable, text: None, ..said(CARLA, "Carla", "1", "") };
    machine.receive(vec![unreadable]).await;
    let place = machine.messages(machine.chat().await).await.remove(0);
    assert_eq!(place.details.sender.as_ref().map(|it| it.name.as_str()), Some("Carla"));
    machine.receive(vec![said(DAVI, "Davi", "2", "later"), said(CARLA, "Carla", "1", "at last")]).await;
    let messages = machine.messages(machine.chat().await).await;
    assert_eq!((messages[0].id, messages[0].text.as_deref()), (place.id, Some("at last")));
    assert_eq!(messages[0].details.sender, place.details.sender);
}

#[tokio::test]
async fn whatsapp_tells_what_becomes_of_a_group() {
    let machine = Machine::in_group(vec![member(CARLA, true), me(false)]).await;
    machine.told_of_group(GroupNews::Subject("Condo 14".into())).await;
    machine.told_of_group(GroupNews::Description(Some("Notices".into()))).await;
    machine.told_of_group(GroupNews::Added(vec![member(DAVI, false)])).await;
    machine.told_of_group(GroupNews::Admins { people: vec![by_lid(DAVI)], admin: true }).await;
    machine.told_of_group(GroupNews::Removed(vec![by_lid(CARLA)])).await;
    let known = machine.known_group().await;
    assert_eq!((known.subject.as_str(), known.description.as_deref()), ("Condo 14", Some("Notices")));
    let members: Vec<_> = known.members.iter().map(|it| (it.id.as_str(), it.admin, it.me)).collect();
    assert_eq!(members, [(DAVI, true, false), ("5511900000001", false, true)]);
    assert!(known.member && !known.announce_only);
    let item = machine.store.conversation(machine.chat().await).await.expect("read").expect("there");
    assert_eq!(item.contact.name, "Condo 14");
    // What a notification leaves open, WhatsApp is asked.
    assert_eq!(machine.store.groups_to_ask().await.expect("asked"), []);
    machine.told_of_group(GroupNews::Changed).await;
    assert_eq!(machine.store.groups_to_ask().await.expect("asked"), [group()]);
    machine.told_of_group(GroupNews::NotAMember).await;
    assert!(!machine.known_group().await.member);
    assert_eq!(machine.store.groups_to_ask().await.expect("asked"), []);
}

#[tokio::test]
async fn a_list_without_a_group_means_that_the_number_has_left_it() {
    let machine = Machine::in_group(vec![me(false)]).await;
    assert!(!machine.store.groups_unlisted().await.expect("read"), "only now and then");
    let chat = machine.chat().await;
    machine.store.list_groups(vec![]).await.expect("listed");
    let known = machine.store.group(chat).await.expect("a group").expect("known");
    assert!(!known.member);
    machine.store.forget_phone_marks(phone(OWN)).await.expect("forgotten");
    assert!(machine.store.groups_unlisted().await.expect("read"), "a fresh device lists anew");
}

#[tokio::test]
async fn a_person_is_no_group() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear("+5511988887777", "1", "hi").await;
    assert_eq!(refusal(machine.store.group(heard.conversation_id).await), "not_a_group");
    assert_eq!(refusal(machine.store.group(ConversationId::fresh()).await), "not_found");
    // A person with the digits of a group would be another one.
    let twin = machine.receive(vec![fact(by_lid("77"), "1", "hi")]).await[0];
    assert_eq!(refusal(machine.store.group(twin.conversation_id).await), "not_a_group");
}

#[tokio::test]
async fn who_may_not_write_is_told_while_writing() {
    let machine = Machine::in_group(vec![member(CARLA, true), me(false)]).await;
    let chat = machine.chat().await;
    let sent = machine.store.write_message(chat, reply("hello")).await.expect("written");
    machine.told_of_group(GroupNews::AnnounceOnly(true)).await;
    assert_eq!(refusal(machine.store.write_message(chat, reply("no")).await), "admins_only");
    machine.told_of_group(GroupNews::Admins { people: vec![by_phone(OWN)], admin: true }).await;
    machine.store.write_message(chat, reply("an admin may")).await.expect("written");
    machine.told_of_group(GroupNews::Removed(vec![by_phone(OWN)])).await;
    assert_eq!(refusal(machine.store.write_message(chat, reply("no")).await), "not_a_member");
    let failed =
        StatusNews { message: MessageRef::Id(sent.id), status: MessageStatus::Failed, at: now(), failure: None };
    machine.store.advance_statuses(vec![failed]).await.expect("noted");
    assert_eq!(refusal(machine.store.retry_message(sent.id).await), "not_a_member");
}

#[tokio::test]
async fn a_message_has_come_as_far_as_with_the_last_of_the_members() {
    use MessageStatus::{Delivered, Read, Sent};
    let machine = Machine::in_group(vec![member(CARLA, true), member(DAVI, false), me(false)]).await;
    let chat = machine.chat().await;
    let sent = machine.store.write_message(chat, reply("hello")).await.expect("written");
    machine.took(sent.id).await;
    let tick = |who: &str, status| GroupTick {
        group: group(),
        who: by_lid(who),
        wa_ids: vec![sent.wa_id.clone()],
        status,
        at: now(),
    };
    let mut seen = vec![];
    for (who, status) in
        [(CARLA, Read), ("93", Read), (CARLA, Delivered), (DAVI, Delivered), (DAVI, Read), (DAVI, Delivered)]
    {
        // Somebody who came later waits for nothing that was said before.
        machine.told_of_group(GroupNews::Added(vec![member("94", false)])).await;
        machine.store.note_group_ticks(vec![tick(who, status)]).await.expect("noted");
        seen.push(machine.messages(chat).await[0].status);
    }
    assert_eq!(seen, [Sent, Sent, Sent, Delivered, Read, Read]);
}

#[tokio::test]
async fn whoever_has_left_is_not_waited_for() {
    let machine = Machine::in_group(vec![member(CARLA, true), member(DAVI, false), me(false)]).await;
    let chat = machine.chat().await;
    let own = InboundFact { from_me: true, author: None, ..said(CARLA, "Carla", "1", "from my phone") };
    machine.receive(vec![own]).await;
    machine.told_of_group(GroupNews::Removed(vec![by_lid(DAVI)])).await;
    let tick = GroupTick {
        group: group(),
        who: by_lid(CARLA),
        wa_ids: vec!["1".into()],
        status: MessageStatus::Delivered,
        at: now(),
    };
    machine.store.note_group_ticks(vec![tick]).await.expect("noted");
    assert_eq!(machine.messages(chat).await[0].status, MessageStatus::Delivered);
}

#[tokio::test]
async fn members_get_receipts_of_their_own() {
    let machine = Machine::in_group(vec![member(CARLA, true), member(DAVI, false), me(false)]).await;
    let chat = machine.chat().await;
    machine
        .receive(vec![said(CARLA, "Carla", "1", "a"), said(DAVI, "Davi", "2", "b"), said(CARLA, "Carla", "3", "c")])
        .await;
    let read = machine.store.mark_read(chat, i64::MAX).await.expect("read").on_own_number.expect("ticks");
    machine.store.owe_ticks(chat, read.wa_ids).await.expect("owed");
    machine.store.write_message(chat, reply("hello")).await.expect("written");
    let took = machine.messages(chat).await.pop().expect("mine");
    machine.took(took.id).await;
    let mut due: Vec<_> = machine
        .store
        .ticks_due()
        .await
        .expect("due")
        .into_iter()
        .map(|due| (due.author.and_then(|author| author.lid), due.wa_ids))
        .collect();
    due.sort();
    assert_eq!(
        due,
        [(Some(CARLA.to_owned()), vec!["1".to_owned(), "3".to_owned()]), (Some(DAVI.to_owned()), vec!["2".to_owned()])]
    );
}

#[tokio::test]
async fn what_is_said_in_a_group_is_no_answer() {
    let machine = Machine::in_group(vec![member(CARLA, true), me(false)]).await;
    machine.store.set_sending_rules(crate::safety::Rules::default()).await.expect("rules");
    let chat = machine.chat().await;
    machine.receive(vec![said(CARLA, "Carla", "1", "hi")]).await;
    machine.store.write_message(chat, reply("see https://example.org")).await.expect("a group is no stranger");
    let offers = machine.store.offers(10, std::collections::HashSet::default()).await.expect("offers").offers;
    assert_eq!(offers[0].draft.reach, crate::safety::Reach::Known);
    assert!(!offers[0].draft.opted_out);
}

#[tokio::test]
async fn a_muted_group_makes_no_noise() {
    let machine = Machine::in_group(vec![member(CARLA, true), me(false)]).await;
    let mut changes = machine.store.changes();
    machine.receive(vec![said(CARLA, "Carla", "1", "aloud")]).await;
    let mark = PhoneMark::MutedUntil(Some(now().plus_millis(3_600_000)));
    machine.store.note_phone_marks(vec![(group(), mark)]).await.expect("muted");
    machine.receive(vec![said(CARLA, "Carla", "2", "hush")]).await;
    // Whatever was announced before this is heard before it.
    machine.hear("+5511966665555", "3", "elsewhere").await;
    let mut announced = vec![];
    while announced.last().is_none_or(|(_, preview)| preview != "elsewhere") {
        let change = tokio::time::timeout(std::time::Duration::from_secs(30), changes.recv()).await;
        if let Change::CustomerWrote(wrote) = change.expect("in time").expect("a change") {
            announced.push((wrote.contact_name.clone(), wrote.preview.clone()));
        }
    }
    let heard = [("Condo 12", "Carla: aloud"), ("Carla", "elsewhere")];
    assert_eq!(announced, heard.map(|(name, words)| (name.to_owned(), words.to_owned())));
    assert!(machine.group_item().await.on_phone.muted_until.is_some());
}

#[tokio::test]
async fn the_past_of_a_group_comes_with_names_and_stays_here() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.drain().await;
    let chunk = HistoryChunk { kind: ChunkKind::Initial, order: Some(1), percent: Some(100), data: vec![1] };
    machine.store.keep_history(chunk).await.expect("kept");
    let waiting = machine.store.waiting_history().await.expect("read").expect("one");
    let past = |who, name, wa_id, at| HistoryMessage {
        fact: InboundFact { at: UtcMillis(at), ..said(who, name, wa_id, wa_id) },
        status: MessageStatus::Read,
    };
    let chat = HistoryChat {
        chat: group(),
        name: Some("Condo 12".into()),
        username: None,
        unread: 1,
        more: Some(true),
        on_phone: ownline_model::conversation::OnPhone { archived: false, pinned: true, muted_until: None },
        messages: vec![past(DAVI, "Davi", "b", 2_000), past(CARLA, "Carla", "a", 1_000)],
        failed: 1,
    };
    let tally = machine.store.import_history(waiting.id, 1, vec![chat]).await.expect("imported");
    assert_eq!((tally.conversations, tally.messages, tally.skipped, tally.failed), (1, 2, 0, 1));
    let messages = machine.messages(machine.chat().await).await;
    let names: Vec<_> = messages.iter().filter_map(|it| Some(it.details.sender.as_ref()?.name.as_str())).collect();
    assert_eq!(names, ["Carla", "Davi"]);
    let item = machine.store.conversation(machine.chat().await).await.expect("read").expect("there");
    assert_eq!((item.contact.name.as_str(), item.conversation.unread), ("Condo 12", 1));
    assert_eq!((item.conversation.scope, item.on_phone.pinned), (Scope::Private, true));
    assert_eq!(machine.outbox().await, vec![]);
    assert_eq!(machine.store.groups_to_ask().await.expect("asked"), [group()]);
}

#[tokio::test]
async fn a_change_waits_for_its_message_in_its_own_chat() {
    let machine = Machine::in_group(vec![member(CARLA, true), me(false)]).await;
    let react = change(Some(CARLA), "r", "1", What::Reacted { emoji: Some("👍".into()) });
    machine.store.record_inbound(vec![Incoming::from(react)]).await.expect("waits");
    let elsewhere = machine.receive(vec![fact(by_phone("+5511966665555"), "1", "hi")]).await[0];
    assert!(machine.messages(elsewhere.conversation_id).await[0].details.reactions.is_empty());
    let here = machine.receive(vec![said(CARLA, "Carla", "1", "hi")]).await[0];
    let told = machine.messages(here.conversation_id).await.remove(0).details.reactions;
    assert_eq!(told[0].by.as_deref(), Some(CARLA));
}
