//! What a phone hands over of its past, as a real client takes it in.

mod support;

use std::collections::HashMap;

use ownline_simulator::world::{HistoryItem, HistoryMessage, HistoryProgress, NewHistory};
use support::{AGENT, CUSTOMER, Device, Stage, eventually, jid, on_the_phone};
use waproto::whatsapp::history_sync::HistorySyncType;
use waproto::whatsapp::{Conversation, HistorySync, WebMessageInfo};
use whatsapp_rust::wacore::types::events::Event;

/// The next part that the client took in.
async fn part(device: &mut Device) -> HistorySync {
    device
        .next("a part of the history", |event| match event {
            Event::HistorySync(sync) => Some(sync.get().expect("readable").clone()),
            _ => None,
        })
        .await
}

async fn progress(stage: &Stage) -> HistoryProgress {
    let phone = stage.world.phone(AGENT).await.expect("the phone");
    phone.devices.iter().find_map(|device| device.history).unwrap_or_default()
}

fn told(from_me: bool, text: &str, at: i64) -> HistoryMessage {
    HistoryMessage { from_me, text: text.to_owned(), at, ..HistoryMessage::default() }
}

fn lines(conversation: &Conversation) -> Vec<WebMessageInfo> {
    conversation.messages.iter().map(|line| line.message.as_option().expect("a message").clone()).collect()
}

fn texts(conversation: &Conversation) -> Vec<String> {
    let text = |line: WebMessageInfo| line.message.into_option().and_then(|message| message.conversation);
    lines(conversation).into_iter().filter_map(text).collect()
}

fn ids(conversation: &Conversation) -> Vec<String> {
    lines(conversation).into_iter().filter_map(|line| line.key.into_option()?.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_very_chats_that_were_told_arrive_with_their_state() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    let lived = stage.says(CUSTOMER, AGENT, "Lived through.").await;
    on_the_phone(&stage, AGENT, &lived).await;
    let day = 86_400_000;
    let item = HistoryItem {
        with: "4915299999999".to_owned(),
        name: Some("Berta".to_owned()),
        lid: Some("123456789012345".to_owned()),
        // In any order: the phone sorts.
        messages: vec![told(true, "second", 2 * day), told(false, "first", day), told(false, "third", 3 * day)],
        archived: true,
        pinned: true,
        muted_until: Some(9 * day),
        unread: 2,
        kept_back: 1,
    };
    let history = NewHistory { items: vec![item], transcript: true, ..NewHistory::default() };
    let summary = stage.world.set_history(AGENT, history).await.expect("a past");
    assert_eq!((summary.conversations, summary.messages, summary.kept_back, summary.chunks), (2, 3, 1, 2));

    let mut device = stage.linked(AGENT).await;
    let first = part(&mut device).await;
    assert_eq!(first.sync_type, HistorySyncType::INITIAL_BOOTSTRAP);
    let berta = &first.conversations[0];
    assert_eq!(berta.id, "4915299999999@s.whatsapp.net");
    assert_eq!((berta.name.as_deref(), berta.lid_jid.as_deref()), (Some("Berta"), Some("123456789012345@lid")));
    assert_eq!((berta.archived, berta.pinned, berta.unread_count), (Some(true), Some(1), Some(2)));
    assert_eq!(berta.mute_end_time, Some(9 * day as u64));
    assert_eq!(texts(berta), ["third", "second"], "newest first, without what the phone keeps");
    let second = &lines(berta)[1];
    assert_eq!(second.key.as_option().expect("a key").from_me, Some(true));
    assert_eq!(second.message_timestamp, Some(2 * day as u64 / 1000));
    assert_eq!(texts(&first.conversations[1]), ["Lived through."]);
    assert!(
        first.phone_number_to_lid_mappings.iter().any(|pair| pair.lid_jid.as_deref() == Some("123456789012345@lid"))
    );
    let names = part(&mut device).await;
    assert_eq!((names.sync_type, names.progress), (HistorySyncType::PUSH_NAME, Some(100)));
    assert_eq!(names.pushnames[0].pushname.as_deref(), Some("Berta"));

    // What the phone kept is there for who asks, and then there is no more.
    let oldest = ids(berta).pop().expect("an id");
    let chat = jid("4915299999999");
    let request = device.client.fetch_message_history(&chat, &oldest, true, 2 * day, 50).await.expect("asked");
    let session = device
        .next("the older messages", |event| match event {
            Event::HistorySync(sync) => {
                let more = sync.get().expect("readable");
                assert_eq!(more.sync_type, HistorySyncType::ON_DEMAND);
                assert_eq!(texts(&more.conversations[0]), ["first"]);
                assert_eq!(more.conversations[0].end_of_history_transfer_type.map(|end| end as i32), Some(1));
                sync.peer_data_request_session_id().map(str::to_owned)
            }
            _ => None,
        })
        .await;
    assert_eq!(session, request);
    let oldest = "nobody knows this one";
    device.client.fetch_message_history(&chat, oldest, true, day, 50).await.expect("asked");
    assert_eq!(part(&mut device).await.conversations[0].messages.len(), 0);
    assert_eq!(progress(&stage).await.asked, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_past_arrives_whole_once_and_the_same_for_the_same_seed() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    let history = NewHistory {
        conversations: 230,
        messages_per_conversation: Some(25),
        seed: 7,
        until: Some(1_700_000_000_000),
        chunk: Some(500),
        ..NewHistory::default()
    };
    let summary = stage.world.set_history(AGENT, history.clone()).await.expect("a past");
    assert_eq!((summary.conversations, summary.messages), (230, 5750));
    // The client hands parts out in whatever order it has unpacked them.
    let read = async |device: &mut Device| {
        let mut found: HashMap<String, String> = HashMap::new();
        let mut kinds = Vec::new();
        let mut progress = 0;
        for _ in 0..summary.chunks {
            let part = part(device).await;
            kinds.push(part.sync_type);
            progress = progress.max(part.progress.unwrap_or_default());
            for conversation in &part.conversations {
                for (id, text) in ids(conversation).into_iter().zip(texts(conversation)) {
                    let text = format!("{} {text}", conversation.id);
                    assert_eq!(found.insert(id, text), None, "twice");
                }
            }
        }
        (found, kinds, progress)
    };
    let mut device = stage.linked(AGENT).await;
    let (found, kinds, last) = read(&mut device).await;
    assert_eq!((found.len(), last), (5750, 100));
    for kind in
        [HistorySyncType::INITIAL_BOOTSTRAP, HistorySyncType::PUSH_NAME, HistorySyncType::RECENT, HistorySyncType::FULL]
    {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
    let done = eventually("the phone to be done", async || Some(progress(&stage).await).filter(|at| at.done)).await;
    assert_eq!((done.messages, done.chunks, done.progress), (5750, summary.chunks, 100));
    support::queue_drained(&stage, AGENT).await;

    let other = Stage::set().await;
    other.phone(AGENT).await;
    other.world.set_history(AGENT, history).await.expect("a past");
    let (again, ..) = read(&mut other.linked(AGENT).await).await;
    assert_eq!(again, found);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_goes_on_after_the_network_restarts() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    let history = NewHistory {
        conversations: 40,
        messages_per_conversation: Some(20),
        until: Some(1_700_000_000_000),
        chunk: Some(400),
        // So long that the restart surely falls between two parts.
        pace_ms: 3000,
        ..NewHistory::default()
    };
    let all = stage.world.set_history(AGENT, history).await.expect("a past");
    let mut device = stage.linked(AGENT).await;
    part(&mut device).await;
    let stage = stage.restart().await;
    let before = progress(&stage).await;
    assert!(before.chunks >= 1 && !before.done, "{before:?}");
    let mut device = device.restart().await;
    device.connected().await;
    eventually("the end", async || Some(progress(&stage).await).filter(|at| at.done)).await;
    let after = progress(&stage).await;
    assert_eq!((after.chunks, after.messages), (all.chunks, 800));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_could_not_be_read_comes_from_the_phone() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    let mut device = stage.linked(AGENT).await;
    let id = stage.says(CUSTOMER, AGENT, "The phone has read this.").await;
    on_the_phone(&stage, AGENT, &id).await;
    let info = device
        .next("the message", |event| match event {
            Event::Messages(batch) => {
                batch.messages.iter().find(|message| message.info.id == id).map(|m| m.info.clone())
            }
            _ => None,
        })
        .await;
    device.client.send_pdo_placeholder_resend_request(&info).await.expect("asked");
    let (again, text, _) = device.text().await;
    assert_eq!((again, text.as_str()), (id, "The phone has read this."));
}
