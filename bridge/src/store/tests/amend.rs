//! What becomes of messages: whatever the order in which it is heard, and however often.

use ownline_model::{
    details::{Content, Poll, PollOption},
    event::Event,
    message::Amendment,
};
use whatsapp_rust::wacore::poll::{compute_option_hash, encrypt_poll_vote_with_secret};

use super::{privacy::set_scope, *};
use crate::store::{
    change::Change,
    inbound::{ChangeFact, Incoming, MediaKey, MessageSecret, RemoteFile, RemoteMedia, SealedVote, Target, What},
};

const CARLA: &str = "+5511988887777";

fn change(wa_id: &str, target: &str, at: i64, what: What) -> ChangeFact {
    ChangeFact {
        wa_id: wa_id.to_owned(),
        chat: by_phone(CARLA),
        from_me: false,
        by: None,
        as_admin: false,
        at: UtcMillis(at),
        made_at: None,
        target: Target { wa_id: target.to_owned(), direction: Direction::Inbound },
        what,
    }
}

fn edit(wa_id: &str, at: i64, text: &str) -> ChangeFact {
    change(wa_id, "1", at, What::Edited { text: Some(text.to_owned()) })
}

fn reaction(wa_id: &str, at: i64, emoji: &str) -> ChangeFact {
    let emoji = Some(emoji.to_owned()).filter(|emoji| !emoji.is_empty());
    change(wa_id, "1", at, What::Reacted { emoji })
}

impl Machine {
    async fn follow(&self, facts: Vec<ChangeFact>) {
        self.store.record_inbound(facts).await.expect("followed");
    }

    async fn only(&self, conversation: ConversationId) -> Message {
        let messages = self.messages(conversation).await;
        assert_eq!(messages.len(), 1, "{messages:#?}");
        messages.into_iter().next().expect("one")
    }

    async fn told(&self) -> Vec<Amendment> {
        let amended = |change: sync::Change| match change.op {
            Op::MessageAmended { amendment, .. } => Some(amendment),
            _ => None,
        };
        self.outbox().await.into_iter().filter_map(amended).collect()
    }
}

#[tokio::test]
async fn an_edit_is_shown_told_and_in_the_list() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "1", "helo").await;
    let mut changes = machine.store.changes();
    machine.follow(vec![edit("E1", 5_000, "hello")]).await;
    let message = machine.only(heard.conversation_id).await;
    assert_eq!((message.text.as_deref(), message.details.edited_at), (Some("hello"), Some(UtcMillis(5_000))));
    let item = machine.store.conversation(heard.conversation_id).await.expect("read").expect("there");
    assert_eq!(item.conversation.last_message.expect("one").preview, "hello");
    assert_eq!(item.conversation.unread, 1, "an edit is no second message");
    assert_eq!(machine.told().await, [Amendment::Edited { text: Some("hello".into()), at: UtcMillis(5_000) }]);
    // Screens hear of it.
    while !matches!(changes.recv().await.expect("told"), Change::Event(event) if matches!(*event, Event::MessageUpdated(_)))
    {
    }
}

#[tokio::test]
async fn an_older_edit_never_wins_and_a_repeated_one_says_nothing() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "1", "one").await;
    for _ in 0..50 {
        machine.follow(vec![edit("E2", 6_000, "three"), edit("E1", 5_000, "two")]).await;
    }
    assert_eq!(machine.only(heard.conversation_id).await.text.as_deref(), Some("three"));
    assert_eq!(machine.told().await.len(), 1);
    // Two of one second: the sender's own clock decides.
    let early = ChangeFact { made_at: Some(1), ..edit("E4", 7_000, "four") };
    let late = ChangeFact { made_at: Some(2), ..edit("E3", 7_000, "five") };
    machine.follow(vec![late, early]).await;
    assert_eq!(machine.only(heard.conversation_id).await.text.as_deref(), Some("five"));
}

#[tokio::test]
async fn only_authors_reword_and_take_back() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "1", "mine").await;
    let ours = InboundFact { from_me: true, ..fact(by_phone(CARLA), "2", "ours") };
    machine.receive(vec![ours]).await;
    let outbound = Target { wa_id: "2".into(), direction: Direction::Outbound };
    let inbound = Target { wa_id: "1".into(), direction: Direction::Inbound };
    machine
        .follow(vec![
            ChangeFact { target: outbound.clone(), ..edit("E1", 5_000, "forged") },
            ChangeFact { target: outbound, what: What::Revoked, ..edit("E2", 5_000, "") },
            // The direction is told wrong, so that the id leads to the other's message.
            ChangeFact { target: Target { wa_id: "2".into(), ..inbound.clone() }, ..edit("E3", 5_000, "forged") },
            ChangeFact { from_me: true, target: inbound, ..edit("E4", 5_000, "forged") },
            ChangeFact { chat: by_phone("+5511900001111"), ..edit("E5", 5_000, "forged") },
        ])
        .await;
    let texts: Vec<_> = machine.messages(heard.conversation_id).await.into_iter().map(|it| it.text).collect();
    assert_eq!(texts, [Some("mine".to_owned()), Some("ours".to_owned())]);
    assert!(machine.told().await.is_empty());
}

#[tokio::test]
async fn the_phone_rewords_takes_back_and_reacts_too() {
    let machine = Machine::linked(NumberUse::Work).await;
    let ours = |wa_id: &str| InboundFact { from_me: true, ..fact(by_phone(CARLA), wa_id, "ours") };
    let first = machine.receive(vec![ours("1"), ours("2")]).await[0];
    machine.hear(CARLA, "3", "theirs").await;
    let mine = |fact: ChangeFact, target: &str, direction| ChangeFact {
        from_me: true,
        target: Target { wa_id: target.into(), direction },
        ..fact
    };
    machine
        .follow(vec![
            mine(edit("E1", 5_000, "better"), "1", Direction::Outbound),
            mine(change("E2", "", 5_000, What::Revoked), "2", Direction::Outbound),
            mine(reaction("E3", 5_000, "👍"), "3", Direction::Inbound),
        ])
        .await;
    let messages = machine.messages(first.conversation_id).await;
    assert_eq!(messages[0].text.as_deref(), Some("better"));
    assert_eq!((messages[1].kind, messages[1].text.as_ref()), (MessageKind::Revoked, None));
    let reaction = &messages[2].details.reactions[0];
    assert_eq!((reaction.direction, reaction.agent_id), (Direction::Outbound, Some(machine.me.id)));
}

#[tokio::test]
async fn what_was_taken_back_is_gone() {
    let machine = Machine::linked(NumberUse::Work).await;
    let remote = RemoteFile {
        media: RemoteMedia::Image,
        direct_path: "/v/1".into(),
        url: None,
        media_key: MediaKey([1; 32]),
        sha256: None,
        enc_sha256: [2; 32],
        size: 9,
        key_timestamp: None,
    };
    let heard = machine
        .receive(vec![InboundFact { remote: Some(Box::new(remote)), ..fact(by_phone(CARLA), "1", "canary") }])
        .await[0];
    machine.follow(vec![reaction("R", 4_000, "👍"), change("D", "1", 5_000, What::Revoked)]).await;
    machine.follow(vec![edit("E", 6_000, "canary"), reaction("R2", 6_000, "👎")]).await;
    let message = machine.only(heard.conversation_id).await;
    assert_eq!((message.kind, message.text.as_ref()), (MessageKind::Revoked, None));
    assert_eq!(message.details, MessageDetails { revoked_at: Some(UtcMillis(5_000)), ..MessageDetails::default() });
    let (left, files) = machine
        .store
        .read(|connection| {
            let bodies = "SELECT count(*) FROM message WHERE body LIKE '%canary%'";
            let left: i64 = connection.query_row(bodies, [], |row| row.get(0))?;
            let files: i64 = connection.query_row("SELECT count(*) FROM remote_file", [], |row| row.get(0))?;
            Ok((left, files))
        })
        .await
        .expect("read");
    assert_eq!((left, files), (0, 0));
}

#[tokio::test]
async fn what_comes_before_its_message_waits_for_it() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.follow(vec![edit("E1", 5_000, "two"), reaction("R1", 6_000, "🎉")]).await;
    assert!(machine.store.contacts(ContactQuery::default()).await.expect("read").items.is_empty(), "no empty chat");
    // Somebody else's message under the same id is not meant.
    machine.hear("+5511900001111", "1", "another").await;
    let heard = machine.hear(CARLA, "1", "one").await;
    let message = machine.only(heard.conversation_id).await;
    assert_eq!((message.text.as_deref(), message.details.reactions.len()), (Some("two"), 1));
    let received = machine.outbox().await.into_iter().rev().find_map(|change| match change.op {
        Op::MessageReceived { message, .. } => Some(message),
        _ => None,
    });
    assert_eq!(received.expect("told").text.as_deref(), Some("two"), "the server gets it as it stands");
    // A message that was taken back before it came is not announced.
    machine.follow(vec![change("D", "9", 7_000, What::Revoked)]).await;
    let mut changes = machine.store.changes();
    let gone = machine.hear(CARLA, "9", "gone").await;
    machine.hear(CARLA, "10", "after it").await;
    loop {
        if let Change::CustomerWrote(wrote) = changes.recv().await.expect("told") {
            assert_ne!(wrote.message_id, gone.message_id);
            if wrote.preview == "after it" {
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_edit_of_what_could_not_be_read_comes_on_top() {
    let machine = Machine::linked(NumberUse::Work).await;
    let unreadable = InboundFact { kind: MessageKind::Undecryptable, text: None, ..fact(by_phone(CARLA), "1", "") };
    let heard = machine.receive(vec![unreadable]).await[0];
    machine.follow(vec![edit("E1", 5_000, "two")]).await;
    assert_eq!(machine.only(heard.conversation_id).await.kind, MessageKind::Undecryptable);
    machine.hear(CARLA, "1", "one").await;
    assert_eq!(machine.only(heard.conversation_id).await.text.as_deref(), Some("two"));
}

#[tokio::test]
async fn scopes_hold_for_changes_too() {
    for (scope, told) in [
        (Scope::Private, vec![]),
        (
            Scope::Metadata,
            vec![Amendment::Edited { text: None, at: UtcMillis(5_000) }, Amendment::Revoked { at: UtcMillis(9_000) }],
        ),
    ] {
        let machine = Machine::linked(NumberUse::Work).await;
        let heard = machine.hear(CARLA, "1", "one").await;
        machine.drain().await;
        set_scope(&machine, heard.conversation_id, scope).await;
        machine.drain().await;
        machine
            .follow(vec![
                edit("E1", 5_000, "canary"),
                reaction("R1", 6_000, "👍"),
                change("D", "1", 9_000, What::Revoked),
            ])
            .await;
        assert_eq!(machine.told().await, told, "{scope:?}");
    }
}

#[tokio::test]
async fn the_server_never_hears_what_becomes_of_what_it_does_not_know() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let heard = machine.hear(CARLA, "1", "before").await;
    set_scope(&machine, heard.conversation_id, Scope::Shared).await;
    machine.drain().await;
    machine.follow(vec![edit("E1", 5_000, "canary")]).await;
    assert!(machine.told().await.is_empty());
}

#[tokio::test]
async fn what_was_told_without_words_stays_without_them() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear(CARLA, "1", "before").await;
    for scope in [Scope::Metadata, Scope::Shared] {
        let wish = ownline_model::conversation::SetScope { scope, earlier: false };
        machine.store.set_scope(heard.conversation_id, wish).await.expect("decided");
        machine.drain().await;
    }
    machine.hear(CARLA, "2", "after").await;
    machine.drain().await;
    let later = change("E2", "2", 6_000, What::Edited { text: Some("shared".into()) });
    machine.follow(vec![edit("E1", 5_000, "canary"), reaction("R", 5_000, "👍"), later]).await;
    assert_eq!(
        machine.told().await,
        [
            Amendment::Edited { text: None, at: UtcMillis(5_000) },
            Amendment::Edited { text: Some("shared".into()), at: UtcMillis(6_000) }
        ]
    );
}

fn poll_fact() -> InboundFact {
    let option = |text: &str| PollOption { text: text.into(), votes: 0 };
    let poll = Poll { question: "Lunch?".into(), options: vec![option("yes"), option("no")], choose: 1 };
    InboundFact {
        from_me: true,
        kind: MessageKind::Poll,
        text: None,
        details: MessageDetails { content: Some(Box::new(Content::Poll(poll))), ..MessageDetails::default() },
        secret: Some(MessageSecret([7; 32])),
        ..fact(by_phone(CARLA), "POLL", "")
    }
}

fn vote(wa_id: &str, at: i64, options: &[&str]) -> ChangeFact {
    let hashes: Vec<Vec<u8>> = options.iter().map(|option| compute_option_hash(option).to_vec()).collect();
    let name = |number: &str| format!("{}@s.whatsapp.net", number.trim_start_matches('+'));
    let (payload, iv) =
        encrypt_poll_vote_with_secret(&hashes, &[7; 32], "POLL", &name(OWN), &name(CARLA)).expect("sealed");
    ChangeFact {
        target: Target { wa_id: "POLL".into(), direction: Direction::Outbound },
        ..change(wa_id, "POLL", at, What::Voted(SealedVote { payload, iv }))
    }
}

#[tokio::test]
async fn votes_are_counted_once_for_each_person() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.follow(vec![vote("V2", 6_000, &["no"])]).await;
    let asked = machine.receive(vec![poll_fact()]).await[0];
    machine.follow(vec![vote("V1", 5_000, &["yes"]), vote("V2", 6_000, &["no"])]).await;
    let votes = |message: &Message| match message.details.content.as_deref() {
        Some(Content::Poll(poll)) => poll.options.iter().map(|option| option.votes).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(votes(&machine.only(asked.conversation_id).await), [0, 1]);
    machine.follow(vec![vote("V3", 7_000, &["yes", "maybe"])]).await;
    assert_eq!(votes(&machine.only(asked.conversation_id).await), [1, 0]);
    assert_eq!(machine.told().await, [Amendment::Votes { votes: vec![1, 0] }]);
    let forged =
        ChangeFact { what: What::Voted(SealedVote { payload: vec![0; 40], iv: [0; 12] }), ..vote("V4", 8_000, &[]) };
    machine.follow(vec![forged]).await;
    assert_eq!(votes(&machine.only(asked.conversation_id).await), [1, 0]);
}

/// Fault 11: whatever arrives in whatever order and however often, what is left is the same.
#[tokio::test]
async fn f11_order_and_repetition_change_nothing() {
    let mut random = 11_u64;
    let mut next = move |bound: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % bound
    };
    let machine = Machine::linked(NumberUse::Work).await;
    for round in 0..40 {
        let carla = by_phone(&format!("+55119{round:08}"));
        let message: Incoming = fact(carla.clone(), "1", "zero").into();
        let mut facts: Vec<Incoming> = vec![message];
        for n in 0..next(12) {
            let at = 1_000 * next(4) as i64;
            let id = format!("C{n}");
            let what = match next(3) {
                0 => What::Edited { text: Some(format!("edit {n}")) },
                1 => What::Reacted { emoji: Some(format!("{n}")) },
                _ => What::Reacted { emoji: None },
            };
            let from_me = matches!(what, What::Reacted { .. }) && next(2) == 0;
            facts.push(ChangeFact { chat: carla.clone(), from_me, ..change(&id, "1", at, what) }.into());
        }
        if next(4) == 0 {
            facts.push(ChangeFact { chat: carla.clone(), ..change("D", "1", 2_000, What::Revoked) }.into());
        }
        let mut outcomes: Vec<(Message, u32)> = vec![];
        for variant in 0..3 {
            // Each variant is a chat of its own, so that they can be compared.
            let chat = by_phone(&format!("+5512{variant}{round:07}"));
            let mut heard = facts.clone();
            for _ in 0..next(30) {
                let again = heard[next(heard.len())].clone();
                heard.push(again);
            }
            for index in (1..heard.len()).rev() {
                heard.swap(index, next(index + 1));
            }
            for fact in &mut heard {
                *fact.chat_mut() = chat.clone();
            }
            let mut recorded = vec![];
            while !heard.is_empty() {
                let batch: Vec<Incoming> = heard.drain(..(1 + next(4)).min(heard.len())).collect();
                recorded.extend(machine.store.record_inbound(batch).await.expect("recorded"));
            }
            let message = machine.only(recorded[0].conversation_id).await;
            let item = machine.store.conversation(message.conversation_id).await.expect("read").expect("there");
            outcomes.push((message, item.conversation.unread));
        }
        let (first, unread) = &outcomes[0];
        assert_eq!(*unread, 1);
        for (other, unread) in &outcomes[1..] {
            assert_eq!(
                (other.kind, &other.text, &other.details),
                (first.kind, &first.text, &first.details),
                "{facts:#?}"
            );
            assert_eq!(*unread, 1);
        }
    }
}
