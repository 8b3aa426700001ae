//! Two chats that become one share what both of them did, and no more after they are parted.

use ownline_model::{conversation::SetScope, event::Event, ids::MergeId};

use super::*;

const CANARY: &str = "canary-41d9 secret";
const CARLA: &str = "+5511988887777";
const HIDDEN: &str = "99887766";

fn both() -> WaIdentity {
    WaIdentity { phone: Some(phone(CARLA)), lid: Some(HIDDEN.to_owned()), ..WaIdentity::default() }
}

impl Machine {
    async fn shares(&self, id: ConversationId, scope: Scope) {
        self.store.set_scope(id, SetScope { scope, earlier: false }).await.expect("decided");
    }

    async fn own_chat(&self, id: ConversationId) -> Conversation {
        self.store.conversation(id).await.expect("read").expect("there").conversation
    }

    async fn unites(&self) {
        self.store.learn_identity(both(), None).await.expect("learnt");
    }

    /// What waits to tell how much chats share.
    async fn told_scopes(&self) -> Vec<(ConversationId, Scope)> {
        let told = self.outbox().await.into_iter().filter_map(|change| match change.op {
            Op::ConversationScope { conversation_id, scope } => Some((conversation_id, scope)),
            _ => None,
        });
        told.collect()
    }

    /// One chat with a person's number and one with their hidden id, as the server knows them.
    async fn with_two(by_number: Scope, hidden: Scope) -> (Self, ConversationId, ConversationId) {
        let machine = Self::linked(NumberUse::Work).await;
        let one = machine.hear(CARLA, "in-1", CANARY).await.conversation_id;
        let other = machine.receive(vec![fact(by_lid(HIDDEN), "in-2", CANARY)]).await[0].conversation_id;
        machine.drain().await;
        for (id, scope) in [(one, by_number), (other, hidden)] {
            machine.shares(id, scope).await;
        }
        machine.drain().await;
        (machine, one, other)
    }
}

#[tokio::test]
async fn the_server_is_asked_once_to_forget_what_was_shared_of_either() {
    for scopes in [(Scope::Shared, Scope::Private), (Scope::Private, Scope::Shared)] {
        let (machine, one, other) = Machine::with_two(scopes.0, scopes.1).await;
        let shared = if scopes.0 == Scope::Shared { one } else { other };
        // Something of the shared one waits, and nothing of the private one.
        let who = if shared == one { by_phone(CARLA) } else { by_lid(HIDDEN) };
        machine.receive(vec![fact(who, "in-3", CANARY)]).await;
        assert_eq!(kinds(&machine.outbox().await), ["message_received"]);

        machine.unites().await;
        assert_eq!(machine.told_scopes().await, [(shared, Scope::Private)], "{scopes:?}");
        assert_eq!(kinds(&machine.outbox().await), ["conversation_scope"], "what waited has been taken back");
        let chat = machine.own_chat(one).await;
        assert_eq!((chat.id, chat.scope, chat.version), (shared, Scope::Private, 0), "under the id that is known");
        assert_eq!(machine.own_chat(other).await, chat);
        let here = machine.messages(one).await;
        assert_eq!(here.len(), 3);
        assert!(here.iter().all(|message| message.text.as_deref() == Some(CANARY)), "here everything stays");
        let view = machine.store.team_view(one).await.expect("view");
        assert_eq!((view.messages.len(), view.withheld), (0, 3));

        machine.receive(vec![fact(both(), "in-4", CANARY)]).await;
        machine.unites().await;
        assert_eq!(kinds(&machine.outbox().await), ["conversation_scope"], "once, and nothing that comes is told");
    }
}

#[tokio::test]
async fn it_is_told_after_a_crash_too() {
    let (machine, shared, _) = Machine::with_two(Scope::Shared, Scope::Private).await;
    machine.unites().await;
    machine.store.close().await;
    let machine = Machine { store: open(&machine.folder), ..machine };
    assert_eq!(machine.told_scopes().await, [(shared, Scope::Private)]);
    assert_eq!(machine.own_chat(shared).await.scope, Scope::Private);
}

#[tokio::test]
async fn words_go_where_one_of_them_told_none() {
    let (machine, one, bare) = Machine::with_two(Scope::Shared, Scope::Metadata).await;
    machine.hear(CARLA, "in-3", CANARY).await;
    machine.unites().await;
    assert_eq!(kinds(&machine.outbox().await), ["message_received", "conversation_scope"]);
    assert_eq!(machine.told_scopes().await, [(one, Scope::Metadata)]);
    assert!(!serde_json::to_string(&machine.outbox().await).expect("json").contains(CANARY));
    assert_eq!(machine.own_chat(bare).await.scope, Scope::Metadata);
    let view = machine.store.team_view(one).await.expect("view");
    assert!(!serde_json::to_string(&view).expect("json").contains(CANARY), "{view:#?}");
}

#[tokio::test]
async fn chats_that_share_the_same_tell_nothing_new() {
    for scope in [Scope::Shared, Scope::Metadata, Scope::Private] {
        let (machine, one, _) = Machine::with_two(scope, scope).await;
        machine.unites().await;
        assert_eq!(kinds(&machine.outbox().await), Vec::<&str>::new(), "{scope:?}");
        assert_eq!(machine.own_chat(one).await.scope, scope);
    }
}

#[tokio::test]
async fn what_the_owner_took_back_just_before_is_still_told_under_its_own_id() {
    for kept in [Scope::Shared, Scope::Private] {
        let (machine, one, other) = Machine::with_two(kept, Scope::Shared).await;
        machine.shares(other, Scope::Private).await;
        machine.unites().await;
        let mut told = machine.told_scopes().await;
        told.sort_by_key(|(id, _)| *id != one);
        let mut expected = vec![(one, Scope::Private), (other, Scope::Private)];
        expected.drain(..usize::from(kept == Scope::Private));
        assert_eq!(told, expected, "{kept:?}");
    }
}

/// The server has learnt from a colleague that the two are one.
async fn united_by_the_server(machine: &Machine) -> (ConversationId, ConversationId, ownline_model::contact::Merge) {
    let channel = machine.own_channel().await;
    let one = contact("Carla", CARLA);
    let other = Contact { phone: None, lid: Some(HIDDEN.into()), ..contact("Hidden", "+5511900009999") };
    let (chat, hidden) = (conversation(channel, one.id), conversation(channel, other.id));
    machine
        .pull(vec![
            Event::ContactUpdated(one.clone()),
            Event::ContactUpdated(other.clone()),
            Event::ConversationNew(chat.clone()),
            Event::ConversationNew(hidden.clone()),
        ])
        .await;
    machine.receive(vec![fact(by_phone(CARLA), "in-1", CANARY), fact(by_lid(HIDDEN), "in-2", CANARY)]).await;
    machine.shares(chat.id, Scope::Private).await;
    machine.drain().await;
    let merge = ownline_model::contact::Merge {
        id: MergeId::fresh(),
        contact_id: one.id,
        merged: other,
        reason: "same_lid".into(),
        at: now(),
        undone_at: None,
    };
    let joined = Contact { version: 2, lid: Some(HIDDEN.into()), ..one };
    machine.pull(vec![Event::ContactUpdated(joined), Event::ContactMerged(merge.clone())]).await;
    (chat.id, hidden.id, merge)
}

#[tokio::test]
async fn the_servers_own_merge_narrows_it_too() {
    let machine = Machine::linked(NumberUse::Work).await;
    let (chat, shared, _) = united_by_the_server(&machine).await;
    assert_eq!(machine.told_scopes().await, [(shared, Scope::Private)], "the id under which it was shared");
    assert_eq!(machine.own_chat(chat).await.scope, Scope::Private);
    assert_eq!(machine.messages(chat).await.len(), 2);
}

#[tokio::test]
async fn a_change_that_waits_for_a_chat_that_goes_loses_its_words() {
    let (machine, one, other) = Machine::with_two(Scope::Metadata, Scope::Shared).await;
    let joined = machine.messages(other).await.remove(0);
    let add = move |tx: &mut crate::store::Tx<'_>| {
        let amendment = ownline_model::message::Amendment::Edited { text: Some(CANARY.to_owned()), at: UtcMillis(1) };
        let op = Op::MessageAmended { message_id: joined.id, amendment };
        crate::store::table::outbox::add(tx, &op, crate::store::record::about(&joined), false)?;
        // As the server orders it, the shared one goes into the other.
        crate::store::remap::conversation(tx, other, one)
    };
    machine.store.write(add).await.expect("joined");
    assert_eq!(kinds(&machine.outbox().await), ["message_amended", "conversation_scope"]);
    assert!(!serde_json::to_string(&machine.outbox().await).expect("json").contains(CANARY));
    assert_eq!(machine.told_scopes().await, [(other, Scope::Metadata)]);
}

#[tokio::test]
async fn parting_widens_neither() {
    let (machine, one, other) = Machine::with_two(Scope::Shared, Scope::Private).await;
    machine.unites().await;
    machine.drain().await;
    let person = machine.own_chat(one).await.contact_id;
    let log = machine.store.merges(person).await.expect("read").expect("a contact");
    machine.shares(one, Scope::Shared).await;
    assert_eq!(refusal(machine.store.undo_merge(log[0].id).await), "shared_since", "the team sees one chat");
    machine.shares(one, Scope::Private).await;
    machine.drain().await;
    machine.store.undo_merge(log[0].id).await.expect("undone").expect("logged here");
    assert_eq!(
        (machine.own_chat(one).await.scope, machine.own_chat(other).await.scope),
        (Scope::Private, Scope::Private)
    );
    assert_ne!(machine.own_chat(one).await.contact_id, machine.own_chat(other).await.contact_id);
    machine.receive(vec![fact(by_phone(CARLA), "in-5", CANARY), fact(by_lid(HIDDEN), "in-6", CANARY)]).await;
    assert_eq!(kinds(&machine.outbox().await), Vec::<&str>::new());
}

#[tokio::test]
async fn the_servers_parting_widens_neither() {
    let machine = Machine::linked(NumberUse::Work).await;
    let (chat, shared, mut merge) = united_by_the_server(&machine).await;
    machine.drain().await;
    merge.undone_at = Some(now());
    machine.pull(vec![Event::ContactMerged(merge)]).await;
    assert_eq!(
        (machine.own_chat(chat).await.scope, machine.own_chat(shared).await.scope),
        (Scope::Private, Scope::Private)
    );
    assert_eq!(machine.told_scopes().await, []);
}

/// What was private before, then shared as part of the other, is private by itself, and the server hears of it.
#[tokio::test]
async fn the_servers_parting_leaves_private_what_was() {
    let machine = Machine::linked(NumberUse::Work).await;
    let channel = machine.own_channel().await;
    let one = contact("Carla", CARLA);
    let other = Contact { phone: None, lid: Some(HIDDEN.into()), ..contact("Hidden", "+5511900009999") };
    let (chat, hidden) = (conversation(channel, one.id), conversation(channel, other.id));
    let (people, chats) = (
        vec![Event::ContactUpdated(one.clone()), Event::ContactUpdated(other.clone())],
        vec![Event::ConversationNew(chat.clone()), Event::ConversationNew(hidden.clone())],
    );
    machine.pull([people, chats].concat()).await;
    machine.shares(hidden.id, Scope::Private).await;
    let merge = ownline_model::contact::Merge {
        id: MergeId::fresh(),
        contact_id: one.id,
        merged: other,
        reason: "same_lid".into(),
        at: now(),
        undone_at: None,
    };
    let joined = Contact { version: 2, lid: Some(HIDDEN.into()), ..one };
    machine.pull(vec![Event::ContactUpdated(joined), Event::ContactMerged(merge.clone())]).await;
    machine.shares(chat.id, Scope::Shared).await;
    machine.drain().await;
    let undone = ownline_model::contact::Merge { undone_at: Some(now()), ..merge };
    machine.pull(vec![Event::ContactMerged(undone)]).await;
    assert_eq!(
        (machine.own_chat(chat.id).await.scope, machine.own_chat(hidden.id).await.scope),
        (Scope::Shared, Scope::Private)
    );
    assert_eq!(machine.told_scopes().await, [(hidden.id, Scope::Private)]);
}
