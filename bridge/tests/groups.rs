//! Groups: read with names, followed, answered; against a simulated network.
#![cfg(feature = "simulated-network")]

mod simulated;

use ownline_bridge::{
    safety::Rules,
    store::{DeskError, change::Change},
};
use ownline_model::{
    contact::ContactKind,
    conversation::{ConversationItem, Scope},
    desk_query::{ConversationQuery, MessageQuery},
    details::Reaction,
    event::Event,
    group::Group,
    ids::MessageId,
    message::{Message, MessageKind, MessageStatus, NewMessage},
};
use serde_json::{Value, json};
use simulated::{
    line::{Line, eventually},
    network::Network,
    stage::{AGENT, CUSTOMER, OTHER, Stage, unlinked},
};

/// Nothing that a test is not about holds it up.
fn hurried() -> Rules {
    Rules { warm_up_ms: 0, chat_gap_ms: 0, spread_min_ms: 0, spread_max_ms: 0, sends_minute: 1_000, ..Rules::default() }
}

/// A group of both customers and the agent, there before the line is linked.
async fn in_group() -> (Stage, String) {
    let stage = unlinked().await;
    stage.line.store.set_sending_rules(hurried()).await.expect("rules");
    let group = make(&stage.network).await;
    stage.line.link(&stage.network, AGENT).await;
    chat(&stage.line, |item| item.contact.name == "Condo 12").await;
    (stage, group)
}

async fn make(network: &Network) -> String {
    let body = json!({ "subject": "Condo 12", "owner": CUSTOMER, "members": [OTHER, AGENT] });
    network.post("/groups", body).await["id"].as_str().expect("id").to_owned()
}

async fn says(network: &Network, who: &str, group: &str, mut body: Value) -> String {
    body["to"] = group.into();
    let person = if who == AGENT { "phones" } else { "customers" };
    network.post(&format!("/{person}/{who}/messages"), body).await["id"].as_str().expect("id").to_owned()
}

async fn chat(line: &Line, enough: impl Fn(&ConversationItem) -> bool) -> ConversationItem {
    eventually("the group", async || {
        let page = line.store.conversations(ConversationQuery::default()).await.expect("conversations");
        page.items.into_iter().find(|item| item.contact.kind == ContactKind::Group && enough(item))
    })
    .await
}

/// All of the group's messages, once `enough`.
async fn talk(line: &Line, what: &str, enough: impl Fn(&[Message]) -> bool) -> Vec<Message> {
    let id = chat(line, |_| true).await.conversation.id;
    let mut last = vec![];
    eventually(what, async || {
        let query = MessageQuery { cursor: None, limit: Some(200) };
        last = line.store.messages(id, query).await.expect("messages").expect("chat").items;
        enough(&last).then(|| last.clone())
    })
    .await
}

async fn known(line: &Line, what: &str, enough: impl Fn(&Group) -> bool) -> Group {
    let id = chat(line, |_| true).await.conversation.id;
    eventually(what, async || line.store.group(id).await.expect("a group").filter(&enough)).await
}

async fn write(line: &Line, text: &str) -> Result<MessageId, &'static str> {
    let id = chat(line, |_| true).await.conversation.id;
    match line.store.write_message(id, NewMessage::text(MessageId::fresh(), text.to_owned())).await {
        Ok(message) => Ok(message.id),
        Err(DeskError::Refused(problem)) => Err(problem.code.as_str()),
        Err(error) => panic!("{error}"),
    }
}

/// What a member's phone shows of the group, once `enough`.
async fn shown(network: &Network, who: &str, group: &str, what: &str, enough: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let all = network.get(&format!("/customers/{who}/messages?with={group}")).await;
        all.as_array().cloned().unwrap_or_default().into_iter().find(&enough)
    })
    .await
}

fn name_of(message: &Message) -> &str {
    message.details.sender.as_ref().map_or("", |sender| sender.name.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_listed_and_read_with_names() {
    let (Stage { network, line, folder: _folder }, group) = in_group().await;
    let item = chat(&line, |_| true).await;
    assert_eq!((item.conversation.scope, item.contact.phone), (Scope::Private, None));
    let one = says(&network, CUSTOMER, &group, json!({ "text": "one" })).await;
    talk(&line, "the first", |all| all.len() == 1).await;
    let two = says(&network, OTHER, &group, json!({ "text": "two" })).await;
    talk(&line, "the second", |all| all.len() == 2).await;
    says(&network, AGENT, &group, json!({ "text": "from the phone" })).await;
    let all = talk(&line, "the third", |all| all.len() == 3).await;
    assert_eq!(all.iter().map(name_of).collect::<Vec<_>>(), ["Carla Customer", "Otto Other", ""]);
    assert_eq!(all[2].text.as_deref(), Some("from the phone"));
    let file = json!({ "media": { "kind": "image", "generated": {}, "caption": "a picture" } });
    says(&network, OTHER, &group, file).await;
    let all = talk(&line, "the picture", |all| all.len() == 4).await;
    assert_eq!(
        (all[3].kind, all[3].text.as_deref(), name_of(&all[3])),
        (MessageKind::Image, Some("a picture"), "Otto Other")
    );

    // What becomes of them is their authors' and admins' alone.
    says(&network, OTHER, &group, json!({ "reaction": { "id": one, "emoji": "👍" } })).await;
    says(&network, CUSTOMER, &group, json!({ "edit": { "id": one, "text": "one!" } })).await;
    says(&network, CUSTOMER, &group, json!({ "revoke": { "id": two } })).await;
    let all = talk(&line, "all changes", |all| {
        let changed = all[0].details.edited_at.is_some() && !all[0].details.reactions.is_empty();
        changed && all[1].kind == MessageKind::Revoked
    })
    .await;
    assert_eq!((all[0].text.as_deref(), name_of(&all[1])), (Some("one!"), "Otto Other"));
    let otto = all[3].details.sender.as_ref().expect("sender").id.clone();
    let Reaction { emoji, by, .. } = &all[0].details.reactions[0];
    assert_eq!((emoji.as_str(), by.as_ref()), ("👍", Some(&otto)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agent_writes_reaches_everybody_and_has_come_as_far_as_with_the_last() {
    let (Stage { network, line, folder: _folder }, group) = in_group().await;
    let heard = says(&network, CUSTOMER, &group, json!({ "text": "hello" })).await;
    let all = talk(&line, "hello", |all| all.len() == 1).await;
    let conversation = all[0].conversation_id;
    known(&line, "three members", |group| group.members.len() == 3).await;

    let answer = NewMessage { reply_to: Some(all[0].id), ..NewMessage::text(MessageId::fresh(), "hello all".into()) };
    let answer = line.store.write_message(conversation, answer).await.expect("written");
    line.store.react(all[0].id, "❤️".into()).await.expect("reacted");
    for member in [CUSTOMER, OTHER] {
        let seen = shown(&network, member, &group, "the answer", |it| it["text"] == "hello all").await;
        assert_eq!(seen["from"], AGENT);
    }
    let status = async |status: MessageStatus| {
        talk(&line, &format!("{status:?}"), |all| all.iter().any(|it| it.id == answer.id && it.status == status)).await
    };
    status(MessageStatus::Delivered).await;
    let read = async |who: &str| {
        network.post(&format!("/customers/{who}/read"), json!({ "to": group, "ids": [answer.wa_id] })).await;
    };
    read(CUSTOMER).await;
    // Whatever comes after it on the same road has passed it.
    says(&network, CUSTOMER, &group, json!({ "text": "seen" })).await;
    let all = talk(&line, "seen", |all| all.iter().any(|it| it.text.as_deref() == Some("seen"))).await;
    let mine = all.iter().find(|it| it.id == answer.id).expect("the answer");
    assert_eq!(mine.status, MessageStatus::Delivered, "only one of two has read it");
    read(OTHER).await;
    status(MessageStatus::Read).await;

    let read = line.store.mark_read(conversation, i64::MAX).await.expect("read").on_own_number.expect("ticks");
    line.store.owe_ticks(conversation, read.wa_ids).await.expect("owed");
    write(&line, "and so have I").await.expect("written");
    shown(&network, CUSTOMER, &group, "the blue ticks of who wrote it", |it| {
        let by_agent = |it: &Value| it["from"] == AGENT && it["status"] == "read";
        it["id"] == heard.as_str() && it["receipts"].as_array().is_some_and(|all| all.iter().any(by_agent))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_followed_while_it_changes() {
    let (Stage { network, line, folder: _folder }, group) = in_group().await;
    network.post(&format!("/groups/{group}"), json!({ "subject": "Condo 14", "description": "Notices" })).await;
    known(&line, "the new subject", |it| it.subject == "Condo 14" && it.description.as_deref() == Some("Notices"))
        .await;
    chat(&line, |item| item.contact.name == "Condo 14").await;
    network.post(&format!("/groups/{group}"), json!({ "announce_only": true })).await;
    known(&line, "admins only", |it| it.announce_only).await;
    assert_eq!(write(&line, "no").await, Err("admins_only"));
    network.post(&format!("/groups/{group}/members"), json!({ "promote": [AGENT] })).await;
    known(&line, "an admin", |it| it.members.iter().any(|member| member.me && member.admin)).await;
    write(&line, "an admin may").await.expect("written");
    for member in [CUSTOMER, OTHER] {
        shown(&network, member, &group, "it", |it| it["text"] == "an admin may").await;
    }
    network.post(&format!("/groups/{group}/members"), json!({ "remove": [AGENT] })).await;
    let gone = known(&line, "the end of membership", |it| !it.member).await;
    assert_eq!(gone.subject, "Condo 14");
    assert_eq!(write(&line, "no").await, Err("not_a_member"));
    network.post(&format!("/groups/{group}/members"), json!({ "add": [AGENT] })).await;
    known(&line, "being back", |it| it.member && it.members.len() == 3).await;
    says(&network, CUSTOMER, &group, json!({ "text": "welcome back" })).await;
    talk(&line, "the welcome", |all| all.iter().any(|it| it.text.as_deref() == Some("welcome back"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_made_while_the_line_is_on_is_there_at_once_and_a_refusal_of_whatsapp_has_its_word() {
    let stage = unlinked().await;
    stage.line.store.set_sending_rules(hurried()).await.expect("rules");
    stage.line.link(&stage.network, AGENT).await;
    let Stage { network, line, folder: _folder } = stage;
    let group = make(&network).await;
    says(&network, CUSTOMER, &group, json!({ "text": "first" })).await;
    let all = talk(&line, "the first words", |all| all.len() == 1).await;
    assert_eq!(name_of(&all[0]), "Carla Customer");
    chat(&line, |item| item.contact.name == "Condo 12").await;
    network.fault(json!({ "refuse": { "code": 403, "number": AGENT, "times": 1 } })).await;
    let refused = write(&line, "too late").await.expect("nobody has said anything yet");
    let all = talk(&line, "the refusal", |all| all.iter().any(|it| it.id == refused && it.failure.is_some())).await;
    let failure = all.iter().find(|it| it.id == refused).and_then(|it| it.failure.clone()).expect("a failure");
    assert_eq!((failure.code.as_str(), failure.retryable), ("not_a_member", true));
    // WhatsApp was asked, and it is not so: the same bubble goes again, with the keys that were refused with it.
    line.store.retry_message(refused).await.expect("queued again");
    for member in [CUSTOMER, OTHER] {
        shown(&network, member, &group, "it", |it| it["text"] == "too late").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decrypted_in_a_group_is_replaced_in_place() {
    let (Stage { network, line, folder: _folder }, group) = in_group().await;
    says(&network, OTHER, &group, json!({ "text": "first" })).await;
    talk(&line, "the first", |all| all.len() == 1).await;
    let mut changes = line.store.changes();
    network.fault(json!({ "corrupt": { "number": AGENT, "times": 1 } })).await;
    says(&network, OTHER, &group, json!({ "text": "second" })).await;
    says(&network, OTHER, &group, json!({ "text": "third" })).await;
    let all = talk(&line, "all three in their places", |all| {
        all.iter().map(|it| it.text.as_deref()).eq([Some("first"), Some("second"), Some("third")])
    })
    .await;
    assert!(all.iter().all(|it| name_of(it) == "Otto Other"));
    let mut placeholders = 0;
    while let Ok(change) = changes.try_recv() {
        if let Change::Event(event) = change
            && let Event::MessageNew(message) = &*event
        {
            placeholders += usize::from(message.kind == MessageKind::Undecryptable && name_of(message) == "Otto Other");
        }
    }
    assert_eq!(placeholders, 1, "it was there meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_of_a_group_is_taken_in_with_names() {
    let stage = unlinked().await;
    let Stage { network, line, folder: _folder } = stage;
    let group = make(&network).await;
    let at = |minutes: i64| ownline_model::time::UtcMillis(1_700_000_000_000 + minutes * 60_000).0;
    let messages = json!([
        { "from": CUSTOMER, "text": "long ago", "at": at(0) },
        { "from": OTHER, "text": "indeed", "at": at(1) },
        { "from_me": true, "text": "yes", "at": at(2) },
    ]);
    let items = json!([{ "with": group, "name": "Condo 12", "messages": messages, "pinned": true, "unread": 1 }]);
    network.post(&format!("/phones/{AGENT}/history"), json!({ "items": items })).await;
    line.link(&network, AGENT).await;
    let all = talk(&line, "the past", |all| all.len() == 3).await;
    assert_eq!(all.iter().map(name_of).collect::<Vec<_>>(), ["Carla Customer", "Otto Other", ""]);
    let item = chat(&line, |item| item.on_phone.pinned).await;
    assert_eq!((item.contact.name.as_str(), item.conversation.scope), ("Condo 12", Scope::Private));
    let progress = line.store.status().await.expect("status").history.expect("history");
    assert_eq!((progress.messages, progress.skipped, progress.failed), (3, 0, 0));
}
